//! From the subset of OpenAPI to JSON Schema, as other formats want it, and exactly back.

use byokey_types::{JsonKind, Raw, RawObject};

const DEEPEST: usize = 32;

/// A schema as JSON Schema.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::gemini) struct Lifted {
    /// The schema.
    pub(in crate::gemini) schema: Raw,
    /// How it compares to what it was.
    pub(in crate::gemini) change: Change,
}

/// How a lifted schema compares to what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gemini) enum Change {
    /// It is the same.
    None,
    /// [`lower`] gives back what it was.
    Lifted,
    /// It cannot be given back.
    Beyond,
}

/// Says a schema of the subset as JSON Schema: types in lower case, `nullable` as a type.
pub(in crate::gemini) fn lift(schema: &Raw) -> Lifted {
    let same = Lifted {
        schema: schema.clone(),
        change: Change::None,
    };
    if !speaks_openapi(schema) {
        return same;
    }
    let lifted = walk(schema, &up, 0);
    if tight(&lifted, 0) == tight(schema, 0) {
        return same;
    }
    let change = if tight(&lower(&lifted), 0) == tight(schema, 0) {
        Change::Lifted
    } else {
        Change::Beyond
    };
    Lifted {
        schema: lifted,
        change,
    }
}

/// Undoes [`lift`].
pub(in crate::gemini) fn lower(schema: &Raw) -> Raw {
    walk(schema, &down, 0)
}

fn speaks_openapi(schema: &Raw) -> bool {
    let text = schema.as_str();
    [
        "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "TYPE_", "nullable",
    ]
    .iter()
    .any(|word| text.contains(word))
}

/// The schema without white space and the order of members; numbers as they are spelled.
fn tight(raw: &Raw, depth: usize) -> String {
    match raw.kind() {
        // deeper than [`walk`] goes, where nothing has changed
        _ if depth > 2 * DEEPEST => raw.as_str().to_owned(),
        JsonKind::Object => {
            let mut members: Vec<String> = raw
                .object()
                .into_iter()
                .flatten()
                .map(|(key, value)| format!("{key:?}:{}", tight(&value, depth + 1)))
                .collect();
            members.sort_unstable();
            format!("{{{}}}", members.join(","))
        }
        JsonKind::Array => {
            let items = raw.array().unwrap_or_default();
            let items: Vec<String> = items.iter().map(|item| tight(item, depth + 1)).collect();
            format!("[{}]", items.join(","))
        }
        JsonKind::String => raw.text().map_or_else(
            // half a surrogate pair: as it is spelled
            |_| raw.as_str().to_owned(),
            |text| format!("{text:?}"),
        ),
        JsonKind::Number | JsonKind::Bool | JsonKind::Null => raw.as_str().to_owned(),
    }
}

fn walk(schema: &Raw, step: &dyn Fn(&mut RawObject), depth: usize) -> Raw {
    let Ok(mut node) = schema.object() else {
        return schema.clone();
    };
    if depth > DEEPEST {
        return schema.clone();
    }
    for (key, value) in node.iter_mut() {
        match key.as_str() {
            "items" | "additionalProperties" => *value = walk(value, step, depth + 1),
            "anyOf" | "allOf" | "oneOf" => {
                if let Ok(items) = value.array() {
                    *value = Raw::array_of(items.iter().map(|item| walk(item, step, depth + 1)));
                }
            }
            "properties" | "$defs" | "defs" => {
                if let Ok(mut members) = value.object() {
                    for (_, member) in members.iter_mut() {
                        *member = walk(member, step, depth + 1);
                    }
                    *value = members.to_raw();
                }
            }
            _ => {}
        }
    }
    step(&mut node);
    node.to_raw()
}

fn up(node: &mut RawObject) {
    let name = node.get("type").and_then(|raw| raw.text().ok());
    if let Some(name) = &name {
        node.set("type", Raw::string(&name.to_ascii_lowercase()));
    }
    if node
        .get("nullable")
        .is_some_and(|raw| raw.as_str() == "true")
        && let Some(name) = name
    {
        let types = [name.to_ascii_lowercase(), "null".to_owned()];
        node.set("type", Raw::of(&types));
        node.take("nullable");
    }
}

fn down(node: &mut RawObject) {
    let Some(types) = node.get("type").cloned() else {
        return;
    };
    if types.kind() == JsonKind::Array {
        let name = types
            .array()
            .ok()
            .and_then(|names| names.first()?.text().ok());
        if let Some(name) = name {
            node.set("type", Raw::string(&name.to_ascii_uppercase()));
            node.set("nullable", Raw::TRUE);
        }
    } else if let Ok(name) = types.text() {
        node.set("type", Raw::string(&name.to_ascii_uppercase()));
    }
}
