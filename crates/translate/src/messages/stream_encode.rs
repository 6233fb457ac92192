//! A stream for a Messages client.
//!
//! Source: Messages API, "Streaming messages": `message_start`, then blocks one after the other, `message_delta`, `message_stop`.

mod asides;

use byokey_types::{Format, Raw, Usage};
use bytes::BytesMut;

use super::{carry, error, lower, media, place::replayed, response, usage};
use crate::write::Object;
use crate::{
    Reply,
    carrier::Placement,
    codec,
    event::{Delta, Event, Head, Start},
    ir::{Ext, Input, Runs, Stop},
    loss::Losses,
    search,
    serialise::Serialiser,
    sse,
};

const FORMAT: Format = Format::AnthropicMessages;

/// Writes a stream.
#[derive(Debug)]
pub(super) struct StreamEncoder {
    reply: Reply,
    order: Serialiser,
    /// The beginning, held until something follows that is no usage: clients want the input's count in it.
    start: Option<Start>,
    usage: Usage,
    /// The index of the next block that clients get to see.
    next: u32,
    block: Speaking,
    /// Whether the block is words.
    is_text: bool,
    /// The carrier of the words before, which is said when something follows them: clients take the last block of an answer for
    /// what it says, so none may stand behind the last words.
    behind: Option<String>,
    refused: bool,
    /// Searches of another provider.
    searches: u64,
    ended: bool,
}

/// The block that speaks.
#[derive(Debug)]
enum Speaking {
    /// None, or one that this format has no word for.
    Silent,
    /// A call that waits for what follows: its seal would be said ahead of it.
    Announced { head: Head, ext: Ext },
    /// One whose deltas are passed on; `seal` waits for the end, since the last one counts.
    Aloud {
        /// Where its seal goes: into its own slot (thinking), into a block behind it, or nowhere.
        slot: Option<Placement>,
        seal: Option<String>,
        /// The part of a summary that spoke last.
        part: Option<u32>,
    },
    /// Withheld thinking, which is nothing but its seal.
    Withheld { seal: Option<String>, ext: Ext },
    /// A call whose free text becomes the one member of an object when it is whole.
    Freeform { text: String, seal: Option<String> },
}

impl StreamEncoder {
    pub(super) fn new(reply: &Reply) -> Self {
        Self {
            reply: reply.clone(),
            order: Serialiser::default(),
            start: None,
            usage: Usage::default(),
            next: 0,
            block: Speaking::Silent,
            is_text: false,
            behind: None,
            refused: false,
            searches: 0,
            ended: false,
        }
    }

    fn write(&mut self, event: Event, out: &mut BytesMut) {
        match event {
            Event::Start(start) => self.start = Some(start),
            Event::Usage(usage) => self.usage.merge(usage),
            Event::Error(fault) => {
                let mut data = BytesMut::new();
                error::write_fault(&fault, &mut data);
                sse::encode(Some("error"), &data, out);
                self.ended = true;
            }
            Event::Open { head, ext, .. } => {
                self.flush_start(out);
                if let Some(envelope) = self.behind.take() {
                    self.carrier(&envelope, out);
                }
                self.is_text = matches!(head, Head::Text | Head::Refusal);
                if matches!(head, Head::ToolCall { .. }) {
                    self.block = Speaking::Announced { head, ext };
                } else {
                    self.open(head, ext, out);
                }
            }
            Event::Delta { delta, .. } => self.delta(delta, out),
            Event::Close { .. } => self.close(out),
            Event::Stop(stop) => {
                self.flush_start(out);
                self.message_delta(&stop, out);
            }
            Event::End => {
                emit("message_stop", out, |_| {});
                self.ended = true;
            }
        }
    }

    fn flush_start(&mut self, out: &mut BytesMut) {
        let Some(start) = self.start.take() else {
            return;
        };
        emit("message_start", out, |body| {
            let mut message = body.object("message");
            let (id, model) = (start.id.as_ref(), start.model.as_ref());
            response::write_head(&mut message, id, model, &self.reply);
            message.array("content").end();
            response::write_stop(&mut message, None, false);
            let mut losses = Losses::default();
            usage::write(&mut message, Some(&self.usage), 0, &mut losses);
            message.members_but(replayed(&start.ext, str::to_owned, &mut losses), &[]);
            message.end();
        });
    }

