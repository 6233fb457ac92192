//! What the answer needs to know about the question.

use std::collections::{BTreeMap, BTreeSet};

use byokey_types::{RawObject, Str};

use crate::ir::Namespaced;

/// A value made by encoding a request and used by encoding its answer; no registry, no state.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Reply {
    /// The model as the client asked for it.
    pub model: Str,
    /// The request's id: what must be made up (ids) is derived from it.
    pub seed: Str,
    /// What the answer says of itself, where that is not the upstream's to say.
    pub own: Option<Box<OwnWords>>,
    /// The time of the request, in seconds since the Unix epoch, for formats that must say one.
    pub now: i64,
    /// Whether a stream shall report usage.
    pub include_usage: bool,
    /// Whether a stream is one JSON array rather than events: Gemini without `alt=sse`.
    pub json_array: bool,
    /// Tool names that had to change for the upstream: from the upstream's to the client's.
    pub renamed: BTreeMap<Str, Str>,
    /// Tools that the client knows by a namespace and a name, under the one name they have in answers.
    pub namespaces: BTreeMap<Str, Namespaced>,
    /// Custom tools (client's names) that became functions with one string member, [`FREEFORM_MEMBER`].
    pub freeform: BTreeSet<Str>,
    /// The hidden tool (upstream's name) whose input is the text of the answer.
    pub structured: Option<Str>,
}

/// What an answer says of itself, whatever its upstream says.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct OwnWords {
    /// Its id.
    pub id: Str,
    /// What it repeats of the question, such as whether it is stored; the upstream's own words go before.
    pub echo: RawObject,
}

/// The one member of the input of a custom tool that became a function.
pub const FREEFORM_MEMBER: &str = "input";

impl Reply {
    /// Whether decoded answers must pass [`crate::restore`] before they are encoded.
    pub fn needs_restoring(&self) -> bool {
        !self.renamed.is_empty() || !self.freeform.is_empty() || self.structured.is_some()
    }
}
