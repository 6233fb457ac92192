//! What a response says again of its request.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// The members of a response object that repeat the request, with the API's defaults where it was silent.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Echo {
    pub(super) instructions: Value,
    pub(super) max_output_tokens: Value,
    pub(super) max_tool_calls: Value,
    pub(super) parallel_tool_calls: Value,
    pub(super) previous_response_id: Value,
    pub(super) prompt_cache_key: Value,
    pub(super) prompt_cache_retention: Value,
    pub(super) reasoning: Value,
    pub(super) safety_identifier: Value,
    pub(super) store: Value,
    pub(super) temperature: Value,
    pub(super) text: Value,
    pub(super) tool_choice: Value,
    pub(super) tools: Value,
    pub(super) top_logprobs: Value,
    pub(super) top_p: Value,
    pub(super) truncation: Value,
    pub(super) user: Value,
    pub(super) metadata: Value,
}

impl Echo {
    pub(super) fn of(body: &Map<String, Value>) -> Self {
        let or = |name: &str, default: Value| match body.get(name) {
            None | Some(Value::Null) => default,
            Some(value) => value.clone(),
        };
        let or_null = |name: &str| or(name, Value::Null);
        let inner = |name: &str, inner: &str, default: Value| {
            let given = body.get(name).and_then(|value| value.get(inner));
            given
                .filter(|value| !value.is_null())
                .cloned()
                .unwrap_or(default)
        };
        Self {
            instructions: or_null("instructions"),
            max_output_tokens: or_null("max_output_tokens"),
            max_tool_calls: or_null("max_tool_calls"),
            parallel_tool_calls: or("parallel_tool_calls", json!(true)),
            previous_response_id: or_null("previous_response_id"),
            prompt_cache_key: or_null("prompt_cache_key"),
            prompt_cache_retention: or_null("prompt_cache_retention"),
            reasoning: json!({
                "effort": inner("reasoning", "effort", Value::Null),
                "summary": inner("reasoning", "summary", Value::Null),
            }),
            safety_identifier: or_null("safety_identifier"),
            store: or("store", json!(true)),
            temperature: or("temperature", json!(1.0)),
            text: json!({
                "format": inner("text", "format", json!({"type": "text"})),
                "verbosity": inner("text", "verbosity", json!("medium")),
            }),
            tool_choice: or("tool_choice", json!("auto")),
            tools: tools(body),
            top_logprobs: or("top_logprobs", json!(0)),
            top_p: or("top_p", json!(1.0)),
            truncation: or("truncation", json!("disabled")),
            user: or_null("user"),
            metadata: or("metadata", json!({})),
        }
    }
}

/// The tier that served a request: `auto` is decided, and in the sandbox always as `default`.
pub(super) fn tier(body: &Map<String, Value>) -> String {
    match body.get("service_tier").and_then(Value::as_str) {
        None | Some("auto") => "default".to_owned(),
        Some(tier) => tier.to_owned(),
    }
}

fn tools(body: &Map<String, Value>) -> Value {
    let mut tools = match body.get("tools") {
        Some(Value::Array(tools)) => tools.clone(),
        Some(_) | None => Vec::new(),
    };
    for tool in tools.iter_mut().filter_map(Value::as_object_mut) {
        if tool.get("type").and_then(Value::as_str) == Some("function") {
            tool.entry("description").or_insert(Value::Null);
            let strict = tool.entry("strict").or_insert(Value::Null);
            if strict.is_null() {
                *strict = json!(true);
            }
        }
    }
    Value::Array(tools)
}
