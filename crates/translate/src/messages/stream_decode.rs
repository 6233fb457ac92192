//! An upstream's stream, read.
//!
//! Source: Messages API, "Streaming messages". Blocks have indexes of the upstream's own; events of unknown types are to be
//! ignored, and so is everything behind the end.

use std::collections::BTreeMap;

use byokey_types::{Format, Frame, JsonError, Kind as ErrorKind, Raw, RawObject};

use super::{
    annotation,
    block_decode::{self, Writer},
    error,
    place::Place,
    response, usage,
};
use crate::{
    codec::{self, Source},
    event::{Delta, Event, Head, Start, StreamFault},
    fields::Fields,
    ir::{Ext, Kind, Stop, StopReason},
    loss::Losses,
};

/// Reads a stream.
#[derive(Debug)]
pub(super) struct StreamDecoder {
    source: Source,
    phase: Phase,
    /// The open blocks by the upstream's index.
    blocks: BTreeMap<u64, Open>,
    /// The index of the next block.
    next: u32,
    stop: Option<Stop>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    New,
    Running,
    Ended,
}

#[derive(Debug)]
struct Open {
    index: u32,
    sort: Sort,
    /// An input that came with the beginning of a call, said unless the input comes in parts after all.
    input: Option<Raw>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Text,
    Reasoning,
    Call,
    Native,
}

impl StreamDecoder {
    pub(super) fn new(source: &Source) -> Self {
        Self {
            source: source.clone(),
            phase: Phase::New,
            blocks: BTreeMap::new(),
            next: 0,
            stop: None,
        }
    }

