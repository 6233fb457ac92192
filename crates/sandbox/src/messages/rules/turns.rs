//! The order of turns: roles, pairing of calls and results, thinking in tool loops.

use std::{borrow::Cow, collections::HashSet};

use serde_json::{Map, Value};

use super::{
    Betas,
    blocks::{self, Seen},
    cache::Ledger,
    field,
};
use crate::{ask::Ask, fault::Fault, json_path::At};

/// Consecutive messages of one role, which the API takes for one.
struct Turn<'a> {
    role: &'a str,
    /// Index of the first message.
    index: usize,
    /// The first block's type, and which message and block it is.
    first: Option<(&'static str, usize, usize)>,
    calls: Vec<&'a str>,
    /// Results before any other block.
    leading: Vec<Answer<'a>>,
    /// Results after another block.
    late: Vec<Answer<'a>>,
    texts: Vec<&'a str>,
    results: Vec<String>,
    /// Whether something other than a result has been said.
    spoke: bool,
}

/// A tool result: its id, message and block.
#[derive(Clone, Copy)]
struct Answer<'a> {
    id: &'a str,
    message: usize,
    block: usize,
}

/// Checks `messages`, and fills in what the conversation says.
pub(super) fn check<'a>(
    top: &'a Map<String, Value>,
    betas: Betas<'_>,
    ask: &mut Ask<'a>,
    ledger: &mut Ledger,
) -> Result<(), Fault> {
    let at = At::ROOT.field("messages");
    let value = top.get("messages").ok_or_else(|| field::required(&at))?;
    let messages = value.as_array().ok_or_else(|| field::wrong(&at, "list"))?;
    if messages.is_empty() {
        return Err(Fault::bad("messages: at least one message is required"));
    }
    let mut turns: Vec<Turn<'a>> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let at = at.index(index);
        let message = message
            .as_object()
            .ok_or_else(|| field::wrong(&at, "dictionary"))?;
        let role = role(message, &at, betas)?;
        field::only(message, &at, &["role", "content"])?;
        match turns.last() {
            Some(turn) if turn.role == role => {}
            Some(_) | None => turns.push(Turn::new(role, index)),
        }
        let last = index + 1 == messages.len();
        if let Some(turn) = turns.last_mut() {
            turn.hear(message, index, last, &at, ask, ledger)?;
        }
    }
    if turns.first().is_some_and(|turn| turn.role != "user") {
        return Err(Fault::bad(
            "messages: first message must use the \"user\" role",
        ));
    }
    pair(&turns)?;
    finish(&turns)?;
    if top
        .get("thinking")
        .and_then(|thinking| thinking.get("type"))
        == Some(&Value::from("enabled"))
    {
        starts_with_thinking(&turns)?;
    }
    listen(turns, ask);
    Ok(())
}

impl<'a> Turn<'a> {
    fn new(role: &'a str, index: usize) -> Self {
        Self {
            role,
            index,
            first: None,
            calls: Vec::new(),
            leading: Vec::new(),
            late: Vec::new(),
            texts: Vec::new(),
            results: Vec::new(),
            spoke: false,
        }
    }

    fn hear(
        &mut self,
        message: &'a Map<String, Value>,
        index: usize,
        last: bool,
        at: &At<'_>,
        ask: &mut Ask<'a>,
        ledger: &mut Ledger,
    ) -> Result<(), Fault> {
        let at = at.field("content");
        let content = message.get("content").ok_or_else(|| field::required(&at))?;
        match content {
            Value::String(text) if text.is_empty() => self.silent(index, last),
            Value::Array(blocks) if blocks.is_empty() => self.silent(index, last),
            Value::String(text) if text.trim().is_empty() => Err(Fault::bad(
                "messages: text content blocks must contain non-whitespace text",
            )),
            Value::String(text) => {
                ledger.text(text);
                self.note(Seen::Text(text), "text", index, 0);
                Ok(())
            }
            Value::Array(blocks) if self.role == "system" => {
                blocks::system(blocks, &at, "messages", ledger).map(drop)
            }
            Value::Array(blocks) => {
                for (block, value) in blocks.iter().enumerate() {
                    let seen = blocks::check(value, self.role, &at.index(block), ask, ledger)?;
                    let tag = seen.tag();
                    self.note(seen, tag, index, block);
                }
                Ok(())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                Err(field::wrong(&at, "list"))
            }
        }
    }

    fn silent(&self, index: usize, last: bool) -> Result<(), Fault> {
        match self.role {
            "assistant" if last => Ok(()),
            "user" => Err(Fault::bad(format!(
                "messages.{index}: user messages must have non-empty content"
            ))),
            _assistant_or_system => Err(Fault::bad(format!(
                "messages.{index}: all messages must have non-empty content except for the optional final assistant \
                 message"
            ))),
        }
    }

