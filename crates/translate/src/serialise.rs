//! Blocks one after the other: for formats in which a block ends before the next begins.
//!
//! Events of later blocks are held until the earlier ones are closed; nothing is reordered within a block.

use std::collections::{BTreeMap, VecDeque};

use crate::event::Event;

/// Holds back what comes too early.
///
/// What it holds is a part of one answer, so its size is bounded by the limit on the whole answer.
#[derive(Debug, Default)]
pub struct Serialiser {
    /// The block that may speak; every earlier one is closed.
    current: u32,
    held: BTreeMap<u32, VecDeque<Event>>,
}

impl Serialiser {
    /// Takes an event and gives, through `emit`, what may be said now.
    pub fn push(&mut self, event: Event, emit: &mut impl FnMut(Event)) {
        let index = match &event {
            Event::Open { index, .. } | Event::Delta { index, .. } | Event::Close { index } => {
                *index
            }
            Event::Start(_) | Event::Usage(_) | Event::Stop(_) | Event::End | Event::Error(_) => {
                emit(event);
                return;
            }
        };
        if index != self.current {
            self.held.entry(index).or_default().push_back(event);
            return;
        }
        let closed = matches!(event, Event::Close { .. });
        emit(event);
        if closed {
            self.advance(emit);
        }
    }

    fn advance(&mut self, emit: &mut impl FnMut(Event)) {
        loop {
            self.current += 1;
            let Some(held) = self.held.remove(&self.current) else {
                return;
            };
            let closed = matches!(held.back(), Some(Event::Close { .. }));
            held.into_iter().for_each(&mut *emit);
            if !closed {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::event::{Delta, Head};

    #[test]
    fn interleaved_blocks_come_out_one_after_the_other() {
        let open = |index| Event::Open {
            index,
            head: Head::Text,
            ext: None,
        };
        let delta = |index, text: &str| Event::Delta {
            index,
            delta: Delta::Text(text.to_owned()),
        };
        let close = |index| Event::Close { index };
        let mut out = Vec::new();
        let mut serialiser = Serialiser::default();
        for event in [
            open(0),
            open(1),
            delta(0, "a"),
            delta(1, "x"),
            open(2),
            delta(0, "b"),
            close(2),
            delta(1, "y"),
            close(0),
            delta(1, "z"),
            close(1),
            Event::End,
        ] {
            serialiser.push(event, &mut |event| out.push(event));
        }
        let expected = vec![
            open(0),
            delta(0, "a"),
            delta(0, "b"),
            close(0),
            open(1),
            delta(1, "x"),
            delta(1, "y"),
            delta(1, "z"),
            close(1),
            open(2),
            close(2),
            Event::End,
        ];
        assert_eq!(out, expected);
    }
}
