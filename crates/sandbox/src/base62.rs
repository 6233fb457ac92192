//! Identifiers in the alphabet that providers use.

use std::hash::{DefaultHasher, Hash, Hasher};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `prefix` and `length` characters that depend on nothing but the seed and the salt.
pub(crate) fn id(prefix: &str, length: usize, seed: u64, salt: u64) -> String {
    let mut hasher = DefaultHasher::new();
    (seed, salt).hash(&mut hasher);
    let mut state = hasher.finish();
    let mut id = String::with_capacity(prefix.len() + length);
    id.push_str(prefix);
    for _ in 0..length {
        // Knuth's multiplicative generator; the high bits are the good ones
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let digit = usize::try_from((state >> 33) % 62).unwrap_or(0);
        id.push(char::from(ALPHABET[digit]));
    }
    id
}

/// A seed from a request body. Long bodies count by length and both ends, where conversations grow.
pub(crate) fn seed(body: &[u8]) -> u64 {
    const END: usize = 4096;
    let mut hasher = DefaultHasher::new();
    body.len().hash(&mut hasher);
    body[..body.len().min(END)].hash(&mut hasher);
    body[body.len().saturating_sub(END)..].hash(&mut hasher);
    hasher.finish()
}
