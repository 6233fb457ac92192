//! Requests, read.

use byokey_types::{Effort, Format, JsonError, Raw, RawObject, ReasoningAsk};
use bytes::Bytes;

use super::{
    message_decode,
    spelling::{
        BARE_STOP, EMPTY_LIST, LEGACY, MAX_COMPLETION_TOKENS, MAX_TOKENS, REASONING_NONE,
        REASONING_OBJECT, TOP_K, flatten, remember, said,
    },
    tool,
};
use crate::{
    codec::Decoded,
    fields::{Fields, missing},
    ir::{OutputFormat, ReasoningRequest, Request, Sampling},
    loss::Losses,
};

/// Reads a request.
///
/// # Errors
/// A [`JsonError`] naming the field.
pub(super) fn decode(body: &Bytes) -> Result<Decoded<Request>, JsonError> {
    let mut losses = Losses::default();
    let mut fields = Fields::of(RawObject::parse(body.clone())?);
    let mut request = Request::new(fields.required_text("model", &mut losses)?);
    let messages = fields
        .array("messages")?
        .ok_or_else(|| missing("messages"))?;
    if messages.is_empty() {
        return Err(JsonError::Invalid {
            path: "messages".to_owned(),
            what: "must not be empty".to_owned(),
        });
    }
    request.turns =
        message_decode::turns(&messages, &mut losses).map_err(|error| error.under("messages"))?;
    tools(&mut fields, &mut request, &mut losses)?;
    request.sampling = sampling(&mut fields, &mut losses)?;
    request.reasoning = reasoning(&mut fields)?;
    request.output = output(&mut fields, &mut losses)?;
    request.end_user = said(&mut fields, "user", |fields| {
        fields.text("user", &mut losses)
    })?;
    request.stream = said(&mut fields, "stream", |fields| fields.boolean("stream"))?;
    request.include_usage = stream_options(&mut fields)?;
    request.ext = fields.rest(Format::OpenAiChat);
    Ok(Decoded {
        value: request,
        losses,
    })
}

fn tools(fields: &mut Fields, request: &mut Request, losses: &mut Losses) -> Result<(), JsonError> {
    let legacy = fields.peek("tools").is_none() && fields.peek("functions").is_some();
    let member = if legacy { "functions" } else { "tools" };
    if let Some(raw) = fields.take_said(member) {
        let items = raw.array().map_err(|error| error.under(member))?;
        if items.is_empty() {
            remember(fields, EMPTY_LIST);
        }
        let mut tools = Vec::with_capacity(items.len());
        for (position, item) in items.iter().enumerate() {
            let mut lost = Losses::default();
            let tool = if legacy {
                tool::legacy_function(item, &mut lost)
            } else {
                tool::tool(item, &mut lost)
            };
            tools.push(tool.map_err(|error| error.under(&format!("{member}.{position}")))?);
            for loss in lost.as_slice() {
                losses.declare(format!("tools.{position}.{}", loss.path), loss.what);
            }
        }
        request.tools = Some(tools);
    }
    if let Some(raw) = fields.take_said("tool_choice") {
        let choice = tool::choice(raw).map_err(|error| error.under("tool_choice"))?;
        request.choice = Some(choice);
    } else if let Some(raw) = fields.take_said("function_call") {
        let choice = tool::choice(raw).map_err(|error| error.under("function_call"))?;
        request.choice = Some(choice);
        remember(fields, LEGACY);
    }
    request.parallel = said(fields, "parallel_tool_calls", |fields| {
        fields.boolean("parallel_tool_calls")
    })?;
    Ok(())
}

fn sampling(fields: &mut Fields, losses: &mut Losses) -> Result<Sampling, JsonError> {
    let mut number = |key: &str| said(fields, key, |fields| fields.number(key));
    let mut sampling = Sampling {
        temperature: number("temperature")?,
        top_p: number("top_p")?,
        top_k: number("top_k")?,
        presence_penalty: number("presence_penalty")?,
        frequency_penalty: number("frequency_penalty")?,
        seed: number("seed")?,
        max_tokens: None,
        stop: Vec::new(),
    };
    if sampling.top_k.is_some() {
        remember(fields, TOP_K);
    }
    let older = said(fields, "max_tokens", |fields| fields.whole("max_tokens"))?;
    let newer = said(fields, "max_completion_tokens", |fields| {
        fields.whole("max_completion_tokens")
    })?;
    sampling.max_tokens = match (older, newer) {
        (Some(older), Some(newer)) => {
            losses.approximated("max_tokens");
            Some(older.min(newer))
        }
        (older, newer) => newer.or(older),
    };
    match (older, newer) {
        (_, Some(_)) => remember(fields, MAX_COMPLETION_TOKENS),
        (Some(_), None) => remember(fields, MAX_TOKENS),
        (None, None) => {}
    }
    if let Some(raw) = fields.take_said("stop") {
        sampling.stop = stop(&raw, fields, losses).map_err(|error| error.under("stop"))?;
    }
    Ok(sampling)
}

