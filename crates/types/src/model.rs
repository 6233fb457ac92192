//! Model names as clients write them, and what is known about a model.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Effort, ReasoningAsk, Str};

/// A model as a client names it: an optional qualifier, a name, an optional effort suffix.
///
/// `codex/gpt-5.4(high)` has qualifier `codex`, name `gpt-5.4`, effort `high`. Whether the first segment is a
/// qualifier depends on the providers there are, so it is asked for, not stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelName {
    asked: Str,
    base: Str,
    effort: Option<ReasoningAsk>,
}

/// A model name that names nothing.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`model` must not be empty")]
pub struct EmptyModel;

impl ModelName {
    /// Reads what a client wrote; white space around it is dropped.
    ///
    /// A bracket at the end that holds no effort is part of the name.
    ///
    /// # Errors
    /// [`EmptyModel`] when nothing is left.
    pub fn parse(text: &str) -> Result<Self, EmptyModel> {
        let text = text.trim();
        let (base, effort) = split_suffix(text);
        if base.trim_matches('/').is_empty() {
            return Err(EmptyModel);
        }
        Ok(Self {
            asked: text.into(),
            base: base.into(),
            effort,
        })
    }

    /// The name as the client wrote it.
    pub const fn asked(&self) -> &Str {
        &self.asked
    }

    /// The name without the effort suffix, qualifier included.
    pub const fn base(&self) -> &Str {
        &self.base
    }

    /// What the suffix asks for.
    pub const fn effort(&self) -> Option<ReasoningAsk> {
        self.effort
    }

    /// The first segment and the rest, when there is a slash with something on both sides.
    pub fn split_qualifier(&self) -> Option<(&str, &str)> {
        let (first, rest) = self.base.split_once('/')?;
        (!first.is_empty() && !rest.is_empty()).then_some((first, rest))
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.asked)
    }
}

impl FromStr for ModelName {
    type Err = EmptyModel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// A kind of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Modality {
    /// Text.
    Text,
    /// Still images.
    Image,
    /// PDF documents.
    Pdf,
    /// Sound.
    Audio,
    /// Moving images.
    Video,
}

/// How a model takes instructions about its reasoning.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasoningBudget {
    /// The smallest budget, in tokens.
    pub min: u64,
    /// The largest budget, in tokens.
    pub max: u64,
}

/// Whether an upstream wants reasoning text back in later turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReasoningReplay {
    /// Never send it.
    #[default]
    Never,
    /// It may be sent.
    Accepted,
    /// An assistant turn with tool calls is rejected without it.
    Required,
}

/// The ids of tool calls that an upstream takes, when they are not its format's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CallIds {
    /// Exactly nine letters and digits. Source: Mistral (spec/providers.md, B; opencode#1680).
    #[serde(rename = "9-alphanumeric")]
    NineAlphanumeric,
}

/// The member by which a Chat upstream is told how to reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasoningField {
    /// `reasoning_effort: "high"`. Source: OpenAI.
    ReasoningEffort,
    /// `thinking: {type: "enabled" | "disabled"}`, the level in `reasoning_effort`. Source: DeepSeek, Z.ai, Kimi.
    Thinking,
    /// `enable_thinking: true`, `thinking_budget: 1024`. Source: Qwen, SiliconFlow.
    EnableThinking,
    /// `reasoning: {effort, max_tokens, enabled}`. Source: OpenRouter, Together.
    Reasoning,
}

/// USD per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Fresh input.
    pub input: f64,
    /// Output, reasoning included.
    pub output: f64,
    /// Input read from a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<f64>,
    /// Input written to a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<f64>,
}

