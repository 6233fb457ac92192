//! Schemas of tool inputs: the API wants an object at the root, without `anyOf`, `oneOf` or `allOf` there.
//!
//! Only the root is touched; what properties say stays as it is. Schemas of answers want every object closed.

use byokey_types::{JsonKind, Raw, RawObject, Str};

const UNIONS: [&str; 3] = ["allOf", "anyOf", "oneOf"];
/// How many branches are looked at; a schema that refers to itself must end somewhere.
const FUEL: usize = 256;
/// The deepest nesting that is followed when objects are closed.
const DEEPEST: usize = 64;

/// How a schema had to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Not at all.
    None,
    /// Something close to it is said.
    Approximated,
    /// There was none.
    Synthesised,
}

/// A schema that the API accepts.
pub(super) fn normalise(schema: Option<&Raw>) -> (Raw, Change) {
    let Some(raw) = schema else {
        return (empty(), Change::Synthesised);
    };
    let Ok(root) = raw.object() else {
        return (empty(), Change::Approximated);
    };
    let is_object = root
        .get("type")
        .is_some_and(|tag| tag.as_str() == "\"object\"");
    if is_object && !UNIONS.iter().any(|union| root.contains(union)) {
        return (raw.clone(), Change::None);
    }
    let mut fuel = FUEL;
    let shape = shape(&root, &root, &mut fuel);
    let mut object = root;
    for key in UNIONS.iter().chain(&["$ref"]) {
        object.take(key);
    }
    object.set("type", Raw::string("object"));
    object.set("properties", shape.properties.to_raw());
    object.take("required");
    if !shape.required.is_empty() {
        object.set("required", Raw::array_of(shape.required));
    }
    (object.to_raw(), Change::Approximated)
}

/// A schema of an answer with every object closed, which the API demands; and whether it still admits an answer to every
/// question that the open one did.
///
/// An object of named members may be closed without a word: what fits the closed one fits the open one. One whose members have
/// any name cannot.
///
/// Source: Anthropic, "Structured outputs": `additionalProperties` must be `false`.
pub(super) fn closed(schema: &Raw) -> (Raw, bool) {
    let mut exact = true;
    let closed = close(schema, 0, &mut exact);
    (closed.unwrap_or_else(|| schema.clone()), exact)
}

/// The schema with its objects closed; nothing when they are.
fn close(schema: &Raw, depth: usize, exact: &mut bool) -> Option<Raw> {
    let mut node = schema.object().ok().filter(|_| depth < DEEPEST)?;
    let mut changed = false;
    for (key, value) in node.iter_mut() {
        let new = match key.as_str() {
            "items" => close(value, depth + 1, exact),
            "anyOf" | "oneOf" | "allOf" | "prefixItems" => value.array().ok().and_then(|items| {
                let new = items.iter().map(|item| close(item, depth + 1, exact));
                let new: Vec<Option<Raw>> = new.collect();
                let changed = new.iter().any(Option::is_some);
                let all = new
                    .into_iter()
                    .zip(items)
                    .map(|(new, old)| new.unwrap_or(old));
                changed.then(|| Raw::array_of(all))
            }),
            "properties" | "$defs" | "definitions" => {
                value.object().ok().and_then(|mut members| {
                    let mut changed = false;
                    for (_, member) in members.iter_mut() {
                        if let Some(new) = close(member, depth + 1, exact) {
                            *member = new;
                            changed = true;
                        }
                    }
                    changed.then(|| members.to_raw())
                })
            }
            _ => None,
        };
        if let Some(new) = new {
            *value = new;
            changed = true;
        }
    }
    let more = node.get("additionalProperties");
    if is_object(&node) && more.is_none_or(|more| more.as_str() != "false") {
        *exact &= more.is_none() && !object_at(&node, "properties").is_empty();
        node.set("additionalProperties", Raw::FALSE);
        changed = true;
    }
    changed.then(|| node.to_raw())
}

fn is_object(node: &RawObject) -> bool {
    match node.get("type") {
        Some(tag) => tag.as_str().contains("\"object\""),
        None => node.contains("properties"),
    }
}

fn empty() -> Raw {
    RawObject::from_iter([
        (Str::new_static("type"), Raw::string("object")),
        (Str::new_static("properties"), Raw::EMPTY_OBJECT),
    ])
    .to_raw()
}

/// What a schema says of an object's members.
#[derive(Default)]
struct Shape {
    properties: RawObject,
    required: Vec<Raw>,
}

fn shape(node: &RawObject, root: &RawObject, fuel: &mut usize) -> Shape {
    let mut shape = Shape {
        properties: object_at(node, "properties"),
        required: strings_at(node, "required"),
    };
    if let Some(referred) = referred(node, root, fuel) {
        shape.join(referred, true);
    }
    for union in UNIONS {
        let branches = node.get(union).and_then(|raw| raw.array().ok());
        for branch in branches.unwrap_or_default() {
            if *fuel == 0 {
                return shape;
            }
            *fuel -= 1;
            if let Ok(branch) = branch.object() {
                // what one alternative requires, another may lack
                shape.join(self::shape(&branch, root, fuel), union == "allOf");
            }
        }
    }
    shape
}

