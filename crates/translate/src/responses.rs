//! OpenAI Responses, in both directions.
//!
//! Source: the Responses API reference (`POST /v1/responses`, "Streaming events"), and what Codex sends: namespaces of tools,
//! `additional_tools`, compaction items.

mod annotation;
mod carry;
mod item;
mod lower;
mod lower_item;
mod media;
mod namespace;
mod observe;
mod output;
mod part;
mod request_decode;
mod request_encode;
mod response;
mod seal;
mod spelling;
mod stop;
mod stream_decode;
mod stream_emit;
mod stream_encode;
mod stream_item;
mod stream_open;
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

/// The codec of Responses.
#[derive(Clone, Copy, Debug)]
pub struct Responses;

impl Codec for Responses {
    fn format(&self) -> Format {
        Format::OpenAiResponses
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
        response::encode(answer, reply)
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
