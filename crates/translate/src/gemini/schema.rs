//! JSON Schema in the subset of OpenAPI that `parameters` takes; what has no keyword there is told in the description.
//!
//! Source: Gemini API, `Schema`, and what the API refuses: keywords it does not know, types that are lists, `enum` of anything
//! but non-empty strings, `format`s of other types, `required` names without a property, lists without `items`, `anyOf` beside
//! other members.

mod branch;
pub(super) mod lift;
mod note;

use std::collections::BTreeMap;

use byokey_types::{JsonKind, Raw, RawObject, Str};

use note::Notes;

/// The keywords that are written.
pub(super) const ALLOWED: [&str; 22] = [
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "minItems",
    "maxItems",
    "properties",
    "required",
    "minProperties",
    "maxProperties",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "example",
    "default",
    "anyOf",
    "items",
    "propertyOrdering",
];
/// The deepest nesting that is followed; deeper schemas are told in words.
const DEEPEST: usize = 32;
/// How many nodes one schema may have, references resolved.
const MOST: usize = 4096;
/// How often each byte of a schema may be read and written; references and conjunctions repeat what they join.
const WORK: usize = 64;
/// What a short schema may cost beyond that, in bytes.
const SPARE_WORK: usize = 1 << 20;

/// A schema of the subset.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lowered {
    /// The schema; none when it says nothing, which the API wants unsaid.
    pub(super) schema: Option<Raw>,
    /// Whether it constrains what the original constrained.
    pub(super) is_exact: bool,
    /// Whether there is an object without members in it, which the subset has no word for and the API refuses.
    pub(super) has_blank: bool,
}

/// Says the schema of a function's input, which is always an object.
pub(super) fn lower(schema: &Raw) -> Lowered {
    let Ok(mut root) = schema.object() else {
        return Lowered {
            schema: None,
            is_exact: schema.as_str() == "true",
            has_blank: false,
        };
    };
    let mut walk = Walk {
        root: root.clone(),
        holders: BTreeMap::new(),
        left: MOST,
        work: schema.as_str().len() * WORK + SPARE_WORK,
        referred: Vec::new(),
        is_exact: true,
        has_blank: false,
    };
    if is_bare_map(&root) {
        walk.is_exact = false;
        root = RawObject::from_iter([(Str::new_static("properties"), root.to_raw())]);
    }
    let mut node = walk.node(&root, 0, true);
    node.take("nullable");
    let is_empty = node
        .get("properties")
        .is_none_or(|properties| properties.as_str() == "{}");
    Lowered {
        schema: (!is_empty).then(|| node.to_raw()),
        is_exact: walk.is_exact,
        has_blank: walk.has_blank,
    }
}

/// Whether a schema is nothing but its properties, the wrapping forgotten.
fn is_bare_map(root: &RawObject) -> bool {
    let known = |key: &str| {
        ALLOWED.contains(&key)
            || key.starts_with('$')
            || matches!(
                key,
                "allOf" | "oneOf" | "definitions" | "additionalProperties"
            )
    };
    !root.is_empty()
        && root.iter().all(|(key, value)| {
            !known(key) && value.object().is_ok_and(|inner| inner.contains("type"))
        })
}

/// A walk over one schema.
struct Walk {
    root: RawObject,
    /// The objects that references have led through, by path.
    holders: BTreeMap<String, RawObject>,
    left: usize,
    /// How many bytes may still be read and written.
    work: usize,
    /// The references that are being followed.
    referred: Vec<String>,
    is_exact: bool,
    has_blank: bool,
}

impl Walk {
    /// Says a schema that may be no object: `true`, `false`, a name of a type.
    fn value(&mut self, raw: &Raw, depth: usize) -> Raw {
        self.charge(raw.as_str().len());
        match raw.object() {
            Ok(object) if depth < DEEPEST && self.left > 0 => {
                self.node(&object, depth, false).to_raw()
            }
            Ok(object) => {
                self.is_exact = false;
                let description = object.get("description").cloned();
                let mut node = typed("STRING");
                node.set_some(
                    "description",
                    description.filter(|text| text.kind() == JsonKind::String),
                );
                node.to_raw()
            }
            Err(_) => {
                self.is_exact &= raw.as_str() == "true";
                let name = raw.text().ok().and_then(|name| type_name(&name));
                let mut node = typed(name.unwrap_or("STRING"));
                match name {
                    Some("ARRAY") => node.set("items", typed("STRING").to_raw()),
                    Some(_) => {}
                    None => node.set("description", Raw::string("Any JSON value.")),
                }
                node.to_raw()
            }
        }
    }