    fn open(&mut self, head: Head, ext: Ext, out: &mut BytesMut) {
        self.block = Speaking::Aloud {
            slot: match head {
                Head::Reasoning { .. } => Some(Placement::Here),
                Head::Text | Head::Refusal | Head::ToolCall { .. } => Some(Placement::Previous),
                Head::Media(_) | Head::Native { .. } => None,
            },
            seal: None,
            part: None,
        };
        match head {
            Head::Text => self.block_start(&ext, &[], out, |block| {
                block.text("type", "text");
                block.text("text", "");
            }),
            Head::Refusal => {
                self.refused = true;
                self.block_start(&ext, &[], out, |block| {
                    block.text("type", "text");
                    block.text("text", "");
                });
            }
            Head::Reasoning { redacted: true } => {
                self.block = Speaking::Withheld { seal: None, ext };
            }
            Head::Reasoning { redacted: false } => self.block_start(&ext, &[], out, |block| {
                block.text("type", "thinking");
                block.text("thinking", "");
                block.text("signature", "");
            }),
            Head::ToolCall {
                id,
                name,
                freeform,
                runs,
            } => {
                if freeform {
                    self.block = Speaking::Freeform {
                        text: String::new(),
                        seal: None,
                    };
                }
                let own_type = crate::ir::own(&ext, FORMAT).and_then(|ext| ext.get("type"));
                let tag = match runs {
                    Runs::Client => Raw::string("tool_use"),
                    Runs::Server => own_type.cloned().unwrap_or(Raw::string("server_tool_use")),
                };
                self.block_start(&ext, &["type"], out, |block| {
                    block.raw("type", &tag);
                    block.text("id", &id.id);
                    block.text("name", &name);
                    block.raw("input", &Raw::EMPTY_OBJECT);
                });
            }
            Head::Media(media) => {
                self.block_start(&None, &[], out, |block| {
                    block.text("type", "text");
                    block.text("text", "");
                });
                self.text_delta("text_delta", "text", &media::marked(&media).text, out);
            }
            Head::Native { format, value, .. } if format == FORMAT => {
                let index = self.next;
                emit("content_block_start", out, |body| {
                    body.number("index", index.into());
                    body.raw("content_block", &value);
                });
            }
            Head::Native { value, .. } => {
                self.block = Speaking::Silent;
                if let Some(pair) = search::pair(&value) {
                    self.search(&pair, out);
                }
            }
        }
    }

