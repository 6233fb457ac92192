//! Prompt-cache breakpoints: at most so many in one request.
//!
//! The breakpoint behind the last message writes what the next request will read, and those of tools and system text are
//! prefixes that other conversations share; so of too many the earliest in the messages go first, then the earliest of all.

use byokey_types::Raw;

use super::{
    arrange::Arranged,
    piece::{Piece, Wire},
    place::Place,
    tool::Wired,
};
use crate::loss::Losses;

/// A breakpoint.
struct Mark<'s, 'a> {
    slot: &'s mut Option<&'a Raw>,
    at: At,
}

/// Where a breakpoint stands.
#[derive(Clone, Copy)]
enum At {
    Tool(usize),
    System(Place),
    Message(Place),
}

/// Removes the breakpoints beyond `limit`.
pub(super) fn limit<'a>(
    tools: &mut [Wired<'a>],
    arranged: &mut Arranged<'a>,
    limit: usize,
    losses: &mut Losses,
) {
    let mut marks = Vec::new();
    for tool in tools {
        mark(&mut tool.cache, At::Tool(tool.at), &mut marks);
    }
    collect(&mut arranged.system, At::System, &mut marks);
    for message in &mut arranged.messages {
        collect(&mut message.pieces, At::Message, &mut marks);
    }
    let mut excess = marks.len().saturating_sub(limit);
    let last = marks.len().saturating_sub(1);
    for (position, mark) in marks.iter_mut().enumerate() {
        if excess > 0 && position < last && matches!(mark.at, At::Message(_)) {
            mark.remove(losses);
            excess -= 1;
        }
    }
    for mark in marks.iter_mut().filter(|mark| mark.slot.is_some()) {
        if excess > 0 {
            mark.remove(losses);
            excess -= 1;
        }
    }
}

impl Mark<'_, '_> {
    fn remove(&mut self, losses: &mut Losses) {
        losses.dropped(match self.at {
            At::Tool(tool) => format!("tools.{tool}.cache"),
            At::System(place) | At::Message(place) => place.fact("cache"),
        });
        *self.slot = None;
    }
}

fn collect<'s, 'a>(
    pieces: &'s mut [Piece<'a>],
    at: fn(Place) -> At,
    marks: &mut Vec<Mark<'s, 'a>>,
) {
    for piece in pieces {
        if let Wire::Result { content, .. } = &mut piece.wire {
            collect(content, at, marks);
        }
        mark(&mut piece.cache, at(piece.place), marks);
    }
}

fn mark<'s, 'a>(slot: &'s mut Option<&'a Raw>, at: At, marks: &mut Vec<Mark<'s, 'a>>) {
    if slot.is_some() {
        marks.push(Mark { slot, at });
    }
}
