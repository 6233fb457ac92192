//! Protobuf messages in JSON: what they hold, and how the API's reader refuses the rest.
//!
//! Names are accepted in both spellings (`inlineData`, `inline_data`), enums in any case, one element for a list,
//! numbers and base64 in every form that protobuf's JSON mapping allows
//! (<https://protobuf.dev/programming-guides/json/>). Places are told in snake case.

pub(super) mod messages;

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::{Map, Value};

use crate::{fault::Fault, json_path::At};

/// A message type.
pub(super) struct Message {
    /// Without its package.
    name: &'static str,
    fields: &'static [Field],
    /// Fields of which only one may be set, the oneof called `data`.
    data: &'static [&'static str],
}

/// A field of a message, by its protobuf name.
pub(super) struct Field {
    name: &'static str,
    kind: Kind,
    repeated: bool,
}

/// What a field, or each of its elements, is.
pub(super) enum Kind {
    Text,
    /// Base64.
    Bytes,
    Bool,
    Int,
    Float,
    /// Its name and its words.
    Enum(&'static str, &'static [&'static str]),
    Message(&'static Message),
    /// From any string to a message.
    Map(&'static Message),
    /// Any JSON object.
    Struct,
    /// Any JSON.
    Any,
}

/// The detail that carries the places of a refusal by the reader.
pub(super) const BAD_REQUEST: &str = "BadRequest";
const PACKAGE: &str = "type.googleapis.com/google.ai.generativelanguage.v1beta";
/// Most violations that one refusal lists.
const MOST_VIOLATIONS: usize = 64;
/// Most characters of a value that a refusal quotes; Google quotes it all.
const QUOTED: usize = 200;
/// Both alphabets and both paddings are accepted.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Refuses a body that the message cannot hold, naming every place.
pub(super) fn read<'a>(
    body: &'a Value,
    message: &Message,
) -> Result<&'a Map<String, Value>, Fault> {
    let mut violations = Vec::new();
    message.read(body, &At::ROOT, &mut violations);
    match body.as_object() {
        Some(object) if violations.is_empty() => Ok(object),
        Some(_) | None => Err(Fault::bad(violations.join("\n")).code(BAD_REQUEST)),
    }
}

/// The member of this protobuf name in either spelling, unless it is `null`.
pub(super) fn get<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let found = object.get(name).or_else(|| {
        let mut members = object.iter();
        members
            .find(|(key, _)| is_camel_case_of(key, name))
            .map(|(_, value)| value)
    });
    found.filter(|value| !value.is_null())
}

/// The elements of a repeated field; one element may stand for a list of one.
pub(super) fn list<'a>(object: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    match get(object, name) {
        None => &[],
        Some(Value::Array(items)) => items,
        Some(one) => std::slice::from_ref(one),
    }
}

/// The member as an object; the reader has seen to it that it is one.
pub(super) fn object<'a>(
    parent: &'a Map<String, Value>,
    name: &str,
) -> Option<&'a Map<String, Value>> {
    get(parent, name).and_then(Value::as_object)
}

/// The member as a text.
pub(super) fn text<'a>(parent: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    get(parent, name).and_then(Value::as_str)
}

/// The member as an integer, which JSON may spell as a number or as a string.
pub(super) fn integer(parent: &Map<String, Value>, name: &str) -> Option<i64> {
    get(parent, name).and_then(whole)
}

/// The member as a number.
pub(super) fn number(parent: &Map<String, Value>, name: &str) -> Option<f64> {
    get(parent, name).and_then(fractional)
}

/// Base64 as the reader takes it.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let standard: Vec<u8> = text
        .bytes()
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .collect();
    BASE64.decode(standard).ok()
}

const fn one(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        kind,
        repeated: false,
    }
}

const fn many(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        kind,
        repeated: true,
    }
}

impl Message {
    const fn new(name: &'static str, fields: &'static [Field]) -> Self {
        Self {
            name,
            fields,
            data: &[],
        }
    }

    fn read(&self, value: &Value, at: &At<'_>, violations: &mut Vec<String>) {
        let Some(object) = value.as_object() else {
            let kind = format!("{PACKAGE}.{}", self.name);
            violations.push(invalid(at, &kind, value));
            return;
        };
        let mut data = None;
        for (key, value) in object {
            if violations.len() >= MOST_VIOLATIONS {
                return;
            }
            let found = self
                .fields
                .iter()
                .find(|field| field.name == key || is_camel_case_of(key, field.name));
            let Some(field) = found else {
                violations.push(unknown(at, key, "Cannot find field."));
                continue;
            };
            if value.is_null() {
                continue;
            }
            if self.data.contains(&field.name) && data.replace(field.name).is_some() {
                let path = at.bracketed();
                violations.push(format!(
                    "Invalid value at '{path}' (oneof), oneof field 'data' is already set. Cannot set '{key}'"
                ));
            }
            field.read(key, value, at, violations);
        }
    }
}

