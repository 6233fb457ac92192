//! Blocks: the ordered content of a turn.

use byokey_types::{Format, Raw, Str};

use super::{Ext, Seal, ToolCall, ToolResult};

/// One piece of content.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// What it is.
    pub kind: Kind,
    /// A prompt-cache breakpoint behind it.
    pub cache: Option<CacheMark>,
    /// Opaque state of its maker; any block may have one.
    pub seal: Option<Seal>,
    /// Members that are not modelled.
    pub ext: Ext,
}

/// What a block is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Text.
    Text {
        /// The text.
        text: String,
        /// Citations and links.
        annotations: Vec<Annotation>,
    },
    /// An image, a document, sound, moving images.
    Media(Media),
    /// What the model thought.
    Reasoning(Reasoning),
    /// A call of a tool.
    ToolCall(ToolCall),
    /// The result of a call.
    ToolResult(ToolResult),
    /// The model declined.
    Refusal {
        /// In these words.
        text: String,
    },
    /// Not modelled; only its own format may say it again, verbatim.
    Native {
        /// The format it comes from.
        format: Format,
        /// Its `type`.
        tag: Str,
        /// All of it.
        value: Raw,
    },
}

/// A prompt-cache breakpoint, as its format spells it (`{"type":"ephemeral","ttl":"1h"}`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheMark(pub Raw);

/// The kind of a medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// A still image.
    Image,
    /// A document, such as a PDF or a plain text file.
    Document,
    /// Sound.
    Audio,
    /// Moving images.
    Video,
}

/// A medium.
#[derive(Clone, Debug, PartialEq)]
pub struct Media {
    /// What sort.
    pub kind: MediaKind,
    /// Where it is.
    pub source: MediaSource,
    /// A title or file name.
    pub title: Option<String>,
}

/// Where a medium is.
#[derive(Clone, Debug, PartialEq)]
pub enum MediaSource {
    /// In the message.
    Inline {
        /// The media type; absent when the format does not say.
        media_type: Option<Str>,
        /// Base64 (RFC 4648, standard alphabet), as it arrived.
        data: String,
    },
    /// A document given as plain text.
    PlainText {
        /// The text.
        text: String,
    },
    /// At a URL.
    Url {
        /// The URL.
        url: String,
    },
    /// In a provider's file store.
    File {
        /// Whose store.
        owner: Format,
        /// The file's id there.
        id: String,
    },
    /// A source that is not modelled.
    Native {
        /// The format it comes from.
        format: Format,
        /// All of it.
        value: Raw,
    },
}

/// What the model thought.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Reasoning {
    /// In its own words, or summarised; several parts where the format has them. Empty when only a seal is left.
    pub parts: Vec<ReasoningPart>,
    /// Whether its maker withheld the text.
    pub redacted: bool,
}

/// One part of reasoning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReasoningPart {
    /// The reasoning itself.
    Full(String),
    /// A summary of it.
    Summary(String),
}

/// A citation or link attached to text.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotation {
    /// The part of the text it belongs to: first and behind-last character (not byte).
    pub span: Option<(u64, u64)>,
    /// What it points to.
    pub source: AnnotationSource,
    /// The title of the source.
    pub title: Option<String>,
    /// The words quoted from the source.
    pub quoted: Option<String>,
    /// The format that wrote it.
    pub format: Format,
    /// All of it, for that format.
    pub native: Raw,
}

/// What an annotation points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnnotationSource {
    /// A page.
    Url(String),
    /// A document of the conversation, counted from 0.
    Document(u64),
    /// A file in a provider's store.
    File(String),
    /// Something the neutral form has no word for.
    Other,
}

impl Block {
    /// A block with nothing but its kind.
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            cache: None,
            seal: None,
            ext: None,
        }
    }

    /// A text block without annotations.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(Kind::Text {
            text: text.into(),
            annotations: Vec::new(),
        })
    }

    /// The text, when it is a text block.
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text { text, .. } => Some(text),
            Kind::Media(_)
            | Kind::Reasoning(_)
            | Kind::ToolCall(_)
            | Kind::ToolResult(_)
            | Kind::Refusal { .. }
            | Kind::Native { .. } => None,
        }
    }
}

impl ReasoningPart {
    /// The words, full or summarised.
    pub fn text(&self) -> &str {
        match self {
            Self::Full(text) | Self::Summary(text) => text,
        }
    }
}
