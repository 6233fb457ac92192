//! What the OpenAI API refuses.

pub(super) mod embeddings;
pub(crate) mod field;
pub(super) mod legacy;
mod messages;
mod output;
pub(crate) mod parts;
pub(crate) mod tools;

use serde_json::{Map, Value};

use crate::{
    ask::{Ask, Prompt, Thinking},
    fault::Fault,
    json_path::At,
    model::{Dialect, Kind, Model},
};

/// What a dialect lets through.
#[derive(Clone, Copy)]
struct Dispensation {
    /// Fields nobody knows are ignored.
    unknown_fields: bool,
    /// `reasoning_content` may come back.
    reasoning: bool,
    /// `reasoning_content` must come back beside tool calls.
    reasoning_beside_calls: bool,
}

/// Every top-level field of `POST /v1/chat/completions`, as the types of the official SDK have them (openai 3.52, 2026-11).
const TOP: &[&str] = &[
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "moderation",
    "model",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

const EFFORTS: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh", "max"];
const TIERS: &[&str] = &["auto", "default", "flex", "scale", "priority", "fast"];
const VERBOSITIES: &[&str] = &["low", "medium", "high"];
const MOST_CHOICES: u64 = 128;
const MOST_STOPS: usize = 4;
/// Output tokens that any model of the sandbox gives.
const MOST_TOKENS: u64 = 1_000_000;

/// The `model` of a body.
pub(super) fn model(body: &Value) -> Result<&str, Fault> {
    let top = top(body)?;
    match top.get("model") {
        Some(Value::String(name)) if !name.is_empty() => Ok(name),
        Some(Value::String(_)) | None => Err(Fault::bad("you must provide a model parameter")),
        Some(other) => Err(field::wrong_type(
            &At::ROOT.field("model"),
            "a string",
            other,
        )),
    }
}

/// Refuses what the API would refuse; what remains is the request's meaning.
pub(super) fn check<'a>(body: &'a Value, model: &Model<'_>) -> Result<Ask<'a>, Fault> {
    let top = top(body)?;
    let dispensation = dispensation(model);
    if !dispensation.unknown_fields
        && let Some(unknown) = top.keys().find(|key| !TOP.contains(&key.as_str()))
    {
        return Err(Fault::bad(format!(
            "Unrecognized request argument supplied: {unknown}"
        )));
    }
    let mut ask = Ask {
        parallel: true,
        ..Ask::default()
    };
    sampling(top)?;
    ask.limit = limit(top)?;
    ask.stops = stops(top)?;
    ask.stream = stream(top)?;
    let mut chars = tools::check(top, dispensation, &mut ask)?;
    ask.output = output::check(top)?;
    chars += messages::check(top, dispensation, &mut ask)?;
    if top.get("reasoning_effort").and_then(Value::as_str) == Some("none") {
        ask.thinking = Thinking::Off;
    }
    ask.prompt = prompt(crate::tokens::of_chars(chars) + media(&ask), model.dialect);
    Ok(ask)
}

fn top(body: &Value) -> Result<&Map<String, Value>, Fault> {
    body.as_object().ok_or_else(super::fault::not_json)
}

fn dispensation(model: &Model<'_>) -> Dispensation {
    let deepseek = model.dialect == Dialect::DeepSeek;
    Dispensation {
        unknown_fields: deepseek,
        reasoning: deepseek
            || matches!(model.kind, Kind::Think { .. } | Kind::Agent { think: true }),
        reasoning_beside_calls: deepseek,
    }
}

fn sampling(top: &Map<String, Value>) -> Result<(), Fault> {
    field::decimal(top, "temperature", 0.0, 2.0)?;
    field::decimal(top, "top_p", 0.0, 1.0)?;
    field::decimal(top, "frequency_penalty", -2.0, 2.0)?;
    field::decimal(top, "presence_penalty", -2.0, 2.0)?;
    field::integer(top, "n", 1, MOST_CHOICES)?;
    field::integer(top, "top_logprobs", 0, 20)?;
    field::one_of(top, "reasoning_effort", EFFORTS)?;
    field::one_of(top, "service_tier", TIERS)?;
    field::one_of(top, "verbosity", VERBOSITIES)?;
    for name in ["store", "logprobs"] {
        field::boolean(top, name)?;
    }
    for name in ["user", "safety_identifier", "prompt_cache_key"] {
        if let Some(value) = field::given(top, name)
            && !value.is_string()
        {
            return Err(field::wrong_type(&At::ROOT.field(name), "a string", value));
        }
    }
    metadata(top)
}

fn metadata(top: &Map<String, Value>) -> Result<(), Fault> {
    let at = At::ROOT.field("metadata");
    let Some(value) = field::given(top, "metadata") else {
        return Ok(());
    };
    let entries = value
        .as_object()
        .ok_or_else(|| field::wrong_type(&at, "an object", value))?;
    for (key, value) in entries {
        if !value.is_string() {
            return Err(field::wrong_type(&at.field(key), "a string", value));
        }
    }
    Ok(())
}

fn limit(top: &Map<String, Value>) -> Result<Option<u64>, Fault> {
    let old = field::integer(top, "max_tokens", 1, MOST_TOKENS)?;
    let new = field::integer(top, "max_completion_tokens", 1, MOST_TOKENS)?;
    if old.is_some() && new.is_some() {
        let message =
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
        return Err(Fault::bad(message).code("invalid_parameter_combination"));
    }
    Ok(old.or(new))
}

fn stops(top: &Map<String, Value>) -> Result<Vec<&str>, Fault> {
    let at = At::ROOT.field("stop");
    let expected = "a string or array of strings";
    match field::given(top, "stop") {
        None => Ok(Vec::new()),
        Some(Value::String(stop)) => Ok(vec![stop]),
        Some(Value::Array(stops)) if stops.len() > MOST_STOPS => {
            Err(field::array_too_long(&at, MOST_STOPS, stops.len()))
        }
        Some(Value::Array(stops)) => stops
            .iter()
            .map(|stop| {
                stop.as_str()
                    .ok_or_else(|| field::wrong_type(&at, expected, stop))
            })
            .collect(),
        Some(other) => Err(field::wrong_type(&at, expected, other)),
    }
}

fn stream(top: &Map<String, Value>) -> Result<bool, Fault> {
    let stream = field::boolean(top, "stream")?.unwrap_or(false);
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
    field::only(options, &at, &["include_usage", "include_obfuscation"])?;
    for (name, value) in options {
        if !value.is_boolean() {
            return Err(field::wrong_type(&at.field(name), "a boolean", value));
        }
    }
    Ok(stream)
}

/// A string, strings, tokens, or lists of tokens; `None` for anything else. Tokens stand for a text that tells them.
fn prompts(top: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    let tokens = |tokens: &[Value]| {
        let all = tokens.iter().all(Value::is_u64);
        (all && !tokens.is_empty()).then(|| Value::from(tokens).to_string())
    };
    match top.get(name)? {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(items) => match tokens(items) {
            Some(text) => Some(vec![text]),
            None => items
                .iter()
                .map(|item| match item {
                    Value::String(text) => Some(text.clone()),
                    Value::Array(items) => tokens(items),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
                })
                .collect(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

fn media(ask: &Ask<'_>) -> u64 {
    u64::try_from(ask.attachments.len()).unwrap_or(0) * crate::tokens::MEDIA
}

/// OpenAI caches prompts from 1,024 tokens in steps of 128; the DeepSeek dialect claims to have cached half.
fn prompt(total: u64, dialect: Dialect) -> Prompt {
    let cached = match dialect {
        Dialect::Strict | Dialect::Codex if total < 1024 => 0,
        Dialect::Strict | Dialect::Codex => total / 128 * 128,
        Dialect::DeepSeek => total / 2,
    };
    Prompt {
        fresh: total - cached,
        cache_read: cached,
        ..Prompt::default()
    }
}
