//! A look at an answer that is passed on verbatim: usage, the end, an error. Never parses more than it must.

use byokey_types::{Format, Frame, JsonKind, Raw, RawObject, Usage};
use bytes::Bytes;
use memchr::memmem;

use crate::{chat, event::StreamFault, messages};

/// What a frame of a stream showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    /// Counts.
    pub usage: Option<Usage>,
    /// Whether a reason to stop was given: the upstream may close now.
    pub stopped: bool,
    /// Whether this is the end of the answer.
    pub ended: bool,
    /// Why it was broken off.
    pub fault: Option<StreamFault>,
}

/// What a whole answer showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Whole {
    /// Counts.
    pub usage: Option<Usage>,
}

/// Looks at one frame.
pub fn frame(format: Format, frame: &Frame, seen: &mut Observation) {
    match format {
        Format::OpenAiChat => chat_frame(frame, seen),
        Format::AnthropicMessages => messages_frame(frame, seen),
        // these have no codec yet, so nothing of theirs is passed on
        Format::OpenAiResponses | Format::Gemini => {}
    }
}

/// Looks at a whole answer.
pub fn answer(format: Format, body: &Bytes) -> Whole {
    let Ok(object) = RawObject::parse(body.clone()) else {
        return Whole::default();
    };
    Whole {
        usage: object.get("usage").and_then(|usage| usage_of(format, usage)),
    }
}

/// Whether a frame of a Chat stream reports usage and nothing else: the chunk that `include_usage` adds.
pub fn is_bare_usage(frame: &Frame) -> bool {
    if memmem::find(&frame.data, b"\"usage\"").is_none() {
        return false;
    }
    let Ok(chunk) = RawObject::parse(frame.data.clone()) else {
        return false;
    };
    let counted = chunk.get("usage").is_some_and(|usage| usage.kind() == JsonKind::Object);
    let empty = chunk
        .get("choices")
        .is_some_and(|choices| choices.array().is_ok_and(|choices| choices.is_empty()));
    counted && empty
}

fn chat_frame(frame: &Frame, seen: &mut Observation) {
    let data = &frame.data;
    if data.trim_ascii() == b"[DONE]" {
        seen.ended = true;
        return;
    }
    if has(data, b"\"finish_reason\"") && !has(data, b"\"finish_reason\":null") {
        // some upstreams close behind it, without `[DONE]`
        seen.stopped = true;
    }
    if has(data, b"\"usage\"")
        && let Some(usage) = member(data, "usage").and_then(|raw| usage_of(Format::OpenAiChat, &raw))
    {
        seen.usage = Some(usage);
    }
    if (has(data, b"\"error\"") || frame.event.as_deref() == Some("error"))
        && let Some(fault) = chat::stream_fault(frame)
    {
        seen.fault = Some(fault);
    }
}

fn messages_frame(frame: &Frame, seen: &mut Observation) {
    let data = &frame.data;
    if has(data, b"message_stop") {
        seen.ended |= kind(data).as_deref() == Some("message_stop");
    }
    if has(data, b"\"usage\"") {
        let usage = match kind(data).as_deref() {
            Some("message_start") => {
                member(data, "message").and_then(|message| message.object().ok()?.take("usage"))
            }
            Some("message_delta") => member(data, "usage"),
            Some(_) | None => None,
        };
        if let Some(usage) = usage.and_then(|raw| usage_of(Format::AnthropicMessages, &raw)) {
            match &mut seen.usage {
                Some(known) => known.merge(usage),
                None => seen.usage = Some(usage),
            }
        }
    }
    if has(data, b"\"error\"")
        && let Some(fault) = messages::stream_fault(frame)
    {
        seen.fault = Some(fault);
    }
}

fn has(data: &[u8], text: &[u8]) -> bool {
    memmem::find(data, text).is_some()
}

fn member(data: &Bytes, key: &str) -> Option<Raw> {
    RawObject::parse(data.clone()).ok()?.take(key)
}

fn kind(data: &Bytes) -> Option<String> {
    member(data, "type")?.text().ok()
}

fn usage_of(format: Format, raw: &Raw) -> Option<Usage> {
    match format {
        Format::OpenAiChat => chat::usage(raw),
        Format::AnthropicMessages => messages::usage(raw),
        Format::OpenAiResponses | Format::Gemini => None,
    }
}
