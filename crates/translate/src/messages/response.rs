//! Whole answers.

use std::borrow::Cow;

use byokey_types::{Format, JsonError, Raw, RawObject, Str};
use bytes::{Bytes, BytesMut};

use super::{
    block_decode::{self, Writer},
    carry,
    lower::{input, words},
    media,
    piece::{self, Piece, Wire},
    place::{Place, replayed},
    stop, usage,
};
use crate::write::Object;
use crate::{
    Decoded, Reply,
    carrier::{self, Placement},
    codec::Source,
    event::Start,
    fields::Fields,
    ids,
    ir::{Annotation, Block, Input, Kind, Reasoning, Response, Seal, Stop, StopReason, ToolCall},
    loss::Losses,
    search,
};

const FORMAT: Format = Format::AnthropicMessages;

/// Reads an answer.
///
/// # Errors
/// A [`JsonError`] naming the field.
pub(super) fn decode(body: &Bytes, source: &Source) -> Result<Decoded<Response>, JsonError> {
    let mut fields = Fields::of(RawObject::parse(body.clone())?);
    let mut losses = Losses::default();
    let items = fields
        .array("content")?
        .ok_or_else(|| crate::fields::missing("content"))?;
    let blocks = items.iter().enumerate().map(|(at, item)| {
        let place = Place::Answer(at);
        block_decode::block(item, Writer::Upstream(source), place, &mut losses)
            .map_err(|error| error.under(&format!("content.{at}")))
    });
    let blocks = blocks.collect::<Result<_, _>>()?;
    let stop = take_stop(&mut fields)?;
    let usage = fields.take("usage").and_then(|raw| usage::read(&raw));
    let start = start(fields)?;
    let response = Response {
        id: start.id,
        model: start.model,
        created: None,
        blocks,
        stop,
        usage,
        ext: start.ext,
    };
    Ok(Decoded {
        value: response,
        losses,
    })
}

/// Takes the stop reason of an answer or of the last part of a stream.
///
/// # Errors
/// A [`JsonError`] with its path below the object.
pub(super) fn take_stop(fields: &mut Fields) -> Result<Option<Stop>, JsonError> {
    let sequence = fields.text("stop_sequence", &mut Losses::default())?;
    let word = fields.name("stop_reason")?;
    Ok(word.map(|word| stop::read(&word, sequence)))
}

/// What an answer says of itself before its content.
///
/// # Errors
/// A [`JsonError`] with its path below the answer.
pub(super) fn start(mut fields: Fields) -> Result<Start, JsonError> {
    for known in [
        "type",
        "role",
        "content",
        "stop_reason",
        "stop_sequence",
        "usage",
    ] {
        fields.take_even_null(known);
    }
    Ok(Start {
        id: fields.name("id")?,
        model: fields.name("model")?,
        created: None,
        ext: fields.rest(FORMAT),
    })
}

/// Writes an answer.
pub(super) fn encode(response: &Response, reply: &Reply) -> (Bytes, Losses) {
    let mut losses = Losses::default();
    let ext = replayed(&response.ext, str::to_owned, &mut losses);
    let mut searches = 0;
    let mut pieces: Vec<Piece<'_>> = Vec::with_capacity(response.blocks.len());
    for (at, block) in response.blocks.iter().enumerate() {
        if let Some(pair) = found(block) {
            searches += 1;
            losses.approximated(Place::Answer(at).to_string());
            pieces.extend([pair.call(&pair.input), pair.result].map(|value| Piece {
                place: Place::Answer(at),
                wire: Wire::Native {
                    value: Cow::Owned(value),
                    marked: false,
                },
                cache: None,
                ext: None,
            }));
        } else if let Some(piece) = lower(block, at, &mut losses) {
            let ends = at + 1 == response.blocks.len();
            push(piece, block, ends, &mut pieces, &mut losses);
        }
    }
    let refused = response
        .blocks
        .iter()
        .any(|block| matches!(block.kind, Kind::Refusal { .. }));
    let mut out = BytesMut::with_capacity(1024);
    let mut body = Object::begin(&mut out);
    write_head(
        &mut body,
        response.id.as_ref(),
        response.model.as_ref(),
        reply,
    );
    piece::write_list(&pieces, body.key("content"));
    write_stop(&mut body, response.stop.as_ref(), refused);
    let counts = response.usage.as_ref();
    usage::write(&mut body, counts, searches, &mut losses);
    body.members_but(ext, &[]);
    body.end();
    (out.freeze(), losses)
}

/// Writes what stands before the content.
pub(super) fn write_head(
    body: &mut Object<'_>,
    id: Option<&Str>,
    model: Option<&Str>,
    reply: &Reply,
) {
    body.text("id", &message_id(id, &reply.seed));
    body.text("type", "message");
    body.text("role", "assistant");
    let asked = (!reply.model.is_empty()).then_some(&reply.model);
    body.text("model", asked.or(model).map_or("", Str::as_str));
}

/// Writes why the answer ended.
pub(super) fn write_stop(body: &mut Object<'_>, stop: Option<&Stop>, refused: bool) {
    let none = Stop::bare(StopReason::EndTurn);
    match stop.or(refused.then_some(&none)) {
        Some(stop) => body.text("stop_reason", stop::word(stop, refused)),
        None => body.raw("stop_reason", &Raw::NULL),
    }
    match stop.and_then(|stop| stop.sequence.as_deref()) {
        Some(sequence) => body.text("stop_sequence", sequence),
        None => body.raw("stop_sequence", &Raw::NULL),
    }
}

