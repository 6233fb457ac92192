//! Items of a conversation as raw JSON: they are moved, never rewritten.

use byokey_types::{JsonError, JsonKind, Raw, RawObject, Str};
use bytes::{BufMut, Bytes, BytesMut};

/// The items of `input`: a bare string is one message, nothing at all is none.
///
/// # Errors
/// [`JsonError::WrongType`] for anything else than a string or an array.
pub fn of_input(input: Option<&Raw>) -> Result<Vec<Raw>, JsonError> {
    let Some(input) = input.filter(|input| !input.is_null()) else {
        return Ok(Vec::new());
    };
    match input.kind() {
        JsonKind::String => Ok(vec![message(input)]),
        JsonKind::Array => input.array(),
        found @ (JsonKind::Object | JsonKind::Number | JsonKind::Bool | JsonKind::Null) => {
            Err(JsonError::WrongType {
                path: "input".to_owned(),
                expected: "a string or an array",
                found: found.article(),
            })
        }
    }
}

/// The type of an item; a message may leave it out.
pub fn kind(item: &RawObject) -> Str {
    let text = item.get("type").and_then(|kind| kind.text().ok());
    text.map_or(Str::new_static("message"), Str::from)
}

/// Whether an item asks for something once and must not be said again: a compaction that has been made.
pub fn is_consumed(item: &Raw) -> bool {
    // items are many and this one is rare
    memchr::memmem::find(item.bytes(), b"compaction_trigger").is_some()
        && item
            .object()
            .is_ok_and(|item| kind(&item) == "compaction_trigger")
}

/// Whether an item is reasoning, and whether it says anything to somebody who did not think it: sealed, or in the open.
pub fn reasoning(item: &Raw) -> Option<Reasoning> {
    memchr::memmem::find(item.bytes(), b"reasoning")?;
    let item = item.object().ok()?;
    if kind(&item) != "reasoning" {
        return None;
    }
    let said = |key: &str| item.get(key).is_some_and(|value| !value.is_null());
    let listed = |key: &str| {
        item.get(key)
            .and_then(|list| list.array().ok())
            .is_some_and(|list| !list.is_empty())
    };
    if said("encrypted_content") {
        return Some(Reasoning::Sealed);
    }
    Some(if listed("content") {
        Reasoning::Open
    } else {
        Reasoning::Empty
    })
}

/// What an item of reasoning holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reasoning {
    /// A seal.
    Sealed,
    /// Its text.
    Open,
    /// A summary at most: only the upstream that thought it can do anything with it, by its id.
    Empty,
}

/// An array of items.
pub fn join<'a>(items: impl IntoIterator<Item = &'a Raw>) -> Bytes {
    let mut out = BytesMut::new();
    out.put_u8(b'[');
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.put_u8(b',');
        }
        out.extend_from_slice(item.bytes());
    }
    out.put_u8(b']');
    out.freeze()
}

/// A message of the user that says `text`, a JSON string.
fn message(text: &Raw) -> Raw {
    let mut part = RawObject::new();
    part.set("type", Raw::string("input_text"));
    part.set("text", text.clone());
    let mut message = RawObject::new();
    message.set("type", Raw::string("message"));
    message.set("role", Raw::string("user"));
    message.set("content", Raw::array_of([part.to_raw()]));
    message.to_raw()
}