    fn note(&mut self, seen: Seen<'a>, tag: &'static str, message: usize, block: usize) {
        self.first.get_or_insert((tag, message, block));
        match seen {
            Seen::Text(text) => {
                self.texts.push(text);
                self.spoke = true;
            }
            Seen::ToolUse(id) => self.calls.push(id),
            Seen::ToolResult { id, text } => {
                let result = Answer { id, message, block };
                if self.spoke {
                    self.late.push(result);
                } else {
                    self.leading.push(result);
                }
                self.results.push(text);
            }
            Seen::Thinking | Seen::Other => self.spoke = true,
        }
    }
}

impl Seen<'_> {
    /// The type to name when another was expected first.
    fn tag(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Other => "text",
            Self::Thinking => "thinking",
            Self::ToolUse(_) => "tool_use",
            Self::ToolResult { .. } => "tool_result",
        }
    }
}

fn role<'a>(
    message: &'a Map<String, Value>,
    at: &At<'_>,
    betas: Betas<'_>,
) -> Result<&'a str, Fault> {
    let role = field::string(message, at, "role")?;
    match role {
        "user" | "assistant" => Ok(role),
        "system"
            if betas.include("mid-conversation-system-2026-04-07") || betas.version_2026_10() =>
        {
            Ok(role)
        }
        "system" => Err(Fault::bad(
            "messages: Unexpected role \"system\". The Messages API accepts a top-level `system` parameter, not \
             \"system\" as an input message role.",
        )),
        other => Err(Fault::bad(format!(
            "messages: Unexpected role \"{other}\". Allowed roles are \"user\" or \"assistant\"."
        ))),
    }
}

fn pair(turns: &[Turn<'_>]) -> Result<(), Fault> {
    let mut ids = HashSet::new();
    let nobody = Turn::new("", 0);
    let mut before = &nobody;
    for turn in turns.iter().chain([&nobody]) {
        if !before.calls.iter().all(|id| ids.insert(*id)) {
            return Err(Fault::bad("messages: `tool_use` ids must be unique"));
        }
        let answered = |id: &str| turn.leading.iter().any(|result| result.id == id);
        let missing: Vec<_> = before
            .calls
            .iter()
            .filter(|id| !answered(id))
            .copied()
            .collect();
        if !missing.is_empty() {
            return Err(Fault::bad(format!(
                "messages.{}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each \
                 `tool_use` block must have a corresponding `tool_result` block in the next message.",
                before.index,
                missing.join(", ")
            )));
        }
        orphans(before, turn)?;
        before = turn;
    }
    Ok(())
}

fn orphans(before: &Turn<'_>, turn: &Turn<'_>) -> Result<(), Fault> {
    let mut answered = HashSet::new();
    for Answer { id, message, block } in turn.leading.iter().chain(&turn.late).copied() {
        if !before.calls.contains(&id) {
            return Err(Fault::bad(format!(
                "messages.{message}.content.{block}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each \
                 `tool_result` block must have a corresponding `tool_use` block in the previous message."
            )));
        }
        if !answered.insert(id) {
            return Err(Fault::bad(format!(
                "messages.{message}.content.{block}: each tool_use must have a single result. Found multiple \
                 `tool_result` blocks with id: {id}"
            )));
        }
    }
    Ok(())
}

fn finish(turns: &[Turn<'_>]) -> Result<(), Fault> {
    let last = turns.last().filter(|turn| turn.role == "assistant");
    let trails = |text: &&str| text.ends_with(char::is_whitespace);
    if last.and_then(|turn| turn.texts.last()).is_some_and(trails) {
        return Err(Fault::bad(
            "messages: final assistant content cannot end with trailing whitespace",
        ));
    }
    Ok(())
}

/// In a tool loop that has not ended, the assistant's first message must begin with what it thought.
/// Later messages of the same loop need not: the model thinks once, unless its thinking is interleaved.
fn starts_with_thinking(turns: &[Turn<'_>]) -> Result<(), Fault> {
    let ended = turns
        .iter()
        .rposition(|turn| turn.role == "user" && turn.results.is_empty());
    let first = turns[ended.map_or(0, |at| at + 1)..]
        .iter()
        .find(|turn| turn.role == "assistant");
    match first.and_then(|turn| turn.first) {
        None | Some(("thinking", ..)) => Ok(()),
        Some((tag, message, block)) => Err(Fault::bad(format!(
            "messages.{message}.content.{block}.type: Expected `thinking` or `redacted_thinking`, but found `{tag}`. When \
             `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the \
             lastmost set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from \
             previous turns. To avoid this requirement, disable `thinking`. Please consult our documentation at \
             https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
        ))),
    }
}

fn listen<'a>(turns: Vec<Turn<'a>>, ask: &mut Ask<'a>) {
    let last = turns.iter().rposition(|turn| turn.role != "system");
    let Some(user) = turns
        .into_iter()
        .enumerate()
        .rfind(|(_, turn)| turn.role == "user")
    else {
        return;
    };
    let (at, turn) = user;
    ask.text = match turn.texts.as_slice() {
        [one] => Cow::Borrowed(*one),
        texts => Cow::Owned(texts.join("\n")),
    };
    if last == Some(at) {
        ask.results = turn.results;
    }
}
