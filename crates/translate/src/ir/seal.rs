//! Seals: opaque state that belongs to whoever made it.

use byokey_types::{Format, Str};

/// Who made a seal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Issuer {
    /// The family of models that can read it: `anthropic`, `openai`, `google`, or a guest's own.
    pub family: Str,
    /// The account it is bound to, where that is known.
    pub account: Option<Str>,
}

/// Opaque state: a thinking signature, encrypted reasoning, a thought signature. Reaches its issuer only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Who made it.
    pub issuer: Issuer,
    /// The payload, exactly as it was given.
    pub payload: String,
}

impl Issuer {
    /// The issuer of seals that travel bare in a format.
    pub fn home(format: Format) -> Self {
        Self::family(format.home_family())
    }

    /// A family, the account unknown.
    pub fn family(family: impl Into<Str>) -> Self {
        Self {
            family: family.into(),
            account: None,
        }
    }
}
