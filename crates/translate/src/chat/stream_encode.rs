//! Streams, written: one chunk an event, every chunk with the same id, time and model.

mod thought;

use std::collections::BTreeMap;

use byokey_types::{Raw, Str, Usage};
use bytes::{BufMut, Bytes, BytesMut};

use super::{
    annotation, error, reasoning,
    response_encode::{response_id, write_call_head, write_sealed},
    seal,
    spelling::{FORMAT, outer},
    stop, usage,
};
use crate::{
    Reply,
    carrier::{self, Placement},
    codec::StreamEncoder,
    event::{Delta, Event, Head, Start},
    ir::{Reasoning, Runs, Seal, own},
    sse,
    write::Object,
};

use thought::Thought;

/// Writes one stream.
#[derive(Debug)]
pub(super) struct Encoder {
    reply: Reply,
    /// What every chunk begins with, up to its choices.
    head: Bytes,
    blocks: BTreeMap<u32, Said>,
    calls: u64,
    /// How many characters of content have been said.
    length: u64,
    /// How many blocks of reasoning have been opened, and whether any has said something.
    thoughts: usize,
    thought: bool,
    usage: Option<Usage>,
}

/// An open block and what must be known of it.
#[derive(Debug)]
enum Said {
    Text {
        start: u64,
        /// Said when the text is whole: clients know what it belongs to by what came before.
        seal: Option<Seal>,
    },
    Refusal,
    Reasoning(Thought),
    Call {
        number: u64,
        freeform: bool,
        has_input: bool,
        /// Its id and name, until they are said: a seal that comes ahead of the input goes with them.
        head: Option<(Str, Str)>,
    },
    Sound,
    /// Nothing that this format can say.
    Hidden,
}

impl Encoder {
    pub(super) fn new(reply: &Reply) -> Self {
        Self {
            reply: reply.clone(),
            head: Bytes::new(),
            blocks: BTreeMap::new(),
            calls: 0,
            length: 0,
            thoughts: 0,
            thought: false,
            usage: None,
        }
    }

    fn start(&mut self, start: &Start, out: &mut BytesMut) {
        let mut head = BytesMut::with_capacity(256);
        let mut object = Object::begin(&mut head);
        object.text("id", &response_id(start.id.as_ref(), &self.reply));
        object.text("object", "chat.completion.chunk");
        let created = start.created.unwrap_or(self.reply.now);
        object.raw("created", &Raw::of(&created));
        object.text("model", &self.reply.model);
        // of another format's members nothing is known
        object.members(own(&start.ext, FORMAT), |key| {
            outer(key, &["choice", "message"])
        });
        // left open: the choices follow
        self.head = head.freeze();
        self.chunk(None, out, |delta| {
            delta.text("role", "assistant");
            delta.text("content", "");
        });
    }

