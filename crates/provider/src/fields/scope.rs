//! For which requests rules hold.

use byokey_types::{AccountKind, Format, Str};
use serde::{Deserialize, Deserializer, de::Error as _};

use super::Patch;

/// A pattern for model names: a name, or part of one with `*` at its ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    part: Str,
    open_before: bool,
    open_behind: bool,
}

/// For which requests rules hold; what is empty holds for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The upstream's formats.
    pub protocols: Vec<Format>,
    /// The upstream's names of models.
    pub models: Vec<Glob>,
    /// The sort of access.
    pub account: Option<AccountKind>,
}

/// Compiled rules and their scope.
#[derive(Clone, Debug)]
pub struct ScopedPatch {
    /// For which requests.
    pub scope: Scope,
    /// The rules.
    pub patch: Patch,
}

impl Glob {
    /// Reads a pattern; `None` when a `*` is not at an end or nothing else is there.
    pub fn parse(text: &str) -> Option<Self> {
        let (open_before, rest) = match text.strip_prefix('*') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (open_behind, part) = match rest.strip_suffix('*') {
            Some(part) => (true, part),
            None => (false, rest),
        };
        (!part.is_empty() && !part.contains('*')).then(|| Self {
            part: part.into(),
            open_before,
            open_behind,
        })
    }

    /// Whether a name fits.
    pub fn fits(&self, name: &str) -> bool {
        let part = self.part.as_str();
        match (self.open_before, self.open_behind) {
            (false, false) => name == part,
            (false, true) => name.starts_with(part),
            (true, false) => name.ends_with(part),
            (true, true) => name.contains(part),
        }
    }
}

impl<'de> Deserialize<'de> for Glob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "`{text}` is no pattern; write a model's name, or part of it with `*` before or behind"
            ))
        })
    }
}

impl Scope {
    /// Whether it holds for a request.
    pub fn holds(&self, protocol: Format, model: &str, account: AccountKind) -> bool {
        (self.protocols.is_empty() || self.protocols.contains(&protocol))
            && (self.models.is_empty() || self.models.iter().any(|glob| glob.fits(model)))
            && self.account.is_none_or(|kind| kind == account)
    }
}
