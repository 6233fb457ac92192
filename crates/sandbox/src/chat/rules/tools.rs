//! Tools, the choice among them, and strict schemas.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::{Dispensation, field};
use crate::{
    ask::{Ask, Choice, Tool},
    fault::Fault,
    json_path::At,
};

/// What a custom tool takes.
static FREE_TEXT: LazyLock<Value> = LazyLock::new(|| serde_json::json!({"type": "string"}));

const LONGEST_NAME: usize = 64;
const MOST_TOOLS: usize = 128;

/// Checks `tools`, `tool_choice` and `parallel_tool_calls`, and counts the characters of the tools.
pub(super) fn check<'a>(
    top: &'a Map<String, Value>,
    dispensation: Dispensation,
    ask: &mut Ask<'a>,
) -> Result<usize, Fault> {
    let at = At::ROOT.field("tools");
    let mut chars = 0;
    match field::given(top, "tools") {
        None => return without_tools(top),
        Some(Value::Array(tools)) if tools.is_empty() => return Err(field::empty_array(&at)),
        Some(Value::Array(tools)) if tools.len() > MOST_TOOLS => {
            return Err(field::array_too_long(&at, MOST_TOOLS, tools.len()));
        }
        Some(Value::Array(tools)) => {
            for (index, tool) in tools.iter().enumerate() {
                chars += check_tool(tool, &at.index(index), dispensation, ask)?;
            }
        }
        Some(other) => return Err(field::wrong_type(&at, "an array of objects", other)),
    }
    ask.parallel = field::boolean(top, "parallel_tool_calls")?.unwrap_or(true);
    ask.choice = choice(top, ask)?;
    Ok(chars)
}

/// A schema under `strict: true`: every object closed, every property required.
pub(crate) fn strict_schema(schema: &Value, what: &str, param: &At<'_>) -> Result<(), Fault> {
    let refuse = |context: &str, problem: &str| {
        Fault::bad(format!(
            "Invalid schema for {what}: In context={context}, {problem}"
        ))
        .param(param.bracketed())
    };
    each_object(schema, &mut Vec::new(), &mut |object, context| {
        let context = format!("({})", context.join(", "));
        if object.get("additionalProperties") != Some(&Value::Bool(false)) {
            return Err(refuse(
                &context,
                "'additionalProperties' is required to be supplied and to be false.",
            ));
        }
        let required = object.get("required").and_then(Value::as_array);
        let names = object.get("properties").and_then(Value::as_object);
        let missing = names.into_iter().flat_map(Map::keys).find(|name| {
            !required.is_some_and(|required| required.iter().any(|known| known == name.as_str()))
        });
        match missing {
            None => Ok(()),
            Some(name) => Err(refuse(
                &context,
                &format!(
                    "'required' is required to be supplied and to be an array including every key in properties. \
                     Missing '{name}'."
                ),
            )),
        }
    })
}

fn without_tools(top: &Map<String, Value>) -> Result<usize, Fault> {
    for name in ["tool_choice", "parallel_tool_calls"] {
        if field::given(top, name).is_some() {
            let message = format!(
                "Invalid value for '{name}': '{name}' is only allowed when 'tools' are specified."
            );
            return Err(Fault::bad(message).param(name));
        }
    }
    Ok(0)
}

fn check_tool<'a>(
    value: &'a Value,
    at: &At<'_>,
    dispensation: Dispensation,
    ask: &mut Ask<'a>,
) -> Result<usize, Fault> {
    let tool = value
        .as_object()
        .ok_or_else(|| field::wrong_type(at, "an object", value))?;
    let kind = field::string(tool, at, "type")?;
    let known: &[&str] = match kind {
        "function" => &["name", "description", "parameters", "strict"],
        "custom" => &["name", "description", "format"],
        other => {
            return Err(field::unsupported_value(
                &at.field("type"),
                other,
                &["function", "custom"],
            ));
        }
    };
    let body = field::object(tool, at, kind)?;
    let body_at = at.field(kind);
    if !dispensation.unknown_fields {
        field::only(tool, at, &["type", kind])?;
        field::only(body, &body_at, known)?;
    }
    let name = field::string(body, &body_at, "name")?;
    field::name(name, &body_at.field("name"), LONGEST_NAME)?;
    let description = match field::given(body, "description") {
        None => "",
        Some(Value::String(text)) => text,
        Some(other) => {
            return Err(field::wrong_type(
                &body_at.field("description"),
                "a string",
                other,
            ));
        }
    };
    if kind == "custom" {
        ask.tools.push(Tool {
            name,
            schema: Some(&*FREE_TEXT),
        });
        return Ok(name.len() + description.len());
    }
    let schema = field::given(body, "parameters");
    if let Some(schema) = schema {
        parameters(schema, name, &body_at.field("parameters"))?;
        if field::given(body, "strict") == Some(&Value::Bool(true)) {
            strict_schema(
                schema,
                &format!("function '{name}'"),
                &body_at.field("parameters"),
            )?;
        }
    }
    ask.tools.push(Tool { name, schema });
    Ok(name.len()
        + description.chars().count()
        + schema.map_or(0, |schema| schema.to_string().len()))
}

