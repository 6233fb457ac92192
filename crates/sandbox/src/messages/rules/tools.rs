//! Tools and the choice among them.

use serde_json::{Map, Value};

use super::{cache::Ledger, field};
use crate::{
    ask::{Ask, Choice, Tool},
    fault::Fault,
    json_path::At,
};

const LONGEST_NAME: usize = 128;

const CUSTOM: &[&str] = &[
    "allowed_callers",
    "cache_control",
    "defer_loading",
    "description",
    "eager_input_streaming",
    "input_examples",
    "input_schema",
    "name",
    "strict",
    "type",
];

/// Tools that Anthropic defines, by the beginning of their dated type.
const TYPED: &[&str] = &[
    "bash_",
    "browser_",
    "code_execution_",
    "computer_",
    "mcp_toolset",
    "memory_",
    "text_editor_",
    "tool_search_tool_",
    "web_fetch_",
    "web_search_",
];

/// Checks `tools` and `tool_choice`.
pub(super) fn check<'a>(
    top: &'a Map<String, Value>,
    ask: &mut Ask<'a>,
    ledger: &mut Ledger,
) -> Result<(), Fault> {
    let at = At::ROOT.field("tools");
    let mut names = Vec::new();
    match top.get("tools") {
        None => {}
        Some(Value::Array(tools)) => {
            for (index, tool) in tools.iter().enumerate() {
                let at = at.index(index);
                let tool = tool
                    .as_object()
                    .ok_or_else(|| field::wrong(&at, "dictionary"))?;
                let name = check_tool(tool, &at, ask, ledger)?;
                if names.contains(&name) {
                    return Err(Fault::bad("tools: Tool names must be unique."));
                }
                names.push(name);
            }
        }
        Some(_) => return Err(field::wrong(&at, "list")),
    }
    choice(top, ask, &names)
}

/// A schema for output: every object must be closed.
pub(super) fn closed_objects(schema: &Value, at: &At<'_>) -> Result<(), Fault> {
    match schema {
        Value::Object(object) => {
            let is_object = object.get("type").and_then(Value::as_str) == Some("object");
            if is_object && object.get("additionalProperties") != Some(&Value::Bool(false)) {
                return Err(Fault::bad(format!(
                    "{}: For 'object' type, 'additionalProperties' must be explicitly set to false",
                    at.dotted()
                )));
            }
            object
                .values()
                .try_for_each(|value| closed_objects(value, at))
        }
        Value::Array(items) => items.iter().try_for_each(|value| closed_objects(value, at)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn check_tool<'a>(
    tool: &'a Map<String, Value>,
    at: &At<'_>,
    ask: &mut Ask<'a>,
    ledger: &mut Ledger,
) -> Result<&'a str, Fault> {
    let kind = field::optional_string(tool, at, "type")?.unwrap_or("custom");
    let name = if kind == "custom" {
        custom(tool, &at.field("custom"), ask, ledger)?
    } else {
        typed(tool, kind, at)?
    };
    if let Some(mark) = tool.get("cache_control") {
        ledger.mark(mark, &at.field("cache_control"))?;
    }
    Ok(name)
}

fn custom<'a>(
    tool: &'a Map<String, Value>,
    at: &At<'_>,
    ask: &mut Ask<'a>,
    ledger: &mut Ledger,
) -> Result<&'a str, Fault> {
    field::only(tool, at, CUSTOM)?;
    let name = field::string(tool, at, "name")?;
    if !field::is_name(name, LONGEST_NAME) {
        return Err(Fault::bad(format!(
            "{}: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'",
            at.field("name").dotted()
        )));
    }
    let description = field::optional_string(tool, at, "description")?;
    let at = at.field("input_schema");
    let schema = tool
        .get("input_schema")
        .ok_or_else(|| field::required(&at))?;
    let object = schema
        .as_object()
        .ok_or_else(|| field::wrong(&at, "dictionary"))?;
    match object.get("type") {
        Some(Value::String(kind)) if kind == "object" => {}
        Some(_) => return Err(field::not_one_of(&at.field("type"), &["object"])),
        None => return Err(field::required(&at.field("type"))),
    }
    if ["oneOf", "allOf", "anyOf"]
        .into_iter()
        .any(|union| object.contains_key(union))
    {
        return Err(Fault::bad(format!(
            "{}: input_schema does not support oneOf, allOf, or anyOf at the top level",
            at.dotted()
        )));
    }
    ledger.text(name);
    ledger.text(description.unwrap_or_default());
    ledger.json(schema);
    ask.tools.push(Tool {
        name,
        schema: Some(schema),
    });
    Ok(name)
}

fn typed<'a>(tool: &'a Map<String, Value>, kind: &'a str, at: &At<'_>) -> Result<&'a str, Fault> {
    if !TYPED.iter().any(|known| kind.starts_with(known)) {
        return Err(field::unknown_tag(
            at,
            kind,
            ["custom"].into_iter().chain(TYPED.iter().copied()),
        ));
    }
    let at = at.field(kind);
    if tool.contains_key("input_schema") {
        return Err(field::extra(&at.field("input_schema")));
    }
    if kind == "mcp_toolset" {
        return field::string(tool, &at, "mcp_server_name");
    }
    // a toolset is known by its type alone
    if kind.contains("_toolset_") {
        return Ok(kind);
    }
    field::string(tool, &at, "name")
}

fn choice<'a>(top: &'a Map<String, Value>, ask: &mut Ask<'a>, names: &[&str]) -> Result<(), Fault> {
    let at = At::ROOT.field("tool_choice");
    let Some(value) = top.get("tool_choice") else {
        return Ok(());
    };
    let choice = value
        .as_object()
        .ok_or_else(|| field::wrong(&at, "dictionary"))?;
    let kind = field::string(choice, &at, "type")?;
    let known: &[&str] = match kind {
        "auto" | "any" => &["type", "disable_parallel_tool_use"],
        "none" => &["type"],
        "tool" => &["type", "name", "disable_parallel_tool_use"],
        other => {
            return Err(field::unknown_tag(
                &at,
                other,
                ["any", "auto", "none", "tool"],
            ));
        }
    };
    let at = at.field(kind);
    field::only(choice, &at, known)?;
    ask.parallel = !field::boolean(choice, &at, "disable_parallel_tool_use")?.unwrap_or(false);
    ask.choice = match kind {
        "any" => Choice::Any,
        "none" => Choice::None,
        "tool" => Choice::Named(field::string(choice, &at, "name")?),
        _auto => Choice::Auto,
    };
    match ask.choice {
        Choice::Any if names.is_empty() => Err(Fault::bad(
            "tool_choice.any may only be specified while providing tools",
        )),
        Choice::Named(name) if !names.contains(&name) => Err(Fault::bad(format!(
            "Tool '{name}' not found in provided tools"
        ))),
        Choice::Auto | Choice::None | Choice::Any | Choice::Named(_) => Ok(()),
    }
}
