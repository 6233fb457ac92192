//! Anthropic Messages, in both directions.
//!
//! Source: the Messages API reference (`POST /v1/messages`), version `2023-06-01` with the betas that clients send.

mod annotation;
mod arrange;
mod block_decode;
mod cache;
mod carry;
mod choice;
mod error;
mod lower;
mod media;
mod observe;
mod output;
mod piece;
mod place;
mod request_decode;
mod request_encode;
mod response;
mod sampling;
mod schema;
mod seals;
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

/// The codec of Anthropic Messages.
#[derive(Clone, Copy, Debug)]
pub struct Messages;

impl Codec for Messages {
    fn format(&self) -> Format {
        Format::AnthropicMessages
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
        Box::new(stream_decode::StreamDecoder::new(source))
    }

    fn stream_encoder(&self, reply: &Reply) -> Box<dyn StreamEncoder> {
        Box::new(stream_encode::StreamEncoder::new(reply))
    }

    fn encode_error(&self, error: &ByokError, request_id: &str) -> Bytes {
        error::encode(error, request_id)
    }

    fn keepalive(&self) -> &'static [u8] {
        b"event: ping\ndata: {\"type\": \"ping\"}\n\n"
    }

    fn read_usage(&self, usage: &Raw) -> Option<Usage> {
        usage::read(usage)
    }

    fn observe(&self, frame: &Frame, seen: &mut Observation) {
        observe::frame(frame, seen);
    }

    fn map_seals(&self, body: &mut RawObject, map: &mut SealMap<'_>) -> bool {
        seals::map(body, map)
    }
}
