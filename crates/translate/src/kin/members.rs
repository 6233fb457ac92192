//! Members of a request that both formats of one provider know: what one of them said, the other may repeat.
//!
//! Source: Chat Completions API and Responses API, request bodies.

use std::borrow::Cow;

use byokey_types::{Format, RawObject, Str};

use crate::{ir::Ext, loss::Losses, silent};

/// The names in Chat and in Responses; a dot stands before a member of an inner object.
const SHARED: [(&str, &str); 7] = [
    ("metadata", "metadata"),
    ("prompt_cache_key", "prompt_cache_key"),
    ("prompt_cache_retention", "prompt_cache_retention"),
    ("safety_identifier", "safety_identifier"),
    ("service_tier", "service_tier"),
    ("store", "store"),
    ("verbosity", "text.verbosity"),
];

/// The members of a request that `format` may replay: all that its own client said, and of its kin's what both know, where the
/// upstream is their provider's own (`at_home`). The others are declared as lost; a `null` says nothing.
pub(crate) fn replayed<'a>(
    ext: &'a Ext,
    format: Format,
    at_home: bool,
    losses: &mut Losses,
) -> Cow<'a, RawObject> {
    let Some(ext) = ext else {
        return Cow::Owned(RawObject::new());
    };
    if ext.format == format {
        return Cow::Borrowed(&ext.fields);
    }
    let mut shared = RawObject::new();
    for (member, value) in ext.fields.iter().filter(|(_, value)| !value.is_null()) {
        match name(member, ext.format, format).filter(|_| at_home) {
            Some(name) => shared.set(Str::new_static(name), value.clone()),
            None if silent::says_nothing(ext.format, member, value) => {}
            None => losses.dropped(member.as_str()),
        }
    }
    Cow::Owned(shared)
}

/// The name in one format of a member that another one said.
fn name(member: &str, from: Format, to: Format) -> Option<&'static str> {
    let rows = SHARED.iter();
    let mut rows = rows.filter_map(|(chat, responses)| match (from, to) {
        (Format::OpenAiChat, Format::OpenAiResponses) => Some((chat, responses)),
        (Format::OpenAiResponses, Format::OpenAiChat) => Some((responses, chat)),
        _ => None,
    });
    rows.find(|(known, _)| **known == member)
        .map(|(_, name)| *name)
}
