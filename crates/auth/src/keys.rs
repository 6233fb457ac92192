//! API keys: which accounts the configuration and the environment make.

use std::{collections::BTreeSet, fmt};

use byokey_types::{
    AccountId, AccountKind, ProviderId, Secret, Str, Token,
    ports::Environment,
    provider::{KeyConfig, KeySource},
};

/// What is asked about one provider.
#[derive(Clone, Copy)]
pub struct KeyAsk<'a> {
    /// The provider.
    pub provider: &'a ProviderId,
    /// The keys that the configuration names, in its order.
    pub keys: &'a [KeyConfig],
    /// The variables that the manifest names, best first; they count only when the configuration names no key.
    pub key_env: &'a [String],
    /// Whether the provider works without a key.
    pub open: bool,
}

/// An account that is ready for use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredAccount {
    /// Which one.
    pub id: AccountId,
    /// What sort of access it is.
    pub kind: AccountKind,
    /// Where its credential comes from, for people: `$ANTHROPIC_API_KEY`, `config` or `none needed`.
    pub origin: String,
    /// What is sent; `None` when the provider asks for nothing.
    pub token: Option<Token>,
    /// The base URL this account is for, when it is not the provider's.
    pub base_url: Option<String>,
    /// Its share in weighted routing.
    pub weight: u32,
}

/// The accounts of one provider, and what stood in the way of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// In the order in which they are to be used.
    pub accounts: Vec<ConfiguredAccount>,
    /// Configured keys that cannot be used; without any account, every reason why there is none.
    pub problems: Vec<KeyProblem>,
}

/// Why a key cannot be used. It never says the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// A variable that is unset or empty.
    #[error("`${variable}` is not set")]
    NotSet {
        /// The variable.
        variable: String,
    },
    /// A key in the configuration without a character.
    #[error("the key `{label}` in the configuration is empty")]
    Empty {
        /// The label of the key.
        label: Str,
    },
    /// A text that cannot be sent in a header.
    #[error("{place} holds {flaw}, which no key has")]
    Malformed {
        /// Where the text is.
        place: KeyPlace,
        /// What is wrong with it.
        flaw: KeyFlaw,
    },
    /// Two keys of one label: only the first is used.
    #[error("the configuration has two keys with the label `{label}`; give each its own")]
    SameLabel {
        /// The label.
        label: Str,
    },
    /// Neither the configuration nor the manifest names a place for a key.
    #[error("no key is configured")]
    NotConfigured,
}

/// Where a key stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// In a variable.
    Variable(String),
    /// In the configuration, under a label.
    Configuration(Str),
}

/// What makes a text no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFlaw {
    /// White space between other characters.
    WhiteSpace,
    /// A character that is not printed.
    Control,
    /// A character beyond ASCII.
    NonAscii,
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(variable) => write!(f, "`${variable}`"),
            Self::Configuration(label) => write!(f, "the key `{label}` in the configuration"),
        }
    }
}

impl fmt::Display for KeyFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WhiteSpace => "white space",
            Self::Control => "a control character",
            Self::NonAscii => "a character beyond ASCII",
        })
    }
}

impl Keys {
    /// Finds the accounts of a provider.
    ///
    /// The keys of the configuration, when it names any; else the first variable of the manifest that is set; else, at a
    /// provider that is open, one account without a token.
    pub fn find(ask: KeyAsk<'_>, environment: &dyn Environment) -> Self {
        if !ask.keys.is_empty() {
            return Self::from_configuration(ask, environment);
        }
        let set = ask
            .key_env
            .iter()
            .find_map(|variable| Some((variable, environment.var(variable)?)));
        match set {
            Some((variable, secret)) => Self::from_variable(ask.provider, variable, secret),
            None if ask.open => Self {
                accounts: vec![open_account(ask.provider)],
                problems: Vec::new(),
            },
            None => Self {
                accounts: Vec::new(),
                problems: missing(ask.key_env),
            },
        }
    }

