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
    ir::Seal,
};

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

/// What a carrier holds; `None` when the item is none.
pub(super) fn open(item: &Raw) -> Option<Opened> {
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
