//! Schemas by what they ask for: two that ask for the same are equal, however they are spelled.
//!
//! Equal by construction: the names of types in any case; `nullable` and `null` among the types or the alternatives; `const` and
//! an `enum` of one; `oneOf` and `anyOf`; keywords that constrain nothing (`$schema`, `$id`, `$comment`, `x-…`, `readOnly`,
//! `writeOnly`, Codex's `encrypted` (how a value travels), and `additionalProperties` when it only opens or closes the object, which no model needs to be told); an
//! object without members and no schema at all.

use std::collections::BTreeMap;

use crate::json::Tree;

/// The canonical form of the schema of a tool's input; `None` when it asks for nothing.
pub(super) fn canonical(schema: Tree) -> Option<Tree> {
    let node = node(schema);
    let Tree::Object(members) = &node else {
        return Some(node);
    };
    let asks = members.iter().any(|(key, value)| match key.as_str() {
        "type" => *value != names(&["object"]),
        "properties" => *value != Tree::Object(BTreeMap::new()),
        _ => true,
    });
    asks.then_some(node)
}

/// The schema of an answer, in which closing an object of named members asks for nothing else.
pub(super) fn closed(schema: Tree) -> Tree {
    match schema {
        Tree::Object(mut members) => {
            let is_named = |value: &Tree| matches!(value, Tree::Object(inner) if !inner.is_empty());
            if members.get("properties").is_some_and(is_named)
                && members.get("additionalProperties") == Some(&Tree::Word("false".to_owned()))
            {
                members.remove("additionalProperties");
            }
            let members = members.into_iter();
            Tree::Object(members.map(|(key, value)| (key, closed(value))).collect())
        }
        Tree::Array(items) => Tree::Array(items.into_iter().map(closed).collect()),
        Tree::String(_) | Tree::Word(_) => schema,
    }
}

fn node(schema: Tree) -> Tree {
    let Tree::Object(mut members) = schema else {
        return schema;
    };
    members.retain(|key, value| {
        let closes = key == "additionalProperties" && matches!(value, Tree::Word(_));
        let silent = [
            "$schema",
            "$id",
            "$comment",
            "readOnly",
            "writeOnly",
            "encrypted",
        ];
        !(closes || silent.contains(&key.as_str()) || key.starts_with("x-"))
    });
    let mut types = match members.remove("type") {
        Some(Tree::String(name)) => vec![name.to_lowercase()],
        Some(Tree::Array(names)) => names.into_iter().filter_map(text).collect(),
        Some(_) | None => Vec::new(),
    };
    if members.remove("nullable") == Some(Tree::Word("true".to_owned())) {
        types.push("null".to_owned());
    }
    if let Some(only) = members.remove("const") {
        members.insert("enum".to_owned(), Tree::Array(vec![only]));
    }
    // an `enum` says what type its values have
    if let Some(Tree::Array(values)) = members.get("enum")
        && types.is_empty()
        && values.iter().all(|value| matches!(value, Tree::String(_)))
    {
        types.push("string".to_owned());
    }
    if let Some(alternatives) = members.remove("oneOf") {
        members.entry("anyOf".to_owned()).or_insert(alternatives);
    }
    types.sort();
    types.dedup();
    if !types.is_empty() {
        let types: Vec<&str> = types.iter().map(String::as_str).collect();
        members.insert("type".to_owned(), names(&types));
    }
    let members = members.into_iter().map(|(key, value)| {
        let value = match (key.as_str(), value) {
            ("items", value) => node(value),
            ("anyOf" | "allOf" | "prefixItems", Tree::Array(items)) => {
                Tree::Array(items.into_iter().map(node).collect())
            }
            ("properties", Tree::Object(inner)) => {
                let inner = inner.into_iter();
                Tree::Object(inner.map(|(name, value)| (name, node(value))).collect())
            }
            (_, value) => value,
        };
        (key, value)
    });
    Tree::Object(members.collect())
}

fn names(types: &[&str]) -> Tree {
    Tree::Array(
        types
            .iter()
            .map(|name| Tree::String((*name).to_owned()))
            .collect(),
    )
}

fn text(tree: Tree) -> Option<String> {
    match tree {
        Tree::String(text) => Some(text.to_lowercase()),
        Tree::Object(_) | Tree::Array(_) | Tree::Word(_) => None,
    }
}
