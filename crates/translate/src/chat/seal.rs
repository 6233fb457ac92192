//! Seals: where this format keeps them, who made them, and how they are visited.
//!
//! Slots: `signature` and `data` of `reasoning_details` (OpenRouter's shape), `extra_content.google.thought_signature` of calls
//! and messages (Google's own server of this format), `extra_content.byokey.seal` (ours).

use byokey_types::{Raw, RawObject};

use super::spelling::{self, FORMAT, flatten};
use crate::{
    carrier::{self, Placement},
    codec::{SealMap, SealSlot, Source},
    fields::Fields,
    ir::{Issuer, Seal},
    write::Object,
};

const GOOGLE: &str = "google";
const OURS: &str = "byokey";

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
    pub(super) fn seal(self, text: String, named: Option<&'static str>) -> Option<Seal> {
        if text.is_empty() {
            return None;
        }
        match self {
            Self::Client => SealSlot { text: &text, named }
                .opened(FORMAT)
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

/// Takes the seal out of `extra_content`; what else is in there stays.
pub(super) fn take_extra(fields: &mut Fields, writer: Writer<'_>) -> Option<Seal> {
    let raw = fields.take("extra_content")?;
    let Ok(mut extra) = Fields::open(&raw) else {
        fields.put_back("extra_content", raw);
        return None;
    };
    let ours = inner_text(&mut extra, OURS, "seal").and_then(|text| writer.seal(text, None));
    let theirs = inner_text(&mut extra, GOOGLE, "thought_signature")
        .and_then(|text| writer.seal(text, Some(GOOGLE)));
    flatten(fields, "extra_content", extra);
    ours.or(theirs)
}

/// Whether an upstream of the seal's family has a slot for it on calls and messages.
pub(super) fn has_extra_slot(seal: &Seal) -> bool {
    seal.issuer.family == GOOGLE
}

/// Writes a seal and what else was in `extra_content`.
pub(super) fn write_extra(object: &mut Object<'_>, seal: Option<&Seal>, ext: Option<&RawObject>) {
    if seal.is_none() && !spelling::has_inner(ext, "extra_content") {
        return;
    }
    let mut extra = object.object("extra_content");
    let mut owner = "";
    if let Some(seal) = seal {
        if has_extra_slot(seal) {
            owner = GOOGLE;
            let mut google = extra.object(GOOGLE);
            google.text("thought_signature", &seal.payload);
            let rest = ext.and_then(|ext| ext.get("extra_content.google")?.object().ok());
            google.members(rest.as_ref(), Some);
            google.end();
        } else {
            owner = OURS;
            let mut ours = extra.object(OURS);
            ours.text("seal", &carrier::text_for(FORMAT, seal, Placement::Here));
            ours.end();
        }
    }
    extra.members(ext, |key| {
        spelling::inner(key, "extra_content").filter(|key| *key != owner)
    });
    extra.end();
}

/// Visits the seals of a request, an answer or a chunk.
pub(super) fn visit(body: &mut RawObject, map: &mut SealMap<'_>) -> bool {
    let in_requests = each(body, "messages", &mut |message| in_message(message, map));
    let in_answers = each(body, "choices", &mut |choice| {
        let whole = member(choice, "message", &mut |message| in_message(message, map));
        let part = member(choice, "delta", &mut |delta| in_message(delta, map));
        whole | part
    });
    in_requests | in_answers
}

fn in_message(message: &mut RawObject, map: &mut SealMap<'_>) -> bool {
    let details = items(message, "reasoning_details", &mut |raw| {
        let mut entry = raw.object().ok()?;
        let had_data = entry.contains("data");
        let changed =
            slot(&mut entry, "signature", None, map) | slot(&mut entry, "data", None, map);
        if had_data && !entry.contains("data") {
            // the entry was nothing but its seal
            return Some(None);
        }
        changed.then(|| Some(entry.to_raw()))
    });
    let calls = each(message, "tool_calls", &mut |call| in_extra(call, map));
    let extra = in_extra(message, map);
    details | calls | extra
}

fn in_extra(node: &mut RawObject, map: &mut SealMap<'_>) -> bool {
    member(node, "extra_content", &mut |extra| {
        let theirs = member(extra, GOOGLE, &mut |google| {
            slot(google, "thought_signature", Some(GOOGLE), map)
        });
        let ours = member(extra, OURS, &mut |ours| slot(ours, "seal", None, map));
        theirs | ours
    })
}

fn slot(
    object: &mut RawObject,
    key: &str,
    named: Option<&'static str>,
    map: &mut SealMap<'_>,
) -> bool {
    let Some(text) = object.get(key).and_then(|raw| raw.text().ok()) else {
        return false;
    };
    match map(SealSlot { text: &text, named }) {
        Some(new) if new == text => false,
        Some(new) => {
            object.set(key, Raw::string(&new));
            true
        }
        None => {
            object.take(key);
            true
        }
    }
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

/// Visits the objects of a list.
fn each(object: &mut RawObject, key: &str, visit: &mut dyn FnMut(&mut RawObject) -> bool) -> bool {
    items(object, key, &mut |raw| {
        let mut item = raw.object().ok()?;
        visit(&mut item).then(|| Some(item.to_raw()))
    })
}

/// Visits the items of a list: `None` leaves one as it is, `Some(None)` removes it.
fn items(
    object: &mut RawObject,
    key: &str,
    visit: &mut dyn FnMut(&Raw) -> Option<Option<Raw>>,
) -> bool {
    let Some(list) = object.get(key).and_then(|raw| raw.array().ok()) else {
        return false;
    };
    let mut changed = false;
    let mut kept = Vec::with_capacity(list.len());
    for item in list {
        match visit(&item) {
            None => kept.push(item),
            Some(new) => {
                changed = true;
                kept.extend(new);
            }
        }
    }
    if changed {
        object.set(key, Raw::array_of(kept));
    }
    changed
}

/// Takes a text of an inner object; what else is in there stays.
fn inner_text(fields: &mut Fields, key: &str, slot: &str) -> Option<String> {
    let raw = fields.take(key)?;
    let Some(mut inner) = raw.object().ok().filter(|inner| {
        inner
            .get(slot)
            .is_some_and(|value| value.kind() == byokey_types::JsonKind::String)
    }) else {
        fields.put_back(key, raw);
        return None;
    };
    let text = inner.take(slot)?.text().ok()?;
    if !inner.is_empty() {
        fields.put_back(key, inner.to_raw());
    }
    Some(text)
}
