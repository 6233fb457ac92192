//! Seals as they come back: carriers are read, and each seal returns to the block it was carried beside.

use std::fmt::Display;

use super::{Opened, Placement};
use crate::{
    ir::{Block, Kind, Seal},
    loss::Losses,
};

/// Which block a carrier of this block's seal points to, in a format whose reasoning alone has a slot; `None` when nothing
/// carries it.
pub(crate) const fn placement(kind: &Kind) -> Option<Placement> {
    match kind {
        Kind::ToolCall(_) => Some(Placement::Next),
        Kind::Text { .. } | Kind::Refusal { .. } => Some(Placement::Previous),
        // sealed in its own slot
        Kind::Reasoning(_)
        // not said as what it is, so its seal would come back to something else
        | Kind::Media(_) | Kind::ToolResult(_) | Kind::Native { .. } => None,
    }
}

/// Returns the seals of carriers to the blocks of a conversation as it is read.
#[derive(Debug, Default)]
pub(crate) struct Returning {
    /// The seal of the next block.
    next: Option<Seal>,
}

impl Returning {
    /// Takes what a carrier held; `last` is the block before it. A seal that belongs to no block is declared.
    pub(crate) fn take(
        &mut self,
        opened: Opened,
        last: Option<&mut Block>,
        place: impl Display,
        losses: &mut Losses,
    ) {
        let left = match opened.placement {
            Placement::Next => self.next.replace(opened.seal),
            Placement::Previous => match last {
                Some(block) => give(block, opened.seal),
                None => Some(opened.seal),
            },
            Placement::Here => None,
        };
        if left.is_some() {
            losses.dropped(format!("{place}.seal"));
        }
    }

    /// Gives a block the seal that was carried ahead of it.
    pub(crate) fn give(&mut self, block: &mut Block, place: impl Display, losses: &mut Losses) {
        if self
            .next
            .take()
            .and_then(|seal| give(block, seal))
            .is_some()
        {
            losses.dropped(format!("{place}.seal"));
        }
    }

    /// Ends what was said at one go; what is left belongs to no block.
    pub(crate) fn end(&mut self, place: impl Display, losses: &mut Losses) {
        if self.next.take().is_some() {
            losses.dropped(format!("{place}.seal"));
        }
    }
}

/// Gives a block a seal, or the seal back when the block has one or is of a kind that is sealed in its own slot.
fn give(block: &mut Block, seal: Seal) -> Option<Seal> {
    if block.seal.is_some() || placement(&block.kind).is_none() {
        return Some(seal);
    }
    block.seal = Some(seal);
    None
}
