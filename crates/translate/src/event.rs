//! The event grammar: every stream, whatever its wire, is a sentence of it.
//!
//! ```text
//! stream := Start ( Open Delta* Close )* Usage* Stop End      blocks may interleave by index
//! ```
//!
//! `Usage` may also come right after `Start` or anywhere before `Stop`. `Error` may end the stream at any point, and then it is
//! the last event. Indexes are those of the answer's blocks, from 0, each opened once, in ascending order.

use byokey_types::{Format, Kind as ErrorKind, Raw, Str, Usage};

use crate::ir::{Annotation, CallId, Ext, Extensions, Media, Runs, Seal, Stop};

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The answer begins.
    Start(Start),
    /// A block begins.
    Open {
        /// Its place among the answer's blocks.
        index: u32,
        /// What it is.
        head: Head,
        /// Members that are not modelled.
        ext: Ext,
    },
    /// A block goes on.
    Delta {
        /// Which one.
        index: u32,
        /// With what.
        delta: Delta,
    },
    /// A block is whole.
    Close {
        /// Which one.
        index: u32,
    },
    /// Counts so far; a later one completes an earlier one.
    Usage(Usage),
    /// Why the answer ended.
    Stop(Stop),
    /// The answer is whole.
    End,
    /// The answer is broken off.
    Error(StreamFault),
}

/// The beginning of an answer.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Start {
    /// The upstream's id for it.
    pub id: Option<Str>,
    /// The upstream's name of the model.
    pub model: Option<Str>,
    /// When it was made, in seconds since the Unix epoch.
    pub created: Option<i64>,
    /// Members that are not modelled.
    pub ext: Ext,
}

/// What a block is, known when it opens.
#[derive(Clone, Debug, PartialEq)]
pub enum Head {
    /// Text; then `Text` and `Annotation` deltas.
    Text,
    /// Reasoning; then `Reasoning`, `Summary` and `Seal` deltas.
    Reasoning {
        /// Whether its maker withheld the text.
        redacted: bool,
    },
    /// A call; then `Input` deltas.
    ToolCall {
        /// Which call.
        id: CallId,
        /// The tool's name; never empty.
        name: Str,
        /// Whether the input is free text.
        freeform: bool,
        /// Who runs it.
        runs: Runs,
    },
    /// A refusal; then `Text` deltas.
    Refusal,
    /// A medium, whole.
    Media(Media),
    /// A block that is not modelled, as it began; then `Native` deltas.
    Native {
        /// The format it comes from.
        format: Format,
        /// Its `type`.
        tag: Str,
        /// All of its beginning.
        value: Raw,
    },
}

/// How a block goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// More text of a text or a refusal; never empty.
    Text(String),
    /// More reasoning in full.
    Reasoning(String),
    /// More of a summary of reasoning.
    Summary {
        /// Which part of the summary, from 0.
        part: u32,
        /// The text.
        text: String,
    },
    /// More of the input of a call, as written in a string.
    Input(String),
    /// A citation or link.
    Annotation(Annotation),
    /// The seal of the block; the last one counts.
    Seal(Seal),
    /// A delta of a native block, all of it.
    Native(Raw),
    /// Members of the block that are not modelled and known only now; they complete those it opened with.
    Ext(Extensions),
}

/// Why a stream is broken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamFault {
    /// What happened.
    pub kind: ErrorKind,
    /// The upstream's type or code.
    pub code: Option<Str>,
    /// The text for the caller.
    pub message: String,
}

impl StreamFault {
    /// A fault that the upstream did not name.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            code: None,
            message: message.into(),
        }
    }
}

impl Event {
    /// Whether this is content: what commits an answer to a client, as a handshake does not.
    pub const fn is_content(&self) -> bool {
        match self {
            Self::Open { .. } | Self::Delta { .. } | Self::Stop(_) | Self::End => true,
            Self::Start(_) | Self::Close { .. } | Self::Usage(_) | Self::Error(_) => false,
        }
    }

    /// Whether nothing can follow.
    pub const fn is_terminal(&self) -> bool {
        matches!(self, Self::End | Self::Error(_))
    }
}
