//! Where this format keeps seals: `thinking.signature` and `redacted_thinking.data`, in requests, answers and frames.

use byokey_types::{JsonKind, Raw, RawObject};

use crate::codec::{SealMap, SealSlot};

/// Visits the seals of a body or a frame; says whether anything changed.
///
/// A block of a list whose seal must go, goes with it: without its seal no upstream accepts it. In a frame, which must
/// stay, the seal becomes empty.
pub(super) fn map(body: &mut RawObject, map: &mut SealMap<'_>) -> bool {
    let mut changed = map_list(body, "content", map);
    changed |= map_block_at(body, "content_block", map);
    changed |= map_block_at(body, "delta", map);
    if let Some(mut message) = object_at(body, "message")
        && map_list(&mut message, "content", map)
    {
        body.set("message", message.to_raw());
        changed = true;
    }
    changed | map_messages(body, map)
}

fn map_messages(body: &mut RawObject, map: &mut SealMap<'_>) -> bool {
    let Some(items) = array_at(body, "messages") else {
        return false;
    };
    let mut changed = false;
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        let mapped = item
            .object()
            .ok()
            .and_then(|mut message| map_list(&mut message, "content", map).then_some(message));
        let Some(message) = mapped else {
            kept.push(item);
            continue;
        };
        changed = true;
        // a message of nothing but seals that must go, goes too: empty ones are refused
        if message
            .get("content")
            .is_some_and(|raw| raw.as_str() != "[]")
        {
            kept.push(message.to_raw());
        }
    }
    if changed {
        body.set("messages", Raw::array_of(kept));
    }
    changed
}

fn map_list(holder: &mut RawObject, key: &str, map: &mut SealMap<'_>) -> bool {
    let Some(items) = array_at(holder, key) else {
        return false;
    };
    let mut changed = false;
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        let mapped = item.object().ok().and_then(|block| mapped(block, map));
        match mapped {
            None => kept.push(item),
            Some(Mapped::Changed(block)) => {
                changed = true;
                kept.push(block.to_raw());
            }
            Some(Mapped::Gone) => changed = true,
        }
    }
    if changed {
        holder.set(key, Raw::array_of(kept));
    }
    changed
}

fn map_block_at(frame: &mut RawObject, key: &str, map: &mut SealMap<'_>) -> bool {
    let Some(mut block) = object_at(frame, key) else {
        return false;
    };
    let slot = slot(&block);
    match mapped(block.clone(), map) {
        None => return false,
        Some(Mapped::Changed(changed)) => block = changed,
        Some(Mapped::Gone) => {
            if let Some(slot) = slot {
                block.set(slot, Raw::string(""));
            }
        }
    }
    frame.set(key, block.to_raw());
    true
}

/// What becomes of a block with its seal.
enum Mapped {
    Changed(RawObject),
    Gone,
}

/// Maps the seal of a block; `None` when nothing changed.
fn mapped(mut block: RawObject, map: &mut SealMap<'_>) -> Option<Mapped> {
    let slot = slot(&block)?;
    let seal = block
        .get(slot)?
        .text()
        .ok()
        .filter(|seal| !seal.is_empty())?;
    match map(SealSlot::of(&seal)) {
        Some(same) if same == seal => None,
        Some(other) => {
            block.set(slot, Raw::string(&other));
            Some(Mapped::Changed(block))
        }
        None => Some(Mapped::Gone),
    }
}

/// The member of a block that holds its seal.
fn slot(block: &RawObject) -> Option<&'static str> {
    match block.get("type")?.as_str() {
        "\"thinking\"" | "\"signature_delta\"" => Some("signature"),
        "\"redacted_thinking\"" => Some("data"),
        _ => None,
    }
}

fn array_at(holder: &RawObject, key: &str) -> Option<Vec<Raw>> {
    holder
        .get(key)
        .filter(|raw| raw.kind() == JsonKind::Array)
        .and_then(|raw| raw.array().ok())
}

fn object_at(holder: &RawObject, key: &str) -> Option<RawObject> {
    holder
        .get(key)
        .filter(|raw| raw.kind() == JsonKind::Object)
        .and_then(|raw| raw.object().ok())
}
