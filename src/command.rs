//! One file a verb.

pub(crate) mod config;
pub(crate) mod serve;
