//! What manifests and configuration make together.

mod facts;

use byokey_provider::{AccountEntry, Client, Found, Needs, Registry, RegistryError};
use byokey_types::{
    AccountId, AccountKind, Format, ModelName, ModelRow, ProviderId, Secret, Str,
    provider::{KeyConfig, KeySource, ProviderConfig, UpstreamConfig},
};
use pretty_assertions::assert_eq;

pub(crate) fn config(id: &str) -> ProviderConfig {
    ProviderConfig::new(ProviderId::new(id).unwrap())
}

/// A provider that is not built in.
pub(crate) fn custom(id: &str, protocol: Format, models: &[&str]) -> ProviderConfig {
    ProviderConfig {
        protocols: vec![protocol],
        base_url: Some(format!("http://127.0.0.1:9001/{id}/v1")),
        models: models.iter().map(|id| ModelRow::unknown(*id)).collect(),
        ..config(id)
    }
}

pub(crate) fn keys(labels: &[&str]) -> Vec<KeyConfig> {
    let key = |label: &&str| KeyConfig {
        label: Str::from(*label),
        source: KeySource::Literal(Secret::new("k")),
        base_url: None,
        weight: 1,
    };
    labels.iter().map(key).collect()
}

/// Finds accounts as the keeper of credentials does: configured keys, else the variables that are set, else none if open.
pub(crate) fn found(needs: Needs<'_>, set: &[&str]) -> Found {
    let entry = |label: &str, kind, base_url: Option<&String>, weight| AccountEntry {
        id: AccountId {
            provider: needs.config.id.clone(),
            label: label.into(),
        },
        kind,
        origin: "test".into(),
        weight,
        base_url: base_url.cloned(),
    };
    let mut found = Found::default();
    for key in &needs.config.keys {
        match &key.source {
            KeySource::Env(name) if !set.contains(&name.as_str()) => {
                found.refused.push(format!("`${name}` is not set"));
            }
            KeySource::Env(_) | KeySource::Literal(_) => found.accounts.push(entry(
                &key.label,
                AccountKind::ApiKey,
                key.base_url.as_ref(),
                key.weight,
            )),
        }
    }
    if needs.config.keys.is_empty() {
        let variable = needs
            .key_env
            .iter()
            .find(|name| set.contains(&name.as_str()));
        if variable.is_some() {
            found
                .accounts
                .push(entry("env", AccountKind::ApiKey, None, 1));
        } else if needs.open {
            found
                .accounts
                .push(entry("open", AccountKind::Open, None, 1));
        }
    }
    found
}

pub(crate) fn build(
    configs: &[ProviderConfig],
    set: &[&str],
    aliases: &[(&str, &[&str])],
) -> Result<Registry, RegistryError> {
    let aliases = aliases.iter().map(|(alias, targets)| {
        let targets = targets.iter().map(|name| ModelName::parse(name).unwrap());
        (Str::from(*alias), targets.collect())
    });
    let upstream = UpstreamConfig::default();
    let client = Client::new(&upstream).unwrap();
    Registry::build(
        configs,
        |needs| found(needs, set),
        aliases,
        &upstream,
        client,
    )
}

fn urls(registry: &Registry, provider: &str) -> Vec<String> {
    let provider = registry.provider(provider).unwrap();
    let endpoints = provider.endpoints.iter();
    endpoints
        .map(|endpoint| endpoint.uri("m", false, None).unwrap().to_string())
        .collect()
}

fn ids(registry: &Registry) -> Vec<&str> {
    registry
        .providers()
        .iter()
        .map(|provider| provider.id.as_str())
        .collect()
}

#[test]
fn a_key_in_the_environment_is_enough() {
    let registry = build(&[], &["ANTHROPIC_API_KEY", "GOOGLE_API_KEY"], &[]).unwrap();
    assert_eq!(
        ids(&registry),
        [
            "claude",
            "codex",
            "gemini",
            "grok",
            "deepseek",
            "mistral",
            "groq",
            "openrouter",
            "together",
            "fireworks",
            "cerebras",
            "nvidia",
            "huggingface",
            "minimax",
            "moonshot",
            "siliconflow",
            "perplexity",
            "cohere"
        ]
    );
    let live: Vec<_> = registry
        .providers()
        .iter()
        .filter(|provider| provider.is_live())
        .map(|provider| provider.id.as_str())
        .collect();
    assert_eq!(live, ["claude", "gemini"]);
    let claude = registry.provider("anthropic").unwrap();
    assert_eq!(claude.id.as_str(), "claude");
    assert_eq!(claude.family.as_deref(), Some("anthropic"));
    assert_eq!(
        urls(&registry, "claude"),
        ["https://api.anthropic.com/v1/messages"]
    );
    assert_eq!(
        registry.provider("openai").unwrap().refused,
        ["it has no key; set `OPENAI_API_KEY` or `providers.codex.api_key`"]
    );
}

