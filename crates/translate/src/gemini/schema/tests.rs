//! Rows of the conformance list, and any schema at all.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{lift::Change, *};

fn lowered(schema: &Value) -> (Value, bool) {
    let lowered = lower(&Raw::of(schema));
    let schema = lowered
        .schema
        .map_or(Value::Null, |raw| raw.decode().unwrap());
    (schema, lowered.is_exact)
}

/// The property `p` of an object, lowered.
fn property(schema: &Value) -> (Value, bool) {
    let (schema, exact) = lowered(&json!({"type": "object", "properties": {"p": schema}}));
    (schema["properties"]["p"].clone(), exact)
}

fn check(rows: &[(Value, Value, bool)]) {
    for (given, expected, exact) in rows {
        assert_eq!(property(given), (expected.clone(), *exact), "{given}");
    }
}

#[test]
fn g10_unknown_keywords_are_told_in_words_or_go() {
    check(&[
        (
            json!({"type": "string", "const": "a"}),
            json!({"type": "STRING", "enum": ["a"]}),
            true,
        ),
        (
            json!({"type": "integer", "const": 5, "description": "n"}),
            json!({"type": "INTEGER", "description": "n\nMust be 5."}),
            false,
        ),
        (
            json!({"type": "array", "items": {"type": "string"}, "uniqueItems": true}),
            json!({"type": "ARRAY", "items": {"type": "STRING"}, "description": "The items must be unique."}),
            false,
        ),
        (
            json!({"type": "object", "propertyNames": {"pattern": "^a"}, "additionalProperties": {"type": "string"}}),
            json!({"type": "OBJECT", "description": "Every other member must match {\"type\":\"string\"}. The names of members must match {\"pattern\":\"^a\"}."}),
            false,
        ),
        (
            json!({"type": "string", "$comment": "c", "x-a": 1, "encrypted": true, "$schema": "s", "readOnly": true}),
            json!({"type": "STRING"}),
            true,
        ),
        (
            json!({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10}),
            json!({"type": "INTEGER", "minimum": 1, "maximum": 9}),
            true,
        ),
        (
            json!({"type": "number", "exclusiveMinimum": 0.5, "maximum": 3}),
            json!({"type": "NUMBER", "maximum": 3, "description": "Must be greater than 0.5."}),
            false,
        ),
        (
            json!({"type": "string", "format": "uri", "minLength": 1, "pattern": "^h", "deprecated": true}),
            json!({"type": "STRING", "minLength": 1, "pattern": "^h", "description": "Format: uri. Deprecated."}),
            false,
        ),
        (
            json!({"type": "string", "format": "date-time", "default": "x", "title": "t"}),
            json!({"type": "STRING", "title": "t", "format": "date-time", "default": "x"}),
            true,
        ),
    ]);
}

#[test]
fn g12_alternatives() {
    check(&[
        (
            json!({"anyOf": [{"type": "null"}, {"type": "object", "properties": {"a": {"type": "string"}}}], "description": "d"}),
            json!({"type": "OBJECT", "properties": {"a": {"type": "STRING"}}, "nullable": true, "description": "d"}),
            true,
        ),
        (
            json!({"type": ["string", "null"]}),
            json!({"type": "STRING", "nullable": true}),
            true,
        ),
        (
            json!({"type": ["string", "integer", "null"], "description": "d"}),
            json!({"anyOf": [
                {"type": "STRING", "nullable": true, "description": "d"},
                {"type": "INTEGER", "nullable": true}]}),
            true,
        ),
        (
            json!({"allOf": [
                {"properties": {"a": {"type": "string"}}, "required": ["a"]},
                {"properties": {"b": {"type": "number"}}, "required": ["b", "a"]}]}),
            json!({"type": "OBJECT", "properties": {"a": {"type": "STRING"}, "b": {"type": "NUMBER"}}, "required": ["a", "b"]}),
            true,
        ),
        (
            json!({"oneOf": [{"const": "a"}, {"const": "b", "description": "bee"}], "description": "d"}),
            json!({"anyOf": [
                {"type": "STRING", "enum": ["a"], "description": "d"},
                {"type": "STRING", "enum": ["b"], "description": "bee"}]}),
            true,
        ),
    ]);
}

