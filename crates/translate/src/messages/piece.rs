//! Content in the words of this format, ready to be written: what requests and answers share.

use std::borrow::Cow;

use byokey_types::{Raw, RawObject};
use bytes::BytesMut;

use super::{media, place::Place};
use crate::ir::Media;
use crate::write::{Array, Object, string};

/// A content block of this format.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    pub(super) place: Place,
    pub(super) wire: Wire<'a>,
    pub(super) cache: Option<&'a Raw>,
    pub(super) ext: Option<&'a RawObject>,
}

/// What the block says.
#[derive(Debug)]
pub(super) enum Wire<'a> {
    Text {
        text: Cow<'a, str>,
        citations: Vec<&'a Raw>,
    },
    Media {
        media: &'a Media,
        source: media::Wire<'a>,
    },
    Thinking {
        text: Cow<'a, str>,
        signature: Option<Cow<'a, str>>,
    },
    Redacted(Cow<'a, str>),
    Call {
        id: Cow<'a, str>,
        name: Cow<'a, str>,
        input: Raw,
    },
    Result {
        call: Cow<'a, str>,
        content: Vec<Piece<'a>>,
        bare: bool,
        is_error: Option<bool>,
    },
    Native {
        value: Cow<'a, Raw>,
        /// Whether it has a cache mark of its own.
        marked: bool,
    },
}

impl<'a> Piece<'a> {
    /// A plain text.
    pub(super) fn text(place: Place, text: impl Into<Cow<'a, str>>) -> Self {
        Self {
            place,
            wire: Wire::Text {
                text: text.into(),
                citations: Vec::new(),
            },
            cache: None,
            ext: None,
        }
    }

    /// The text, when it is one.
    pub(super) fn words(&self) -> Option<&str> {
        match &self.wire {
            Wire::Text { text, .. } => Some(text),
            Wire::Media { .. }
            | Wire::Thinking { .. }
            | Wire::Redacted(_)
            | Wire::Call { .. }
            | Wire::Result { .. }
            | Wire::Native { .. } => None,
        }
    }

    /// Whether a bare string says all of it.
    fn as_bare(&self) -> Option<&str> {
        let is_plain = self.cache.is_none() && self.ext.is_none();
        match &self.wire {
            Wire::Text { citations, .. } if citations.is_empty() && is_plain => self.words(),
            Wire::Text { .. }
            | Wire::Media { .. }
            | Wire::Thinking { .. }
            | Wire::Redacted(_)
            | Wire::Call { .. }
            | Wire::Result { .. }
            | Wire::Native { .. } => None,
        }
    }

    /// Whether it is the model's thinking, in words or withheld.
    pub(super) const fn is_thinking(&self) -> bool {
        matches!(self.wire, Wire::Thinking { .. } | Wire::Redacted(_))
    }

    fn write(&self, out: &mut BytesMut) {
        if let Wire::Native { value, marked } = &self.wire {
            write_native(value, *marked && self.cache.is_none(), out);
            return;
        }
        let mut block = Object::begin(out);
        let written = self.write_kind(&mut block);
        block.raw_some("cache_control", self.cache);
        block.members_but(self.ext, written);
        block.end();
    }

    /// Writes what the block says, and gives the members that its extension must not replay.
    fn write_kind(&self, block: &mut Object<'_>) -> &'static [&'static str] {
        match &self.wire {
            Wire::Text { text, citations } => {
                block.text("type", "text");
                block.text("text", text);
                if !citations.is_empty() {
                    let mut array = block.array("citations");
                    for citation in citations {
                        array.item().extend_from_slice(citation.bytes());
                    }
                    array.end();
                    return &["type", "text", "citations"];
                }
                &["type", "text"]
            }
            Wire::Media { media, source } => {
                let is_image = media.kind == crate::ir::MediaKind::Image;
                block.text("type", if is_image { "image" } else { "document" });
                media::write_source(block, source, self.ext);
                if let Some(title) = media.title.as_deref().filter(|_| !is_image) {
                    block.text("title", title);
                    return &["type", "source", "title"];
                }
                &["type", "source"]
            }
            Wire::Thinking { text, signature } => {
                block.text("type", "thinking");
                block.text("thinking", text);
                if let Some(signature) = signature {
                    block.text("signature", signature);
                }
                &["type", "thinking", "signature"]
            }
            Wire::Redacted(data) => {
                block.text("type", "redacted_thinking");
                block.text("data", data);
                &["type", "data"]
            }
            Wire::Call { id, name, input } => {
                // calls that the provider runs carry their type as an extension
                if self.ext.is_none_or(|ext| !ext.contains("type")) {
                    block.text("type", "tool_use");
                }
                block.text("id", id);
                block.text("name", name);
                block.raw("input", input);
                &["id", "name", "input"]
            }
            Wire::Result {
                call,
                content,
                bare,
                is_error,
            } => {
                block.text("type", "tool_result");
                block.text("tool_use_id", call);
                if let Some(is_error) = is_error {
                    block.raw("is_error", &Raw::bool(*is_error));
                }
                if content.is_empty() && !bare {
                    return &["type", "tool_use_id", "is_error"];
                }
                write_content(content, *bare, block.key("content"));
                &["type", "tool_use_id", "is_error", "content"]
            }
            Wire::Native { .. } => &[],
        }
    }
}

/// Writes content: a bare string when it was one and one text says it all, else a list.
pub(super) fn write_content(pieces: &[Piece<'_>], bare: bool, out: &mut BytesMut) {
    let text = match pieces {
        [] if bare => Some(""),
        [only] if bare => only.as_bare(),
        _ => None,
    };
    match text {
        Some(text) => string(text, out),
        None => write_list(pieces, out),
    }
}

/// Writes a list of blocks.
pub(super) fn write_list(pieces: &[Piece<'_>], out: &mut BytesMut) {
    let mut array = Array::begin(out);
    for piece in pieces {
        piece.write(array.item());
    }
    array.end();
}

/// Writes a value that is passed on as it came, its cache mark excepted when that had to go.
pub(super) fn write_native(value: &Raw, unmark: bool, out: &mut BytesMut) {
    let unmarked = unmark.then(|| value.object().ok()).flatten();
    match unmarked {
        Some(mut object) => {
            object.take("cache_control");
            object.write(out);
        }
        None => out.extend_from_slice(value.bytes()),
    }
}
