//! Stop reasons.
//!
//! Source: Messages API, `stop_reason`; `sensitive` is a guest's word for a refusal.

use byokey_types::Str;

use crate::ir::{Stop, StopReason};

const WORDS: [(&str, StopReason); 8] = [
    ("end_turn", StopReason::EndTurn),
    ("max_tokens", StopReason::MaxTokens),
    ("stop_sequence", StopReason::StopSequence),
    ("tool_use", StopReason::ToolCall),
    ("pause_turn", StopReason::Pause),
    ("refusal", StopReason::Refusal),
    ("model_context_window_exceeded", StopReason::ContextWindow),
    ("sensitive", StopReason::Refusal),
];

/// Reads a stop reason and the text that caused it.
pub(super) fn read(word: &str, sequence: Option<String>) -> Stop {
    let reason = WORDS.iter().find(|(known, _)| *known == word);
    Stop {
        reason: reason.map_or(StopReason::Other, |(_, reason)| *reason),
        raw: Some(Str::from(word)),
        sequence,
    }
}

/// The word for a stop reason; `refused` when the answer holds a refusal, which other formats need not say here.
pub(super) fn word(stop: &Stop, refused: bool) -> &str {
    let ended = matches!(stop.reason, StopReason::EndTurn | StopReason::StopSequence);
    if refused && ended {
        return "refusal";
    }
    if ended && stop.sequence.is_some() {
        return "stop_sequence";
    }
    let raw = stop.raw.as_deref();
    if let Some(own) = raw.filter(|raw| WORDS.contains(&(raw, stop.reason))) {
        return own;
    }
    match stop.reason {
        // words that this format has got since look like this, those of others often do not
        StopReason::Other => raw
            .filter(|raw| raw.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
            .unwrap_or("end_turn"),
        reason => WORDS
            .iter()
            .find(|(_, known)| *known == reason)
            .map_or("end_turn", |(word, _)| word),
    }
}