    /// Counts bytes that are read or written; when too many were, the rest of the schema is left out.
    const fn charge(&mut self, bytes: usize) {
        self.work = self.work.saturating_sub(bytes);
        if self.work == 0 {
            self.left = 0;
        }
    }

    fn node(&mut self, node: &RawObject, depth: usize, is_root: bool) -> RawObject {
        self.left = self.left.saturating_sub(1);
        let depth_of_references = self.referred.len();
        let mut notes = Notes::default();
        let mut node = self.merged(node, &mut notes);
        let mut out = RawObject::new();
        let mut nullable = node
            .get("nullable")
            .is_some_and(|raw| raw.as_str() == "true");
        let described = node.get("description").and_then(|raw| raw.text().ok());
        let alternatives = self.alternatives(&mut node, &mut nullable, is_root, &mut notes);
        match alternatives.as_slice() {
            [] => self.plain(
                &mut node,
                &mut out,
                depth,
                is_root,
                &mut nullable,
                &mut notes,
            ),
            alternatives => {
                let branches = alternatives.iter().enumerate().filter_map(|(at, branch)| {
                    if at > 0 && self.left == 0 {
                        self.is_exact = false;
                        return None;
                    }
                    let mut branch = branch.clone();
                    if nullable {
                        branch.set("nullable", Raw::TRUE);
                    }
                    if at == 0 {
                        branch::describe(&mut branch, described.as_deref());
                    }
                    Some(self.value(&branch.to_raw(), depth + 1))
                });
                out.set("anyOf", Raw::array_of(branches));
            }
        }
        self.referred.truncate(depth_of_references);
        if alternatives.is_empty() {
            if nullable {
                out.set("nullable", Raw::TRUE);
            }
            self.is_exact &= notes.is_exact();
            if let Some(text) = notes.under(described.as_deref()) {
                out.set("description", Raw::string(&text));
            }
        } else {
            self.is_exact &= notes.is_exact();
        }
        out
    }

    fn plain(
        &mut self,
        node: &mut RawObject,
        out: &mut RawObject,
        depth: usize,
        is_root: bool,
        nullable: &mut bool,
        notes: &mut Notes,
    ) {
        let found = one_type(node, nullable).unwrap_or_else(|| {
            inferred(node).unwrap_or_else(|| {
                // the subset has no word for any value at all
                notes.say("Any JSON value.".to_owned());
                "STRING"
            })
        });
        let kind = if is_root { "OBJECT" } else { found };
        self.is_exact &= kind == found || !node.contains("type");
        out.set("type", Raw::string(kind));
        if let Some(title) = text_at(node, "title") {
            out.set("title", title);
        }
        note::values(node, kind, out, nullable, notes);
        note::limits(node, kind, out, notes);
        match kind {
            "OBJECT" => self.members(node, out, depth, notes),
            "ARRAY" => self.items(node, out, depth, notes),
            _ => {}
        }
        for key in ["default", "example"] {
            out.set_some(key, node.get(key).cloned());
        }
        note::rest(node, notes);
    }

