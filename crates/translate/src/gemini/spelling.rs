//! How this format spells what the neutral form does not tell apart.
//!
//! The protocol is Protocol Buffers in JSON: every known member has two spellings, of which the camel-cased one is written.
//! A *marker* is a member of an extension whose value is `null`: it says how the client spelled a thing, so that this format
//! can spell it so again, and says nothing to any other format.

use byokey_types::{Format, JsonError, Raw, RawObject};

use crate::{
    fields::Fields,
    ir::{self, Ext},
    loss::Losses,
    silent,
};

pub(super) const FORMAT: Format = Format::Gemini;

/// The known members of more than one word.
const NAMES: [&str; 56] = [
    "allowedFunctionNames",
    "blockReason",
    "cachedContent",
    "cachedContentTokenCount",
    "candidateCount",
    "candidatesTokenCount",
    "codeExecution",
    "codeExecutionResult",
    "createTime",
    "displayName",
    "executableCode",
    "fileData",
    "fileUri",
    "finishMessage",
    "finishReason",
    "frequencyPenalty",
    "functionCall",
    "functionCallingConfig",
    "functionDeclarations",
    "functionResponse",
    "generateContentRequest",
    "generationConfig",
    "googleSearch",
    "googleSearchRetrieval",
    "groundingChunkIndices",
    "groundingChunks",
    "groundingMetadata",
    "groundingSupports",
    "endIndex",
    "includeThoughts",
    "inlineData",
    "maxOutputTokens",
    "mimeType",
    "modelVersion",
    "parametersJsonSchema",
    "partIndex",
    "presencePenalty",
    "promptFeedback",
    "promptTokenCount",
    "responseId",
    "responseJsonSchema",
    "responseMimeType",
    "responseModalities",
    "responseSchema",
    "safetySettings",
    "startIndex",
    "stopSequences",
    "systemInstruction",
    "thinkingBudget",
    "thinkingConfig",
    "thinkingLevel",
    "thoughtSignature",
    "thoughtsTokenCount",
    "toolConfig",
    "toolUsePromptTokenCount",
    "usageMetadata",
];

/// Opens an object, its known members camel-cased.
///
/// # Errors
/// [`JsonError::WrongType`] with path `$` when it is none.
pub(super) fn open(raw: &Raw) -> Result<Fields, JsonError> {
    raw.object().map(fields)
}

/// An object, its known members camel-cased.
pub(super) fn fields(object: RawObject) -> Fields {
    Fields::of(camel_cased(object))
}

/// Takes a member, when it says something, and opens it.
///
/// # Errors
/// [`JsonError::WrongType`] at `key`.
pub(super) fn take_open(fields: &mut Fields, key: &str) -> Result<Option<Fields>, JsonError> {
    fields
        .take_said(key)
        .map(|raw| open(&raw).map_err(|error| error.under(key)))
        .transpose()
}

/// Takes a short text, when it says something.
///
/// # Errors
/// [`JsonError::WrongType`] at `key`.
pub(super) fn take_name(
    fields: &mut Fields,
    key: &str,
) -> Result<Option<byokey_types::Str>, JsonError> {
    match fields.peek(key) {
        Some(_) => fields.name(key),
        None => Ok(None),
    }
}

/// The object with its known members camel-cased; a member that is there in both spellings keeps both.
pub(super) fn camel_cased(object: RawObject) -> RawObject {
    let is_known = |key: &str| NAMES.iter().find(|name| same(name, key)).copied();
    if !object.iter().any(|(key, _)| key.contains('_')) {
        return object;
    }
    let taken: Vec<&'static str> = NAMES
        .iter()
        .copied()
        .filter(|name| object.contains(name))
        .collect();
    object
        .into_iter()
        .map(|(key, value)| match is_known(&key) {
            Some(name) if !taken.contains(&name) => (name.into(), value),
            Some(_) | None => (key, value),
        })
        .collect()
}

/// Whether `key` is `name` in snake case.
fn same(name: &str, key: &str) -> bool {
    let mut rest = key.bytes();
    for byte in name.bytes() {
        let fits = if byte.is_ascii_uppercase() {
            rest.next() == Some(b'_') && rest.next() == Some(byte.to_ascii_lowercase())
        } else {
            rest.next() == Some(byte)
        };
        if !fits {
            return false;
        }
    }
    rest.next().is_none()
}

/// Sets a marker.
pub(super) fn mark(fields: &mut Fields, name: &str) {
    fields.put_back(name, Raw::NULL);
}

/// Whether a marker is set.
pub(super) fn is_marked(ext: Option<&RawObject>, name: &str) -> bool {
    ext.and_then(|ext| ext.get(name)).is_some_and(Raw::is_null)
}

/// What is left of `inner`, as members `outer.member` of the extension around it.
pub(super) fn flatten(fields: &mut Fields, outer: &str, inner: Fields) {
    for (key, value) in inner.into_object() {
        fields.put_back(format!("{outer}.{key}"), value);
    }
}

/// The member's name below `outer`, when [`flatten`] put it there.
pub(super) fn inner<'k>(key: &'k str, outer: &str) -> Option<&'k str> {
    let name = key.strip_prefix(outer)?.strip_prefix('.')?;
    (!name.contains('.')).then_some(name)
}

/// The members below `outer` that are to be said again: those that say something.
pub(super) fn members<'e>(
    ext: Option<&'e RawObject>,
    outer: &'e str,
) -> impl Iterator<Item = (&'e str, &'e Raw)> {
    ext.into_iter()
        .flat_map(RawObject::iter)
        .filter(|(_, value)| !value.is_null())
        .filter_map(move |(key, value)| Some((inner(key, outer)?, value)))
}

/// The members of the node itself that are to be said again.
pub(super) fn plain(ext: Option<&RawObject>) -> impl Iterator<Item = (&str, &Raw)> {
    ext.into_iter()
        .flat_map(RawObject::iter)
        .filter(|(key, value)| !value.is_null() && !key.contains('.'))
        .map(|(key, value)| (key.as_str(), value))
}

/// The members this format may replay; those of another format are declared as lost. A `null` says nothing.
pub(super) fn replayed<'a>(
    ext: &'a Ext,
    place: impl Fn(&str) -> String,
    losses: &mut Losses,
) -> Option<&'a RawObject> {
    if let Some(foreign) = ext.as_ref().filter(|ext| ext.format != FORMAT) {
        for (member, value) in foreign.fields.iter() {
            let path = place(member);
            let is_silent = path == **member && silent::says_nothing(foreign.format, member, value);
            if !value.is_null() && !is_silent {
                losses.dropped(path);
            }
        }
    }
    ir::own(ext, FORMAT)
}

/// Takes what `inner` lost and puts its paths under `place`.
pub(super) fn absorb_under(losses: &mut Losses, inner: &Losses, place: impl std::fmt::Display) {
    for loss in inner.as_slice() {
        losses.declare(format!("{place}.{}", loss.path), loss.what);
    }
}
