//! The shapes in which upstreams name a member that they do not take, as one table.
//!
//! Sources: OpenAI, Anthropic, Google, xAI, Mistral, Groq, Cerebras, NVIDIA and pydantic as quoted in public issue threads
//! (vscode-copilot-release#9954, claude-code#31033, llm-gateway#1858, uni-api#105, eca#231, chatbot#21, openclaude#740,
//! garak#748, OmniRoute#848, llmcomp#69, FluidVoice#285).

use byokey_types::UpstreamFault;
use serde_json::Value;

use crate::classify::fault::Said;

/// The most members that one answer may name: the rest can object again.
const MOST: usize = 64;

/// Codes beside which `param` names the member.
const CODES: [&str; 2] = ["unsupported_parameter", "unknown_parameter"];

/// The member stands behind the words, perhaps several with commas.
const BEHIND: &[&str] = &[
    // OpenAI, the ChatGPT backend, NVIDIA
    "unsupported parameter: ",
    "unsupported parameter(s): ",
    "unknown parameter: ",
    // OpenAI, older
    "unrecognized request argument supplied: ",
    "unrecognized request arguments supplied: ",
    // xAI
    "argument not supported on this model: ",
    "does not support parameter ",
    // Groq, Cerebras: `property 'x' is unsupported`
    "property ",
    // servers written in Go and in Rust
    "unknown field ",
    // validators of JSON Schema
    "additional properties are not allowed (",
    // Fireworks
    "extra inputs are not permitted, field: ",
];

/// What follows the member behind `property `: without it the words mean something else.
const UNSUPPORTED: &str = " is unsupported";

/// The member stands before the words, on the same line or the one above.
const BEFORE: &[&str] = &[
    // Anthropic; NVIDIA puts a line between
    "extra inputs are not permitted",
    // Anthropic
    " is deprecated for this model",
    // OpenAI
    " is not supported with this model",
];

/// The names that validators give to an unknown member.
const FORBIDDEN: [&str; 2] = ["extra_forbidden", "value_error.extra"];

/// Sampling parameters, of which some models take the default only: to leave them out is to send it.
const SAMPLING: [&str; 4] = [
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
];

/// The places an error answer names as not taken, each as its steps.
pub(super) fn named(fault: &UpstreamFault) -> Vec<Vec<String>> {
    let said = Said::read(&fault.body);
    let mut places = Vec::new();
    if let Some(param) = said
        .param
        .as_deref()
        .filter(|_| CODES.iter().any(|code| said.is_named(code)))
    {
        places.push(split(param));
    }
    let body: Option<Value> = serde_json::from_slice(&fault.body).ok();
    if let Some(body) = &body {
        listed(body, 0, &mut places);
    }
    let mut texts: Vec<&str> = said.message.iter().map(String::as_str).collect();
    if let Some(detail) = body
        .as_ref()
        .and_then(|body| body.get("detail"))
        .and_then(Value::as_str)
    {
        texts.push(detail);
    }
    for text in texts {
        spoken(text, &mut places);
    }
    places.retain(|place| !place.is_empty());
    places.dedup();
    places.truncate(MOST);
    places
}

