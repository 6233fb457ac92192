//! What every wire format can do, and the registry of them.

use byokey_types::{ByokError, Format, Frame, JsonError, Raw, RawObject, Str, Usage};
use bytes::{Bytes, BytesMut};

use crate::{
    Event, Reply, Target,
    carrier::{self, Opened, Placement},
    ir::{Issuer, Request, Response, Seal},
    loss::Losses,
    observe::Observation,
};

/// A value that was read, and what reading it lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded<T> {
    /// The value.
    pub value: T,
    /// What could not be kept: duplicates, lone surrogates, contradictions.
    pub losses: Losses,
}

/// A request in the words of a target.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    /// The body.
    pub body: Bytes,
    /// What could not be said.
    pub losses: Losses,
    /// What the answer needs to know.
    pub reply: Reply,
}

/// What reading an upstream's answer needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Source {
    /// The family whose seals the upstream makes; `None` when it makes none.
    pub family: Option<Str>,
    /// The account the seals are bound to.
    pub account: Option<Str>,
    /// The request's id: ids that the upstream failed to give are derived from it.
    pub seed: Str,
}

/// One wire format, in both directions.
pub trait Codec: Sync {
    /// Which one.
    fn format(&self) -> Format;

    /// Reads a client's request.
    ///
    /// # Errors
    /// A [`JsonError`] naming the field when a known field has the wrong shape.
    fn decode_request(&self, body: &Bytes) -> Result<Decoded<Request>, JsonError>;

    /// Writes a request for an upstream.
    ///
    /// # Errors
    /// When something cannot be said and must not be left out either.
    fn encode_request(&self, request: &Request, target: &Target) -> Result<Encoded, ByokError>;

    /// Reads an upstream's answer.
    ///
    /// # Errors
    /// A [`JsonError`] naming the field when it is no answer of this format.
    fn decode_response(
        &self,
        body: &Bytes,
        source: &Source,
    ) -> Result<Decoded<Response>, JsonError>;

    /// Writes an answer for a client.
    fn encode_response(&self, response: &Response, reply: &Reply) -> (Bytes, Losses);

    /// Reads an upstream's stream.
    fn stream_decoder(&self, source: &Source) -> Box<dyn StreamDecoder>;

    /// Writes a stream for a client.
    fn stream_encoder(&self, reply: &Reply) -> Box<dyn StreamEncoder>;

    /// Writes an error for a client, as the body of an answer with the error's status.
    fn encode_error(&self, error: &ByokError, request_id: &str) -> Bytes;

    /// What keeps a silent stream alive.
    fn keepalive(&self) -> &'static [u8];

    /// What keeps the silent stream of one answer alive; may be sent between any two frames, ahead of the first and behind the last
    /// one.
    fn keepalive_of(&self, _reply: &Reply) -> &'static [u8] {
        self.keepalive()
    }

    /// Reads the counts in an answer's `usage`; `None` when they are none.
    fn read_usage(&self, usage: &Raw) -> Option<Usage>;

    /// Notes what a frame of a verbatim stream shows.
    fn observe(&self, frame: &Frame, seen: &mut Observation);

    /// Visits the seals of a body or a frame, wherever this format keeps them, and replaces or removes them.
    /// Says whether anything changed.
    fn map_seals(&self, body: &mut RawObject, map: &mut SealMap<'_>) -> bool;
}

/// What becomes of a seal: another text, or nothing when it must go.
pub type SealMap<'a> = dyn FnMut(SealSlot<'_>) -> Option<String> + 'a;

/// A slot of a format with a seal in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealSlot<'a> {
    /// What is in it.
    pub text: &'a str,
    /// The family whose slot it is, when it names one: a bare seal in it is that family's, and no envelope is needed.
    pub named: Option<&'static str>,
}

impl<'a> SealSlot<'a> {
    /// A slot in which a bare seal is of the format's home family.
    pub const fn of(text: &'a str) -> Self {
        Self { text, named: None }
    }

    /// The seal, and whose it is; `None` when nobody could read it.
    pub fn opened(self, format: Format) -> Option<Opened> {
        match self.named {
            Some(family) if !self.text.starts_with(carrier::MAGIC_TEXT) => Some(Opened {
                seal: Seal {
                    issuer: Issuer::family(family),
                    payload: self.text.to_owned(),
                },
                placement: Placement::Here,
            }),
            Some(_) | None => carrier::read(format, self.text),
        }
    }
}

/// Reads a stream, frame by frame. Emits a sentence of the event grammar.
pub trait StreamDecoder: Send {
    /// Takes a frame and appends 0 to n events. Frames behind the end are ignored.
    fn push(&mut self, frame: &Frame, events: &mut Vec<Event>);

    /// Takes the end of the upstream's bytes; appends what is missing, an error when the answer was not whole.
    fn finish(&mut self, events: &mut Vec<Event>);
}

/// Writes a stream, event by event. May rely on the event grammar.
pub trait StreamEncoder: Send {
    /// Appends 0 to n frames for an event.
    fn push(&mut self, event: &Event, out: &mut BytesMut);

    /// Goes on behind an event of another writer that had this number, where events are numbered.
    fn resume(&mut self, _number: u64) {}
}

/// The codec of a format: the whole registry.
pub fn codec(format: Format) -> &'static dyn Codec {
    match format {
        Format::OpenAiChat => &crate::chat::Chat,
        Format::OpenAiResponses => &crate::responses::Responses,
        Format::AnthropicMessages => &crate::messages::Messages,
        Format::Gemini => &crate::gemini::Gemini,
    }
}