impl Field {
    fn read(&self, key: &str, value: &Value, parent: &At<'_>, violations: &mut Vec<String>) {
        let at = parent.field(self.name);
        match (value, &self.kind) {
            (value, Kind::Any) => self.kind.read(value, &at, violations),
            (Value::Array(items), kind) if self.repeated => {
                for (index, item) in items.iter().enumerate() {
                    kind.read(item, &at.index(index), violations);
                }
            }
            (Value::Array(_), _) => {
                let reason = "Proto field is not repeating, cannot start list.";
                violations.push(unknown(parent, key, reason));
            }
            (value, kind) => kind.read(value, &at, violations),
        }
    }
}

impl Kind {
    fn read(&self, value: &Value, at: &At<'_>, violations: &mut Vec<String>) {
        if violations.len() >= MOST_VIOLATIONS {
            return;
        }
        let (name, fits) = match self {
            Self::Any => return,
            Self::Message(message) => return message.read(value, at, violations),
            Self::Map(message) => match value.as_object() {
                Some(object) => {
                    for (index, value) in object.values().enumerate() {
                        let at = at.index(index);
                        message.read(value, &at.field("value"), violations);
                    }
                    return;
                }
                None => ("map", false),
            },
            Self::Struct => (
                "type.googleapis.com/google.protobuf.Struct",
                value.is_object(),
            ),
            Self::Text => ("TYPE_STRING", value.is_string()),
            Self::Bool => ("TYPE_BOOL", value.is_boolean()),
            Self::Int => ("TYPE_INT32", whole(value).is_some()),
            Self::Float => ("TYPE_FLOAT", fractional(value).is_some()),
            Self::Bytes => match value.as_str() {
                Some(text) if decode(text).is_some() => return,
                Some(text) => {
                    let path = at.bracketed();
                    let text: String = text.chars().take(QUOTED).collect();
                    violations.push(format!(
                        "Invalid value at '{path}' (TYPE_BYTES), Base64 decoding failed for \"{text}\""
                    ));
                    return;
                }
                None => ("TYPE_BYTES", false),
            },
            Self::Enum(name, words) => {
                if !is_word(value, words) {
                    violations.push(invalid(at, &format!("{PACKAGE}.{name}"), value));
                }
                return;
            }
        };
        if fits {
            return;
        }
        if value.is_object() {
            let path = at.bracketed();
            violations.push(format!(
                "Invalid value at '{path}' ({name}), Starting an object on a scalar field"
            ));
        } else {
            violations.push(invalid(at, name, value));
        }
    }
}

fn unknown(at: &At<'_>, key: &str, reason: &str) -> String {
    let path = at.bracketed();
    let at = if path.is_empty() {
        String::new()
    } else {
        format!(" at '{path}'")
    };
    format!("Invalid JSON payload received. Unknown name \"{key}\"{at}: {reason}")
}

fn invalid(at: &At<'_>, kind: &str, value: &Value) -> String {
    let value: String = value.to_string().chars().take(QUOTED).collect();
    format!("Invalid value at '{}' ({kind}), {value}", at.bracketed())
}

fn is_word(value: &Value, words: &[&str]) -> bool {
    match value {
        Value::String(given) => words.iter().any(|word| word.eq_ignore_ascii_case(given)),
        Value::Number(number) => number
            .as_u64()
            .and_then(|number| usize::try_from(number).ok())
            .is_some_and(|number| number < words.len()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

fn whole(value: &Value) -> Option<i64> {
    let text = match value {
        Value::Number(number) if number.is_f64() => format!("{}", number.as_f64()?),
        Value::Number(number) => return number.as_i64(),
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    text.parse().ok()
}

fn fractional(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn is_camel_case_of(key: &str, name: &str) -> bool {
    let mut key = key.bytes();
    let mut capital = false;
    for byte in name.bytes() {
        if byte == b'_' {
            capital = true;
            continue;
        }
        let expected = if std::mem::take(&mut capital) {
            byte.to_ascii_uppercase()
        } else {
            byte
        };
        if key.next() != Some(expected) {
            return false;
        }
    }
    key.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    #[test]
    fn both_spellings_are_one_name() {
        let camel = ["text", "inlineData", "topK", "inline_data", "InlineData"];
        let snake = ["text", "inline_data", "top_k", "inline_data", "inline_data"];
        assert_eq!(
            [0, 1, 2, 3, 4].map(|at| is_camel_case_of(camel[at], snake[at])),
            [true, true, true, false, false]
        );
    }

    #[test]
    fn numbers_and_bytes_have_several_spellings() {
        assert_eq!(
            [json!(5), json!(5.0), json!("5"), json!(5.5), json!("x")].map(|value| whole(&value)),
            [Some(5), Some(5), Some(5), None, None]
        );
        assert_eq!(
            ["+/+/", "-_-_", "AA==", "AA", "%"].map(|text| decode(text).map(|bytes| bytes.len())),
            [Some(3), Some(3), Some(1), Some(1), None]
        );
    }
}
