//! Pure translation between the wire formats: one neutral form, one codec a format.
//!
//! Bytes come in, bytes and [losses](loss::Loss) go out. No I/O, no runtime, no clock, no randomness: what must be
//! made up (an id) is derived from the request. `docs/translation.md` tells why the design is what it is.

pub mod breakpoints;
pub mod carrier;
pub mod chat;
pub mod codec;
pub mod event;
pub mod fields;
pub mod fold;
pub mod gemini;
pub mod grammar;
pub mod ids;
pub mod ir;
mod kin;
pub mod loss;
pub mod messages;
pub mod observe;
pub mod pairing;
mod place;
pub mod plan;
pub mod reasoning;
pub mod replay;
pub mod reply;
pub mod responses;
pub mod restore;
mod search;
pub mod serialise;
pub mod silent;
pub mod sse;
pub mod target;
pub mod unfold;
mod write;

pub use codec::{Codec, Decoded, Encoded, StreamDecoder, StreamEncoder};
pub use event::Event;
pub use loss::{Loss, LossKind};
pub use plan::{Plan, plan};
pub use reply::Reply;
pub use target::Target;
