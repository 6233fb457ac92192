//! Signatures of thinking: made here, and checked when they come back.
//!
//! A keyed FNV-1a, not cryptography: it tells a changed or foreign signature from our own, which is all a test needs.

use base64::{Engine as _, engine::general_purpose::STANDARD};

const KEY: &[u8] = b"byokey sandbox seal";
/// Real signatures are protobuf and begin so in base64 (`Eq…`).
const MAGIC: [u8; 3] = [0x12, 0xa0, 0x01];
const REDACTED_TEXT: &str = "sealed thoughts of the sandbox";

/// The signature of a thinking text.
pub(crate) fn sign(thinking: &str) -> String {
    let mut bytes = MAGIC.to_vec();
    for lane in 0..12 {
        bytes.extend_from_slice(&digest(lane, thinking).to_be_bytes());
    }
    STANDARD.encode(bytes)
}

/// Whether this signature was made for this text.
pub(crate) fn verifies(signature: &str, thinking: &str) -> bool {
    signature == sign(thinking)
}

/// The data of a redacted block.
pub(crate) fn redacted() -> String {
    sign(REDACTED_TEXT)
}

/// Whether the data came from [`redacted`].
pub(crate) fn is_redacted(data: &str) -> bool {
    verifies(data, REDACTED_TEXT)
}

fn digest(lane: u8, text: &str) -> u64 {
    let bytes = KEY.iter().chain([&lane]).chain(text.as_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
