//! What can be served now, for listings.

use std::sync::Arc;

use byokey_types::{ModelName, ModelRow, Str};

use crate::{provider::Provider, registry::Registry};

/// A model that can be asked for.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The name to ask for: the upstream's own, or with its provider in front when another provider comes first with it.
    pub name: Str,
    /// Who serves it under this name.
    pub provider: Arc<Provider>,
    /// What is known about it.
    pub row: Arc<ModelRow>,
}

impl Registry {
    /// The aliases that lead somewhere, then the models of all live providers in the order of preference.
    ///
    /// Every name occurs once, and asking for it reaches the provider it is listed with.
    pub fn models(&self) -> Vec<Listed> {
        let mut listed = self.listed_aliases();
        for provider in self.providers.iter().filter(|provider| provider.is_live()) {
            for row in &provider.models {
                let hidden = self.aliases.contains_key(&row.id);
                let name = if !hidden && self.leads_to(&row.id, provider) {
                    row.id.clone()
                } else {
                    qualified(provider, &row.id)
                };
                listed.push(Listed {
                    name,
                    provider: Arc::clone(provider),
                    row: Arc::clone(row),
                });
            }
        }
        listed
    }

    /// The model that a name of the listing, or any other name that needs no alias, leads to.
    pub fn listed(&self, name: &str) -> Option<Listed> {
        if let Some(listed) = self.models().into_iter().find(|listed| listed.name == name) {
            return Some(listed);
        }
        let (provider, row) = match name.split_once('/') {
            Some((first, rest)) if self.by_name.contains_key(first) => {
                let provider = self.by_name.get(first)?;
                (provider, provider.model(rest)?)
            }
            Some(_) | None => {
                let offer = self.catalogue.get(name)?.first()?;
                (&offer.provider, &offer.row)
            }
        };
        provider.is_live().then(|| Listed {
            name: name.into(),
            provider: Arc::clone(provider),
            row: Arc::clone(row),
        })
    }

    fn listed_aliases(&self) -> Vec<Listed> {
        let mut names: Vec<&Str> = self.aliases.keys().collect();
        names.sort();
        names
            .into_iter()
            .filter_map(|name| {
                let resolution = self.resolve(&ModelName::parse(name).ok()?).ok()?;
                let first = resolution.candidates.into_iter().next()?;
                Some(Listed {
                    name: name.clone(),
                    provider: first.provider,
                    row: first.row,
                })
            })
            .collect()
    }

    /// Whether a bare name is read as this provider's model.
    fn leads_to(&self, name: &str, provider: &Arc<Provider>) -> bool {
        let qualified = name
            .split_once('/')
            .is_some_and(|(first, _)| self.by_name.contains_key(first));
        let first = self.catalogue.get(name).and_then(|offers| offers.first());
        !qualified && first.is_some_and(|offer| Arc::ptr_eq(&offer.provider, provider))
    }
}

fn qualified(provider: &Provider, model: &str) -> Str {
    format!("{}/{model}", provider.id).into()
}
