//! One format: a selecting byte, then a request, an answer or a stream of it.

use byokey_translate::codec::codec;
use byokey_types::Format;
use bytes::Bytes;

use super::{answer, request, stream, upstream::Variant, verbatim};

/// Reads `data` as the format and writes what was read in every format.
///
/// The first byte selects. Modulo 4: `0` a request, `1` an answer, `2` a stream, `3` a body or a stream that is passed on
/// verbatim. The next two bits say for whom; see [`Variant`]. So `0` to `3` are the plain case, `4` to `?` the others.
pub fn run(format: Format, data: &[u8]) {
    let Some((selector, body)) = data.split_first() else {
        return;
    };
    let codec = codec(format);
    let body = Bytes::copy_from_slice(body);
    let variant = Variant {
        special: selector & 4 != 0,
        foreign: selector & 8 != 0,
    };
    match selector % 4 {
        0 => request::check(codec, &body, variant),
        1 => answer::check(codec, &body, variant),
        2 => stream::check(codec, &body, variant),
        _ => verbatim::check(codec, &body),
    }
}