    fn frame(&mut self, frame: &Frame, events: &mut Vec<Event>) -> Result<(), StreamFault> {
        let mut fields = Fields::of(RawObject::parse(frame.data.clone()).map_err(bad)?);
        let named = frame.event.as_ref();
        let tag = fields.name("type").map_err(bad)?.or_else(|| named.cloned());
        match tag.as_deref() {
            Some("message_start") => self.message_start(&mut fields, events).map_err(bad),
            Some("content_block_start") => {
                self.start_if_new(events);
                self.block_start(&mut fields, events).map_err(bad)
            }
            Some("content_block_delta") => self.block_delta(&mut fields, events),
            Some("content_block_stop") => {
                let index = fields.whole("index").map_err(bad)?.unwrap_or_default();
                self.close(index, events);
                Ok(())
            }
            Some("message_delta") => {
                self.start_if_new(events);
                self.message_delta(&mut fields, events).map_err(bad)
            }
            Some("message_stop") => {
                self.start_if_new(events);
                self.end(events);
                Ok(())
            }
            Some("error") => Err(error::fault(&fields.into_object())),
            Some(_) | None if fields.peek("error").is_some() => {
                Err(error::fault(&fields.into_object()))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn message_start(
        &mut self,
        fields: &mut Fields,
        events: &mut Vec<Event>,
    ) -> Result<(), JsonError> {
        if self.phase != Phase::New {
            return Ok(());
        }
        let mut message = match fields.object("message")? {
            Some(message) => message,
            None => Fields::of(RawObject::new()),
        };
        let usage = message.take("usage").and_then(|raw| usage::read(&raw));
        events.push(Event::Start(
            response::start(message).map_err(|e| e.under("message"))?,
        ));
        events.extend(usage.map(Event::Usage));
        self.phase = Phase::Running;
        Ok(())
    }

    fn start_if_new(&mut self, events: &mut Vec<Event>) {
        if self.phase == Phase::New {
            events.push(Event::Start(Start::default()));
            self.phase = Phase::Running;
        }
    }

    fn block_start(
        &mut self,
        fields: &mut Fields,
        events: &mut Vec<Event>,
    ) -> Result<(), JsonError> {
        let wire = fields
            .whole("index")?
            .unwrap_or_else(|| u64::from(self.next));
        self.close(wire, events);
        let index = self.next;
        let raw = fields
            .take("content_block")
            .ok_or_else(|| crate::fields::missing("content_block"))?;
        let place = Place::Answer(index as usize);
        let raw = without_empty_lists(raw);
        let writer = Writer::Upstream(&self.source);
        let block = block_decode::block(&raw, writer, place, &mut Losses::default())
            .map_err(|error| error.under("content_block"))?;
        let seal = block.seal.map(Delta::Seal);
        let mut input = None;
        let mut deltas = Vec::new();
        let (head, sort) = match block.kind {
            Kind::Text { text, annotations } => {
                deltas.extend((!text.is_empty()).then_some(Delta::Text(text)));
                deltas.extend(annotations.into_iter().map(Delta::Annotation));
                (Head::Text, Sort::Text)
            }
            Kind::Reasoning(reasoning) => {
                let parts = reasoning.parts.iter();
                deltas.extend(parts.map(|part| Delta::Reasoning(part.text().to_owned())));
                let redacted = reasoning.redacted;
                (Head::Reasoning { redacted }, Sort::Reasoning)
            }
            Kind::ToolCall(call) => {
                input = Some(call.input.as_str())
                    .filter(|input| *input != "{}")
                    .and_then(|input| Raw::parse(input.to_owned()).ok());
                let head = Head::ToolCall {
                    id: call.id,
                    name: call.name,
                    freeform: false,
                    runs: call.runs,
                };
                (head, Sort::Call)
            }
            Kind::Native { format, tag, value } => {
                (Head::Native { format, tag, value }, Sort::Native)
            }
            // answers hold neither; were there one, it is passed on as it is
            Kind::Media(_) | Kind::ToolResult(_) | Kind::Refusal { .. } => {
                let format = Format::AnthropicMessages;
                let tag = raw.object()?.get("type").and_then(|tag| tag.text().ok());
                let head = Head::Native {
                    format,
                    tag: tag.unwrap_or_default().into(),
                    value: raw,
                };
                (head, Sort::Native)
            }
        };
        self.next += 1;
        let ext = if sort == Sort::Native {
            None
        } else {
            block.ext
        };
        open(index, head, ext, deltas.into_iter().chain(seal), events);
        self.blocks.insert(wire, Open { index, sort, input });
        Ok(())
    }

    fn block_delta(
        &mut self,
        fields: &mut Fields,
        events: &mut Vec<Event>,
    ) -> Result<(), StreamFault> {
        let wire = fields.whole("index").map_err(bad)?.unwrap_or_default();
        let Some(block) = self.blocks.get_mut(&wire) else {
            let message = format!("the upstream went on with block {wire}, which is not open");
            return Err(StreamFault::new(ErrorKind::BadUpstream, message));
        };
        let raw = fields.take("delta").unwrap_or(Raw::EMPTY_OBJECT);
        let delta = if block.sort == Sort::Native {
            Some(Delta::Native(raw))
        } else {
            delta(&raw, &self.source, block.sort).map_err(bad)?
        };
        if matches!(delta, Some(Delta::Input(_))) {
            block.input = None;
        }
        let index = block.index;
        events.extend(delta.map(|delta| Event::Delta { index, delta }));
        Ok(())
    }

    fn message_delta(
        &mut self,
        fields: &mut Fields,
        events: &mut Vec<Event>,
    ) -> Result<(), JsonError> {
        if let Some(mut delta) = fields.object("delta")? {
            let stop = response::take_stop(&mut delta).map_err(|error| error.under("delta"))?;
            self.stop = stop.or(self.stop.take());
        }
        let usage = fields.take("usage").and_then(|raw| usage::read(&raw));
        events.extend(usage.map(Event::Usage));
        Ok(())
    }

    /// Closes a block, if it is open.
    fn close(&mut self, wire: u64, events: &mut Vec<Event>) {
        let Some(block) = self.blocks.remove(&wire) else {
            return;
        };
        let index = block.index;
        if let Some(input) = block.input {
            let delta = Delta::Input(input.as_str().to_owned());
            events.push(Event::Delta { index, delta });
        }
        events.push(Event::Close { index });
    }

    fn end(&mut self, events: &mut Vec<Event>) {
        while let Some((&wire, _)) = self.blocks.first_key_value() {
            self.close(wire, events);
        }
        let stop = self.stop.take();
        events.push(Event::Stop(stop.unwrap_or(Stop::bare(StopReason::EndTurn))));
        events.push(Event::End);
        self.phase = Phase::Ended;
    }

    fn fail(&mut self, fault: StreamFault, events: &mut Vec<Event>) {
        events.push(Event::Error(fault));
        self.phase = Phase::Ended;
    }
}

impl codec::StreamDecoder for StreamDecoder {
    fn push(&mut self, frame: &Frame, events: &mut Vec<Event>) {
        let data = frame.data.trim_ascii();
        if self.phase == Phase::Ended || data.is_empty() {
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
        if self.phase == Phase::Ended {
            return;
        }
        if self.stop.is_some() {
            self.end(events);
            return;
        }
        let message = "the upstream's stream ended before the answer was whole";
        self.fail(StreamFault::new(ErrorKind::Truncated, message), events);
    }
}

fn open(
    index: u32,
    head: Head,
    ext: Ext,
    deltas: impl IntoIterator<Item = Delta>,
    events: &mut Vec<Event>,
) {
    events.push(Event::Open { index, head, ext });
    let deltas = deltas.into_iter();
    events.extend(deltas.map(|delta| Event::Delta { index, delta }));
}

/// A delta of a modelled block; one of an unknown type says nothing.
fn delta(raw: &Raw, source: &Source, sort: Sort) -> Result<Option<Delta>, JsonError> {
    let mut fields = Fields::open(raw).map_err(|error| error.under("delta"))?;
    let mut losses = Losses::default();
    let mut text = |key: &str| -> Result<String, JsonError> {
        let text = fields.text(key, &mut losses);
        Ok(text
            .map_err(|error| error.under("delta"))?
            .unwrap_or_default())
    };
    let tag = text("type")?;
    let fits = match tag.as_str() {
        "text_delta" | "citations_delta" => sort == Sort::Text,
        "thinking_delta" | "signature_delta" => sort == Sort::Reasoning,
        "input_json_delta" => sort == Sort::Call,
        _ => return Ok(None),
    };
    if !fits {
        return Err(JsonError::Invalid {
            path: "delta.type".to_owned(),
            what: "does not fit its block".to_owned(),
        });
    }
    Ok(match tag.as_str() {
        "text_delta" => some(text("text")?).map(Delta::Text),
        "thinking_delta" => some(text("thinking")?).map(Delta::Reasoning),
        "input_json_delta" => some(text("partial_json")?).map(Delta::Input),
        "signature_delta" => {
            let signature = text("signature")?;
            let mut lost = false;
            Writer::Upstream(source)
                .seal(signature, &mut lost)
                .map(Delta::Seal)
        }
        _ => {
            let citation = fields.take("citation");
            let citation = citation.map(|raw| annotation::citation(&raw)).transpose();
            let citation = citation.map_err(|error| error.under("delta.citation"))?;
            citation.map(Delta::Annotation)
        }
    })
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// The beginning of a text without its empty list of citations: they come in deltas.
fn without_empty_lists(raw: Raw) -> Raw {
    let Ok(mut object) = raw.object() else {
        return raw;
    };
    let is_empty = |list: &Raw| list.array().is_ok_and(|items| items.is_empty());
    if object.get("citations").is_some_and(is_empty) {
        object.take("citations");
        return object.to_raw();
    }
    raw
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` passes")]
fn bad(error: JsonError) -> StreamFault {
    StreamFault::new(
        ErrorKind::BadUpstream,
        format!("the upstream sent a frame that cannot be read: {error}"),
    )
}
