//! Whole answers.

use byokey_types::{JsonError, Raw, RawObject, Str, Usage};
use bytes::{Bytes, BytesMut};

use super::{
    annotation, carry, error, item,
    output::{self, Status},
    seal::Writer,
    spelling::{FORMAT, replayed},
    stop, usage,
};
use crate::{
    Decoded, Reply,
    carrier::Placement,
    codec::Source,
    event::{Start, StreamFault},
    fields::{Fields, missing},
    ids,
    ir::{Block, Kind, Response, Runs, Stop, own},
    loss::Losses,
    write::Object,
};

/// How far an answer is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Phase<'a> {
    Running,
    Ended(Option<&'a Stop>),
    Failed(&'a StreamFault),
}

/// What the libraries of this format expect in every answer, and what it is when nobody said it.
const USUAL: [(&str, &str); 7] = [
    ("instructions", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("temperature", "null"),
    ("tool_choice", "\"auto\""),
    ("tools", "[]"),
    ("top_p", "null"),
];

/// Reads an answer.
///
/// # Errors
/// A [`JsonError`] naming the field; one at `error` when the answer is the report of a failure.
pub(super) fn decode(body: &Bytes, source: &Source) -> Result<Decoded<Response>, JsonError> {
    let answer = RawObject::parse(body.clone())?;
    let mut losses = Losses::default();
    if answer.get("error").is_some_and(|error| !error.is_null()) {
        return Err(JsonError::Invalid {
            path: "error".to_owned(),
            what: "reports that the upstream failed".to_owned(),
        });
    }
    let items = answer.get("output").ok_or_else(|| missing("output"))?;
    let items = items.array().map_err(|error| error.under("output"))?;
    let mut blocks = Vec::with_capacity(items.len());
    for (at, raw) in items.iter().enumerate() {
        let mut lost = Losses::default();
        let item = item::read(raw, Writer::Upstream(source), &mut lost)
            .map_err(|error| error.under(&format!("output.{at}")))?;
        let first = blocks.len();
        for loss in lost.as_slice() {
            let inner = loss.path.strip_prefix("content.").unwrap_or(&loss.path);
            let (at, fact) = inner.split_once('.').unwrap_or((inner, ""));
            let at = first + at.parse::<usize>().unwrap_or_default();
            let path = format!("content.{at}.{fact}");
            losses.declare(path.trim_end_matches('.'), loss.what);
        }
        blocks.extend(output::blocks(item));
    }
    let stop = stop::read(&answer, has_calls(&blocks));
    let usage = answer.get("usage").and_then(usage::read);
    let start = start(Fields::of(answer))?;
    let response = Response {
        id: start.id,
        model: start.model,
        created: start.created,
        blocks,
        stop: Some(stop),
        usage,
        ext: start.ext,
    };
    Ok(Decoded {
        value: response,
        losses,
    })
}

/// What an answer says of itself.
///
/// # Errors
/// A [`JsonError`] with its path below the answer.
pub(super) fn start(mut fields: Fields) -> Result<Start, JsonError> {
    for known in [
        "object",
        "status",
        "error",
        "incomplete_details",
        "output",
        "output_text",
        "usage",
        "stop_sequence",
        "completed_at",
    ] {
        fields.take_even_null(known);
    }
    let created = fields.take("created_at").and_then(|raw| raw.whole().ok());
    Ok(Start {
        id: fields.name("id")?,
        model: fields.name("model")?,
        created: created.and_then(|seconds| i64::try_from(seconds).ok()),
        ext: fields.rest(FORMAT),
    })
}

/// Whether blocks hold a call that the client runs.
pub(super) fn has_calls(blocks: &[Block]) -> bool {
    blocks
        .iter()
        .any(|block| matches!(&block.kind, Kind::ToolCall(call) if call.runs == Runs::Client))
}

/// Writes an answer.
pub(super) fn encode(response: &Response, reply: &Reply) -> (Bytes, Losses) {
    let mut losses = Losses::default();
    let mut said: Vec<&Block> = Vec::with_capacity(response.blocks.len());
    for (at, block) in response.blocks.iter().enumerate() {
        declare(block, at, &mut losses);
        if output::is_sayable(block) {
            said.push(block);
        } else {
            losses.dropped(format!("content.{at}"));
        }
    }
    let cut_off = stop::incomplete(response.stop.as_ref()).is_some();
    let groups = output::groups(&said);
    let last = groups.len().saturating_sub(1);
    let mut items: Vec<Bytes> = Vec::with_capacity(groups.len());
    for (position, range) in groups.into_iter().enumerate() {
        let status = if cut_off && position == last {
            Status::Incomplete
        } else {
            Status::Completed
        };
        let carried = carry::carried(said[range.end - 1]);
        let (before, behind) = match carried {
            Some((_, Placement::Next)) => (carried, None),
            Some((_, Placement::Previous | Placement::Here)) | None => (None, carried),
        };
        items.extend(before.map(|_| carry::item(before, items.len(), reply)));
        let id = output::id(said[range.start], items.len(), reply);
        let blocks = said[range].iter().copied();
        items.push(output::item(blocks, &id, status, reply));
        items.extend(behind.map(|_| carry::item(behind, items.len(), reply)));
    }
    let start = Start {
        id: response.id.clone(),
        model: response.model.clone(),
        created: response.created,
        ext: response.ext.clone(),
    };
    replayed(&response.ext, str::to_owned, &mut losses);
    let mut out = BytesMut::with_capacity(1024);
    let phase = Phase::Ended(response.stop.as_ref());
    write(
        &start,
        phase,
        &items,
        response.usage.as_ref(),
        reply,
        &mut out,
    );
    (out.freeze(), losses)
}

fn declare(block: &Block, at: usize, losses: &mut Losses) {
    let place = |fact: &str| format!("content.{at}.{fact}");
    replayed(&block.ext, |member| place(&format!("ext.{member}")), losses);
    match &block.kind {
        Kind::Text { annotations, .. } if !annotations.iter().all(annotation::is_sayable) => {
            losses.dropped(place("annotations"));
        }
        Kind::Media(media) if output::image(media).is_none() => {
            losses.dropped(format!("content.{at}"));
        }
        Kind::Text { .. }
        | Kind::Media(_)
        | Kind::Refusal { .. }
        | Kind::ToolCall(_)
        | Kind::Native { .. }
        | Kind::ToolResult(_)
        | Kind::Reasoning(_) => {}
    }
    let has_slot = matches!(block.kind, Kind::Reasoning(_));
    let is_carried = carry::carried(block).is_some() && output::is_sayable(block);
    if block.seal.is_some() && !has_slot && !is_carried {
        losses.dropped(place("seal"));
    }
}

/// Writes an answer as far as it is.
pub(super) fn write(
    start: &Start,
    phase: Phase<'_>,
    items: &[Bytes],
    counts: Option<&Usage>,
    reply: &Reply,
    out: &mut BytesMut,
) {
    let ext = own(&start.ext, FORMAT);
    let mut body = Object::begin(out);
    match &reply.own {
        Some(own) => body.text("id", &own.id),
        None => body.text("id", &answer_id(start.id.as_ref(), &reply.seed)),
    }
    body.text("object", "response");
    let created = start.created.unwrap_or(reply.now);
    body.number("created_at", u64::try_from(created).unwrap_or_default());
    let reason = match phase {
        Phase::Ended(stop) => stop::incomplete(stop),
        Phase::Running | Phase::Failed(_) => None,
    };
    let status = match (phase, reason) {
        (Phase::Running, _) => "in_progress",
        (Phase::Failed(_), _) => "failed",
        (Phase::Ended(_), Some(_)) => "incomplete",
        (Phase::Ended(_), None) => "completed",
    };
    body.text("status", status);
    match phase {
        Phase::Failed(fault) => error::write_failure(fault, body.key("error")),
        Phase::Running | Phase::Ended(_) => body.raw("error", &Raw::NULL),
    }
    match reason {
        Some(reason) => {
            let mut details = body.object("incomplete_details");
            details.text("reason", reason);
            details.end();
        }
        None => body.raw("incomplete_details", &Raw::NULL),
    }
    let asked = (!reply.model.is_empty()).then_some(&reply.model);
    let model = asked.or(start.model.as_ref());
    body.text("model", model.map_or("", Str::as_str));
    let mut list = body.array("output");
    for item in items {
        list.item().extend_from_slice(item);
    }
    list.end();
    match counts {
        Some(counts) => usage::write(counts, &mut body),
        None => body.raw("usage", &Raw::NULL),
    }
    if let Phase::Ended(Some(stop)) = phase {
        body.text_some("stop_sequence", stop.sequence.as_deref());
    }
    body.members(ext, Some);
    let is_said = |key: &str| ext.is_some_and(|ext| ext.contains(key));
    let echo = reply.own.as_ref().map(|own| &own.echo);
    let repeated = echo.into_iter().flat_map(RawObject::iter);
    for (key, value) in repeated.filter(|(key, _)| !is_said(key)) {
        body.raw(key, value);
    }
    for (key, value) in USUAL {
        if !is_said(key) && !echo.is_some_and(|echo| echo.contains(key)) {
            body.key(key).extend_from_slice(value.as_bytes());
        }
    }
    body.end();
}

/// An id as clients of this format expect it, which keeps what it can of the upstream's.
fn answer_id(id: Option<&Str>, seed: &str) -> Str {
    let Some(id) = id.filter(|id| !id.is_empty()) else {
        return ids::derived("resp_", seed, 0);
    };
    if id.starts_with("resp_") {
        return id.clone();
    }
    let tail = id
        .split_once(['-', '_'])
        .map_or(id.as_str(), |(_, tail)| tail);
    Str::from(format!("resp_{}", if tail.is_empty() { id } else { tail }))
}
