//! Function declarations, built-in tools and how they may be called.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{invalid, schema};
use crate::{
    ask::{Ask, Choice, Tool},
    fault::Fault,
    gemini::proto,
    json_path::At,
    model::Model,
};

/// Longest name of a function (google-genai 3.4.0; 64 until 2026).
const LONGEST_NAME: usize = 128;

/// Checks `tools` and `toolConfig`, and counts their characters.
pub(super) fn check<'a>(
    top: &'a Map<String, Value>,
    model: &Model<'_>,
    ask: &mut Ask<'a>,
) -> Result<usize, Fault> {
    let at = At::ROOT.field("tools");
    let mut names = HashSet::new();
    let (mut chars, mut built_in) = (0, false);
    for (index, tool) in objects(proto::list(top, "tools")).enumerate() {
        let at = at.index(index);
        let at = at.field("function_declarations");
        let declarations = proto::list(tool, "function_declarations");
        for (index, declaration) in objects(declarations).enumerate() {
            let tool = function(declaration, &at.index(index))?;
            if !names.insert(tool.name) {
                let name = tool.name;
                return Err(Fault::bad(format!(
                    "Duplicate function declaration found: {name}"
                )));
            }
            ask.tools.push(tool);
        }
        built_in |= tool.len() > usize::from(!declarations.is_empty());
        chars += declarations
            .iter()
            .map(|declaration| declaration.to_string().chars().count())
            .sum::<usize>();
    }
    let config = proto::object(top, "tool_config");
    if built_in && !ask.tools.is_empty() {
        let asked = "include_server_side_tool_invocations";
        let enabled = config.and_then(|config| proto::get(config, asked));
        if !model.generation3 {
            return Err(Fault::bad("Tool use with function calling is unsupported"));
        }
        if enabled != Some(&Value::Bool(true)) {
            return Err(Fault::bad(
                "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function \
                 calling.",
            ));
        }
    }
    if let Some(calling) =
        config.and_then(|config| proto::object(config, "function_calling_config"))
    {
        choose(calling, ask)?;
    }
    Ok(chars)
}

/// A function's name: ASCII letters, digits, `_`, `.`, `:` and `-`, the first a letter or `_`.
pub(super) fn name(name: &str, at: &At<'_>) -> Result<(), Fault> {
    let first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    if name.len() <= LONGEST_NAME
        && name.bytes().next().is_some_and(first)
        && name.bytes().all(fits)
    {
        return Ok(());
    }
    let path = at.bracketed();
    Err(Fault::bad(format!(
        "The GenerateContentRequest proto is invalid:\n  * {path}: [FIELD_INVALID] Invalid function name. Must start with \
         a letter or an underscore. Must be a-z, A-Z, 0-9, or contain underscores (_), dots (.), colons (:), or dashes \
         (-), with a maximum length of {LONGEST_NAME}."
    )))
}

fn objects(values: &[Value]) -> impl Iterator<Item = &Map<String, Value>> {
    values.iter().filter_map(Value::as_object)
}

fn function<'a>(declaration: &'a Map<String, Value>, at: &At<'_>) -> Result<Tool<'a>, Fault> {
    let given = proto::text(declaration, "name").unwrap_or_default();
    name(given, &at.field("name"))?;
    for (lowered, full) in [
        ("parameters", "parameters_json_schema"),
        ("response", "response_json_schema"),
    ] {
        let json_schema = proto::get(declaration, full);
        if let Some(schema) = proto::object(declaration, lowered) {
            if json_schema.is_some() {
                return Err(invalid(
                    at,
                    &format!("only one of {lowered} and {full} can be set"),
                ));
            }
            schema::check(schema, &at.field(lowered))?;
            if lowered == "parameters" && !schema::is_object(schema) {
                return Err(Fault::bad(format!(
                    "{given} functionDeclaration parameters schema should be of type OBJECT."
                )));
            }
        }
        if json_schema.is_some_and(|schema| !schema.is_object()) {
            return Err(invalid(&at.field(full), "must be a JSON schema object"));
        }
    }
    Ok(Tool {
        name: given,
        schema: proto::get(declaration, "parameters")
            .or_else(|| proto::get(declaration, "parameters_json_schema")),
    })
}

fn choose<'a>(calling: &'a Map<String, Value>, ask: &mut Ask<'a>) -> Result<(), Fault> {
    let mode = proto::text(calling, "mode")
        .unwrap_or("AUTO")
        .to_uppercase();
    let forced = mode == "ANY";
    let allowed: Vec<_> = proto::list(calling, "allowed_function_names")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    if ask.tools.is_empty() && (forced || mode == "VALIDATED" || !allowed.is_empty()) {
        return Err(Fault::bad(
            "Function calling config is set without function_declarations.",
        ));
    }
    if !allowed.is_empty() {
        if !forced && mode != "VALIDATED" {
            return Err(Fault::bad(
                "Please set allowed_function_names only when function calling mode is ANY.",
            ));
        }
        let declared = |name: &&&str| ask.tools.iter().any(|tool| tool.name == **name);
        if let Some(unknown) = allowed.iter().find(|name| !declared(name)) {
            return Err(Fault::bad(format!(
                "The allowed_function_names contains a function that is not declared: {unknown}"
            )));
        }
        ask.tools.retain(|tool| allowed.contains(&tool.name));
    }
    ask.choice = match (mode.as_str(), allowed.as_slice()) {
        ("ANY", [only]) => Choice::Named(only),
        ("ANY", _) => Choice::Any,
        ("NONE", _) => Choice::None,
        _auto_or_validated => Choice::Auto,
    };
    Ok(())
}
