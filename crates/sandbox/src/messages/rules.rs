//! What the Anthropic API refuses.

mod blocks;
mod cache;
mod field;
mod media;
mod sampling;
mod tools;
mod turns;

use http::HeaderMap;
use serde_json::{Map, Value};

use super::reply::MOST_TOKENS;
use crate::{
    ask::{Ask, Output, Prompt},
    fault::Fault,
    json_path::At,
    tokens,
};
use cache::Ledger;

/// Every top-level field of `POST /v1/messages`, and the beginning of the beta that a field needs.
/// As the types of the official SDK have them (anthropic 2.11, 2026-11), and `temperature`, `top_k`, `top_p`,
/// which it no longer names but older clients send.
const TOP: &[(&str, Option<&str>)] = &[
    ("billing_policy", Some(ANY_BETA)),
    ("cache_control", None),
    ("compaction", Some(ANY_BETA)),
    ("container", None),
    ("context_management", Some("context-management-")),
    ("diagnostics", None),
    ("fallback_credit_token", Some(ANY_BETA)),
    ("fallbacks", Some(ANY_BETA)),
    ("inference_geo", None),
    ("max_tokens", None),
    ("mcp_servers", Some("mcp-client-")),
    ("messages", None),
    ("metadata", None),
    ("model", None),
    ("output_config", None),
    ("output_format", Some("structured-outputs-")),
    ("service_tier", None),
    ("speed", Some("fast-mode-")),
    ("stop_sequences", None),
    ("stream", None),
    ("system", None),
    ("temperature", None),
    ("thinking", None),
    ("thread", Some(ANY_BETA)),
    ("tool_choice", None),
    ("tools", None),
    ("top_k", None),
    ("top_p", None),
    ("user_profile_id", None),
    ("workspace_id", None),
];

/// Where the name of the beta is not known here.
const ANY_BETA: &str = "";
/// The version from which system messages and `speed` need no beta.
const VERSION_2026_10: &str = "2026-10-21";

/// Fields that `count_tokens` does not take.
const NOT_COUNTED: &[&str] = &[
    "diagnostics",
    "fallback_credit_token",
    "fallbacks",
    "container",
    "inference_geo",
    "max_tokens",
    "metadata",
    "service_tier",
    "stop_sequences",
    "stream",
    "temperature",
    "top_k",
    "top_p",
];

const EFFORTS: &[&str] = &["low", "medium", "high", "xhigh", "max"];

/// What a request's headers opt into: its betas and its version.
#[derive(Clone, Copy)]
struct Betas<'a>(&'a HeaderMap);

/// The `model` of a body.
pub(super) fn model(body: &Value) -> Result<&str, Fault> {
    let top = top(body)?;
    let name = field::string(top, &At::ROOT, "model")?;
    if name.is_empty() {
        return Err(Fault::bad("model: String should have at least 1 character"));
    }
    Ok(name)
}

/// Refuses what the API would refuse; what remains is the request's meaning.
pub(super) fn check<'a>(
    body: &'a Value,
    headers: &HeaderMap,
    model: &str,
) -> Result<Ask<'a>, Fault> {
    let top = top(body)?;
    let betas = Betas(headers);
    known(top, betas, &[])?;
    let limit = limit(top, model)?;
    let mut ask = common(top, betas)?;
    ask.limit = Some(limit);
    sampling::check(top, &ask)?;
    sampling::budget(top, limit, betas)?;
    ask.stops = sampling::stops(top)?;
    ask.stream = field::boolean(top, &At::ROOT, "stream")?.unwrap_or(false);
    metadata(top)?;
    Ok(ask)
}

/// As [`check`], for `count_tokens`.
pub(super) fn check_count<'a>(body: &'a Value, headers: &HeaderMap) -> Result<Ask<'a>, Fault> {
    let top = top(body)?;
    let betas = Betas(headers);
    known(top, betas, NOT_COUNTED)?;
    common(top, betas)
}

impl Betas<'_> {
    /// Whether the request speaks the version of October 2026 or a later one; versions are dates.
    fn version_2026_10(self) -> bool {
        let version = self.0.get("anthropic-version");
        version.is_some_and(|version| version.as_bytes() >= VERSION_2026_10.as_bytes())
    }

    /// Whether a beta that begins so is named.
    fn include(self, prefix: &str) -> bool {
        let lists = self.0.get_all("anthropic-beta").iter();
        lists
            .filter_map(|list| list.to_str().ok())
            .flat_map(|list| list.split(','))
            .any(|beta| beta.trim().starts_with(prefix))
    }
}

fn top(body: &Value) -> Result<&Map<String, Value>, Fault> {
    let wrong =
        || Fault::bad("Input should be a valid dictionary or object to extract fields from");
    body.as_object().ok_or_else(wrong)
}

fn known(top: &Map<String, Value>, betas: Betas<'_>, banned: &[&str]) -> Result<(), Fault> {
    for key in top.keys() {
        let needs = TOP
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, beta)| *beta);
        let fits = match needs {
            None => false,
            Some(None) => true,
            Some(Some(beta)) => betas.include(beta) || (key == "speed" && betas.version_2026_10()),
        };
        if !fits || banned.contains(&key.as_str()) {
            return Err(field::extra(&At::ROOT.field(key)));
        }
    }
    Ok(())
}

