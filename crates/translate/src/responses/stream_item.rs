//! One item of an upstream's stream: what of it has been said, and what its end has to add.

use std::collections::{BTreeMap, BTreeSet};

use byokey_types::{JsonError, Raw, RawObject, Str};

use super::{
    output::is_part,
    spelling::{CONTENT, EMPTY, FORMAT, SAME},
};
use crate::{
    event::{Delta, Event, Head},
    ir::{Block, Ext, Extensions, Kind, ReasoningPart, rest},
    unfold::unfold_block,
};

/// An item that has begun.
#[derive(Debug)]
pub(super) struct Live {
    sort: Sort,
    /// What the item said of itself when it began.
    fields: RawObject,
    parts: BTreeMap<u64, Part>,
    done: bool,
}

/// What sort of item it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Message,
    Call,
    Reasoning,
    /// One that is passed on when it is whole.
    Native,
}

/// An open block of an item. Messages have several, calls and reasoning one.
#[derive(Debug)]
struct Part {
    index: u32,
    open: bool,
    /// Whether it declines, and so has no annotations.
    declines: bool,
    /// Which texts have been said: the text itself (or a summary's part), annotations.
    said: BTreeSet<(Slot, u64)>,
}

/// What of a block a delta says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    Text,
    Summary,
    Annotation,
    Members,
}

/// The error of an event that speaks of another sort of item.
pub(super) fn unfit() -> JsonError {
    JsonError::Invalid {
        path: "type".to_owned(),
        what: "does not fit its item".to_owned(),
    }
}

impl Sort {
    fn of(block: &Block) -> Self {
        match &block.kind {
            Kind::ToolCall(_) => Self::Call,
            Kind::Reasoning(_) => Self::Reasoning,
            Kind::Text { .. }
            | Kind::Refusal { .. }
            | Kind::Media(_)
            | Kind::Native { .. }
            | Kind::ToolResult(_) => {
                if is_part(block) {
                    Self::Message
                } else {
                    Self::Native
                }
            }
        }
    }
}

impl Live {
    pub(super) fn new(sort: Sort, fields: RawObject) -> Self {
        Self {
            sort,
            fields,
            parts: BTreeMap::new(),
            done: false,
        }
    }

    pub(super) const fn is_done(&self) -> bool {
        self.done
    }

    pub(super) const fn sort(&self) -> Sort {
        self.sort
    }

    /// Opens a block of the item, unless it is open or was.
    pub(super) fn open(
        &mut self,
        part: u64,
        head: Head,
        content: bool,
        next: &mut u32,
        events: &mut Vec<Event>,
    ) {
        if self.parts.contains_key(&part) {
            return;
        }
        let index = *next;
        *next += 1;
        let ext = self.ext(content);
        let declines = matches!(head, Head::Refusal);
        events.push(Event::Open { index, head, ext });
        let part_state = Part {
            index,
            open: true,
            declines,
            said: BTreeSet::new(),
        };
        self.parts.insert(part, part_state);
    }

    /// The extension of the next block.
    fn ext(&self, content: bool) -> Ext {
        let mut fields = if self.sort == Sort::Message && !self.parts.is_empty() {
            RawObject::from_iter([(Str::new_static(SAME), Raw::NULL)])
        } else {
            self.fields.clone()
        };
        if content {
            fields.set(CONTENT, Raw::NULL);
        }
        rest(FORMAT, fields)
    }

    /// Says more of a block that is open; an empty delta says nothing.
    pub(super) fn say(
        &mut self,
        part: u64,
        slot: (Slot, u64),
        delta: Delta,
        events: &mut Vec<Event>,
    ) {
        let fits = |state: &&mut Part| {
            state.open && !(state.declines && matches!(delta, Delta::Annotation(_)))
        };
        let Some(state) = self.parts.get_mut(&part).filter(fits) else {
            return;
        };
        state.said.insert(slot);
        let index = state.index;
        events.push(Event::Delta { index, delta });
    }

    /// Whether something was said.
    pub(super) fn has_said(&self, part: u64, slot: (Slot, u64)) -> bool {
        self.parts
            .get(&part)
            .is_some_and(|state| state.said.contains(&slot))
    }

