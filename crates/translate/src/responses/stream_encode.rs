//! A stream for a client.
//!
//! Source: Responses API, "Streaming events": sequence numbers ascend, what is added is done, one terminal event ends it.
//! There is no `[DONE]`.

use byokey_types::{Raw, Usage};
use bytes::{Bytes, BytesMut};

use super::{
    annotation, carry, media,
    output::{self, Status},
    response::{self, Phase},
    spelling::{EMPTY, FORMAT, SAME, spelled},
    stop,
    stream_open::{Open, opened},
};
use crate::{
    Reply,
    carrier::Placement,
    codec,
    event::{Delta, Event, Head, Start, StreamFault},
    ir::{Block, Ext, Input, Kind, Runs, Stop, complete, own},
    serialise::Serialiser,
};

/// Writes a stream.
#[derive(Debug)]
pub(super) struct Encoder {
    pub(super) reply: Reply,
    order: Serialiser,
    pub(super) sequence: u64,
    start: Option<Start>,
    /// The items that are done; the last event says them all once more.
    pub(super) items: Vec<Bytes>,
    /// The item that is not done yet.
    pub(super) item: Option<Open>,
    /// A call that waits for what follows: its seal is said ahead of it.
    announced: Option<(Head, Ext)>,
    usage: Option<Usage>,
    stop: Option<Stop>,
    ended: bool,
}

impl Encoder {
    pub(super) fn new(reply: &Reply) -> Self {
        Self {
            reply: reply.clone(),
            order: Serialiser::default(),
            sequence: 0,
            start: None,
            items: Vec::new(),
            item: None,
            announced: None,
            usage: None,
            stop: None,
            ended: false,
        }
    }

    fn write(&mut self, event: Event, out: &mut BytesMut) {
        match event {
            Event::Start(start) => {
                self.start = Some(start);
                self.answer("response.created", Phase::Running, out);
                self.answer("response.in_progress", Phase::Running, out);
            }
            Event::Usage(usage) => match &mut self.usage {
                Some(known) => known.merge(usage),
                None => self.usage = Some(usage),
            },
            Event::Open {
                head: head @ Head::ToolCall { .. },
                ext,
                ..
            } => self.announced = Some((head, ext)),
            Event::Open { head, ext, .. } => self.open(head, ext, out),
            Event::Delta { delta, .. } => {
                if let Some(delta) = self.begin(delta, out) {
                    self.delta(delta, out);
                }
            }
            Event::Close { .. } => {
                if let Some((head, ext)) = self.announced.take() {
                    self.open(head, ext, out);
                }
                self.close(out);
            }
            Event::Stop(stop) => {
                let status = match stop::incomplete(Some(&stop)) {
                    Some(_) => Status::Incomplete,
                    None => Status::Completed,
                };
                self.done(status, out);
                self.stop = Some(stop);
            }
            Event::End => {
                let stop = self.stop.take();
                let name = match stop::incomplete(stop.as_ref()) {
                    Some(_) => "response.incomplete",
                    None => "response.completed",
                };
                self.answer(name, Phase::Ended(stop.as_ref()), out);
                self.ended = true;
            }
            Event::Error(fault) => {
                self.fail(&fault, out);
                self.ended = true;
            }
        }
    }

    fn fail(&mut self, fault: &StreamFault, out: &mut BytesMut) {
        if self.start.is_some() {
            self.answer("response.failed", Phase::Failed(fault), out);
            return;
        }
        self.emit("error", out, |body| {
            super::error::write_code(fault, body);
            body.raw("param", &Raw::NULL);
        });
    }

    fn answer(&mut self, name: &str, phase: Phase<'_>, out: &mut BytesMut) {
        let start = self.start.take().unwrap_or_default();
        let items = std::mem::take(&mut self.items);
        let (reply, usage) = (self.reply.clone(), self.usage.clone());
        self.emit(name, out, |body| {
            let out = body.key("response");
            response::write(&start, phase, &items, usage.as_ref(), &reply, out);
        });
        self.start = Some(start);
        self.items = items;
    }

    /// Says the call that was announced, if there is one; gives the delta back unless it was the seal ahead of the call.
    fn begin(&mut self, delta: Delta, out: &mut BytesMut) -> Option<Delta> {
        let Some((head, ext)) = self.announced.take() else {
            return Some(delta);
        };
        let is_shown = matches!(&head, Head::ToolCall { runs, .. } if *runs == Runs::Client);
        let rest = match delta {
            Delta::Seal(seal) if is_shown => {
                self.done(Status::Completed, out);
                self.carry(&seal, Placement::Next, out);
                None
            }
            other => Some(other),
        };
        self.open(head, ext, out);
        rest
    }

