//! Requests, read: one turn an item, in their order.

use byokey_types::{Effort, JsonError, JsonKind, Raw, RawObject, ReasoningAsk};
use bytes::Bytes;

use super::{
    carry,
    item::{self, Item},
    seal::Writer,
    spelling::{
        BARE_INPUT, EMPTY_REASONING, EMPTY_TEXT, FORMAT, NO_INPUT, OWN, flatten, remember, said,
    },
    tool::{self, Gathered},
};
use crate::{
    carrier::Returning,
    codec::Decoded,
    fields::{Fields, missing},
    ir::{Block, OutputFormat, ReasoningRequest, Request, Role, Summary, Turn, rest},
    loss::Losses,
    place::Place,
};

/// Reads a request.
///
/// # Errors
/// A [`JsonError`] naming the field.
pub(super) fn decode(body: &Bytes) -> Result<Decoded<Request>, JsonError> {
    let mut losses = Losses::default();
    let mut fields = Fields::of(RawObject::parse(body.clone())?);
    let mut request = Request::new(fields.required_text("model", &mut losses)?);
    remember(&mut fields, OWN);
    // streams of this format always report usage
    request.include_usage = true;
    if fields.peek("instructions").is_some() {
        let mut lost = Losses::default();
        let text = fields.required_text("instructions", &mut lost)?;
        if !lost.is_empty() {
            losses.approximated("system.0.text");
        }
        request.instructions = vec![Block::text(text)];
        request.instructions_bare = true;
    }
    let mut positions = Vec::new();
    input(&mut fields, &mut request, &mut positions, &mut losses)?;
    tools(&mut fields, &mut request, &positions, &mut losses)?;
    sampling(&mut fields, &mut request)?;
    request.reasoning = reasoning(&mut fields)?;
    request.output = text(&mut fields, &mut losses)?;
    request.end_user = said(&mut fields, "user", |fields| {
        fields.text("user", &mut losses)
    })?;
    request.stream = said(&mut fields, "stream", |fields| fields.boolean("stream"))?;
    request.ext = fields.rest(FORMAT);
    Ok(Decoded {
        value: request,
        losses,
    })
}

/// Reads what is asked; `positions` gets, for each turn, the position of its item: what carries a seal is none.
fn input(
    fields: &mut Fields,
    request: &mut Request,
    positions: &mut Vec<usize>,
    losses: &mut Losses,
) -> Result<(), JsonError> {
    let Some(raw) = fields.take("input") else {
        let elsewhere = ["previous_response_id", "prompt", "conversation"];
        if !elsewhere.iter().any(|key| fields.peek(key).is_some()) {
            return Err(missing("input"));
        }
        remember(fields, NO_INPUT);
        return Ok(());
    };
    match raw.kind() {
        JsonKind::String => {
            let (text, lossy) = raw.text_lossy()?;
            if lossy {
                losses.approximated("messages.0.content.0");
            }
            remember(fields, BARE_INPUT);
            let mut turn = Turn::new(Role::User, vec![Block::text(text)]);
            turn.bare = true;
            request.turns.push(turn);
            Ok(())
        }
        JsonKind::Array => {
            let items = raw.array()?;
            request.turns.reserve(items.len());
            let mut carried = Returning::default();
            for (at, item) in items.iter().enumerate() {
                let number = request.turns.len();
                let place = Place::Turn(number, 0);
                if let Some(opened) = carry::open(item) {
                    let last = request.turns.last_mut();
                    let last = last.filter(|turn| turn.role == Role::Assistant);
                    let last = last.and_then(|turn| turn.blocks.last_mut());
                    carried.take(opened, last, place, losses);
                    continue;
                }
                let mut lost = Losses::default();
                let mut turn = turn(item, request, &mut lost)
                    .map_err(|error| error.under(&format!("input.{at}")))?;
                for loss in lost.as_slice() {
                    losses.declare(format!("messages.{number}.{}", loss.path), loss.what);
                }
                match turn.blocks.first_mut() {
                    Some(block) if turn.role == Role::Assistant => {
                        carried.give(block, place, losses);
                    }
                    Some(_) | None => carried.end(place, losses),
                }
                request.turns.push(turn);
                positions.push(at);
            }
            carried.end(Place::Turn(request.turns.len(), 0), losses);
            Ok(())
        }
        found @ (JsonKind::Object | JsonKind::Number | JsonKind::Bool | JsonKind::Null) => {
            Err(JsonError::WrongType {
                path: "input".to_owned(),
                expected: "a string or an array",
                found: found.article(),
            })
        }
    }
}

fn turn(raw: &Raw, request: &mut Request, losses: &mut Losses) -> Result<Turn, JsonError> {
    Ok(match item::read(raw, Writer::Client, losses)? {
        Item::Message(message) => Turn {
            role: message.role,
            blocks: message.blocks,
            bare: message.bare,
            ext: rest(FORMAT, message.rest),
        },
        Item::Block { role, block, names } => {
            request.namespaces.extend(names);
            Turn::new(role, vec![*block])
        }
    })
}

