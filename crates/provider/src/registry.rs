//! The snapshot of all providers that one configuration makes.

mod places;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use byokey_types::{
    AccountId, AccountKind, Format, ModelName, ModelRow, ProviderId, Secret, Str,
    provider::{ProviderConfig, UpstreamConfig},
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    Client, Limits, Manifest,
    endpoint::InvalidBaseUrl,
    fields::{Patch, Scope, ScopedPatch},
    manifest::Defaults,
    provider::{Account, Pool, Provider},
};

/// Every provider, what each serves, and who can serve it now. Immutable: a reload makes another one.
#[derive(Debug)]
pub struct Registry {
    pub(crate) providers: Vec<Arc<Provider>>,
    pub(crate) by_name: HashMap<Str, Arc<Provider>>,
    pub(crate) catalogue: HashMap<Str, Vec<Offer>>,
    pub(crate) aliases: HashMap<Str, Vec<ModelName>>,
    client: Client,
}

/// What a provider's credentials depend on.
#[derive(Clone, Copy, Debug)]
pub struct Needs<'a> {
    /// What the configuration says of the provider, or what it would say by saying nothing.
    pub config: &'a ProviderConfig,
    /// The environment variables that may hold its key, best first.
    pub key_env: &'a [String],
    /// Whether it works without a credential.
    pub open: bool,
}

/// The accounts of a provider, as found by whoever keeps credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Those that can serve, in the order of preference.
    pub accounts: Vec<AccountEntry>,
    /// Why others cannot: "`$WORK_KEY` is not set".
    pub refused: Vec<String>,
}

/// An account with a usable credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountEntry {
    /// Which one.
    pub id: AccountId,
    /// What sort of access it is.
    pub kind: AccountKind,
    /// Where its credential comes from, for people.
    pub origin: String,
    /// Its share in weighted routing.
    pub weight: u32,
    /// The base URL its credential is for, when it is not the provider's.
    pub base_url: Option<String>,
}

/// A configuration that makes no provider.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A provider that is not built in does not say what it speaks.
    #[error(
        "`providers.{0}` is not a built-in provider and has no `protocol`; add `protocol: openai` or `protocol: anthropic`"
    )]
    ProtocolMissing(ProviderId),
    /// It is not known where a provider is.
    #[error("`providers.{provider}` has no `base_url` for protocol `{}`; add one", .protocol.protocol())]
    BaseUrlMissing {
        /// The provider.
        provider: ProviderId,
        /// The protocol that has no place.
        protocol: Format,
    },
    /// A base URL is none.
    #[error("`providers.{provider}` has a `base_url` that cannot be used")]
    BaseUrl {
        /// The provider.
        provider: ProviderId,
        /// What is wrong with it.
        #[source]
        source: InvalidBaseUrl,
    },
    /// A header cannot be sent.
    #[error("`providers.{provider}.headers.{name}` cannot be a header")]
    Header {
        /// The provider.
        provider: ProviderId,
        /// The header's name.
        name: String,
    },
    /// Two providers have the same name.
    #[error(
        "`providers.{0}` is configured twice, or once under its name and once under an alias; keep one"
    )]
    Twice(ProviderId),
}

/// A model of the catalogue at one provider.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) provider: Arc<Provider>,
    pub(crate) row: Arc<ModelRow>,
}

/// The family of a manifest that speaks each format as its owner does. A custom provider is taken for one, too: most are
/// gateways to the owner's models.
const HOME: &str = "home";

