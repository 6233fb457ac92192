//! Events of a stream for a client: their numbers and places, and the parts of reasoning.

use bytes::BytesMut;

use super::{carry, stream_encode::Encoder};
use crate::{
    carrier::Placement,
    ir::{Kind, ReasoningPart, Seal},
    sse,
    write::Object,
};

impl Encoder {
    /// Goes on with reasoning; another part closes the one before.
    pub(super) fn reason(&mut self, content: bool, part: u32, more: &str, out: &mut BytesMut) {
        let Some(item) = self.item.as_mut() else {
            return;
        };
        if item.hidden {
            return;
        }
        let same = |open: &(bool, u32, String)| open.0 == content && open.1 == part;
        if !item.part.as_ref().is_some_and(same) {
            self.end_reasoning_part(out);
            if let Some(item) = self.item.as_mut() {
                item.part = Some((content, part, String::new()));
            }
            self.emit_reasoning(content, "part.added", out, |body| {
                write_reasoning_part(content, "", body);
            });
        }
        self.emit_reasoning(content, "text.delta", out, |body| body.text("delta", more));
        if let Some((_, _, text)) = self.item.as_mut().and_then(|item| item.part.as_mut()) {
            text.push_str(more);
        }
    }

    pub(super) fn end_reasoning_part(&mut self, out: &mut BytesMut) {
        let Some((content, _, text)) = self.item.as_ref().and_then(|item| item.part.clone()) else {
            return;
        };
        self.emit_reasoning(content, "text.done", out, |body| body.text("text", &text));
        self.emit_reasoning(content, "part.done", out, |body| {
            write_reasoning_part(content, &text, body);
        });
        let Some(item) = self.item.as_mut() else {
            return;
        };
        item.part = None;
        if let Some(Kind::Reasoning(reasoning)) = item.blocks.last_mut().map(|it| &mut it.kind) {
            reasoning.parts.push(if content {
                ReasoningPart::Full(text)
            } else {
                ReasoningPart::Summary(text)
            });
        }
    }

    /// Writes the item that carries the seal of the item next to it.
    pub(super) fn carry(&mut self, seal: &Seal, placement: Placement, out: &mut BytesMut) {
        let position = self.items.len();
        let begun = carry::item(None, position, &self.reply);
        self.emit_item("response.output_item.added", &begun, out);
        let whole = carry::item(Some((seal, placement)), position, &self.reply);
        self.emit_item("response.output_item.done", &whole, out);
        self.items.push(whole);
    }

    pub(super) fn emit_item(&mut self, name: &str, item: &[u8], out: &mut BytesMut) {
        let at = self.items.len() as u64;
        self.emit(name, out, |body| {
            body.number("output_index", at);
            body.key("item").extend_from_slice(item);
        });
    }

    pub(super) fn emit_of_item(
        &mut self,
        name: &str,
        id: &str,
        out: &mut BytesMut,
        write: impl FnOnce(&mut Object<'_>),
    ) {
        let at = self.items.len() as u64;
        self.emit(name, out, |body| {
            body.text("item_id", id);
            body.number("output_index", at);
            write(body);
        });
    }

    pub(super) fn emit_content(
        &mut self,
        name: &str,
        id: &str,
        part: usize,
        out: &mut BytesMut,
        write: impl FnOnce(&mut Object<'_>),
    ) {
        self.emit_of_item(name, id, out, |body| {
            body.number("content_index", part as u64);
            write(body);
        });
    }

    pub(super) fn emit_part(
        &mut self,
        name: &str,
        id: &str,
        at: usize,
        part: &[u8],
        out: &mut BytesMut,
    ) {
        self.emit_content(name, id, at, out, |body| {
            body.key("part").extend_from_slice(part);
        });
    }

    /// Emits an event of the part of reasoning that speaks.
    pub(super) fn emit_reasoning(
        &mut self,
        content: bool,
        what: &str,
        out: &mut BytesMut,
        write: impl FnOnce(&mut Object<'_>),
    ) {
        let Some((item, block)) = self.speaking() else {
            return;
        };
        let id = item.id.clone();
        let Kind::Reasoning(reasoning) = &block.kind else {
            return;
        };
        let before = reasoning.parts.iter();
        let index = before
            .filter(|part| matches!(part, ReasoningPart::Full(_)) == content)
            .count() as u64;
        let (name, key) = match (content, what.starts_with("part")) {
            (false, _) => (
                format!("response.reasoning_summary_{what}"),
                "summary_index",
            ),
            (true, true) => (format!("response.content_{what}"), "content_index"),
            (true, false) => (format!("response.reasoning_{what}"), "content_index"),
        };
        self.emit_of_item(&name, &id, out, |body| {
            body.number(key, index);
            write(body);
        });
    }

    /// Writes an event; its name is also the type in its data.
    pub(super) fn emit(
        &mut self,
        name: &str,
        out: &mut BytesMut,
        write: impl FnOnce(&mut Object<'_>),
    ) {
        let mut data = BytesMut::with_capacity(128);
        let mut body = Object::begin(&mut data);
        body.text("type", name);
        body.number("sequence_number", self.sequence);
        self.sequence += 1;
        write(&mut body);
        body.end();
        sse::encode(Some(name), &data, out);
    }
}

fn write_reasoning_part(content: bool, text: &str, body: &mut Object<'_>) {
    let mut part = body.object("part");
    let tag = if content {
        "reasoning_text"
    } else {
        "summary_text"
    };
    part.text("type", tag);
    part.text("text", text);
    part.end();
}
