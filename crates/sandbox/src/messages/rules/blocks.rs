//! Content blocks: which there are, who may say them, and what they hold.

use serde_json::{Map, Value};

use super::{cache::Ledger, field, media};
use crate::{ask::Ask, fault::Fault, json_path::At, seal};

/// What a block means to the order of turns.
pub(super) enum Seen<'a> {
    Text(&'a str),
    Thinking,
    ToolUse(&'a str),
    ToolResult { id: &'a str, text: String },
    Other,
}

/// Who may say a block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaker {
    User,
    Assistant,
    Either,
    /// Nobody: it occurs inside other blocks.
    Inner,
}

struct Kind {
    tag: &'static str,
    speaker: Speaker,
    /// Its fields beside `type`; `None` when its shape is not checked.
    fields: Option<&'static [&'static str]>,
}

const KINDS: &[Kind] = &[
    kind(
        "text",
        Speaker::Either,
        &["text", "cache_control", "citations"],
    ),
    kind(
        "image",
        Speaker::User,
        &["source", "cache_control", "transformations"],
    ),
    kind(
        "document",
        Speaker::User,
        &["source", "title", "context", "citations", "cache_control"],
    ),
    kind(
        "search_result",
        Speaker::User,
        &["source", "title", "content", "citations", "cache_control"],
    ),
    kind(
        "tool_result",
        Speaker::User,
        &[
            "tool_use_id",
            "content",
            "is_error",
            "cache_control",
            "toolset_name",
        ],
    ),
    kind("thinking", Speaker::Assistant, &["thinking", "signature"]),
    kind("redacted_thinking", Speaker::Assistant, &["data"]),
    kind(
        "tool_use",
        Speaker::Assistant,
        &[
            "id",
            "name",
            "input",
            "cache_control",
            "caller",
            "toolset_name",
        ],
    ),
    kind(
        "server_tool_use",
        Speaker::Assistant,
        &["id", "name", "input", "cache_control", "caller"],
    ),
    kind(
        "tool_reference",
        Speaker::Inner,
        &["tool_name", "cache_control"],
    ),
    Kind {
        speaker: Speaker::Inner,
        ..unchecked("browser_state")
    },
    unchecked("web_search_tool_result"),
    unchecked("web_fetch_tool_result"),
    unchecked("code_execution_tool_result"),
    unchecked("bash_code_execution_tool_result"),
    unchecked("text_editor_code_execution_tool_result"),
    unchecked("tool_search_tool_result"),
    unchecked("advisor_tool_result"),
    unchecked("mcp_tool_use"),
    unchecked("mcp_tool_result"),
    unchecked("container_upload"),
    unchecked("compaction"),
];

/// Kinds inside a tool result.
const IN_RESULT: &[&str] = &[
    "text",
    "image",
    "document",
    "search_result",
    "tool_reference",
    "browser_state",
];

/// Checks one block of a message of this role.
pub(super) fn check<'a>(
    value: &'a Value,
    role: &str,
    at: &At<'_>,
    ask: &mut Ask<'a>,
    ledger: &mut Ledger,
) -> Result<Seen<'a>, Fault> {
    let block = value
        .as_object()
        .ok_or_else(|| field::wrong(at, "dictionary"))?;
    let kind = known(block, at, |kind| kind.speaker != Speaker::Inner)?;
    let misplaced = match kind.speaker {
        Speaker::User => (role == "assistant").then_some("user"),
        Speaker::Assistant => (role != "assistant").then_some("assistant"),
        Speaker::Either | Speaker::Inner => None,
    };
    if let Some(speaker) = misplaced {
        return Err(Fault::bad(format!(
            "{}: `{}` blocks can only be in `{speaker}` messages",
            at.dotted(),
            kind.tag
        )));
    }
    inside(block, kind, at, ask, ledger)
}

