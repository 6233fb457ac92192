//! Tools, wherever they are declared, and the choice among them.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::Asked;
use crate::{
    ask::{Choice, Tool},
    chat::rules::{field, tools},
    fault::Fault,
    json_path::At,
    responses::voice::{CallKind, Callable},
};

/// Kinds of tools that are not called by the client, with their fields beside `type`; `None` when not checked.
const HOSTED: &[(&str, Option<&[&str]>)] = &[
    ("web_search", Some(WEB_SEARCH)),
    ("web_search_2025_08_26", Some(WEB_SEARCH)),
    ("web_search_preview", Some(WEB_SEARCH)),
    ("web_search_preview_2025_03_11", Some(WEB_SEARCH)),
    ("file_search", None),
    ("computer", None),
    ("computer_use_preview", None),
    ("code_interpreter", None),
    ("image_generation", None),
    ("local_shell", None),
    ("shell", None),
    ("apply_patch", None),
    ("mcp", None),
    ("programmatic_tool_calling", None),
];
/// As the SDK has them, and as Codex sends them (`external_web_access` with `search_content_types`).
const WEB_SEARCH: &[&str] = &[
    "external_web_access",
    "filters",
    "search_content_types",
    "search_context_size",
    "user_location",
];
const CALLED: &[&str] = &["function", "custom", "namespace", "tool_search"];
const LONGEST_NAME: usize = 128;
/// Its tools are called by their bare names.
const DEFAULT_NAMESPACE: &str = "functions";
const SEARCH: &str = "tool_search";

/// Free text, so that the actor makes some.
static FREE_TEXT: LazyLock<Value> = LazyLock::new(|| json!({"type": "string"}));

/// Checks `tools` and counts their characters.
pub(super) fn declared<'a>(
    top: &'a Map<String, Value>,
    asked: &mut Asked<'a>,
) -> Result<usize, Fault> {
    match field::given(top, "tools") {
        None => Ok(0),
        Some(tools) => list(tools, &At::ROOT.field("tools"), None, false, asked),
    }
}

/// Checks the tools of an item that brings some; what is declared already wins.
pub(super) fn more<'a>(
    item: &'a Map<String, Value>,
    at: &At<'_>,
    asked: &mut Asked<'a>,
) -> Result<usize, Fault> {
    let at = at.field("tools");
    let tools = item.get("tools").ok_or_else(|| field::missing(&at))?;
    list(tools, &at, None, true, asked)
}

/// Checks `tool_choice`, when all tools are known.
pub(super) fn choice<'a>(top: &'a Map<String, Value>, asked: &mut Asked<'a>) -> Result<(), Fault> {
    let at = At::ROOT.field("tool_choice");
    let nothing = asked.callables.is_empty() && field::given(top, "tools").is_none();
    asked.ask.choice = match field::given(top, "tool_choice") {
        None => Choice::Auto,
        Some(Value::String(word)) => match word.as_str() {
            "auto" => Choice::Auto,
            "none" => Choice::None,
            "required" if nothing => {
                let message = "Tool choice 'required' must be specified with 'tools' parameter.";
                return Err(Fault::bad(message).param("tool_choice"));
            }
            "required" => Choice::Any,
            other => {
                let words = ["none", "auto", "required"];
                return Err(field::unsupported_value(&at, other, &words));
            }
        },
        Some(Value::Object(object)) => chosen(object, &at, top, asked)?,
        Some(other) => return Err(field::wrong_type(&at, "a string or an object", other)),
    };
    Ok(())
}

