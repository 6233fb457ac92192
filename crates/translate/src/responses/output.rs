//! Items of an answer, from the blocks they are and to the blocks they become; the same for whole answers and streams.

use std::ops::Range;

use byokey_types::{Raw, RawObject, Str};
use bytes::{Bytes, BytesMut};

use super::{
    annotation,
    item::{ANSWER_TEXT, Item},
    media,
    seal::{SLOT, slot},
    spelling::{
        CONTENT, EMPTY, EMPTY_LOGPROBS, FORMAT, ID, LIST, NO_ANNOTATIONS, NO_SUMMARY, PART, SAME,
        TAG, inner, noted, outer, spelled,
    },
};
use crate::{
    Reply, ids,
    ir::{Block, Input, Kind, Media, MediaKind, MediaSource, ReasoningPart, Runs, own, rest},
    write::Object,
};

/// The state of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    InProgress,
    Completed,
    Incomplete,
}

impl Status {
    const fn name(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete => "incomplete",
        }
    }
}

/// The blocks of an item that an upstream sent. What a message says of itself goes with its first block.
pub(super) fn blocks(item: Item) -> Vec<Block> {
    let message = match item {
        Item::Block { block, .. } => return vec![*block],
        Item::Message(message) => message,
    };
    let mut head = head(message.rest);
    let mut blocks = message.blocks;
    if blocks.is_empty() {
        head.set(EMPTY, Raw::NULL);
        blocks.push(Block::text(""));
    }
    for (at, block) in blocks.iter_mut().enumerate() {
        let mut fields = if at == 0 {
            std::mem::take(&mut head)
        } else {
            RawObject::from_iter([(Str::new_static(SAME), Raw::NULL)])
        };
        if let Some(ext) = own(&block.ext, FORMAT) {
            let said = ext.iter().filter(|(key, _)| {
                ![NO_ANNOTATIONS, EMPTY_LOGPROBS].contains(&key.as_str()) && !key.starts_with(TAG)
            });
            for (key, value) in said {
                fields.set(key.clone(), value.clone());
            }
        }
        block.ext = rest(FORMAT, fields);
    }
    blocks
}

/// What a message says of itself, as members of its first block's extension.
pub(super) fn head(message: RawObject) -> RawObject {
    let members = message.into_iter().filter(|(key, _)| key != LIST);
    members
        .map(|(key, value)| {
            if key.starts_with('~') {
                (key, value)
            } else {
                (Str::from(format!("item.{key}")), value)
            }
        })
        .collect()
}

/// Whether a block is said within a message.
pub(super) fn is_part(block: &Block) -> bool {
    match &block.kind {
        Kind::Text { .. } | Kind::Refusal { .. } => true,
        Kind::Media(media) => image(media).is_none(),
        Kind::Native { format, .. } => *format == FORMAT && spelled(&block.ext, PART),
        Kind::Reasoning(_) | Kind::ToolCall(_) | Kind::ToolResult(_) => false,
    }
}

/// The media type and the data of an image in an answer, which is an item of its own; no other medium has a place.
pub(super) fn image(media: &Media) -> Option<(Option<&Str>, &str)> {
    match &media.source {
        MediaSource::Inline { media_type, data } if media.kind == MediaKind::Image => {
            Some((media_type.as_ref(), data))
        }
        MediaSource::Inline { .. }
        | MediaSource::PlainText { .. }
        | MediaSource::Url { .. }
        | MediaSource::File { .. }
        | MediaSource::Native { .. } => None,
    }
}

/// Whether clients of this format get to see a block.
pub(super) fn is_sayable(block: &Block) -> bool {
    match &block.kind {
        Kind::Text { .. } | Kind::Refusal { .. } | Kind::Media(_) => true,
        Kind::Native { format, .. } => *format == FORMAT,
        Kind::ToolCall(call) => call.runs == Runs::Client,
        Kind::Reasoning(reasoning) => !reasoning.redacted || block.seal.is_some(),
        Kind::ToolResult(_) => false,
    }
}

/// The ranges of blocks that are one item each.
pub(super) fn groups(blocks: &[&Block]) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (at, block) in blocks.iter().enumerate() {
        match groups.last_mut() {
            Some(last)
                if at > 0
                    && is_part(block)
                    && is_part(blocks[at - 1])
                    // what carries a seal stands right behind its block
                    && blocks[at - 1].seal.is_none()
                    && spelled(&block.ext, SAME) =>
            {
                last.end = at + 1;
            }
            _ => groups.push(at..at + 1),
        }
    }
    groups
}

/// The id of an item: the upstream's, else one derived from its place.
pub(super) fn id(first: &Block, position: usize, reply: &Reply) -> Str {
    let known = match &first.kind {
        Kind::ToolCall(call) => call.id.item.as_deref(),
        _ => noted(own(&first.ext, FORMAT), ID),
    };
    let prefix = match &first.kind {
        Kind::ToolCall(call) if matches!(call.input, Input::Text(_)) => "ctc_",
        Kind::ToolCall(_) => "fc_",
        Kind::Reasoning(_) => "rs_",
        Kind::Media(_) if !is_part(first) => "ig_",
        Kind::Text { .. }
        | Kind::Refusal { .. }
        | Kind::Media(_)
        | Kind::ToolResult(_)
        | Kind::Native { .. } => "msg_",
    };
    match known.filter(|id| !id.is_empty()) {
        Some(id) => ids::repeatable(id),
        None => ids::derived(prefix, &reply.seed, position),
    }
}

