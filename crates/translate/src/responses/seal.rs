//! Seals: `encrypted_content` of reasoning items, in requests, answers and frames.

use byokey_types::{Raw, RawObject};

use super::spelling::FORMAT;
use crate::{
    carrier::{self, Placement},
    codec::{SealMap, SealSlot, Source},
    ir::{Issuer, Seal},
};

/// The member that holds the seal.
pub(super) const SLOT: &str = "encrypted_content";

/// Who wrote a body, and so whose the seals in it are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Writer<'a> {
    /// A client: bare seals are of the home family, envelopes name their issuer.
    Client,
    /// An upstream: its own seals.
    Upstream(&'a Source),
}

impl Writer<'_> {
    /// The seal in a slot; `None` when nobody could read it.
    pub(super) fn seal(self, text: String) -> Option<Seal> {
        if text.is_empty() {
            return None;
        }
        match self {
            Self::Client => carrier::read(FORMAT, &text)
                .filter(|opened| opened.placement == Placement::Here)
                .map(|opened| opened.seal),
            Self::Upstream(source) => source.family.clone().map(|family| Seal {
                issuer: Issuer {
                    family,
                    account: source.account.clone(),
                },
                payload: text,
            }),
        }
    }
}

/// The text of a seal for a client.
pub(super) fn slot(seal: &Seal) -> String {
    carrier::text_for(FORMAT, seal, Placement::Here)
}

/// Visits the seals of a request, an answer or a frame.
///
/// A reasoning item of a list whose seal must go, goes with it: without its seal no upstream knows it. In a frame, which must
/// stay, the seal becomes `null`.
pub(super) fn visit(body: &mut RawObject, map: &mut SealMap<'_>) -> bool {
    let in_lists = list(body, "input", map) | list(body, "output", map);
    let in_item = member(body, "item", &mut |item| match mapped(item, map) {
        Mapped::Same => false,
        Mapped::Changed => true,
        Mapped::Gone => {
            item.set(SLOT, Raw::NULL);
            true
        }
    });
    let in_answer = member(body, "response", &mut |answer| list(answer, "output", map));
    in_lists | in_item | in_answer
}

enum Mapped {
    Same,
    Changed,
    Gone,
}

fn mapped(item: &mut RawObject, map: &mut SealMap<'_>) -> Mapped {
    let is_reasoning = item
        .get("type")
        .is_some_and(|tag| tag.as_str() == "\"reasoning\"");
    let seal = item.get(SLOT).and_then(|raw| raw.text().ok());
    let Some(seal) = seal.filter(|seal| is_reasoning && !seal.is_empty()) else {
        return Mapped::Same;
    };
    match map(SealSlot::of(&seal)) {
        Some(same) if same == seal => Mapped::Same,
        Some(other) => {
            item.set(SLOT, Raw::string(&other));
            Mapped::Changed
        }
        None => Mapped::Gone,
    }
}

fn list(holder: &mut RawObject, key: &str, map: &mut SealMap<'_>) -> bool {
    let Some(items) = holder.get(key).and_then(|raw| raw.array().ok()) else {
        return false;
    };
    let mut changed = false;
    let mut kept = Vec::with_capacity(items.len());
    for raw in items {
        let Ok(mut item) = raw.object() else {
            kept.push(raw);
            continue;
        };
        match mapped(&mut item, map) {
            Mapped::Same => kept.push(raw),
            Mapped::Changed => {
                changed = true;
                kept.push(item.to_raw());
            }
            Mapped::Gone => changed = true,
        }
    }
    if changed {
        holder.set(key, Raw::array_of(kept));
    }
    changed
}

/// Visits an object member; it is written back only when it changed.
fn member(
    object: &mut RawObject,
    key: &str,
    visit: &mut dyn FnMut(&mut RawObject) -> bool,
) -> bool {
    let Some(mut inner) = object.get(key).and_then(|raw| raw.object().ok()) else {
        return false;
    };
    let changed = visit(&mut inner);
    if changed {
        object.set(key, inner.to_raw());
    }
    changed
}
