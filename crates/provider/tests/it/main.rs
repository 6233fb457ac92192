//! The provider crate from outside: headers, registry, resolution, classification, and the client over real sockets.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod classify;
mod client;
mod decode;
mod evidence;
mod failure;
mod fields;
mod headers;
mod learned;
mod objection;
mod registry;
mod resolve;
mod upstream;
