//! A provider as it is at run time: manifest and configuration, compiled.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use byokey_types::{
    AccountId, AccountKind, Format, ModelRow, ProviderId, Str, provider::CacheBreakpoints,
};
use http::HeaderMap;

use crate::{Endpoint, Limits, fields::ScopedPatch, manifest::Defaults};

/// A provider of one snapshot.
#[derive(Debug)]
pub struct Provider {
    /// Its id.
    pub id: ProviderId,
    /// A name for people.
    pub display_name: String,
    /// The family whose opaque seals it issues and accepts; none when that is, in each format, the one at home there.
    pub family: Option<Str>,
    /// Whether a request that would lose something is refused.
    pub strict: bool,
    /// Whether prompt-cache breakpoints are put in.
    pub cache_breakpoints: CacheBreakpoints,
    /// What its upstream takes of a body: first what the manifest says, then the configuration.
    pub fields: Vec<ScopedPatch>,
    /// The wire formats it speaks and where, best first.
    pub endpoints: Vec<Endpoint>,
    /// Request headers of its manifest and of the configuration; their values are marked as secrets.
    pub headers: HeaderMap,
    /// Time limits of its calls.
    pub limits: Limits,
    /// The accounts that can serve.
    pub pool: Pool,
    /// Why accounts that were named cannot serve; when the pool is empty, why it is.
    pub refused: Vec<Str>,
    /// What it is known to serve, in the order of configuration and manifest.
    pub models: Vec<Arc<ModelRow>>,
    pub(crate) by_name: HashMap<Str, Arc<ModelRow>>,
    pub(crate) defaults: Defaults,
}

impl Provider {
    /// Whether a request could be sent now.
    pub fn is_live(&self) -> bool {
        !self.pool.accounts.is_empty()
    }

    /// Whose seals its answers in a format hold. When it is not the family at home there, the provider is a guest.
    pub fn issuer(&self, format: Format) -> Str {
        let home = || Str::new_static(format.home_family());
        self.family.clone().unwrap_or_else(home)
    }

    /// The row of a model, under any name by which the upstream knows it.
    pub fn model(&self, name: &str) -> Option<&Arc<ModelRow>> {
        self.by_name.get(name)
    }

    /// The row of a model, or one that says nothing but its name.
    pub fn model_or_unknown(&self, name: &str) -> Arc<ModelRow> {
        self.model(name).cloned().unwrap_or_else(|| {
            let mut row = ModelRow::unknown(name);
            row.reasoning_replay = self.defaults.reasoning_replay;
            self.defaults.complete(&mut row);
            Arc::new(row)
        })
    }
}

/// One way in at a provider. Its token is kept elsewhere, under its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Which one.
    pub id: AccountId,
    /// What sort of access it is.
    pub kind: AccountKind,
    /// Where its credential comes from, for people: `$ANTHROPIC_API_KEY`, `config`.
    pub origin: String,
    /// Its share in weighted routing.
    pub weight: u32,
    /// Its own endpoints, when they are not the provider's.
    pub endpoints: Option<Vec<Endpoint>>,
}

impl Account {
    /// The endpoints it is used at, best first.
    pub fn endpoints<'a>(&'a self, provider: &'a Provider) -> &'a [Endpoint] {
        self.endpoints.as_deref().unwrap_or(&provider.endpoints)
    }

    /// The endpoint of a format.
    pub fn endpoint<'a>(
        &'a self,
        provider: &'a Provider,
        protocol: Format,
    ) -> Option<&'a Endpoint> {
        self.endpoints(provider)
            .iter()
            .find(|endpoint| endpoint.protocol() == protocol)
    }
}

/// The accounts of a provider, and whose turn it is.
#[derive(Debug, Default)]
pub struct Pool {
    accounts: Vec<Arc<Account>>,
    turn: AtomicUsize,
}

impl Pool {
    /// A pool that begins with the first account.
    pub const fn new(accounts: Vec<Arc<Account>>) -> Self {
        Self {
            accounts,
            turn: AtomicUsize::new(0),
        }
    }

    /// All accounts, in the order of the configuration.
    pub fn accounts(&self) -> &[Arc<Account>] {
        &self.accounts
    }

    /// All accounts, beginning with the one whose turn it is; the next call begins with the next.
    pub fn in_turn(&self) -> impl Iterator<Item = &Arc<Account>> {
        let first = match self.accounts.len() {
            0 | 1 => 0,
            count => self.turn.fetch_add(1, Ordering::Relaxed) % count,
        };
        let (before, from) = self.accounts.split_at(first);
        from.iter().chain(before)
    }
}
