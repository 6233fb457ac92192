//! Providers: their ids, and what the user's configuration says about one.

use std::{collections::BTreeMap, fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, Serialize};

use crate::{FieldRules, Format, ModelRow, Secret, Str};

/// The id of a provider: lower-case letters, digits, `-`, `_` and `.`, at most 64, beginning with a letter or digit.
///
/// Never an enum: what exists is what the manifests and the configuration name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct ProviderId(Str);

/// A text that cannot be a provider's id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "`{0}` cannot be a provider id; use up to 64 lower-case letters, digits, `-`, `_` and `.`, beginning with a letter or digit"
)]
pub struct InvalidProviderId(pub String);

impl ProviderId {
    /// Checks and takes an id.
    ///
    /// # Errors
    /// [`InvalidProviderId`] when it breaks the rule of the type.
    pub fn new(text: &str) -> Result<Self, InvalidProviderId> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let valid = text.len() <= 64
            && text.bytes().next().is_some_and(fits)
            && text
                .bytes()
                .all(|b| fits(b) || matches!(b, b'-' | b'_' | b'.'));
        if valid {
            Ok(Self(text.into()))
        } else {
            Err(InvalidProviderId(text.to_owned()))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProviderId {
    type Err = InvalidProviderId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl<'de> Deserialize<'de> for ProviderId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

/// Where a key is said to be; the value itself is read when the accounts are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// Written in the configuration.
    Literal(Secret),
    /// In this environment variable.
    Env(String),
}

/// One key of a provider, as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyConfig {
    /// A name that is unique at the provider.
    pub label: Str,
    /// Where the key is.
    pub source: KeySource,
    /// The base URL this key is for, when it is not the provider's.
    pub base_url: Option<String>,
    /// Its share in weighted routing.
    pub weight: u32,
}

/// Limits and ways of the connections to an upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamConfig {
    /// An `http`, `https` or `socks5` proxy URL; a secret, since it may hold a password.
    pub proxy: Option<Secret>,
    /// Longest time for DNS, TCP and TLS together.
    pub connect_timeout: Duration,
    /// Longest time from the start of the request, its upload included, to the head of the answer.
    pub first_byte_timeout: Duration,
    /// Longest silence inside an answer.
    pub idle_timeout: Duration,
}

impl Default for UpstreamConfig {
    fn default() -> Self {
        Self {
            proxy: None,
            connect_timeout: Duration::from_secs(10),
            // reasoning models stay silent for minutes
            first_byte_timeout: Duration::from_mins(5),
            idle_timeout: Duration::from_mins(5),
        }
    }
}

/// Whether prompt-cache breakpoints are put into requests of clients whose format has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CacheBreakpoints {
    /// Never.
    #[default]
    Off,
    /// Where they help; never more than the upstream takes, and the client's own are kept.
    Auto,
}

/// What the configuration says about one provider; what it does not say, the provider's manifest does.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderConfig {
    /// The id.
    pub id: ProviderId,
    /// Whether it may be used at all.
    pub enabled: bool,
    /// The wire formats it speaks, best first; empty means those of the manifest.
    pub protocols: Vec<Format>,
    /// The prefix to which a protocol's path is added.
    pub base_url: Option<String>,
    /// Its keys, in the order of the file; empty means the manifest's environment variables.
    pub keys: Vec<KeyConfig>,
    /// Extra request headers.
    pub headers: BTreeMap<String, Secret>,
    /// Models of a custom provider, or rows that replace the manifest's of the same id.
    pub models: Vec<ModelRow>,
    /// Whether a request that would lose something is refused.
    pub strict: bool,
    /// The family whose opaque seals it issues and accepts; none when its manifest says, or when it is at home in its formats.
    pub family: Option<Str>,
    /// What its upstream takes of a body, beyond what its manifest says.
    pub fields: FieldRules,
    /// Whether prompt-cache breakpoints are put in.
    pub cache_breakpoints: CacheBreakpoints,
}

impl ProviderConfig {
    /// A provider of which the configuration says nothing but its id.
    pub fn new(id: ProviderId) -> Self {
        Self {
            id,
            enabled: true,
            protocols: Vec::new(),
            base_url: None,
            keys: Vec::new(),
            headers: BTreeMap::new(),
            models: Vec::new(),
            strict: false,
            family: None,
            fields: FieldRules::default(),
            cache_breakpoints: CacheBreakpoints::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked() {
        for valid in ["claude", "up-chat", "llama.cpp", "01-ai", "a_b"] {
            assert_eq!(
                ProviderId::new(valid).map(|id| id.to_string()),
                Ok(valid.to_owned())
            );
        }
        for invalid in ["", "-a", "A", "a/b", "a b", "é", &"a".repeat(65)] {
            assert_eq!(
                ProviderId::new(invalid),
                Err(InvalidProviderId(invalid.to_owned()))
            );
        }
    }
}
