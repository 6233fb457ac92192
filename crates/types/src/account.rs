//! Accounts: one way in at one provider.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ProviderId, Secret, Str, Timestamp};

/// An account: a provider and a label that is unique there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId {
    /// The provider.
    pub provider: ProviderId,
    /// The name of the account at that provider: `env`, `work`, an e-mail address.
    pub label: Str,
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.label)
    }
}

/// What sort of access an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// An API key.
    ApiKey,
    /// An OAuth login.
    Login,
    /// A vendor tool's credential file, read only.
    Link,
    /// A provider that asks for nothing: a local server.
    Open,
}

impl AccountKind {
    /// The name used in the store and in listings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ApiKey => "api_key",
            Self::Login => "login",
            Self::Link => "link",
            Self::Open => "open",
        }
    }
}

/// What is sent to prove who one is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The key or access token.
    pub access: Secret,
    /// Whether it is a long-lived key or a bearer token that may expire.
    pub kind: TokenKind,
    /// When it stops being valid.
    pub expires_at: Option<Timestamp>,
    /// What renews it.
    pub refresh: Option<Secret>,
}

/// The two sorts of [`Token`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A long-lived key.
    ApiKey,
    /// An OAuth access token.
    Bearer,
}

impl Token {
    /// A key without an end.
    pub const fn api_key(access: Secret) -> Self {
        Self {
            access,
            kind: TokenKind::ApiKey,
            expires_at: None,
            refresh: None,
        }
    }
}