fn referred(node: &RawObject, root: &RawObject, fuel: &mut usize) -> Option<Shape> {
    let path = node.get("$ref")?.text().ok()?;
    let (container, name) = path.strip_prefix("#/")?.split_once('/')?;
    let target = root
        .get(container)?
        .object()
        .ok()?
        .get(name)?
        .object()
        .ok()?;
    *fuel = fuel.checked_sub(1)?;
    Some(shape(&target, root, fuel))
}

impl Shape {
    fn join(&mut self, other: Self, with_required: bool) {
        for (key, value) in other.properties {
            let joined = match self.properties.get(&key) {
                Some(known) if *known != value => either(known, &value),
                Some(_) => continue,
                None => value,
            };
            self.properties.set(key, joined);
        }
        if with_required {
            for name in other.required {
                if !self.required.contains(&name) {
                    self.required.push(name);
                }
            }
        }
    }
}

/// A property of which two alternatives say different things.
fn either(one: &Raw, other: &Raw) -> Raw {
    let either = Raw::array_of([one.clone(), other.clone()]);
    RawObject::from_iter([(Str::new_static("anyOf"), either)]).to_raw()
}

fn object_at(node: &RawObject, key: &str) -> RawObject {
    let object = node.get(key).and_then(|raw| raw.object().ok());
    object.unwrap_or_default()
}

fn strings_at(node: &RawObject, key: &str) -> Vec<Raw> {
    let items = node.get(key).and_then(|raw| raw.array().ok());
    let mut items = items.unwrap_or_default();
    items.retain(|item| item.kind() == JsonKind::String);
    items
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn objects_of_answers_are_closed() {
        let rows = [
            (
                r#"{"type":"object","properties":{"a":{"type":"array","items":{"properties":{"b":{"x":1.0}}}}},"additionalProperties":false}"#,
                r#"{"type":"object","properties":{"a":{"type":"array","items":{"properties":{"b":{"x":1.0}},"additionalProperties":false}}},"additionalProperties":false}"#,
                true,
            ),
            (
                r#"{"anyOf":[{"type":["object","null"],"properties":{"a":{}}},{"type":"string"}]}"#,
                r#"{"anyOf":[{"type":["object","null"],"properties":{"a":{}},"additionalProperties":false},{"type":"string"}]}"#,
                true,
            ),
            // any members at all cannot be asked for
            (
                r#"{"type":"object"}"#,
                r#"{"type":"object","additionalProperties":false}"#,
                false,
            ),
            (
                r#"{"$defs":{"x":{"type":"object","properties":{"a":{}},"additionalProperties":{"type":"string"}}}}"#,
                r#"{"$defs":{"x":{"type":"object","properties":{"a":{}},"additionalProperties":false}}}"#,
                false,
            ),
            ("true", "true", true),
        ];
        for (given, expected, exact) in rows {
            let (found, is_exact) = closed(&Raw::parse(given).unwrap());
            assert_eq!((found.as_str(), is_exact), (expected, exact), "{given}");
        }
    }

    #[test]
    fn roots_become_objects() {
        let rows = [
            (
                r#"{"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}]}},"x":1.0}"#,
                r#"{"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}]}},"x":1.0}"#,
                Change::None,
            ),
            (
                r#"{"anyOf":[{"type":"object","properties":{"a":{"type":"string"},"k":{"const":1}},"required":["a"]},{"type":"object","properties":{"b":{"type":"number"},"k":{"const":2}},"required":["b"]}]}"#,
                r#"{"type":"object","properties":{"a":{"type":"string"},"k":{"anyOf":[{"const":1},{"const":2}]},"b":{"type":"number"}}}"#,
                Change::Approximated,
            ),
            (
                r##"{"description":"d","allOf":[{"$ref":"#/$defs/base"},{"properties":{"b":{}},"required":["b","a"]}],"$defs":{"base":{"properties":{"a":{}},"required":["a"]}}}"##,
                r#"{"description":"d","$defs":{"base":{"properties":{"a":{}},"required":["a"]}},"type":"object","properties":{"a":{},"b":{}},"required":["a","b"]}"#,
                Change::Approximated,
            ),
            (
                r#"{"properties":{"a":{}},"required":["a",1]}"#,
                r#"{"properties":{"a":{}},"type":"object","required":["a"]}"#,
                Change::Approximated,
            ),
            (
                r#"{"type":["object","null"]}"#,
                r#"{"type":"object","properties":{}}"#,
                Change::Approximated,
            ),
            (
                "true",
                r#"{"type":"object","properties":{}}"#,
                Change::Approximated,
            ),
            (
                r##"{"anyOf":[{"$ref":"#"},{"$ref":"#/anyOf/0"},{"$ref":"#/$defs/x"}],"$defs":{"x":{"oneOf":[{"$ref":"#/$defs/x"},{"$ref":"#/$defs/x"}]}}}"##,
                r##"{"$defs":{"x":{"oneOf":[{"$ref":"#/$defs/x"},{"$ref":"#/$defs/x"}]}},"type":"object","properties":{}}"##,
                Change::Approximated,
            ),
        ];
        for (given, expected, change) in rows {
            let (found, changed) = normalise(Some(&Raw::parse(given).unwrap()));
            assert_eq!((found.as_str(), changed), (expected, change), "{given}");
        }
        let (found, changed) = normalise(None);
        assert_eq!(
            (found.as_str(), changed),
            (r#"{"type":"object","properties":{}}"#, Change::Synthesised)
        );
    }
}
