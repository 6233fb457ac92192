//! The four formats as their official SDKs speak them: what a client sends, and how strictly it reads what comes.
//!
//! Written from the providers' documents and SDKs alone; it shares no code with byokey's codecs.

mod chat;
mod gemini;
mod messages;
mod responses;
mod sse;
mod strict;

use byokey_types::Format;
use serde_json::Value;

pub(crate) use self::strict::Read;
use self::strict::Seen;

/// A request, apart from the format it is made in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask {
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) system: Option<&'static str>,
    pub(crate) turns: Vec<Turn>,
    pub(crate) tools: Vec<Tool>,
    /// The most tokens that the answer may have.
    pub(crate) limit: Option<u64>,
    pub(crate) stop: Option<&'static str>,
    /// The schema that the answer must satisfy.
    pub(crate) schema: Option<Value>,
    pub(crate) think: bool,
}

/// One turn of a conversation.
#[derive(Clone, Debug)]
pub(crate) enum Turn {
    User(String),
    /// A question beside [`PNG`].
    Picture(&'static str),
    Assistant(&'static str),
    /// An answer as it came, in the format of the client.
    Echo(Vec<Value>),
    Results(Vec<ToolResult>),
}

/// A function that the model may call; its one argument is a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) argument: &'static str,
}

/// What became of a call.
#[derive(Clone, Debug)]
pub(crate) struct ToolResult {
    pub(crate) call: Call,
    pub(crate) text: String,
    /// Whether [`PNG`] is a part of it.
    pub(crate) picture: bool,
}

/// An answer, apart from the format it came in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Heard {
    pub(crate) text: String,
    pub(crate) thoughts: String,
    pub(crate) refusal: String,
    pub(crate) calls: Vec<Call>,
    /// Absent only when a stream broke.
    pub(crate) stop: Option<Stop>,
    pub(crate) usage: Usage,
    /// What an SDK appends to the conversation.
    pub(crate) echo: Vec<Value>,
    /// The error that ended a stream.
    pub(crate) fault: Option<Fault>,
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    /// Empty where the format knows none.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) arguments: Value,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    End,
    Sequence,
    Limit,
    Tools,
    Declined,
}

/// Tokens; what a format does not report is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// All of the prompt.
    pub(crate) input: u64,
    /// Of these, read from a cache.
    pub(crate) cached: Option<u64>,
    /// All of the answer, reasoning included.
    pub(crate) output: u64,
    /// Of these, for reasoning.
    pub(crate) reasoning: Option<u64>,
}

/// An error in the format of the client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The most telling of its names: a type, a code or a status.
    pub(crate) kind: String,
    pub(crate) message: String,
}

/// One red pixel, in base64.
pub(crate) const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

/// Every path at which a format is served, the usual one first.
pub(crate) fn paths(format: Format, ask: &Ask) -> Vec<String> {
    match format {
        Format::OpenAiChat => spellings("chat/completions"),
        Format::OpenAiResponses => spellings("responses"),
        Format::AnthropicMessages => spellings("messages"),
        Format::Gemini => gemini::paths(ask),
    }
}

/// The body of a request.
pub(crate) fn body(format: Format, ask: &Ask) -> Value {
    match format {
        Format::OpenAiChat => chat::body(ask),
        Format::OpenAiResponses => responses::body(ask),
        Format::AnthropicMessages => messages::body(ask),
        Format::Gemini => gemini::body(ask),
    }
}

/// Reads a whole answer.
///
/// # Errors
/// What an official SDK would trip over.
pub(crate) fn whole(format: Format, body: &[u8]) -> Read<Heard> {
    let value = json(body)?;
    let seen = Seen::new(&value);
    match format {
        Format::OpenAiChat => chat::whole(&seen),
        Format::OpenAiResponses => responses::whole(&seen),
        Format::AnthropicMessages => messages::whole(&seen),
        Format::Gemini => gemini::whole(&seen),
    }
}

/// Reads a stream of events to its end. An error in it, in the format's own words, is a [`Heard::fault`].
///
/// # Errors
/// What an official SDK would trip over: a wrong order, a missing member, no terminal event or more than one.
pub(crate) fn stream(format: Format, body: &[u8]) -> Read<Heard> {
    let events = sse::events(body)?;
    match format {
        Format::OpenAiChat => chat::stream(&events),
        Format::OpenAiResponses => responses::stream(&events),
        Format::AnthropicMessages => messages::stream(&events),
        Format::Gemini => gemini::stream(&events),
    }
}

/// Reads Gemini's other kind of stream, a JSON array that grows.
///
/// # Errors
/// As [`stream`].
pub(crate) fn json_array(body: &[u8]) -> Read<Heard> {
    let value = json(body)?;
    let chunks = value.as_array().ok_or("the body must be an array")?;
    gemini::chunks(chunks)
}

/// Reads the body of an error.
///
/// # Errors
/// When it has another shape than the format's errors have.
pub(crate) fn fault(format: Format, status: u16, body: &[u8]) -> Read<Fault> {
    let value = json(body)?;
    let seen = Seen::new(&value);
    match format {
        Format::OpenAiChat | Format::OpenAiResponses => chat::fault(&seen),
        Format::AnthropicMessages => messages::fault(&seen),
        Format::Gemini => gemini::fault(&seen, Some(status)),
    }
}

/// The names in a list of models.
///
/// # Errors
/// When it has another shape than the format's lists have.
pub(crate) fn models(format: Format, body: &[u8]) -> Read<Vec<String>> {
    let value = json(body)?;
    let seen = Seen::new(&value);
    match format {
        Format::OpenAiChat | Format::OpenAiResponses => chat::models(&seen),
        Format::AnthropicMessages => messages::models(&seen),
        Format::Gemini => gemini::models(&seen),
    }
}

/// What a client appends to the conversation that keeps nothing but the format's own members; `None` when that is
/// all there is.
pub(crate) fn forgetful(format: Format, echo: &[Value]) -> Option<Vec<Value>> {
    match format {
        Format::OpenAiChat => Some(echo.iter().map(chat::forgetful).collect()),
        Format::OpenAiResponses | Format::AnthropicMessages | Format::Gemini => None,
    }
}

impl Tool {
    fn schema(self) -> Value {
        let mut properties = serde_json::Map::new();
        properties.insert(
            self.argument.to_owned(),
            serde_json::json!({"type": "string"}),
        );
        serde_json::json!({"type": "object", "properties": properties, "required": [self.argument]})
    }
}

/// The pixel as a data URL.
fn data_url() -> String {
    format!("data:image/png;base64,{PNG}")
}

fn spellings(route: &str) -> Vec<String> {
    vec![format!("/v1/{route}"), format!("/{route}")]
}

fn json(body: &[u8]) -> Read<Value> {
    serde_json::from_slice(body).map_err(|error| format!("the body must be JSON: {error}"))
}
