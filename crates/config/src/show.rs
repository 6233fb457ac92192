//! The effective settings in the form of the file, with secrets masked.

use std::collections::BTreeMap;

use byokey_types::{
    Secret,
    provider::{CacheBreakpoints, KeyConfig, KeySource, ProviderConfig},
    secret::REDACTED,
};
use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    ClientKey, Settings,
    quantity::{write_duration, write_size},
};

impl Settings {
    /// The effective values under the keys of the file. Keys, header values and the password of a proxy are `***`.
    pub fn show(&self) -> Value {
        let providers: Map<String, Value> = self
            .providers
            .iter()
            .map(|provider| (provider.id.to_string(), show_provider(provider)))
            .collect();
        let aliases: BTreeMap<&str, &str> = self
            .model_alias
            .iter()
            .map(|(alias, model)| (alias.as_str(), model.asked().as_str()))
            .collect();
        let keepalive = self.streaming.keepalive.unwrap_or_default();
        json!({
            "host": self.host,
            "port": self.port,
            "database": self.database.url(),
            "body_limit": u64::try_from(self.body_limit).map_or(Value::Null, |bytes| write_size(bytes).into()),
            "upstream": {
                "proxy": self.upstream.proxy.as_ref().map(mask_proxy),
                "connect_timeout": write_duration(self.upstream.connect_timeout),
                "first_byte_timeout": write_duration(self.upstream.first_byte_timeout),
                "idle_timeout": write_duration(self.upstream.idle_timeout),
            },
            "providers": providers,
            "model_alias": aliases,
            "streaming": { "keepalive": write_duration(keepalive) },
            "responses": {
                "store": self.responses.store,
                "retention": write_duration(self.responses.retention),
                "max_size": write_size(self.responses.max_size),
            },
            "clients": {
                "require_key": self.clients.require_key.flag().map_or_else(|| json!("auto"), Value::from),
                "keys": self.clients.keys.iter().map(show_client_key).collect::<Vec<_>>(),
            },
            "shutdown": { "drain": write_duration(self.drain) },
            "log": {
                "level": self.log.level.name(),
                "format": self.log.format.name(),
                "file": self.log.file,
            },
            "allowed_hosts": self.allowed_hosts,
            "sandbox": self.sandbox,
        })
    }
}

fn show_provider(provider: &ProviderConfig) -> Value {
    let protocols: Vec<&str> = provider
        .protocols
        .iter()
        .map(|format| format.protocol())
        .collect();
    let mut shown = Map::from_iter([
        ("enabled".to_owned(), provider.enabled.into()),
        ("strict".to_owned(), provider.strict.into()),
    ]);
    let mut said = |name: &str, value: Value| {
        shown.insert(name.to_owned(), value);
    };
    if !protocols.is_empty() {
        said("protocol", protocols.into());
    }
    if let Some(url) = &provider.base_url {
        said("base_url", url.as_str().into());
    }
    if !provider.keys.is_empty() {
        said("api_keys", provider.keys.iter().map(show_key).collect());
    }
    if !provider.headers.is_empty() {
        said("headers", json!(provider.headers));
    }
    if let Some(family) = &provider.family {
        said("family", family.as_str().into());
    }
    if !provider.fields.is_empty() {
        said("fields", json!(provider.fields));
    }
    if provider.cache_breakpoints != CacheBreakpoints::Off {
        said("cache_breakpoints", json!(provider.cache_breakpoints));
    }
    if !provider.models.is_empty() {
        said("models", json!(provider.models));
    }
    Value::Object(shown)
}

fn show_key(key: &KeyConfig) -> Value {
    let (name, value) = show_source(&key.source, "api_key");
    let mut shown = Map::from_iter([
        (name.to_owned(), value.into()),
        ("label".to_owned(), key.label.as_str().into()),
        ("weight".to_owned(), key.weight.into()),
    ]);
    if let Some(url) = &key.base_url {
        shown.insert("base_url".to_owned(), url.as_str().into());
    }
    Value::Object(shown)
}

fn show_client_key(key: &ClientKey) -> Value {
    let (name, value) = show_source(&key.source, "key");
    json!({ "name": key.name, name: value })
}

fn show_source<'s>(source: &'s KeySource, literal: &'static str) -> (&'static str, &'s str) {
    match source {
        KeySource::Literal(_) => (literal, REDACTED),
        KeySource::Env(name) => ("key_env", name),
    }
}

/// The URL with its password masked, or its user when it has none, for that is then a token; nothing of it when it
/// cannot be read.
fn mask_proxy(proxy: &Secret) -> String {
    let Ok(mut url) = Url::parse(proxy.expose()) else {
        return REDACTED.to_owned();
    };
    let masked = if url.password().is_some() {
        url.set_password(Some(REDACTED))
    } else if url.username().is_empty() {
        Ok(())
    } else {
        url.set_username(REDACTED)
    };
    masked.map_or_else(|()| REDACTED.to_owned(), |()| url.to_string())
}