#[test]
fn configuration_comes_first_and_decides() {
    let mut strict = config("xai");
    strict.strict = true;
    strict.base_url = Some("http://127.0.0.1:1/x".into());
    let mut off = config("claude");
    off.enabled = false;
    let registry = build(
        &[
            custom("mine", Format::AnthropicMessages, &[]),
            strict,
            config("ollama"),
            off,
        ],
        &[],
        &[],
    )
    .unwrap();
    assert_eq!(
        ids(&registry),
        [
            "mine",
            "grok",
            "ollama",
            "codex",
            "gemini",
            "deepseek",
            "mistral",
            "groq",
            "openrouter",
            "together",
            "fireworks",
            "cerebras",
            "nvidia",
            "huggingface",
            "minimax",
            "moonshot",
            "siliconflow",
            "perplexity",
            "cohere"
        ]
    );
    assert!(registry.provider("claude").is_none());
    assert!(registry.provider("anthropic").is_none());
    assert!(registry.provider("grok").unwrap().strict);
    assert_eq!(
        urls(&registry, "xai"),
        [
            "http://127.0.0.1:1/x/responses",
            "http://127.0.0.1:1/x/chat/completions"
        ]
    );
    assert_eq!(
        urls(&registry, "mine"),
        ["http://127.0.0.1:9001/mine/v1/messages"]
    );
    let mine = registry.provider("mine").unwrap();
    assert_eq!((mine.family.as_deref(), mine.is_live()), (None, true));
    let ollama = registry.provider("ollama").unwrap();
    assert_eq!(
        (ollama.limits.first_byte.as_secs(), ollama.is_live()),
        (600, true)
    );
}

#[test]
fn an_account_may_have_a_place_of_its_own() {
    let mut two = custom("two", Format::OpenAiChat, &[]);
    two.keys = keys(&["a", "b"]);
    two.keys[1].base_url = Some("http://127.0.0.1:2".into());
    let registry = build(&[two], &[], &[]).unwrap();
    let provider = registry.provider("two").unwrap();
    let hosts: Vec<_> = provider
        .pool
        .accounts()
        .iter()
        .map(|account| account.endpoints(provider)[0].host())
        .collect();
    assert_eq!(hosts, ["127.0.0.1:9001", "127.0.0.1:2"]);
}

#[test]
fn rows_of_the_configuration_replace_those_of_the_manifest() {
    let mut codex = config("codex");
    let mut own = ModelRow::unknown("gpt-5.4");
    own.context = Some(5);
    codex.models = vec![own, ModelRow::unknown("gpt-9")];
    let registry = build(&[codex], &[], &[]).unwrap();
    let provider = registry.provider("codex").unwrap();
    assert_eq!(provider.model("gpt-5.4").unwrap().context, Some(5));
    assert_eq!(provider.models[1].id, "gpt-9");
    assert_eq!(
        provider
            .models
            .iter()
            .filter(|row| row.id == "gpt-5.4")
            .count(),
        1
    );
    for name in ["gpt-9", "gpt-5.5", "gpt-unheard-of"] {
        let row = provider.model_or_unknown(name);
        assert_eq!(row.id, name);
        assert_eq!(
            row.max_tokens_field.as_deref(),
            Some("max_completion_tokens"),
            "{name}"
        );
    }
}

#[test]
fn broken_configurations_name_the_provider() {
    let mut nowhere = custom("mine", Format::OpenAiChat, &[]);
    nowhere.base_url = None;
    let mut no_url = custom("mine", Format::OpenAiChat, &[]);
    no_url.base_url = Some("mine".into());
    let mut header = config("codex");
    header.headers.insert("x".into(), Secret::new("a\nsecret"));
    let mut twice = config("anthropic");
    twice.enabled = false;
    let rows = [
        (
            vec![config("mine")],
            "`providers.mine` is not a built-in provider and has no `protocol`; add `protocol: openai` or `protocol: anthropic`",
        ),
        (
            vec![nowhere],
            "`providers.mine` has no `base_url` for protocol `openai`; add one",
        ),
        (
            vec![config("sandbox")],
            "`providers.sandbox` has no `base_url` for protocol `openai`; add one",
        ),
        (
            vec![no_url],
            "`providers.mine` has a `base_url` that cannot be used",
        ),
        (
            vec![header],
            "`providers.codex.headers.x` cannot be a header",
        ),
        (
            vec![config("claude"), twice],
            "`providers.anthropic` is configured twice, or once under its name and once under an alias; keep one",
        ),
    ];
    for (configs, expected) in rows {
        assert_eq!(build(&configs, &[], &[]).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_provider_is_at_home_unless_it_declares_a_family() {
    use byokey_types::Format::{AnthropicMessages, OpenAiChat};
    let declaring = |id: &str, family: Option<&str>| {
        let mut config = custom(id, OpenAiChat, &[]);
        config.family = family.map(Into::into);
        config
    };
    let configs = [
        declaring("gateway", None),
        declaring("guest", Some("moonshot")),
        declaring("own", Some("home")),
    ];
    let registry = build(&configs, &[], &[]).unwrap();
    let issuers = |id: &str| {
        let provider = registry.provider(id).unwrap();
        [AnthropicMessages, OpenAiChat].map(|format| provider.issuer(format).to_string())
    };
    assert_eq!(issuers("gateway"), ["anthropic", "openai"]);
    assert_eq!(issuers("own"), ["anthropic", "openai"]);
    assert_eq!(issuers("guest"), ["moonshot", "moonshot"]);
    // built-in: what the manifest says, else its id
    assert_eq!(issuers("claude"), ["anthropic", "anthropic"]);
    assert_eq!(issuers("deepseek"), ["deepseek", "deepseek"]);
}
