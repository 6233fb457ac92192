//! What an encoder must know of the upstream's model.

use byokey_types::{
    Effort, Modality, ModelRow, Str,
    model::{CallIds, ReasoningField, ReasoningReplay},
};

use crate::{ids::NameRule, ir::MediaKind};

/// The facts of one upstream model that decide how a request is worded.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The upstream's name of the model.
    pub model: Str,
    /// The family whose seals it accepts; `None` when it takes none.
    pub family: Option<Str>,
    /// The longest answer, in tokens.
    pub max_output: Option<u64>,
    /// The member that limits the answer, when it is not the format's usual one.
    pub max_tokens_field: Option<Str>,
    /// What it takes of reasoning.
    pub reasoning: ReasoningFacts,
    /// The member by which Chat tells it how to reason, when it is not the format's usual one.
    pub reasoning_field: Option<ReasoningField>,
    /// Whether reasoning text goes back to it.
    pub reasoning_replay: ReasoningReplay,
    /// Whether it accepts `temperature`, `top_p` and `top_k`.
    pub temperature: bool,
    /// What it takes in.
    pub modalities: Vec<Modality>,
    /// Whether it calls tools.
    pub tool_call: bool,
    /// What it allows in tool names.
    pub tool_names: NameRule,
    /// What it allows in call ids.
    pub call_ids: NameRule,
    /// How many prompt-cache breakpoints it takes.
    pub cache_marks: usize,
    /// Whether a system message may stand in the middle of a conversation.
    pub system_in_place: bool,
    /// Whether it knows the role `developer`.
    pub developer_role: bool,
    /// Whether it answers to a JSON schema by itself.
    pub structured_output: bool,
    /// Whether it does so while it has tools to call.
    pub structured_with_tools: bool,
    /// The session, for upstreams that want a stable name of the end user; made by the caller, never a secret.
    pub session: Option<Str>,
}

/// What a model takes of reasoning.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ReasoningFacts {
    /// Whether it reasons at all.
    pub reasons: bool,
    /// The levels it takes, weakest first.
    pub levels: Vec<Effort>,
    /// The budgets it takes, in tokens: least and most.
    pub budget: Option<(u64, u64)>,
    /// Whether it can be switched off.
    pub off: bool,
}

/// How many breakpoints Anthropic accepts in one request.
pub const ANTHROPIC_CACHE_MARKS: usize = 4;

impl Target {
    /// The target for a Chat Completions upstream.
    pub fn chat(row: &ModelRow, family: Option<Str>) -> Self {
        // the rules of the name's owner; servers that imitate him know the older role and limit only
        let own = family.as_deref() == Some("openai");
        Self {
            tool_names: NameRule::OPENAI,
            call_ids: match row.call_ids {
                Some(CallIds::NineAlphanumeric) => NameRule::NINE_ALPHANUMERIC,
                None => NameRule::OPENAI_CALL,
            },
            cache_marks: 0,
            system_in_place: row.system_in_place.unwrap_or(true),
            developer_role: own && row.reasoning,
            ..Self::base(row, family)
        }
    }

    /// The target for a Messages upstream.
    pub fn messages(row: &ModelRow, family: Option<Str>) -> Self {
        Self {
            tool_names: NameRule::ANTHROPIC,
            call_ids: NameRule::ANTHROPIC,
            cache_marks: ANTHROPIC_CACHE_MARKS,
            system_in_place: row.system_in_place.unwrap_or(false),
            developer_role: false,
            ..Self::base(row, family)
        }
    }

    /// The target for a Gemini `generateContent` upstream.
    pub fn gemini(row: &ModelRow, family: Option<Str>) -> Self {
        Self {
            tool_names: NameRule::GEMINI,
            call_ids: NameRule::GEMINI_CALL,
            cache_marks: 0,
            // there is no role for it among the contents
            system_in_place: false,
            developer_role: false,
            ..Self::base(row, family)
        }
    }

    /// The target for a Responses upstream.
    pub fn responses(row: &ModelRow, family: Option<Str>) -> Self {
        let own = family.as_deref() == Some("openai");
        Self {
            tool_names: NameRule::OPENAI,
            call_ids: NameRule::OPENAI,
            cache_marks: 0,
            system_in_place: row.system_in_place.unwrap_or(true),
            developer_role: own,
            ..Self::base(row, family)
        }
    }

    /// Whether it takes a medium of this kind.
    pub fn takes(&self, kind: MediaKind) -> bool {
        let modality = match kind {
            MediaKind::Image => Modality::Image,
            MediaKind::Document => Modality::Pdf,
            MediaKind::Audio => Modality::Audio,
            MediaKind::Video => Modality::Video,
        };
        self.modalities.contains(&modality)
    }

    fn base(row: &ModelRow, family: Option<Str>) -> Self {
        Self {
            model: row.id.clone(),
            family,
            max_output: row.output,
            max_tokens_field: row.max_tokens_field.clone(),
            reasoning: ReasoningFacts {
                reasons: row.reasoning,
                levels: row.reasoning_levels.clone(),
                budget: row.reasoning_budget.as_ref().map(|b| (b.min, b.max)),
                off: row.reasoning_off,
            },
            reasoning_field: row.reasoning_field,
            reasoning_replay: row.reasoning_replay,
            temperature: row.temperature,
            modalities: row.modalities.clone(),
            tool_call: row.tool_call,
            tool_names: NameRule::OPENAI,
            call_ids: NameRule::OPENAI_CALL,
            cache_marks: 0,
            system_in_place: true,
            developer_role: false,
            structured_output: row.structured_output,
            structured_with_tools: row.structured_with_tools,
            session: None,
        }
    }
}
