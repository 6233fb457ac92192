//! An upstream's stream, read.
//!
//! Source: Responses API, "Streaming events". Events of unknown types are to be ignored (`codex.rate_limits`), and so is
//! everything behind the end; `response.done` is what the WebSocket calls `response.completed`.

use std::collections::BTreeMap;

use byokey_types::{Frame, JsonError, Kind as ErrorKind, Raw, RawObject};

use super::{
    annotation, error,
    item::{self, Item},
    output, response,
    seal::Writer,
    spelling::{CONTENT, FORMAT},
    stop,
    stream_item::{Live, Slot, Sort, unfit},
    usage,
};
use crate::{
    codec::{self, Source},
    event::{Delta, Event, Head, Start, StreamFault},
    fields::Fields,
    ir::{Block, Ext, Input, Kind, Runs},
    loss::Losses,
};

/// Reads a stream.
#[derive(Debug)]
pub(super) struct Decoder {
    source: Source,
    started: bool,
    ended: bool,
    /// The items by the upstream's index.
    items: BTreeMap<u64, Live>,
    /// The index of the next block.
    next: u32,
    has_calls: bool,
}

impl Decoder {
    pub(super) fn new(source: &Source) -> Self {
        Self {
            source: source.clone(),
            started: false,
            ended: false,
            items: BTreeMap::new(),
            next: 0,
            has_calls: false,
        }
    }

    fn frame(&mut self, frame: &Frame, events: &mut Vec<Event>) -> Result<(), StreamFault> {
        let mut fields = Fields::of(RawObject::parse(frame.data.clone()).map_err(bad)?);
        let named = frame.event.as_ref();
        let tag = fields.name("type").map_err(bad)?.or_else(|| named.cloned());
        match tag.as_deref() {
            Some("response.created" | "response.in_progress" | "response.queued") => {
                self.start(&mut fields, events).map_err(bad)
            }
            Some("response.completed" | "response.done" | "response.incomplete") => {
                self.terminal(&mut fields, events).map_err(bad)
            }
            Some("response.failed") => {
                let answer = fields.object("response").map_err(bad)?;
                let error = answer.and_then(|mut answer| answer.take("error"));
                Err(error::read(&error.unwrap_or(Raw::NULL)))
            }
            Some("error") => {
                let object = fields.into_object();
                let whole = object.to_raw();
                Err(error::read(object.get("error").unwrap_or(&whole)))
            }
            Some(tag) if tag.starts_with("response.") => {
                self.begin(events);
                self.content(tag, &mut fields, events).map_err(bad)
            }
            Some(_) | None => match fields.peek("error") {
                Some(error) => Err(error::read(error)),
                None => Ok(()),
            },
        }
    }

    fn start(&mut self, fields: &mut Fields, events: &mut Vec<Event>) -> Result<(), JsonError> {
        if self.started {
            return Ok(());
        }
        let answer = fields.object("response")?;
        let answer = answer.unwrap_or_else(|| Fields::of(RawObject::new()));
        let start = response::start(answer).map_err(|error| error.under("response"))?;
        events.push(Event::Start(start));
        self.started = true;
        Ok(())
    }

    fn begin(&mut self, events: &mut Vec<Event>) {
        if !self.started {
            events.push(Event::Start(Start::default()));
            self.started = true;
        }
    }

