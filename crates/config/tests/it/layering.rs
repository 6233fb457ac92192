//! Defaults, file, variables, flags: the later wins.

use byokey_config::{Clients, Database, Env, Overrides, Place, RequireKey, Settings, Source, load};
use byokey_types::{
    Format, ModelName, Secret,
    provider::{KeyConfig, KeySource, ProviderConfig, ProviderId, UpstreamConfig},
};
use pretty_assertions::assert_eq;

use crate::home::Home;

#[test]
fn each_layer_wins_over_the_one_below() {
    let home = Home::with_yaml(
        "host: localhost\nport: 1\nsandbox: true\nlog: { file: /f, level: warn }\n",
    )
    .variable("BYOKEY__PORT", "2")
    .variable("BYOKEY__HOST", "::1")
    .variable("BYOKEY__LOG__FILE", "/e");
    let overrides = Overrides {
        port: Some(3),
        log_file: Some("/o".to_owned()),
        ..Overrides::default()
    };
    let loaded = load(&Source::default(), &overrides, &home.env()).unwrap();
    let mut expected = home.defaults();
    expected.host = "::1".to_owned();
    expected.port = 3;
    expected.sandbox = true;
    expected.log.file = Some("/o".into());
    expected.log.level = byokey_config::LogLevel::Warn;
    assert_eq!(loaded.settings, expected);
    assert_eq!(loaded.warnings, Vec::<String>::new());
}

#[test]
fn every_flag_says_its_setting() {
    let home = Home::new();
    let overrides = Overrides {
        host: Some("0.0.0.0".to_owned()),
        port: Some(0),
        database: Some("sqlite::memory:".to_owned()),
        log_file: Some("~/l".to_owned()),
        sandbox: Some(true),
    };
    let loaded = load(&Source::default(), &overrides, &home.env()).unwrap();
    let mut expected = Settings {
        host: "0.0.0.0".to_owned(),
        port: 0,
        database: Database::Memory,
        sandbox: true,
        ..home.defaults()
    };
    expected.log.file = Some(home.path().join("l"));
    assert_eq!(loaded.settings, expected);
}

