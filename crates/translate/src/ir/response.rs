//! What a model answers.

use byokey_types::{Str, Usage};

use super::{Block, Ext};

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
