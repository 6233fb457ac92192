//! Thinking, sampling and stop sequences.

use serde_json::{Map, Value};

use super::{Betas, field};
use crate::{
    ask::{Ask, Choice, Thinking},
    fault::Fault,
    json_path::At,
};

const LEAST_BUDGET: u64 = 1024;
const DOCUMENTATION: &str = "Please consult our documentation at \
                             https://docs.claude.com/en/docs/build-with-claude/extended-thinking";

/// Reads `thinking`.
pub(super) fn thinking(top: &Map<String, Value>) -> Result<Thinking, Fault> {
    let at = At::ROOT.field("thinking");
    let Some(value) = top.get("thinking") else {
        return Ok(Thinking::Unset);
    };
    let thinking = value
        .as_object()
        .ok_or_else(|| field::wrong(&at, "dictionary"))?;
    let kind = field::string(thinking, &at, "type")?;
    let (inner, known, on): (_, &[&str], _) = match kind {
        "enabled" => ("enabled", &["type", "budget_tokens", "display"], true),
        "adaptive" => ("adaptive", &["type", "display"], true),
        "between_tools" => ("between_tools", &["type"], true),
        "disabled" => ("disabled", &["type"], false),
        other => {
            return Err(field::unknown_tag(
                &at,
                other,
                ["adaptive", "between_tools", "disabled", "enabled"],
            ));
        }
    };
    let at = at.field(inner);
    field::only(thinking, &at, known)?;
    if !on {
        return Ok(Thinking::Off);
    }
    match field::optional_string(thinking, &at, "display")? {
        None | Some("summarized") => Ok(Thinking::On),
        Some("omitted") => Ok(Thinking::Omitted),
        Some(_) => Err(field::not_one_of(
            &at.field("display"),
            &["summarized", "omitted"],
        )),
    }
}

/// Checks `thinking.budget_tokens` against its own bound and against `max_tokens`.
pub(super) fn budget(top: &Map<String, Value>, limit: u64, betas: Betas<'_>) -> Result<(), Fault> {
    let Some(thinking) = top.get("thinking").and_then(Value::as_object) else {
        return Ok(());
    };
    if thinking.get("type").and_then(Value::as_str) != Some("enabled") {
        return Ok(());
    }
    let at = At::ROOT.field("thinking");
    let at = at.field("enabled");
    let at = at.field("budget_tokens");
    let value = thinking
        .get("budget_tokens")
        .ok_or_else(|| field::required(&at))?;
    let budget = value.as_u64().ok_or_else(|| field::wrong(&at, "integer"))?;
    if budget < LEAST_BUDGET {
        return Err(Fault::bad(format!(
            "{}: Input should be greater than or equal to {LEAST_BUDGET}",
            at.dotted()
        )));
    }
    let has_tools = top
        .get("tools")
        .and_then(Value::as_array)
        .is_some_and(|tools| !tools.is_empty());
    // with interleaved thinking the budget spans the whole turn, so it may exceed one answer
    let spans_turn = has_tools && betas.include("interleaved-thinking-");
    if budget >= limit && !spans_turn {
        return Err(Fault::bad(format!(
            "`max_tokens` must be greater than `thinking.budget_tokens`. {DOCUMENTATION}#max-tokens-and-context-window-size"
        )));
    }
    Ok(())
}

/// Checks the sampling parameters, alone and against thinking.
pub(super) fn check(top: &Map<String, Value>, ask: &Ask<'_>) -> Result<(), Fault> {
    let temperature = number(top, "temperature", 1.0)?;
    let top_p = number(top, "top_p", 1.0)?;
    let top_k = match top.get("top_k") {
        None => None,
        Some(value) => Some(
            value
                .as_u64()
                .ok_or_else(|| field::wrong(&At::ROOT.field("top_k"), "integer"))?,
        ),
    };
    if !matches!(ask.thinking, Thinking::On | Thinking::Omitted) {
        return Ok(());
    }
    if temperature.is_some_and(|temperature| temperature < 1.0) {
        return Err(Fault::bad(format!(
            "`temperature` may only be set to 1 when thinking is enabled. {DOCUMENTATION}#important-considerations-when-using-extended-thinking"
        )));
    }
    if top_p.is_some_and(|top_p| top_p < 0.95) {
        return Err(Fault::bad(format!(
            "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled. {DOCUMENTATION}"
        )));
    }
    if top_k.is_some() {
        let message = format!("`top_k` must be unset when thinking is enabled. {DOCUMENTATION}");
        return Err(Fault::bad(message));
    }
    match ask.choice {
        Choice::Any | Choice::Named(_) => Err(Fault::bad(
            "Thinking may not be enabled when tool_choice forces tool use.",
        )),
        Choice::Auto | Choice::None => Ok(()),
    }
}

/// Reads `stop_sequences`.
pub(super) fn stops(top: &Map<String, Value>) -> Result<Vec<&str>, Fault> {
    let at = At::ROOT.field("stop_sequences");
    let Some(value) = top.get("stop_sequences") else {
        return Ok(Vec::new());
    };
    let stops = value.as_array().ok_or_else(|| field::wrong(&at, "list"))?;
    let mut texts = Vec::with_capacity(stops.len());
    for (index, stop) in stops.iter().enumerate() {
        let text = stop
            .as_str()
            .ok_or_else(|| field::wrong(&at.index(index), "string"))?;
        if text.trim().is_empty() {
            return Err(Fault::bad(
                "stop_sequences: each stop sequence must contain non-whitespace",
            ));
        }
        texts.push(text);
    }
    Ok(texts)
}

fn number(top: &Map<String, Value>, name: &str, most: f64) -> Result<Option<f64>, Fault> {
    let Some(value) = top.get(name) else {
        return Ok(None);
    };
    let number = value
        .as_f64()
        .ok_or_else(|| field::wrong(&At::ROOT.field(name), "number"))?;
    if number < 0.0 {
        return Err(Fault::bad(format!(
            "{name}: Input should be greater than or equal to 0"
        )));
    }
    if number > most {
        return Err(Fault::bad(format!(
            "{name}: Input should be less than or equal to {most}"
        )));
    }
    Ok(Some(number))
}
