//! What the file says: its keys, all optional, before anything is defaulted or converted.
//!
//! The doc comments are the descriptions of [`json_schema`], which is also what a file is checked against.

mod model;
mod provider;

use std::{collections::BTreeMap, sync::LazyLock};

use byokey_types::Secret;
use schemars::{
    JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema as object,
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    LogFormat, LogLevel,
    quantity::{DURATION_PATTERN, SIZE_PATTERN},
};

pub(crate) use model::Model;
pub(crate) use provider::{Fields, Protocols, Provider, ProviderKey};

/// The configuration of byokey.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(title = "byokey configuration")]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// The address or name to listen on; beyond loopback, client keys are required. Default `127.0.0.1`.
    pub(crate) host: Option<String>,
    /// The port to listen on; 0 takes a free one. Default 8018.
    pub(crate) port: Option<u16>,
    /// Where accounts, usage and responses are kept: `sqlite://` and a path, or `sqlite::memory:`; `~` and `$BYOKEY_HOME` are
    /// expanded. Default `sqlite://$BYOKEY_HOME/byokey.db`.
    pub(crate) database: Option<String>,
    /// The largest request body, as `64MiB`, `10MB` or a number of bytes. Default `64MiB`.
    #[serde(default)]
    #[schemars(schema_with = "size", extend("default" = "64MiB"))]
    pub(crate) body_limit: Option<Size>,
    /// Connections to every provider.
    pub(crate) upstream: Option<Upstream>,
    /// Providers by id: a built-in id changes the built-in provider, any other adds one.
    pub(crate) providers: Option<BTreeMap<String, Option<Provider>>>,
    /// Other names for models: alias → model, with or without its provider.
    pub(crate) model_alias: Option<BTreeMap<String, String>>,
    /// Streamed answers.
    pub(crate) streaming: Option<Streaming>,
    /// What is kept for later requests with `previous_response_id`.
    pub(crate) responses: Option<Responses>,
    /// Who may call byokey.
    pub(crate) clients: Option<Clients>,
    /// How byokey stops.
    pub(crate) shutdown: Option<Shutdown>,
    /// What byokey writes about itself.
    pub(crate) log: Option<Log>,
    /// Further names that the `Host` header may hold while byokey listens on loopback.
    pub(crate) allowed_hosts: Option<Vec<String>>,
    /// Whether the simulated provider `sandbox` is offered. Default false.
    pub(crate) sandbox: Option<bool>,
}

/// Connections to every provider.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upstream {
    /// An `http`, `https`, `socks5` or `socks5h` proxy URL.
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    pub(crate) proxy: Option<Secret>,
    /// Longest time for DNS, TCP and TLS together. Default `10s`.
    #[serde(default)]
    #[schemars(schema_with = "duration", extend("default" = "10s"))]
    pub(crate) connect_timeout: Option<String>,
    /// Longest time from the end of the request to the head of the answer. Default `5m`.
    #[serde(default)]
    #[schemars(schema_with = "duration", extend("default" = "5m"))]
    pub(crate) first_byte_timeout: Option<String>,
    /// Longest silence inside an answer. Default `5m`.
    #[serde(default)]
    #[schemars(schema_with = "duration", extend("default" = "5m"))]
    pub(crate) idle_timeout: Option<String>,
}

/// Streamed answers.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Streaming {
    /// The silence after which the client is sent a sign of life; `0s` for never. Default `15s`.
    #[serde(default)]
    #[schemars(schema_with = "duration", extend("default" = "15s"))]
    pub(crate) keepalive: Option<String>,
}

/// What is kept for later requests with `previous_response_id`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Responses {
    /// Whether responses of the Responses API are kept, unless the request says `store: false`. Prompts and answers then
    /// lie in the database as they are, unencrypted, in a file that only its owner can read. `false`: nothing is kept, and
    /// what was kept is removed. Default true.
    pub(crate) store: Option<bool>,
    /// How long a response is kept. Default `30d`.
    #[serde(default)]
    #[schemars(schema_with = "duration", extend("default" = "30d"))]
    pub(crate) retention: Option<String>,
    /// Room for all of them together; the oldest go first. Default `1GiB`.
    #[serde(default)]
    #[schemars(schema_with = "size", extend("default" = "1GiB"))]
    pub(crate) max_size: Option<Size>,
}

/// Who may call byokey.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Clients {
    /// Whether a client must present one of `keys`; `auto`: when there are any. Default `auto`.
    #[serde(default)]
    #[schemars(schema_with = "auto_or_flag", extend("default" = "auto"))]
    pub(crate) require_key: Option<AutoOrFlag>,
    /// The keys that clients present.
    pub(crate) keys: Option<Vec<ClientKey>>,
}

/// A key that a client presents.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientKey {
    /// A name for it, unique among the keys.
    pub(crate) name: String,
    /// The key; not together with `key_env`.
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    pub(crate) key: Option<Secret>,
    /// The environment variable that holds the key.
    pub(crate) key_env: Option<String>,
}

/// How byokey stops.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shutdown {
    /// How long open streams may go on before they are ended. Default `10s`.
    #[serde(default)]
    #[schemars(schema_with = "duration", extend("default" = "10s"))]
    pub(crate) drain: Option<String>,
}

/// What byokey writes about itself.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Log {
    /// The least severe level that is written. Default `info`.
    #[serde(default)]
    #[schemars(schema_with = "log_level", extend("default" = "info"))]
    pub(crate) level: Option<String>,
    /// Lines for people or JSON objects for machines. Default `text`.
    #[serde(default)]
    #[schemars(schema_with = "log_format", extend("default" = "text"))]
    pub(crate) format: Option<String>,
    /// The file to write to instead of stderr; `~` and `$BYOKEY_HOME` are expanded.
    pub(crate) file: Option<String>,
}

/// A size, as a number of bytes or with a unit.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Size {
    Bytes(u64),
    Text(String),
}

/// `auto`, `true` or `false`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum AutoOrFlag {
    Flag(bool),
    Auto(Auto),
}

/// The word `auto`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Auto {
    Auto,
}

/// The JSON Schema (2020-12) of the configuration file.
pub fn json_schema() -> Value {
    compiled().clone()
}

/// The schema, made once.
pub(crate) fn compiled() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
        // inlined, so that the check needs no references
        let settings =
            SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        settings
            .into_generator()
            .into_root_schema_for::<File>()
            .to_value()
    });
    &SCHEMA
}

fn duration(_: &mut SchemaGenerator) -> Schema {
    object!({ "type": ["string", "null"], "pattern": DURATION_PATTERN, "examples": ["10s"] })
}

fn size(_: &mut SchemaGenerator) -> Schema {
    object!({ "type": ["string", "integer", "null"], "minimum": 1, "pattern": SIZE_PATTERN, "examples": ["64MiB"] })
}

fn auto_or_flag(_: &mut SchemaGenerator) -> Schema {
    object!({ "enum": ["auto", true, false, null] })
}

fn log_level(_: &mut SchemaGenerator) -> Schema {
    words(LogLevel::ALL.map(LogLevel::name))
}

fn log_format(_: &mut SchemaGenerator) -> Schema {
    words(LogFormat::ALL.map(LogFormat::name))
}

/// One of these words, or nothing.
fn words<const N: usize>(words: [&'static str; N]) -> Schema {
    let choices: Vec<Option<&str>> = words.into_iter().map(Some).chain([None]).collect();
    object!({ "enum": choices })
}