    fn content(
        &mut self,
        tag: &str,
        fields: &mut Fields,
        events: &mut Vec<Event>,
    ) -> Result<(), JsonError> {
        let at = fields.whole("output_index")?.unwrap_or_default();
        match tag {
            "response.output_item.added" => return self.added(at, fields, events),
            "response.output_item.done" => {
                let raw = fields.take("item").unwrap_or(Raw::EMPTY_OBJECT);
                return self
                    .done(at, &raw, events)
                    .map_err(|error| error.under("item"));
            }
            _ => {}
        }
        let part = fields.whole("content_index")?.unwrap_or_default();
        let summary = fields.whole("summary_index")?.unwrap_or_default();
        let mut text = |key: &str| -> Result<String, JsonError> {
            Ok(fields
                .text(key, &mut Losses::default())?
                .unwrap_or_default())
        };
        let said = match tag {
            "response.output_text.delta" => Said::Text(text("delta")?, false),
            "response.output_text.done" => Said::Text(text("text")?, true),
            "response.refusal.delta" => Said::Refusal(text("delta")?, false),
            "response.refusal.done" => Said::Refusal(text("refusal")?, true),
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                Said::Input(text("delta")?, false)
            }
            "response.function_call_arguments.done" => Said::Input(text("arguments")?, true),
            "response.custom_tool_call_input.done" => Said::Input(text("input")?, true),
            "response.reasoning_summary_text.delta" => Said::Summary(text("delta")?, false),
            "response.reasoning_summary_text.done" => Said::Summary(text("text")?, true),
            "response.reasoning_text.delta" => Said::Reasoning(text("delta")?, false),
            "response.reasoning_text.done" => Said::Reasoning(text("text")?, true),
            "response.output_text.annotation.added" => match fields.take("annotation") {
                Some(raw) => Said::Annotation(raw),
                None => return Ok(()),
            },
            // the parts' own beginnings and ends say nothing that these do not
            _ => return Ok(()),
        };
        self.said(at, (part, summary), said, events)
    }

    fn said(
        &mut self,
        at: u64,
        (part, summary): (u64, u64),
        said: Said,
        events: &mut Vec<Event>,
    ) -> Result<(), JsonError> {
        let sort = match &said {
            Said::Text(..) | Said::Refusal(..) | Said::Annotation(_) => Sort::Message,
            Said::Input(..) => Sort::Call,
            Said::Summary(..) | Said::Reasoning(..) => Sort::Reasoning,
        };
        let live = self
            .items
            .entry(at)
            .or_insert_with(|| Live::new(sort, RawObject::new()));
        if live.sort() != sort {
            return Err(unfit());
        }
        let next = &mut self.next;
        let (part, slot, text, whole, delta): (u64, _, _, _, fn(u64, String) -> Delta) = match said
        {
            Said::Annotation(raw) => {
                live.open(part, Head::Text, false, next, events);
                let read = annotation::read(&raw).map_err(|error| error.under("annotation"))?;
                let delta = Delta::Annotation(read);
                live.say(part, (Slot::Annotation, 0), delta, events);
                return Ok(());
            }
            Said::Text(text, whole) => {
                live.open(part, Head::Text, false, next, events);
                (part, (Slot::Text, 0), text, whole, |_, text| {
                    Delta::Text(text)
                })
            }
            Said::Refusal(text, whole) => {
                live.open(part, Head::Refusal, false, next, events);
                (part, (Slot::Text, 0), text, whole, |_, text| {
                    Delta::Text(text)
                })
            }
            // a call opens with its name, which only its beginning or its end has
            Said::Input(text, whole) => (0, (Slot::Text, 0), text, whole, |_, text| {
                Delta::Input(text)
            }),
            Said::Summary(text, whole) => {
                live.open(0, Head::Reasoning { redacted: false }, false, next, events);
                (0, (Slot::Summary, summary), text, whole, |part, text| {
                    Delta::Summary {
                        part: u32::try_from(part).unwrap_or(u32::MAX),
                        text,
                    }
                })
            }
            Said::Reasoning(text, whole) => {
                live.open(0, Head::Reasoning { redacted: false }, true, next, events);
                (0, (Slot::Text, part), text, whole, |_, text| {
                    Delta::Reasoning(text)
                })
            }
        };
        if !(text.is_empty() || whole && live.has_said(part, slot)) {
            live.say(part, slot, delta(slot.1, text), events);
        }
        Ok(())
    }

    fn added(
        &mut self,
        at: u64,
        fields: &mut Fields,
        events: &mut Vec<Event>,
    ) -> Result<(), JsonError> {
        let raw = fields.take("item").unwrap_or(Raw::EMPTY_OBJECT);
        if self.items.contains_key(&at) {
            return Ok(());
        }
        let mut item = raw.object()?;
        // what is not there yet
        for (key, value) in [
            ("content", Raw::array_of([])),
            ("arguments", Raw::string("")),
            ("input", Raw::string("")),
        ] {
            if !item.contains(key) && wants(&item, key) {
                item.set(key, value);
            }
        }
        let read = item::read(
            &item.to_raw(),
            Writer::Upstream(&self.source),
            &mut Losses::default(),
        );
        let live = match read {
            Ok(Item::Message(message)) => Live::new(Sort::Message, output::head(message.rest)),
            Ok(Item::Block { block, .. }) => self.begun(*block, events),
            // a call whose name comes later
            Err(_) => Live::new(Sort::Call, RawObject::new()),
        };
        self.items.insert(at, live);
        Ok(())
    }

    fn begun(&mut self, block: Block, events: &mut Vec<Event>) -> Live {
        let fields = own_fields(block.ext);
        match block.kind {
            Kind::ToolCall(call) => {
                let mut live = Live::new(Sort::Call, fields);
                let head = Head::ToolCall {
                    id: call.id,
                    name: call.name,
                    freeform: matches!(call.input, Input::Text(_)),
                    runs: Runs::Client,
                };
                self.has_calls = true;
                live.open(0, head, false, &mut self.next, events);
                live
            }
            Kind::Reasoning(_) => {
                let mut fields = fields;
                fields.take(CONTENT);
                Live::new(Sort::Reasoning, fields)
            }
            Kind::Text { .. }
            | Kind::Media(_)
            | Kind::Refusal { .. }
            | Kind::ToolResult(_)
            | Kind::Native { .. } => Live::new(Sort::Native, fields),
        }
    }

    fn done(&mut self, at: u64, raw: &Raw, events: &mut Vec<Event>) -> Result<(), JsonError> {
        if self.items.get(&at).is_some_and(Live::is_done) {
            return Ok(());
        }
        let writer = Writer::Upstream(&self.source);
        let blocks = output::blocks(item::read(raw, writer, &mut Losses::default())?);
        self.has_calls |= response::has_calls(&blocks);
        let live = self
            .items
            .entry(at)
            .or_insert_with(|| Live::new(Sort::Native, RawObject::new()));
        live.finish(blocks, &mut self.next, events)
    }

    fn terminal(&mut self, fields: &mut Fields, events: &mut Vec<Event>) -> Result<(), JsonError> {
        let answer = fields.object("response")?;
        let mut answer = answer.unwrap_or_else(|| Fields::of(RawObject::new()));
        if !self.started {
            let start = Fields::of(answer.as_object().clone());
            events.push(Event::Start(response::start(start)?));
            self.started = true;
        }
        let items = answer.array("output")?.unwrap_or_default();
        let nothing_came = self.items.is_empty();
        for (at, raw) in (0u64..).zip(&items) {
            if nothing_came || self.items.contains_key(&at) {
                self.done(at, raw, events)
                    .map_err(|error| error.under(&format!("response.output.{at}")))?;
            }
        }
        for live in self.items.values_mut() {
            live.close_all(events);
        }
        let usage = answer.take("usage").and_then(|raw| usage::read(&raw));
        events.extend(usage.map(Event::Usage));
        let stop = stop::read(&answer.into_object(), self.has_calls);
        events.push(Event::Stop(stop));
        events.push(Event::End);
        self.ended = true;
        Ok(())
    }

    fn fail(&mut self, fault: StreamFault, events: &mut Vec<Event>) {
        events.push(Event::Error(fault));
        self.ended = true;
    }
}

