//! Checks of single fields, with the API's words for each failure.

use serde_json::{Map, Value};

use crate::{fault::Fault, json_path::At};

/// A member that is there and not `null`, which the API takes for absent.
pub(crate) fn given<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

/// Refuses members that are not listed.
pub(crate) fn only(object: &Map<String, Value>, at: &At<'_>, known: &[&str]) -> Result<(), Fault> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(unknown) => {
            let path = at.field(unknown).bracketed();
            Err(Fault::bad(format!("Unknown parameter: '{path}'."))
                .param(path)
                .code("unknown_parameter"))
        }
    }
}

pub(crate) fn missing(at: &At<'_>) -> Fault {
    let path = at.bracketed();
    Fault::bad(format!("Missing required parameter: '{path}'."))
        .param(path)
        .code("missing_required_parameter")
}

pub(crate) fn wrong_type(at: &At<'_>, expected: &str, got: &Value) -> Fault {
    let path = at.bracketed();
    let got = match got {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a decimal",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Fault::bad(format!(
        "Invalid type for '{path}': expected {expected}, but got {got} instead."
    ))
    .param(path)
    .code("invalid_type")
}

pub(crate) fn unsupported_value(at: &At<'_>, got: &str, supported: &[&str]) -> Fault {
    let listed = match supported {
        [] => String::new(),
        [one] => format!("'{one}'"),
        [most @ .., last] => {
            let most: Vec<_> = most.iter().map(|value| format!("'{value}'")).collect();
            format!("{}, and '{last}'", most.join(", "))
        }
    };
    Fault::bad(format!(
        "Invalid value: '{got}'. Supported values are: {listed}."
    ))
    .param(at.bracketed())
    .code("invalid_value")
}

pub(crate) fn empty_array(at: &At<'_>) -> Fault {
    let path = at.bracketed();
    Fault::bad(format!(
        "Invalid '{path}': empty array. Expected an array with minimum length 1, but got an empty array instead."
    ))
    .param(path)
    .code("empty_array")
}

pub(crate) fn array_too_long(at: &At<'_>, most: usize, got: usize) -> Fault {
    let path = at.bracketed();
    Fault::bad(format!(
        "Invalid '{path}': array too long. Expected an array with maximum length {most}, but got an array with length \
         {got} instead."
    ))
    .param(path)
    .code("array_above_max_length")
}

/// A string of at most `most` characters.
pub(crate) fn short(value: &str, at: &At<'_>, most: usize) -> Result<(), Fault> {
    let got = value.chars().count();
    if got <= most {
        return Ok(());
    }
    let path = at.bracketed();
    Err(Fault::bad(format!(
        "Invalid '{path}': string too long. Expected a string with maximum length {most}, but got a string with length \
         {got} instead."
    ))
    .param(path)
    .code("string_above_max_length"))
}

/// A name of ASCII letters, digits, `_` and `-`.
pub(crate) fn name(value: &str, at: &At<'_>, most: usize) -> Result<(), Fault> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let path = at.bracketed();
    if value.is_empty() {
        let message = format!(
            "Invalid '{path}': empty string. Expected a string with minimum length 1, but got an empty string instead."
        );
        return Err(Fault::bad(message).param(path).code("empty_string"));
    }
    if !value.bytes().all(fits) {
        let message = format!(
            "Invalid '{path}': string does not match pattern. Expected a string that matches the pattern \
             '^[a-zA-Z0-9_-]+$'."
        );
        return Err(Fault::bad(message).param(path).code("invalid_value"));
    }
    short(value, at, most)
}

/// A required object.
pub(crate) fn object<'a>(
    parent: &'a Map<String, Value>,
    at: &At<'_>,
    name: &str,
) -> Result<&'a Map<String, Value>, Fault> {
    let value = parent.get(name).ok_or_else(|| missing(&at.field(name)))?;
    value
        .as_object()
        .ok_or_else(|| wrong_type(&at.field(name), "an object", value))
}

/// A required string.
pub(crate) fn string<'a>(
    parent: &'a Map<String, Value>,
    at: &At<'_>,
    name: &str,
) -> Result<&'a str, Fault> {
    let value = parent.get(name).ok_or_else(|| missing(&at.field(name)))?;
    value
        .as_str()
        .ok_or_else(|| wrong_type(&at.field(name), "a string", value))
}

/// An optional top-level boolean.
pub(crate) fn boolean(top: &Map<String, Value>, name: &str) -> Result<Option<bool>, Fault> {
    let Some(value) = given(top, name) else {
        return Ok(None);
    };
    let boolean = value.as_bool();
    boolean
        .map(Some)
        .ok_or_else(|| wrong_type(&At::ROOT.field(name), "a boolean", value))
}

/// An optional top-level integer within bounds.
pub(crate) fn integer(
    top: &Map<String, Value>,
    name: &str,
    least: u64,
    most: u64,
) -> Result<Option<u64>, Fault> {
    let Some(value) = given(top, name) else {
        return Ok(None);
    };
    let at = At::ROOT.field(name);
    let bound = |what: &str, sign: &str, bound: u64, code| {
        Fault::bad(format!(
            "Invalid '{name}': integer {what} value. Expected a value {sign} {bound}, but got {value} instead."
        ))
        .param(name)
        .code(code)
    };
    if !value.is_i64() && !value.is_u64() {
        return Err(wrong_type(&at, "an integer", value));
    }
    match value.as_u64() {
        Some(number) if number > most => Err(bound(
            "above maximum",
            "<=",
            most,
            "integer_above_max_value",
        )),
        Some(number) if number >= least => Ok(Some(number)),
        Some(_) | None => Err(bound(
            "below minimum",
            ">=",
            least,
            "integer_below_min_value",
        )),
    }
}

/// An optional top-level number within bounds.
pub(crate) fn decimal(
    top: &Map<String, Value>,
    name: &str,
    least: f64,
    most: f64,
) -> Result<(), Fault> {
    let Some(value) = given(top, name) else {
        return Ok(());
    };
    let Some(number) = value.as_f64() else {
        return Err(wrong_type(&At::ROOT.field(name), "a decimal", value));
    };
    let (what, sign, bound, code) = if number < least {
        ("below minimum", ">=", least, "decimal_below_min_value")
    } else if number > most {
        ("above maximum", "<=", most, "decimal_above_max_value")
    } else {
        return Ok(());
    };
    Err(Fault::bad(format!(
        "Invalid '{name}': decimal {what} value. Expected a value {sign} {bound}, but got {value} instead."
    ))
    .param(name)
    .code(code))
}

/// An optional top-level word of a list.
pub(crate) fn one_of(top: &Map<String, Value>, name: &str, words: &[&str]) -> Result<(), Fault> {
    let at = At::ROOT.field(name);
    match given(top, name) {
        None => Ok(()),
        Some(Value::String(word)) if words.contains(&word.as_str()) => Ok(()),
        Some(Value::String(word)) => Err(unsupported_value(&at, word, words)),
        Some(other) => Err(wrong_type(&at, "a string", other)),
    }
}
