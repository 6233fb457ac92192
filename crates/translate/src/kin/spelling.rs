//! Spellings and inner objects: members of an extension that say how, not what.
//!
//! A spelling is a member whose name begins with `~`; members of an inner object that the neutral form flattens away stand
//! under a dotted name.

use byokey_types::{Format, JsonError, Raw, RawObject};

use crate::{
    fields::Fields,
    ir::{Ext, own},
    loss::Losses,
};

/// Reasoning was asked for in a format whose clients see it without asking for that apart.
pub(crate) const SHOWN: &str = "~shown";

/// Remembers a spelling.
pub(crate) fn remember(fields: &mut Fields, spelling: &'static str) {
    fields.put_back(spelling, Raw::NULL);
}

/// Whether a spelling was remembered.
pub(crate) fn spelled(ext: &Ext, format: Format, spelling: &str) -> bool {
    own(ext, format).is_some_and(|fields| fields.contains(spelling))
}

/// Reads a member when it says something; a `null` stays, to be replayed.
///
/// # Errors
/// Those of `read`.
pub(crate) fn said<T>(
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
pub(crate) fn flatten(fields: &mut Fields, prefix: &str, inner: Fields) {
    for (key, value) in inner.into_object() {
        fields.put_back(format!("{prefix}.{key}"), value);
    }
}

/// The name of a member to replay on the node itself: no spelling, nothing of an inner object.
pub(crate) fn outer<'k>(key: &'k str, inner: &[&str]) -> Option<&'k str> {
    let is_inner = || {
        key.split_once('.')
            .is_some_and(|(prefix, _)| inner.contains(&prefix))
    };
    (!key.starts_with('~') && !is_inner()).then_some(key)
}

/// The name of a member to replay in the inner object `prefix`.
pub(crate) fn inner<'k>(key: &'k str, prefix: &str) -> Option<&'k str> {
    key.strip_prefix(prefix)?.strip_prefix('.')
}

/// Whether an extension has members of the inner object `prefix`.
pub(crate) fn has_inner(ext: Option<&RawObject>, prefix: &str) -> bool {
    ext.is_some_and(|ext| ext.iter().any(|(key, _)| inner(key, prefix).is_some()))
}

/// The members a format may replay; those of another format are declared as lost.
///
/// A `null` says nothing, so nothing is lost with it.
pub(crate) fn replayed<'a>(
    ext: &'a Ext,
    format: Format,
    place: impl Fn(&str) -> String,
    losses: &mut Losses,
) -> Option<&'a RawObject> {
    if let Some(foreign) = ext.as_ref().filter(|ext| ext.format != format) {
        for (member, value) in foreign.fields.iter() {
            if !value.is_null() {
                losses.dropped(place(member));
            }
        }
    }
    own(ext, format)
}
