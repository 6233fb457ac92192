//! Tools.
//!
//! Source: Gemini API, `Tool` and `FunctionDeclaration`. A tool object holds declarations and, each under its own member, what
//! the provider runs; here every declaration and every such member is a tool. All declarations are written as one list, where
//! the first one stood: the grouping of a client means nothing.

use std::borrow::Cow;

use byokey_types::{ByokError, JsonError, Raw, RawObject, Str};

use super::{
    lower::Lowering,
    schema::{
        self,
        lift::{self, Change},
    },
    spelling::{self, FORMAT, absorb_under, mark, replayed},
};
use crate::{
    Reply,
    ids::NameRule,
    ir::Tool,
    loss::Losses,
    reply::FREEFORM_MEMBER,
    search,
    write::{Array, Object},
};

/// Reads the tools.
///
/// # Errors
/// A [`JsonError`] with its path below the list.
pub(super) fn decode(items: &[Raw], losses: &mut Losses) -> Result<Vec<Tool>, JsonError> {
    let mut tools = Vec::new();
    for (at, raw) in items.iter().enumerate() {
        let fields = spelling::open(raw).map_err(|error| error.under(&at.to_string()))?;
        for (key, value) in fields.into_object() {
            if value.is_null() {
                continue;
            }
            if key != "functionDeclarations" {
                let one = RawObject::from_iter([(key.clone(), value)]);
                tools.push(Tool::Hosted {
                    format: FORMAT,
                    tag: key,
                    value: one.to_raw(),
                });
                continue;
            }
            let path = format!("{at}.functionDeclarations");
            let declarations = value.array().map_err(|error| error.under(&path))?;
            for (position, raw) in declarations.iter().enumerate() {
                let mut lost = Losses::default();
                let tool = declaration(raw, &mut lost)
                    .map_err(|error| error.under(&format!("{path}.{position}")))?;
                absorb_under(losses, &lost, format!("tools.{}", tools.len()));
                tools.push(tool);
            }
        }
    }
    Ok(tools)
}

fn declaration(raw: &Raw, losses: &mut Losses) -> Result<Tool, JsonError> {
    let mut fields = spelling::open(raw)?;
    let name = fields.required_name("name")?;
    let description = match fields.peek("description") {
        Some(_) => fields.text("description", losses)?,
        None => None,
    };
    let schema = if let Some(schema) = fields.take_said("parametersJsonSchema") {
        mark(&mut fields, "parametersJsonSchema");
        Some(schema)
    } else if let Some(schema) = fields.take_said("parameters") {
        let lifted = lift::lift(&schema);
        match lifted.change {
            Change::None => mark(&mut fields, "parameters"),
            Change::Lifted => mark(&mut fields, "parameters.lifted"),
            Change::Beyond => fields.put_back("parameters", schema),
        }
        Some(lifted.schema)
    } else {
        None
    };
    Ok(Tool::Function {
        name,
        description,
        schema,
        strict: None,
        cache: None,
        ext: fields.rest(FORMAT),
    })
}

/// A tool in the words of this format.
#[derive(Debug)]
pub(super) enum Wired<'a> {
    Function {
        name: Cow<'a, str>,
        description: Option<Cow<'a, str>>,
        schema: Option<Parameters>,
        ext: Option<&'a RawObject>,
    },
    Hosted(Cow<'a, Raw>),
}

/// The schema of a function's input, and the member it stands in.
///
/// Source: Gemini API, `FunctionDeclaration`: `parameters` and `parametersJsonSchema` exclude each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Parameters {
    OpenApi(Raw),
    JsonSchema(Raw),
}

/// The tool that stands for the shape of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hidden {
    pub(super) name: Str,
    pub(super) description: Option<String>,
    pub(super) schema: Option<Parameters>,
}

/// A name as the API allows it: the rule of the target, and a letter or `_` at its head.
pub(super) fn fit(rule: NameRule, name: &str) -> Cow<'_, str> {
    let fits = |name: &str| {
        name.bytes()
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
    };
    if fits(name) {
        return rule.fit(name);
    }
    Cow::Owned(rule.fit(&format!("_{name}")).into_owned())
}

