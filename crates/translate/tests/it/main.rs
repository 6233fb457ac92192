//! Tests of the codecs through their public face.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod chat;
mod messages;
