//! The whole proxy over real sockets, against an upstream that says a few bytes and then nothing.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod ends;
mod stage;
