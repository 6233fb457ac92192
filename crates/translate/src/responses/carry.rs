//! Seals of blocks that have no slot for one here: a reasoning item without words beside the block's item carries them.
//!
//! A call's carrier stands before it and a text's behind it; its `encrypted_content` is an envelope that says so. Clients of this
//! format send reasoning back where it stood, and here the seal returns to its block.

use byokey_types::{JsonKind, Raw};
use bytes::{Bytes, BytesMut};

use super::{seal::SLOT, spelling::FORMAT};
use crate::{
    Reply,
    carrier::{self, Opened, Placement},
    ids,
    ir::{Block, Seal},
    write::Object,
};

/// The seal that a carrier beside this block's item holds, and to which side of it the block stands.
pub(super) fn carried(block: &Block) -> Option<(&Seal, Placement)> {
    block.seal.as_ref().zip(carrier::placement(&block.kind))
}

/// A carrier as the item at `position`; in progress, without the seal.
pub(super) fn item(seal: Option<(&Seal, Placement)>, position: usize, reply: &Reply) -> Bytes {
    let mut out = BytesMut::with_capacity(256);
    let mut object = Object::begin(&mut out);
    object.text("type", "reasoning");
    object.text("id", &ids::derived("rs_", &reply.seed, position));
    object.array("summary").end();
    if let Some((seal, placement)) = seal {
        object.text(SLOT, &carrier::text_for(FORMAT, seal, placement));
    }
    object.end();
    out.freeze()
}

/// What a carrier holds; `None` when the item is none.
pub(super) fn open(item: &Raw) -> Option<Opened> {
    if item.kind() != JsonKind::Object || !carrier::may_hold_envelope(item.bytes()) {
        return None;
    }
    let object = item.object().ok()?;
    let text = |key: &str| object.get(key)?.text().ok();
    let is_wordless = ["summary", "content"].iter().all(|key| {
        let list = object.get(key).filter(|raw| !raw.is_null());
        list.is_none_or(|raw| raw.array().is_ok_and(|parts| parts.is_empty()))
    });
    if text("type")? != "reasoning" || !is_wordless {
        return None;
    }
    carrier::open(&text(SLOT)?).filter(|opened| opened.placement != Placement::Here)
}
