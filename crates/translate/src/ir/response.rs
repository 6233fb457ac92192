//! What a model answers.

use byokey_types::{Str, Usage};

use super::{Block, Ext, Input, Kind, ToolCall};

/// One answer.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Response {
    /// The upstream's id for it.
    pub id: Option<Str>,
    /// The upstream's name of the model.
    pub model: Option<Str>,
    /// When it was made, in seconds since the Unix epoch.
    pub created: Option<i64>,
    /// What is said, in order.
    pub blocks: Vec<Block>,
    /// Why it ended; `None` when the upstream did not say.
    pub stop: Option<Stop>,
    /// What it cost; `None` when the upstream did not say.
    pub usage: Option<Usage>,
    /// Members that are not modelled.
    pub ext: Ext,
}

/// Why an answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Why.
    pub reason: StopReason,
    /// In the upstream's word.
    pub raw: Option<Str>,
    /// The text that ended it, when it was one.
    pub sequence: Option<String>,
}

/// Why an answer ended, in a word that all formats share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StopReason {
    /// It was finished.
    EndTurn,
    /// It reached the limit of tokens.
    MaxTokens,
    /// The context window was full.
    ContextWindow,
    /// One of the stop texts came.
    StopSequence,
    /// The client shall run tools.
    ToolCall,
    /// The model or a filter declined.
    Refusal,
    /// The provider paused a long turn; the client shall send it back to go on.
    Pause,
    /// Something else.
    Other,
}

impl Response {
    /// The first call whose input was meant to be JSON and is not, in an answer that is whole.
    ///
    /// Such an answer is to be refused, and may be asked for again, as long as nothing of it has been sent. In an answer that
    /// was cut off, by a limit of tokens say, the call means nothing and harms nobody.
    pub fn malformed_call(&self) -> Option<&ToolCall> {
        let cut_off = self.stop.as_ref().is_some_and(|stop| match stop.reason {
            StopReason::MaxTokens | StopReason::ContextWindow => true,
            StopReason::EndTurn
            | StopReason::StopSequence
            | StopReason::ToolCall
            | StopReason::Refusal
            | StopReason::Pause
            | StopReason::Other => false,
        });
        self.blocks.iter().find_map(|block| match &block.kind {
            Kind::ToolCall(call) if matches!(call.input, Input::Malformed(_)) && !cut_off => {
                Some(call)
            }
            Kind::ToolCall(_)
            | Kind::Text { .. }
            | Kind::Media(_)
            | Kind::Reasoning(_)
            | Kind::ToolResult(_)
            | Kind::Refusal { .. }
            | Kind::Native { .. } => None,
        })
    }
}

impl Stop {
    /// A reason with the upstream's word.
    pub fn new(reason: StopReason, raw: impl Into<Str>) -> Self {
        Self {
            reason,
            raw: Some(raw.into()),
            sequence: None,
        }
    }

    /// A reason without a word.
    pub const fn bare(reason: StopReason) -> Self {
        Self {
            reason,
            raw: None,
            sequence: None,
        }
    }
}
