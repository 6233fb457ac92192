//! Values that fit a JSON schema.

use serde_json::{Map, Value, json};

/// Nesting beyond which a schema is answered with `null`; a recursive schema has no end of its own.
const DEEPEST: usize = 16;

/// A value for the schema, called `name`: deterministic, with quotes and characters of several bytes in its strings.
pub(crate) fn example(schema: &Value, name: &str) -> Value {
    Example { root: schema }.of(schema, name, 0)
}

struct Example<'a> {
    root: &'a Value,
}

impl Example<'_> {
    fn of(&self, schema: &Value, name: &str, depth: usize) -> Value {
        if depth > DEEPEST {
            return Value::Null;
        }
        if let Some(fixed) = schema.get("const").or_else(|| schema.pointer("/enum/0")) {
            return fixed.clone();
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let target = target
                .strip_prefix('#')
                .and_then(|pointer| self.root.pointer(pointer));
            return target.map_or(Value::Null, |schema| self.of(schema, name, depth + 1));
        }
        for union in ["anyOf", "oneOf", "allOf"] {
            if let Some(first) = schema.get(union).and_then(|options| options.get(0)) {
                return self.of(first, name, depth + 1);
            }
        }
        // Google shouts its types
        match kind(schema).to_ascii_lowercase().as_str() {
            "object" => self.object(schema, depth),
            "array" => {
                let items = schema.get("items").unwrap_or(&Value::Null);
                let count = schema
                    .get("minItems")
                    .and_then(Value::as_u64)
                    .unwrap_or(1)
                    .clamp(1, 8);
                (0..count)
                    .map(|_| self.of(items, name, depth + 1))
                    .collect()
            }
            "integer" | "number" => number(schema),
            "boolean" => json!(true),
            "null" => Value::Null,
            _ => json!(format!("value of \"{name}\" — ünïcødé 日本 🦀")),
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return json!({});
        };
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let chosen: Map<String, Value> = properties
            .iter()
            .filter(|(name, _)| required.contains(&name.as_str()))
            .map(|(name, schema)| (name.clone(), self.of(schema, name, depth + 1)))
            .collect();
        Value::Object(chosen)
    }
}

fn kind(schema: &Value) -> &str {
    let declared = schema.get("type");
    let first = declared.and_then(|kind| {
        kind.as_str()
            .or_else(|| kind.get(0).and_then(Value::as_str))
    });
    match first {
        Some(kind) => kind,
        None if schema.get("properties").is_some() => "object",
        None => "string",
    }
}

fn number(schema: &Value) -> Value {
    let bound = |key| schema.get(key).and_then(Value::as_i64);
    let least = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|bound| bound + 1));
    let most = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|bound| bound - 1));
    let value = most.map_or(7, |most| most.min(7));
    json!(least.map_or(value, |least| least.max(value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn required_properties_are_filled() {
        let schema = json!({
            "type": "object",
            "properties": {
                "city": {"type": "string"}, "unit": {"enum": ["C", "F"]}, "days": {"type": "integer", "maximum": 3},
                "flags": {"type": "array", "items": {"type": "boolean"}}, "maybe": {"type": "string"},
                "where": {"$ref": "#/$defs/place"}, "kind": {"type": ["null", "string"]}
            },
            "required": ["city", "unit", "days", "flags", "where", "kind"],
            "$defs": {"place": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}}
        });
        assert_eq!(
            example(&schema, "f"),
            json!({"city": "value of \"city\" — ünïcødé 日本 🦀", "unit": "C", "days": 3, "flags": [true],
                   "where": {"x": 7}, "kind": null})
        );
    }

    #[test]
    fn a_recursive_schema_ends() {
        let schema =
            json!({"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]});
        assert_eq!(example(&schema, "f").to_string().matches("next").count(), 9);
    }
}
