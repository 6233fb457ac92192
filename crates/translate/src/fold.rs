//! Events to an answer: for clients that did not ask for a stream, of upstreams that only stream.

use std::collections::BTreeMap;

use byokey_types::{Kind as ErrorKind, Usage};

use crate::{
    event::{Delta, Event, Head, StreamFault},
    ir::{Block, Input, Kind, Reasoning, ReasoningPart, Response, Stop, ToolCall, complete},
    loss::Losses,
};

/// Gathers the events of one stream.
#[derive(Debug, Default)]
pub struct Folder {
    response: Response,
    blocks: BTreeMap<u32, Growing>,
    usage: Option<Usage>,
    stop: Option<Stop>,
    fault: Option<StreamFault>,
    ended: bool,
    losses: Losses,
}

#[derive(Debug)]
struct Growing {
    block: Block,
    input: String,
    freeform: bool,
}

impl Folder {
    /// Takes the next event of a stream that obeys the grammar.
    pub fn push(&mut self, event: Event) {
        match event {
            Event::Start(start) => {
                self.response.id = start.id;
                self.response.model = start.model;
                self.response.created = start.created;
                self.response.ext = start.ext;
            }
            Event::Open { index, head, ext } => {
                let mut growing = open(head);
                growing.block.ext = ext;
                self.blocks.insert(index, growing);
            }
            Event::Delta { index, delta } => {
                if let Some(growing) = self.blocks.get_mut(&index)
                    && !grow(growing, delta)
                {
                    self.losses.dropped(format!("content.{index}"));
                }
            }
            Event::Close { index } => {
                if let Some(growing) = self.blocks.get_mut(&index) {
                    close(growing);
                }
            }
            Event::Usage(usage) => match &mut self.usage {
                Some(known) => known.merge(usage),
                None => self.usage = Some(usage),
            },
            Event::Stop(stop) => self.stop = Some(stop),
            Event::End => self.ended = true,
            Event::Error(fault) => self.fault = Some(fault),
        }
    }

    /// The answer, and what of it could not be folded.
    ///
    /// # Errors
    /// The fault that broke the stream off, or [`ErrorKind::Truncated`] when it has no end.
    pub fn finish(self) -> Result<(Response, Losses), StreamFault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if !self.ended {
            return Err(StreamFault::new(
                ErrorKind::Truncated,
                "the upstream's answer ended before it was whole",
            ));
        }
        let response = Response {
            blocks: self
                .blocks
                .into_values()
                .map(|growing| growing.block)
                .collect(),
            usage: self.usage,
            stop: self.stop,
            ..self.response
        };
        Ok((response, self.losses))
    }
}

/// Folds a whole stream; see [`Folder`].
///
/// # Errors
/// As [`Folder::finish`].
pub fn fold(events: impl IntoIterator<Item = Event>) -> Result<(Response, Losses), StreamFault> {
    let mut folder = Folder::default();
    for event in events {
        folder.push(event);
    }
    folder.finish()
}

fn open(head: Head) -> Growing {
    let mut freeform_call = false;
    let kind = match head {
        Head::Text => Kind::Text {
            text: String::new(),
            annotations: Vec::new(),
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
        } => {
            freeform_call = freeform;
            Kind::ToolCall(ToolCall {
                id,
                name,
                input: Input::Text(String::new()),
                runs,
            })
        }
        Head::Refusal => Kind::Refusal {
            text: String::new(),
        },
        Head::Media(media) => Kind::Media(media),
        Head::Native { format, tag, value } => Kind::Native { format, tag, value },
    };
    Growing {
        block: Block::new(kind),
        input: String::new(),
        freeform: freeform_call,
    }
}

/// Adds a delta and says whether it had a place.
fn grow(growing: &mut Growing, delta: Delta) -> bool {
    match (&mut growing.block.kind, delta) {
        (_, Delta::Seal(seal)) => growing.block.seal = Some(seal),
        (_, Delta::Ext(more)) => complete(&mut growing.block.ext, more),
        (Kind::Text { text, .. } | Kind::Refusal { text }, Delta::Text(more)) => {
            text.push_str(&more);
        }
        (Kind::Text { annotations, .. }, Delta::Annotation(annotation)) => {
            annotations.push(annotation);
        }
        (Kind::Reasoning(reasoning), Delta::Reasoning(more)) => {
            if let Some(ReasoningPart::Full(text)) = reasoning.parts.last_mut() {
                text.push_str(&more);
            } else {
                reasoning.parts.push(ReasoningPart::Full(more));
            }
        }
        (Kind::Reasoning(reasoning), Delta::Summary { part, text: more }) => {
            let summaries = reasoning.parts.iter_mut().filter_map(|part| match part {
                ReasoningPart::Summary(text) => Some(text),
                ReasoningPart::Full(_) => None,
            });
            match summaries.into_iter().nth(part as usize) {
                Some(text) => text.push_str(&more),
                None => reasoning.parts.push(ReasoningPart::Summary(more)),
            }
        }
        (Kind::ToolCall(_), Delta::Input(more)) => growing.input.push_str(&more),
        _ => return false,
    }
    true
}

fn close(growing: &mut Growing) {
    if let Kind::ToolCall(call) = &mut growing.block.kind {
        let input = std::mem::take(&mut growing.input);
        call.input = if growing.freeform {
            Input::Text(input)
        } else {
            Input::parse(input)
        };
    }
}
