//! What a client asks.

use std::collections::BTreeMap;

use byokey_types::{Raw, ReasoningAsk, Str};

use super::{Block, Choice, Ext, Kind, Tool};

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The model, as the client wrote it.
    pub model: String,
    /// System text that stands apart from the conversation (`system`, `instructions`).
    pub instructions: Vec<Block>,
    /// Whether `instructions` was a bare string.
    pub instructions_bare: bool,
    /// The conversation, one turn a message of the wire. Formats that keep system text in it have it here, also at the head.
    pub turns: Vec<Turn>,
    /// The tools; `Some` of an empty list is what some clients send.
    pub tools: Option<Vec<Tool>>,
    /// Tools that the client knows by a namespace and a name, under the one name they have here.
    pub namespaces: BTreeMap<Str, Namespaced>,
    /// Which tools may be called.
    pub choice: Option<Choice>,
    /// Whether several may be called at once.
    pub parallel: Option<bool>,
    /// How the answer is drawn.
    pub sampling: Sampling,
    /// How much to reason.
    pub reasoning: ReasoningRequest,
    /// The shape of the answer.
    pub output: Option<OutputFormat>,
    /// The client's name for its own user (`user`, `metadata.user_id`).
    pub end_user: Option<String>,
    /// Whether to stream; `None` when the client did not say.
    pub stream: Option<bool>,
    /// Whether a stream shall report usage; formats that always do have it on.
    pub include_usage: bool,
    /// Members that are not modelled.
    pub ext: Ext,
}

/// A tool's names where tools have namespaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespaced {
    /// The namespace.
    pub namespace: Str,
    /// The name in it.
    pub name: Str,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The operator; may stand anywhere in a conversation.
    System,
    /// The operator, in formats that have this newer name.
    Developer,
    /// The user, tool results included.
    User,
    /// The model.
    Assistant,
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub blocks: Vec<Block>,
    /// Whether the content was a bare string.
    pub bare: bool,
    /// Members that are not modelled.
    pub ext: Ext,
}

/// How the answer is drawn; numbers as the client spelled them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sampling {
    /// `temperature`.
    pub temperature: Option<Raw>,
    /// `top_p`.
    pub top_p: Option<Raw>,
    /// `top_k`.
    pub top_k: Option<Raw>,
    /// `presence_penalty`.
    pub presence_penalty: Option<Raw>,
    /// `frequency_penalty`.
    pub frequency_penalty: Option<Raw>,
    /// `seed`.
    pub seed: Option<Raw>,
    /// The longest answer, in tokens, reasoning included.
    pub max_tokens: Option<u64>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
}

/// Whether, and how, reasoning is summarised for the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Summary {
    /// Not at all.
    None,
    /// As the model sees fit.
    Auto,
    /// Briefly.
    Concise,
    /// At length.
    Detailed,
}

/// How much to reason; empty when the client did not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ReasoningRequest {
    /// A level, given in its own field; it beats `ask`.
    pub effort: Option<byokey_types::Effort>,
    /// A budget or a switch.
    pub ask: Option<ReasoningAsk>,
    /// What the reader gets to see of it.
    pub summary: Option<Summary>,
}

impl ReasoningRequest {
    /// What was asked: off beats a level, a level beats a budget.
    pub fn asked(&self) -> Option<ReasoningAsk> {
        match (self.ask, self.effort) {
            (Some(ReasoningAsk::Off), _) => Some(ReasoningAsk::Off),
            (_, Some(effort)) => Some(ReasoningAsk::Effort(effort)),
            (ask, None) => ask,
        }
    }
}

/// The shape of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// Text, said explicitly.
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON that follows a schema.
    JsonSchema {
        /// A name for it; absent where the format has none.
        name: Option<String>,
        /// What it is for.
        description: Option<String>,
        /// The schema.
        schema: Raw,
        /// Whether to follow it exactly.
        strict: Option<bool>,
    },
}

impl Request {
    /// A request without content.
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            instructions: Vec::new(),
            instructions_bare: false,
            turns: Vec::new(),
            tools: None,
            namespaces: BTreeMap::new(),
            choice: None,
            parallel: None,
            sampling: Sampling::default(),
            reasoning: ReasoningRequest::default(),
            output: None,
            end_user: None,
            stream: None,
            include_usage: false,
            ext: None,
        }
    }

    /// How many turns at the head are system text.
    pub fn head_len(&self) -> usize {
        self.turns
            .iter()
            .take_while(|turn| turn.role.is_system())
            .count()
    }

    /// The tools, none when there is no list.
    pub fn tools(&self) -> &[Tool] {
        self.tools.as_deref().unwrap_or_default()
    }
}

impl Role {
    /// Whether the operator speaks.
    pub const fn is_system(self) -> bool {
        matches!(self, Self::System | Self::Developer)
    }
}

impl Turn {
    /// A turn without extensions, its content a list.
    pub const fn new(role: Role, blocks: Vec<Block>) -> Self {
        Self {
            role,
            blocks,
            bare: false,
            ext: None,
        }
    }

    /// Whether it holds a call of a tool that the client runs.
    pub fn calls_tools(&self) -> bool {
        self.blocks
            .iter()
            .any(|block| matches!(block.kind, Kind::ToolCall(_)))
    }
}
