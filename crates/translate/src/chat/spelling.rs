//! How a thing was spelled, where this format has several ways to say what the neutral form says in one.
//!
//! A spelling is a member of the node's extension whose name begins with `~` and whose value is `null`: it says nothing that
//! another format could lose. Members of an inner object that the neutral form flattens away stand under a dotted name
//! (`image_url.detail`).

use byokey_types::{Format, RawObject};

pub(super) use crate::kin::spelling::{flatten, has_inner, inner, outer, remember, said};
use crate::{ir::Ext, kin::spelling, loss::Losses};

/// The format of this folder.
pub(super) const FORMAT: Format = Format::OpenAiChat;

/// `max_completion_tokens`, not `max_tokens`.
pub(super) const MAX_COMPLETION_TOKENS: &str = "~max_completion_tokens";
/// `max_tokens`, the older name.
pub(super) const MAX_TOKENS: &str = "~max_tokens";
/// A bare string, not a list.
pub(super) const BARE_STOP: &str = "~stop";
/// `top_k`, which some servers know.
pub(super) const TOP_K: &str = "~top_k";
/// The object `reasoning`, not `reasoning_effort`.
pub(super) const REASONING_OBJECT: &str = "~reasoning";
/// `reasoning.effort: "none"`, not `reasoning.enabled: false`.
pub(super) const REASONING_NONE: &str = "~reasoning_none";
/// Content is a list, where a string would do.
pub(super) const LIST: &str = "~list";
/// An empty list of tools, not none at all.
pub(super) const EMPTY_LIST: &str = "~empty";
/// An empty list of calls, not none at all.
pub(super) const EMPTY_CALLS: &str = "~empty_calls";
/// `function_call`, `functions` or the role `function`: the names before there were tools.
pub(super) const LEGACY: &str = "~legacy";
/// No member at all, where `null` is usual.
pub(super) const ABSENT: &str = "~absent";
/// No `type`, where there is one choice only.
pub(super) const UNTYPED: &str = "~untyped";
/// The cache mark of the last part stands on the message.
pub(super) const MESSAGE_MARK: &str = "~cache_control";
/// A part of the content, not a member of the message.
pub(super) const PART: &str = "~part";
/// `arguments` is an empty string.
pub(super) const NO_ARGUMENTS: &str = "~no_arguments";
/// A bare URL, not an object with one.
pub(super) const BARE_URL: &str = "~bare_url";
/// Base64 that is not wrapped into a data URL.
pub(super) const BARE_DATA: &str = "~bare_data";
/// `reasoning`, not `reasoning_content`.
pub(super) const REASONING: &str = "~reasoning_text";
/// The text of `reasoning_details` once more, as `reasoning_content`.
pub(super) const ALSO_CONTENT: &str = "~also_reasoning_content";
/// The text of `reasoning_details` once more, as `reasoning`.
pub(super) const ALSO_REASONING: &str = "~also_reasoning";
/// This entry of `reasoning_details` holds the seal.
pub(super) const SIGNED: &str = "~signed";

/// This entry of `reasoning_details` has no words, only a seal.
pub(super) const WORDLESS: &str = "~wordless";

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
