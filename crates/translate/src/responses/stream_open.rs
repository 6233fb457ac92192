//! Items and blocks of a stream for a client, as they begin.

use byokey_types::{Raw, Str};

use crate::{
    event::Head,
    ir::{Block, Input, Kind, Reasoning, ToolCall},
};

/// An item that is not done.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) id: Str,
    /// Its blocks; the last one speaks, if any does.
    pub(super) blocks: Vec<Block>,
    pub(super) speaks: bool,
    /// A call's input so far.
    pub(super) input: String,
    /// The part of reasoning that speaks: whether it is content, its number in the stream, its text.
    pub(super) part: Option<(bool, u32, String)>,
    /// Withheld reasoning is not shown before its seal is known.
    pub(super) hidden: bool,
}

/// A block as it begins.
pub(super) fn opened(head: Head) -> Kind {
    match head {
        Head::Text => Block::text("").kind,
        Head::Refusal => Kind::Refusal {
            text: String::new(),
        },
        Head::Reasoning { redacted } => Kind::Reasoning(Reasoning {
            parts: Vec::new(),
            redacted,
        }),
        Head::ToolCall {
            id,
            name,
            freeform,
            runs,
        } => Kind::ToolCall(ToolCall {
            id,
            name,
            input: if freeform {
                Input::Text(String::new())
            } else {
                Input::Json(Raw::EMPTY_OBJECT)
            },
            runs,
        }),
        Head::Media(media) => Kind::Media(media),
        Head::Native { format, tag, value } => Kind::Native { format, tag, value },
    }
}