/// What a frame says of a block.
enum Said {
    /// Text; whether it is all of it. The same for the others.
    Text(String, bool),
    Refusal(String, bool),
    Input(String, bool),
    Summary(String, bool),
    Reasoning(String, bool),
    Annotation(Raw),
}

impl codec::StreamDecoder for Decoder {
    fn push(&mut self, frame: &Frame, events: &mut Vec<Event>) {
        let data = frame.data.trim_ascii();
        if self.ended || data.is_empty() {
            return;
        }
        // some guests end their streams as another format does
        if data == b"[DONE]" {
            codec::StreamDecoder::finish(self, events);
            return;
        }
        if let Err(fault) = self.frame(frame, events) {
            self.fail(fault, events);
        }
    }

    fn finish(&mut self, events: &mut Vec<Event>) {
        if self.ended {
            return;
        }
        let message = "the upstream's stream ended before the answer was whole";
        self.fail(StreamFault::new(ErrorKind::Truncated, message), events);
    }
}

/// Whether an item of this type has the member when it is whole.
fn wants(item: &RawObject, key: &str) -> bool {
    let tag = item.get("type").map(Raw::as_str).unwrap_or_default();
    matches!(
        (tag, key),
        ("\"message\"", "content")
            | ("\"function_call\"", "arguments")
            | ("\"custom_tool_call\"", "input")
    )
}

fn own_fields(ext: Ext) -> RawObject {
    ext.filter(|ext| ext.format == FORMAT)
        .map(|ext| ext.fields)
        .unwrap_or_default()
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` passes")]
fn bad(error: JsonError) -> StreamFault {
    StreamFault::new(
        ErrorKind::BadUpstream,
        format!("the upstream sent a frame that cannot be read: {error}"),
    )
}
