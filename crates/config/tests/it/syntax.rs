//! The same settings in every syntax, and what is no syntax at all.

mod meaning;

use byokey_types::{Format, provider::ProviderConfig};
use pretty_assertions::assert_eq;

use crate::home::Home;

use meaning::{expected, provider};

const YAML: &str = r"
host: 0.0.0.0
port: 0
database: sqlite://~/data/b.db
body_limit: 10MB
upstream: { proxy: 'socks5h://u:p@127.0.0.1:1080', connect_timeout: 250ms, first_byte_timeout: 1h, idle_timeout: 90s }
providers:
  zeta:
    protocol: [anthropic, openai]
    base_url: https://Z.example/v1/
    api_keys:
      - { api_key: k1 }
      - { key_env: K2, weight: 3 }
      - { api_key: k3, label: work, base_url: 'http://127.0.0.1:1' }
    headers: { X-Team: a b }
    models: [ { id: m1, context: 1000, tool_call: false, price: { input: 1, output: 2.5 } } ]
    strict: true
    cache_breakpoints: auto
    family: moonshot
    fields: { deny: [ messages.*.name ], force: { store: false, o: { a: [ 1, x ] } }, append: { include: [ y ] }, rename: { a: b } }
  claude: { enabled: false, key_env: MY_KEY }
  codex: { protocol: openai, api_key: sk-1 }
  alone:
model_alias: { fast: 'claude/claude-haiku-4-5(low)' }
streaming: { keepalive: 0s }
responses: { store: false, retention: 36h, max_size: 5GiB }
clients: { require_key: true, keys: [ { name: ci, key_env: CI }, { name: me, key: abc } ] }
shutdown: { drain: 0s }
log: { level: debug, format: json, file: $BYOKEY_HOME/server.log }
allowed_hosts: [ Box.lan, '[::1]' ]
sandbox: true
";

const JSON: &str = r#"{
"host": "0.0.0.0", "port": 0, "database": "sqlite://~/data/b.db", "body_limit": 10000000,
"upstream": {"proxy": "socks5h:\/\/u:p@127.0.0.1:1080", "connect_timeout": "250ms", "first_byte_timeout": "1h", "idle_timeout": "90s"},
"providers": {
	"zeta": {
		"protocol": ["anthropic", "openai"], "base_url": "https://Z.example/v1/",
		"api_keys": [{"api_key": "k1"}, {"key_env": "K2", "weight": 3}, {"api_key": "k3", "label": "work", "base_url": "http://127.0.0.1:1"}],
		"headers": {"X-Team": "a b"}, "strict": true, "cache_breakpoints": "auto", "family": "moonshot",
		"fields": {"deny": ["messages.*.name"], "force": {"store": false, "o": {"a": [1, "x"]}}, "append": {"include": ["y"]}, "rename": {"a": "b"}},
		"models": [{"id": "m1", "context": 1000, "tool_call": false, "price": {"input": 1, "output": 2.5}}]
	},
	"claude": {"enabled": false, "key_env": "MY_KEY"}, "codex": {"protocol": "openai", "api_key": "sk-1"}, "alone": null
},
"model_alias": {"fast": "claude/claude-haiku-4-5(low)"}, "streaming": {"keepalive": "0s"},
"responses": {"store": false, "retention": "36h", "max_size": 5368709120},
"clients": {"require_key": true, "keys": [{"name": "ci", "key_env": "CI"}, {"name": "me", "key": "abc"}]},
"shutdown": {"drain": "0s"}, "log": {"level": "debug", "format": "json", "file": "$BYOKEY_HOME/server.log"},
"allowed_hosts": ["Box.lan", "[::1]"], "sandbox": true
}"#;

const TOML: &str = r#"
host = "0.0.0.0"
port = 0
database = "sqlite://~/data/b.db"
body_limit = 10_000_000
allowed_hosts = ["Box.lan", "[::1]"]
sandbox = true
model_alias = { fast = "claude/claude-haiku-4-5(low)" }
streaming.keepalive = "0s"
responses = { store = false, retention = "36h", max_size = "5GiB" }
shutdown.drain = "0s"

[upstream]
proxy = "socks5h://u:p@127.0.0.1:1080"
connect_timeout = "250ms"
first_byte_timeout = "1h"
idle_timeout = "90s"

[providers.zeta]
protocol = ["anthropic", "openai"]
base_url = "https://Z.example/v1/"
headers = { X-Team = "a b" }
strict = true
cache_breakpoints = "auto"
family = "moonshot"
fields = { deny = ["messages.*.name"], force = { store = false, o = { a = [1, "x"] } }, append = { include = ["y"] }, rename = { a = "b" } }
api_keys = [{ api_key = "k1" }, { key_env = "K2", weight = 3 }, { api_key = "k3", label = "work", base_url = "http://127.0.0.1:1" }]
[[providers.zeta.models]]
id = "m1"
context = 0x3e8
tool_call = false
price = { input = 1, output = 2.5 }

[providers.claude]
enabled = false
key_env = "MY_KEY"

[providers]
codex = { protocol = "openai", api_key = "sk-1" }
alone = {}

[clients]
require_key = true
keys = [{ name = "ci", key_env = "CI" }, { name = "me", key = "abc" }]

[log]
level = "debug"
format = "json"
file = "$BYOKEY_HOME/server.log"
"#;