/// A schema that describes the arguments of a function.
pub(crate) fn parameters(schema: &Value, name: &str, at: &At<'_>) -> Result<(), Fault> {
    let invalid = |problem: String| {
        Fault::bad(format!("Invalid schema for function '{name}': {problem}"))
            .param(at.bracketed())
            .code("invalid_function_parameters")
    };
    let Some(object) = schema.as_object() else {
        return Err(field::wrong_type(at, "an object", schema));
    };
    // `{}` stands for a function without parameters
    if object.is_empty() {
        return Ok(());
    }
    match object.get("type") {
        Some(Value::String(kind)) if kind == "object" => {}
        other => {
            let got = other.map_or_else(
                || "None".to_owned(),
                |kind| kind.as_str().unwrap_or("None").to_owned(),
            );
            return Err(invalid(format!(
                "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{got}\"'."
            )));
        }
    }
    let union = ["oneOf", "anyOf", "allOf", "enum", "not"]
        .into_iter()
        .find(|key| object.contains_key(*key));
    match union {
        None => Ok(()),
        Some(_) => Err(invalid(
            "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."
                .to_owned(),
        )),
    }
}

fn choice<'a>(top: &'a Map<String, Value>, ask: &Ask<'_>) -> Result<Choice<'a>, Fault> {
    let at = At::ROOT.field("tool_choice");
    let object = match field::given(top, "tool_choice") {
        None => return Ok(Choice::Auto),
        Some(Value::String(word)) => {
            return match word.as_str() {
                "auto" => Ok(Choice::Auto),
                "none" => Ok(Choice::None),
                "required" => Ok(Choice::Any),
                other => Err(field::unsupported_value(
                    &at,
                    other,
                    &["none", "auto", "required"],
                )),
            };
        }
        Some(Value::Object(object)) => object,
        Some(other) => return Err(field::wrong_type(&at, "a string or an object", other)),
    };
    match field::string(object, &at, "type")? {
        "function" => {
            let function = field::object(object, &at, "function")?;
            let name = field::string(function, &at.field("function"), "name")?;
            if !ask.tools.iter().any(|tool| tool.name == name) {
                let message = format!("Tool choice '{name}' not found in 'tools' parameter.");
                return Err(Fault::bad(message).param("tool_choice"));
            }
            Ok(Choice::Named(name))
        }
        "custom" | "allowed_tools" => Ok(Choice::Auto),
        other => {
            let supported = ["function", "custom", "allowed_tools"];
            Err(field::unsupported_value(
                &at.field("type"),
                other,
                &supported,
            ))
        }
    }
}

type OnObject<'f> = &'f mut dyn FnMut(&Map<String, Value>, &[String]) -> Result<(), Fault>;

fn each_object(
    schema: &Value,
    context: &mut Vec<String>,
    check: OnObject<'_>,
) -> Result<(), Fault> {
    let Some(object) = schema.as_object() else {
        return Ok(());
    };
    if object.get("type").and_then(Value::as_str) == Some("object") {
        check(object, context)?;
    }
    let mut within = |step: &str, name: &str, schema: &Value| {
        let depth = context.len();
        context.extend(
            [step, name]
                .into_iter()
                .filter(|step| !step.is_empty())
                .map(|step| format!("'{step}'")),
        );
        let result = each_object(schema, context, check);
        context.truncate(depth);
        result
    };
    for group in ["properties", "$defs", "definitions"] {
        for (name, schema) in object
            .get(group)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            within(group, name, schema)?;
        }
    }
    for (index, schema) in object
        .get("anyOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate()
    {
        within("anyOf", &index.to_string(), schema)?;
    }
    match object.get("items") {
        Some(items) => within("items", "", items),
        None => Ok(()),
    }
}
