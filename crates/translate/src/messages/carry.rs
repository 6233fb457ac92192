//! Seals of blocks that have no slot for one here: a thinking block without words beside its block carries them.
//!
//! A call's carrier stands before it and a text's behind it, as an answer's thinking does; its signature is an envelope that
//! says so. Clients of this format send thinking back where it stood, and here the seal returns to its block.

use byokey_types::{Format, JsonKind, Raw};

use super::{
    piece::{Piece, Wire},
    place::Place,
};
use crate::{
    carrier::{self, Opened, Placement},
    ir::{Block, Kind, Seal},
    loss::Losses,
};

/// Which block a carrier of this block's seal points to; `None` when nothing carries it.
pub(super) const fn placement(kind: &Kind) -> Option<Placement> {
    match kind {
        Kind::ToolCall(_) => Some(Placement::Next),
        Kind::Text { .. } | Kind::Refusal { .. } => Some(Placement::Previous),
        // sealed in its own slot
        Kind::Reasoning(_)
        // not said here as what it is, so its seal would come back to something else
        | Kind::Media(_) | Kind::ToolResult(_) | Kind::Native { .. } => None,
    }
}

/// The text of a carrier.
pub(super) fn envelope(seal: &Seal, placement: Placement) -> String {
    carrier::text_for(Format::AnthropicMessages, seal, placement)
}

/// A carrier.
pub(super) fn piece<'a>(place: Place, seal: &Seal, placement: Placement) -> Piece<'a> {
    Piece {
        place,
        wire: Wire::Thinking {
            text: "".into(),
            signature: Some(envelope(seal, placement).into()),
        },
        cache: None,
        ext: None,
    }
}

/// Returns the seals of carriers to the blocks of one message as it is read.
#[derive(Debug, Default)]
pub(super) struct Returning {
    /// The seal of the next block.
    next: Option<Seal>,
}

impl Returning {
    /// Takes a carrier; says whether the item was one.
    pub(super) fn take(
        &mut self,
        item: &Raw,
        blocks: &mut [Block],
        place: Place,
        losses: &mut Losses,
    ) -> bool {
        let Some(opened) = open(item) else {
            return false;
        };
        let left = match opened.placement {
            Placement::Next => self.next.replace(opened.seal),
            Placement::Previous => match blocks.last_mut() {
                Some(block) => give(block, opened.seal),
                None => Some(opened.seal),
            },
            Placement::Here => None,
        };
        if left.is_some() {
            losses.dropped(place.fact("seal"));
        }
        true
    }

    /// Gives a block the seal that was carried ahead of it.
    pub(super) fn give(&mut self, block: &mut Block, place: Place, losses: &mut Losses) {
        if self
            .next
            .take()
            .and_then(|seal| give(block, seal))
            .is_some()
        {
            losses.dropped(place.fact("seal"));
        }
    }

    /// Ends the message; what is left belongs to no block.
    pub(super) fn end(self, place: Place, losses: &mut Losses) {
        if self.next.is_some() {
            losses.dropped(place.fact("seal"));
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

/// The seal in a carrier; `None` when the item is none.
fn open(item: &Raw) -> Option<Opened> {
    if item.kind() != JsonKind::Object || !carrier::may_hold_envelope(item.bytes()) {
        return None;
    }
    let object = item.object().ok()?;
    let text = |key: &str| object.get(key)?.text().ok();
    let is_wordless = text("thinking").is_none_or(|words| words.is_empty());
    if text("type")? != "thinking" || !is_wordless {
        return None;
    }
    carrier::open(&text("signature")?).filter(|opened| opened.placement != Placement::Here)
}
