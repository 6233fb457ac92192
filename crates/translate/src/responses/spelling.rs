//! How a thing was spelled, where this format has several ways to say what the neutral form says in one.
//!
//! A spelling is a member of the node's extension whose name begins with `~` and whose value is `null`: it says nothing that
//! another format could lose. Bookkeeping that means nothing elsewhere (an item's id, its status) stands in such a name, behind
//! a colon. Members of an inner object that the neutral form flattens away stand under a dotted name (`text.verbosity`).

use byokey_types::{Format, Raw, RawObject};

pub(super) use crate::kin::spelling::{flatten, has_inner, inner, outer, remember, said};
use crate::{fields::Fields, ir::Ext, kin::spelling, loss::Losses};

/// The format of this folder.
pub(super) const FORMAT: Format = Format::OpenAiResponses;

/// Written by a client of this format.
pub(super) const OWN: &str = "~own";
/// `input` is a bare string.
pub(super) const BARE_INPUT: &str = "~bare_input";
/// No `input` at all: what is asked stands elsewhere (`previous_response_id`, `prompt`).
pub(super) const NO_INPUT: &str = "~no_input";
/// A message without its `type`.
pub(super) const UNTYPED: &str = "~untyped";
/// Content is a list.
pub(super) const LIST: &str = "~list";
/// The role `system`, which else becomes `developer` where that is known.
pub(super) const SYSTEM: &str = "~system";
/// No `annotations`, where an empty list is usual.
pub(super) const NO_ANNOTATIONS: &str = "~no_annotations";
/// An empty list of `logprobs`.
pub(super) const EMPTY_LOGPROBS: &str = "~logprobs";
/// A part of the content, not an item.
pub(super) const PART: &str = "~part";
/// A part of the same message as the block before it.
pub(super) const SAME: &str = "~same";
/// A message without content.
pub(super) const EMPTY: &str = "~empty";
/// Base64 that is not wrapped into a data URL.
pub(super) const BARE_DATA: &str = "~bare_data";
/// Reasoning stands in `content`, too.
pub(super) const CONTENT: &str = "~content";
/// No `summary` at all.
pub(super) const NO_SUMMARY: &str = "~no_summary";
/// The result of a custom tool.
pub(super) const CUSTOM: &str = "~custom";
/// No `strict` at all.
pub(super) const NO_STRICT: &str = "~no_strict";
/// No `parameters` at all.
pub(super) const NO_PARAMETERS: &str = "~no_parameters";
/// A tool that stands in an item of the input.
pub(super) const ADDITIONAL: &str = "~additional";
/// An object that says nothing: `reasoning`, `text`.
pub(super) const EMPTY_REASONING: &str = "~reasoning";
/// See [`EMPTY_REASONING`].
pub(super) const EMPTY_TEXT: &str = "~text";
/// `arguments` is an empty string.
pub(super) const NO_ARGUMENTS: &str = "~no_arguments";
/// An image that the provider's own tool made: an item of its own.
pub(super) const IMAGE_CALL: &str = "~image_call";
/// An item's id.
pub(super) const ID: &str = "~id:";
/// An item's status.
pub(super) const STATUS: &str = "~status:";
/// A part's type, where it is not the usual one of the role.
pub(super) const TAG: &str = "~tag:";

/// Remembers a short text that means nothing elsewhere.
pub(super) fn note(fields: &mut Fields, prefix: &'static str, text: &str) {
    fields.put_back(format!("{prefix}{text}"), Raw::NULL);
}

/// What was noted under a prefix.
pub(super) fn noted<'a>(ext: Option<&'a RawObject>, prefix: &str) -> Option<&'a str> {
    ext?.iter().find_map(|(key, _)| key.strip_prefix(prefix))
}

/// Whether a spelling was remembered.
pub(super) fn spelled(ext: &Ext, spelling: &str) -> bool {
    spelling::spelled(ext, FORMAT, spelling)
}

/// The members this format may replay; those of another format are declared as lost.
pub(super) fn replayed<'a>(
    ext: &'a Ext,
    place: impl Fn(&str) -> String,
    losses: &mut Losses,
) -> Option<&'a RawObject> {
    spelling::replayed(ext, FORMAT, place, losses)
}
