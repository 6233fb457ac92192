//! Providers, their keys, headers and models.

use std::collections::{BTreeMap, BTreeSet};

use byokey_types::{
    Format, ModelRow, Secret, Str,
    provider::{KeyConfig, KeySource, ProviderConfig, ProviderId},
};

use super::{Meaning, address};
use crate::{
    Problem,
    check::beside,
    key_path::{KeyPath, shown},
    schema,
};

const PROVIDER_ID_RULE: &str =
    "use up to 64 lower-case letters, digits, `-`, `_` and `.`, beginning with a letter or digit";

impl Meaning<'_> {
    pub(super) fn providers(
        &mut self,
        mut said: BTreeMap<String, Option<schema::Provider>>,
        path: &KeyPath,
    ) -> Vec<ProviderConfig> {
        let mut ordered: Vec<(String, Option<schema::Provider>)> = self
            .layers
            .provider_order()
            .iter()
            .filter_map(|id| said.remove_entry(id))
            .collect();
        ordered.extend(said);
        let mut providers = Vec::new();
        for (id, provider) in ordered {
            let beside = beside(path, &id);
            let path = path.key(&id);
            if let Ok(id) = ProviderId::new(&id) {
                providers.push(self.provider(id, provider.unwrap_or_default(), &path));
                continue;
            }
            let message = format!("`{}` cannot be a provider id", shown(&id));
            self.problems.push(Problem {
                place: self.layers.place(&path),
                path: beside,
                message,
                hint: Some(PROVIDER_ID_RULE.to_owned()),
            });
        }
        providers
    }

    fn provider(
        &mut self,
        id: ProviderId,
        said: schema::Provider,
        path: &KeyPath,
    ) -> ProviderConfig {
        let mut provider = ProviderConfig::new(id);
        provider.enabled = said.enabled.unwrap_or(provider.enabled);
        provider.strict = said.strict.unwrap_or(provider.strict);
        provider.protocols = self.protocols(said.protocol, &path.key("protocol"));
        provider.base_url = said
            .base_url
            .and_then(|text| self.base_url(&text, &path.key("base_url")));
        provider.headers = self.headers(said.headers.unwrap_or_default(), &path.key("headers"));
        provider.family = said
            .family
            .and_then(|text| self.family(&text, &path.key("family")));
        provider.fields = self.fields(said.fields.unwrap_or_default(), &path.key("fields"));
        provider.cache_breakpoints = said.cache_breakpoints.unwrap_or_default();
        provider.models = self.models(said.models.unwrap_or_default(), &path.key("models"));
        provider.keys = self.provider_keys(said.api_key, said.key_env, said.api_keys, path);
        provider
    }

    fn provider_keys(
        &mut self,
        api_key: Option<Secret>,
        key_env: Option<String>,
        api_keys: Option<Vec<schema::ProviderKey>>,
        path: &KeyPath,
    ) -> Vec<KeyConfig> {
        let given: Vec<&str> = [
            ("api_key", api_key.is_some()),
            ("key_env", key_env.is_some()),
            ("api_keys", api_keys.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
        self.exclusive(path, &given);

        let single = |label: Str, source| KeyConfig {
            label,
            source,
            base_url: None,
            weight: 1,
        };
        if let Some(key) = api_key {
            let source = self.literal(key, &path.key("api_key"));
            return vec![single("config".into(), source)];
        }
        if let Some(name) = key_env {
            let source = self.variable(&name, &path.key("key_env"));
            return vec![single(variable_label(&name), source)];
        }
        let path = path.key("api_keys");
        let mut labels = BTreeMap::new();
        let mut keys = Vec::new();
        for (index, entry) in api_keys.unwrap_or_default().into_iter().enumerate() {
            keys.extend(self.one_of_several(entry, index, &path.index(index), &mut labels));
        }
        keys
    }

    fn one_of_several(
        &mut self,
        said: schema::ProviderKey,
        index: usize,
        path: &KeyPath,
        labels: &mut BTreeMap<String, KeyPath>,
    ) -> Option<KeyConfig> {
        let source = match (said.api_key, said.key_env) {
            (Some(key), None) => self.literal(key, &path.key("api_key")),
            (None, Some(name)) => self.variable(&name, &path.key("key_env")),
            (Some(_), Some(_)) => {
                self.exclusive(path, &["api_key", "key_env"]);
                return None;
            }
            (None, None) => {
                let message = format!("`{path}` has no key");
                self.report(path, message, Some("add `key_env` or `api_key`"));
                return None;
            }
        };
        let label = match (said.label, &source) {
            (Some(label), _) => Str::from(label),
            (None, KeySource::Env(name)) => variable_label(name),
            (None, KeySource::Literal(_)) => Str::from(format!("key-{}", index + 1)),
        };
        self.unique_name(&label, path.key("label"), labels);
        let base_url = said
            .base_url
            .and_then(|text| self.base_url(&text, &path.key("base_url")));
        Some(KeyConfig {
            label,
            source,
            base_url,
            weight: said.weight.unwrap_or(1),
        })
    }

    fn protocols(&mut self, said: Option<schema::Protocols>, path: &KeyPath) -> Vec<Format> {
        let names = match said {
            None => Vec::new(),
            Some(schema::Protocols::One(name)) => vec![name],
            Some(schema::Protocols::Several(names)) => names,
        };
        let mut formats = Vec::new();
        for (index, name) in names.iter().enumerate() {
            match name.parse::<Format>() {
                Ok(format) if formats.contains(&format) => {
                    let message = format!("`{path}` names `{name}` twice");
                    self.report(&path.index(index), message, Some("keep one"));
                }
                Ok(format) => formats.push(format),
                // the schema lets only protocols through
                Err(error) => self.report(path, error.to_string(), None),
            }
        }
        formats
    }

    fn family(&mut self, text: &str, path: &KeyPath) -> Option<Str> {
        match ProviderId::new(text) {
            Ok(family) => Some(family.as_str().into()),
            Err(error) => {
                self.report(path, format!("`{path}`: {error}"), None);
                None
            }
        }
    }

    fn base_url(&mut self, text: &str, path: &KeyPath) -> Option<String> {
        match address::base_url(text) {
            Ok(url) => Some(url),
            Err(fault) => {
                let message = format!("`{path}` {}", fault.message);
                self.report(path, message, Some(fault.hint));
                None
            }
        }
    }

    fn headers(
        &mut self,
        said: BTreeMap<String, Secret>,
        path: &KeyPath,
    ) -> BTreeMap<String, Secret> {
        let mut headers = BTreeMap::new();
        for (name, value) in said {
            let path = path.key(&name);
            let checked = address::header_name(&name).and_then(|name| {
                address::header_value(value.expose())?;
                Ok(name)
            });
            match checked {
                Ok(name) => {
                    if headers.insert(name, value).is_some() {
                        let message = format!("`{path}` is given twice, in another case");
                        self.report(&path, message, Some("keep one"));
                    }
                }
                Err(fault) => {
                    let message = format!("`{path}` {}", fault.message);
                    self.report(&path, message, Some(fault.hint));
                }
            }
        }
        headers
    }

    fn models(&mut self, said: Vec<schema::Model>, path: &KeyPath) -> Vec<ModelRow> {
        let mut ids = BTreeSet::new();
        let mut models = Vec::new();
        for (index, model) in said.into_iter().enumerate() {
            let path = path.index(index);
            if model.id.trim().is_empty() || model.id.trim() != model.id {
                let message = format!("`{}` is empty or has blanks around it", path.key("id"));
                self.report(&path.key("id"), message, None);
            } else if !ids.insert(model.id.clone()) {
                let message = format!("`{}` is listed twice", path.key("id"));
                self.report(&path.key("id"), message, Some("keep one"));
            }
            if let Some(budget) = model.reasoning_budget
                && budget.min > budget.max
            {
                let path = path.key("reasoning_budget");
                let message = format!("`{path}`: `min` is larger than `max`");
                self.report(&path, message, None);
            }
            if model.max_tokens_field.as_deref().is_some_and(str::is_empty) {
                let path = path.key("max_tokens_field");
                let message = format!("`{path}` is empty");
                self.report(&path, message, Some("leave it out"));
            }
            models.push(model.into());
        }
        models
    }
}

fn variable_label(name: &str) -> Str {
    Str::from(format!("${name}"))
}
