//! Why an answer ended: `status` and `incomplete_details.reason`.

use byokey_types::{RawObject, Str};

use crate::ir::{Stop, StopReason};

/// Reads why an answer ended; an answer that is incomplete for a reason that is not known is taken to have been cut off.
pub(super) fn read(answer: &RawObject, has_calls: bool) -> Stop {
    let text = |object: &RawObject, key: &str| object.get(key).and_then(|raw| raw.text().ok());
    let status = text(answer, "status").unwrap_or_else(|| "completed".to_owned());
    if let Some(sequence) = text(answer, "stop_sequence") {
        return Stop {
            reason: StopReason::StopSequence,
            raw: Some(Str::from(status)),
            sequence: Some(sequence),
        };
    }
    if status == "incomplete" {
        let details = answer.get("incomplete_details");
        let details = details.and_then(|raw| raw.object().ok());
        let word = details.and_then(|details| text(&details, "reason"));
        let reason = match word.as_deref() {
            Some("content_filter") => StopReason::Refusal,
            Some(_) | None => StopReason::MaxTokens,
        };
        return Stop::new(reason, word.unwrap_or(status));
    }
    let reason = if has_calls {
        StopReason::ToolCall
    } else {
        StopReason::EndTurn
    };
    Stop::new(reason, status)
}

/// Why an answer for a client is incomplete; `None` when it is whole.
pub(super) const fn incomplete(stop: Option<&Stop>) -> Option<&'static str> {
    let Some(stop) = stop else {
        return None;
    };
    match stop.reason {
        StopReason::MaxTokens | StopReason::ContextWindow => Some("max_output_tokens"),
        StopReason::Refusal => Some("content_filter"),
        StopReason::EndTurn
        | StopReason::ToolCall
        | StopReason::StopSequence
        | StopReason::Pause
        | StopReason::Other => None,
    }
}
