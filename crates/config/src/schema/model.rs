//! What the file says about one model.

use byokey_types::{
    Effort, Modality, ModelRow, model,
    model::{CallIds, ReasoningField, ReasoningReplay},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema as object};
use serde::Deserialize;

/// A model of a provider.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Model {
    /// The upstream's name for it.
    pub(crate) id: String,
    /// A name for people.
    pub(crate) name: Option<String>,
    /// Context window, in tokens.
    #[schemars(range(min = 1))]
    pub(crate) context: Option<u64>,
    /// Longest answer, in tokens.
    #[schemars(range(min = 1))]
    pub(crate) output: Option<u64>,
    /// Whether it calls tools. Default true.
    pub(crate) tool_call: Option<bool>,
    /// Whether it reasons. Default false.
    pub(crate) reasoning: Option<bool>,
    /// The effort levels it takes, weakest first.
    #[serde(default)]
    #[schemars(schema_with = "efforts")]
    pub(crate) reasoning_levels: Option<Vec<Effort>>,
    /// The token budgets it takes.
    pub(crate) reasoning_budget: Option<ReasoningBudget>,
    /// Whether its reasoning can be switched off. Default true.
    pub(crate) reasoning_off: Option<bool>,
    /// Whether the upstream wants reasoning text back in later turns. Default `never`.
    #[serde(default)]
    #[schemars(schema_with = "replay")]
    pub(crate) reasoning_replay: Option<ReasoningReplay>,
    /// What it takes in. Default text and images.
    #[serde(default)]
    #[schemars(schema_with = "modalities")]
    pub(crate) modalities: Option<Vec<Modality>>,
    /// Whether it accepts `temperature`, `top_p` and `top_k`. Default true.
    pub(crate) temperature: Option<bool>,
    /// The member that limits the answer, when it is not the protocol's usual one.
    pub(crate) max_tokens_field: Option<String>,
    /// Whether a system message may stand in the middle of a conversation.
    pub(crate) system_in_place: Option<bool>,
    /// The ids of tool calls that the upstream takes, when they are not its protocol's.
    #[serde(default)]
    #[schemars(schema_with = "call_ids")]
    pub(crate) call_ids: Option<CallIds>,
    /// Whether the upstream takes `stream_options.include_usage` in Chat. Default true.
    pub(crate) include_usage: Option<bool>,
    /// The member by which the upstream is told how to reason in Chat. Default `reasoning_effort`.
    #[serde(default)]
    #[schemars(schema_with = "reasoning_field")]
    pub(crate) reasoning_field: Option<ReasoningField>,
    /// Whether it answers to a JSON schema. Default true.
    pub(crate) structured_output: Option<bool>,
    /// Whether it does so while it has tools to call. Default true.
    pub(crate) structured_with_tools: Option<bool>,
    /// What it costs.
    pub(crate) price: Option<Price>,
}

/// The token budgets a model takes.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasoningBudget {
    /// The smallest budget, in tokens.
    pub(crate) min: u64,
    /// The largest budget, in tokens.
    pub(crate) max: u64,
}

/// What a model costs, in USD per million tokens.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Price {
    /// Fresh input.
    #[schemars(range(min = 0))]
    pub(crate) input: f64,
    /// Output, reasoning included.
    #[schemars(range(min = 0))]
    pub(crate) output: f64,
    /// Input read from a cache.
    #[schemars(range(min = 0))]
    pub(crate) cache_read: Option<f64>,
    /// Input written to a cache.
    #[schemars(range(min = 0))]
    pub(crate) cache_write: Option<f64>,
}

impl From<Model> for ModelRow {
    /// Every field is named here, so that a new one of [`ModelRow`] does not compile until the file can say it.
    fn from(said: Model) -> Self {
        let unsaid = Self::unknown(said.id.as_str());
        Self {
            id: unsaid.id,
            name: said.name,
            context: said.context,
            output: said.output,
            tool_call: said.tool_call.unwrap_or(unsaid.tool_call),
            reasoning: said.reasoning.unwrap_or(unsaid.reasoning),
            reasoning_levels: said.reasoning_levels.unwrap_or(unsaid.reasoning_levels),
            reasoning_budget: said.reasoning_budget.map(|budget| model::ReasoningBudget {
                min: budget.min,
                max: budget.max,
            }),
            reasoning_off: said.reasoning_off.unwrap_or(unsaid.reasoning_off),
            reasoning_replay: said.reasoning_replay.unwrap_or(unsaid.reasoning_replay),
            modalities: said.modalities.unwrap_or(unsaid.modalities),
            temperature: said.temperature.unwrap_or(unsaid.temperature),
            max_tokens_field: said.max_tokens_field.map(Into::into),
            system_in_place: said.system_in_place,
            call_ids: said.call_ids,
            include_usage: said.include_usage,
            reasoning_field: said.reasoning_field,
            structured_output: said.structured_output.unwrap_or(unsaid.structured_output),
            structured_with_tools: said
                .structured_with_tools
                .unwrap_or(unsaid.structured_with_tools),
            price: said.price.map(|price| model::Price {
                input: price.input,
                output: price.output,
                cache_read: price.cache_read,
                cache_write: price.cache_write,
            }),
        }
    }
}

fn efforts(_: &mut SchemaGenerator) -> Schema {
    let names = Effort::ALL.map(Effort::name);
    object!({ "type": ["array", "null"], "items": { "enum": names } })
}

fn replay(_: &mut SchemaGenerator) -> Schema {
    use ReasoningReplay::{Accepted, Never, Required};
    object!({ "enum": [Never, Accepted, Required, null] })
}

fn modalities(_: &mut SchemaGenerator) -> Schema {
    use Modality::{Audio, Image, Pdf, Text, Video};
    object!({ "type": ["array", "null"], "items": { "enum": [Text, Image, Pdf, Audio, Video] }, "minItems": 1 })
}

fn call_ids(_: &mut SchemaGenerator) -> Schema {
    object!({ "enum": [CallIds::NineAlphanumeric, null] })
}

fn reasoning_field(_: &mut SchemaGenerator) -> Schema {
    use ReasoningField::{EnableThinking, Reasoning, ReasoningEffort, Thinking};
    object!({ "enum": [ReasoningEffort, Thinking, EnableThinking, Reasoning, null] })
}
