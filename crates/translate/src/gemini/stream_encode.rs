//! A stream for a client.
//!
//! Source: Gemini API, `streamGenerateContent`: every chunk is a whole response; with `alt=sse` each is the data of an event,
//! without it each is an item of one JSON array. The last one has the finish reason; nothing comes behind it.

use std::borrow::Cow;

use byokey_types::{Format, Raw, Usage};
use bytes::{BufMut, BytesMut};

use super::{
    annotation::{self, Grounding},
    content_decode::is_derived,
    error,
    lower::args,
    piece::{Piece, Wire, write_parts},
    place::Place,
    response_encode::{self, medium},
    seal,
    spelling::{self, replayed},
    stop, usage,
};
use crate::{
    Reply, codec,
    event::{Delta, Event, Head, Start},
    ids,
    ir::{CallId, Ext, Input, Runs, Stop},
    loss::Losses,
    serialise::Serialiser,
    sse,
    write::Object,
};

const FORMAT: Format = spelling::FORMAT;

/// Writes a stream.
#[derive(Debug)]
pub(super) struct StreamEncoder {
    reply: Reply,
    order: Serialiser,
    start: Start,
    usage: Option<Usage>,
    /// How many parts the client has been told.
    parts: u64,
    block: Speaking,
    groundings: Vec<Grounding>,
    refused: bool,
    begun: bool,
    ended: bool,
}

/// The block that speaks.
#[derive(Debug)]
enum Speaking {
    /// None, or one that this format has no word for.
    Silent,
    /// A text or a thought, passed on as it comes.
    Words {
        thinks: bool,
        seal: Option<String>,
        /// The part of a summary that spoke last.
        part: Option<u32>,
        /// The text so far, as long as an annotation may need it.
        text: String,
    },
    /// A part that is said when it is whole.
    Whole {
        said: Said,
        seal: Option<String>,
        ext: Ext,
    },
}

#[derive(Debug)]
enum Said {
    Call {
        id: CallId,
        name: String,
        freeform: bool,
        input: String,
    },
    Media(crate::ir::Media),
    Native(Raw),
    /// Thinking that is nothing but its seal.
    Withheld,
}

impl StreamEncoder {
    pub(super) fn new(reply: &Reply) -> Self {
        Self {
            reply: reply.clone(),
            order: Serialiser::default(),
            start: Start::default(),
            usage: None,
            parts: 0,
            block: Speaking::Silent,
            groundings: Vec::new(),
            refused: false,
            begun: false,
            ended: false,
        }
    }

    fn write(&mut self, event: Event, out: &mut BytesMut) {
        match event {
            Event::Start(mut start) => {
                start.id = start.id.as_deref().map(ids::repeatable);
                self.start = start;
            }
            Event::Usage(usage) => match &mut self.usage {
                Some(known) => known.merge(usage),
                None => self.usage = Some(usage),
            },
            Event::Error(fault) => {
                let mut data = BytesMut::new();
                error::write_fault(&fault, &mut data);
                self.emit(&data, out);
                self.end(out);
            }
            Event::Open { head, ext, .. } => {
                self.refused |= matches!(head, Head::Refusal);
                self.block = open(head, ext);
            }
            Event::Delta { delta, .. } => self.delta(delta, out),
            Event::Close { .. } => self.close(out),
            Event::Stop(stop) => self.last(&stop, out),
            Event::End => self.end(out),
        }
    }

    fn delta(&mut self, delta: Delta, out: &mut BytesMut) {
        match (&mut self.block, delta) {
            (Speaking::Words { seal, .. } | Speaking::Whole { seal, .. }, Delta::Seal(found)) => {
                *seal = Some(seal::slot(&found));
            }
            (
                Speaking::Words {
                    thinks, text, seal, ..
                },
                Delta::Text(more) | Delta::Reasoning(more),
            ) => {
                let thinks = *thinks;
                if !thinks {
                    text.push_str(&more);
                }
                // a seal that is known by now stands in the same part
                let known = if thinks { None } else { seal.take() };
                self.words(thinks, &more, known.as_deref(), out);
            }
            (Speaking::Words { part, .. }, Delta::Summary { part: now, text }) => {
                // parts are paragraphs
                let begins = part.replace(now).is_some_and(|last| last != now);
                let text = if begins { format!("\n\n{text}") } else { text };
                self.words(true, &text, None, out);
            }
            (Speaking::Words { text, .. }, Delta::Annotation(annotation)) => {
                let at = self.parts.saturating_sub(1);
                let grounding = Grounding::new(at, &annotation, Some(text));
                self.groundings.extend(grounding);
            }
            (
                Speaking::Whole {
                    said: Said::Call { input, .. },
                    ..
                },
                Delta::Input(more),
            ) => input.push_str(&more),
            // a native delta has no meaning in a format whose parts are whole; the others do not fit their block
            (
                Speaking::Silent | Speaking::Words { .. } | Speaking::Whole { .. },
                Delta::Seal(_)
                | Delta::Text(_)
                | Delta::Reasoning(_)
                | Delta::Summary { .. }
                | Delta::Input(_)
                | Delta::Annotation(_)
                | Delta::Native(_)
                | Delta::Ext(_),
            ) => {}
        }
    }

    fn words(&mut self, thinks: bool, text: &str, seal: Option<&str>, out: &mut BytesMut) {
        let wire = if thinks {
            Wire::Thought(text.into())
        } else {
            Wire::Text(text.into())
        };
        let piece = Piece {
            place: Place::Answer(0),
            wire,
            seal: seal.map(Cow::Borrowed),
            ext: None,
        };
        self.piece(&piece, out);
    }

