//! What a model says, apart from the format it is said in.

use crate::ask::Prompt;

/// One complete answer.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) blocks: Vec<Block>,
    pub(crate) stop: Stop,
    pub(crate) usage: Usage,
    /// Where ids come from.
    pub(crate) seed: u64,
}

#[derive(Debug)]
pub(crate) enum Block {
    Thinking {
        text: String,
        /// Whether the text is withheld and only its signature sent.
        omitted: bool,
    },
    Redacted,
    Text {
        text: String,
        citations: Vec<Citation>,
    },
    Call {
        name: String,
        arguments: String,
    },
    Refusal {
        text: String,
    },
}

/// A passage of the text's source.
#[derive(Clone, Debug)]
pub(crate) enum Citation {
    /// Characters of the first document of the request.
    Document {
        quoted: &'static str,
        title: &'static str,
        start: u64,
        end: u64,
    },
    Web {
        quoted: &'static str,
        title: &'static str,
        url: &'static str,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    End,
    Tools,
    Limit,
    Sequence(String),
    Refusal,
    Filter,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) prompt: Prompt,
    /// Reasoning included.
    pub(crate) output: u64,
    pub(crate) reasoning: u64,
}

impl Prompt {
    /// Every token of the prompt.
    pub(crate) fn total(&self) -> u64 {
        self.fresh + self.cache_read + self.cache_write_5m + self.cache_write_1h
    }
}
