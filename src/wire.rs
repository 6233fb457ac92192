//! The one place that knows everyone: settings become providers, accounts, guards and ports.

use std::{fmt::Write as _, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use async_trait::async_trait;
use byokey_auth::{Keeper, KeyAsk, Keys};
use byokey_config::{Env, Settings};
use byokey_daemon::SystemClock;
use byokey_provider::{AccountEntry, Clients, Found, Provider, Registry};
use byokey_proxy::{Ports, Snapshot, app::Health, guard::Guard, state::Responses};
use byokey_sandbox::Sandbox;
use byokey_store::{ResponseArchive, ResponseLimits, Store, UsageWriter};
use byokey_types::{
    AccountKind, ProviderId, Secret,
    ports::{AccountRow, AccountStore as _, Clock as _, Environment as _},
    provider::{KeySource, ProviderConfig},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The id of the simulated provider.
const SANDBOX: &str = "sandbox";

/// Compiles settings into what requests are served with.
///
/// # Errors
/// When a provider is configured in a way that makes none, or a client key cannot be read.
pub(crate) fn compile(
    settings: &Settings,
    env: &Env,
    address: SocketAddr,
    sandbox: Option<&Sandbox>,
) -> anyhow::Result<Snapshot> {
    let providers = providers(settings, sandbox)?;
    let mut kept: Vec<(ProviderId, Keys)> = Vec::new();
    let registry = Registry::build(
        &providers,
        |needs| {
            let ask = KeyAsk {
                provider: &needs.config.id,
                keys: &needs.config.keys,
                key_env: needs.key_env,
                open: needs.open,
            };
            let keys = Keys::find(ask, env);
            let found = found(&keys);
            kept.push((needs.config.id.clone(), keys));
            found
        },
        settings
            .model_alias
            .iter()
            .map(|(alias, model)| (alias.clone(), vec![model.clone()])),
        &settings.upstream,
        Clients::default().client(&settings.upstream)?,
    )?;
    Ok(Snapshot {
        registry,
        keeper: Keeper::new(kept),
        guard: Guard {
            client_keys: client_keys(settings, env)?,
            allowed_hosts: settings.allowed_hosts.clone(),
            check_host: address.ip().to_canonical().is_loopback(),
            bound: Some(address),
        },
        body_limit: settings.body_limit,
        keepalive: settings.streaming.keepalive.unwrap_or(Duration::ZERO),
    })
}

/// What the application needs from outside.
pub(crate) fn ports(writer: &Arc<UsageWriter>, store: &Store, responses: Responses) -> Ports {
    Ports {
        clock: Arc::new(SystemClock),
        usage: Arc::clone(writer) as _,
        store: Arc::new(StoreHealth(store.clone())),
        responses,
    }
}

/// Where responses are kept. When none shall be, those that were are removed.
///
/// # Errors
/// When the store cannot be written.
pub(crate) async fn responses(
    settings: &byokey_config::Responses,
    store: &Store,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> anyhow::Result<Responses> {
    if !settings.store {
        store
            .forget_responses()
            .await
            .context("cannot remove the responses that were kept")?;
        return Ok(Responses::none());
    }
    let limits = ResponseLimits {
        retention: settings.retention,
        max_size: settings.max_size,
    };
    let clock = Arc::new(SystemClock);
    let archive = ResponseArchive::start(store.clone(), limits, clock, tasks, stop.clone());
    Ok(Responses::start(Arc::new(archive), tasks, stop.clone()))
}

/// Writes the accounts that are in use to the store.
///
/// # Errors
/// When the store cannot be written.
pub(crate) async fn remember_accounts(store: &Store, snapshot: &Snapshot) -> anyhow::Result<()> {
    let now = SystemClock.now();
    for provider in snapshot.registry.providers() {
        for account in provider.pool.accounts() {
            let row = AccountRow {
                id: account.id.clone(),
                kind: account.kind,
                origin: account.origin.clone(),
                created_at: now,
                updated_at: now,
            };
            store
                .put_account(&row)
                .await
                .context("cannot remember the accounts")?;
        }
    }
    Ok(())
}

/// What a person needs to know at the start: where, who, and how to point a tool here.
pub(crate) fn banner(
    snapshot: &Snapshot,
    address: SocketAddr,
    sandbox: Option<&Sandbox>,
    config: Option<&Path>,
) -> String {
    let mut text = String::new();
    // writing to a string cannot fail
    compose(&mut text, snapshot, address, sandbox, config).unwrap_or_default();
    text
}

fn compose(
    out: &mut String,
    snapshot: &Snapshot,
    address: SocketAddr,
    sandbox: Option<&Sandbox>,
    config: Option<&Path>,
) -> std::fmt::Result {
    writeln!(out, "byokey {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "listening on http://{address}")?;
    if let Some(sandbox) = sandbox {
        writeln!(out, "sandbox upstream: {}", sandbox.url())?;
    }
    match config {
        Some(path) => writeln!(out, "configuration: {}", path.display())?,
        None => writeln!(out, "configuration: none, the defaults are in force")?,
    }
    let providers = snapshot.registry.providers();
    let (live, others): (Vec<_>, Vec<_>) =
        providers.iter().partition(|provider| provider.is_live());
    writeln!(out, "\nlive providers")?;
    for provider in &live {
        writeln!(out, "  {:<12} {}", provider.id, origins(provider))?;
    }
    if live.is_empty() {
        writeln!(
            out,
            "  none: set a key such as ANTHROPIC_API_KEY or OPENAI_API_KEY, or try `byokey serve --sandbox`"
        )?;
    }
    if !others.is_empty() {
        let names: Vec<&str> = others.iter().map(|provider| provider.id.as_str()).collect();
        writeln!(out, "without a key: {}", names.join(", "))?;
    }
    let base = format!("http://{}", reachable(address));
    writeln!(
        out,
        "\npoint a tool here\n  OpenAI SDKs   OPENAI_BASE_URL={base}/v1 OPENAI_API_KEY=any\n  Claude Code   ANTHROPIC_BASE_URL={base} ANTHROPIC_AUTH_TOKEN=any claude\n  Google SDKs   GOOGLE_GEMINI_BASE_URL={base} GEMINI_API_KEY=any"
    )
}

fn origins(provider: &Provider) -> String {
    let origins: Vec<String> = provider
        .pool
        .accounts()
        .iter()
        .map(|account| match account.kind {
            AccountKind::Open => "no key needed".to_owned(),
            AccountKind::ApiKey | AccountKind::Login | AccountKind::Link => {
                format!("key from {}", account.origin)
            }
        })
        .collect();
    origins.join(", ")
}

/// An address that a tool on this machine can dial.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        return SocketAddr::new([127, 0, 0, 1].into(), address.port());
    }
    address
}

/// The configured providers, and the sandbox when it is wanted and not configured by hand.
fn providers(
    settings: &Settings,
    sandbox: Option<&Sandbox>,
) -> anyhow::Result<Vec<ProviderConfig>> {
    let mut providers = settings.providers.clone();
    let Some(sandbox) = sandbox else {
        return Ok(providers);
    };
    let id = ProviderId::new(SANDBOX)?;
    if providers.iter().all(|provider| provider.id != id) {
        providers.push(ProviderConfig::new(id.clone()));
    }
    for provider in &mut providers {
        if provider.id == id {
            provider
                .base_url
                .get_or_insert_with(|| format!("{}/v1", sandbox.url()));
        }
    }
    Ok(providers)
}

fn found(keys: &Keys) -> Found {
    let entry = |account: &byokey_auth::ConfiguredAccount| AccountEntry {
        id: account.id.clone(),
        kind: account.kind,
        origin: account.origin.clone(),
        weight: account.weight,
        base_url: account.base_url.clone(),
    };
    Found {
        accounts: keys.accounts.iter().map(entry).collect(),
        refused: keys.problems.iter().map(ToString::to_string).collect(),
    }
}

/// The keys callers must show one of; none when nobody is asked.
fn client_keys(settings: &Settings, env: &Env) -> anyhow::Result<Vec<Secret>> {
    if !settings.clients.key_required() {
        return Ok(Vec::new());
    }
    let keys: Vec<Secret> = settings
        .clients
        .keys
        .iter()
        .map(|key| match &key.source {
            KeySource::Literal(secret) => Ok(secret.clone()),
            KeySource::Env(variable) => env.var(variable).with_context(|| {
                format!(
                    "`clients.keys` names `${variable}` for `{}`, which is not set",
                    key.name
                )
            }),
        })
        .collect::<anyhow::Result<_>>()?;
    anyhow::ensure!(
        !keys.is_empty(),
        "`clients.require_key` is `true` and there is no key; add one under `clients.keys`"
    );
    Ok(keys)
}

struct StoreHealth(Store);

#[async_trait]
impl Health for StoreHealth {
    async fn healthy(&self) -> bool {
        match self.0.ping().await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "the store does not answer");
                false
            }
        }
    }
}
