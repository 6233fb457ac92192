//! The tokens of all accounts, for the requests.

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use byokey_types::{AccountId, ByokError, Kind, ProviderId, Result, Token, ports::TokenStore};

use crate::{KeyProblem, Keys};

/// Holds the tokens of all accounts. Looking one up takes no lock and copies no secret; all can be replaced at once,
/// as when the configuration is read again.
#[derive(Debug, Default)]
pub struct Keeper {
    held: ArcSwap<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// `None` for an account that has no token because its provider asks for none.
    tokens: HashMap<AccountId, Option<Arc<Token>>>,
    /// Why a provider has no account, or not every account it could have.
    problems: HashMap<ProviderId, Vec<KeyProblem>>,
}

impl Keeper {
    /// Holds the tokens of these providers.
    pub fn new(providers: impl IntoIterator<Item = (ProviderId, Keys)>) -> Self {
        Self {
            held: ArcSwap::from_pointee(Held::of(providers)),
        }
    }

    /// Holds the tokens of these providers and no others, from the next look-up on.
    pub fn replace(&self, providers: impl IntoIterator<Item = (ProviderId, Keys)>) {
        self.held.store(Arc::new(Held::of(providers)));
    }

    /// The token of an account; `None` when its provider asks for none.
    ///
    /// # Errors
    /// [`Kind::LoginNeeded`], naming the provider, why there is no key, and what to do.
    pub fn get(&self, account: &AccountId) -> Result<Option<Arc<Token>>> {
        let held = self.held.load();
        match held.tokens.get(account) {
            Some(token) => Ok(token.clone()),
            None if held.serves(&account.provider) => Err(ByokError::new(
                Kind::LoginNeeded,
                format!("`{account}` is not an account any more; send the request again"),
            )),
            None => Err(held.missing(&account.provider)),
        }
    }

    /// The error for a provider that has no account.
    pub fn missing(&self, provider: &ProviderId) -> ByokError {
        self.held.load().missing(provider)
    }
}

#[async_trait]
impl TokenStore for Keeper {
    async fn token(&self, account: &AccountId) -> Result<Option<Token>> {
        let held = self.held.load();
        let token = held.tokens.get(account).and_then(Option::as_deref);
        Ok(token.cloned())
    }
}

impl Held {
    fn of(providers: impl IntoIterator<Item = (ProviderId, Keys)>) -> Self {
        let mut held = Self::default();
        for (provider, keys) in providers {
            for account in keys.accounts {
                held.tokens.insert(account.id, account.token.map(Arc::new));
            }
            held.problems.insert(provider, keys.problems);
        }
        held
    }

    fn serves(&self, provider: &ProviderId) -> bool {
        self.tokens.keys().any(|held| held.provider == *provider)
    }

    fn missing(&self, provider: &ProviderId) -> ByokError {
        let problems = self.problems.get(provider).map_or(&[][..], Vec::as_slice);
        let reasons = problems
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ");
        let reasons = if reasons.is_empty() {
            KeyProblem::NotConfigured.to_string()
        } else {
            reasons
        };
        let variable = problems.iter().find_map(|problem| match problem {
            KeyProblem::NotSet { variable } => Some(variable),
            KeyProblem::Empty { .. }
            | KeyProblem::Malformed { .. }
            | KeyProblem::SameLabel { .. }
            | KeyProblem::NotConfigured => None,
        });
        let remedy = match variable {
            Some(variable) => format!("type `export {variable}=…` and restart byokey"),
            None => format!("set `providers.{provider}.api_key` in the configuration"),
        };
        ByokError::new(
            Kind::LoginNeeded,
            format!("no key for `{provider}`: {reasons}; {remedy}"),
        )
    }
}
