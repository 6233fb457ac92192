//! Roles, their fields, and the pairing of calls and results.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Dispensation, field, parts};
use crate::{
    ask::{Ask, Output},
    fault::Fault,
    json_path::At,
};

const ROLES: &[&str] = &[
    "system",
    "assistant",
    "user",
    "function",
    "tool",
    "developer",
];
/// Longest id of a tool call, in characters.
const LONGEST_ID: usize = 40;
const LONGEST_NAME: usize = 64;

/// Calls that wait for their results.
#[derive(Default)]
struct Open<'a> {
    asked: Vec<&'a str>,
    answered: Vec<&'a str>,
}

/// Checks `messages`, fills in what the conversation says, and counts its characters.
pub(super) fn check<'a>(
    top: &'a Map<String, Value>,
    dispensation: Dispensation,
    ask: &mut Ask<'a>,
) -> Result<usize, Fault> {
    let at = At::ROOT.field("messages");
    let value = top.get("messages").ok_or_else(|| field::missing(&at))?;
    let messages = value
        .as_array()
        .ok_or_else(|| field::wrong_type(&at, "an array of objects", value))?;
    if messages.is_empty() {
        return Err(field::empty_array(&at));
    }
    let mut open = Open::default();
    let mut chars = 0;
    for (index, message) in messages.iter().enumerate() {
        let at = at.index(index);
        let message = message
            .as_object()
            .ok_or_else(|| field::wrong_type(&at, "an object", message))?;
        let role = field::string(message, &at, "role")?;
        if !ROLES.contains(&role) {
            return Err(field::unsupported_value(&at.field("role"), role, ROLES));
        }
        if role != "tool" {
            open.settle(index)?;
        }
        fields(message, role, &at, dispensation)?;
        let content = parts::check(message, role, &at, dispensation, ask)?;
        chars += content.chars().count();
        match role {
            "user" => {
                ask.text = content;
                ask.results.clear();
            }
            "assistant" => {
                chars += assistant(message, &at, dispensation, &mut open)?;
                ask.results.clear();
            }
            "tool" => {
                open.answer(message, index, &at)?;
                ask.results.push(content.into_owned());
            }
            _system_developer_function => {}
        }
    }
    open.settle(messages.len())?;
    if matches!(ask.output, Output::Json) && !parts::mentions_json(messages) {
        let message = "'messages' must contain the word 'json' in some form, to use 'response_format' of type \
                       'json_object'.";
        return Err(Fault::bad(message).param("messages"));
    }
    Ok(chars)
}

fn fields(
    message: &Map<String, Value>,
    role: &str,
    at: &At<'_>,
    dispensation: Dispensation,
) -> Result<(), Fault> {
    if dispensation.unknown_fields {
        return Ok(());
    }
    let known: &[&str] = match role {
        "assistant" if dispensation.reasoning => &[
            "role",
            "content",
            "name",
            "refusal",
            "audio",
            "tool_calls",
            "function_call",
            "annotations",
            "reasoning_content",
        ],
        "assistant" => &[
            "role",
            "content",
            "name",
            "refusal",
            "audio",
            "tool_calls",
            "function_call",
            "annotations",
        ],
        "tool" => &["role", "content", "name", "tool_call_id"],
        _system_developer_user_function => &["role", "content", "name"],
    };
    field::only(message, at, known)?;
    match field::given(message, "name") {
        Some(Value::String(_)) | None => Ok(()),
        Some(other) => Err(field::wrong_type(&at.field("name"), "a string", other)),
    }
}

fn assistant<'a>(
    message: &'a Map<String, Value>,
    at: &At<'_>,
    dispensation: Dispensation,
    open: &mut Open<'a>,
) -> Result<usize, Fault> {
    let calls_at = at.field("tool_calls");
    let calls = match field::given(message, "tool_calls") {
        None => return Ok(0),
        Some(Value::Array(calls)) if calls.is_empty() => return Err(field::empty_array(&calls_at)),
        Some(Value::Array(calls)) => calls,
        Some(other) => return Err(field::wrong_type(&calls_at, "an array of objects", other)),
    };
    if dispensation.reasoning_beside_calls
        && !message
            .get("reasoning_content")
            .is_some_and(Value::is_string)
    {
        let message =
            "The `reasoning_content` in the thinking mode must be passed back to the API.";
        return Err(Fault::bad(message));
    }
    let mut chars = 0;
    for (index, value) in calls.iter().enumerate() {
        let at = calls_at.index(index);
        let call = value
            .as_object()
            .ok_or_else(|| field::wrong_type(&at, "an object", value))?;
        let id = field::string(call, &at, "id")?;
        field::short(id, &at.field("id"), LONGEST_ID)?;
        if open.asked.contains(&id) {
            let path = at.field("id").bracketed();
            return Err(Fault::bad(format!("Duplicate value for '{path}': '{id}'.")).param(path));
        }
        open.asked.push(id);
        let (kind, input, known) = match field::string(call, &at, "type")? {
            "function" => ("function", "arguments", ["id", "type", "function"]),
            "custom" => ("custom", "input", ["id", "type", "custom"]),
            other => {
                let at = at.field("type");
                return Err(field::unsupported_value(
                    &at,
                    other,
                    &["function", "custom"],
                ));
            }
        };
        if !dispensation.unknown_fields {
            field::only(call, &at, &known)?;
        }
        let inner = field::object(call, &at, kind)?;
        let at = at.field(kind);
        if !dispensation.unknown_fields {
            field::only(inner, &at, &["name", input])?;
        }
        let name = field::string(inner, &at, "name")?;
        field::name(name, &at.field("name"), LONGEST_NAME)?;
        chars += name.len() + field::string(inner, &at, input)?.chars().count();
    }
    Ok(chars)
}

impl<'a> Open<'a> {
    /// Another message begins, or there is none: every call must have its result.
    fn settle(&mut self, index: usize) -> Result<(), Fault> {
        let missing: Vec<_> = self
            .asked
            .iter()
            .filter(|id| !self.answered.contains(id))
            .copied()
            .collect();
        if !missing.is_empty() {
            let ids = missing.join(", ");
            return Err(Fault::bad(format!(
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each \
                 'tool_call_id'. The following tool_call_ids did not have response messages: {ids}"
            ))
            .param(format!("messages.[{index}].role")));
        }
        *self = Self::default();
        Ok(())
    }

    fn answer(
        &mut self,
        message: &'a Map<String, Value>,
        index: usize,
        at: &At<'_>,
    ) -> Result<(), Fault> {
        let id = field::string(message, at, "tool_call_id")?;
        if self.asked.is_empty() {
            let message = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with \
                           'tool_calls'.";
            return Err(Fault::bad(message).param(format!("messages.[{index}].role")));
        }
        let param = || format!("messages.[{index}].tool_call_id");
        if !self.asked.contains(&id) {
            let message = format!(
                "Invalid parameter: 'tool_call_id' of '{id}' not found in 'tool_calls' of previous message."
            );
            return Err(Fault::bad(message).param(param()));
        }
        if self.answered.contains(&id) {
            let message = format!(
                "Duplicate value for 'tool_call_id' of '{id}' in message with role 'tool'."
            );
            return Err(Fault::bad(message).param(param()));
        }
        self.answered.push(id);
        Ok(())
    }
}

/// Several text parts as one text.
pub(super) fn join<'a>(texts: &[&'a str]) -> Cow<'a, str> {
    match texts {
        [] => Cow::Borrowed(""),
        [one] => Cow::Borrowed(one),
        many => Cow::Owned(many.join("\n")),
    }
}
