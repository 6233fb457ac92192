//! What was expected and what was found, in words.

use figment::value::{Num, Value};
use serde_json::Value as Json;

use super::{branches, names_type};

/// Names are listed in full up to this many.
const LISTED: usize = 20;

/// What a schema takes: `a whole number from 0 to 65535`, `` `text` or `json` ``.
pub(super) fn expected(schema: &Json) -> String {
    let mut kinds: Vec<String> = branches(schema).flat_map(kinds).collect();
    let last = kinds.pop().unwrap_or_else(|| "nothing".to_owned());
    if kinds.is_empty() {
        last
    } else {
        format!("{} or {last}", kinds.join(", "))
    }
}

/// What a value is. Its text is shown only where the schema has a list of words, and only when it looks like one.
pub(super) fn found(schema: &Json, value: &Value) -> String {
    let word = |text: &str| {
        text.len() <= 32
            && !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    let closed = branches(schema).any(|branch| branch.get("enum").is_some());
    match value {
        Value::String(_, text) if closed && word(text) => format!("`{text}`"),
        Value::String(..) | Value::Char(..) => "text".to_owned(),
        Value::Bool(_, flag) => format!("`{flag}`"),
        Value::Num(_, number) if names_number(schema) => written(*number),
        Value::Num(..) => "a number".to_owned(),
        Value::Empty(..) => "nothing".to_owned(),
        Value::Dict(..) => "a mapping".to_owned(),
        Value::Array(..) => "a list".to_owned(),
    }
}

/// A hint that names the key that was probably meant, or all there are.
pub(super) fn nearest(key: &str, known: &[&str]) -> Option<String> {
    similar(key, known.iter().copied()).or_else(|| {
        let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
        (!known.is_empty() && known.len() <= LISTED)
            .then(|| format!("there are {}", known.join(", ")))
    })
}

/// A hint that names the word that was probably meant.
pub(super) fn similar<'n>(word: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    let lower = word.to_ascii_lowercase();
    known
        .map(|name| (strsim::damerau_levenshtein(&lower, name), name))
        .min()
        .filter(|(distance, name)| *distance <= (name.len() / 3).max(1))
        .map(|(_, name)| format!("did you mean `{name}`?"))
}

fn names_number(schema: &Json) -> bool {
    branches(schema).any(|branch| names_type(branch, "integer") || names_type(branch, "number"))
}

/// A number that stands where a number belongs is no secret.
fn written(number: Num) -> String {
    match (number.to_f64(), number.to_i128(), number.to_u128()) {
        (Some(float), _, _) => float.to_string(),
        (None, Some(signed), _) => signed.to_string(),
        (None, None, Some(unsigned)) => unsigned.to_string(),
        (None, None, None) => "another number".to_owned(),
    }
}

fn kinds(schema: &Json) -> Vec<String> {
    if let Some(choices) = schema.get("enum").and_then(Json::as_array) {
        let named = choices.iter().filter_map(|choice| match choice {
            Json::String(word) => Some(format!("`{word}`")),
            Json::Bool(flag) => Some(format!("`{flag}`")),
            Json::Null | Json::Number(_) | Json::Array(_) | Json::Object(_) => None,
        });
        return named.collect();
    }
    let words = [
        (
            "string",
            example(schema).map_or_else(|| "text".to_owned(), |text| format!("text like `{text}`")),
        ),
        ("boolean", "`true` or `false`".to_owned()),
        ("integer", format!("a whole number{}", range(schema))),
        ("number", format!("a number{}", range(schema))),
        ("array", "a list".to_owned()),
        ("object", "a mapping".to_owned()),
    ];
    words
        .into_iter()
        .filter(|(name, _)| names_type(schema, name))
        .map(|(_, words)| words)
        .collect()
}

/// What a text of a certain form looks like.
pub(super) fn example(schema: &Json) -> Option<&str> {
    schema.get("examples")?.get(0)?.as_str()
}

fn range(schema: &Json) -> String {
    match (schema.get("minimum"), schema.get("maximum")) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" of at least {least}"),
        (None, Some(most)) => format!(" of at most {most}"),
        (None, None) => String::new(),
    }
}