    fn open(&mut self, head: Head, ext: Ext, out: &mut BytesMut) {
        let mut block = Block {
            ext,
            ..Block::new(opened(head))
        };
        let joins = output::is_part(&block) && spelled(&block.ext, SAME);
        let message = |item: &&mut Open| {
            let is_sealed = item.blocks.last().is_some_and(|last| last.seal.is_some());
            item.blocks.first().is_some_and(output::is_part) && !is_sealed
        };
        if let (true, Some(item)) = (joins, self.item.as_mut().filter(message)) {
            item.blocks.push(block);
            item.speaks = true;
            self.open_part(out);
            return;
        }
        self.done(Status::Completed, out);
        let hidden = matches!(&block.kind, Kind::Reasoning(it) if it.redacted);
        if !hidden && !output::is_sayable(&block) {
            return;
        }
        let id = output::id(&block, self.items.len(), &self.reply);
        if !hidden {
            let item = output::item([&block], &id, Status::InProgress, &self.reply);
            self.emit_item("response.output_item.added", &item, out);
        }
        if let Kind::ToolCall(call) = &mut block.kind {
            // the item's own id, as it was shown
            call.id.item = Some(id.clone());
        }
        let is_part = output::is_part(&block);
        self.item = Some(Open {
            id,
            blocks: vec![block],
            speaks: true,
            input: String::new(),
            part: None,
            hidden,
        });
        if is_part {
            self.open_part(out);
        }
    }

    /// Begins the last block of a message.
    fn open_part(&mut self, out: &mut BytesMut) {
        let Some((item, block)) = self.speaking() else {
            return;
        };
        if spelled(&block.ext, EMPTY) {
            return;
        }
        let (id, at) = (item.id.clone(), item.blocks.len() - 1);
        let text = match &block.kind {
            Kind::Media(medium) => Some(media::marked(medium).text),
            _ => None,
        };
        let empty = match &block.kind {
            Kind::Refusal { .. } | Kind::Native { .. } => block.clone(),
            _ => Block::text(""),
        };
        let mut part = BytesMut::new();
        output::write_part(&empty, &mut part);
        self.emit_part("response.content_part.added", &id, at, &part, out);
        if let Some(text) = text {
            if let Some(block) = self.item.as_mut().and_then(|item| item.blocks.last_mut()) {
                block.kind = Block::text("").kind;
            }
            self.delta(Delta::Text(text), out);
        }
    }

    pub(super) fn speaking(&self) -> Option<(&Open, &Block)> {
        let item = self.item.as_ref().filter(|item| item.speaks)?;
        Some((item, item.blocks.last()?))
    }

    fn delta(&mut self, delta: Delta, out: &mut BytesMut) {
        let Some(item) = self.item.as_mut().filter(|item| item.speaks) else {
            return;
        };
        let (id, at) = (item.id.clone(), item.blocks.len() - 1);
        let Some(block) = item.blocks.last_mut() else {
            return;
        };
        match (&mut block.kind, delta) {
            (_, Delta::Seal(seal)) => block.seal = Some(seal),
            (_, Delta::Ext(more)) => complete(&mut block.ext, more),
            (Kind::Text { text, .. }, Delta::Text(more)) => {
                text.push_str(&more);
                self.emit_content("response.output_text.delta", &id, at, out, |body| {
                    body.text("delta", &more);
                    body.array("logprobs").end();
                });
            }
            (Kind::Refusal { text }, Delta::Text(more)) => {
                text.push_str(&more);
                self.emit_content("response.refusal.delta", &id, at, out, |body| {
                    body.text("delta", &more);
                });
            }
            (Kind::Text { text, annotations }, Delta::Annotation(one)) => {
                let length = text.chars().count() as u64;
                let sayable = annotations.iter().filter(|it| annotation::is_sayable(it));
                let position = sayable.count() as u64;
                annotations.push(one.clone());
                if !annotation::is_sayable(&one) {
                    return;
                }
                let name = "response.output_text.annotation.added";
                self.emit_content(name, &id, at, out, |body| {
                    body.number("annotation_index", position);
                    let mut written = BytesMut::new();
                    let mut list = crate::write::Array::begin(&mut written);
                    annotation::write(&one, length, &mut list);
                    // the one item between the brackets
                    body.key("annotation").extend_from_slice(&written[1..]);
                });
            }
            (Kind::ToolCall(call), Delta::Input(more)) => {
                let name = match call.input {
                    Input::Text(_) => "response.custom_tool_call_input.delta",
                    Input::Json(_) | Input::Malformed(_) => {
                        "response.function_call_arguments.delta"
                    }
                };
                item.input.push_str(&more);
                self.emit_of_item(name, &id, out, |body| body.text("delta", &more));
            }
            (Kind::Reasoning(_), Delta::Reasoning(more)) => {
                let content = output::has_content(block);
                self.reason(content, 0, &more, out);
            }
            (Kind::Reasoning(_), Delta::Summary { part, text }) => {
                self.reason(false, part, &text, out);
            }
            _ => {}
        }
    }

