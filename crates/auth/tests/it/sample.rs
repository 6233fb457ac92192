//! Environments, keys and accounts to test with.

use std::collections::BTreeMap;

use byokey_auth::{ConfiguredAccount, KeyAsk, Keys};
use byokey_types::{
    AccountId, AccountKind, ProviderId, Secret, Token,
    ports::Environment,
    provider::{KeyConfig, KeySource},
};

/// An environment of these variables.
pub(crate) struct Variables(pub(crate) BTreeMap<&'static str, &'static str>);

impl Environment for Variables {
    fn var(&self, name: &str) -> Option<Secret> {
        let secret = Secret::new(*self.0.get(name)?);
        (!secret.is_empty()).then_some(secret)
    }
}

pub(crate) fn claude() -> ProviderId {
    ProviderId::new("claude").expect("valid")
}

pub(crate) fn account_id(label: &str) -> AccountId {
    AccountId {
        provider: claude(),
        label: label.into(),
    }
}

pub(crate) fn literal(label: &str, key: &str) -> KeyConfig {
    KeyConfig {
        label: label.into(),
        source: KeySource::Literal(Secret::new(key)),
        base_url: None,
        weight: 1,
    }
}

pub(crate) fn variable(label: &str, variable: &str) -> KeyConfig {
    KeyConfig {
        source: KeySource::Env(variable.to_owned()),
        ..literal(label, "")
    }
}

pub(crate) fn account(label: &str, origin: &str, key: &str) -> ConfiguredAccount {
    ConfiguredAccount {
        id: account_id(label),
        kind: AccountKind::ApiKey,
        origin: origin.to_owned(),
        token: Some(Token::api_key(Secret::new(key))),
        base_url: None,
        weight: 1,
    }
}

pub(crate) fn open_account() -> ConfiguredAccount {
    ConfiguredAccount {
        kind: AccountKind::Open,
        token: None,
        ..account("open", "none needed", "")
    }
}

/// The keys of `claude` in an environment where `$FIRST`, `$SECOND` and `$BROKEN` are set and `$EMPTY` is blank.
pub(crate) fn find(keys: &[KeyConfig], key_env: &[&str], open: bool) -> Keys {
    let environment = Variables(BTreeMap::from([
        ("FIRST", "sk-first"),
        ("SECOND", " sk-second\n"),
        ("BROKEN", "sk-bro\tken"),
        ("EMPTY", "  "),
    ]));
    let key_env: Vec<String> = key_env.iter().map(|&name| name.to_owned()).collect();
    let ask = KeyAsk {
        provider: &claude(),
        keys,
        key_env: &key_env,
        open,
    };
    Keys::find(ask, &environment)
}
