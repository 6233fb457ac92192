//! What the ChatGPT backend demands beyond the API, and refuses in words of its own.

use serde_json::{Map, Value};

use super::Context;
use crate::{fault::Fault, responses::fault::detail};

/// The parameters that it takes; everything else is refused by name.
const TOP: &[&str] = &[
    "client_metadata",
    "include",
    "input",
    "instructions",
    "model",
    "parallel_tool_calls",
    "prompt_cache_key",
    "reasoning",
    "service_tier",
    "store",
    "stream",
    "text",
    "tool_choice",
    "tools",
];
/// Those that it takes over a WebSocket only.
const SOCKET: &[&str] = &["generate", "previous_response_id", "type"];

pub(super) fn check(top: &Map<String, Value>, context: &Context<'_>) -> Result<(), Fault> {
    // clients of its own send the instructions as the first developer message
    if !top.get("instructions").is_some_and(Value::is_string) && !context.genuine {
        return Err(detail("Instructions are required"));
    }
    if top.get("store") != Some(&Value::Bool(false)) {
        return Err(detail("Store must be set to false"));
    }
    if !context.socket && top.get("stream") != Some(&Value::Bool(true)) {
        return Err(detail("Stream must be set to true"));
    }
    if !top.get("input").is_some_and(Value::is_array) {
        return Err(detail("Input must be a list"));
    }
    let taken = |name: &str| TOP.contains(&name) || (context.socket && SOCKET.contains(&name));
    match top.keys().find(|name| !taken(name)) {
        None => Ok(()),
        Some(name) => Err(detail(format!("Unsupported parameter: {name}"))),
    }
}
