//! Manifests: what is known about a provider, as data.

use std::{collections::BTreeMap, sync::LazyLock};

use byokey_types::{
    AccountKind, FieldRules, Format, ModelRow, ProviderId, Str,
    model::{CallIds, ReasoningField, ReasoningReplay},
};
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::fields::{Glob, Scope};

/// What is known about a provider before the user says anything. A field that is not known is an error.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its id.
    pub id: ProviderId,
    /// Other names for it, equally good as qualifiers.
    #[serde(default)]
    pub aliases: Vec<ProviderId>,
    /// A name for people.
    pub display_name: String,
    /// The family whose opaque seals it issues and accepts; its id when it says nothing,
    /// and the one at home in each format when it says `home`.
    #[serde(default)]
    pub family: Option<Str>,
    /// Whether it works without a credential.
    #[serde(default)]
    pub open: bool,
    /// Whether it exists only once the configuration names it: a local server that may not be running.
    #[serde(default)]
    pub opt_in: bool,
    /// Environment variables that may hold its key, best first.
    #[serde(default)]
    pub key_env: Vec<String>,
    /// The wire formats it speaks and where, best first.
    pub endpoints: Vec<ManifestEndpoint>,
    /// Request headers that its API asks of everyone.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Seconds to the head of an answer that it needs at least.
    #[serde(default)]
    pub first_byte_seconds: u64,
    /// What holds for all models that do not say otherwise.
    #[serde(default)]
    pub defaults: Defaults,
    /// What its upstream takes of a body, applied in this order.
    #[serde(default)]
    pub fields: Vec<ManifestFields>,
    /// Its models at start-up, best first.
    #[serde(default, rename = "model")]
    pub models: Vec<ManifestModel>,
}

/// Facts that hold for all models of a provider that do not say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Defaults {
    /// See [`ModelRow::max_tokens_field`].
    #[serde(default)]
    pub max_tokens_field: Option<Str>,
    /// See [`ModelRow::system_in_place`].
    #[serde(default)]
    pub system_in_place: Option<bool>,
    /// See [`ModelRow::call_ids`].
    #[serde(default)]
    pub call_ids: Option<CallIds>,
    /// See [`ModelRow::include_usage`].
    #[serde(default)]
    pub include_usage: Option<bool>,
    /// See [`ModelRow::reasoning_field`].
    #[serde(default)]
    pub reasoning_field: Option<ReasoningField>,
    /// See [`ModelRow::reasoning_replay`]; only for models without a row.
    #[serde(default)]
    pub reasoning_replay: ReasoningReplay,
}

/// Rules about fields, and for which requests they hold.
#[derive(Clone, Debug, PartialEq)]
pub struct ManifestFields {
    /// `protocols`, `models` (patterns) and `account` (`api_key`, `login`, `link`, `open`); all requests by default.
    pub scope: Scope,
    /// The rest of the table.
    pub rules: FieldRules,
}

/// One wire format of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestEndpoint {
    /// The format.
    #[serde(deserialize_with = "protocol")]
    pub protocol: Format,
    /// The prefix to which the format's path is added; none when only the configuration knows it.
    #[serde(default)]
    pub base_url: Option<String>,
    /// The version of the API in a base URL that the configuration gives for all formats at once: it takes the place of
    /// `v1` or `v1beta` at its end.
    #[serde(default)]
    pub version: Option<String>,
    /// How the key is shown; the format's own way when it says nothing.
    #[serde(default)]
    pub auth: Option<Auth>,
}

/// How a key is shown to an upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    /// `authorization: Bearer …`
    Bearer,
    /// `x-api-key: …`
    XApiKey,
    /// `x-goog-api-key: …`
    XGoogApiKey,
}

impl Auth {
    /// The way of the format's own vendor.
    pub const fn of(protocol: Format) -> Self {
        match protocol {
            Format::OpenAiChat | Format::OpenAiResponses => Self::Bearer,
            Format::AnthropicMessages => Self::XApiKey,
            Format::Gemini => Self::XGoogApiKey,
        }
    }
}

/// A model of a manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct ManifestModel {
    /// Other names by which the upstream knows it.
    pub aliases: Vec<Str>,
    /// What is known about it.
    pub row: ModelRow,
}

