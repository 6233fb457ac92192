//! Input items: which there are, and what they hold.

use serde_json::{Map, Value};

use crate::{chat::rules::field, fault::Fault, json_path::At};

/// A kind of input item.
pub(super) struct Kind {
    pub(super) tag: &'static str,
    /// How its ids begin, where that is known.
    prefix: Option<&'static str>,
    /// Its fields beside `type`, `id` and `status`; `None` when its shape is not checked.
    fields: Option<&'static [&'static str]>,
}

const KINDS: &[Kind] = &[
    kind("message", "msg", &["role", "content", "phase"]),
    kind(
        "function_call",
        "fc",
        &[
            "call_id",
            "name",
            "arguments",
            "namespace",
            "async",
            "caller",
        ],
    ),
    kind(
        "function_call_output",
        "fc",
        &["call_id", "output", "name", "namespace", "caller"],
    ),
    kind(
        "custom_tool_call",
        "ctc",
        &["call_id", "name", "input", "namespace", "async", "caller"],
    ),
    kind(
        "custom_tool_call_output",
        "ctc",
        &["call_id", "output", "name", "caller"],
    ),
    kind(
        "reasoning",
        "rs",
        &["summary", "content", "encrypted_content"],
    ),
    kind("compaction", "cmp", &["encrypted_content", "created_by"]),
    kind("compaction_trigger", "", &[]),
    kind("item_reference", "", &[]),
    kind("web_search_call", "ws", &["action", "results"]),
    kind(
        "tool_search_call",
        "tsc",
        &["arguments", "call_id", "execution", "created_by"],
    ),
    kind(
        "tool_search_output",
        "ts",
        &["tools", "call_id", "execution", "created_by"],
    ),
    kind("additional_tools", "at", &["role", "tools"]),
    kind("configuration_update", "", &["reasoning", "text"]),
    unchecked("file_search_call", Some("fs")),
    unchecked("computer_call", Some("cu")),
    unchecked("computer_call_output", None),
    unchecked("image_generation_call", Some("ig")),
    unchecked("code_interpreter_call", Some("ci")),
    unchecked("local_shell_call", None),
    unchecked("local_shell_call_output", None),
    unchecked("shell_call", None),
    unchecked("shell_call_output", None),
    unchecked("apply_patch_call", None),
    unchecked("apply_patch_call_output", None),
    unchecked("mcp_list_tools", Some("mcpl")),
    unchecked("mcp_approval_request", Some("mcpr")),
    unchecked("mcp_approval_response", None),
    unchecked("mcp_call", Some("mcp")),
    unchecked("program", None),
    unchecked("program_output", None),
];

const LONGEST_ID: usize = 64;
/// What Codex puts on any item, also of the API.
const ANYWHERE: &[&str] = &[
    "type",
    "id",
    "status",
    "internal_chat_message_metadata_passthrough",
];
const STATUSES: &[&str] = &["in_progress", "completed", "incomplete"];

impl Kind {
    /// The kind of an item; `type` may be left out of messages and references.
    pub(super) fn of(item: &Map<String, Value>, at: &At<'_>) -> Result<&'static Self, Fault> {
        let tag = match item.get("type") {
            Some(Value::String(tag)) => tag.as_str(),
            None | Some(Value::Null) if item.contains_key("role") => "message",
            None | Some(Value::Null) if item.len() == 1 && item.contains_key("id") => {
                "item_reference"
            }
            None | Some(Value::Null) => return Err(field::missing(&at.field("type"))),
            Some(other) => return Err(field::wrong_type(&at.field("type"), "a string", other)),
        };
        KINDS.iter().find(|kind| kind.tag == tag).ok_or_else(|| {
            let tags: Vec<_> = KINDS.iter().map(|kind| kind.tag).collect();
            field::unsupported_value(at, tag, &tags)
        })
    }

    /// Checks the names of the fields, the id and the status, and returns the id.
    pub(super) fn frame<'a>(
        &self,
        item: &'a Map<String, Value>,
        at: &At<'_>,
    ) -> Result<Option<&'a str>, Fault> {
        if let Some(fields) = self.fields {
            field::only(item, at, &[fields, ANYWHERE].concat())?;
            match field::given(item, "status") {
                None => {}
                Some(Value::String(word)) if STATUSES.contains(&word.as_str()) => {}
                Some(other) => {
                    let got = other.as_str().unwrap_or_default();
                    return Err(field::unsupported_value(&at.field("status"), got, STATUSES));
                }
            }
        }
        match field::given(item, "id") {
            None => Ok(None),
            Some(Value::String(id)) => self.id(id, &at.field("id")).map(|()| Some(id.as_str())),
            Some(other) => Err(field::wrong_type(&at.field("id"), "a string", other)),
        }
    }

    fn id(&self, id: &str, at: &At<'_>) -> Result<(), Fault> {
        field::short(id, at, LONGEST_ID)?;
        let path = at.bracketed();
        let invalid = |expected: &str| {
            Fault::bad(format!(
                "Invalid '{path}': '{id}'. Expected an ID that {expected}"
            ))
            .param(path.as_str())
            .code("invalid_value")
        };
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if id.is_empty() || !id.bytes().all(fits) {
            return Err(invalid(
                "contains letters, numbers, underscores, or dashes, but this value contained additional characters.",
            ));
        }
        match self.prefix {
            Some(prefix) if !id.starts_with(prefix) => {
                Err(invalid(&format!("begins with '{prefix}'.")))
            }
            Some(_) | None => Ok(()),
        }
    }
}

const fn kind(tag: &'static str, prefix: &'static str, fields: &'static [&'static str]) -> Kind {
    Kind {
        tag,
        prefix: if prefix.is_empty() {
            None
        } else {
            Some(prefix)
        },
        fields: Some(fields),
    }
}

const fn unchecked(tag: &'static str, prefix: Option<&'static str>) -> Kind {
    Kind {
        tag,
        prefix,
        fields: None,
    }
}
