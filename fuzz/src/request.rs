//! A request, read and written for every upstream.

use byokey_translate::{Codec, breakpoints};
use bytes::Bytes;

use super::{
    bound,
    upstream::{self, Variant},
};

/// Reads a request, writes it for an upstream of every format, and reads what was written.
pub fn check(codec: &dyn Codec, body: &Bytes, variant: Variant) {
    let Ok(decoded) = codec.decode_request(body) else {
        return;
    };
    bound::losses("reading", body, &decoded.losses);
    let mut request = decoded.value;
    if variant.special {
        breakpoints::set(&mut request);
    }
    for other in upstream::codecs() {
        let what = format!("{} to {}", codec.format(), other.format());
        let target = upstream::target(other.format(), variant);
        // what must not be left out is refused
        let Ok(encoded) = other.encode_request(&request, &target) else {
            continue;
        };
        bound::body(&what, body, &encoded.body);
        bound::losses(&what, body, &encoded.losses);
        if let Err(error) = other.decode_request(&encoded.body) {
            panic!("{what}: {error}: {:?}", encoded.body);
        }
    }
}
