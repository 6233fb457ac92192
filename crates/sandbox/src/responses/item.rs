//! Output items and their parts, as the API spells them.

use serde::Serialize;
use serde_json::Value;

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Item {
    Reasoning {
        id: String,
        summary: Vec<Part>,
        #[serde(skip_serializing_if = "Option::is_none")]
        encrypted_content: Option<String>,
    },
    Message {
        id: String,
        status: Status,
        content: Vec<Part>,
        role: &'static str,
    },
    FunctionCall {
        id: String,
        status: Status,
        arguments: String,
        call_id: String,
        name: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
    },
    CustomToolCall {
        id: String,
        status: Status,
        call_id: String,
        input: String,
        name: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
    },
    ToolSearchCall {
        id: String,
        status: Status,
        call_id: String,
        execution: &'static str,
        arguments: Value,
    },
    WebSearchCall {
        id: String,
        status: Status,
        action: Search,
    },
    Compaction {
        id: String,
        encrypted_content: String,
    },
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Part {
    OutputText {
        annotations: Vec<Annotation>,
        logprobs: [(); 0],
        text: String,
    },
    Refusal {
        refusal: String,
    },
    SummaryText {
        text: String,
    },
}

/// A citation with its place in the text, counted in characters.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Annotation {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) end_index: usize,
    pub(super) start_index: usize,
    pub(super) title: &'static str,
    pub(super) url: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Search {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sources: Option<Vec<Origin>>,
}

/// A page that a search found.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Origin {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) url: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    InProgress,
    Completed,
    Incomplete,
}

impl Item {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Reasoning { id, .. }
            | Self::Message { id, .. }
            | Self::FunctionCall { id, .. }
            | Self::CustomToolCall { id, .. }
            | Self::ToolSearchCall { id, .. }
            | Self::WebSearchCall { id, .. }
            | Self::Compaction { id, .. } => id,
        }
    }

    /// The item as it is announced, before its content.
    pub(super) fn announced(&self) -> Self {
        let mut announced = self.clone();
        match &mut announced {
            Self::Reasoning {
                summary,
                encrypted_content,
                ..
            } => {
                summary.clear();
                *encrypted_content = None;
            }
            Self::Message {
                status, content, ..
            } => {
                *status = Status::InProgress;
                content.clear();
            }
            Self::FunctionCall {
                status, arguments, ..
            } => {
                *status = Status::InProgress;
                arguments.clear();
            }
            Self::CustomToolCall { status, input, .. } => {
                *status = Status::InProgress;
                input.clear();
            }
            Self::ToolSearchCall { status, .. } | Self::WebSearchCall { status, .. } => {
                *status = Status::InProgress;
            }
            Self::Compaction { .. } => {}
        }
        announced
    }
}

impl Part {
    /// The part as it is announced, before its text.
    pub(super) fn announced(&self) -> Self {
        match self {
            Self::OutputText { .. } => Self::text(String::new(), Vec::new()),
            Self::Refusal { .. } => Self::Refusal {
                refusal: String::new(),
            },
            Self::SummaryText { .. } => Self::SummaryText {
                text: String::new(),
            },
        }
    }

    pub(super) fn text(text: String, annotations: Vec<Annotation>) -> Self {
        Self::OutputText {
            annotations,
            logprobs: [],
            text,
        }
    }
}
