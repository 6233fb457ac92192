//! A client's request, read.

use byokey_types::{Format, JsonError, JsonKind, Raw, RawObject};
use bytes::Bytes;

use super::{
    block_decode::{self, Writer, said},
    carry, choice, output,
    place::{Place, absorb_under},
    thinking, tool,
};
use crate::{
    Decoded,
    carrier::Returning,
    fields::{Fields, missing},
    ir::{Block, Request, Role, Turn},
    loss::Losses,
};

const FORMAT: Format = Format::AnthropicMessages;

/// Reads a request.
///
/// # Errors
/// A [`JsonError`] naming the field.
pub(super) fn decode(body: &Bytes) -> Result<Decoded<Request>, JsonError> {
    let mut fields = Fields::of(RawObject::parse(body.clone())?);
    let mut losses = Losses::default();
    let mut request = Request::new(fields.required_text("model", &mut losses)?);
    // streams of this format always report usage
    request.include_usage = true;
    if let Some(system) = said(&mut fields, "system") {
        let (blocks, bare) = system_text(&system, &mut losses)?;
        request.instructions = blocks;
        request.instructions_bare = bare;
    }
    request.turns = turns(&mut fields, &mut losses)?;
    decode_tools(&mut fields, &mut request, &mut losses)?;
    decode_sampling(&mut fields, &mut request, &mut losses)?;
    decode_reasoning(&mut fields, &mut request)?;
    if let Some(metadata) = said(&mut fields, "metadata") {
        decode_metadata(&metadata, &mut fields, &mut request, &mut losses)
            .map_err(|error| error.under("metadata"))?;
    }
    if fields.peek("stream").is_some() {
        request.stream = fields.boolean("stream")?;
    }
    request.ext = fields.rest(FORMAT);
    Ok(Decoded {
        value: request,
        losses,
    })
}

fn system_text(raw: &Raw, losses: &mut Losses) -> Result<(Vec<Block>, bool), JsonError> {
    if raw.kind() == JsonKind::String {
        let (text, lossy) = raw.text_lossy()?;
        if lossy {
            losses.approximated("system.0.text");
        }
        return Ok((vec![Block::text(text)], true));
    }
    let items = raw.array().map_err(|error| error.under("system"))?;
    let blocks = items.iter().enumerate().map(|(at, item)| {
        block_decode::block(item, Writer::Client, Place::System(at), losses)
            .map_err(|error| error.under(&format!("system.{at}")))
    });
    Ok((blocks.collect::<Result<_, _>>()?, false))
}

fn turns(fields: &mut Fields, losses: &mut Losses) -> Result<Vec<Turn>, JsonError> {
    let items = fields
        .array("messages")?
        .ok_or_else(|| missing("messages"))?;
    let turns = items.iter().enumerate().map(|(at, item)| {
        turn(item, at, losses).map_err(|error| error.under(&format!("messages.{at}")))
    });
    turns.collect()
}

fn turn(raw: &Raw, at: usize, losses: &mut Losses) -> Result<Turn, JsonError> {
    let mut fields = Fields::open(raw)?;
    let role = match fields.required_name("role")?.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" => Role::System,
        _ => {
            return Err(JsonError::Invalid {
                path: "role".to_owned(),
                what: "must be `user`, `assistant` or `system`".to_owned(),
            });
        }
    };
    let content = fields.take("content").ok_or_else(|| missing("content"))?;
    let mut turn = Turn::new(role, Vec::new());
    match content.kind() {
        JsonKind::String => {
            turn.bare = true;
            let (text, lossy) = content.text_lossy()?;
            if lossy {
                losses.approximated(Place::Turn(at, 0).fact("text"));
            }
            turn.blocks.push(Block::text(text));
        }
        JsonKind::Array => {
            let items = content.array()?;
            turn.blocks.reserve(items.len());
            let mut carried = Returning::default();
            for (position, item) in items.iter().enumerate() {
                let place = Place::Turn(at, turn.blocks.len());
                let opened = carry::open(item).filter(|_| role == Role::Assistant);
                if let Some(opened) = opened {
                    carried.take(opened, turn.blocks.last_mut(), place, losses);
                    continue;
                }
                let mut block = block_decode::block(item, Writer::Client, place, losses)
                    .map_err(|error| error.under(&format!("content.{position}")))?;
                carried.give(&mut block, place, losses);
                turn.blocks.push(block);
            }
            carried.end(Place::Turn(at, turn.blocks.len()), losses);
        }
        kind @ (JsonKind::Object | JsonKind::Number | JsonKind::Bool | JsonKind::Null) => {
            return Err(JsonError::WrongType {
                path: "content".to_owned(),
                expected: "a string or an array",
                found: kind.article(),
            });
        }
    }
    turn.ext = fields.rest(FORMAT);
    Ok(turn)
}