fn tools(
    fields: &mut Fields,
    request: &mut Request,
    positions: &[usize],
    losses: &mut Losses,
) -> Result<(), JsonError> {
    let mut gathered = Gathered::default();
    let listed = fields.take_said("tools");
    if let Some(raw) = &listed {
        gathered
            .list(raw, losses)
            .map_err(|error| error.under("tools"))?;
    }
    for (turn, at) in request.turns.iter().zip(positions) {
        gathered
            .additional(turn, losses)
            .map_err(|error| error.under(&format!("input.{at}")))?;
    }
    request.tools = (listed.is_some() || !gathered.tools.is_empty()).then_some(gathered.tools);
    request.namespaces.extend(gathered.namespaces);
    if let Some(raw) = fields.take_said("tool_choice") {
        let choice = tool::choice(raw).map_err(|error| error.under("tool_choice"))?;
        request.choice = Some(choice);
    }
    request.parallel = said(fields, "parallel_tool_calls", |fields| {
        fields.boolean("parallel_tool_calls")
    })?;
    Ok(())
}

fn sampling(fields: &mut Fields, request: &mut Request) -> Result<(), JsonError> {
    let mut number = |key: &str| said(fields, key, |fields| fields.number(key));
    let sampling = &mut request.sampling;
    sampling.temperature = number("temperature")?;
    sampling.top_p = number("top_p")?;
    sampling.max_tokens = said(fields, "max_output_tokens", |fields| {
        fields.whole("max_output_tokens")
    })?;
    Ok(())
}

/// Reads `reasoning`. Words that no level has stay, as extensions.
fn reasoning(fields: &mut Fields) -> Result<ReasoningRequest, JsonError> {
    let mut asked = ReasoningRequest::default();
    let Some(raw) = fields.take_said("reasoning") else {
        return Ok(asked);
    };
    let under = |error: JsonError| error.under("reasoning");
    let mut inner = Fields::open(&raw).map_err(under)?;
    remember(fields, EMPTY_REASONING);
    if let Some(raw) = inner.take_said("effort") {
        let text = raw.text().map_err(|error| under(error.under("effort")))?;
        match (text.as_str(), text.parse::<Effort>()) {
            ("none", _) => asked.ask = Some(ReasoningAsk::Off),
            (_, Ok(effort)) => asked.effort = Some(effort),
            (_, Err(_)) => inner.put_back("effort", raw),
        }
    }
    if let Some(raw) = inner.take_said("summary") {
        let text = raw.text().map_err(|error| under(error.under("summary")))?;
        asked.summary = match text.as_str() {
            "auto" => Some(Summary::Auto),
            "concise" => Some(Summary::Concise),
            "detailed" => Some(Summary::Detailed),
            "none" => Some(Summary::None),
            _ => None,
        };
        if asked.summary.is_none() {
            inner.put_back("summary", raw);
        }
    }
    flatten(fields, "reasoning", inner);
    Ok(asked)
}

/// Reads `text`; a format of an unknown type stays, as an extension.
fn text(fields: &mut Fields, losses: &mut Losses) -> Result<Option<OutputFormat>, JsonError> {
    let Some(raw) = fields.take_said("text") else {
        return Ok(None);
    };
    let mut inner = Fields::open(&raw).map_err(|error| error.under("text"))?;
    remember(fields, EMPTY_TEXT);
    let format = match inner.take_said("format") {
        None => None,
        Some(raw) => {
            let read = format(&raw, fields, losses).map_err(|error| error.under("text.format"))?;
            if read.is_none() {
                inner.put_back("format", raw);
            }
            read
        }
    };
    flatten(fields, "text", inner);
    Ok(format)
}

fn format(
    raw: &Raw,
    outer: &mut Fields,
    losses: &mut Losses,
) -> Result<Option<OutputFormat>, JsonError> {
    let mut fields = Fields::open(raw)?;
    let format = match fields.required_name("type")?.as_str() {
        "text" => OutputFormat::Text,
        "json_object" => OutputFormat::JsonObject,
        "json_schema" => {
            let mut lost = Losses::default();
            let format = OutputFormat::JsonSchema {
                name: said(&mut fields, "name", |it| it.text("name", &mut lost))?,
                description: said(&mut fields, "description", |it| {
                    it.text("description", &mut lost)
                })?,
                schema: fields.take("schema").ok_or_else(|| missing("schema"))?,
                strict: said(&mut fields, "strict", |it| it.boolean("strict"))?,
            };
            if !lost.is_empty() {
                losses.approximated("output_format");
            }
            format
        }
        _ => return Ok(None),
    };
    flatten(outer, "format", fields);
    Ok(Some(format))
}
