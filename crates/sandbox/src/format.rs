//! What every wire format provides.

use bytes::Bytes;
use http::{HeaderMap, Uri};
use serde_json::Value;

use crate::{actor::LOREM, ask::Ask, fault::Fault, model::Model, scene::Scene};

/// A wire format: its rules and its spelling.
pub(crate) trait Format {
    /// Spells the answer to one request.
    type Voice: Voice;

    /// Refuses a request without this key.
    fn authorise(headers: &HeaderMap, key: &str) -> Result<(), Fault>;
    /// Refuses a request by its headers alone.
    fn admit(headers: &HeaderMap) -> Result<(), Fault>;
    /// The refusal of a body that is not JSON.
    fn not_json(error: &serde_json::Error) -> Fault;
    /// The model that a request names.
    fn model<'a>(uri: &'a Uri, body: &'a Value) -> Result<&'a str, Fault>;
    /// The refusal of a model that does not exist.
    fn no_model(name: &str) -> Fault;
    /// Enforces the provider's rules.
    fn check<'a>(body: &'a Value, headers: &HeaderMap, model: &Model<'_>)
    -> Result<Ask<'a>, Fault>;
    /// Prepares to answer.
    fn voice(body: &Value, model: &Model<'_>, seed: u64) -> Self::Voice;
    /// The provider's own error for a status.
    fn failure(status: u16, model: &str) -> Fault;
    /// The status with which the provider says that it has too much to do.
    const OVERLOADED: u16;
    /// As [`Format::authorise`], for a format that takes the key in the address, too.
    fn authorise_at(_uri: &Uri, headers: &HeaderMap, key: &str) -> Result<(), Fault> {
        Self::authorise(headers, key)
    }
    /// Whether the address asks for a stream; elsewhere the body does.
    fn streams_at(_uri: &Uri) -> bool {
        false
    }
    /// The voice for this address.
    fn voice_at(_uri: &Uri, voice: Self::Voice) -> Self::Voice {
        voice
    }
    /// The body of a refusal at this address.
    fn refusal_at(_uri: &Uri, fault: &Fault, request_id: &str) -> Vec<u8> {
        Self::refusal(fault, request_id)
    }
    /// Headers of every answer.
    fn headers(request_id: &str, status: u16) -> HeaderMap;
    /// The body of a refusal.
    fn refusal(fault: &Fault, request_id: &str) -> Vec<u8>;
}

/// Spells one answer.
pub(crate) trait Voice: Send + 'static {
    /// The media type of a stream.
    fn stream_type(&self) -> &'static str {
        "text/event-stream; charset=utf-8"
    }
    /// As one JSON body.
    fn whole(&self, scene: &Scene) -> Vec<u8>;
    /// As events; the first is the handshake and carries no content.
    fn events(&self, scene: &Scene) -> Vec<Bytes>;
    /// The event of one more piece of text in the first block.
    fn text(&self, text: &str) -> Bytes;
    /// The events before and after the text of a scene with one empty text block.
    fn around(&self, scene: &Scene) -> (Vec<Bytes>, Vec<Bytes>);
    /// An error in the middle of a stream.
    fn error(&self) -> Bytes;

    /// The events of so many words of [`LOREM`]: each word's event is made once and repeated, so a stream costs the
    /// same however long it is. A format that numbers its events makes them as they are played.
    fn words(&self, count: usize) -> Box<dyn Iterator<Item = Bytes> + Send> {
        let words: Vec<Bytes> = LOREM.iter().map(|word| self.text(word)).collect();
        Box::new((0..count).map(move |at| words[at % LOREM.len()].clone()))
    }

    /// [`Voice::error`] after so many events, for a format that numbers them.
    fn error_after(&self, _events: usize) -> Bytes {
        self.error()
    }
}
