//! What the file says about one provider.

use std::collections::BTreeMap;

use byokey_types::{Format, Secret, provider::CacheBreakpoints};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema as object};
use serde::Deserialize;
use serde_json::Value;

use super::Model;

/// A provider.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Provider {
    /// Whether it may be used at all. Default true.
    pub(crate) enabled: Option<bool>,
    /// The protocol it speaks, or a list of them, best first; required for a provider that is not built in.
    #[serde(default)]
    #[schemars(schema_with = "protocols")]
    pub(crate) protocol: Option<Protocols>,
    /// The URL to which the protocol's path is added; required for a provider that is not built in.
    pub(crate) base_url: Option<String>,
    /// Its key; not together with `key_env` or `api_keys`.
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    pub(crate) api_key: Option<Secret>,
    /// The environment variable that holds its key; not together with `api_key` or `api_keys`.
    pub(crate) key_env: Option<String>,
    /// Several keys, each an account of its own; not together with `api_key` or `key_env`.
    pub(crate) api_keys: Option<Vec<ProviderKey>>,
    /// Extra request headers.
    #[schemars(with = "Option<BTreeMap<String, String>>")]
    pub(crate) headers: Option<BTreeMap<String, Secret>>,
    /// Models of a provider that is not built in, or rows that replace built-in ones of the same id.
    pub(crate) models: Option<Vec<Model>>,
    /// Whether a request that would lose something in translation is refused. Default false.
    pub(crate) strict: Option<bool>,
    /// Whose thinking signatures and encrypted reasoning its answers hold, when that is not the owner of the format: `moonshot`.
    pub(crate) family: Option<String>,
    /// What its upstream takes of a request body, beyond what byokey knows; a path is `a.b`, with `*` for each item.
    pub(crate) fields: Option<Fields>,
    /// Whether prompt-cache breakpoints are put into requests of clients whose format has none. Default `off`.
    #[serde(default)]
    #[schemars(schema_with = "cache_breakpoints", extend("default" = "off"))]
    pub(crate) cache_breakpoints: Option<CacheBreakpoints>,
}

/// What an upstream takes of a request body.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fields {
    /// Members that have another name there: from → to.
    pub(crate) rename: Option<BTreeMap<String, String>>,
    /// Everything it takes; whatever else stands beside something named here is dropped.
    pub(crate) allow: Option<Vec<String>>,
    /// What it does not take.
    pub(crate) deny: Option<Vec<String>>,
    /// Members that must have a value: path → value.
    #[schemars(with = "Option<BTreeMap<String, Value>>")]
    pub(crate) force: Option<BTreeMap<String, Value>>,
    /// Members that must be there: path → value, unless there is one.
    #[schemars(with = "Option<BTreeMap<String, Value>>")]
    pub(crate) default: Option<BTreeMap<String, Value>>,
    /// Items that a list must have: path → items.
    #[schemars(with = "Option<BTreeMap<String, Vec<Value>>>")]
    pub(crate) append: Option<BTreeMap<String, Vec<Value>>>,
}

/// One of several keys of a provider.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderKey {
    /// The key; not together with `key_env`.
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    pub(crate) api_key: Option<Secret>,
    /// The environment variable that holds the key.
    pub(crate) key_env: Option<String>,
    /// A name for it, unique at the provider. Default `$` and the variable, or `key-` and its place.
    pub(crate) label: Option<String>,
    /// The base URL this key is for, when it is not the provider's.
    pub(crate) base_url: Option<String>,
    /// Its share of the requests, 1 to 1000. Default 1.
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) weight: Option<u32>,
}

/// One protocol or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Protocols {
    One(String),
    Several(Vec<String>),
}

fn protocols(_: &mut SchemaGenerator) -> Schema {
    let names = Format::ALL.map(Format::protocol);
    object!({
        "anyOf": [
            { "enum": names },
            { "type": "array", "items": { "enum": names }, "minItems": 1, "uniqueItems": true },
            { "type": "null" },
        ]
    })
}

fn cache_breakpoints(_: &mut SchemaGenerator) -> Schema {
    object!({ "enum": [CacheBreakpoints::Off, CacheBreakpoints::Auto, null] })
}
