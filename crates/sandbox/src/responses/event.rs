//! Events: their data, their numbers, their padding.

use bytes::Bytes;
use serde::Serialize;
use serde_json::json;

use super::{
    item::{Annotation, Item, Part},
    voice::ResponsesVoice,
};
use crate::{base62, model::Dialect, reel::Reel};

/// The members that any event of an item may have.
#[derive(Default, Serialize)]
pub(super) struct Data<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) item_id: Option<&'a str>,
    pub(super) output_index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) summary_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) item: Option<&'a Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) part: Option<&'a Part>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) annotation: Option<&'a Annotation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) annotation_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refusal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) arguments: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logprobs: Option<[(); 0]>,
}

/// A piece of text, padded against observers who count bytes.
#[derive(Serialize)]
struct Piece<'a> {
    #[serde(flatten)]
    data: &'a Data<'a>,
    delta: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    obfuscation: Option<String>,
}

/// An event with its number.
#[derive(Serialize)]
struct Event<'a, T> {
    #[serde(rename = "type")]
    kind: &'a str,
    sequence_number: usize,
    #[serde(flatten)]
    data: T,
}

/// Events in the making, numbered from wherever they start.
pub(super) struct Numbered<'a> {
    voice: &'a ResponsesVoice,
    reel: Reel,
    next: usize,
}

/// Characters to which a delta is padded.
const PADDED: usize = 16;

impl<'a> Numbered<'a> {
    pub(super) fn from(voice: &'a ResponsesVoice, next: usize) -> Self {
        Self {
            voice,
            reel: Reel::default(),
            next,
        }
    }

    pub(super) fn next(&self) -> usize {
        self.next
    }

    pub(super) fn frames(self) -> Vec<Bytes> {
        self.reel.frames()
    }

    pub(super) fn event(&mut self, kind: &str, data: &impl Serialize) {
        let event = Event {
            kind,
            sequence_number: self.next,
            data,
        };
        self.reel.event(Some(kind), &event);
        self.next += 1;
    }

    /// An event with a piece of text.
    pub(super) fn delta(&mut self, kind: &str, data: &Data<'_>, delta: &str) {
        let obfuscation = self.voice.obfuscate.then(|| {
            let missing = PADDED.saturating_sub(delta.chars().count()).max(1);
            let salt = u64::try_from(self.next).unwrap_or(0);
            base62::id("", missing, salt, 7)
        });
        let data = Piece {
            data,
            delta,
            obfuscation,
        };
        self.event(kind, &data);
    }

    /// What the ChatGPT backend says before it begins; it has no number.
    pub(super) fn limits(&mut self) {
        if self.voice.dialect != Dialect::Codex {
            return;
        }
        let window = |minutes: u32| json!({"used_percent": 1, "window_minutes": minutes, "reset_after_seconds": 60});
        let limits = json!({
            "type": "codex.rate_limits", "plan_type": "plus",
            "rate_limits": {"allowed": true, "limit_reached": false, "primary": window(300), "secondary": window(10080)},
        });
        self.reel.event(Some("codex.rate_limits"), &limits);
    }
}
