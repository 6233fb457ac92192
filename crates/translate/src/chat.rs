//! OpenAI Chat Completions.
//!
//! The format of OpenAI's older API and of the many servers that imitate it, with what they have added: reasoning
//! (`reasoning_content`, `reasoning`, `reasoning_details`), seals (`extra_content`), cache marks (`cache_control`).

mod annotation;
mod answers;
mod arrange;
mod effort_encode;
mod lower;
mod media;
mod message;
mod message_decode;
mod observe;
mod part;
mod piece;
mod reasoning;
mod reasoning_encode;
mod request_decode;
mod request_encode;
mod response;
mod response_encode;
mod seal;
mod spelling;
mod stop;
mod stream_decode;
mod stream_encode;
mod think;
mod tool;
mod tool_encode;
mod usage;

use byokey_types::{ByokError, Format, Frame, JsonError, Raw, RawObject, Usage};
use bytes::Bytes;

use crate::{
    Codec, Decoded, Encoded, Reply, StreamDecoder, StreamEncoder, Target,
    codec::{SealMap, Source},
    ir::{Request, Response},
    kin::error,
    loss::Losses,
    observe::Observation,
    place,
};

/// The codec of Chat Completions.
#[derive(Clone, Copy, Debug)]
pub struct Chat;

impl Codec for Chat {
    fn format(&self) -> Format {
        Format::OpenAiChat
    }

    fn decode_request(&self, body: &Bytes) -> Result<Decoded<Request>, JsonError> {
        request_decode::decode(body)
    }

    fn encode_request(&self, request: &Request, target: &Target) -> Result<Encoded, ByokError> {
        Ok(request_encode::encode(request, target))
    }

    fn decode_response(
        &self,
        body: &Bytes,
        source: &Source,
    ) -> Result<Decoded<Response>, JsonError> {
        response::decode(body, source)
    }

    fn encode_response(&self, response: &Response, reply: &Reply) -> (Bytes, Losses) {
        response_encode::encode(response, reply)
    }

    fn stream_decoder(&self, source: &Source) -> Box<dyn StreamDecoder> {
        Box::new(stream_decode::Decoder::new(source))
    }

    fn stream_encoder(&self, reply: &Reply) -> Box<dyn StreamEncoder> {
        Box::new(stream_encode::Encoder::new(reply))
    }

    fn encode_error(&self, error: &ByokError, _request_id: &str) -> Bytes {
        error::encode(error)
    }

    fn keepalive(&self) -> &'static [u8] {
        b": keepalive\n\n"
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
