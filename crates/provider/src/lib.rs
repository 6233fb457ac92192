//! Bytes to upstreams.

pub mod classify;
pub mod client;
pub mod endpoint;
pub mod headers;
pub mod manifest;
pub mod models;
pub mod provider;
pub mod registry;
pub mod resolve;

pub use client::{Answer, Body, Call, Client, Clients, Limits};
pub use endpoint::Endpoint;
pub use manifest::{Auth, Manifest};
pub use models::Listed;
pub use provider::{Account, Pool, Provider};
pub use registry::{AccountEntry, Found, Needs, Registry, RegistryError};
pub use resolve::{Candidate, Outgoing, Refusal, Resolution};