fn chosen<'a>(
    object: &'a Map<String, Value>,
    at: &At<'_>,
    top: &'a Map<String, Value>,
    asked: &mut Asked<'a>,
) -> Result<Choice<'a>, Fault> {
    let hosted = |kind: &str| HOSTED.iter().any(|(tag, _)| *tag == kind);
    match field::string(object, at, "type")? {
        kind @ ("function" | "custom") => {
            field::only(object, at, &["type", "name"])?;
            let name = field::string(object, at, "name")?;
            callable(asked, kind, name).map(|()| Choice::Named(name))
        }
        "allowed_tools" => {
            field::only(object, at, &["type", "mode", "tools"])?;
            let at_tools = at.field("tools");
            let tools = match object.get("tools") {
                Some(Value::Array(tools)) => tools,
                Some(other) => {
                    return Err(field::wrong_type(&at_tools, "an array of objects", other));
                }
                None => return Err(field::missing(&at_tools)),
            };
            let name = |tool: &'a Value| tool.get("name").and_then(Value::as_str);
            for tool in tools {
                if let (Some(kind @ ("function" | "custom")), Some(name)) =
                    (tool.get("type").and_then(Value::as_str), name(tool))
                {
                    callable(asked, kind, name)?;
                }
            }
            let allowed: Vec<_> = tools.iter().filter_map(name).collect();
            asked.ask.tools.retain(|tool| allowed.contains(&tool.name));
            match field::string(object, at, "mode")? {
                "auto" => Ok(Choice::Auto),
                "required" => Ok(Choice::Any),
                other => {
                    let at = at.field("mode");
                    Err(field::unsupported_value(&at, other, &["auto", "required"]))
                }
            }
        }
        kind if hosted(kind) => {
            let tools = field::given(top, "tools").and_then(Value::as_array);
            let declared = |tool: &Value| tool.get("type").and_then(Value::as_str) == Some(kind);
            if tools.is_some_and(|tools| tools.iter().any(declared)) {
                return Ok(Choice::Any);
            }
            Err(not_found(kind))
        }
        other => {
            let mut words = vec!["function", "custom", "allowed_tools"];
            words.extend(HOSTED.iter().map(|(tag, _)| *tag));
            Err(field::unsupported_value(&at.field("type"), other, &words))
        }
    }
}

fn callable(asked: &Asked<'_>, kind: &str, name: &str) -> Result<(), Fault> {
    let fits = |tool: &Callable| {
        tool.name == name
            && match tool.kind {
                CallKind::Function => kind == "function",
                CallKind::Custom => kind == "custom",
                CallKind::ToolSearch => false,
            }
    };
    if asked.callables.iter().any(fits) {
        return Ok(());
    }
    Err(not_found(name))
}

fn not_found(what: &str) -> Fault {
    Fault::bad(format!(
        "Tool choice '{what}' not found in 'tools' parameter."
    ))
    .param("tool_choice")
}

fn list<'a>(
    value: &'a Value,
    at: &At<'_>,
    namespace: Option<&str>,
    loaded: bool,
    asked: &mut Asked<'a>,
) -> Result<usize, Fault> {
    let tools = value
        .as_array()
        .ok_or_else(|| field::wrong_type(at, "an array of objects", value))?;
    let mut chars = 0;
    for (index, tool) in tools.iter().enumerate() {
        let at = at.index(index);
        let tool = tool
            .as_object()
            .ok_or_else(|| field::wrong_type(&at, "an object", tool))?;
        chars += check(tool, &at, namespace, loaded, asked)?;
    }
    Ok(chars)
}

fn check<'a>(
    tool: &'a Map<String, Value>,
    at: &At<'_>,
    namespace: Option<&str>,
    loaded: bool,
    asked: &mut Asked<'a>,
) -> Result<usize, Fault> {
    let kind = field::string(tool, at, "type")?;
    let (known, call): (&[&str], _) = match (kind, namespace) {
        ("function", _) => (
            &["parameters", "strict", "output_schema"],
            Some(CallKind::Function),
        ),
        ("custom", _) => (&["format"], Some(CallKind::Custom)),
        ("tool_search", None) => (&["execution", "parameters"], None),
        ("namespace", None) => (&["tools"], None),
        (hosted, None) => return self::hosted(hosted, tool, at, asked).map(|()| 0),
        (other, Some(_)) => {
            let words = ["function", "custom"];
            return Err(field::unsupported_value(at, other, &words));
        }
    };
    let anywhere = [
        "type",
        "name",
        "description",
        "async",
        "defer_loading",
        "allowed_callers",
    ];
    field::only(tool, at, &[known, &anywhere].concat())?;
    let description = description(tool, at)?;
    if kind == "tool_search" {
        return Ok(description.len() + search(tool, at, asked)?);
    }
    let name = field::string(tool, at, "name")?;
    field::name(name, &at.field("name"), LONGEST_NAME)?;
    let chars = name.len() + description.chars().count();
    let Some(call) = call else {
        let tools = tool
            .get("tools")
            .ok_or_else(|| field::missing(&at.field("tools")))?;
        let inner = list(tools, &at.field("tools"), Some(name), loaded, asked)?;
        return Ok(chars + inner);
    };
    let schema = match call {
        CallKind::Function => parameters(tool, name, at)?,
        CallKind::Custom | CallKind::ToolSearch => {
            grammar(tool, at)?;
            Some(&*FREE_TEXT)
        }
    };
    // a deferred tool cannot be called before a search has brought it
    let deferred = !loaded && tool.get("defer_loading") == Some(&Value::Bool(true));
    if !deferred {
        declare(name, namespace, call, schema, asked);
    }
    Ok(chars + schema.map_or(0, |schema| schema.to_string().len()))
}

