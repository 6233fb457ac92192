//! A secret is shown nowhere, whatever is wrong around it.

use byokey_config::json_schema;
use pretty_assertions::assert_eq;
use serde_json::json;

use crate::home::Home;

const SECRET: &str = "sk-Very-Secret-123";

const WHOLE: &str = "
upstream: { proxy: 'http://user:sk-Very-Secret-123@h:1' }
providers:
  a:
    api_key: sk-Very-Secret-123
    headers: { x-token: sk-Very-Secret-123 }
  b: { api_keys: [ { api_key: sk-Very-Secret-123, label: one } ] }
  c: { cache_breakpoints: auto, fields: { deny: [ a.*(b) ], force: { c: { d: 1 } } } }
clients: { keys: [ { name: me, key: sk-Very-Secret-123 } ] }
";

#[test]
fn neither_show_nor_debug_tells_a_secret() {
    let settings = Home::with_yaml(WHOLE).settings();
    for text in [
        settings.show().to_string(),
        format!("{settings:?}"),
        format!("{settings:#?}"),
    ] {
        assert!(!text.contains(SECRET), "{text}");
    }
    let home = Home::new().variable("BYOKEY__PROVIDERS__A__API_KEY", SECRET);
    assert!(!format!("{:?}", home.env()).contains(SECRET));
    assert!(!format!("{:?}", home.load()).contains(SECRET));
}

#[test]
fn show_has_the_form_of_the_file() {
    let home = Home::with_yaml(WHOLE);
    let mut expected = home.defaults().show();
    expected["upstream"]["proxy"] = json!("http://user:***@h:1/");
    expected["providers"] = json!({
        "a": {
            "enabled": true,
            "strict": false,
            "api_keys": [{ "api_key": "***", "label": "config", "weight": 1 }],
            "headers": { "x-token": "***" },
        },
        "b": {
            "enabled": true,
            "strict": false,
            "api_keys": [{ "api_key": "***", "label": "one", "weight": 1 }],
        },
        "c": {
            "enabled": true,
            "strict": false,
            "fields": { "deny": ["a.*(b)"], "force": { "c": { "d": 1 } } },
            "cache_breakpoints": "auto",
        },
    });
    expected["clients"]["keys"] = json!([{ "name": "me", "key": "***" }]);
    assert_eq!(home.settings().show(), expected);

    let database = format!(
        "sqlite://{}",
        home.path().join(".byokey/byokey.db").display()
    );
    assert_eq!(
        home.defaults().show(),
        json!({
            "host": "127.0.0.1",
            "port": 8018,
            "database": database,
            "body_limit": "64MiB",
            "upstream": { "proxy": null, "connect_timeout": "10s", "first_byte_timeout": "5m", "idle_timeout": "5m" },
            "providers": {},
            "model_alias": {},
            "streaming": { "keepalive": "15s" },
            "responses": { "store": true, "retention": "30d", "max_size": "1GiB" },
            "clients": { "require_key": "auto", "keys": [] },
            "shutdown": { "drain": "10s" },
            "log": { "level": "info", "format": "text", "file": null },
            "allowed_hosts": [],
            "sandbox": false,
        })
    );
    // what it shows can be loaded, and means the same
    let again = Home::with_yaml(home.settings().show().to_string());
    assert_eq!(again.settings().show(), home.settings().show());
}

#[test]
fn the_user_of_a_proxy_without_a_password_is_a_token() {
    let home = Home::with_yaml(format!("upstream: {{ proxy: 'http://{SECRET}@h:1' }}"));
    assert_eq!(
        home.settings().show()["upstream"]["proxy"],
        json!("http://***@h:1/")
    );
}