/// What both endpoints share, in the order in which prompts are cached: tools, system, messages.
fn common<'a>(top: &'a Map<String, Value>, betas: Betas<'_>) -> Result<Ask<'a>, Fault> {
    let mut ask = Ask {
        parallel: true,
        ..Ask::default()
    };
    let mut ledger = Ledger::default();
    ask.thinking = sampling::thinking(top)?;
    tools::check(top, &mut ask, &mut ledger)?;
    system(top, &mut ledger)?;
    turns::check(top, betas, &mut ask, &mut ledger)?;
    ask.output = output(top)?;
    if let Some(mark) = top.get("cache_control") {
        ledger.mark(mark, &At::ROOT.field("cache_control"))?;
    }
    ask.prompt = prompt(&ledger, ask.attachments.len())?;
    Ok(ask)
}

fn limit(top: &Map<String, Value>, model: &str) -> Result<u64, Fault> {
    let at = At::ROOT.field("max_tokens");
    let value = top.get("max_tokens").ok_or_else(|| field::required(&at))?;
    match value.as_u64() {
        Some(0) => Err(Fault::bad(
            "max_tokens: Input should be greater than or equal to 1",
        )),
        Some(limit) if limit > MOST_TOKENS => Err(Fault::bad(format!(
            "max_tokens: {limit} > {MOST_TOKENS}, which is the maximum allowed number of output tokens for {model}"
        ))),
        Some(limit) => Ok(limit),
        None if value.is_i64() => Err(Fault::bad(
            "max_tokens: Input should be greater than or equal to 1",
        )),
        None => Err(field::wrong(&at, "integer")),
    }
}

fn system(top: &Map<String, Value>, ledger: &mut Ledger) -> Result<(), Fault> {
    let at = At::ROOT.field("system");
    match top.get("system") {
        None => Ok(()),
        Some(Value::String(text)) => {
            ledger.text(text);
            Ok(())
        }
        Some(Value::Array(blocks)) => blocks::system(blocks, &at, "system", ledger).map(drop),
        Some(_) => Err(field::wrong(&at, "list")),
    }
}

fn metadata(top: &Map<String, Value>) -> Result<(), Fault> {
    let at = At::ROOT.field("metadata");
    let Some(value) = top.get("metadata") else {
        return Ok(());
    };
    let metadata = value
        .as_object()
        .ok_or_else(|| field::wrong(&at, "dictionary"))?;
    field::only(metadata, &at, &["user_id"])?;
    match metadata.get("user_id") {
        None | Some(Value::Null | Value::String(_)) => Ok(()),
        Some(_) => Err(field::wrong(&at.field("user_id"), "string")),
    }
}

fn output(top: &Map<String, Value>) -> Result<Output<'_>, Fault> {
    if let Some(format) = top.get("output_format") {
        return output_format(format, &At::ROOT.field("output_format"));
    }
    let at = At::ROOT.field("output_config");
    let Some(value) = top.get("output_config") else {
        return Ok(Output::Text);
    };
    let config = value
        .as_object()
        .ok_or_else(|| field::wrong(&at, "dictionary"))?;
    field::only(config, &at, &["effort", "format", "task_budget"])?;
    match config.get("effort") {
        None | Some(Value::Null) => {}
        Some(Value::String(effort)) if EFFORTS.contains(&effort.as_str()) => {}
        Some(_) => return Err(field::not_one_of(&at.field("effort"), EFFORTS)),
    }
    match config.get("format") {
        None | Some(Value::Null) => Ok(Output::Text),
        Some(format) => output_format(format, &at.field("format")),
    }
}

fn output_format<'a>(format: &'a Value, at: &At<'_>) -> Result<Output<'a>, Fault> {
    let format = format
        .as_object()
        .ok_or_else(|| field::wrong(at, "dictionary"))?;
    if field::string(format, at, "type")? != "json_schema" {
        return Err(field::not_one_of(&at.field("type"), &["json_schema"]));
    }
    field::only(format, at, &["type", "schema"])?;
    let at = at.field("schema");
    let schema = format.get("schema").ok_or_else(|| field::required(&at))?;
    if !schema.is_object() {
        return Err(field::wrong(&at, "dictionary"));
    }
    tools::closed_objects(schema, &at)?;
    Ok(Output::Schema(schema))
}

/// What precedes the first of several marks was read from the cache, what follows it up to the last is written.
fn prompt(ledger: &Ledger, media: usize) -> Result<Prompt, Fault> {
    let marks = ledger.marks()?;
    let media = u64::try_from(media).unwrap_or(0) * tokens::MEDIA;
    let total = tokens::of_chars(ledger.chars()) + media;
    let Some(last) = marks.last() else {
        return Ok(Prompt {
            fresh: total,
            ..Prompt::default()
        });
    };
    let cache_read = match marks {
        [first, _, ..] => tokens::of_chars(first.chars),
        _one_or_none => 0,
    };
    let cached = tokens::of_chars(last.chars);
    let written = cached - cache_read;
    let hour = marks.iter().any(|mark| mark.hour);
    Ok(Prompt {
        fresh: total - cached,
        cache_read,
        cache_write_5m: if hour { 0 } else { written },
        cache_write_1h: if hour { written } else { 0 },
    })
}
