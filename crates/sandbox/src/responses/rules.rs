//! What the Responses API refuses.

mod backend;
mod content;
mod conversation;
mod input;
mod kinds;
mod output;
mod pairing;
mod tools;
mod top;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::voice::Callable;
use crate::{
    ask::{Ask, Prompt, Thinking},
    fault::Fault,
    json_path::At,
    model::Dialect,
};

/// What a request is checked against beside itself.
pub(super) struct Context<'a> {
    pub(super) dialect: Dialect,
    /// Whose seals are whole.
    pub(super) owner: &'a str,
    /// Whether the request came over a WebSocket.
    pub(super) socket: bool,
    /// Whether a client of the provider's own makes the request.
    pub(super) genuine: bool,
}

/// What a request refers to.
pub(super) struct Before {
    /// What was said before, by `previous_response_id`.
    pub(super) history: Vec<Value>,
    /// Kept items that the input names by their ids.
    pub(super) kept: BTreeMap<String, Value>,
}

/// A request that has passed.
pub(super) struct Asked<'a> {
    pub(super) ask: Ask<'a>,
    /// The tools of [`Ask`], by their names.
    pub(super) callables: Vec<Callable>,
    /// Whether the web may be searched.
    pub(super) web: bool,
    /// Whether the input ends with a demand for compaction.
    pub(super) compaction: bool,
}

/// The body as an object.
pub(super) fn object(body: &Value) -> Result<&Map<String, Value>, Fault> {
    body.as_object().ok_or_else(crate::chat::fault::not_json)
}

/// The `model` of a body.
pub(super) fn model(top: &Map<String, Value>) -> Result<&str, Fault> {
    match top.get("model") {
        Some(Value::String(name)) if !name.is_empty() => Ok(name),
        Some(Value::String(_) | Value::Null) | None => {
            Err(crate::chat::rules::field::missing(&At::ROOT.field("model")))
        }
        Some(other) => Err(crate::chat::rules::field::wrong_type(
            &At::ROOT.field("model"),
            "a string",
            other,
        )),
    }
}

/// Refuses parameters, before anything that they refer to is looked up.
pub(super) fn parameters<'a>(
    top: &'a Map<String, Value>,
    context: &Context<'_>,
) -> Result<Asked<'a>, Fault> {
    if context.dialect == Dialect::Codex {
        backend::check(top, context)?;
    }
    let mut asked = Asked {
        ask: Ask {
            parallel: true,
            ..Ask::default()
        },
        callables: Vec::new(),
        web: false,
        compaction: false,
    };
    top::check(top, context, &mut asked.ask)?;
    Ok(asked)
}

/// Refuses everything else that the API would refuse; what remains is the request's meaning.
pub(super) fn check<'a>(
    top: &'a Map<String, Value>,
    context: &Context<'_>,
    before: &'a Before,
    mut asked: Asked<'a>,
) -> Result<Asked<'a>, Fault> {
    let mut chars = tools::declared(top, &mut asked)?;
    asked.ask.output = output::check(top)?;
    chars += input::check(top, context, before, &mut asked)?;
    tools::choice(top, &mut asked)?;
    let text = |name| top.get(name).and_then(Value::as_str).unwrap_or_default();
    chars += text("instructions").chars().count();
    let media = u64::try_from(asked.ask.attachments.len()).unwrap_or(0) * crate::tokens::MEDIA;
    asked.ask.prompt = prompt(crate::tokens::of_chars(chars) + media);
    Ok(asked)
}

/// Whether and how reasoning is asked for.
fn thinking(top: &Map<String, Value>) -> Thinking {
    let of = |name| {
        top.get("reasoning")
            .and_then(|reasoning| reasoning.get(name))
    };
    match of("effort").and_then(Value::as_str) {
        Some("none") => Thinking::Off,
        Some(_) => Thinking::On,
        None if of("summary").is_some_and(|summary| !summary.is_null()) => Thinking::On,
        None => Thinking::Unset,
    }
}

/// OpenAI caches prompts from 1,024 tokens in steps of 128.
fn prompt(total: u64) -> Prompt {
    let cached = if total < 1024 { 0 } else { total / 128 * 128 };
    Prompt {
        fresh: total - cached,
        cache_read: cached,
        ..Prompt::default()
    }
}
