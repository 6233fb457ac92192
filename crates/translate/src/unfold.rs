//! An answer to events: for clients that asked for a stream, of upstreams that did not.

use crate::{
    event::{Delta, Event, Head, Start},
    ir::{Block, Input, Kind, ReasoningPart, Response, Stop, StopReason},
};

/// The sentence that means `response`; `fold` gives it back.
pub fn unfold(response: Response) -> Vec<Event> {
    let mut events = vec![Event::Start(Start {
        id: response.id,
        model: response.model,
        created: response.created,
        ext: response.ext,
    })];
    // answers hold no tool results: what a provider's own tools found is native, what the client's found is in requests
    let said = response
        .blocks
        .into_iter()
        .filter(|block| !matches!(block.kind, Kind::ToolResult(_)));
    for (index, block) in (0u32..).zip(said) {
        unfold_block(index, block, &mut events);
    }
    events.extend(response.usage.map(Event::Usage));
    let stop = response.stop.unwrap_or(Stop::bare(StopReason::EndTurn));
    events.push(Event::Stop(stop));
    events.push(Event::End);
    events
}

/// The events that mean one block.
pub(crate) fn unfold_block(index: u32, block: Block, events: &mut Vec<Event>) {
    let mut deltas = Vec::new();
    let head = match block.kind {
        Kind::Text { text, annotations } => {
            deltas.extend(some_text(text).map(Delta::Text));
            deltas.extend(annotations.into_iter().map(Delta::Annotation));
            Head::Text
        }
        Kind::Refusal { text } => {
            deltas.extend(some_text(text).map(Delta::Text));
            Head::Refusal
        }
        Kind::Reasoning(reasoning) => {
            let mut summary = 0;
            for part in reasoning.parts {
                deltas.push(match part {
                    ReasoningPart::Full(text) => Delta::Reasoning(text),
                    ReasoningPart::Summary(text) => {
                        summary += 1;
                        Delta::Summary {
                            part: summary - 1,
                            text,
                        }
                    }
                });
            }
            Head::Reasoning {
                redacted: reasoning.redacted,
            }
        }
        Kind::ToolCall(call) => {
            deltas.extend(some_text(call.input.as_str().to_owned()).map(Delta::Input));
            Head::ToolCall {
                id: call.id,
                name: call.name,
                freeform: matches!(call.input, Input::Text(_)),
                runs: call.runs,
            }
        }
        Kind::Media(media) => Head::Media(media),
        Kind::Native { format, tag, value } => Head::Native { format, tag, value },
        Kind::ToolResult(_) => return,
    };
    // ahead of its block, as some formats say it; thinking is sealed when it is whole
    let sealed_last = matches!(head, Head::Reasoning { .. });
    events.push(Event::Open {
        index,
        head,
        ext: block.ext,
    });
    if let Some(seal) = block.seal {
        let at = if sealed_last { deltas.len() } else { 0 };
        deltas.insert(at, Delta::Seal(seal));
    }
    events.extend(
        deltas
            .into_iter()
            .map(|delta| Event::Delta { index, delta }),
    );
    events.push(Event::Close { index });
}

fn some_text(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