    fn close(&mut self, out: &mut BytesMut) {
        self.end_reasoning_part(out);
        let Some(item) = self.item.as_mut().filter(|item| item.speaks) else {
            return;
        };
        item.speaks = false;
        let (id, at) = (item.id.clone(), item.blocks.len() - 1);
        let input = std::mem::take(&mut item.input);
        let Some(block) = item.blocks.last_mut() else {
            return;
        };
        let is_shown = output::is_part(block) && !spelled(&block.ext, EMPTY);
        match &mut block.kind {
            Kind::ToolCall(call) => {
                let (name, member) = match call.input {
                    Input::Text(_) => {
                        call.input = Input::Text(input);
                        ("response.custom_tool_call_input.done", "input")
                    }
                    Input::Json(_) | Input::Malformed(_) => {
                        call.input = Input::parse(input);
                        ("response.function_call_arguments.done", "arguments")
                    }
                };
                let whole = call.input.as_str().to_owned();
                self.emit_of_item(name, &id, out, |body| body.text(member, &whole));
            }
            Kind::Media(_) if !is_shown => {
                let name = "response.image_generation_call.completed";
                self.emit_of_item(name, &id, out, |_| {});
            }
            Kind::Text { .. } | Kind::Refusal { .. } | Kind::Native { .. } if is_shown => {
                let mut part = BytesMut::new();
                output::write_part(block, &mut part);
                let done = match &block.kind {
                    Kind::Text { text, .. } => Some(("response.output_text.done", "text", text)),
                    Kind::Refusal { text } => Some(("response.refusal.done", "refusal", text)),
                    _ => None,
                };
                let done = done.map(|(name, member, text)| (name, member, text.clone()));
                let logprobs = own(&block.ext, FORMAT).and_then(|ext| ext.get("logprobs"));
                let logprobs = logprobs.cloned().unwrap_or_else(|| Raw::array_of([]));
                if let Some((name, member, text)) = done {
                    self.emit_content(name, &id, at, out, |body| {
                        body.text(member, &text);
                        if member == "text" {
                            body.raw("logprobs", &logprobs);
                        }
                    });
                }
                self.emit_part("response.content_part.done", &id, at, &part, out);
            }
            _ => {}
        }
    }

    /// Ends the item, if one is open.
    fn done(&mut self, status: Status, out: &mut BytesMut) {
        let Some(item) = self.item.take() else {
            return;
        };
        if item.hidden {
            let sealed = item.blocks.first().is_some_and(output::is_sayable);
            if !sealed {
                return;
            }
            let begun = output::item(&item.blocks, &item.id, Status::InProgress, &self.reply);
            self.emit_item("response.output_item.added", &begun, out);
        }
        let whole = output::item(&item.blocks, &item.id, status, &self.reply);
        self.emit_item("response.output_item.done", &whole, out);
        self.items.push(whole);
        if let Some((seal, _)) = item.blocks.last().and_then(carry::carried) {
            self.carry(seal, Placement::Previous, out);
        }
    }
}

impl codec::StreamEncoder for Encoder {
    fn resume(&mut self, number: u64) {
        self.sequence = number.saturating_add(1);
    }

    fn push(&mut self, event: &Event, out: &mut BytesMut) {
        let mut ready = Vec::new();
        self.order
            .push(event.clone(), &mut |event| ready.push(event));
        for event in ready {
            if !self.ended {
                self.write(event, out);
            }
        }
    }
}
