//! Tools, their calls and results.

use byokey_types::{Format, Raw, Str};

use super::{Block, CacheMark, Ext};

/// A tool the model may call.
#[derive(Clone, Debug, PartialEq)]
pub enum Tool {
    /// A function with JSON input.
    Function {
        /// Its name, as the client knows it.
        name: Str,
        /// What it does.
        description: Option<String>,
        /// The JSON schema of its input; absent when the client gave none.
        schema: Option<Raw>,
        /// Whether the input must follow the schema exactly.
        strict: Option<bool>,
        /// A prompt-cache breakpoint behind it.
        cache: Option<CacheMark>,
        /// Members that are not modelled.
        ext: Ext,
    },
    /// A tool with free text as its input.
    Custom {
        /// Its name.
        name: Str,
        /// What it does.
        description: Option<String>,
        /// The grammar of its input: `{"type":"grammar","syntax":…,"definition":…}`, or what else its format said.
        grammar: Option<Raw>,
        /// Members that are not modelled.
        ext: Ext,
    },
    /// A tool that the provider runs; only its own format can name it.
    Hosted {
        /// The format it comes from.
        format: Format,
        /// Its `type`.
        tag: Str,
        /// All of it.
        value: Raw,
    },
}

impl Tool {
    /// The name by which a call refers to it.
    pub const fn name(&self) -> Option<&Str> {
        match self {
            Self::Function { name, .. } | Self::Custom { name, .. } => Some(name),
            Self::Hosted { .. } => None,
        }
    }
}

/// Which tools may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// As the model sees fit.
    Auto,
    /// None.
    None,
    /// At least one.
    Required,
    /// This one.
    Tool(Str),
    /// A choice that is not modelled.
    Native {
        /// The format it comes from.
        format: Format,
        /// All of it.
        value: Raw,
    },
}

/// The identity of a call; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallId {
    /// What the result refers to.
    pub id: Str,
    /// The id of the item that holds the call, where the format has a second one.
    pub item: Option<Str>,
}

impl CallId {
    /// An id without an item.
    pub fn new(id: impl Into<Str>) -> Self {
        Self {
            id: id.into(),
            item: None,
        }
    }
}

/// The input of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// JSON, spelled as it arrived.
    Json(Raw),
    /// Free text, for a custom tool.
    Text(String),
    /// Meant to be JSON, and is not.
    Malformed(String),
}

impl Input {
    /// Reads the arguments of a call as they are written in a string; nothing at all means an empty object.
    pub fn parse(arguments: String) -> Self {
        if arguments.trim().is_empty() {
            return Self::Json(Raw::EMPTY_OBJECT);
        }
        match Raw::parse(arguments.clone()) {
            Ok(raw) => Self::Json(raw),
            Err(_) => Self::Malformed(arguments),
        }
    }

    /// The input as it is written in a string.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Json(raw) => raw.as_str(),
            Self::Text(text) | Self::Malformed(text) => text,
        }
    }
}

/// Who runs a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Runs {
    /// The client.
    #[default]
    Client,
    /// The provider.
    Server,
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    /// Which call.
    pub id: CallId,
    /// The tool's name, as the client knows it.
    pub name: Str,
    /// What it is called with.
    pub input: Input,
    /// Who runs it.
    pub runs: Runs,
}

/// The result of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolResult {
    /// Which call.
    pub call: CallId,
    /// What came of it.
    pub content: Vec<Block>,
    /// Whether `content` was written as a bare string.
    pub bare: bool,
    /// Whether it failed, where the format says.
    pub is_error: Option<bool>,
}
