//! A look at an answer that is passed on verbatim: usage, the end, an error. Never parses more than it must.

use byokey_types::{Format, Frame, JsonKind, RawObject, Usage};
use bytes::Bytes;
use memchr::memmem;

use crate::{Codec, event::StreamFault};

/// What the frames of a stream have shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    /// Counts.
    pub usage: Option<Usage>,
    /// Whether a reason to stop was given: the upstream may close now.
    pub stopped: bool,
    /// Whether this is the end of the answer.
    pub ended: bool,
    /// The number of the last event, where events are numbered.
    pub sequence: Option<u64>,
    /// Why it was broken off.
    pub fault: Option<StreamFault>,
}

impl Observation {
    /// Adds counts; a later one completes an earlier one.
    pub fn count(&mut self, usage: Usage) {
        match &mut self.usage {
            Some(known) => known.merge(usage),
            None => self.usage = Some(usage),
        }
    }
}

/// The counts in a whole answer.
pub fn usage(codec: &dyn Codec, body: &Bytes) -> Option<Usage> {
    let keys: &[&str] = match codec.format() {
        Format::Gemini => &["usageMetadata", "usage_metadata"],
        Format::OpenAiChat | Format::OpenAiResponses | Format::AnthropicMessages => &["usage"],
    };
    let mut answer = RawObject::parse(body.clone()).ok()?;
    let usage = keys.iter().find_map(|key| answer.take(key))?;
    codec.read_usage(&usage)
}

/// Whether a frame of a Chat stream reports usage and nothing else: the chunk that `include_usage` adds.
pub fn is_bare_usage(frame: &Frame) -> bool {
    if !has(&frame.data, b"\"usage\"") {
        return false;
    }
    let Ok(chunk) = RawObject::parse(frame.data.clone()) else {
        return false;
    };
    let counted = chunk
        .get("usage")
        .is_some_and(|usage| usage.kind() == JsonKind::Object);
    let empty = chunk
        .get("choices")
        .is_some_and(|choices| choices.array().is_ok_and(|choices| choices.is_empty()));
    counted && empty
}

/// Whether a text stands somewhere in the data: one search, no parse.
pub(crate) fn has(data: &[u8], text: &[u8]) -> bool {
    memmem::find(data, text).is_some()
}