/// Says the tools; custom ones become functions, which `reply` remembers.
///
/// # Errors
/// As [`search::abroad`].
pub(super) fn lower<'a>(
    tools: &'a [Tool],
    lowering: &mut Lowering<'a>,
    reply: &mut Reply,
) -> Result<Vec<Wired<'a>>, ByokError> {
    let at_home = lowering.target.family.as_deref() == Some(FORMAT.home_family());
    // the API refuses its own tools beside functions, and who brings functions needs them more
    let has_functions = tools
        .iter()
        .any(|tool| !matches!(tool, Tool::Hosted { .. }));
    let mut wired = Vec::with_capacity(tools.len());
    for (at, tool) in tools.iter().enumerate() {
        let is_foreign = matches!(tool, Tool::Hosted { format, .. } if *format != FORMAT);
        if !lowering.target.tool_call {
            lowering.losses.dropped(format!("tools.{at}"));
        } else if is_foreign && at_home && search::is_search(tool) && !has_functions {
            let own = search::abroad(tool, at, FORMAT, &mut lowering.losses)?;
            wired.extend(own.map(|own| Wired::Hosted(Cow::Owned(own))));
        } else {
            wired.extend(lower_one(at, tool, lowering, reply));
        }
    }
    Ok(wired)
}

fn lower_one<'a>(
    at: usize,
    tool: &'a Tool,
    lowering: &mut Lowering<'a>,
    reply: &mut Reply,
) -> Option<Wired<'a>> {
    let path = |fact: &str| format!("tools.{at}.{fact}");
    match tool {
        Tool::Function {
            name,
            description,
            schema,
            strict,
            cache,
            ext,
        } => {
            if *strict == Some(true) {
                lowering.losses.dropped(path("strict"));
            }
            if cache.is_some() {
                lowering.losses.dropped(path("cache"));
            }
            let own = replayed(ext, |m| path(&format!("ext.{m}")), &mut lowering.losses);
            let (schema, exact) = parameters(schema.as_ref(), own);
            if !exact {
                lowering.losses.approximated(path("schema"));
            }
            Some(Wired::Function {
                name: lowering.name(name),
                description: description.as_deref().map(Cow::Borrowed),
                schema,
                ext: own,
            })
        }
        Tool::Custom {
            name,
            description,
            grammar,
            ext,
        } => {
            lowering.losses.approximated(format!("tools.{at}"));
            replayed(ext, |m| path(&format!("ext.{m}")), &mut lowering.losses);
            reply.freeform.insert(name.clone());
            Some(Wired::Function {
                name: lowering.name(name),
                description: described(description.as_deref(), grammar.as_ref()),
                schema: Some(Parameters::OpenApi(freeform_schema())),
                ext: None,
            })
        }
        Tool::Hosted { format, value, .. } => {
            if *format != FORMAT {
                lowering.losses.dropped(format!("tools.{at}"));
                return None;
            }
            Some(Wired::Hosted(Cow::Borrowed(value)))
        }
    }
}

/// The schema as it is to be written, and whether it says all that was said.
fn parameters(schema: Option<&Raw>, ext: Option<&RawObject>) -> (Option<Parameters>, bool) {
    let Some(schema) = schema else {
        return (None, true);
    };
    if let Some(spelled) = ext.and_then(|ext| ext.get("parameters")) {
        let given = if spelled.is_null() { schema } else { spelled };
        return (Some(Parameters::OpenApi(given.clone())), true);
    }
    if spelling::is_marked(ext, "parameters.lifted") {
        return (Some(Parameters::OpenApi(lift::lower(schema))), true);
    }
    if spelling::is_marked(ext, "parametersJsonSchema") {
        return (Some(Parameters::JsonSchema(schema.clone())), true);
    }
    lowered(schema)
}

/// A schema in the subset of OpenAPI, or as JSON Schema where that has no word for it; and whether it says all that was said.
pub(super) fn lowered(schema: &Raw) -> (Option<Parameters>, bool) {
    let lowered = schema::lower(schema);
    let Some(subset) = lowered.schema else {
        return (None, lowered.is_exact);
    };
    if !lowered.has_blank {
        return (Some(Parameters::OpenApi(subset)), lowered.is_exact);
    }
    let is_plain = schema.object().is_ok_and(|root| {
        let is_object = root
            .get("type")
            .is_some_and(|tag| tag.as_str() == "\"object\"");
        is_object
            && !["anyOf", "oneOf", "allOf", "$ref"]
                .iter()
                .any(|key| root.contains(key))
    });
    if is_plain {
        (Some(Parameters::JsonSchema(schema.clone())), true)
    } else {
        let schema = lift::lift(&subset).schema;
        (Some(Parameters::JsonSchema(schema)), lowered.is_exact)
    }
}