    fn chunk(&self, finish: Option<&str>, out: &mut BytesMut, write: impl FnOnce(&mut Object<'_>)) {
        let mut data = BytesMut::with_capacity(self.head.len() + 128);
        data.extend_from_slice(&self.head);
        data.put_slice(b",\"choices\":[");
        let mut choice = Object::begin(&mut data);
        choice.number("index", 0);
        let mut delta = choice.object("delta");
        write(&mut delta);
        delta.end();
        choice.raw("logprobs", &Raw::NULL);
        match finish {
            Some(word) => choice.text("finish_reason", word),
            None => choice.raw("finish_reason", &Raw::NULL),
        }
        choice.end();
        data.put_slice(b"]}");
        sse::encode(None, &data, out);
    }

    fn open(&mut self, index: u32, head: &Head, out: &mut BytesMut) {
        self.flush_heads(out);
        let said = match head {
            Head::Text => Said::Text {
                start: self.length,
                seal: None,
            },
            Head::Refusal => Said::Refusal,
            Head::Reasoning { redacted } => {
                self.thoughts += 1;
                Said::Reasoning(Thought {
                    position: self.thoughts - 1,
                    reasoning: Reasoning {
                        parts: Vec::new(),
                        redacted: *redacted,
                    },
                    seal: None,
                })
            }
            Head::ToolCall {
                id,
                name,
                freeform,
                runs: Runs::Client,
            } => {
                let number = self.calls;
                self.calls += 1;
                Said::Call {
                    number,
                    freeform: *freeform,
                    has_input: false,
                    head: Some((id.id.clone(), name.clone())),
                }
            }
            Head::Native { format, tag, value } if *format == FORMAT && tag == "audio" => {
                self.chunk(None, out, |delta| delta.raw("audio", value));
                Said::Sound
            }
            Head::ToolCall { .. } | Head::Media(_) | Head::Native { .. } => Said::Hidden,
        };
        self.blocks.insert(index, said);
    }

    fn call(&self, number: u64, out: &mut BytesMut, write: impl FnOnce(&mut Object<'_>)) {
        self.chunk(None, out, |delta| {
            let mut calls = delta.array("tool_calls");
            let mut call = calls.object();
            call.number("index", number);
            write(&mut call);
            call.end();
            calls.end();
        });
    }

    fn delta(&mut self, index: u32, delta: &Delta, out: &mut BytesMut) {
        let Some(mut said) = self.blocks.remove(&index) else {
            return;
        };
        self.say(&mut said, delta, out);
        self.blocks.insert(index, said);
    }

    fn say(&mut self, said: &mut Said, delta: &Delta, out: &mut BytesMut) {
        match (said, delta) {
            (Said::Text { .. }, Delta::Text(text)) => {
                self.length += text.chars().count() as u64;
                self.chunk(None, out, |delta| delta.text("content", text));
            }
            (Said::Text { start, .. }, Delta::Annotation(it)) if annotation::is_sayable(it) => {
                let span = (*start, self.length);
                self.chunk(None, out, |delta| {
                    let mut array = delta.array("annotations");
                    annotation::write(it, span, &mut array);
                    array.end();
                });
            }
            (Said::Text { seal, .. }, Delta::Seal(it)) => *seal = Some(it.clone()),
            (Said::Refusal, Delta::Text(text)) => {
                self.chunk(None, out, |delta| delta.text("refusal", text));
            }
            (Said::Reasoning(thought), Delta::Reasoning(text)) => {
                let begins = thought.add_full(text);
                self.think(text, begins, out);
            }
            (Said::Reasoning(thought), Delta::Summary { part, text }) => {
                let begins = thought.add_summary(*part, text);
                self.think(text, begins, out);
            }
            (Said::Reasoning(thought), Delta::Seal(seal)) => thought.seal = Some(seal.clone()),
            (
                Said::Call {
                    number,
                    freeform,
                    has_input,
                    head,
                },
                Delta::Input(text),
            ) => {
                self.call_head(*number, *freeform, head.take(), None, out);
                *has_input = true;
                self.input(*number, *freeform, text, out);
            }
            (
                Said::Call {
                    number,
                    freeform,
                    head,
                    ..
                },
                Delta::Seal(seal),
            ) => self.call_head(*number, *freeform, head.take(), Some(seal), out),
            (Said::Sound, Delta::Native(value)) => {
                self.chunk(None, out, |delta| delta.raw("audio", value));
            }
            // what this format cannot say of a block is left out
            (
                Said::Text { .. }
                | Said::Refusal
                | Said::Reasoning(_)
                | Said::Call { .. }
                | Said::Sound
                | Said::Hidden,
                _,
            ) => {}
        }
    }

    /// Says the heads that are left: calls appear in the order of their numbers.
    fn flush_heads(&mut self, out: &mut BytesMut) {
        let waiting = self.blocks.values_mut().filter_map(|said| match said {
            Said::Call {
                number,
                freeform,
                head,
                ..
            } => head.take().map(|head| (*number, *freeform, head)),
            Said::Text { .. } | Said::Refusal | Said::Reasoning(_) | Said::Sound | Said::Hidden => {
                None
            }
        });
        let waiting: Vec<_> = waiting.collect();
        for (number, freeform, head) in waiting {
            self.call_head(number, freeform, Some(head), None, out);
        }
    }

    /// Says what is known of a call, unless it is said: its head, its seal.
    fn call_head(
        &self,
        number: u64,
        freeform: bool,
        head: Option<(Str, Str)>,
        seal: Option<&Seal>,
        out: &mut BytesMut,
    ) {
        if head.is_none() && seal.is_none() {
            return;
        }
        self.call(number, out, |call| {
            match head {
                Some((id, name)) => write_call_head(&id, &name, freeform, "", call),
                // some clients refuse a call without it
                None => write_input(freeform, "", call),
            }
            seal::write_extra(call, seal, None);
        });
    }

    fn input(&self, number: u64, freeform: bool, text: &str, out: &mut BytesMut) {
        self.call(number, out, |call| write_input(freeform, text, call));
    }

    /// Says reasoning; parts and blocks of it are paragraphs.
    fn think(&mut self, text: &str, begins: bool, out: &mut BytesMut) {
        let gap = if begins && self.thought { "\n\n" } else { "" };
        self.thought = true;
        self.chunk(None, out, |delta| {
            crate::write::strings(&[gap, text], delta.key("reasoning_content"));
        });
    }

    fn close(&mut self, index: u32, out: &mut BytesMut) {
        match self.blocks.remove(&index) {
            Some(Said::Reasoning(thought)) => {
                let Some(seal) = &thought.seal else {
                    return;
                };
                let seal = carrier::text_for(FORMAT, seal, Placement::Here);
                self.chunk(None, out, |delta| {
                    let mut array = delta.array(reasoning::DETAILS);
                    write_sealed(thought.position, &thought.reasoning, &seal, &mut array);
                    array.end();
                });
            }
            Some(Said::Text {
                seal: Some(seal), ..
            }) => self.chunk(None, out, |delta| {
                seal::write_extra(delta, Some(&seal), None);
            }),
            Some(Said::Call {
                number,
                freeform,
                has_input,
                head,
            }) => {
                self.call_head(number, freeform, head, None, out);
                if !freeform && !has_input {
                    // clients parse what they have gathered, and nothing is no JSON
                    self.input(number, false, "{}", out);
                }
            }
            Some(_) | None => {}
        }
    }

    fn end(&self, out: &mut BytesMut) {
        if let Some(counts) = self.usage.as_ref().filter(|_| self.reply.include_usage) {
            let mut data = BytesMut::with_capacity(self.head.len() + 256);
            data.extend_from_slice(&self.head);
            data.put_slice(b",\"choices\":[],");
            let mut rest = BytesMut::new();
            let mut object = Object::begin(&mut rest);
            usage::write(counts, "usage", &mut object);
            object.end();
            data.put_slice(&rest[1..]);
            sse::encode(None, &data, out);
        }
        sse::encode(None, b"[DONE]", out);
    }
}

fn write_input(freeform: bool, text: &str, call: &mut Object<'_>) {
    let (kind, member) = if freeform {
        ("custom", "input")
    } else {
        ("function", "arguments")
    };
    let mut inside = call.object(kind);
    inside.text(member, text);
    inside.end();
}

impl StreamEncoder for Encoder {
    fn push(&mut self, event: &Event, out: &mut BytesMut) {
        match event {
            Event::Start(start) => self.start(start, out),
            Event::Open { index, head, .. } => self.open(*index, head, out),
            Event::Delta { index, delta } => self.delta(*index, delta, out),
            Event::Close { index } => self.close(*index, out),
            Event::Usage(counts) => match &mut self.usage {
                Some(known) => known.merge(counts.clone()),
                None => self.usage = Some(counts.clone()),
            },
            Event::Stop(stop) => {
                let word = stop::word(stop.reason, self.calls > 0);
                self.chunk(Some(word), out, |_| {});
            }
            Event::End => self.end(out),
            Event::Error(fault) => sse::encode(None, &error::encode_fault(fault), out),
        }
    }
}