#[test]
fn g12_roots_and_references() {
    let rows = [
        (
            json!({"$defs": {"at": {"type": "object", "properties": {"x": {"type": "integer"}}, "description": "place"}},
                "type": "object", "properties": {"a": {"$ref": "#/$defs/at", "description": "mine"}, "b": {"$ref": "#/$defs/at"}, "c": {"$ref": "#/nowhere"}}}),
            json!({"type": "OBJECT", "properties": {
                "a": {"type": "OBJECT", "properties": {"x": {"type": "INTEGER"}}, "description": "mine"},
                "b": {"type": "OBJECT", "properties": {"x": {"type": "INTEGER"}}, "description": "place"},
                "c": {"type": "OBJECT", "description": "Has the shape of `nowhere`."}}}),
            false,
        ),
        (
            json!({"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}}}),
            json!({"type": "OBJECT", "properties": {"next": {"type": "OBJECT", "description": "Has the shape of `node`."}}}),
            false,
        ),
        (
            json!({"anyOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
                {"type": "object", "properties": {"b": {"type": "number"}}, "required": ["b"]}]}),
            json!({"type": "OBJECT", "properties": {"a": {"type": "STRING"}, "b": {"type": "NUMBER"}}}),
            false,
        ),
        (
            json!({"type": "object", "properties": {}}),
            Value::Null,
            true,
        ),
        (json!(true), Value::Null, true),
        (json!({"type": "string"}), Value::Null, false),
    ];
    for (given, expected, exact) in rows {
        assert_eq!(lowered(&given), (expected, exact), "{given}");
    }
}

#[test]
fn g14_values_that_are_no_strings() {
    check(&[
        (
            json!({"type": "integer", "enum": [1, 2, 3]}),
            json!({"type": "INTEGER", "description": "One of: 1, 2, 3."}),
            false,
        ),
        (
            json!({"type": "string", "enum": ["a", "b", null]}),
            json!({"type": "STRING", "enum": ["a", "b"], "nullable": true}),
            true,
        ),
        (
            json!({"enum": ["", "b"]}),
            json!({"type": "STRING", "description": "One of: \"\", \"b\"."}),
            false,
        ),
        (
            json!({"type": "integer", "enum": ["1", "2"]}),
            json!({"type": "INTEGER", "description": "One of: \"1\", \"2\"."}),
            false,
        ),
        (
            json!({"enum": [true]}),
            json!({"type": "BOOLEAN", "description": "Must be true."}),
            false,
        ),
    ]);
}

#[test]
fn g15_malformed_schemas() {
    let rows = [
        (
            json!({"city": {"type": "string"}, "n": {"type": "integer"}}),
            json!({"type": "OBJECT", "properties": {"city": {"type": "STRING"}, "n": {"type": "INTEGER"}}}),
            false,
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "string", "required": true}, "b": {"type": "string", "required": false}}}),
            json!({"type": "OBJECT", "properties": {"a": {"type": "STRING"}, "b": {"type": "STRING"}}, "required": ["a"]}),
            true,
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "array"}, "b": {"items": {}}, "c": "string", "d": true, "e": {"type": "array", "items": [{"type": "string"}, {"type": "number"}]}}, "required": ["a", "zz"]}),
            json!({"type": "OBJECT", "properties": {
                "a": {"type": "ARRAY", "items": {"type": "STRING"}},
                "b": {"type": "ARRAY", "items": {"type": "STRING", "description": "Any JSON value."}},
                "c": {"type": "STRING"},
                "d": {"type": "STRING", "description": "Any JSON value."},
                "e": {"type": "ARRAY", "items": {"type": "STRING"}, "description": "The items, in order, must match {\"type\":\"string\"}, {\"type\":\"number\"}."}}, "required": ["a"]}),
            false,
        ),
    ];
    for (given, expected, exact) in rows {
        assert_eq!(lowered(&given), (expected, exact), "{given}");
    }
}

#[test]
fn the_subset_is_lifted_and_lowered_again() {
    let rows = [
        (
            json!({"type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": true}, "type": {"type": "ARRAY", "items": {"type": "INTEGER"}}}, "anyOf": [{"type": "OBJECT"}]}),
            json!({"type": "object", "properties": {"a": {"type": ["string", "null"]}, "type": {"type": "array", "items": {"type": "integer"}}}, "anyOf": [{"type": "object"}]}),
            Change::Lifted,
        ),
        (
            json!({"type": "object", "description": "STRING"}),
            json!({"type": "object", "description": "STRING"}),
            Change::None,
        ),
        (
            json!({"type": "OBJECT", "properties": {"a": {"type": "string"}}}),
            json!({"type": "object", "properties": {"a": {"type": "string"}}}),
            Change::Beyond,
        ),
    ];
    for (given, expected, change) in rows {
        let lifted = lift::lift(&Raw::of(&given));
        let found: Value = lifted.schema.decode().unwrap();
        assert_eq!((found, lifted.change), (expected, change), "{given}");
        if change == Change::Lifted {
            let back: Value = lift::lower(&lifted.schema).decode().unwrap();
            assert_eq!(back, given);
        }
    }
}