impl Registry {
    /// Compiles manifests and configuration.
    ///
    /// Providers of the configuration come first, in its order, then the other built-in ones. A provider may be
    /// configured under its id or an alias. `credentials` is asked once for each provider that is enabled;
    /// `aliases` are names that stand for models.
    ///
    /// # Errors
    /// [`RegistryError`], naming the provider.
    pub fn build(
        configs: &[ProviderConfig],
        mut credentials: impl FnMut(Needs<'_>) -> Found,
        aliases: impl IntoIterator<Item = (Str, Vec<ModelName>)>,
        upstream: &UpstreamConfig,
        client: Client,
    ) -> Result<Self, RegistryError> {
        let mut registry = Self {
            providers: Vec::new(),
            by_name: HashMap::new(),
            catalogue: HashMap::new(),
            aliases: aliases.into_iter().collect(),
            client,
        };
        let mut configured: Vec<&ProviderId> = Vec::new();
        for config in configs {
            let manifest = manifest_of(&config.id);
            let id = manifest.map_or(&config.id, |manifest| &manifest.id);
            if configured.contains(&id) {
                return Err(RegistryError::Twice(config.id.clone()));
            }
            configured.push(id);
            if config.enabled {
                let provider = compile(id, manifest, config, upstream, &mut credentials)?;
                registry.add(provider, manifest);
            }
        }
        for manifest in Manifest::built_in() {
            if manifest.opt_in || configured.contains(&&manifest.id) {
                continue;
            }
            let silent = ProviderConfig::new(manifest.id.clone());
            let provider = compile(
                &manifest.id,
                Some(manifest),
                &silent,
                upstream,
                &mut credentials,
            )?;
            registry.add(provider, Some(manifest));
        }
        for offers in registry.catalogue.values_mut() {
            // stable: among the live, and among the others, the order stays
            offers.sort_by_key(|offer| !offer.provider.is_live());
        }
        Ok(registry)
    }

    /// Every provider that is enabled, in the order of preference.
    pub fn providers(&self) -> &[Arc<Provider>] {
        &self.providers
    }

    /// A provider by its id or an alias.
    pub fn provider(&self, name: &str) -> Option<&Arc<Provider>> {
        self.by_name.get(name)
    }

    /// What carries the requests.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    fn add(&mut self, provider: Provider, manifest: Option<&Manifest>) {
        let provider = Arc::new(provider);
        let aliases = manifest.into_iter().flat_map(|manifest| &manifest.aliases);
        for name in aliases.chain([&provider.id]) {
            self.by_name
                .insert(name.as_str().into(), Arc::clone(&provider));
        }
        for (name, row) in &provider.by_name {
            self.catalogue.entry(name.clone()).or_default().push(Offer {
                provider: Arc::clone(&provider),
                row: Arc::clone(row),
            });
        }
        self.providers.push(provider);
    }
}

fn manifest_of(name: &ProviderId) -> Option<&'static Manifest> {
    Manifest::built_in()
        .iter()
        .find(|manifest| manifest.id == *name || manifest.aliases.contains(name))
}