    fn from_configuration(ask: KeyAsk<'_>, environment: &dyn Environment) -> Self {
        let mut found = Self::default();
        let mut labels = BTreeSet::new();
        for key in ask.keys {
            if !labels.insert(&key.label) {
                found.problems.push(KeyProblem::SameLabel {
                    label: key.label.clone(),
                });
                continue;
            }
            match configured_token(key, environment) {
                Ok(token) => found
                    .accounts
                    .push(configured_account(ask.provider, key, token)),
                Err(problem) => found.problems.push(problem),
            }
        }
        found
    }

    /// A malformed key is not passed over for the next variable: it was meant to be used.
    fn from_variable(provider: &ProviderId, variable: &str, secret: Secret) -> Self {
        match token(secret, || KeyPlace::Variable(variable.to_owned())) {
            Ok(token) => Self {
                accounts: vec![ConfiguredAccount {
                    id: AccountId {
                        provider: provider.clone(),
                        label: Str::new_static("env"),
                    },
                    kind: AccountKind::ApiKey,
                    origin: format!("${variable}"),
                    token: Some(token),
                    base_url: None,
                    weight: 1,
                }],
                problems: Vec::new(),
            },
            Err(problem) => Self {
                accounts: Vec::new(),
                problems: vec![problem],
            },
        }
    }
}

fn configured_account(provider: &ProviderId, key: &KeyConfig, token: Token) -> ConfiguredAccount {
    ConfiguredAccount {
        id: AccountId {
            provider: provider.clone(),
            label: key.label.clone(),
        },
        kind: AccountKind::ApiKey,
        origin: match &key.source {
            KeySource::Literal(_) => "config".to_owned(),
            KeySource::Env(variable) => format!("${variable}"),
        },
        token: Some(token),
        base_url: key.base_url.clone(),
        weight: key.weight,
    }
}

fn open_account(provider: &ProviderId) -> ConfiguredAccount {
    ConfiguredAccount {
        id: AccountId {
            provider: provider.clone(),
            label: Str::new_static("open"),
        },
        kind: AccountKind::Open,
        origin: "none needed".to_owned(),
        token: None,
        base_url: None,
        weight: 1,
    }
}

fn missing(variables: &[String]) -> Vec<KeyProblem> {
    if variables.is_empty() {
        return vec![KeyProblem::NotConfigured];
    }
    variables
        .iter()
        .map(|variable| KeyProblem::NotSet {
            variable: variable.clone(),
        })
        .collect()
}

fn configured_token(key: &KeyConfig, environment: &dyn Environment) -> Result<Token, KeyProblem> {
    match &key.source {
        KeySource::Literal(secret) if secret.is_empty() => Err(KeyProblem::Empty {
            label: key.label.clone(),
        }),
        KeySource::Literal(secret) => token(secret.clone(), || {
            KeyPlace::Configuration(key.label.clone())
        }),
        KeySource::Env(variable) => {
            let secret = environment
                .var(variable)
                .ok_or_else(|| KeyProblem::NotSet {
                    variable: variable.clone(),
                })?;
            token(secret, || KeyPlace::Variable(variable.clone()))
        }
    }
}

/// A header value may hold more than this, but a key that does was pasted wrongly.
fn token(secret: Secret, place: impl Fn() -> KeyPlace) -> Result<Token, KeyProblem> {
    let flaw = secret.expose().chars().find_map(|character| {
        if character.is_ascii_graphic() {
            None
        } else if !character.is_ascii() {
            Some(KeyFlaw::NonAscii)
        } else if character.is_ascii_whitespace() {
            Some(KeyFlaw::WhiteSpace)
        } else {
            Some(KeyFlaw::Control)
        }
    });
    match flaw {
        None => Ok(Token::api_key(secret)),
        Some(flaw) => Err(KeyProblem::Malformed {
            place: place(),
            flaw,
        }),
    }
}
