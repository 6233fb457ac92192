//! `config.example.yaml` says the defaults, and with its examples uncommented every key there is.

use std::collections::BTreeSet;

use byokey_config::json_schema;
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::home::Home;

const EXAMPLE: &str = include_str!("../../../../config.example.yaml");

/// The example with `#key` made `key`; `# prose` stays a comment.
fn uncommented() -> String {
    let lines = EXAMPLE.lines().map(|line| {
        let rest = line.trim_start();
        match rest.strip_prefix('#') {
            Some(setting) if !setting.is_empty() && !setting.starts_with(' ') => {
                line.replacen('#', "", 1)
            }
            Some(_) | None => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Every key of a schema, `[]` for an element and `*` for a key of the user's choice.
fn keys_of_schema(schema: &Value, path: &str, keys: &mut BTreeSet<String>) {
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        keys_of_schema(inner, &path, keys);
        keys.insert(path);
    }
    if schema["items"].is_object() {
        keys_of_schema(&schema["items"], &format!("{path}[]"), keys);
    }
    if schema["additionalProperties"].is_object() {
        keys_of_schema(&schema["additionalProperties"], &format!("{path}.*"), keys);
    }
    for branch in schema["anyOf"].as_array().into_iter().flatten() {
        keys_of_schema(branch, path, keys);
    }
}

/// Every key of the example's lines, by indentation, in the notation of [`keys_of_schema`].
fn keys_of_lines(text: &str) -> BTreeSet<String> {
    const FREE: [&str; 7] = [
        ".providers",
        ".model_alias",
        ".providers.*.headers",
        ".providers.*.fields.rename",
        ".providers.*.fields.force",
        ".providers.*.fields.default",
        ".providers.*.fields.append",
    ];
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut keys = BTreeSet::new();
    for line in text.lines() {
        let trimmed = line.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let element = trimmed.starts_with("- ");
        let content = trimmed.trim_start_matches("- ");
        let indent = line.len() - content.len();
        let (key, _) = content.split_once(':').expect("a key in every line");
        open.retain(|(outer, _)| *outer < indent);
        let parent = open.last().map_or("", |(_, path)| path.as_str());
        let name = if FREE.contains(&parent) { "*" } else { key };
        let inside = if element || parent.ends_with("models") || parent.ends_with("keys") {
            "[]"
        } else {
            ""
        };
        let path = format!("{parent}{inside}.{name}");
        if name != "*" {
            keys.insert(path.clone());
        }
        open.push((indent, path));
    }
    keys
}

/// Every key of a schema has a description that is a sentence.
fn described(schema: &Value, path: &str) {
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        let text = inner["description"].as_str().unwrap_or_default();
        assert!(text.ends_with('.'), "{path}.{key}: {inner}");
        described(inner, &format!("{path}.{key}"));
    }
    for inner in [&schema["items"], &schema["additionalProperties"]] {
        if inner.is_object() {
            described(inner, &format!("{path}[]"));
        }
    }
    for inner in schema["anyOf"].as_array().into_iter().flatten() {
        described(inner, path);
    }
}

#[test]
fn as_shipped_it_says_the_defaults() {
    let home = Home::with_yaml(EXAMPLE);
    let loaded = home.load().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.settings, home.defaults());
    assert_eq!(loaded.warnings, Vec::<String>::new());
}

#[test]
fn uncommented_it_says_every_key_and_no_other() {
    let text = uncommented();
    let home = Home::with_yaml(&text);
    let settings = home.settings();
    let ids: Vec<&str> = settings.providers.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(ids, ["claude", "openrouter", "up-chat"]);
    let mut known = BTreeSet::new();
    keys_of_schema(&json_schema(), "", &mut known);
    assert_eq!(keys_of_lines(&text), known);
}

#[test]
fn every_key_has_a_comment_and_a_description() {
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    let mut seen = BTreeSet::new();
    for (index, line) in lines.iter().enumerate() {
        let rest = line.trim_start();
        let setting = rest.strip_prefix('#').unwrap_or(rest);
        if setting.is_empty() || setting.starts_with(' ') {
            continue;
        }
        let key = setting.trim_start_matches("- ").split(':').next().unwrap();
        let above = lines[index - 1].trim_start();
        if seen.insert(key)
            && !matches!(
                key,
                "claude"
                    | "openrouter"
                    | "x-team"
                    | "fast"
                    | "api_key"
                    | "max_completion_tokens"
                    | "store"
                    | "seed"
                    | "include"
            )
        {
            assert!(above.starts_with("# "), "`{key}` has no comment above it");
        }
    }
    described(&json_schema(), "");
}