fn stop(raw: &Raw, fields: &mut Fields, losses: &mut Losses) -> Result<Vec<String>, JsonError> {
    let mut read = |raw: &Raw| -> Result<String, JsonError> {
        let (text, lossy) = raw.text_lossy()?;
        if lossy {
            losses.approximated("stop");
        }
        Ok(text)
    };
    if raw.kind() == byokey_types::JsonKind::String {
        remember(fields, BARE_STOP);
        return Ok(vec![read(raw)?]);
    }
    let items = raw.array()?;
    items
        .iter()
        .enumerate()
        .map(|(at, item)| read(item).map_err(|error| error.under(&at.to_string())))
        .collect()
}

/// Reads `reasoning_effort`, else the object `reasoning` (OpenRouter's shape). Words that no level has stay, as extensions.
fn reasoning(fields: &mut Fields) -> Result<ReasoningRequest, JsonError> {
    let asked = read_reasoning(fields)?;
    if asked.effort.is_some() {
        remember(fields, crate::kin::spelling::SHOWN);
    }
    Ok(asked)
}

fn read_reasoning(fields: &mut Fields) -> Result<ReasoningRequest, JsonError> {
    let mut asked = ReasoningRequest::default();
    if let Some(raw) = fields.take_said("reasoning_effort") {
        let text = raw
            .text()
            .map_err(|error| error.under("reasoning_effort"))?;
        if !effort(&text, &mut asked) {
            fields.put_back("reasoning_effort", raw);
        }
    }
    let Some(mut inner) = fields
        .peek("reasoning")
        .and_then(|raw| Fields::open(raw).ok())
    else {
        return Ok(asked);
    };
    fields.take("reasoning");
    remember(fields, REASONING_OBJECT);
    let under = |error: JsonError| error.under("reasoning");
    if asked == ReasoningRequest::default() {
        if let Some(raw) = inner.take_said("effort") {
            let text = raw.text().map_err(|error| under(error.under("effort")))?;
            if !effort(&text, &mut asked) {
                inner.put_back("effort", raw);
            } else if asked.ask == Some(ReasoningAsk::Off) {
                remember(fields, REASONING_NONE);
            }
        }
        if asked.ask.is_none() {
            asked.ask = said(&mut inner, "max_tokens", |inner| inner.whole("max_tokens"))
                .map_err(under)?
                .map(ReasoningAsk::Budget);
        }
        if asked.ask.is_none() {
            asked.ask = said(&mut inner, "enabled", |inner| inner.boolean("enabled"))
                .map_err(under)?
                .map(|on| {
                    if on {
                        ReasoningAsk::Auto
                    } else {
                        ReasoningAsk::Off
                    }
                });
        }
    }
    flatten(fields, "reasoning", inner);
    Ok(asked)
}

fn effort(text: &str, asked: &mut ReasoningRequest) -> bool {
    match (text, text.parse::<Effort>()) {
        ("none", _) => asked.ask = Some(ReasoningAsk::Off),
        (_, Ok(effort)) => asked.effort = Some(effort),
        (_, Err(_)) => return false,
    }
    true
}

/// Reads `response_format`; one of an unknown type stays, as an extension.
fn output(fields: &mut Fields, losses: &mut Losses) -> Result<Option<OutputFormat>, JsonError> {
    let Some(raw) = fields.take_said("response_format") else {
        return Ok(None);
    };
    let mut lost = Losses::default();
    let read =
        read_output(&raw, fields, &mut lost).map_err(|error| error.under("response_format"))?;
    if read.is_none() {
        fields.put_back("response_format", raw);
    }
    if !lost.is_empty() {
        losses.approximated("output_format");
    }
    Ok(read)
}

fn read_output(
    raw: &Raw,
    fields: &mut Fields,
    lost: &mut Losses,
) -> Result<Option<OutputFormat>, JsonError> {
    let mut outer = Fields::open(raw)?;
    let output = match outer.required_name("type")?.as_str() {
        "text" => OutputFormat::Text,
        "json_object" => OutputFormat::JsonObject,
        "json_schema" => {
            let mut inner = outer
                .object("json_schema")?
                .ok_or_else(|| missing("json_schema"))?;
            let under = |error: JsonError| error.under("json_schema");
            let Some(schema) = inner.take_said("schema") else {
                return Ok(None);
            };
            let output = OutputFormat::JsonSchema {
                name: said(&mut inner, "name", |inner| inner.text("name", lost)).map_err(under)?,
                description: said(&mut inner, "description", |inner| {
                    inner.text("description", lost)
                })
                .map_err(under)?,
                schema,
                strict: said(&mut inner, "strict", |inner| inner.boolean("strict"))
                    .map_err(under)?,
            };
            flatten(fields, "json_schema", inner);
            output
        }
        _ => return Ok(None),
    };
    flatten(fields, "response_format", outer);
    Ok(Some(output))
}

fn stream_options(fields: &mut Fields) -> Result<bool, JsonError> {
    if fields.peek("stream_options").is_none() {
        return Ok(false);
    }
    let Some(mut inner) = fields.object("stream_options")? else {
        return Ok(false);
    };
    let asked = said(&mut inner, "include_usage", |inner| {
        inner.boolean("include_usage")
    })
    .map_err(|error| error.under("stream_options"))?;
    flatten(fields, "stream_options", inner);
    Ok(asked.unwrap_or(false))
}