/// Walks a lowered schema and says what must not be there.
fn inspect(schema: &Value) {
    let node = schema.as_object().unwrap();
    for (key, value) in node {
        assert!(ALLOWED.contains(&key.as_str()), "{key} in {schema}");
        match key.as_str() {
            "items" => inspect(value),
            "anyOf" => {
                assert_eq!(node.len(), 1, "`anyOf` stands alone: {schema}");
                value.as_array().unwrap().iter().for_each(inspect);
            }
            "properties" => value.as_object().unwrap().values().for_each(inspect),
            "enum" => assert!(
                node["type"] == "STRING" && value.as_array().unwrap().iter().all(Value::is_string)
            ),
            "required" => {
                let properties = node["properties"].as_object().unwrap();
                for name in value.as_array().unwrap() {
                    assert!(properties.contains_key(name.as_str().unwrap()));
                }
            }
            _ => {}
        }
    }
    match node.get("type").and_then(Value::as_str) {
        Some("ARRAY") => assert!(node.contains_key("items")),
        Some("STRING" | "NUMBER" | "INTEGER" | "BOOLEAN" | "OBJECT") => {}
        None => assert!(node.contains_key("anyOf")),
        Some(other) => panic!("{other}"),
    }
}

fn any_schema() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        json!("string"),
        json!("null"),
        json!("integer"),
        json!("object"),
        json!("array"),
        json!(["string", "null"]),
        json!(["integer", "object"]),
        json!(true),
        json!(3),
        json!(-0.5),
        json!(null),
        json!("#/$defs/a"),
        json!("#/properties/a"),
        json!([]),
        json!({}),
        json!(["a", "b"]),
        json!([1, "a", null]),
    ]);
    let key = prop::sample::select(vec![
        "type",
        "properties",
        "items",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "$defs",
        "enum",
        "const",
        "required",
        "minimum",
        "exclusiveMaximum",
        "format",
        "description",
        "additionalProperties",
        "prefixItems",
        "nullable",
        "a",
        "b",
        "not",
        "default",
        "propertyNames",
        "minLength",
    ]);
    word.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(|members| members
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_comes_only_the_subset_goes_out(schema in any_schema()) {
        let (found, _) = lowered(&schema);
        if !found.is_null() {
            inspect(&found);
            prop_assert_eq!(&found["type"], "OBJECT");
        }
        let lifted = lift::lift(&Raw::of(&schema));
        if lifted.change == Change::Lifted {
            let back: Value = lift::lower(&lifted.schema).decode().unwrap();
            prop_assert_eq!(back, schema);
        }
    }
}

#[test]
fn references_cannot_blow_up() {
    let mut definitions = serde_json::Map::new();
    for n in 0..40 {
        let next = json!({"$ref": format!("#/$defs/d{}", n + 1)});
        definitions.insert(
            format!("d{n}"),
            json!({"properties": {"a": next, "b": next}}),
        );
    }
    let (found, exact) =
        lowered(&json!({"properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": definitions}));
    inspect(&found);
    assert!(!exact);
    let mut deep = json!({"type": "string"});
    for _ in 0..100 {
        deep = json!({"type": "object", "properties": {"a": deep}});
    }
    let (found, exact) = lowered(&deep);
    inspect(&found);
    assert!(!exact);
}

#[test]
fn more_properties_than_anybody_reads_are_cut() {
    let properties: serde_json::Map<String, Value> = (0..20_000)
        .map(|n| (format!("p{n:05}"), json!({"type": "string"})))
        .collect();
    let names: Vec<&String> = properties.keys().collect();
    let whole = json!({"type": "object", "required": names, "properties": properties});
    let (found, exact) = lowered(&whole);
    inspect(&found);
    let kept = found["properties"].as_object().unwrap().len();
    assert_eq!((kept, exact), (MOST - 1, false));
}
