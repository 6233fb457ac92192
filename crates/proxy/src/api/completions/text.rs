//! What must be seen of text completions to pass them on: they have Chat's envelope, usage and errors, and a text of their own.
//!
//! Source: the OpenAI API reference, "The completion object (Legacy)". They are never translated.

use byokey_translate::{
    Codec, Decoded, Encoded, Event, Reply, StreamDecoder, StreamEncoder, Target,
    chat::Chat,
    codec::{SealMap, Source},
    event::Head,
    ir::{Request, Response},
    loss::Losses,
    observe::Observation,
};
use byokey_types::{ByokError, Format, Frame, JsonError, Raw, RawObject, Usage};
use bytes::Bytes;
use memchr::memmem;

/// Text completions, as far as they are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextCompletions;

impl Codec for TextCompletions {
    fn format(&self) -> Format {
        Chat.format()
    }

    fn decode_request(&self, _body: &Bytes) -> Result<Decoded<Request>, JsonError> {
        Err(untranslated())
    }

    fn encode_request(&self, _request: &Request, _target: &Target) -> Result<Encoded, ByokError> {
        Err(untranslated().into())
    }

    fn decode_response(
        &self,
        _body: &Bytes,
        _source: &Source,
    ) -> Result<Decoded<Response>, JsonError> {
        Err(untranslated())
    }

    fn encode_response(&self, response: &Response, reply: &Reply) -> (Bytes, Losses) {
        Chat.encode_response(response, reply)
    }

    fn stream_decoder(&self, _source: &Source) -> Box<dyn StreamDecoder> {
        Box::new(Looker)
    }

    fn stream_encoder(&self, reply: &Reply) -> Box<dyn StreamEncoder> {
        Chat.stream_encoder(reply)
    }

    fn encode_error(&self, error: &ByokError, request_id: &str) -> Bytes {
        Chat.encode_error(error, request_id)
    }

    fn keepalive(&self) -> &'static [u8] {
        Chat.keepalive()
    }

    fn read_usage(&self, usage: &Raw) -> Option<Usage> {
        Chat.read_usage(usage)
    }

    fn observe(&self, frame: &Frame, seen: &mut Observation) {
        Chat.observe(frame, seen);
    }

    fn map_seals(&self, _body: &mut RawObject, _map: &mut SealMap<'_>) -> bool {
        false
    }
}

/// Sees that content has come, which is what commits a stream; nothing else is asked of it.
struct Looker;

impl StreamDecoder for Looker {
    fn push(&mut self, frame: &Frame, events: &mut Vec<Event>) {
        if memmem::find(&frame.data, b"\"text\"").is_some() {
            let (index, head, ext) = (0, Head::Text, None);
            events.push(Event::Open { index, head, ext });
        }
    }

    fn finish(&mut self, _events: &mut Vec<Event>) {}
}

/// A whole answer to a request for a stream, or the reverse.
fn untranslated() -> JsonError {
    JsonError::Invalid {
        path: "$".to_owned(),
        what: "is a text completion, which must come as it was asked for, whole or as a stream"
            .to_owned(),
    }
}
