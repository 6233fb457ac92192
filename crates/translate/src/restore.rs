//! What a request had to change for its upstream, undone in the answer: tool names, custom tools, the hidden tool of structured output.

use std::collections::BTreeMap;

use byokey_types::Str;

use crate::{
    Reply,
    event::{Delta, Event, Head},
    fold::fold,
    ir::{Response, Stop, StopReason},
    reply::FREEFORM_MEMBER,
    unfold::unfold,
};

/// Undoes the changes in a stream; a stream that needs nothing passes untouched.
#[derive(Debug)]
pub struct Restorer {
    reply: Reply,
    /// Blocks whose input is held until it is whole, to be unwrapped.
    wrapped: BTreeMap<u32, String>,
    /// Blocks that were calls of the hidden tool and are text now.
    hidden: Vec<u32>,
    /// Whether a call remains that the client must run.
    calls: bool,
}

impl Restorer {
    /// A restorer for the answer to one request.
    pub fn new(reply: &Reply) -> Self {
        Self {
            reply: reply.clone(),
            wrapped: BTreeMap::new(),
            hidden: Vec::new(),
            calls: false,
        }
    }

    /// Takes an event and gives, through `emit`, what the client shall see.
    pub fn push(&mut self, event: Event, emit: &mut impl FnMut(Event)) {
        match event {
            Event::Open { index, head, ext } => {
                let head = self.head(index, head);
                emit(Event::Open { index, head, ext });
            }
            Event::Delta {
                index,
                delta: Delta::Input(input),
            } => {
                if let Some(held) = self.wrapped.get_mut(&index) {
                    held.push_str(&input);
                } else if self.hidden.contains(&index) {
                    emit(Event::Delta {
                        index,
                        delta: Delta::Text(input),
                    });
                } else {
                    emit(Event::Delta {
                        index,
                        delta: Delta::Input(input),
                    });
                }
            }
            Event::Close { index } => {
                if let Some(held) = self.wrapped.remove(&index) {
                    let text = unwrapped(held);
                    if !text.is_empty() {
                        emit(Event::Delta {
                            index,
                            delta: Delta::Input(text),
                        });
                    }
                }
                emit(Event::Close { index });
            }
            Event::Stop(stop) => emit(Event::Stop(self.stop(stop))),
            other @ (Event::Start(_)
            | Event::Delta { .. }
            | Event::Usage(_)
            | Event::End
            | Event::Error(_)) => emit(other),
        }
    }

    fn head(&mut self, index: u32, head: Head) -> Head {
        let Head::ToolCall {
            id,
            name,
            freeform,
            runs,
        } = head
        else {
            return head;
        };
        if self.reply.structured.as_ref() == Some(&name) {
            self.hidden.push(index);
            return Head::Text;
        }
        self.calls = true;
        let name: Str = self.reply.renamed.get(&name).cloned().unwrap_or(name);
        let wrapped = !freeform && self.reply.freeform.contains(&name);
        if wrapped {
            self.wrapped.insert(index, String::new());
        }
        Head::ToolCall {
            id,
            name,
            freeform: freeform || wrapped,
            runs,
        }
    }

    fn stop(&self, stop: Stop) -> Stop {
        if stop.reason == StopReason::ToolCall && !self.calls && !self.hidden.is_empty() {
            return Stop::bare(StopReason::EndTurn);
        }
        stop
    }
}

/// Undoes the changes in a whole answer.
pub fn response(response: Response, reply: &Reply) -> Response {
    if !reply.needs_restoring() {
        return response;
    }
    let stop_was_absent = response.stop.is_none();
    let original = response.clone();
    let mut restorer = Restorer::new(reply);
    let mut events = Vec::new();
    for event in unfold(response) {
        restorer.push(event, &mut |event| events.push(event));
    }
    match fold(events) {
        Ok((mut restored, _)) => {
            if stop_was_absent {
                restored.stop = None;
            }
            restored
        }
        // what `unfold` gives is whole by construction
        Err(_) => original,
    }
}

/// The text in the one member of a wrapped input; a text that is no such object is passed on as it is.
fn unwrapped(input: String) -> String {
    byokey_types::RawObject::parse(input.clone())
        .ok()
        .and_then(|object| object.get(FREEFORM_MEMBER)?.text().ok())
        .unwrap_or(input)
}