#[test]
fn variables_are_texts_numbers_or_lists_as_the_schema_has_it() {
    let home = Home::with_yaml("providers:\n  b: { strict: true }\n")
        .variable("BYOKEY__BODY_LIMIT", "1024")
        .variable("BYOKEY__UPSTREAM__PROXY", "http://p:1")
        .variable("BYOKEY__PROVIDERS__B__API_KEY", "12345")
        .variable("BYOKEY__PROVIDERS__B__ENABLED", "false")
        .variable("BYOKEY__PROVIDERS__A__PROTOCOL", "[openai, anthropic]")
        .variable("BYOKEY__PROVIDERS__A__HEADERS", r#"{"x-a": "1"}"#)
        .variable(
            "BYOKEY__PROVIDERS__A__API_KEYS",
            "[{key_env: K, weight: 2}]",
        )
        .variable("BYOKEY__MODEL_ALIAS__FAST", "1e5")
        .variable("BYOKEY__CLIENTS__REQUIRE_KEY", "false")
        .variable("BYOKEY__ALLOWED_HOSTS", "[a, b]")
        .variable("BYOKEY__LOG__LEVEL", "")
        .variable("UNRELATED", "x");
    let provider = |id| ProviderConfig::new(ProviderId::new(id).unwrap());
    let key = |label: &str, source, weight| KeyConfig {
        label: label.into(),
        source,
        base_url: None,
        weight,
    };
    let expected = Settings {
        body_limit: 1024,
        upstream: UpstreamConfig {
            proxy: Some(Secret::new("http://p:1")),
            ..UpstreamConfig::default()
        },
        providers: vec![
            ProviderConfig {
                enabled: false,
                strict: true,
                keys: vec![key("config", KeySource::Literal(Secret::new("12345")), 1)],
                ..provider("b")
            },
            ProviderConfig {
                protocols: vec![Format::OpenAiChat, Format::AnthropicMessages],
                headers: [("x-a".to_owned(), Secret::new("1"))].into(),
                keys: vec![key("$K", KeySource::Env("K".to_owned()), 2)],
                ..provider("a")
            },
        ],
        model_alias: [("fast".into(), ModelName::parse("1e5").unwrap())].into(),
        clients: Clients {
            require_key: RequireKey::Never,
            keys: Vec::new(),
        },
        allowed_hosts: vec!["a".to_owned(), "b".to_owned()],
        ..home.defaults()
    };
    assert_eq!(home.settings(), expected);
}

#[test]
fn problems_name_the_layer_that_is_to_blame() {
    let home = Home::with_yaml("port: 70000\nhost: 'a b'\n")
        .variable("BYOKEY__PORT", "eighty")
        .variable("BYOKEY__PROVIDERS__CLAUDE__API_KYE", "sk-secret")
        .variable("BYOKEY__LOG", "loud")
        .variable("BYOKEY____X", "1");
    let overrides = Overrides {
        host: Some("http://localhost".to_owned()),
        ..Overrides::default()
    };
    let error = load(&Source::default(), &overrides, &home.env()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "BYOKEY__LOG: `log`: expected a mapping, found text\n\
         BYOKEY__PORT: `port`: expected a whole number from 0 to 65535, found text\n\
         BYOKEY__PROVIDERS__CLAUDE__API_KYE: unknown key `providers.claude.api_kye`; did you mean `api_key`?\n\
         BYOKEY____X: names no key; join the keys with `__`, as in `BYOKEY__LOG__LEVEL`"
    );

    let home = Home::with_yaml("port: 1\nhost: 'a b'\n");
    let error = load(&Source::default(), &overrides, &home.env()).unwrap_err();
    let [problem] = error.problems() else {
        panic!("{error}");
    };
    assert_eq!(problem.place, Place::Flag("--host"));
    assert_eq!(problem.path, "host");
    assert_eq!(
        error.to_string(),
        "--host: `host` is a URL; write the address or name alone, as in `127.0.0.1`"
    );
}

#[test]
fn a_variable_with_one_underscore_too_few_is_not_ignored_in_silence() {
    let home = Home::new()
        .variable("BYOKEY_PORT", "1")
        .variable("BYOKEY_LOG_LEVEL", "debug")
        .variable("BYOKEY_HOME", "/b")
        .variable("BYOKEY_OTHER", "x");
    let loaded = home.load().unwrap();
    let warning = |name| {
        format!(
            "`{name}` is not read; variables of settings begin with `BYOKEY__`, two underscores, and join keys with `__`"
        )
    };
    assert_eq!(
        loaded.warnings,
        [warning("BYOKEY_LOG_LEVEL"), warning("BYOKEY_PORT")]
    );
    assert_eq!(loaded.settings, Settings::defaults("/b".into()));
}

#[test]
fn loopback_is_told_from_the_rest() {
    let rows = [
        ("127.0.0.1", false),
        ("127.8.8.8", false),
        ("::1", false),
        ("[::1]", false),
        ("::ffff:127.0.0.1", false),
        ("localhost", false),
        ("LOCALHOST", false),
        ("a.localhost", false),
        ("0.0.0.0", true),
        ("::", true),
        ("192.168.1.2", true),
        ("notlocalhost", true),
        ("box.lan", true),
    ];
    for (host, beyond) in rows {
        let home = Home::new().variable("BYOKEY__HOST", host);
        assert_eq!(home.settings().listens_beyond_loopback(), beyond, "{host}");
    }
}

#[test]
fn databases_are_files_or_memory() {
    let home = Home::new();
    let file = |path: &str| Database::Sqlite(path.into());
    let state = home.path().join("state");
    let rows = [
        ("sqlite::memory:", Database::Memory, "sqlite::memory:"),
        (
            "sqlite:///a/b%c#.db",
            file("/a/b%c#.db"),
            "sqlite:///a/b%25c%23.db",
        ),
        ("sqlite:rel.db", file("rel.db"), "sqlite://rel.db"),
    ];
    for (text, database, url) in rows {
        let env: Env = [("HOME", "/h"), ("BYOKEY__DATABASE", text)]
            .into_iter()
            .collect();
        let loaded = load(&Source::default(), &Overrides::default(), &env).unwrap();
        assert_eq!(loaded.settings.database, database);
        assert_eq!(loaded.settings.database.url(), url);
    }
    for text in ["sqlite://$BYOKEY_HOME/x.db", "sqlite:${BYOKEY_HOME}/x.db"] {
        let env: Env = [
            ("HOME".to_owned(), home.path().display().to_string()),
            ("BYOKEY_HOME".to_owned(), "~/state".to_owned()),
            ("BYOKEY__DATABASE".to_owned(), text.to_owned()),
        ]
        .into_iter()
        .collect();
        let loaded = load(&Source::default(), &Overrides::default(), &env).unwrap();
        assert_eq!(loaded.settings.state_dir, state);
        assert_eq!(
            loaded.settings.database,
            Database::Sqlite(state.join("x.db"))
        );
    }
}