fn declare<'a>(
    name: &'a str,
    namespace: Option<&str>,
    kind: CallKind,
    schema: Option<&'a Value>,
    asked: &mut Asked<'a>,
) {
    if asked.callables.iter().any(|tool| tool.name == name) {
        return;
    }
    asked.ask.tools.push(Tool { name, schema });
    asked.callables.push(Callable {
        name: name.to_owned(),
        namespace: namespace
            .filter(|namespace| *namespace != DEFAULT_NAMESPACE)
            .map(str::to_owned),
        kind,
    });
}

fn description<'a>(tool: &'a Map<String, Value>, at: &At<'_>) -> Result<&'a str, Fault> {
    match field::given(tool, "description") {
        None => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(field::wrong_type(
            &at.field("description"),
            "a string",
            other,
        )),
    }
}

fn parameters<'a>(
    tool: &'a Map<String, Value>,
    name: &str,
    at: &At<'_>,
) -> Result<Option<&'a Value>, Fault> {
    let Some(schema) = field::given(tool, "parameters") else {
        return Ok(None);
    };
    let at_schema = at.field("parameters");
    tools::parameters(schema, name, &at_schema)?;
    match field::given(tool, "strict") {
        None | Some(Value::Bool(false)) => {}
        Some(Value::Bool(true)) => {
            tools::strict_schema(schema, &format!("function '{name}'"), &at_schema)
                .map_err(|fault| fault.code("invalid_function_parameters"))?;
        }
        Some(other) => return Err(field::wrong_type(&at.field("strict"), "a boolean", other)),
    }
    Ok(Some(schema))
}

fn grammar(tool: &Map<String, Value>, at: &At<'_>) -> Result<(), Fault> {
    let at = at.field("format");
    let format = match field::given(tool, "format") {
        None => return Ok(()),
        Some(Value::Object(format)) => format,
        Some(other) => return Err(field::wrong_type(&at, "an object", other)),
    };
    match field::string(format, &at, "type")? {
        "text" => field::only(format, &at, &["type"]),
        "grammar" => {
            field::only(format, &at, &["type", "syntax", "definition"])?;
            field::string(format, &at, "definition")?;
            match field::string(format, &at, "syntax")? {
                "lark" | "regex" => Ok(()),
                other => {
                    let at = at.field("syntax");
                    Err(field::unsupported_value(&at, other, &["lark", "regex"]))
                }
            }
        }
        other => Err(field::unsupported_value(
            &at.field("type"),
            other,
            &["text", "grammar"],
        )),
    }
}

/// A search that the client runs is called like a function; one that the provider runs is its own affair.
fn search<'a>(
    tool: &'a Map<String, Value>,
    at: &At<'_>,
    asked: &mut Asked<'a>,
) -> Result<usize, Fault> {
    match field::given(tool, "execution").map(|value| value.as_str().unwrap_or_default()) {
        None | Some("server") => return Ok(0),
        Some("client") => {}
        Some(other) => {
            let at = at.field("execution");
            return Err(field::unsupported_value(&at, other, &["server", "client"]));
        }
    }
    let schema = field::given(tool, "parameters");
    declare(SEARCH, None, CallKind::ToolSearch, schema, asked);
    Ok(schema.map_or(0, |schema| schema.to_string().len()))
}

fn hosted(
    kind: &str,
    tool: &Map<String, Value>,
    at: &At<'_>,
    asked: &mut Asked<'_>,
) -> Result<(), Fault> {
    let Some((_, fields)) = HOSTED.iter().find(|(tag, _)| *tag == kind) else {
        let mut words = CALLED.to_vec();
        words.extend(HOSTED.iter().map(|(tag, _)| *tag));
        return Err(field::unsupported_value(at, kind, &words));
    };
    if let Some(fields) = fields {
        field::only(tool, at, &[*fields, &["type"]].concat())?;
    }
    asked.web = asked.web || kind.starts_with("web_search");
    Ok(())
}
