//! The parameters beside input, tools and format.

use serde_json::{Map, Value};

use super::{Context, conversation, thinking};
use crate::{ask::Ask, chat::rules::field, fault::Fault, json_path::At};

/// Every parameter of `POST /v1/responses`, as the types of the official SDK have them (openai 3.52, 2026-11), and
/// `client_metadata`, which Codex sends to the API as well.
const TOP: &[&str] = &[
    "access_programs",
    "background",
    "client_metadata",
    "context_management",
    "conversation",
    "image",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];
/// Those of a WebSocket frame beside them.
const SOCKET: &[&str] = &["generate", "stream_id", "type"];

const INCLUDABLE: &[&str] = &[
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
];
pub(super) const EFFORTS: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh", "max"];
const SUMMARIES: &[&str] = &["auto", "concise", "detailed"];
const TIERS: &[&str] = &[
    "auto",
    "default",
    "flex",
    "scale",
    "priority",
    "fast",
    "ultrafast",
];
const LEAST_TOKENS: u64 = 16;
/// Output tokens that any model of the sandbox gives.
const MOST_TOKENS: u64 = 1_000_000;
const MOST_METADATA: usize = 16;
const LONGEST_KEY: usize = 64;
const LONGEST_VALUE: usize = 512;

pub(super) fn check(
    top: &Map<String, Value>,
    context: &Context<'_>,
    ask: &mut Ask<'_>,
) -> Result<(), Fault> {
    let known = |name: &str| TOP.contains(&name) || (context.socket && SOCKET.contains(&name));
    if let Some(unknown) = top.keys().find(|name| !known(name)) {
        return Err(Fault::bad(format!("Unknown parameter: '{unknown}'."))
            .param(unknown.as_str())
            .code("unknown_parameter"));
    }
    field::decimal(top, "temperature", 0.0, 2.0)?;
    field::decimal(top, "top_p", 0.0, 1.0)?;
    field::integer(top, "top_logprobs", 0, 20)?;
    field::integer(top, "max_tool_calls", 1, MOST_TOKENS)?;
    ask.limit = field::integer(top, "max_output_tokens", LEAST_TOKENS, MOST_TOKENS)?;
    ask.parallel = field::boolean(top, "parallel_tool_calls")?.unwrap_or(true);
    ask.stream = stream(top, context)?;
    field::one_of(top, "service_tier", TIERS)?;
    field::one_of(top, "truncation", &["auto", "disabled"])?;
    field::one_of(top, "prompt_cache_retention", &["in_memory", "24h"])?;
    for name in ["instructions", "user", "previous_response_id"] {
        string(top, name, usize::MAX)?;
    }
    for name in ["prompt_cache_key", "safety_identifier"] {
        string(top, name, LONGEST_KEY)?;
    }
    background(top)?;
    include(top)?;
    metadata(top)?;
    reasoning(top)?;
    ask.thinking = thinking(top);
    conversation::check(top)
}

fn string(top: &Map<String, Value>, name: &str, most: usize) -> Result<(), Fault> {
    let at = At::ROOT.field(name);
    match field::given(top, name) {
        None => Ok(()),
        Some(Value::String(value)) => field::short(value, &at, most),
        Some(other) => Err(field::wrong_type(&at, "a string", other)),
    }
}

fn stream(top: &Map<String, Value>, context: &Context<'_>) -> Result<bool, Fault> {
    let stream = field::boolean(top, "stream")?.unwrap_or(false) || context.socket;
    let at = At::ROOT.field("stream_options");
    let Some(options) = field::given(top, "stream_options") else {
        return Ok(stream);
    };
    if !stream {
        let message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
        return Err(Fault::bad(message).param("stream_options"));
    }
    let options = options
        .as_object()
        .ok_or_else(|| field::wrong_type(&at, "an object", options))?;
    field::only(options, &at, &["include_obfuscation"])?;
    match options.get("include_obfuscation") {
        None | Some(Value::Bool(_)) => Ok(stream),
        Some(other) => Err(field::wrong_type(
            &at.field("include_obfuscation"),
            "a boolean",
            other,
        )),
    }
}

fn background(top: &Map<String, Value>) -> Result<(), Fault> {
    let background = field::boolean(top, "background")?.unwrap_or(false);
    let store = field::boolean(top, "store")?.unwrap_or(true);
    if background && !store {
        return Err(
            Fault::bad("Background mode requires 'store' to be set to true.").param("store"),
        );
    }
    Ok(())
}

fn include(top: &Map<String, Value>) -> Result<(), Fault> {
    let at = At::ROOT.field("include");
    let values = match field::given(top, "include") {
        None => return Ok(()),
        Some(Value::Array(values)) => values,
        Some(other) => return Err(field::wrong_type(&at, "an array of strings", other)),
    };
    for (index, value) in values.iter().enumerate() {
        let at = at.index(index);
        match value {
            Value::String(value) if INCLUDABLE.contains(&value.as_str()) => {}
            Value::String(value) => return Err(field::unsupported_value(&at, value, INCLUDABLE)),
            other => return Err(field::wrong_type(&at, "a string", other)),
        }
    }
    Ok(())
}

fn metadata(top: &Map<String, Value>) -> Result<(), Fault> {
    let at = At::ROOT.field("metadata");
    let entries = match field::given(top, "metadata") {
        None => return Ok(()),
        Some(Value::Object(entries)) => entries,
        Some(other) => return Err(field::wrong_type(&at, "an object", other)),
    };
    if entries.len() > MOST_METADATA {
        let got = entries.len();
        return Err(Fault::bad(format!(
            "Invalid 'metadata': too many properties. Expected an object with at most {MOST_METADATA} properties, but \
             got an object with {got} properties instead."
        ))
        .param("metadata")
        .code("object_above_max_properties"));
    }
    for (key, value) in entries {
        field::short(key, &at, LONGEST_KEY)?;
        match value {
            Value::String(value) => field::short(value, &at.field(key), LONGEST_VALUE)?,
            other => return Err(field::wrong_type(&at.field(key), "a string", other)),
        }
    }
    Ok(())
}

fn reasoning(top: &Map<String, Value>) -> Result<(), Fault> {
    let at = At::ROOT.field("reasoning");
    let reasoning = match field::given(top, "reasoning") {
        None => return Ok(()),
        Some(Value::Object(reasoning)) => reasoning,
        Some(other) => return Err(field::wrong_type(&at, "an object", other)),
    };
    let words: [(&str, &[&str]); 4] = [
        ("effort", EFFORTS),
        ("summary", SUMMARIES),
        ("generate_summary", SUMMARIES),
        ("context", &["auto", "current_turn", "all_turns"]),
    ];
    field::only(
        reasoning,
        &at,
        &["effort", "summary", "generate_summary", "context", "mode"],
    )?;
    for (name, words) in words {
        match field::given(reasoning, name) {
            None => {}
            Some(Value::String(word)) if words.contains(&word.as_str()) => {}
            Some(Value::String(word)) => {
                return Err(field::unsupported_value(&at.field(name), word, words));
            }
            Some(other) => return Err(field::wrong_type(&at.field(name), "a string", other)),
        }
    }
    Ok(())
}