fn decode_tools(
    fields: &mut Fields,
    request: &mut Request,
    losses: &mut Losses,
) -> Result<(), JsonError> {
    if fields.peek("tools").is_some()
        && let Some(items) = fields.array("tools")?
    {
        let tools = tool::decode(&items, losses).map_err(|error| error.under("tools"))?;
        request.tools = Some(tools);
    }
    if let Some(raw) = said(fields, "tool_choice") {
        let said = choice::decode(&raw).map_err(|error| error.under("tool_choice"))?;
        request.choice = Some(said.choice);
        request.parallel = said.parallel;
        if !said.rest.is_empty() {
            fields.put_back("tool_choice", said.rest.to_raw());
        }
    }
    Ok(())
}

fn decode_sampling(
    fields: &mut Fields,
    request: &mut Request,
    losses: &mut Losses,
) -> Result<(), JsonError> {
    let sampling = &mut request.sampling;
    for (key, slot) in [
        ("temperature", &mut sampling.temperature),
        ("top_p", &mut sampling.top_p),
        ("top_k", &mut sampling.top_k),
    ] {
        if fields.peek(key).is_some() {
            *slot = fields.number(key)?;
        }
    }
    if let Some(raw) = said(fields, "max_tokens") {
        let value = raw.whole().map_err(|error| error.under("max_tokens"))?;
        sampling.max_tokens = Some(value);
        if raw != Raw::number(value) {
            // `1e3` is a number that this format spells back
            fields.put_back("max_tokens", raw);
        }
    }
    if let Some(raw) = said(fields, "stop_sequences") {
        let items = raw.array().map_err(|error| error.under("stop_sequences"))?;
        if items.is_empty() {
            fields.put_back("stop_sequences", raw);
        }
        for (at, item) in items.iter().enumerate() {
            let (text, lossy) = item
                .text_lossy()
                .map_err(|error| error.under(&format!("stop_sequences.{at}")))?;
            if lossy {
                losses.approximated("stop");
            }
            sampling.stop.push(text);
        }
    }
    Ok(())
}

/// Reads what `thinking`, `output_config` and its older spelling `output_format` say.
fn decode_reasoning(fields: &mut Fields, request: &mut Request) -> Result<(), JsonError> {
    let thinks = said(fields, "thinking");
    if let Some(raw) = &thinks {
        let (ask, summary) = thinking::read(raw).map_err(|error| error.under("thinking"))?;
        request.reasoning.ask = ask;
        request.reasoning.summary = summary;
        if thinking::says_more(raw, ask, summary) {
            fields.put_back("thinking", raw.clone());
        }
    }
    if let Some(raw) = said(fields, "output_config") {
        let (effort, format, rest) =
            output::read_config(&raw).map_err(|error| error.under("output_config"))?;
        let says_nothing_known = effort.is_none() && format.is_none();
        request.reasoning.effort = effort;
        request.output = format;
        if !rest.is_empty() || says_nothing_known {
            fields.put_back("output_config", rest.to_raw());
        }
        if effort.is_some() && thinks.is_none() {
            // effort alone does not switch thinking on; elsewhere it would, so the encoder must be able to tell
            fields.put_back("thinking", Raw::NULL);
        }
    }
    if let Some(raw) = said(fields, "output_format") {
        let (format, rest) =
            output::read_format(&raw).map_err(|error| error.under("output_format"))?;
        let rest = match (&format, rest.is_empty()) {
            // nothing to replay but the spelling itself
            (Some(_), true) => Raw::NULL,
            (Some(_) | None, _) => rest.to_raw(),
        };
        request.output = request.output.take().or(format);
        fields.put_back("output_format", rest);
    }
    Ok(())
}

fn decode_metadata(
    raw: &Raw,
    fields: &mut Fields,
    request: &mut Request,
    losses: &mut Losses,
) -> Result<(), JsonError> {
    let mut metadata = Fields::open(raw)?;
    let mut lost = Losses::default();
    if metadata.peek("user_id").is_some() {
        request.end_user = metadata.text("user_id", &mut lost)?;
    }
    if !lost.is_empty() {
        absorb_under(losses, &lost, "metadata");
    }
    let rest = metadata.into_object();
    if !rest.is_empty() || request.end_user.is_none() {
        fields.put_back("metadata", rest.to_raw());
    }
    Ok(())
}