    /// Closes a block that is open.
    pub(super) fn close(&mut self, part: u64, events: &mut Vec<Event>) {
        if let Some(state) = self.parts.get_mut(&part).filter(|state| state.open) {
            state.open = false;
            let index = state.index;
            events.push(Event::Close { index });
        }
    }

    /// Closes all that is open.
    pub(super) fn close_all(&mut self, events: &mut Vec<Event>) {
        self.done = true;
        let parts: Vec<u64> = self.parts.keys().copied().collect();
        for part in parts {
            self.close(part, events);
        }
    }

    /// Takes the whole item: says what has not been said, and closes all.
    ///
    /// # Errors
    /// A [`JsonError`] with its path below the item when it is another sort of item than it was.
    pub(super) fn finish(
        &mut self,
        blocks: Vec<Block>,
        next: &mut u32,
        events: &mut Vec<Event>,
    ) -> Result<(), JsonError> {
        let is_other = |block: &Block| Sort::of(block) != self.sort;
        if !self.parts.is_empty() && blocks.first().is_some_and(is_other) {
            return Err(unfit());
        }
        for (part, block) in (0u64..).zip(blocks) {
            let is_empty =
                crate::ir::own(&block.ext, FORMAT).is_some_and(|ext| ext.contains(EMPTY));
            if !self.parts.contains_key(&part) {
                if is_empty && !self.parts.is_empty() {
                    continue;
                }
                unfold_block(*next, block, events);
                *next += 1;
                continue;
            }
            self.complete(part, block, events);
        }
        self.close_all(events);
        Ok(())
    }

    fn complete(&mut self, part: u64, block: Block, events: &mut Vec<Event>) {
        let seal = block.seal;
        let more = block.ext.map(|ext| *ext).map(|ext| self.unsaid(ext));
        if let Some(more) = more.filter(|more| !more.fields.is_empty()) {
            let delta = Delta::Ext(more);
            self.say(part, (Slot::Members, 0), delta, events);
        }
        match block.kind {
            Kind::Text { text, annotations } => {
                self.fill(part, (Slot::Text, 0), text, Delta::Text, events);
                if !self.has_said(part, (Slot::Annotation, 0)) {
                    for annotation in annotations {
                        let delta = Delta::Annotation(annotation);
                        self.say(part, (Slot::Annotation, 0), delta, events);
                    }
                }
            }
            Kind::Refusal { text } => self.fill(part, (Slot::Text, 0), text, Delta::Text, events),
            Kind::ToolCall(call) => {
                let input = call.input.as_str().to_owned();
                self.fill(part, (Slot::Text, 0), input, Delta::Input, events);
            }
            Kind::Reasoning(reasoning) => {
                let (mut summaries, mut fulls) = (0u32, 0u64);
                for piece in reasoning.parts {
                    match piece {
                        ReasoningPart::Summary(text) => {
                            let at = summaries;
                            let slot = (Slot::Summary, u64::from(at));
                            let delta = |text| Delta::Summary { part: at, text };
                            self.fill(part, slot, text, delta, events);
                            summaries += 1;
                        }
                        ReasoningPart::Full(text) => {
                            let slot = (Slot::Text, fulls);
                            self.fill(part, slot, text, Delta::Reasoning, events);
                            fulls += 1;
                        }
                    }
                }
            }
            Kind::Media(_) | Kind::ToolResult(_) | Kind::Native { .. } => {}
        }
        if let (Some(seal), Some(state)) = (seal, self.parts.get(&part)) {
            let index = state.index;
            if state.open {
                let delta = Delta::Seal(seal);
                events.push(Event::Delta { index, delta });
            }
        }
    }

    /// The members of a block that the item did not say when it began: log probabilities are known only at the end.
    fn unsaid(&self, ext: Extensions) -> Extensions {
        let fields = ext.fields.into_iter();
        let fields = fields.filter(|(key, _)| !key.starts_with('~') && !self.fields.contains(key));
        Extensions {
            format: ext.format,
            fields: fields.collect(),
        }
    }

    /// Says a whole text, if nothing of it has been said.
    pub(super) fn fill(
        &mut self,
        part: u64,
        slot: (Slot, u64),
        text: String,
        delta: impl FnOnce(String) -> Delta,
        events: &mut Vec<Event>,
    ) {
        if !text.is_empty() && !self.has_said(part, slot) {
            self.say(part, slot, delta(text), events);
        }
    }
}
