//! The subset of OpenAPI 3.0 that the API takes for a schema (<https://ai.google.dev/api/caching#Schema>).

use serde_json::{Map, Value};

use super::invalid;
use crate::{fault::Fault, gemini::proto, json_path::At};

/// Formats by type; others have none.
const FORMATS: &[(&str, &[&str])] = &[
    ("STRING", &["enum", "date-time"]),
    ("NUMBER", &["float", "double"]),
    ("INTEGER", &["int32", "int64"]),
];

/// Checks a schema and all within it.
pub(super) fn check(schema: &Map<String, Value>, at: &At<'_>) -> Result<(), Fault> {
    let options = proto::list(schema, "any_of");
    for (index, option) in options.iter().filter_map(Value::as_object).enumerate() {
        check(option, &at.field("any_of").index(index))?;
    }
    let kind = kind(schema);
    if kind.is_none() && options.is_empty() {
        return Err(invalid(&at.field("type"), "must be specified"));
    }
    let kind = kind.as_deref().unwrap_or_default();
    texts(schema, kind, at)?;
    array(schema, kind, at)?;
    object(schema, kind, at)
}

/// Whether it describes an object.
pub(super) fn is_object(schema: &Map<String, Value>) -> bool {
    kind(schema).as_deref() == Some("OBJECT")
}

fn kind(schema: &Map<String, Value>) -> Option<String> {
    let kind = proto::text(schema, "type").map(str::to_uppercase);
    kind.filter(|kind| kind != "TYPE_UNSPECIFIED")
}

fn texts(schema: &Map<String, Value>, kind: &str, at: &At<'_>) -> Result<(), Fault> {
    let words = proto::list(schema, "enum");
    if !words.is_empty() && kind != "STRING" {
        return Err(invalid(&at.field("enum"), "only allowed for STRING type"));
    }
    if let Some(empty) = words.iter().position(|word| word.as_str() == Some("")) {
        return Err(invalid(&at.field("enum").index(empty), "cannot be empty"));
    }
    let Some(format) = proto::text(schema, "format").filter(|format| !format.is_empty()) else {
        return Ok(());
    };
    let known = FORMATS.iter().find(|(of, _)| *of == kind);
    match known.map(|(_, formats)| *formats) {
        Some(formats) if formats.contains(&format) => Ok(()),
        Some(formats) => {
            let formats: Vec<_> = formats.iter().map(|format| format!("'{format}'")).collect();
            let formats = formats.join(" and ");
            let reason = format!("only {formats} are supported for {kind} type");
            Err(invalid(&at.field("format"), &reason))
        }
        None => Ok(()),
    }
}

fn array(schema: &Map<String, Value>, kind: &str, at: &At<'_>) -> Result<(), Fault> {
    match (proto::object(schema, "items"), kind) {
        (Some(items), "ARRAY") => check(items, &at.field("items")),
        (Some(_), _) => Err(invalid(&at.field("items"), "only allowed for ARRAY type")),
        (None, "ARRAY") => Err(invalid(&at.field("items"), "missing field.")),
        (None, _) => Ok(()),
    }
}

fn object(schema: &Map<String, Value>, kind: &str, at: &At<'_>) -> Result<(), Fault> {
    let properties = proto::object(schema, "properties");
    let required = proto::list(schema, "required");
    let at_properties = at.field("properties");
    if kind != "OBJECT" {
        if properties.is_some() {
            return Err(invalid(&at_properties, "only allowed for OBJECT type"));
        }
        if !required.is_empty() {
            return Err(invalid(
                &at.field("required"),
                "only allowed for OBJECT type",
            ));
        }
        return Ok(());
    }
    let Some(properties) = properties.filter(|properties| !properties.is_empty()) else {
        return Err(invalid(
            &at_properties,
            "should be non-empty for OBJECT type",
        ));
    };
    for (name, property) in properties {
        if let Some(property) = property.as_object() {
            check(property, &at_properties.entry(name))?;
        }
    }
    let undefined = |name: &Value| {
        !name
            .as_str()
            .is_some_and(|name| properties.contains_key(name))
    };
    match required.iter().position(undefined) {
        Some(index) => {
            let at = at.field("required");
            Err(invalid(&at.index(index), "property is not defined"))
        }
        None => Ok(()),
    }
}