    fn members(&mut self, node: &RawObject, out: &mut RawObject, depth: usize, notes: &mut Notes) {
        let mut required: Vec<Str> = branch::names_at(node, "required");
        let mut properties = RawObject::new();
        let given = node.get("properties").and_then(|raw| raw.object().ok());
        for (name, value) in given.into_iter().flatten() {
            if self.left == 0 {
                notes.forget();
                break;
            }
            let demands = value.object().is_ok_and(|inner| {
                inner
                    .get("required")
                    .is_some_and(|raw| raw.as_str() == "true")
            });
            if demands && !required.contains(&name) {
                // the older spelling, at the property
                required.push(name.clone());
            }
            properties.set(name, self.value(&value, depth + 1));
        }
        let known = required.len();
        required.retain(|name| properties.contains(name));
        if required.len() < known {
            notes.forget();
        }
        if let Some(more) = node
            .get("additionalProperties")
            .filter(|raw| raw.object().is_ok_and(|inner| !inner.is_empty()))
        {
            notes.say(format!("Every other member must match {}.", more.as_str()));
        }
        if properties.is_empty() {
            self.has_blank |= depth > 0;
        } else {
            out.set("properties", properties.to_raw());
        }
        if !required.is_empty() {
            let names = required.iter().map(|name| Raw::string(name));
            out.set("required", Raw::array_of(names));
        }
        if let Some(order) = node.get("propertyOrdering") {
            out.set("propertyOrdering", order.clone());
        }
    }

    fn items(&mut self, node: &RawObject, out: &mut RawObject, depth: usize, notes: &mut Notes) {
        let tuple = node
            .get("prefixItems")
            .or_else(|| node.get("items"))
            .and_then(|raw| raw.array().ok())
            .filter(|items| !items.is_empty());
        let items = match (&tuple, node.get("items")) {
            (Some(places), _) => {
                let text: Vec<&str> = places.iter().map(Raw::as_str).collect();
                notes.say(format!(
                    "The items, in order, must match {}.",
                    text.join(", ")
                ));
                self.value(&places[0], depth + 1)
            }
            (None, Some(items)) if items.kind() == JsonKind::Object => self.value(items, depth + 1),
            (None, _) => {
                notes.forget();
                typed("STRING").to_raw()
            }
        };
        out.set("items", items);
    }
}

fn typed(name: &str) -> RawObject {
    RawObject::from_iter([(Str::new_static("type"), Raw::string(name))])
}

/// The name of a type as this format spells it.
fn type_name(name: &str) -> Option<&'static str> {
    ["STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT"]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(name))
}

/// The one type a node names; alternatives have been taken apart before.
fn one_type(node: &RawObject, nullable: &mut bool) -> Option<&'static str> {
    let raw = node.get("type")?;
    let names: Vec<Raw> = if raw.kind() == JsonKind::Array {
        raw.array().ok()?
    } else {
        vec![raw.clone()]
    };
    let mut found = None;
    for name in names.iter().filter_map(|raw| raw.text().ok()) {
        if name.eq_ignore_ascii_case("null") {
            *nullable = true;
        } else {
            found = found.or(type_name(&name));
        }
    }
    found
}

/// The type of a node that names none; `None` when anything goes.
fn inferred(node: &RawObject) -> Option<&'static str> {
    let has = |keys: &[&str]| keys.iter().any(|key| node.contains(key));
    let values = node.get("enum").and_then(|raw| raw.array().ok());
    let first = values
        .as_ref()
        .and_then(|values| values.iter().find(|value| !value.is_null()))
        .or_else(|| node.get("const"));
    if has(&[
        "properties",
        "additionalProperties",
        "patternProperties",
        "minProperties",
    ]) {
        return Some("OBJECT");
    }
    if has(&["items", "prefixItems", "minItems", "uniqueItems"]) {
        return Some("ARRAY");
    }
    match first.map(Raw::kind) {
        Some(JsonKind::Number) => Some("NUMBER"),
        Some(JsonKind::Bool) => Some("BOOLEAN"),
        Some(JsonKind::Object) => Some("OBJECT"),
        Some(JsonKind::Array) => Some("ARRAY"),
        Some(JsonKind::String | JsonKind::Null) => Some("STRING"),
        None if has(&["minimum", "maximum", "multipleOf", "exclusiveMinimum"]) => Some("NUMBER"),
        None if has(&["pattern", "format", "minLength", "maxLength", "enum"]) => Some("STRING"),
        None => None,
    }
}

fn text_at(node: &RawObject, key: &str) -> Option<Raw> {
    node.get(key)
        .filter(|raw| raw.kind() == JsonKind::String)
        .cloned()
}

#[cfg(test)]
mod tests;
