//! One file a verb.

pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod serve;
