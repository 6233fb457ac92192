//! Gemini `generateContent`, in both directions.
//!
//! Source: the Gemini API reference, `models.generateContent` and `models.streamGenerateContent` of `v1beta`, and Vertex AI's
//! reference where it says more. The model and whether to stream stand in the path, so a decoded request has neither.

mod annotation;
mod arrange;
mod choice;
mod chunks;
mod config_decode;
mod config_encode;
mod content_decode;
mod error;
mod lower;
mod media;
mod observe;
mod output;
mod part_decode;
mod piece;
mod place;
mod request_decode;
mod request_encode;
mod response;
mod response_encode;
mod result;
mod schema;
mod seal;
mod spelling;
mod stop;
mod stream_decode;
mod stream_encode;
mod thinking;
mod tool;
mod usage;

use byokey_types::{ByokError, Format, Frame, JsonError, Raw, RawObject, Usage};
use bytes::Bytes;

use crate::{
    Codec, Decoded, Encoded, Reply, StreamDecoder, StreamEncoder, Target,
    codec::{SealMap, Source},
    ir::{Request, Response},
    loss::Losses,
    observe::Observation,
};

/// Reads the body of `countTokens`: a request of its own in `generateContentRequest`, or its contents and what may stand beside
/// them. A model that the request names has the `models/` of its resource name taken off; else the path names it.
///
/// Source: Gemini API, `models.countTokens`, and Vertex AI's reference, which has no `generateContentRequest`.
///
/// # Errors
/// A [`JsonError`] naming the field.
pub fn count_request(body: &Bytes) -> Result<Decoded<Request>, JsonError> {
    request_decode::counted(body)
}

/// Writes the answer of `countTokens`.
pub fn count_answer(tokens: u64) -> Bytes {
    let mut out = bytes::BytesMut::new();
    let mut body = crate::write::Object::begin(&mut out);
    body.number("totalTokens", tokens);
    body.end();
    out.freeze()
}

/// The codec of Gemini `generateContent`.
#[derive(Clone, Copy, Debug)]
pub struct Gemini;

impl Codec for Gemini {
    fn format(&self) -> Format {
        Format::Gemini
    }

    fn decode_request(&self, body: &Bytes) -> Result<Decoded<Request>, JsonError> {
        request_decode::decode(body)
    }

    fn encode_request(&self, request: &Request, target: &Target) -> Result<Encoded, ByokError> {
        request_encode::encode(request, target)
    }

    fn decode_response(
        &self,
        body: &Bytes,
        source: &Source,
    ) -> Result<Decoded<Response>, JsonError> {
        response::decode(body, source)
    }

    fn encode_response(&self, answer: &Response, reply: &Reply) -> (Bytes, Losses) {
        response_encode::encode(answer, reply)
    }

    fn stream_decoder(&self, source: &Source) -> Box<dyn StreamDecoder> {
        Box::new(stream_decode::StreamDecoder::new(source))
    }

    fn stream_encoder(&self, reply: &Reply) -> Box<dyn StreamEncoder> {
        Box::new(stream_encode::StreamEncoder::new(reply))
    }

    fn encode_error(&self, error: &ByokError, request_id: &str) -> Bytes {
        error::encode(error, request_id)
    }

    /// A comment: this format has no event that says nothing.
    fn keepalive(&self) -> &'static [u8] {
        b": keep-alive\n\n"
    }

    /// Of a JSON array, white space, which may stand anywhere between its items.
    fn keepalive_of(&self, reply: &Reply) -> &'static [u8] {
        if reply.json_array {
            b"\r\n"
        } else {
            self.keepalive()
        }
    }

    fn read_usage(&self, usage: &Raw) -> Option<Usage> {
        usage::read(usage)
    }

    fn observe(&self, frame: &Frame, seen: &mut Observation) {
        observe::frame(frame, seen);
    }

    fn map_seals(&self, body: &mut RawObject, map: &mut SealMap<'_>) -> bool {
        seal::visit(body, map)
    }
}
