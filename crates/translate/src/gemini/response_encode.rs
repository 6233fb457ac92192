//! Whole answers, written.

use std::borrow::Cow;

use byokey_types::{Raw, RawObject, Str};
use bytes::{Bytes, BytesMut};

use super::{
    annotation::{self, Grounding},
    content_decode::is_derived,
    lower::{args, words},
    media,
    part_decode::{UNSAID, UNTHOUGHT},
    piece::{self, Piece, Wire},
    place::Place,
    seal,
    spelling::{self, FORMAT, is_marked, replayed},
    stop, usage,
};
use crate::{
    Reply, ids,
    ir::{Block, Input, Kind, Media, Response, Runs, Stop, StopReason},
    loss::Losses,
    write::{Array, Object},
};

/// Writes an answer.
pub(super) fn encode(response: &Response, reply: &Reply) -> (Bytes, Losses) {
    let mut losses = Losses::default();
    let ext = replayed(&response.ext, str::to_owned, &mut losses);
    let mut pieces = Vec::with_capacity(response.blocks.len());
    let mut groundings = Vec::new();
    let keeps_grounding = ext.is_some_and(|ext| ext.contains("candidates.groundingMetadata"));
    for (at, block) in response.blocks.iter().enumerate() {
        let part = pieces.len() as u64;
        if !keeps_grounding && let Kind::Text { text, annotations } = &block.kind {
            for annotation in annotations {
                match Grounding::new(part, annotation, Some(text)) {
                    Some(grounding) => groundings.push(grounding),
                    None => losses.dropped(Place::Answer(at).fact("annotations")),
                }
            }
        }
        pieces.extend(lower(block, at, &mut losses));
    }
    let mut out = BytesMut::with_capacity(1024);
    let mut body = Object::begin(&mut out);
    let is_blocked = response.blocks.is_empty() && is_marked(ext, "candidates.none");
    if !is_blocked {
        let mut array = Array::begin(body.key("candidates"));
        let mut candidate = array.object();
        write_content(&mut candidate, &pieces, ext);
        let refused = response
            .blocks
            .iter()
            .any(|block| matches!(block.kind, Kind::Refusal { .. }));
        let unsaid = Stop::bare(StopReason::EndTurn);
        if let Some(stop) = response.stop.as_ref().or(refused.then_some(&unsaid)) {
            candidate.text("finishReason", stop::word(stop, refused));
        }
        if ext.is_none() || is_marked(ext, "candidates.index") {
            candidate.number("index", 0);
        }
        annotation::write(&mut candidate, &groundings);
        for (key, value) in spelling::members(ext, "candidates") {
            candidate.raw(key, value);
        }
        candidate.end();
        for other in others(ext) {
            array.item().extend_from_slice(other.bytes());
        }
        array.end();
    }
    if let Some(usage) = &response.usage {
        usage::write(&mut body, usage, &mut losses);
    }
    write_head(
        &mut body,
        response.model.as_ref(),
        response.id.as_ref(),
        reply,
    );
    for (key, value) in spelling::plain(ext) {
        if key != "candidates" {
            body.raw(key, value);
        }
    }
    body.end();
    (out.freeze(), losses)
}

/// Writes what an answer says of itself.
pub(super) fn write_head(
    body: &mut Object<'_>,
    model: Option<&Str>,
    id: Option<&Str>,
    reply: &Reply,
) {
    let asked = (!reply.model.is_empty()).then_some(&reply.model);
    body.text_some("modelVersion", asked.or(model).map(Str::as_str));
    match id.filter(|id| !id.is_empty()) {
        Some(id) => body.text("responseId", &ids::repeatable(id)),
        None if !reply.seed.is_empty() => {
            body.text("responseId", &ids::derived("resp-", &reply.seed, 0));
        }
        None => {}
    }
}

fn others(ext: Option<&RawObject>) -> Vec<Raw> {
    let others = ext.and_then(|ext| ext.get("candidates")?.array().ok());
    others.unwrap_or_default()
}

fn write_content(candidate: &mut Object<'_>, pieces: &[Piece<'_>], ext: Option<&RawObject>) {
    if pieces.is_empty() && is_marked(ext, "candidates.content") {
        return;
    }
    let mut content = candidate.object("content");
    if !(pieces.is_empty() && is_marked(ext, "candidates.parts")) {
        piece::write_parts(pieces, content.key("parts"));
    }
    content.text("role", "model");
    for (key, value) in spelling::members(ext, "candidates.content") {
        content.raw(key, value);
    }
    content.end();
}

fn lower<'a>(block: &'a Block, at: usize, losses: &mut Losses) -> Option<Piece<'a>> {
    let place = Place::Answer(at);
    let own = crate::ir::own(&block.ext, FORMAT);
    let wire = match &block.kind {
        Kind::Text { text, .. } => Some(Wire::Text(text.into())),
        Kind::Refusal { text } => {
            losses.approximated(place.to_string());
            Some(Wire::Text(text.into()))
        }
        Kind::Media(shown) => Some(medium(shown, own, place, losses)),
        Kind::Reasoning(reasoning) => {
            match (is_marked(own, UNTHOUGHT), is_marked(own, UNSAID)) {
                (true, true) => Some(Wire::Nothing),
                (true, false) => Some(Wire::Text("".into())),
                (false, true) => Some(Wire::OnlyThought),
                // nobody could read it, nor say it again
                (false, false) if reasoning.redacted && block.seal.is_none() => None,
                (false, false) if reasoning.redacted => Some(Wire::OnlyThought),
                (false, false) => Some(Wire::Thought(words(reasoning))),
            }
        }
        Kind::ToolCall(call) if call.runs == Runs::Client => {
            let (input, exact) = match &call.input {
                // what was cut off means nothing; the caller refuses whole answers with such a call before they get here
                Input::Malformed(_) => (Raw::EMPTY_OBJECT, false),
                said @ (Input::Json(_) | Input::Text(_)) => args(said),
            };
            if !exact {
                losses.approximated(place.fact("input"));
            }
            Some(Wire::Call {
                id: (!is_derived(&call.id.id)).then(|| call.id.id.as_str().into()),
                key: &call.id.id,
                name: call.name.as_str().into(),
                args: input,
            })
        }
        Kind::Native { format, value, .. } => (*format == FORMAT).then_some(Wire::Native(value)),
        Kind::ToolCall(_) | Kind::ToolResult(_) => None,
    };
    let Some(wire) = wire else {
        losses.dropped(place.to_string());
        return None;
    };
    Some(Piece {
        place,
        wire,
        seal: block.seal.as_ref().map(|seal| Cow::Owned(seal::slot(seal))),
        ext: replayed(&block.ext, |m| place.fact(&format!("ext.{m}")), losses),
    })
}

/// A medium of an answer: in this format, or in words.
pub(super) fn medium<'a>(
    media: &'a Media,
    ext: Option<&RawObject>,
    place: Place,
    losses: &mut Losses,
) -> Wire<'a> {
    match media::wire(media, None, ext, &mut media::Changes::default()) {
        Ok(source) => Wire::Media {
            title: media.title.as_deref(),
            source,
        },
        Err((text, _)) => {
            losses.dropped(place.to_string());
            Wire::Text(text.into())
        }
    }
}
