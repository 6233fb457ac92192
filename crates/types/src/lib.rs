//! Vocabulary of byokey: formats, raw JSON, edits, models, accounts, secrets, usage, errors and ports.
//!
//! Layer 0. No I/O, no async runtime, no dependency on another crate of the workspace.

pub mod account;
pub mod edit;
pub mod error;
pub mod fields;
pub mod format;
pub mod frame;
pub mod json;
pub mod model;
pub mod peek;
pub mod ports;
pub mod provider;
pub mod raw;
pub mod reasoning;
pub mod secret;
pub mod time;
pub mod usage;

pub use account::{AccountId, AccountKind, Token};
pub use edit::{Edit, Path, Step};
pub use error::{ByokError, Kind, Origin, Result, Retry, UpstreamFault};
pub use fields::{FieldPath, FieldRules, FieldStep};
pub use format::Format;
pub use frame::Frame;
pub use json::JsonError;
pub use model::{Modality, ModelName, ModelRow};
pub use peek::Peek;
pub use provider::ProviderId;
pub use raw::{JsonKind, Raw, RawObject};
pub use reasoning::{Effort, ReasoningAsk};
pub use secret::Secret;
pub use time::Timestamp;
pub use usage::Usage;

/// A short, cheaply cloned string; up to 23 bytes are kept inline.
pub use smol_str::SmolStr as Str;
