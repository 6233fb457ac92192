//! How a thing was spelled, where this format has several ways to say what the neutral form says in one.
//!
//! A spelling is a member of the node's extension whose name begins with `~` and whose value is `null`: it says nothing that
//! another format could lose. Members of an inner object that the neutral form flattens away stand under a dotted name
//! (`image_url.detail`).

use byokey_types::{Format, JsonError, Raw, RawObject};

use crate::{
    fields::Fields,
    ir::{Ext, own},
    loss::Losses,
};

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

/// Remembers a spelling.
pub(super) fn remember(fields: &mut Fields, spelling: &'static str) {
    fields.put_back(spelling, Raw::NULL);
}

/// Whether a spelling was remembered.
pub(super) fn spelled(ext: &Ext, spelling: &str) -> bool {
    own(ext, FORMAT).is_some_and(|fields| fields.contains(spelling))
}

/// Reads a member when it says something; a `null` stays, to be replayed.
///
/// # Errors
/// Those of `read`.
pub(super) fn said<T>(
    fields: &mut Fields,
    key: &str,
    read: impl FnOnce(&mut Fields) -> Result<Option<T>, JsonError>,
) -> Result<Option<T>, JsonError> {
    if fields.peek(key).is_none() {
        return Ok(None);
    }
    read(fields)
}

/// Keeps what is left of an inner object, under dotted names.
pub(super) fn flatten(fields: &mut Fields, prefix: &str, inner: Fields) {
    for (key, value) in inner.into_object() {
        fields.put_back(format!("{prefix}.{key}"), value);
    }
}

/// The name of a member to replay on the node itself: no spelling, nothing of an inner object.
pub(super) fn outer<'k>(key: &'k str, inner: &[&str]) -> Option<&'k str> {
    let is_inner = || {
        key.split_once('.')
            .is_some_and(|(prefix, _)| inner.contains(&prefix))
    };
    (!key.starts_with('~') && !is_inner()).then_some(key)
}

/// The name of a member to replay in the inner object `prefix`.
pub(super) fn inner<'k>(key: &'k str, prefix: &str) -> Option<&'k str> {
    key.strip_prefix(prefix)?.strip_prefix('.')
}

/// Whether an extension has members of the inner object `prefix`.
pub(super) fn has_inner(ext: Option<&RawObject>, prefix: &str) -> bool {
    ext.is_some_and(|ext| ext.iter().any(|(key, _)| inner(key, prefix).is_some()))
}

/// The members this format may replay; those of another format are declared as lost.
///
/// A `null` says nothing, so nothing is lost with it.
pub(super) fn replayed<'a>(
    ext: &'a Ext,
    place: impl Fn(&str) -> String,
    losses: &mut Losses,
) -> Option<&'a RawObject> {
    if let Some(foreign) = ext.as_ref().filter(|ext| ext.format != FORMAT) {
        for (member, value) in foreign.fields.iter() {
            if !value.is_null() && !member.starts_with('~') {
                losses.dropped(place(member));
            }
        }
    }
    own(ext, FORMAT)
}
