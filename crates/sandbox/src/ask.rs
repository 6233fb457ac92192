//! What a request asks for, apart from the format it came in.

use std::borrow::Cow;

use serde_json::Value;

/// A request that has passed its format's rules.
#[derive(Debug, Default)]
pub(crate) struct Ask<'a> {
    /// The text of the last user turn.
    pub(crate) text: Cow<'a, str>,
    /// Texts of the tool results that end the conversation.
    pub(crate) results: Vec<String>,
    /// Images and documents, wherever they are.
    pub(crate) attachments: Vec<Attachment<'a>>,
    /// Functions that the client runs.
    pub(crate) tools: Vec<Tool<'a>>,
    pub(crate) choice: Choice<'a>,
    /// Whether several calls in one turn are allowed.
    pub(crate) parallel: bool,
    pub(crate) thinking: Thinking,
    pub(crate) output: Output<'a>,
    pub(crate) stops: Vec<&'a str>,
    /// Output tokens allowed.
    pub(crate) limit: Option<u64>,
    pub(crate) prompt: Prompt,
    pub(crate) stream: bool,
}

#[derive(Debug)]
pub(crate) struct Tool<'a> {
    pub(crate) name: &'a str,
    pub(crate) schema: Option<&'a Value>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Choice<'a> {
    #[default]
    Auto,
    None,
    Any,
    Named(&'a str),
}

/// Whether the client wants reasoning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Thinking {
    /// It did not say.
    #[default]
    Unset,
    Off,
    On,
    /// Signed, but without its text.
    Omitted,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Output<'a> {
    #[default]
    Text,
    Json,
    Schema(&'a Value),
}

/// An image or a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attachment<'a> {
    /// `image`, `document`, `audio` or `file`.
    pub(crate) kind: &'static str,
    pub(crate) source: Source<'a>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source<'a> {
    /// Decoded size in bytes.
    Inline {
        media_type: Cow<'a, str>,
        bytes: usize,
    },
    Url(&'a str),
    File(&'a str),
}

/// Tokens of the prompt, by how they are billed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prompt {
    pub(crate) fresh: u64,
    pub(crate) cache_read: u64,
    /// Written for five minutes.
    pub(crate) cache_write_5m: u64,
    /// Written for an hour.
    pub(crate) cache_write_1h: u64,
}

impl Attachment<'_> {
    /// `image image/png 68 bytes`, `document https://…`.
    pub(crate) fn describe(&self) -> String {
        let kind = self.kind;
        match &self.source {
            Source::Inline { media_type, bytes } => format!("{kind} {media_type} {bytes} bytes"),
            Source::Url(url) => format!("{kind} {url}"),
            Source::File(id) => format!("{kind} file {id}"),
        }
    }
}
