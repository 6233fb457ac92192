//! Seals: `thoughtSignature`, which any part may have.
//!
//! Source: Gemini API, "Thought signatures". The slot is base64, which envelopes are, too.

use byokey_types::{JsonKind, Raw, RawObject};

use super::spelling::FORMAT;
use crate::{
    carrier::{self, Placement},
    codec::{SealMap, SealSlot, Source},
    ir::{Issuer, Seal},
};

/// The value that Google documents for calls that never had a signature.
pub(super) const SKIP: &str = "skip_thought_signature_validator";

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

/// The text for a client's slot.
pub(super) fn slot(seal: &Seal) -> String {
    carrier::text_for(FORMAT, seal, Placement::Here)
}

/// Visits the seals of a request, an answer or a chunk; says whether anything changed.
///
/// A part whose seal must go stays without it; one that is nothing but its seal goes with it.
pub(super) fn visit(body: &mut RawObject, map: &mut SealMap<'_>) -> bool {
    let contents = each(body, &["contents"], &mut |content| in_content(content, map));
    let system = ["systemInstruction", "system_instruction"];
    let system = system
        .into_iter()
        .fold(false, |changed, key| changed | at(body, key, map));
    let answers = each(body, &["candidates"], &mut |candidate| {
        at(candidate, "content", map)
    });
    contents | system | answers
}

fn at(holder: &mut RawObject, key: &str, map: &mut SealMap<'_>) -> bool {
    let content = holder
        .get(key)
        .filter(|raw| raw.kind() == JsonKind::Object)
        .and_then(|raw| raw.object().ok());
    let Some(mut content) = content else {
        return false;
    };
    let changed = in_content(&mut content, map);
    if changed {
        holder.set(key, content.to_raw());
    }
    changed
}

/// Visits the objects of a list.
fn each(
    holder: &mut RawObject,
    keys: &[&str],
    visit: &mut dyn FnMut(&mut RawObject) -> bool,
) -> bool {
    let mut changed = false;
    for key in keys {
        let Some(mut items) = list(holder, key) else {
            continue;
        };
        let mut here = false;
        for item in &mut items {
            if let Ok(mut object) = item.object()
                && visit(&mut object)
            {
                *item = object.to_raw();
                here = true;
            }
        }
        if here {
            holder.set(*key, Raw::array_of(items));
        }
        changed |= here;
    }
    changed
}

fn in_content(content: &mut RawObject, map: &mut SealMap<'_>) -> bool {
    let Some(items) = list(content, "parts") else {
        return false;
    };
    let mut changed = false;
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        match item.object().ok().and_then(|part| mapped(part, map)) {
            None => kept.push(item),
            Some(part) => {
                changed = true;
                let says = |(key, value): (&byokey_types::Str, &Raw)| {
                    !(key == "thought" || key == "text" && value.as_str() == "\"\"")
                };
                if part.iter().any(says) {
                    kept.push(part.to_raw());
                }
            }
        }
    }
    if changed {
        content.set("parts", Raw::array_of(kept));
    }
    changed
}

/// Maps the seal of a part; `None` when nothing changed.
fn mapped(mut part: RawObject, map: &mut SealMap<'_>) -> Option<RawObject> {
    let slot = ["thoughtSignature", "thought_signature"]
        .into_iter()
        .find(|slot| part.contains(slot))?;
    let seal = part
        .get(slot)?
        .text()
        .ok()
        .filter(|seal| !seal.is_empty())?;
    match map(SealSlot::of(&seal)) {
        Some(same) if same == seal => return None,
        Some(other) => part.set(slot, Raw::string(&other)),
        None => {
            part.take(slot);
        }
    }
    Some(part)
}

fn list(holder: &RawObject, key: &str) -> Option<Vec<Raw>> {
    holder
        .get(key)
        .filter(|raw| raw.kind() == JsonKind::Array)
        .and_then(|raw| raw.array().ok())
}