impl<'de> Deserialize<'de> for ManifestModel {
    /// A [`ModelRow`] with one more member, `aliases`; what neither knows is an error.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = toml::Table::deserialize(deserializer)?;
        let aliases = match table.remove("aliases") {
            Some(aliases) => aliases.try_into().map_err(D::Error::custom)?,
            None => Vec::new(),
        };
        let row = table.try_into().map_err(D::Error::custom)?;
        Ok(Self { aliases, row })
    }
}

impl<'de> Deserialize<'de> for ManifestFields {
    /// A [`FieldRules`] with the members of a [`Scope`]; what neither knows is an error.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = toml::Table::deserialize(deserializer)?;
        let mut scope = Scope::default();
        if let Some(names) = table.remove("protocols") {
            let names: Vec<Protocol> = names.try_into().map_err(D::Error::custom)?;
            scope.protocols = names.into_iter().map(|Protocol(format)| format).collect();
        }
        if let Some(globs) = table.remove("models") {
            scope.models = globs.try_into::<Vec<Glob>>().map_err(D::Error::custom)?;
        }
        if let Some(kind) = table.remove("account") {
            scope.account = Some(kind.try_into::<AccountKind>().map_err(D::Error::custom)?);
        }
        let rules = table.try_into().map_err(D::Error::custom)?;
        Ok(Self { scope, rules })
    }
}

/// A text that is no manifest.
#[derive(Debug, thiserror::Error)]
#[error("`{name}` is not a manifest")]
pub struct InvalidManifest {
    /// The file, or the name of the built-in manifest.
    pub name: String,
    /// What is wrong with it, and where.
    #[source]
    pub source: toml::de::Error,
}

impl Manifest {
    /// Reads a manifest; `name` says where it came from.
    ///
    /// # Errors
    /// [`InvalidManifest`] when it is no TOML, lacks a member or has one too many.
    pub fn parse(name: &str, text: &str) -> Result<Self, InvalidManifest> {
        toml::from_str(text).map_err(|source| InvalidManifest {
            name: name.to_owned(),
            source,
        })
    }

    /// The manifests inside the binary, in the order in which their providers are preferred.
    pub fn built_in() -> &'static [Self] {
        &BUILT_IN
    }
}

impl Defaults {
    /// Says what a row leaves unsaid; whether reasoning goes back is never unsaid.
    pub(crate) fn complete(&self, row: &mut ModelRow) {
        row.max_tokens_field = row
            .max_tokens_field
            .take()
            .or_else(|| self.max_tokens_field.clone());
        row.system_in_place = row.system_in_place.or(self.system_in_place);
        row.call_ids = row.call_ids.or(self.call_ids);
        row.include_usage = row.include_usage.or(self.include_usage);
        row.reasoning_field = row.reasoning_field.or(self.reasoning_field);
    }
}

/// One line for each built-in provider.
const SOURCES: &[(&str, &str)] = &[
    ("claude", include_str!("../manifests/claude.toml")),
    ("codex", include_str!("../manifests/codex.toml")),
    ("gemini", include_str!("../manifests/gemini.toml")),
    ("grok", include_str!("../manifests/grok.toml")),
    ("deepseek", include_str!("../manifests/deepseek.toml")),
    ("mistral", include_str!("../manifests/mistral.toml")),
    ("groq", include_str!("../manifests/groq.toml")),
    ("openrouter", include_str!("../manifests/openrouter.toml")),
    ("together", include_str!("../manifests/together.toml")),
    ("fireworks", include_str!("../manifests/fireworks.toml")),
    ("cerebras", include_str!("../manifests/cerebras.toml")),
    ("nvidia", include_str!("../manifests/nvidia.toml")),
    ("huggingface", include_str!("../manifests/huggingface.toml")),
    ("minimax", include_str!("../manifests/minimax.toml")),
    ("moonshot", include_str!("../manifests/moonshot.toml")),
    ("siliconflow", include_str!("../manifests/siliconflow.toml")),
    ("perplexity", include_str!("../manifests/perplexity.toml")),
    ("cohere", include_str!("../manifests/cohere.toml")),
    (
        "github-models",
        include_str!("../manifests/github-models.toml"),
    ),
    ("ollama", include_str!("../manifests/ollama.toml")),
    ("lmstudio", include_str!("../manifests/lmstudio.toml")),
    ("llamacpp", include_str!("../manifests/llamacpp.toml")),
    ("vllm", include_str!("../manifests/vllm.toml")),
    ("sandbox", include_str!("../manifests/sandbox.toml")),
];

