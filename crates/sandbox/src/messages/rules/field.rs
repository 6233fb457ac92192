//! Checks of single fields, with the API's words for each failure.

use serde_json::{Map, Value};

use crate::{fault::Fault, json_path::At};

pub(super) fn extra(at: &At<'_>) -> Fault {
    Fault::bad(format!("{}: Extra inputs are not permitted", at.dotted()))
}

pub(super) fn required(at: &At<'_>) -> Fault {
    Fault::bad(format!("{}: Field required", at.dotted()))
}

pub(super) fn wrong(at: &At<'_>, expected: &str) -> Fault {
    Fault::bad(format!(
        "{}: Input should be a valid {expected}",
        at.dotted()
    ))
}

pub(super) fn not_one_of(at: &At<'_>, words: &[&str]) -> Fault {
    let quoted: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
    let listed = match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    };
    Fault::bad(format!("{}: Input should be {listed}", at.dotted()))
}

pub(super) fn unknown_tag(
    at: &At<'_>,
    tag: &str,
    known: impl IntoIterator<Item = &'static str>,
) -> Fault {
    let known: Vec<_> = known.into_iter().map(|tag| format!("'{tag}'")).collect();
    Fault::bad(format!(
        "{}: Input tag '{tag}' found using 'type' does not match any of the expected tags: {}",
        at.dotted(),
        known.join(", ")
    ))
}

/// Refuses members that are not listed.
pub(super) fn only(object: &Map<String, Value>, at: &At<'_>, known: &[&str]) -> Result<(), Fault> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(unknown) => Err(extra(&at.field(unknown))),
    }
}

/// A required string.
pub(super) fn string<'a>(
    object: &'a Map<String, Value>,
    at: &At<'_>,
    name: &str,
) -> Result<&'a str, Fault> {
    let value = object.get(name).ok_or_else(|| required(&at.field(name)))?;
    value
        .as_str()
        .ok_or_else(|| wrong(&at.field(name), "string"))
}

/// An optional string, which may be `null`.
pub(super) fn optional_string<'a>(
    object: &'a Map<String, Value>,
    at: &At<'_>,
    name: &str,
) -> Result<Option<&'a str>, Fault> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong(&at.field(name), "string")),
    }
}

/// An optional boolean.
pub(super) fn boolean(
    object: &Map<String, Value>,
    at: &At<'_>,
    name: &str,
) -> Result<Option<bool>, Fault> {
    match object.get(name) {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(_) => Err(wrong(&at.field(name), "boolean")),
    }
}

/// A required object.
pub(super) fn object<'a>(
    parent: &'a Map<String, Value>,
    at: &At<'_>,
    name: &str,
) -> Result<&'a Map<String, Value>, Fault> {
    let value = parent.get(name).ok_or_else(|| required(&at.field(name)))?;
    value
        .as_object()
        .ok_or_else(|| wrong(&at.field(name), "dictionary"))
}

/// ASCII letters, digits, `_` and `-`, at least one and at most so many.
pub(super) fn is_name(value: &str, most: usize) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=most).contains(&value.len()) && value.bytes().all(fits)
}
