//! What the two formats of one provider, Chat and Responses, have in common.

pub(crate) mod error;
pub(crate) mod media;
pub(crate) mod members;
pub(crate) mod spelling;