static BUILT_IN: LazyLock<Vec<Manifest>> = LazyLock::new(|| {
    SOURCES
        .iter()
        .filter_map(|(name, text)| match Manifest::parse(name, text) {
            Ok(manifest) => Some(manifest),
            // unreachable: the test below reads every one
            Err(error) => {
                tracing::error!(error = %error.source, name, "a built-in manifest is broken");
                None
            }
        })
        .collect()
});

#[derive(Deserialize)]
struct Protocol(#[serde(deserialize_with = "protocol")] Format);

fn protocol<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Format, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::collections::HashSet;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::endpoint::Endpoint;

    #[test]
    fn every_built_in_manifest_is_sound() {
        let mut names = HashSet::new();
        for (name, text) in SOURCES {
            let manifest = Manifest::parse(name, text)
                .map_err(|error| error.source)
                .unwrap();
            assert_eq!(manifest.id.as_str(), *name);
            for id in manifest.aliases.iter().chain([&manifest.id]) {
                assert!(names.insert(id.clone()), "{id} names two providers");
            }
            let mut models = HashSet::new();
            for model in &manifest.models {
                for id in model.aliases.iter().chain([&model.row.id]) {
                    assert!(models.insert(id.clone()), "{name} has {id} twice");
                }
                assert!(
                    model.row.reasoning_levels.is_sorted(),
                    "{name}/{}: levels go from weak to strong",
                    model.row.id
                );
            }
            assert!(!manifest.endpoints.is_empty(), "{name}");
            for endpoint in &manifest.endpoints {
                let auth = endpoint.auth.unwrap_or(Auth::of(endpoint.protocol));
                match &endpoint.base_url {
                    Some(base) => drop(Endpoint::new(endpoint.protocol, base, auth).unwrap()),
                    None => assert!(manifest.opt_in, "{name} has nowhere to go"),
                }
            }
            assert_eq!(
                manifest.open,
                manifest.key_env.is_empty(),
                "{name}: a provider with a key has a variable for it, and no other does"
            );
        }
        assert_eq!(Manifest::built_in().len(), SOURCES.len());
    }

    #[test]
    fn what_a_manifest_does_not_know_is_refused() {
        let sound = "id='x'\ndisplay_name='X'\nendpoints=[{protocol='openai'}]\n";
        assert!(Manifest::parse("x", sound).is_ok());
        for (addition, expected) in [
            ("colour='red'", "unknown field `colour`"),
            ("[[model]]\nid='m'\ncontxt=5", "unknown field `contxt`"),
            ("[[model]]\naliases=['m']", "missing field `id`"),
            ("[[model]]\nid='m'\naliases=5", "invalid type"),
            ("[[fields]]\nalow=['a']", "unknown field `alow`"),
            (
                "[[fields]]\nallow=['a','a.b']",
                "`allow` has `a`, which allows",
            ),
            ("[[fields]]\ndeny=['tools.0']", "`tools.0` has an index"),
            ("[[fields]]\nforce={'a.*'=1}", "`force` takes no `*`"),
            ("[[fields]]\nmodels=['a*b']", "`a*b` is no pattern"),
            ("[[fields]]\nprotocols=['chat']", "`chat` is not a protocol"),
            ("[[fields]]\naccount='key'", "unknown variant `key`"),
            ("defaults={call_ids='short'}", "unknown variant `short`"),
        ] {
            let error = Manifest::parse("x", &format!("{sound}{addition}")).unwrap_err();
            assert_eq!(error.to_string(), "`x` is not a manifest");
            let cause = error.source.to_string();
            assert!(cause.contains(expected), "{cause}");
        }
        let error = Manifest::parse("x", &sound.replace("'openai'", "'chat'")).unwrap_err();
        assert!(
            error
                .source
                .to_string()
                .contains("`chat` is not a protocol"),
            "{}",
            error.source
        );
    }
}