/// Checks blocks inside another block, of these kinds only, and returns their text.
pub(super) fn nested<'a>(
    blocks: &'a [Value],
    at: &At<'_>,
    allowed: &[&str],
    ask: &mut Ask<'a>,
    ledger: &mut Ledger,
) -> Result<String, Fault> {
    let mut texts = Vec::new();
    for (index, value) in blocks.iter().enumerate() {
        let at = at.index(index);
        let block = value
            .as_object()
            .ok_or_else(|| field::wrong(&at, "dictionary"))?;
        let kind = known(block, &at, |kind| allowed.contains(&kind.tag))?;
        if let Seen::Text(text) = inside(block, kind, &at, ask, ledger)? {
            texts.push(text);
        }
    }
    Ok(texts.join("\n"))
}

/// Checks blocks that can only be text, and returns their text.
pub(super) fn system(
    blocks: &[Value],
    at: &At<'_>,
    place: &str,
    ledger: &mut Ledger,
) -> Result<String, Fault> {
    let mut texts = Vec::new();
    for (index, value) in blocks.iter().enumerate() {
        let at = at.index(index);
        let block = value
            .as_object()
            .ok_or_else(|| field::wrong(&at, "dictionary"))?;
        let kind = known(block, &at, |kind| kind.tag == "text")?;
        field_names(block, kind, &at)?;
        texts.push(text(block, &at.field("text"), place, ledger)?);
    }
    Ok(texts.join("\n"))
}

const fn kind(tag: &'static str, speaker: Speaker, fields: &'static [&'static str]) -> Kind {
    Kind {
        tag,
        speaker,
        fields: Some(fields),
    }
}

const fn unchecked(tag: &'static str) -> Kind {
    Kind {
        tag,
        speaker: Speaker::Either,
        fields: None,
    }
}

fn known(
    block: &Map<String, Value>,
    at: &At<'_>,
    fits: impl Fn(&Kind) -> bool,
) -> Result<&'static Kind, Fault> {
    let tag = field::string(block, at, "type")?;
    let fitting = || KINDS.iter().filter(|kind| fits(kind));
    let found = fitting().find(|kind| kind.tag == tag);
    found.ok_or_else(|| field::unknown_tag(at, tag, fitting().map(|kind| kind.tag)))
}

fn field_names(block: &Map<String, Value>, kind: &Kind, at: &At<'_>) -> Result<(), Fault> {
    let Some(fields) = kind.fields else {
        return Ok(());
    };
    match block
        .keys()
        .find(|key| *key != "type" && !fields.contains(&key.as_str()))
    {
        None => Ok(()),
        Some(unknown) => Err(field::extra(&at.field(kind.tag).field(unknown))),
    }
}

fn inside<'a>(
    block: &'a Map<String, Value>,
    kind: &Kind,
    at: &At<'_>,
    ask: &mut Ask<'a>,
    ledger: &mut Ledger,
) -> Result<Seen<'a>, Fault> {
    field_names(block, kind, at)?;
    let tagged = at.field(kind.tag);
    let seen = match kind.tag {
        // it notes its mark itself, because an empty text may not have one
        "text" => return text(block, &tagged, "messages", ledger).map(Seen::Text),
        "image" => media::image(block, &tagged, ask).map(|()| Seen::Other),
        "document" => media::document(block, &tagged, ask, ledger).map(|()| Seen::Other),
        "search_result" => search_result(block, &tagged, ask, ledger),
        "thinking" => thinking(block, at, &tagged, ledger),
        "redacted_thinking" => redacted(block, at, &tagged),
        "tool_use" => tool_use(block, &tagged, ledger).map(Seen::ToolUse),
        "server_tool_use" => tool_use(block, &tagged, ledger).map(|_| Seen::Other),
        "tool_result" => tool_result(block, &tagged, ask, ledger),
        _unchecked => Ok(Seen::Other),
    }?;
    mark(block, &tagged, ledger)?;
    Ok(seen)
}

fn mark(block: &Map<String, Value>, at: &At<'_>, ledger: &mut Ledger) -> Result<(), Fault> {
    match block.get("cache_control") {
        None => Ok(()),
        Some(control) => ledger.mark(control, &at.field("cache_control")),
    }
}

