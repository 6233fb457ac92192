//! Bytes to upstreams: who the providers are, what they serve, how they are reached, and what their errors mean.
//!
//! Providers are data ([`manifest`]). Manifests and configuration make a [`Registry`], an immutable snapshot; it turns a
//! model's name into [`Candidate`]s, a candidate makes a [`Call`], and a [`Client`] carries it. What comes back is bytes:
//! this crate never knows what a request or an answer says, but for an error ([`classify`]).

pub mod classify;
pub mod client;
pub mod endpoint;
pub mod fields;
pub mod headers;
pub mod learned;
pub mod manifest;
pub mod models;
pub mod objection;
pub mod provider;
pub mod registry;
pub mod resolve;
pub mod resource;

pub use classify::ErrorAnswer;
pub use client::{Answer, Body, Call, Client, Clients, Limits};
pub use endpoint::{Endpoint, Operation};
pub use fields::{FieldChange, FieldChangeKind, Patched};
pub use learned::{Learned, LearnedKey};
pub use manifest::{Auth, Manifest};
pub use models::Listed;
pub use objection::Objection;
pub use provider::{Account, Pool, Provider};
pub use registry::{AccountEntry, Found, Needs, Registry, RegistryError};
pub use resolve::{Candidate, Outgoing, Refusal, Resolution};
pub use resource::Resource;