#[test]
fn yaml_json_and_toml_say_the_same() {
    let home = Home::new();
    for (name, text) in [
        ("c.yaml", YAML),
        ("c.yml", YAML),
        ("c", YAML),
        ("c.json", JSON),
        ("c.JSON", JSON),
        ("c.toml", TOML),
    ] {
        let path = home.write(name, text);
        let loaded = home
            .load_file(path.clone())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(loaded.settings, expected(&home), "{name}");
        assert_eq!(loaded.path, Some(path));
    }
}

#[test]
fn a_file_that_says_nothing_means_the_defaults() {
    for text in [
        "",
        "\u{feff}",
        "# nothing\n",
        "---\n",
        "{}",
        "null",
        "\u{feff}port: 8018\r\n",
        "upstream:\nproviders:\nlog: {file: ~}\nclients: null\n",
    ] {
        let home = Home::with_yaml(text);
        assert_eq!(home.settings(), home.defaults(), "{text:?}");
    }
    let home = Home::new();
    for (name, text) in [("e.json", "\u{feff} \n"), ("e.toml", "\u{feff}# x\n")] {
        let loaded = home.load_file(home.write(name, text)).unwrap();
        assert_eq!(loaded.settings, home.defaults(), "{name}");
    }
}

#[test]
fn yaml_anchors_and_merge_keys_work() {
    let home = Home::with_yaml(
        "providers:\n  a: &a { protocol: openai, base_url: 'http://h/' }\n  b: *a\n  c:\n    <<: *a\n    strict: true\n",
    );
    let like = |id: &str| ProviderConfig {
        protocols: vec![Format::OpenAiChat],
        base_url: Some("http://h".to_owned()),
        ..provider(id)
    };
    assert_eq!(
        home.settings().providers,
        [
            like("a"),
            like("b"),
            ProviderConfig {
                strict: true,
                ..like("c")
            }
        ]
    );
}

#[test]
fn what_is_no_document_is_told_with_its_line() {
    let laughs = {
        let mut rows = vec!["a0: &a0 [x, x, x, x, x, x, x, x, x, x]".to_owned()];
        for level in 1..10 {
            let below = format!("*a{}", level - 1);
            let row = [below.as_str(); 10].join(", ");
            rows.push(format!("a{level}: &a{level} [{row}]"));
        }
        rows.join("\n")
    };
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let deep_toml = format!("a = {deep}");
    let long = format!("# {}\n", "x".repeat(1 << 20));
    let rows: [(&str, &[u8], &str); 18] = [
        (
            "c.yaml",
            b"port: 1\nport: 2\n",
            "c.yaml:2: duplicate key `port`; keep one",
        ),
        (
            "c.yaml",
            b"model_alias:\n  1: a\n  '1': b\n",
            "c.yaml:2: two keys of a mapping are the same text; keep one",
        ),
        (
            "c.yaml",
            b"providers:\n  a: &a\n    b: *a\n",
            "c.yaml:3: is nested too deeply or expands to too much; write it flatter and without aliases",
        ),
        (
            "c.yaml",
            b"\n\n- port\n",
            "c.yaml:3: expected a mapping of settings; write lines like `port: 8018`",
        ),
        (
            "c.yaml",
            b"port: 1\n---\nport: 2\n",
            "c.yaml:3: holds more than one YAML document; remove the `---` between them",
        ),
        (
            "c.yaml",
            b"host: *nobody\n",
            "c.yaml:1: an alias names an anchor that does not exist; quote a value that begins with `*`",
        ),
        (
            "c.yaml",
            b"a: 1\nhost: [\n",
            "c.yaml:2: is not valid YAML: unclosed bracket '['",
        ),
        (
            "c.yaml",
            b"port: 1\nhost: \xff\n",
            "c.yaml:2: is not UTF-8 text",
        ),
        (
            "c.yaml",
            b"port: .nan\n",
            "c.yaml:1: holds a number that is not finite; quote it if it is a text",
        ),
        (
            "c.yaml",
            laughs.as_bytes(),
            "c.yaml:1: is nested too deeply or expands to too much; write it flatter and without aliases",
        ),
        (
            "c.yaml",
            deep.as_bytes(),
            "c.yaml:1: is nested too deeply or expands to too much; write it flatter and without aliases",
        ),
        ("c.yaml", long.as_bytes(), "c.yaml: is larger than 1MiB"),
        (
            "c.json",
            b"{\n\"port\": 1,\n}",
            "c.json:3: is not valid JSON at column 1",
        ),
        (
            "c.json",
            b"{\n\"port\": 1,\n\"port\": 1}",
            "c.json:3: duplicate key `port`; keep one",
        ),
        (
            "c.json",
            deep.as_bytes(),
            "c.json:1: is nested too deeply or expands to too much; write it flatter and without aliases",
        ),
        (
            "c.toml",
            deep_toml.as_bytes(),
            "c.toml:1: is not valid TOML: cannot recurse further; max recursion depth met",
        ),
        (
            "c.toml",
            b"port = 1\nport = 2\n",
            "c.toml:2: is not valid TOML: duplicate key",
        ),
        (
            "c.toml",
            b"port = 99999999999999999999\n",
            "c.toml:1: holds a number that is too large or not finite; quote it if it is a text",
        ),
    ];
    let home = Home::new();
    for (name, text, expected) in rows {
        let error = home.load_file(home.write(name, text)).unwrap_err();
        assert_eq!(error.to_string(), format!("~/{expected}"));
    }
}