    fn close(&mut self, out: &mut BytesMut) {
        match std::mem::replace(&mut self.block, Speaking::Silent) {
            Speaking::Silent | Speaking::Words { seal: None, .. } => {}
            Speaking::Words {
                thinks,
                seal: Some(seal),
                ..
            } => self.words(thinks, "", Some(&seal), out),
            Speaking::Whole { said, seal, ext } => self.whole(&said, seal.as_deref(), &ext, out),
        }
    }

    fn whole(&mut self, said: &Said, seal: Option<&str>, ext: &Ext, out: &mut BytesMut) {
        let ext = crate::ir::own(ext, FORMAT);
        let place = Place::Answer(0);
        let wire = match said {
            Said::Call {
                id,
                name,
                freeform,
                input,
            } => {
                let input = if *freeform {
                    Input::Text(input.clone())
                } else {
                    Input::parse(input.clone())
                };
                Wire::Call {
                    id: (!is_derived(&id.id)).then(|| id.id.as_str().into()),
                    key: &id.id,
                    name: name.as_str().into(),
                    args: args(&input).0,
                }
            }
            Said::Media(media) => medium(media, ext, place, &mut Losses::default()),
            Said::Native(value) => Wire::Native(value),
            // nobody could read it, nor say it again
            Said::Withheld if seal.is_none() => return,
            Said::Withheld => Wire::OnlyThought,
        };
        let piece = Piece {
            place,
            wire,
            seal: seal.map(Cow::Borrowed),
            ext,
        };
        self.piece(&piece, out);
    }

    /// Writes a chunk that holds one part.
    fn piece(&mut self, piece: &Piece<'_>, out: &mut BytesMut) {
        self.chunk(out, |candidate| {
            write_content(candidate, piece);
        });
        self.parts += 1;
    }

    /// Writes the last chunk.
    fn last(&mut self, stop: &Stop, out: &mut BytesMut) {
        let groundings = std::mem::take(&mut self.groundings);
        let nothing = Piece::text(Place::Answer(0), "");
        let usage = self.usage.take();
        let refused = self.refused;
        self.chunk_with(out, usage.as_ref(), |candidate| {
            // clients expect parts in every chunk, and an empty text is what Google sends
            write_content(candidate, &nothing);
            candidate.text("finishReason", stop::word(stop, refused));
            annotation::write(candidate, &groundings);
        });
    }

    fn chunk(&mut self, out: &mut BytesMut, write: impl FnOnce(&mut Object<'_>)) {
        self.chunk_with(out, None, write);
    }

    fn chunk_with(
        &mut self,
        out: &mut BytesMut,
        usage: Option<&Usage>,
        write: impl FnOnce(&mut Object<'_>),
    ) {
        let mut data = BytesMut::with_capacity(256);
        let mut body = Object::begin(&mut data);
        let mut candidates = body.array("candidates");
        let mut candidate = candidates.object();
        write(&mut candidate);
        candidate.number("index", 0);
        candidate.end();
        candidates.end();
        if let Some(usage) = usage {
            usage::write(&mut body, usage, &mut Losses::default());
        }
        let (model, id) = (self.start.model.as_ref(), self.start.id.as_ref());
        response_encode::write_head(&mut body, model, id, &self.reply);
        if !self.begun {
            let ext = replayed(&self.start.ext, str::to_owned, &mut Losses::default());
            for (key, value) in spelling::plain(ext) {
                if key != "candidates" {
                    body.raw(key, value);
                }
            }
        }
        body.end();
        self.emit(&data, out);
    }

    fn emit(&mut self, data: &[u8], out: &mut BytesMut) {
        if self.reply.json_array {
            out.put_slice(if self.begun { b",\r\n" } else { b"[" });
            out.put_slice(data);
        } else {
            sse::encode(None, data, out);
        }
        self.begun = true;
    }

    fn end(&mut self, out: &mut BytesMut) {
        if self.reply.json_array {
            out.put_slice(if self.begun { b"]" } else { b"[]" });
        }
        self.ended = true;
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

fn open(head: Head, ext: Ext) -> Speaking {
    let words = |thinks| Speaking::Words {
        thinks,
        seal: None,
        part: None,
        text: String::new(),
    };
    let whole = |said| Speaking::Whole {
        said,
        seal: None,
        ext,
    };
    match head {
        Head::Text | Head::Refusal => words(false),
        Head::Reasoning { redacted: false } => words(true),
        Head::Reasoning { redacted: true } => whole(Said::Withheld),
        Head::ToolCall {
            id,
            name,
            freeform,
            runs: Runs::Client,
        } => whole(Said::Call {
            id,
            name: name.into(),
            freeform,
            input: String::new(),
        }),
        Head::Media(media) => whole(Said::Media(media)),
        Head::Native { format, value, .. } if format == FORMAT => whole(Said::Native(value)),
        // what another provider's own tools did has no word here
        Head::ToolCall {
            runs: Runs::Server, ..
        }
        | Head::Native { .. } => Speaking::Silent,
    }
}

fn write_content(candidate: &mut Object<'_>, piece: &Piece<'_>) {
    let mut content = candidate.object("content");
    write_parts(std::slice::from_ref(piece), content.key("parts"));
    content.text("role", "model");
    content.end();
}