/// What is known about one model of one provider; the row of a manifest and of the configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRow {
    /// The upstream's name for it.
    pub id: Str,
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Context window, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<u64>,
    /// Longest answer, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<u64>,
    /// Whether it calls tools.
    #[serde(default = "yes")]
    pub tool_call: bool,
    /// Whether it reasons.
    #[serde(default)]
    pub reasoning: bool,
    /// The effort levels it takes, weakest first; empty when it takes none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasoning_levels: Vec<Effort>,
    /// The token budgets it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_budget: Option<ReasoningBudget>,
    /// Whether its reasoning can be switched off.
    #[serde(default = "yes")]
    pub reasoning_off: bool,
    /// Whether the upstream wants reasoning text back.
    #[serde(default)]
    pub reasoning_replay: ReasoningReplay,
    /// What it takes in.
    #[serde(default = "text_and_image")]
    pub modalities: Vec<Modality>,
    /// Whether it accepts `temperature`, `top_p` and `top_k`.
    #[serde(default = "yes")]
    pub temperature: bool,
    /// The member that limits the answer, when it is not the format's usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens_field: Option<Str>,
    /// Whether a system message may stand in the middle of a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_in_place: Option<bool>,
    /// The ids of tool calls that it takes, when they are not its format's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_ids: Option<CallIds>,
    /// Whether it takes `stream_options.include_usage` in Chat; it does when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_usage: Option<bool>,
    /// The member by which it is told how to reason in Chat; `reasoning_effort` when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_field: Option<ReasoningField>,
    /// Whether it answers to a JSON schema.
    #[serde(default = "yes")]
    pub structured_output: bool,
    /// Whether it does so while it has tools to call.
    #[serde(default = "yes")]
    pub structured_with_tools: bool,
    /// What it costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

impl ModelRow {
    /// A model of which nothing is known but its name.
    pub fn unknown(id: impl Into<Str>) -> Self {
        Self {
            id: id.into(),
            name: None,
            context: None,
            output: None,
            tool_call: true,
            reasoning: false,
            reasoning_levels: Vec::new(),
            reasoning_budget: None,
            reasoning_off: true,
            reasoning_replay: ReasoningReplay::Never,
            modalities: text_and_image(),
            temperature: true,
            max_tokens_field: None,
            system_in_place: None,
            call_ids: None,
            include_usage: None,
            reasoning_field: None,
            structured_output: true,
            structured_with_tools: true,
            price: None,
        }
    }
}

const fn yes() -> bool {
    true
}

fn text_and_image() -> Vec<Modality> {
    vec![Modality::Text, Modality::Image]
}

/// Splits `name(high)` and the older `name-thinking-8192`.
fn split_suffix(text: &str) -> (&str, Option<ReasoningAsk>) {
    let bracket = text
        .strip_suffix(')')
        .and_then(|open| open.rsplit_once('('));
    let split = bracket.or_else(|| {
        let (base, tokens) = text.rsplit_once("-thinking-")?;
        tokens
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then_some((base, tokens))
    });
    match split.map(|(base, suffix)| (base, suffix.parse::<ReasoningAsk>())) {
        Some((base, Ok(effort))) => (base, Some(effort)),
        Some((_, Err(_))) | None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn names_split_into_their_parts() {
        use ReasoningAsk::{Auto, Budget, Off};
        let rows = [
            ("gpt-5.4", "gpt-5.4", None, None),
            (
                " fast(high) ",
                "fast",
                Some(ReasoningAsk::Effort(Effort::High)),
                None,
            ),
            ("m(8192)", "m", Some(Budget(8192)), None),
            ("m(none)", "m", Some(Off), None),
            ("m(auto)", "m", Some(Auto), None),
            ("m(-1)", "m", Some(Auto), None),
            ("m-thinking-8192", "m", Some(Budget(8192)), None),
            ("m-thinking-fast", "m-thinking-fast", None, None),
            ("m(preview)", "m(preview)", None, None),
            (
                "openrouter/anthropic/x(max)",
                "openrouter/anthropic/x",
                Some(ReasoningAsk::Effort(Effort::Max)),
                Some(("openrouter", "anthropic/x")),
            ),
            ("/x", "/x", None, None),
            ("x/", "x/", None, None),
        ];
        for (asked, base, effort, qualifier) in rows {
            let name = ModelName::parse(asked).unwrap();
            assert_eq!(
                (name.base().as_str(), name.effort(), name.split_qualifier()),
                (base, effort, qualifier),
                "{asked}"
            );
        }
        for empty in ["", "  ", "/", "(high)"] {
            assert_eq!(ModelName::parse(empty), Err(EmptyModel), "{empty:?}");
        }
    }
}
