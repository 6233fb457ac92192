//! `generationConfig`: sampling, limits, thinking, the form of the answer.

use serde_json::{Map, Value};

use super::{invalid, schema};
use crate::{
    ask::{Ask, Output, Thinking},
    fault::Fault,
    gemini::proto,
    json_path::At,
    model::Model,
};

/// Output tokens that any model gives.
pub(in crate::gemini) const MOST_TOKENS: i64 = 65_536;
const MOST_STOPS: usize = 5;
const JSON: &str = "application/json";
const WORDS: &str = "text/x.enum";
/// Greatest thinking budget of the flash models (<https://ai.google.dev/gemini-api/docs/thinking#set-budget>).
const MOST_BUDGET: i64 = 24_576;

/// Checks `generationConfig`, and fills in what it says.
pub(super) fn check<'a>(
    top: &'a Map<String, Value>,
    model: &Model<'_>,
    ask: &mut Ask<'a>,
) -> Result<(), Fault> {
    let Some(config) = proto::object(top, "generation_config") else {
        return Ok(());
    };
    let at = At::ROOT.field("generation_config");
    for (name, least, most) in [
        ("temperature", 0.0, 2.0),
        ("top_p", 0.0, 1.0),
        ("presence_penalty", -2.0, 2.0),
        ("frequency_penalty", -2.0, 2.0),
    ] {
        let given = proto::number(config, name);
        if given.is_some_and(|given| !(least..=most).contains(&given)) {
            let reason = format!("{name} must be in the range [{least:.1}, {most:.1}].");
            return Err(invalid(&at.field(name), &reason));
        }
    }
    if proto::integer(config, "top_k").is_some_and(|given| given < 1) {
        return Err(invalid(&at.field("top_k"), "top_k must be positive."));
    }
    if let Some(count) = proto::integer(config, "candidate_count") {
        within("candidateCount", count, 1, 8)?;
    }
    ask.limit = limit(config, &at)?;
    ask.stops = stops(config, &at)?;
    for modality in proto::list(config, "response_modalities") {
        if modality
            .as_str()
            .is_some_and(|word| !word.eq_ignore_ascii_case("text"))
        {
            return Err(Fault::bad(
                "Model does not support the requested response modalities: image,audio",
            ));
        }
    }
    ask.output = output(config, &at)?;
    if !matches!(ask.output, Output::Text) && !ask.tools.is_empty() && !model.generation3 {
        return Err(Fault::bad(format!(
            "Function calling with a response mime type: '{JSON}' is unsupported"
        )));
    }
    ask.thinking = match proto::object(config, "thinking_config") {
        Some(thinking) => think(thinking, model)?,
        None => Thinking::Unset,
    };
    Ok(())
}

/// The enterprise platform's words, which name the range.
fn within(name: &str, given: i64, least: i64, most: i64) -> Result<(), Fault> {
    if (least..=most).contains(&given) {
        return Ok(());
    }
    let past = most + 1;
    Err(Fault::bad(format!(
        "Unable to submit request because it has a {name} value of {given} but the supported range is from {least} \
         (inclusive) to {past} (exclusive). Update the value and try again."
    )))
}

fn limit(config: &Map<String, Value>, at: &At<'_>) -> Result<Option<u64>, Fault> {
    let name = "max_output_tokens";
    let Some(limit) = proto::integer(config, name) else {
        return Ok(None);
    };
    if limit < 1 {
        return Err(invalid(
            &at.field(name),
            "max_output_tokens must be positive.",
        ));
    }
    within("maxOutputTokens", limit, 1, MOST_TOKENS)?;
    Ok(u64::try_from(limit).ok())
}

fn stops<'a>(config: &'a Map<String, Value>, at: &At<'_>) -> Result<Vec<&'a str>, Fault> {
    let at = at.field("stop_sequences");
    let stops: Vec<_> = proto::list(config, "stop_sequences")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    if stops.len() > MOST_STOPS {
        let reason = format!("at most {MOST_STOPS} stop sequences are allowed.");
        return Err(invalid(&at, &reason));
    }
    match stops.iter().position(|stop| stop.is_empty()) {
        Some(empty) => Err(invalid(
            &at.index(empty),
            "stop_sequence must not be empty.",
        )),
        None => Ok(stops),
    }
}

fn output<'a>(config: &'a Map<String, Value>, at: &At<'_>) -> Result<Output<'a>, Fault> {
    let media_type = proto::text(config, "response_mime_type").unwrap_or("text/plain");
    if !["", "text/plain", JSON, WORDS].contains(&media_type) {
        return Err(invalid(
            &at.field("response_mime_type"),
            "allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and \
             `text/x.enum`.",
        ));
    }
    let lowered = proto::get(config, "response_schema");
    let full = proto::get(config, "response_json_schema");
    let (name, given) = match (lowered, full) {
        (Some(_), Some(_)) => {
            let reason = "only one of response_schema and response_json_schema can be set";
            return Err(invalid(at, reason));
        }
        (Some(schema), None) => ("response_schema", schema),
        (None, Some(schema)) => ("response_json_schema", schema),
        (None, None) if media_type == JSON => return Ok(Output::Json),
        (None, None) => return Ok(Output::Text),
    };
    if media_type != JSON && media_type != WORDS {
        return Err(invalid(
            &at.field(name),
            "only supported with response_mime_type `application/json` or `text/x.enum`.",
        ));
    }
    match (lowered.and_then(Value::as_object), given) {
        (Some(schema), _) => schema::check(schema, &at.field(name))?,
        (None, Value::Object(_)) => {}
        (None, _) => return Err(invalid(&at.field(name), "must be a JSON schema object")),
    }
    Ok(Output::Schema(given))
}

fn think(thinking: &Map<String, Value>, model: &Model<'_>) -> Result<Thinking, Fault> {
    let budget = proto::integer(thinking, "thinking_budget");
    let level = proto::text(thinking, "thinking_level").map(str::to_uppercase);
    if budget.is_some() && level.is_some() {
        return Err(Fault::bad(
            "You can only set only one of thinking budget and thinking level.",
        ));
    }
    match level.as_deref() {
        Some(_) if !model.generation3 => {
            return Err(Fault::bad(
                "Thinking level is not supported for this model.",
            ));
        }
        Some("XHIGH") => {
            return Err(Fault::bad(
                "Thinking level XHIGH is not supported for this model.",
            ));
        }
        Some(_) | None => {}
    }
    if let Some(budget) = budget
        && !(-1..=MOST_BUDGET).contains(&budget)
    {
        return Err(Fault::bad(format!(
            "The thinking budget {budget} is invalid. Please choose a value between 0 and {MOST_BUDGET}."
        )));
    }
    let told = proto::get(thinking, "include_thoughts") == Some(&Value::Bool(true));
    match (budget, told) {
        (Some(0), true) => Err(Fault::bad(
            "Unable to submit request because Thinking_config.include_thoughts is only enabled when thinking is enabled.",
        )),
        (Some(0), false) => Ok(Thinking::Off),
        (_, true) => Ok(Thinking::On),
        (None, false) if level.is_none() => Ok(Thinking::Unset),
        (_, false) => Ok(Thinking::Omitted),
    }
}