/// A custom tool's description; its grammar, which a function has no place for, is told in words.
fn described<'a>(description: Option<&'a str>, grammar: Option<&Raw>) -> Option<Cow<'a, str>> {
    let Some(grammar) = grammar.and_then(definition) else {
        return description.map(Cow::Borrowed);
    };
    let description = description.unwrap_or_default();
    Some(Cow::Owned(format!(
        "{description}\n\n`{FREEFORM_MEMBER}` must follow this grammar:\n{grammar}"
    )))
}

/// The text of a grammar; both ways to nest it are known.
fn definition(grammar: &Raw) -> Option<String> {
    let object = grammar.object().ok()?;
    let nested = object.get("grammar").and_then(|raw| raw.object().ok());
    let text = nested.as_ref().unwrap_or(&object).get("definition")?;
    text.text().ok()
}

fn freeform_schema() -> Raw {
    Raw::of(&serde_json::json!({
        "type": "OBJECT",
        "properties": { FREEFORM_MEMBER: { "type": "STRING" } },
        "required": [FREEFORM_MEMBER],
    }))
}

impl Wired<'_> {
    /// Whether the provider runs it.
    pub(super) const fn is_hosted(&self) -> bool {
        matches!(self, Self::Hosted(_))
    }

    /// Whether it is the function of this name.
    pub(super) fn is_named(&self, wanted: &str) -> bool {
        matches!(self, Self::Function { name, .. } if name == wanted)
    }

    fn write(&self, list: &mut Array<'_>) {
        let Self::Function {
            name,
            description,
            schema,
            ext,
        } = self
        else {
            return;
        };
        let mut tool = list.object();
        tool.text("name", name);
        tool.text_some("description", description.as_deref());
        write_parameters(&mut tool, schema.as_ref());
        for (key, value) in spelling::plain(*ext) {
            if key != "parameters" {
                tool.raw(key, value);
            }
        }
        tool.end();
    }
}

/// Writes `tools`, the hidden one behind the other functions; an empty list stays when the client sent one.
pub(super) fn write(
    body: &mut Object<'_>,
    tools: &[Wired<'_>],
    hidden: Option<&Hidden>,
    was_empty: bool,
) {
    if tools.is_empty() && hidden.is_none() && !was_empty {
        return;
    }
    let mut array = body.array("tools");
    let mut functions = tools.iter().filter(|tool| !tool.is_hosted()).peekable();
    let mut pending = functions.peek().is_some() || hidden.is_some();
    let mut declare = |array: &mut Array<'_>| {
        let mut object = array.object();
        let mut list = object.array("functionDeclarations");
        for tool in functions.by_ref() {
            tool.write(&mut list);
        }
        if let Some(hidden) = hidden {
            let mut tool = list.object();
            tool.text("name", &hidden.name);
            tool.text_some("description", hidden.description.as_deref());
            write_parameters(&mut tool, hidden.schema.as_ref());
            tool.end();
        }
        list.end();
        object.end();
    };
    for tool in tools {
        match tool {
            Wired::Function { .. } if pending => {
                declare(&mut array);
                pending = false;
            }
            Wired::Function { .. } => {}
            Wired::Hosted(value) => array.item().extend_from_slice(value.bytes()),
        }
    }
    if pending {
        declare(&mut array);
    }
    array.end();
}

fn write_parameters(tool: &mut Object<'_>, schema: Option<&Parameters>) {
    match schema {
        Some(Parameters::OpenApi(schema)) => tool.raw("parameters", schema),
        Some(Parameters::JsonSchema(schema)) => tool.raw("parametersJsonSchema", schema),
        None => {}
    }
}

/// A name that no tool of the request has.
pub(super) fn free_name(tools: &[Tool], wanted: &str) -> Str {
    let mut name = wanted.to_owned();
    while tools
        .iter()
        .any(|tool| tool.name().is_some_and(|taken| *taken == name))
    {
        name.push('_');
    }
    name.into()
}
