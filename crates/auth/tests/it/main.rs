//! From configuration and environment to tokens.
#![expect(clippy::expect_used, reason = "tests")]

mod keeper;
mod keys;
mod sample;