    fn block_start(
        &self,
        ext: &Ext,
        written: &[&str],
        out: &mut BytesMut,
        write: impl FnOnce(&mut Object<'_>),
    ) {
        emit("content_block_start", out, |body| {
            body.number("index", self.next.into());
            let mut block = body.object("content_block");
            write(&mut block);
            block.members_but(crate::ir::own(ext, FORMAT), written);
            block.end();
        });
    }

    /// Says the call that was announced, if there is one.
    fn begin(&mut self, out: &mut BytesMut) {
        match std::mem::replace(&mut self.block, Speaking::Silent) {
            Speaking::Announced { head, ext } => self.open(head, ext, out),
            other @ (Speaking::Silent
            | Speaking::Aloud { .. }
            | Speaking::Withheld { .. }
            | Speaking::Freeform { .. }) => self.block = other,
        }
    }

    fn block_stop(&mut self, out: &mut BytesMut) {
        emit("content_block_stop", out, |body| {
            body.number("index", self.next.into());
        });
        self.next += 1;
    }

    fn delta(&mut self, delta: Delta, out: &mut BytesMut) {
        if matches!(self.block, Speaking::Announced { .. }) {
            if let Delta::Seal(seal) = &delta {
                let call = std::mem::replace(&mut self.block, Speaking::Silent);
                self.carrier(&carry::envelope(seal, Placement::Next), out);
                self.block = call;
                self.begin(out);
                return;
            }
            self.begin(out);
        }
        match &mut self.block {
            Speaking::Silent | Speaking::Announced { .. } => {}
            Speaking::Withheld { seal, .. } => {
                if let Delta::Seal(found) = &delta {
                    *seal = Some(response::slot(found));
                }
            }
            Speaking::Freeform { text, seal } => match &delta {
                Delta::Input(more) => text.push_str(more),
                Delta::Seal(found) => *seal = Some(carry::envelope(found, Placement::Previous)),
                Delta::Text(_)
                | Delta::Reasoning(_)
                | Delta::Summary { .. }
                | Delta::Annotation(_)
                | Delta::Ext(_)
                | Delta::Native(_) => {}
            },
            Speaking::Aloud { slot, seal, part } => match delta {
                Delta::Text(text) => self.text_delta("text_delta", "text", &text, out),
                Delta::Reasoning(text) => {
                    self.text_delta("thinking_delta", "thinking", &text, out);
                }
                Delta::Summary { part: now, text } => {
                    // parts are paragraphs
                    let begins = part.replace(now).is_some_and(|last| last != now);
                    let text = if begins { format!("\n\n{text}") } else { text };
                    self.text_delta("thinking_delta", "thinking", &text, out);
                }
                Delta::Input(input) => {
                    self.text_delta("input_json_delta", "partial_json", &input, out);
                }
                Delta::Annotation(annotation) if annotation.format == FORMAT => {
                    self.raw_delta(out, |delta| {
                        delta.text("type", "citations_delta");
                        delta.raw("citation", &annotation.native);
                    });
                }
                Delta::Annotation(_) | Delta::Ext(_) => {}
                Delta::Seal(found) => *seal = slot.map(|slot| carry::envelope(&found, slot)),
                Delta::Native(raw) => emit("content_block_delta", out, |body| {
                    body.number("index", self.next.into());
                    body.raw("delta", &raw);
                }),
            },
        }
    }

    fn text_delta(&self, tag: &str, key: &str, text: &str, out: &mut BytesMut) {
        self.raw_delta(out, |delta| {
            delta.text("type", tag);
            delta.text(key, text);
        });
    }

    fn raw_delta(&self, out: &mut BytesMut, write: impl FnOnce(&mut Object<'_>)) {
        emit("content_block_delta", out, |body| {
            body.number("index", self.next.into());
            let mut delta = body.object("delta");
            write(&mut delta);
            delta.end();
        });
    }

    fn close(&mut self, out: &mut BytesMut) {
        self.begin(out);
        let mut carried = None;
        match std::mem::replace(&mut self.block, Speaking::Silent) {
            Speaking::Silent
            | Speaking::Announced { .. }
            | Speaking::Withheld { seal: None, .. } => return,
            Speaking::Withheld {
                seal: Some(data),
                ext,
            } => self.block_start(&ext, &[], out, |block| {
                block.text("type", "redacted_thinking");
                block.text("data", &data);
            }),
            Speaking::Freeform { text, seal } => {
                let (input, _) = lower::input(&Input::Text(text));
                self.text_delta("input_json_delta", "partial_json", input.as_str(), out);
                carried = seal;
            }
            Speaking::Aloud {
                slot: Some(Placement::Here),
                seal: Some(seal),
                ..
            } => self.text_delta("signature_delta", "signature", &seal, out),
            Speaking::Aloud { seal, .. } => carried = seal,
        }
        self.block_stop(out);
        match carried {
            Some(envelope) if self.is_text => self.behind = Some(envelope),
            Some(envelope) => self.carrier(&envelope, out),
            None => {}
        }
    }

    fn message_delta(&self, stop: &Stop, out: &mut BytesMut) {
        emit("message_delta", out, |body| {
            let mut delta = body.object("delta");
            response::write_stop(&mut delta, Some(stop), self.refused);
            delta.end();
            usage::write_final(body, &self.usage, self.searches);
        });
    }
}

impl codec::StreamEncoder for StreamEncoder {
    fn push(&mut self, event: &Event, out: &mut BytesMut) {
        if self.ended {
            return;
        }
        let mut ready = Vec::new();
        self.order
            .push(event.clone(), &mut |event| ready.push(event));
        for event in ready {
            self.write(event, out);
        }
    }
}

/// Writes an event; its name is also the type in its data.
fn emit(name: &str, out: &mut BytesMut, write: impl FnOnce(&mut Object<'_>)) {
    let mut data = BytesMut::with_capacity(128);
    let mut body = Object::begin(&mut data);
    body.text("type", name);
    write(&mut body);
    body.end();
    sse::encode(Some(name), &data, out);
}
