//! Which members of a request an upstream says it does not take.
//!
//! Only that it does not know or support a member counts, never that a value is wrong; and only members that the answer
//! can do without. spec/providers.md, D 7.

mod essential;
mod resolve;
mod shape;

use byokey_types::{FieldPath, FieldRules, Format, Raw, RawObject, UpstreamFault};
use bytes::Bytes;

use crate::fields::{self, Patch, Patched};

/// The statuses with which upstreams refuse members.
const STATUSES: [u16; 2] = [400, 422];

/// Members of Chat that mean the same: an upstream that refuses one takes the other.
const TWINS: [(&str, &str); 2] = [
    ("max_tokens", "max_completion_tokens"),
    ("max_completion_tokens", "max_tokens"),
];

/// What an upstream objects to, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    remedies: Vec<Remedy>,
    protocol: Format,
}

/// One member that an upstream does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// Where it is.
    pub path: FieldPath,
    /// The name under which it is taken.
    pub instead: Option<FieldPath>,
}

impl Objection {
    /// Reads the error answer to a body in this format; `sent` is that body, in pieces.
    ///
    /// `None` when it is about something else, or about members that are not in the body, or that must not be left out.
    pub fn read(fault: &UpstreamFault, protocol: Format, sent: &[Bytes]) -> Option<Self> {
        if !STATUSES.contains(&fault.status) {
            return None;
        }
        let named = shape::named(fault);
        if named.is_empty() {
            return None;
        }
        let whole = Raw::parse(fields::joined(sent)).ok()?;
        let body = whole.object().ok()?;
        let mut remedies: Vec<Remedy> = Vec::new();
        for name in named {
            let Some(path) = resolve::path(&name, &whole) else {
                continue;
            };
            if essential::is_essential(&path, protocol)
                || remedies.iter().any(|known| known.path == path)
            {
                continue;
            }
            let instead = instead(&path, protocol, &body);
            remedies.push(Remedy { path, instead });
        }
        (!remedies.is_empty()).then_some(Self { remedies, protocol })
    }

    /// What to do.
    pub fn remedies(&self) -> &[Remedy] {
        &self.remedies
    }

    /// The body without what is objected to, for one more try.
    pub fn strip(&self, body: Vec<Bytes>) -> Patched {
        fields::apply([&patch(&self.remedies)], self.protocol, body)
    }
}

/// The patch that remedies make.
pub(crate) fn patch(remedies: &[Remedy]) -> Patch {
    let mut rules = FieldRules::default();
    for remedy in remedies {
        match &remedy.instead {
            Some(instead) => drop(rules.rename.insert(remedy.path.clone(), instead.clone())),
            None => rules.deny.push(remedy.path.clone()),
        }
    }
    Patch::new(&rules)
}

fn instead(path: &FieldPath, protocol: Format, body: &RawObject) -> Option<FieldPath> {
    if protocol != Format::OpenAiChat {
        return None;
    }
    let name = path.to_string();
    let (_, twin) = TWINS.iter().find(|(one, _)| *one == name)?;
    if body.contains(twin) {
        return None;
    }
    FieldPath::parse(twin).ok()
}
