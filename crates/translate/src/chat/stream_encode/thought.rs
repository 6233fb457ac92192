//! Reasoning of a stream, gathered for the entry that holds its seal.

use crate::ir::{Reasoning, ReasoningPart, Seal};

/// Reasoning as far as it has been said.
#[derive(Debug, Default)]
pub(super) struct Thought {
    pub(super) position: usize,
    pub(super) reasoning: Reasoning,
    pub(super) seal: Option<Seal>,
}

impl Thought {
    /// Adds text and says whether a part begins with it.
    pub(super) fn add_full(&mut self, more: &str) -> bool {
        if let Some(ReasoningPart::Full(text)) = self.reasoning.parts.last_mut() {
            text.push_str(more);
            return false;
        }
        self.reasoning
            .parts
            .push(ReasoningPart::Full(more.to_owned()));
        true
    }

    /// Adds to a part of a summary and says whether the part begins with it.
    pub(super) fn add_summary(&mut self, part: u32, more: &str) -> bool {
        let mut summaries = self
            .reasoning
            .parts
            .iter_mut()
            .filter_map(|part| match part {
                ReasoningPart::Summary(text) => Some(text),
                ReasoningPart::Full(_) => None,
            });
        if let Some(text) = summaries.nth(part as usize) {
            text.push_str(more);
            return false;
        }
        let new = ReasoningPart::Summary(more.to_owned());
        self.reasoning.parts.push(new);
        true
    }
}