fn text<'a>(
    block: &'a Map<String, Value>,
    at: &At<'_>,
    place: &str,
    ledger: &mut Ledger,
) -> Result<&'a str, Fault> {
    let text = field::string(block, at, "text")?;
    if text.is_empty() {
        if block
            .get("cache_control")
            .is_some_and(|control| !control.is_null())
        {
            let message = format!(
                "{}: cache_control cannot be set for empty text blocks",
                at.dotted()
            );
            return Err(Fault::bad(message));
        }
        return Err(Fault::bad(format!(
            "{place}: text content blocks must be non-empty"
        )));
    }
    if text.trim().is_empty() {
        let message = format!("{place}: text content blocks must contain non-whitespace text");
        return Err(Fault::bad(message));
    }
    ledger.text(text);
    mark(block, at, ledger)?;
    Ok(text)
}

fn search_result<'a>(
    block: &'a Map<String, Value>,
    at: &At<'_>,
    ask: &mut Ask<'a>,
    ledger: &mut Ledger,
) -> Result<Seen<'a>, Fault> {
    field::string(block, at, "source")?;
    field::string(block, at, "title")?;
    let at = at.field("content");
    let content = block.get("content").ok_or_else(|| field::required(&at))?;
    let content = content
        .as_array()
        .ok_or_else(|| field::wrong(&at, "list"))?;
    nested(content, &at, &["text"], ask, ledger).map(|_| Seen::Other)
}

fn thinking<'a>(
    block: &'a Map<String, Value>,
    at: &At<'_>,
    tagged: &At<'_>,
    ledger: &mut Ledger,
) -> Result<Seen<'a>, Fault> {
    let thinking = field::string(block, tagged, "thinking")?;
    let signature = field::string(block, tagged, "signature")?;
    if !seal::verifies(signature, thinking) {
        let path = at.dotted();
        return Err(Fault::bad(format!(
            "{path}: Invalid `signature` in `thinking` block"
        )));
    }
    ledger.text(thinking);
    Ok(Seen::Thinking)
}

fn redacted<'a>(
    block: &'a Map<String, Value>,
    at: &At<'_>,
    tagged: &At<'_>,
) -> Result<Seen<'a>, Fault> {
    let data = field::string(block, tagged, "data")?;
    if !seal::is_redacted(data) {
        let path = at.dotted();
        return Err(Fault::bad(format!(
            "{path}: Invalid `data` in `redacted_thinking` block"
        )));
    }
    Ok(Seen::Thinking)
}

fn tool_use<'a>(
    block: &'a Map<String, Value>,
    at: &At<'_>,
    ledger: &mut Ledger,
) -> Result<&'a str, Fault> {
    let id = identifier(block, at, "id")?;
    let name = field::string(block, at, "name")?;
    if name.is_empty() {
        let path = at.field("name").dotted();
        return Err(Fault::bad(format!(
            "{path}: String should have at least 1 character"
        )));
    }
    if name.len() > 200 {
        let path = at.field("name").dotted();
        return Err(Fault::bad(format!(
            "{path}: String should have at most 200 characters"
        )));
    }
    let input = field::object(block, at, "input")?;
    ledger.text(name);
    input.values().for_each(|value| ledger.json(value));
    Ok(id)
}

fn tool_result<'a>(
    block: &'a Map<String, Value>,
    at: &At<'_>,
    ask: &mut Ask<'a>,
    ledger: &mut Ledger,
) -> Result<Seen<'a>, Fault> {
    let id = identifier(block, at, "tool_use_id")?;
    field::boolean(block, at, "is_error")?;
    let at = at.field("content");
    let text = match block.get("content") {
        None => String::new(),
        Some(Value::String(text)) => {
            ledger.text(text);
            text.clone()
        }
        Some(Value::Array(content)) => nested(content, &at, IN_RESULT, ask, ledger)?,
        Some(_) => return Err(field::wrong(&at, "list")),
    };
    Ok(Seen::ToolResult { id, text })
}

fn identifier<'a>(
    block: &'a Map<String, Value>,
    at: &At<'_>,
    name: &str,
) -> Result<&'a str, Fault> {
    let id = field::string(block, at, name)?;
    if field::is_name(id, usize::MAX) {
        return Ok(id);
    }
    let path = at.field(name).dotted();
    Err(Fault::bad(format!(
        "{path}: String should match pattern '^[a-zA-Z0-9_-]+$'"
    )))
}