/// An item as its bytes; while it is in progress, without what it will hold.
pub(super) fn item<'b>(
    blocks: impl IntoIterator<Item = &'b Block> + Clone,
    id: &str,
    status: Status,
    reply: &Reply,
) -> Bytes {
    let mut out = BytesMut::with_capacity(256);
    if let Some(first) = blocks.clone().into_iter().next() {
        write_item(first, blocks, id, status, reply, &mut out);
    }
    out.freeze()
}

fn write_item<'b>(
    first: &Block,
    blocks: impl IntoIterator<Item = &'b Block>,
    id: &str,
    status: Status,
    reply: &Reply,
    out: &mut BytesMut,
) {
    let begun = status != Status::InProgress;
    let ext = own(&first.ext, FORMAT);
    if let (Kind::Native { value, .. }, false) = (&first.kind, is_part(first)) {
        out.extend_from_slice(value.bytes());
        return;
    }
    let mut object = Object::begin(out);
    if let Kind::Media(media) = &first.kind
        && let Some((media_type, data)) = image(media)
    {
        object.text("type", "image_generation_call");
        object.text("id", id);
        object.text("status", status.name());
        if begun {
            object.text("result", data);
        } else {
            object.raw("result", &Raw::NULL);
        }
        let format = media_type.and_then(|it| it.strip_prefix("image/"));
        if ext.is_none() {
            object.text_some("output_format", format);
        }
        object.members(ext, |key| outer(key, &[]));
        object.end();
        return;
    }
    match &first.kind {
        Kind::ToolCall(call) => {
            let custom = matches!(call.input, Input::Text(_));
            let (tag, member) = if custom {
                ("custom_tool_call", "input")
            } else {
                ("function_call", "arguments")
            };
            object.text("type", tag);
            object.text("id", id);
            object.text("status", status.name());
            object.text("call_id", &call.id.id);
            match reply.namespaces.get(&call.name) {
                Some(both) => {
                    object.text("namespace", &both.namespace);
                    object.text("name", &both.name);
                }
                None => object.text("name", &call.name),
            }
            object.text(member, if begun { call.input.as_str() } else { "" });
            object.members(ext, |key| outer(key, &[]).filter(|key| *key != "namespace"));
        }
        Kind::Reasoning(_) => {
            object.text("type", "reasoning");
            object.text("id", id);
            write_reasoning(first, begun, &mut object);
            object.members(ext, |key| outer(key, &[]));
        }
        Kind::Text { .. }
        | Kind::Refusal { .. }
        | Kind::Media(_)
        | Kind::ToolResult(_)
        | Kind::Native { .. } => {
            object.text("type", "message");
            object.text("id", id);
            object.text("status", status.name());
            object.text("role", "assistant");
            let mut content = object.array("content");
            if begun && !spelled(&first.ext, EMPTY) {
                for block in blocks {
                    write_part(block, content.item());
                }
            }
            content.end();
            object.members(ext, |key| inner(key, "item"));
        }
    }
    object.end();
}

/// Writes a part of a message.
pub(super) fn write_part(block: &Block, out: &mut BytesMut) {
    let ext = own(&block.ext, FORMAT);
    match &block.kind {
        Kind::Native { value, .. } => out.extend_from_slice(value.bytes()),
        Kind::Refusal { text } => {
            let mut part = Object::begin(out);
            part.text("type", "refusal");
            part.text("refusal", text);
            part.members(ext, |key| outer(key, &["item"]));
            part.end();
        }
        Kind::Text { text, annotations } => {
            let mut part = Object::begin(out);
            part.text("type", ANSWER_TEXT);
            part.text("text", text);
            let length = text.chars().count() as u64;
            let mut list = part.array("annotations");
            for annotation in annotations {
                annotation::write(annotation, length, &mut list);
            }
            list.end();
            if !ext.is_some_and(|ext| ext.contains("logprobs")) {
                part.array("logprobs").end();
            }
            part.members(ext, |key| {
                outer(key, &["item"]).filter(|key| *key != "annotations")
            });
            part.end();
        }
        Kind::Media(medium) => write_part(&Block::text(media::marked(medium).text), out),
        Kind::Reasoning(_) | Kind::ToolCall(_) | Kind::ToolResult(_) => {}
    }
}

/// Whether full reasoning stands in `content`; else it is shown, and echoed by every client, as a summary.
pub(super) fn has_content(block: &Block) -> bool {
    spelled(&block.ext, CONTENT)
}

fn write_reasoning(block: &Block, begun: bool, object: &mut Object<'_>) {
    let Kind::Reasoning(reasoning) = &block.kind else {
        return;
    };
    let has_content = has_content(block);
    let is_content = |part: &&ReasoningPart| has_content && matches!(part, ReasoningPart::Full(_));
    let mut write = |key: &str, tag: &str, content: bool| {
        let mut list = object.array(key);
        let parts = reasoning.parts.iter().filter(|_| begun);
        for part in parts.filter(|part| is_content(part) == content) {
            let mut object = list.object();
            object.text("type", tag);
            object.text("text", part.text());
            object.end();
        }
        let foreign = block
            .seal
            .as_ref()
            .is_some_and(|seal| seal.issuer.family != FORMAT.home_family());
        if begun && !content && foreign && reasoning.parts.is_empty() && !reasoning.redacted {
            // tells thinking without words from withheld thinking, which has no part at all
            let mut object = list.object();
            object.text("type", tag);
            object.text("text", "");
            object.end();
        }
        list.end();
    };
    if !spelled(&block.ext, NO_SUMMARY) {
        write("summary", "summary_text", false);
    }
    if has_content {
        write("content", "reasoning_text", true);
    }
    if let Some(seal) = block.seal.as_ref().filter(|_| begun) {
        object.text(SLOT, &slot(seal));
    }
}
