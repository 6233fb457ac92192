//! Tests of `byokey-config` through its public face.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod arbitrary;
mod example;
mod home;
mod layering;
mod locating;
mod problems;
mod secrecy;
mod syntax;
