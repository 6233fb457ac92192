//! Why an answer ended: `finish_reason`.

use byokey_types::Str;

use crate::ir::{Stop, StopReason};

/// Reads a finish reason; it agrees with what the answer holds, for some upstreams say `stop` behind calls.
pub(super) fn read(word: &str, has_calls: bool) -> Stop {
    let reason = match (word, has_calls) {
        ("stop" | "tool_calls" | "function_call", true) => StopReason::ToolCall,
        ("stop" | "tool_calls" | "function_call" | "eos" | "end_turn", false) => {
            StopReason::EndTurn
        }
        ("length" | "max_tokens", _) => StopReason::MaxTokens,
        ("content_filter", _) => StopReason::Refusal,
        (_, _) => StopReason::Other,
    };
    Stop {
        reason,
        raw: Some(Str::from(word)),
        sequence: None,
    }
}

/// The end of an answer that gives no reason.
pub(super) const fn unsaid(has_calls: bool) -> Stop {
    Stop::bare(if has_calls {
        StopReason::ToolCall
    } else {
        StopReason::EndTurn
    })
}

/// The finish reason for a client; only the words that its libraries know.
pub(super) const fn word(reason: StopReason, has_calls: bool) -> &'static str {
    match reason {
        StopReason::MaxTokens | StopReason::ContextWindow => "length",
        StopReason::Refusal => "content_filter",
        StopReason::EndTurn | StopReason::ToolCall if has_calls => "tool_calls",
        StopReason::EndTurn
        | StopReason::ToolCall
        | StopReason::StopSequence
        | StopReason::Pause
        | StopReason::Other => "stop",
    }
}
