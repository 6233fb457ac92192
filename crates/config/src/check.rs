//! The comparison of a configuration with its schema: every problem at once, in words that quote no secret.
//!
//! It knows the part of JSON Schema that [`crate::schema`] uses: `type`, `enum`, `anyOf`, `properties`, `required`,
//! `additionalProperties`, `items`, `minItems`, `minimum`, `maximum`.

mod words;

use figment::value::Value;
use serde_json::{Map, Value as Json};

use crate::key_path::{KeyPath, shown};

use words::{example, expected, found, nearest};

/// What is wrong at a path.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) path: KeyPath,
    /// The path as it may be shown.
    pub(crate) told: String,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

/// Everything in a value that breaks the schema.
pub(crate) fn check(schema: &Json, value: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    walk(schema, value, &KeyPath::root(), &mut findings);
    findings
}

/// Whether a value fits a schema.
pub(crate) fn accepts(schema: &Json, value: &Value) -> bool {
    check(schema, value).is_empty()
}

/// The schema of the value at a path of keys; `None` where no value may be.
pub(crate) fn schema_at<'s>(schema: &'s Json, keys: &[String]) -> Option<&'s Json> {
    let Some((key, rest)) = keys.split_first() else {
        return Some(schema);
    };
    branches(schema).find_map(|branch| schema_at(member(branch, key)?, rest))
}

fn walk(schema: &Json, value: &Value, path: &KeyPath, findings: &mut Vec<Finding>) {
    // any value at all
    if *schema == Json::Bool(true) {
        return;
    }
    let Some(branch) = branches(schema).find(|branch| fits_kind(branch, value)) else {
        findings.push(mismatch(schema, value, path));
        return;
    };
    match value {
        Value::Dict(_, entries) => {
            for (key, value) in entries {
                walk_entry(branch, key, value, path, findings);
            }
            for key in names(branch, "required") {
                if !entries.contains_key(key) {
                    findings.push(Finding {
                        path: path.clone(),
                        told: path.to_string(),
                        message: format!("`{}` is missing", path.key(key)),
                        hint: None,
                    });
                }
            }
        }
        Value::Array(_, elements) => {
            let least = branch.get("minItems").and_then(Json::as_u64).unwrap_or(0);
            if u64::try_from(elements.len()).is_ok_and(|count| count < least) {
                findings.push(Finding {
                    path: path.clone(),
                    told: path.to_string(),
                    message: format!("`{path}` must not be empty"),
                    hint: Some("leave the key out".to_owned()),
                });
            }
            for (index, element) in elements.iter().enumerate() {
                if let Some(items) = branch.get("items") {
                    walk(items, element, &path.index(index), findings);
                }
            }
        }
        Value::String(..)
        | Value::Char(..)
        | Value::Bool(..)
        | Value::Num(..)
        | Value::Empty(..) => {
            if !fits_value(branch, value) {
                findings.push(mismatch(schema, value, path));
            }
        }
    }
}

fn walk_entry(
    schema: &Json,
    key: &str,
    value: &Value,
    path: &KeyPath,
    findings: &mut Vec<Finding>,
) {
    let inner = path.key(key);
    match member(schema, key) {
        // `{api_key:sk-123}` is a key without a value, and the key is the secret
        _ if matches!(value, Value::Empty(..)) && key.contains(':') => findings.push(Finding {
            path: inner,
            told: beside(path, key),
            message: format!("unknown key `{}`", beside(path, key)),
            hint: Some("put a space after the colon".to_owned()),
        }),
        Some(schema) => walk(schema, value, &inner, findings),
        None => findings.push(Finding {
            path: inner,
            told: beside(path, key),
            message: format!("unknown key `{}`", beside(path, key)),
            hint: nearest(key, &properties(schema)),
        }),
    }
}

/// The path of a key that may hold what is no key.
pub(crate) fn beside(path: &KeyPath, key: &str) -> String {
    if path.steps().is_empty() {
        shown(key)
    } else {
        format!("{path}.{}", shown(key))
    }
}

