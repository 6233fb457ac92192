//! An answer, read and written for every client.

use byokey_translate::{Codec, fold::fold, replay, restore, unfold::unfold};
use bytes::Bytes;

use super::{
    bound, stream,
    upstream::{self, Variant},
};

/// Reads an answer, writes it whole and as a stream for every client, and reads what was written.
pub fn check(codec: &dyn Codec, body: &Bytes, variant: Variant) {
    let source = upstream::source(codec.format(), variant);
    let Ok(decoded) = codec.decode_response(body, &source) else {
        return;
    };
    bound::losses("reading", body, &decoded.losses);
    replay::remember(&decoded.value.blocks);
    let reply = upstream::reply(variant);
    let answer = restore::response(decoded.value, &reply);
    let events = unfold(answer.clone());
    stream::grammatical("unfolded", &events);
    assert!(fold(events.clone()).is_ok(), "an answer that does not fold");
    for other in upstream::codecs() {
        let what = format!("{} to {}", codec.format(), other.format());
        let (written, losses) = other.encode_response(&answer, &reply);
        bound::body(&what, body, &written);
        bound::losses(&what, body, &losses);
        if let Err(error) = other.decode_response(&written, &source) {
            panic!("{what}: {error}: {written:?}");
        }
        stream::written(&what, other, &events, &reply, body);
    }
}
