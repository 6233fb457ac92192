//! `generationConfig`, read.
//!
//! Source: Gemini API, `GenerationConfig` and `ThinkingConfig`.

use byokey_types::{Effort, JsonError, Raw, ReasoningAsk};

use super::{
    schema::lift::{self, Change},
    spelling::{flatten, mark, take_name, take_open},
};
use crate::{
    fields::Fields,
    ir::{OutputFormat, Request, Summary},
    loss::Losses,
};

const OUTER: &str = "generationConfig";

/// Reads a configuration; what is not modelled goes to `fields`, the members around it.
///
/// # Errors
/// A [`JsonError`] with its path below the configuration.
pub(super) fn config(
    mut config: Fields,
    fields: &mut Fields,
    request: &mut Request,
    losses: &mut Losses,
) -> Result<(), JsonError> {
    // an empty one is what SDKs send
    mark(fields, OUTER);
    let sampling = &mut request.sampling;
    for (key, slot) in [
        ("temperature", &mut sampling.temperature),
        ("topP", &mut sampling.top_p),
        ("topK", &mut sampling.top_k),
        ("presencePenalty", &mut sampling.presence_penalty),
        ("frequencyPenalty", &mut sampling.frequency_penalty),
        ("seed", &mut sampling.seed),
    ] {
        let snake = if key == "topP" { "top_p" } else { "top_k" };
        if key.starts_with("top")
            && config.peek(key).is_none()
            && let Some(raw) = config.take_said(snake)
        {
            config.put_back(key, raw);
        }
        if config.peek(key).is_some() {
            *slot = config.number(key)?;
        }
    }
    if let Some(raw) = config.take_said("maxOutputTokens") {
        let value = raw
            .whole()
            .map_err(|error| error.under("maxOutputTokens"))?;
        sampling.max_tokens = Some(value);
    }
    if let Some(raw) = config.take_said("stopSequences") {
        let items = raw.array().map_err(|error| error.under("stopSequences"))?;
        if items.is_empty() {
            mark(fields, "generationConfig.stopSequences");
        }
        for (at, item) in items.iter().enumerate() {
            let (text, lossy) = item
                .text_lossy()
                .map_err(|error| error.under(&format!("stopSequences.{at}")))?;
            if lossy {
                losses.approximated("stop");
            }
            sampling.stop.push(text);
        }
    }
    if let Some(thinking) = take_open(&mut config, "thinkingConfig")? {
        decode_thinking(thinking, fields, request).map_err(|e| e.under("thinkingConfig"))?;
    }
    request.output = output(&mut config, fields)?;
    flatten(fields, OUTER, config);
    Ok(())
}

fn decode_thinking(
    mut thinking: Fields,
    fields: &mut Fields,
    request: &mut Request,
) -> Result<(), JsonError> {
    // thoughts are shown only when that is asked for; elsewhere they are shown unless it is not
    mark(fields, "generationConfig.thinkingConfig");
    let wish = &mut request.reasoning;
    if let Some(raw) = thinking.take_said("thinkingBudget") {
        wish.ask = Some(budget(&raw).map_err(|error| error.under("thinkingBudget"))?);
    }
    let level = thinking
        .peek("thinkingLevel")
        .and_then(|raw| raw.text().ok())
        .and_then(|level| level.to_ascii_lowercase().parse::<Effort>().ok());
    if level.is_some() {
        thinking.take("thinkingLevel");
        wish.effort = level;
    }
    if thinking.peek("includeThoughts").is_some() {
        wish.summary = thinking
            .boolean("includeThoughts")?
            .map(|shown| if shown { Summary::Auto } else { Summary::None });
    }
    flatten(fields, "generationConfig.thinkingConfig", thinking);
    Ok(())
}

/// A budget: 0 is none, -1 is as the model sees fit.
fn budget(raw: &Raw) -> Result<ReasoningAsk, JsonError> {
    if raw
        .decode::<f64>()
        .is_ok_and(|value| value.to_bits() == (-1.0f64).to_bits())
    {
        return Ok(ReasoningAsk::Auto);
    }
    Ok(match raw.whole()? {
        0 => ReasoningAsk::Off,
        tokens => ReasoningAsk::Budget(tokens),
    })
}

/// Reads the shape of the answer; a media type that is not known stays, with its schema.
fn output(config: &mut Fields, fields: &mut Fields) -> Result<Option<OutputFormat>, JsonError> {
    let said = config
        .peek("responseMimeType")
        .and_then(|raw| raw.text().ok());
    let is_json = match said.as_deref() {
        Some("application/json") | None => true,
        Some("text/plain") => false,
        Some(_) => return Ok(None),
    };
    let schema = if !is_json {
        None
    } else if let Some(schema) = config.take_said("responseJsonSchema") {
        Some(schema)
    } else if let Some(schema) = config.take_said("responseSchema") {
        let lifted = lift::lift(&schema);
        match lifted.change {
            Change::None => mark(fields, "generationConfig.responseSchema"),
            Change::Lifted => mark(fields, "generationConfig.responseSchema.lifted"),
            Change::Beyond => config.put_back("responseSchema", schema),
        }
        Some(lifted.schema)
    } else {
        None
    };
    if said.is_none() {
        mark(fields, "generationConfig.responseMimeType");
    }
    take_name(config, "responseMimeType")?;
    Ok(match (is_json, schema) {
        (true, Some(schema)) => Some(OutputFormat::JsonSchema {
            name: None,
            description: None,
            schema,
            strict: None,
        }),
        (true, None) => said.map(|_| OutputFormat::JsonObject),
        (false, _) => Some(OutputFormat::Text),
    })
}