/// The text for a seal's slot.
pub(super) fn slot(seal: &Seal) -> String {
    carrier::text_for(FORMAT, seal, Placement::Here)
}

/// An id as clients of this format expect it, which keeps what it can of the upstream's.
fn message_id<'a>(id: Option<&'a Str>, seed: &str) -> Cow<'a, str> {
    let Some(id) = id.filter(|id| !id.is_empty()) else {
        return Cow::Owned(ids::derived("msg_", seed, 0).into());
    };
    if id.starts_with("msg_") {
        return Cow::Borrowed(id);
    }
    let tail = id
        .split_once(['-', '_'])
        .map_or(id.as_str(), |(_, tail)| tail);
    let tail = if tail.is_empty() { id } else { tail };
    Cow::Owned(format!("msg_{tail}"))
}

/// A search that another provider ran, as this format says it.
fn found(block: &Block) -> Option<search::Pair> {
    match &block.kind {
        Kind::Native { format, value, .. } if *format != FORMAT => search::pair(value),
        Kind::Native { .. }
        | Kind::Text { .. }
        | Kind::Refusal { .. }
        | Kind::Media(_)
        | Kind::Reasoning(_)
        | Kind::ToolCall(_)
        | Kind::ToolResult(_) => None,
    }
}

fn lower<'a>(block: &'a Block, at: usize, losses: &mut Losses) -> Option<Piece<'a>> {
    let place = Place::Answer(at);
    let wire = match &block.kind {
        Kind::Text { text, annotations } => Some(Wire::Text {
            text: text.into(),
            citations: own_citations(annotations, place, losses),
        }),
        Kind::Refusal { text } => {
            losses.approximated(place.to_string());
            Some(plain(text.as_str()))
        }
        Kind::Media(media) => {
            losses.dropped(place.to_string());
            Some(plain(media::marked(media).text))
        }
        Kind::Reasoning(reasoning) => lower_reasoning(reasoning, block.seal.as_ref()),
        Kind::ToolCall(call) => Some(lower_call(call, place, losses)),
        Kind::Native { format, value, .. } => (*format == FORMAT).then_some(Wire::Native {
            value: Cow::Borrowed(value),
            marked: false,
        }),
        Kind::ToolResult(_) => None,
    };
    let Some(wire) = wire else {
        losses.dropped(place.to_string());
        return None;
    };
    Some(Piece {
        place,
        wire,
        cache: None,
        ext: replayed(&block.ext, |m| place.fact(&format!("ext.{m}")), losses),
    })
}

/// Adds what a block became, with the carrier of its seal where it needs one.
fn push<'a>(
    piece: Piece<'a>,
    block: &'a Block,
    ends: bool,
    pieces: &mut Vec<Piece<'a>>,
    losses: &mut Losses,
) {
    // clients take the last block of an answer for what it says, so none may stand behind the last words
    let last_words = ends && matches!(block.kind, Kind::Text { .. } | Kind::Refusal { .. });
    let placement = carrier::placement(&block.kind).filter(|_| !last_words);
    let carried = block.seal.as_ref().zip(placement);
    if block.seal.is_some() && carried.is_none() && !piece.is_thinking() {
        losses.dropped(piece.place.fact("seal"));
    }
    let carrier = carried.map(|(seal, placement)| {
        let carrier = carry::piece(piece.place, seal, placement);
        (carrier, placement)
    });
    match carrier {
        Some((carrier, Placement::Next)) => pieces.extend([carrier, piece]),
        Some((carrier, Placement::Here | Placement::Previous)) => pieces.extend([piece, carrier]),
        None => pieces.push(piece),
    }
}

fn plain<'a>(text: impl Into<Cow<'a, str>>) -> Wire<'a> {
    Wire::Text {
        text: text.into(),
        citations: Vec::new(),
    }
}

fn own_citations<'a>(
    annotations: &'a [Annotation],
    place: Place,
    losses: &mut Losses,
) -> Vec<&'a Raw> {
    if annotations.iter().any(|it| it.format != FORMAT) {
        // a citation of a web page needs an encrypted index that only the API itself can make
        losses.dropped(place.fact("annotations"));
    }
    let own = annotations.iter().filter(|it| it.format == FORMAT);
    own.map(|it| &it.native).collect()
}

/// Thinking, its seal in the slot that clients echo; withheld thinking without a seal says nothing.
fn lower_reasoning<'a>(reasoning: &'a Reasoning, seal: Option<&'a Seal>) -> Option<Wire<'a>> {
    let slot = seal.map(slot);
    if reasoning.redacted {
        return slot.map(|data| Wire::Redacted(data.into()));
    }
    Some(Wire::Thinking {
        text: words(reasoning),
        signature: Some(slot.unwrap_or_default().into()),
    })
}

fn lower_call<'a>(call: &'a ToolCall, place: Place, losses: &mut Losses) -> Wire<'a> {
    let input = match &call.input {
        // what was cut off means nothing; the caller refuses whole answers with such a call before they get here
        Input::Malformed(_) => {
            losses.dropped(place.fact("input"));
            Raw::EMPTY_OBJECT
        }
        said @ (Input::Json(_) | Input::Text(_)) => {
            let (input, exact) = input(said);
            if !exact {
                losses.approximated(place.fact("input"));
            }
            input
        }
    };
    Wire::Call {
        id: Cow::Borrowed(&call.id.id),
        name: Cow::Borrowed(&call.name),
        input,
    }
}