/// What validators list, wherever the list is: `[{"type": "extra_forbidden", "loc": ["body", "x"]}]`.
fn listed(value: &Value, depth: usize, places: &mut Vec<Vec<String>>) {
    // `{"message": {"detail": […]}}`, and the same as text inside text
    if depth > 4 || places.len() >= MOST {
        return;
    }
    match value {
        Value::Object(object) => {
            let kind = object.get("type").and_then(Value::as_str);
            match object.get("loc").and_then(Value::as_array) {
                Some(place) if kind.is_some_and(|kind| FORBIDDEN.contains(&kind)) => {
                    places.push(place.iter().map(step).collect());
                }
                Some(_) | None => {
                    for name in ["detail", "message", "error", "details"] {
                        if let Some(inner) = object.get(name) {
                            listed(inner, depth + 1, places);
                        }
                    }
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|item| listed(item, depth + 1, places)),
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            if let Ok(inner) = serde_json::from_str::<Value>(text) {
                listed(&inner, depth + 1, places);
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What the words for people name.
fn spoken(text: &str, places: &mut Vec<Vec<String>>) {
    // of the same length, so that places agree
    let lower = text.to_ascii_lowercase();
    for words in BEHIND {
        for (start, _) in lower.match_indices(words) {
            let rest = &text[start + words.len()..];
            let (first, behind) = first_name(rest);
            if *words == "property " {
                if behind.to_ascii_lowercase().starts_with(UNSUPPORTED) {
                    let outer = outer_place(&text[..start]);
                    places.push(outer.into_iter().chain(split(first)).collect());
                }
                continue;
            }
            places.push(split(first));
            let mut behind = behind;
            while let Some(next) = behind.strip_prefix(", ") {
                let (name, rest) = first_name(next);
                places.push(split(name));
                behind = rest;
            }
        }
    }
    for words in BEFORE {
        for (end, _) in lower.match_indices(words) {
            places.push(last_name(&text[..end]));
        }
    }
    google(text, places);
    default_only(text, &lower, places);
}

/// `Unknown name "x" at 'a[0].b': Cannot find field.`
fn google(text: &str, places: &mut Vec<Vec<String>>) {
    for part in text.split("Unknown name ").skip(1) {
        let (name, behind) = first_name(part);
        if !behind.contains("Cannot find field") {
            continue;
        }
        let outer = behind
            .strip_prefix(" at ")
            .map(|at| split(first_name(at).0));
        places.push(
            outer
                .unwrap_or_default()
                .into_iter()
                .chain(split(name))
                .collect(),
        );
    }
}

/// `Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.`
fn default_only(text: &str, lower: &str, places: &mut Vec<Vec<String>>) {
    const WORDS: &str = "unsupported value: ";
    if let Some(start) = lower.find(WORDS)
        && lower.contains("only the default")
    {
        let (name, _) = first_name(&text[start + WORDS.len()..]);
        if SAMPLING.contains(&name) {
            places.push(split(name));
        }
    }
}

/// Groq puts the place of the object in front: `'messages.0' : property 'name' is unsupported`.
fn outer_place(before: &str) -> Vec<String> {
    let before = before.trim_end();
    let Some(before) = before.strip_suffix(':') else {
        return Vec::new();
    };
    let before = before.trim_end();
    // unquoted it is Cerebras', who repeats the whole place
    match before.strip_suffix('\'') {
        Some(quoted) => split(quoted.rsplit('\'').next().unwrap_or_default()),
        None => Vec::new(),
    }
}

/// The name at the beginning, its quotes removed, and what is behind it.
fn first_name(text: &str) -> (&str, &str) {
    if let Some(quote) = text
        .chars()
        .next()
        .filter(|c| matches!(c, '\'' | '"' | '`'))
    {
        let inner = &text[1..];
        let end = inner.find(quote).unwrap_or(0);
        let behind = inner.get(end + 1..).unwrap_or_default();
        return (&inner[..end], behind);
    }
    let end = text.find(|c| !in_name(c)).unwrap_or(text.len());
    let name = text[..end].trim_end_matches('.');
    (name, &text[name.len()..])
}

/// The place at the end, as steps.
fn last_name(text: &str) -> Vec<String> {
    let text = text.trim_end_matches([' ', '\n', '\t', ':', '\'', '"', '`']);
    let line = text.rsplit('\n').next().unwrap_or_default();
    if line.contains("->") {
        return line.split("->").flat_map(split).collect();
    }
    let start = line.rfind(|c| !in_name(c)).map_or(0, |at| {
        at + line[at..].chars().next().map_or(1, char::len_utf8)
    });
    split(&line[start..])
}

/// The steps of `a.b[0].c`.
fn split(place: &str) -> Vec<String> {
    let steps = place
        .split(['.', '[', ']', ' '])
        .filter(|step| !step.is_empty());
    steps
        .map(|step| step.trim_matches(['\'', '"', '`']).to_owned())
        .collect()
}

fn step(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

const fn in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '[' | ']')
}