#[test]
fn no_error_tells_a_secret() {
    let wrong = [
        "providers: { a: { api_key: [ S ] } }",
        "providers: { a: { api_key: { S: 1 } } }",
        "providers: { a: { api_key: 'S S' } }",
        "providers: { a: { api_keys: S } }",
        "providers: { a: { api_keys: [ S ] } }",
        "providers: { a: { api_key:S } }",
        "providers: { a: { \"api_key=S\": 1 } }",
        "providers: { a: { api_key S: 1 } }",
        "providers: { a: { headers: { x:S } } }",
        "providers: { a: { fields: { force: { x:S } } } }",
        "providers: { a: { fields: { deny: S } } }",
        "providers: { a: { headers: { x: [S] } } }",
        "providers: { a: { headers: { x: \"S\\n\" , X: S } } }",
        "providers: { a: { headers: { authorization: Bearer S } } }",
        "providers: { a: { base_url: 'https://S@h' } }",
        "providers: { a: { base_url: 'https://h?key=S' } }",
        "providers: { a: { base_url: 'S' } }",
        "providers: { a: { protocol: openai\n   api_key:S } }",
        "providers: { api_key:S }",
        "providers: { a: { key_env: 'S' } }",
        "providers:\n  a:\n    enabled: true\n      api_key:S\n",
        "providers:\n  a:\n    api_key:S\n",
        "providers:\n  a:\n    api_key: S\n   headers: x\n",
        "providers:\n  a:\n    api_key: \"S\n",
        "providers:\n  a:\n    api_key: S\n    api_key: S\n",
        "api_key: S: S",
        "api_key: *S",
        "api_key: !!int S",
        "api_key: !!bool S",
        "api_key: !!float S",
        "? S\n: 1\n? S\n: 2\n",
        "upstream: { proxy: 'ftp://u:S@h' }",
        "upstream: { proxy: 'http://u:S@h/x' }",
        "upstream: { idle_timeout: 'S' }",
        "database: postgres://u:S@h/d",
        "clients: { keys: [ { name: a, key: S }, { name: b, key: S } ] }",
        "clients: { keys: [ { name: a, key: [S] } ] }",
        "clients: { keys: [ S ] }",
        "log: { level: 'key S' }",
        "S",
        "- S",
    ];
    let home = Home::new();
    for template in wrong {
        let text = template.replace('S', SECRET);
        for name in ["c.yaml", "c.json", "c.toml"] {
            let result = home.load_file(home.write(name, &text));
            let error = result.expect_err(template);
            for told in [error.to_string(), format!("{error:?}")] {
                // a key that stands where a key belongs is told, and the text before a colon is
                let told = told.replace("`sk-Very-Secret-123`", "`S`");
                assert!(!told.contains(SECRET), "{template} in {name}: {told}");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn a_file_with_a_key_that_others_may_read_is_warned_of() {
    let warned = "`~/.config/byokey/config.yaml` holds a key and other users may read it; type `chmod 600 ~/.config/byokey/config.yaml`";
    let rows: [(&str, u32, &[&str]); 7] = [
        ("providers: { a: { api_key: k } }", 0o644, &[warned]),
        ("providers: { a: { api_key: k } }", 0o640, &[warned]),
        ("providers: { a: { api_key: k } }", 0o600, &[]),
        ("providers: { a: { key_env: K } }", 0o644, &[]),
        (
            "clients: { keys: [ { name: a, key: k } ] }",
            0o604,
            &[warned],
        ),
        ("upstream: { proxy: 'http://u:p@h' }", 0o644, &[warned]),
        ("upstream: { proxy: 'http://h' }", 0o644, &[]),
    ];
    for (yaml, mode, expected) in rows {
        let home = Home::with_yaml(yaml);
        crate::home::set_mode(&home.path().join(".config/byokey/config.yaml"), mode);
        assert_eq!(home.load().unwrap().warnings, expected, "{yaml} {mode:o}");
    }
    // the key is in a variable, not in the file
    let home = Home::with_yaml("port: 1").variable("BYOKEY__PROVIDERS__A__API_KEY", "k");
    crate::home::set_mode(&home.path().join(".config/byokey/config.yaml"), 0o644);
    assert_eq!(home.load().unwrap().warnings, Vec::<String>::new());
}

#[test]
fn the_schema_marks_what_is_secret() {
    let schema = json_schema();
    assert_eq!(
        schema["$schema"],
        json!("https://json-schema.org/draft/2020-12/schema")
    );
    for path in [
        "/properties/upstream/properties/proxy",
        "/properties/clients/properties/keys/items/properties/key",
    ] {
        assert_eq!(
            schema.pointer(path).map(|schema| &schema["writeOnly"]),
            Some(&json!(true)),
            "{path}"
        );
    }
}