fn compile(
    id: &ProviderId,
    manifest: Option<&Manifest>,
    config: &ProviderConfig,
    upstream: &UpstreamConfig,
    credentials: &mut impl FnMut(Needs<'_>) -> Found,
) -> Result<Provider, RegistryError> {
    let endpoints = places::endpoints(id, manifest, config, None)?;
    // a server of the user's own for which no key is named asks for none
    let open = manifest.map_or(config.keys.is_empty(), |manifest| manifest.open);
    let key_env = manifest.map_or(&[][..], |manifest| &manifest.key_env);
    let known_as = ProviderConfig {
        id: id.clone(),
        ..config.clone()
    };
    let found = credentials(Needs {
        config: &known_as,
        key_env,
        open: open && config.keys.is_empty(),
    });
    let mut accounts = Vec::with_capacity(found.accounts.len());
    for entry in found.accounts {
        let own = match &entry.base_url {
            Some(base_url) => Some(places::endpoints(id, manifest, config, Some(base_url))?),
            None => None,
        };
        accounts.push(Arc::new(Account {
            id: entry.id,
            kind: entry.kind,
            origin: entry.origin,
            weight: entry.weight,
            endpoints: own,
        }));
    }
    let mut refused: Vec<Str> = found.refused.iter().map(Str::from).collect();
    if accounts.is_empty() && refused.is_empty() {
        refused.push(what_to_set(id, key_env).into());
    }
    let mut limits = Limits::from(upstream);
    if let Some(manifest) = manifest {
        let least = std::time::Duration::from_secs(manifest.first_byte_seconds);
        limits.first_byte = limits.first_byte.max(least);
    }
    let defaults = manifest.map_or_else(Defaults::default, |manifest| manifest.defaults.clone());
    let (models, by_name) = models(manifest, config, &defaults);
    Ok(Provider {
        id: id.clone(),
        display_name: manifest
            .map_or_else(|| id.to_string(), |manifest| manifest.display_name.clone()),
        family: family(id, manifest, config),
        strict: config.strict,
        cache_breakpoints: config.cache_breakpoints,
        fields: fields(manifest, config),
        endpoints,
        headers: headers(id, manifest, &config.headers)?,
        limits,
        pool: Pool::new(accounts),
        refused,
        models,
        by_name,
        defaults,
    })
}

/// The manifest's rules, then the configuration's.
fn fields(manifest: Option<&Manifest>, config: &ProviderConfig) -> Vec<ScopedPatch> {
    let known = manifest.into_iter().flat_map(|manifest| &manifest.fields);
    let known = known.map(|fields| (fields.scope.clone(), &fields.rules));
    known
        .chain([(Scope::default(), &config.fields)])
        .filter(|(_, rules)| !rules.is_empty())
        .map(|(scope, rules)| ScopedPatch {
            scope,
            patch: Patch::new(rules),
        })
        .collect()
}

/// Whose seals a provider issues; none when that is the family at home in each of its formats.
fn family(id: &ProviderId, manifest: Option<&Manifest>, config: &ProviderConfig) -> Option<Str> {
    let own = |manifest: &Manifest| {
        manifest
            .family
            .clone()
            .unwrap_or_else(|| id.as_str().into())
    };
    let declared = config.family.clone().or_else(|| manifest.map(own));
    declared.filter(|family| family != HOME)
}

fn headers(
    id: &ProviderId,
    manifest: Option<&Manifest>,
    configured: &BTreeMap<String, Secret>,
) -> Result<HeaderMap, RegistryError> {
    let known = manifest.into_iter().flat_map(|manifest| &manifest.headers);
    let known = known.map(|(name, value)| (name, value.as_str()));
    let configured = configured
        .iter()
        .map(|(name, value)| (name, value.expose()));
    let mut headers = HeaderMap::new();
    for (name, value) in known.chain(configured) {
        let unusable = || RegistryError::Header {
            provider: id.clone(),
            name: name.clone(),
        };
        let mut value = HeaderValue::from_str(value).map_err(|_| unusable())?;
        value.set_sensitive(true);
        let name = HeaderName::try_from(name).map_err(|_| unusable())?;
        headers.insert(name, value);
    }
    Ok(headers)
}

type Models = (Vec<Arc<ModelRow>>, HashMap<Str, Arc<ModelRow>>);

/// The configured rows, then those of the manifest that they do not replace.
fn models(manifest: Option<&Manifest>, config: &ProviderConfig, defaults: &Defaults) -> Models {
    let mut models = Vec::new();
    let mut by_name: HashMap<Str, Arc<ModelRow>> = HashMap::new();
    let configured = config.models.iter().map(|row| (row, &[][..]));
    let known = manifest.into_iter().flat_map(|manifest| &manifest.models);
    let known = known.map(|model| (&model.row, &model.aliases[..]));
    for (row, aliases) in configured.chain(known) {
        if by_name.contains_key(&row.id) {
            continue;
        }
        let mut row = row.clone();
        defaults.complete(&mut row);
        for alias in aliases {
            // under the name the client chose, so that this name goes upstream
            by_name.entry(alias.clone()).or_insert_with(|| {
                Arc::new(ModelRow {
                    id: alias.clone(),
                    ..row.clone()
                })
            });
        }
        let row = Arc::new(row);
        by_name.insert(row.id.clone(), Arc::clone(&row));
        models.push(row);
    }
    (models, by_name)
}

fn what_to_set(id: &ProviderId, key_env: &[String]) -> String {
    match key_env.first() {
        Some(variable) => {
            format!("it has no key; set `{variable}` or `providers.{id}.api_key`")
        }
        None => format!("it has no key; set `providers.{id}.api_key`"),
    }
}
