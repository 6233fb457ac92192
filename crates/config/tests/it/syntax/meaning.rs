//! What the same settings mean, however they are written.

use std::{collections::BTreeMap, time::Duration};

use byokey_config::{
    ClientKey, Clients, Database, Log, LogFormat, LogLevel, RequireKey, Responses, Settings,
    Streaming,
};
use byokey_types::{
    FieldPath, FieldRules, Format, ModelName, ModelRow, Secret,
    provider::{
        CacheBreakpoints, KeyConfig, KeySource, ProviderConfig, ProviderId, UpstreamConfig,
    },
};
use serde_json::json;

use crate::home::Home;

fn key(label: &str, source: KeySource) -> KeyConfig {
    KeyConfig {
        label: label.into(),
        source,
        base_url: None,
        weight: 1,
    }
}

fn literal(text: &str) -> KeySource {
    KeySource::Literal(Secret::new(text))
}

fn env(name: &str) -> KeySource {
    KeySource::Env(name.to_owned())
}

pub(super) fn provider(id: &str) -> ProviderConfig {
    ProviderConfig::new(ProviderId::new(id).unwrap())
}

fn path(text: &str) -> FieldPath {
    FieldPath::parse(text).unwrap()
}

fn providers() -> Vec<ProviderConfig> {
    vec![
        ProviderConfig {
            protocols: vec![Format::AnthropicMessages, Format::OpenAiChat],
            base_url: Some("https://z.example/v1".to_owned()),
            keys: vec![
                key("key-1", literal("k1")),
                KeyConfig {
                    weight: 3,
                    ..key("$K2", env("K2"))
                },
                KeyConfig {
                    base_url: Some("http://127.0.0.1:1".to_owned()),
                    ..key("work", literal("k3"))
                },
            ],
            headers: BTreeMap::from([("x-team".to_owned(), Secret::new("a b"))]),
            models: vec![ModelRow {
                context: Some(1000),
                tool_call: false,
                price: Some(byokey_types::model::Price {
                    input: 1.0,
                    output: 2.5,
                    cache_read: None,
                    cache_write: None,
                }),
                ..ModelRow::unknown("m1")
            }],
            strict: true,
            fields: FieldRules {
                rename: BTreeMap::from([(path("a"), path("b"))]),
                deny: vec![path("messages.*.name")],
                force: BTreeMap::from([
                    (path("o"), json!({"a": [1, "x"]})),
                    (path("store"), json!(false)),
                ]),
                append: BTreeMap::from([(path("include"), vec![json!("y")])]),
                ..FieldRules::default()
            },
            cache_breakpoints: CacheBreakpoints::Auto,
            family: Some("moonshot".into()),
            ..provider("zeta")
        },
        ProviderConfig {
            enabled: false,
            keys: vec![key("$MY_KEY", env("MY_KEY"))],
            ..provider("claude")
        },
        ProviderConfig {
            protocols: vec![Format::OpenAiChat],
            keys: vec![key("config", literal("sk-1"))],
            ..provider("codex")
        },
        provider("alone"),
    ]
}

pub(super) fn expected(home: &Home) -> Settings {
    Settings {
        host: "0.0.0.0".to_owned(),
        port: 0,
        database: Database::Sqlite(home.path().join("data/b.db")),
        state_dir: home.path().join(".byokey"),
        body_limit: 10_000_000,
        upstream: UpstreamConfig {
            proxy: Some(Secret::new("socks5h://u:p@127.0.0.1:1080")),
            connect_timeout: Duration::from_millis(250),
            first_byte_timeout: Duration::from_hours(1),
            idle_timeout: Duration::from_secs(90),
        },
        providers: providers(),
        model_alias: BTreeMap::from([(
            "fast".into(),
            ModelName::parse("claude/claude-haiku-4-5(low)").unwrap(),
        )]),
        streaming: Streaming { keepalive: None },
        responses: Responses {
            store: false,
            retention: Duration::from_hours(36),
            max_size: 5 << 30,
        },
        clients: Clients {
            require_key: RequireKey::Always,
            keys: vec![
                ClientKey {
                    name: "ci".into(),
                    source: env("CI"),
                },
                ClientKey {
                    name: "me".into(),
                    source: literal("abc"),
                },
            ],
        },
        drain: Duration::ZERO,
        log: Log {
            level: LogLevel::Debug,
            format: LogFormat::Json,
            file: Some(home.path().join(".byokey/server.log")),
        },
        allowed_hosts: vec!["box.lan".to_owned(), "::1".to_owned()],
        sandbox: true,
    }
}
