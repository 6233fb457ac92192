//! The words of an answer: text, refusal, reasoning, sound. One of them is open at a time.

use byokey_types::{Raw, Str};

use super::super::{reasoning::Detail, reasoning_encode::words, spelling::FORMAT};
use crate::{
    event::{Delta, Event, Head},
    ir::{ReasoningPart, Seal},
};

/// What a block of words is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Text,
    Refusal,
    Reasoning,
}

/// Opens and closes blocks, and counts them.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    next: u32,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    index: u32,
    /// What it is; none for sound.
    sort: Option<Sort>,
    thought: Thought,
}

/// What is known of the open block of reasoning.
#[derive(Debug, Default)]
struct Thought {
    /// The entry it comes from; none when it comes as plain text.
    entry: Option<(Option<Str>, Option<u64>)>,
    /// How many summaries it has, and whether the last entry was one.
    summaries: u32,
    /// Length and digest of the text so far: some upstreams repeat all of it with the seal.
    said: (usize, u64),
}

impl Blocks {
    /// The index of the next block.
    pub(super) fn take_index(&mut self) -> u32 {
        let index = self.next;
        self.next += 1;
        index
    }

    /// Says something in a block of its sort.
    pub(super) fn say(&mut self, sort: Sort, delta: Delta, events: &mut Vec<Event>) {
        let index = match &self.open {
            Some(open) if open.sort == Some(sort) => open.index,
            Some(_) | None => {
                let head = match sort {
                    Sort::Refusal => Head::Refusal,
                    Sort::Reasoning => Head::Reasoning { redacted: false },
                    Sort::Text => Head::Text,
                };
                self.open_block(Some(sort), head, events)
            }
        };
        events.push(Event::Delta { index, delta });
    }

    /// Says something that belongs to an open block, if it is open.
    pub(super) fn add_if_open(&mut self, sort: Sort, delta: Delta, events: &mut Vec<Event>) {
        if let Some(open) = self.open.as_ref().filter(|open| open.sort == Some(sort)) {
            events.push(Event::Delta {
                index: open.index,
                delta,
            });
        }
    }

    /// Says reasoning that came as plain text.
    pub(super) fn think(&mut self, text: &str, events: &mut Vec<Event>) {
        let from_entry = self
            .open
            .as_ref()
            .is_some_and(|open| open.sort == Some(Sort::Reasoning) && open.thought.entry.is_some());
        if from_entry {
            self.close_words(events);
        }
        let delta = Delta::Reasoning(text.to_owned());
        self.say(Sort::Reasoning, delta, events);
        if let Some(open) = &mut self.open {
            open.thought.add(text);
        }
    }

    /// Whether entries only repeat what was said in plain text.
    pub(super) fn repeats(&self, details: &[Detail]) -> bool {
        let parts: Vec<ReasoningPart> = details.iter().filter_map(|it| it.part.clone()).collect();
        self.open.as_ref().is_some_and(|open| {
            open.thought.entry.is_none() && open.thought.has_said(&words(&parts))
        })
    }

    /// Says an entry of reasoning.
    pub(super) fn detail(&mut self, detail: Detail, seal: Option<Seal>, events: &mut Vec<Event>) {
        if detail.encrypted && seal.is_none() {
            // nobody could read it
            return;
        }
        if !self.continues(&detail) {
            let head = Head::Reasoning {
                redacted: detail.encrypted,
            };
            self.open_block(Some(Sort::Reasoning), head, events);
        }
        let Some(open) = &mut self.open else {
            return;
        };
        let index = open.index;
        let before = open.thought.entry.replace((detail.id, detail.index));
        let delta = match detail.part {
            Some(ReasoningPart::Full(text)) => {
                let repeats = before.is_none() && open.thought.has_said(&text);
                open.thought.add(&text);
                (!repeats && !text.is_empty()).then_some(Delta::Reasoning(text))
            }
            Some(ReasoningPart::Summary(text)) => {
                let goes_on = before.is_some_and(|(_, index)| index == detail.index);
                if !goes_on || open.thought.summaries == 0 {
                    open.thought.summaries += 1;
                }
                let part = open.thought.summaries - 1;
                (!text.is_empty()).then_some(Delta::Summary { part, text })
            }
            None => None,
        };
        for delta in delta.into_iter().chain(seal.map(Delta::Seal)) {
            events.push(Event::Delta { index, delta });
        }
    }

    /// Says sound, as it came.
    pub(super) fn sound(&mut self, raw: Raw, events: &mut Vec<Event>) {
        if let Some(open) = self.open.as_ref().filter(|open| open.sort.is_none()) {
            events.push(Event::Delta {
                index: open.index,
                delta: Delta::Native(raw),
            });
            return;
        }
        let head = Head::Native {
            format: FORMAT,
            tag: Str::new("audio"),
            value: raw,
        };
        self.open_block(None, head, events);
    }

    /// Closes the block that is open.
    pub(super) fn close_words(&mut self, events: &mut Vec<Event>) {
        if let Some(open) = self.open.take() {
            events.push(Event::Close { index: open.index });
        }
    }

    /// Whether an entry belongs to the thought that is open: the same entry goes on, another one has its id, or the text
    /// before it came plain.
    fn continues(&self, detail: &Detail) -> bool {
        let Some(open) = self
            .open
            .as_ref()
            .filter(|open| open.sort == Some(Sort::Reasoning))
        else {
            return false;
        };
        match &open.thought.entry {
            None => !detail.encrypted,
            Some((id, index)) => {
                let same_id = id.is_some() && *id == detail.id;
                same_id || (*index == detail.index && (id.is_none() || detail.id.is_none()))
            }
        }
    }

    fn open_block(&mut self, sort: Option<Sort>, head: Head, events: &mut Vec<Event>) -> u32 {
        self.close_words(events);
        let index = self.take_index();
        events.push(Event::Open {
            index,
            head,
            ext: None,
        });
        self.open = Some(Open {
            index,
            sort,
            thought: Thought::default(),
        });
        index
    }
}

impl Thought {
    fn add(&mut self, text: &str) {
        self.said = (self.said.0 + text.len(), eat(self.said.1, text));
    }

    fn has_said(&self, text: &str) -> bool {
        self.said.0 > 0 && self.said == (text.len(), eat(0, text))
    }
}

/// FNV-1a, piece by piece.
fn eat(hash: u64, text: &str) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    (text.bytes().fold(hash ^ OFFSET, fold)) ^ OFFSET
}