fn mismatch(schema: &Json, value: &Value, path: &KeyPath) -> Finding {
    let quote = matches!(value, Value::Num(..) | Value::Bool(..))
        && branches(schema).any(|branch| names_type(branch, "string") && example(branch).is_none());
    let hint = match value {
        _ if quote => Some("put it in quotes".to_owned()),
        Value::String(_, text) => {
            let choices = branches(schema).flat_map(|branch| names(branch, "enum"));
            words::similar(text, choices)
        }
        Value::Char(..)
        | Value::Bool(..)
        | Value::Num(..)
        | Value::Empty(..)
        | Value::Dict(..)
        | Value::Array(..) => None,
    };
    Finding {
        path: path.clone(),
        told: path.to_string(),
        message: format!(
            "`{path}`: expected {}, found {}",
            expected(schema),
            found(schema, value)
        ),
        hint,
    }
}

/// The alternatives of a schema; itself when it has none.
fn branches(schema: &Json) -> impl Iterator<Item = &Json> {
    let alternatives = schema.get("anyOf").and_then(Json::as_array);
    let itself = alternatives.is_none().then_some(schema);
    alternatives.into_iter().flatten().chain(itself)
}

/// The schema of a mapping's member.
fn member<'s>(schema: &'s Json, key: &str) -> Option<&'s Json> {
    let own = schema
        .get("properties")
        .and_then(|properties| properties.get(key));
    own.or_else(|| {
        schema
            .get("additionalProperties")
            .filter(|more| more.is_object() || **more == Json::Bool(true))
    })
}

fn properties(schema: &Json) -> Vec<&str> {
    let properties = schema.get("properties").and_then(Json::as_object);
    properties
        .into_iter()
        .flat_map(Map::keys)
        .map(String::as_str)
        .collect()
}

/// Texts of a list in a schema.
fn names<'s>(schema: &'s Json, list: &str) -> impl Iterator<Item = &'s str> {
    let list = schema.get(list).and_then(Json::as_array);
    list.into_iter().flatten().filter_map(Json::as_str)
}

fn names_type(schema: &Json, name: &str) -> bool {
    match schema.get("type") {
        Some(Json::String(only)) => only == name,
        Some(Json::Array(several)) => several.iter().any(|one| one == name),
        Some(_) | None => false,
    }
}

/// Whether a value is of a kind that the schema takes.
fn fits_kind(schema: &Json, value: &Value) -> bool {
    if let Some(choices) = schema.get("enum").and_then(Json::as_array) {
        return choices.iter().any(|choice| equals(choice, value));
    }
    match value {
        Value::String(..) | Value::Char(..) => names_type(schema, "string"),
        Value::Bool(..) => names_type(schema, "boolean"),
        Value::Empty(..) => names_type(schema, "null"),
        Value::Dict(..) => names_type(schema, "object"),
        Value::Array(..) => names_type(schema, "array"),
        Value::Num(_, number) => {
            let whole = number.to_i128().is_some() || number.to_u128().is_some();
            names_type(schema, "number") || (whole && names_type(schema, "integer"))
        }
    }
}

/// Whether a value of the right kind is within its bounds.
fn fits_value(schema: &Json, value: &Value) -> bool {
    let Value::Num(_, number) = value else {
        return true;
    };
    let bound = |name| schema.get(name).and_then(Json::as_f64);
    let Some(number) = as_f64(*number) else {
        return false;
    };
    bound("minimum").is_none_or(|least| number >= least)
        && bound("maximum").is_none_or(|most| number <= most)
}

/// Near enough for a comparison with a bound.
fn as_f64(number: figment::value::Num) -> Option<f64> {
    match (number.to_f64(), number.to_i128(), number.to_u128()) {
        (Some(float), _, _) => Some(float),
        (None, Some(signed), _) => signed.to_string().parse().ok(),
        (None, None, Some(unsigned)) => unsigned.to_string().parse().ok(),
        (None, None, None) => None,
    }
}

fn equals(choice: &Json, value: &Value) -> bool {
    match (choice, value) {
        (Json::String(choice), Value::String(_, text)) => choice == text,
        (Json::Bool(choice), Value::Bool(_, flag)) => choice == flag,
        (Json::Null, Value::Empty(..)) => true,
        (_, _) => false,
    }
}
