//! Finish reasons.
//!
//! Source: Gemini API, `FinishReason` and `BlockReason`.

use byokey_types::Str;

use crate::ir::{Stop, StopReason};

const WORDS: [(&str, StopReason); 15] = [
    ("STOP", StopReason::EndTurn),
    ("MAX_TOKENS", StopReason::MaxTokens),
    ("SAFETY", StopReason::Refusal),
    ("RECITATION", StopReason::Refusal),
    ("BLOCKLIST", StopReason::Refusal),
    ("PROHIBITED_CONTENT", StopReason::Refusal),
    ("SPII", StopReason::Refusal),
    ("IMAGE_SAFETY", StopReason::Refusal),
    ("IMAGE_PROHIBITED_CONTENT", StopReason::Refusal),
    ("IMAGE_RECITATION", StopReason::Refusal),
    ("MODEL_ARMOR", StopReason::Refusal),
    ("OTHER", StopReason::Other),
    ("IMAGE_OTHER", StopReason::Other),
    ("NO_IMAGE", StopReason::Other),
    ("LANGUAGE", StopReason::Other),
];

/// Words that say that the model failed to answer, which is worth another try.
const FAULTS: [&str; 4] = [
    "MALFORMED_FUNCTION_CALL",
    "MALFORMED_RESPONSE",
    "UNEXPECTED_TOOL_CALL",
    "MISSING_THOUGHT_SIGNATURE",
];

/// Whether a word says that the model failed.
pub(super) fn is_fault(word: &str) -> bool {
    FAULTS.contains(&word)
}

/// Reads a reason.
pub(super) fn read(word: &str) -> Stop {
    let found = WORDS.iter().find(|(known, _)| *known == word);
    Stop {
        reason: found.map_or(StopReason::Other, |(_, reason)| *reason),
        raw: Some(Str::from(word)),
        sequence: None,
    }
}

/// The reason of an answer that may hold `calls`: one that is finished waits for them.
pub(super) fn with_calls(stop: Stop, calls: bool) -> Stop {
    if calls && stop.reason == StopReason::EndTurn {
        return Stop {
            reason: StopReason::ToolCall,
            ..stop
        };
    }
    stop
}

/// Reads why a prompt was not answered at all.
pub(super) fn blocked(word: &str) -> Stop {
    Stop {
        reason: StopReason::Refusal,
        raw: Some(Str::from(word)),
        sequence: None,
    }
}

/// The word for a reason: the upstream's own where it is this format's and means the same. An answer that was `refused` in
/// words ends so here, where only the reason can say it.
pub(super) fn word(stop: &Stop, refused: bool) -> &str {
    let meant = match stop.reason {
        StopReason::EndTurn if refused => StopReason::Refusal,
        StopReason::ToolCall | StopReason::StopSequence | StopReason::Pause => StopReason::EndTurn,
        StopReason::ContextWindow => StopReason::MaxTokens,
        reason => reason,
    };
    // words that this format has got since look like this
    let is_newer = |raw: &&str| {
        meant == StopReason::Other && raw.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
    };
    let own = stop
        .raw
        .as_deref()
        .filter(|raw| WORDS.contains(&(raw, meant)) || is_newer(raw));
    let usual = WORDS.iter().find(|(_, reason)| *reason == meant);
    own.or(usual.map(|(word, _)| *word)).unwrap_or("OTHER")
}
