//! Tools and their choice, written.

use std::collections::BTreeSet;

use byokey_types::{Raw, RawObject, Str};

use super::{
    lower::Lowering,
    spelling::{FORMAT, UNTYPED, inner, outer, replayed},
};
use crate::{
    ir::{Choice, OutputFormat, Request, Tool},
    reply::FREEFORM_MEMBER,
    write::{Array, Object},
};

/// The tools as they will be written.
#[derive(Debug, Default)]
pub(super) struct Tools<'a> {
    kept: Vec<(usize, &'a Tool)>,
    /// Custom tools (the client's names) that become functions.
    pub(super) freeform: BTreeSet<Str>,
    /// The hidden tool whose input is the answer.
    pub(super) structured: Option<Hidden<'a>>,
}

/// A tool that stands for a shape of the answer.
#[derive(Debug)]
pub(super) struct Hidden<'a> {
    pub(super) name: Str,
    description: Option<&'a str>,
    /// Its schema; absent when any object will do.
    schema: Option<&'a Raw>,
}

impl<'a> Tools<'a> {
    /// Chooses the tools that the target can be told of.
    pub(super) fn choose(request: &'a Request, lowering: &mut Lowering<'a>) -> Self {
        let mut tools = Self::default();
        for (at, tool) in request.tools().iter().enumerate() {
            let sayable = match tool {
                Tool::Function { .. } | Tool::Custom { .. } => true,
                Tool::Hosted { format, .. } => *format == FORMAT,
            };
            if !sayable || !lowering.target.tool_call {
                lowering.losses.dropped(format!("tools.{at}"));
                continue;
            }
            if let Tool::Custom { name, .. } = tool
                && !lowering.at_home()
            {
                tools.freeform.insert(name.clone());
            }
            tools.kept.push((at, tool));
        }
        tools
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.structured.is_none()
    }

    /// Adds the hidden tool for a shape of the answer that the target does not know; says whether it could.
    pub(super) fn hide(&mut self, output: &'a OutputFormat, lowering: &Lowering<'_>) -> bool {
        let (description, schema) = match output {
            OutputFormat::Text => return false,
            OutputFormat::JsonObject => (None, None),
            OutputFormat::JsonSchema {
                description,
                schema,
                ..
            } => (description.as_deref(), Some(schema)),
        };
        if !lowering.target.tool_call {
            return false;
        }
        let taken = |name: &str| {
            let mut names = self.kept.iter().filter_map(|(_, tool)| tool.name());
            names.any(|taken| taken == name)
        };
        let mut name = String::from("respond");
        while taken(&name) {
            name.push('_');
        }
        self.structured = Some(Hidden {
            name: name.into(),
            description,
            schema,
        });
        true
    }

    /// Writes the tools.
    pub(super) fn write(&self, array: &mut Array<'_>, lowering: &mut Lowering<'a>) {
        for (at, tool) in &self.kept {
            write_tool(tool, *at, array, lowering);
        }
        if let Some(hidden) = &self.structured {
            let mut object = array.object();
            object.text("type", "function");
            let mut function = object.object("function");
            function.text("name", &hidden.name);
            let said = hidden.description.unwrap_or("Gives the final answer.");
            function.text("description", said);
            if let Some(schema) = hidden.schema {
                function.raw("parameters", schema);
            } else {
                let mut schema = function.object("parameters");
                schema.text("type", "object");
                schema.end();
            }
            function.end();
            object.end();
        }
    }

    /// Writes `tool_choice`.
    pub(super) fn write_choice(
        &self,
        choice: Option<&Choice>,
        body: &mut Object<'_>,
        lowering: &mut Lowering<'a>,
    ) {
        if let Some(hidden) = &self.structured {
            // with tools of the client beside it, the model must still be free to call those
            let calls_others = !self.kept.is_empty() && choice != Some(&Choice::None);
            let kept = match choice {
                None | Some(Choice::None) => true,
                Some(Choice::Required) => calls_others,
                Some(Choice::Auto | Choice::Tool(_) | Choice::Native { .. }) => false,
            };
            if !kept {
                lowering.losses.approximated("tool_choice");
            }
            if calls_others {
                body.text("tool_choice", "required");
            } else {
                write_named("function", &hidden.name, body);
            }
            return;
        }
        match choice {
            None => {}
            Some(Choice::Auto) => body.text("tool_choice", "auto"),
            Some(Choice::None) => body.text("tool_choice", "none"),
            Some(Choice::Required) => body.text("tool_choice", "required"),
            Some(Choice::Tool(name)) => {
                let tool = self.kept.iter().find(|(_, tool)| tool.name() == Some(name));
                let Some((_, tool)) = tool else {
                    lowering.losses.dropped("tool_choice");
                    return;
                };
                let custom = matches!(tool, Tool::Custom { .. }) && lowering.at_home();
                let kind = if custom { "custom" } else { "function" };
                write_named(kind, &lowering.name(name), body);
            }
            Some(Choice::Native { format, value }) if *format == FORMAT => {
                body.raw("tool_choice", value);
            }
            Some(Choice::Native { .. }) => lowering.losses.dropped("tool_choice"),
        }
    }

    /// Writes the older `functions` and `function_call`.
    pub(super) fn write_legacy(
        &self,
        choice: Option<&Choice>,
        body: &mut Object<'_>,
        lowering: &mut Lowering<'a>,
    ) {
        let mut array = body.array("functions");
        for (at, tool) in &self.kept {
            let mut function = array.object();
            write_function(tool, *at, &mut function, lowering);
            function.end();
        }
        array.end();
        match choice {
            None => {}
            Some(Choice::Auto) => body.text("function_call", "auto"),
            Some(Choice::None) => body.text("function_call", "none"),
            Some(Choice::Tool(name)) => {
                let mut object = body.object("function_call");
                object.text("name", &lowering.name(name));
                object.end();
            }
            Some(Choice::Native { format, value }) if *format == FORMAT => {
                body.raw("function_call", value);
            }
            Some(Choice::Required | Choice::Native { .. }) => {
                lowering.losses.dropped("tool_choice");
            }
        }
    }

    /// Whether all tools are of the older kind.
    pub(super) fn are_legacy(&self) -> bool {
        !self.kept.is_empty()
            && self.structured.is_none()
            && self.kept.iter().all(|(_, tool)| match tool {
                Tool::Function { ext, .. } => {
                    super::spelling::spelled(ext, super::spelling::LEGACY)
                }
                Tool::Custom { .. } | Tool::Hosted { .. } => false,
            })
    }
}

fn write_named(kind: &str, name: &str, body: &mut Object<'_>) {
    let mut object = body.object("tool_choice");
    object.text("type", kind);
    let mut inside = object.object(kind);
    inside.text("name", name);
    inside.end();
    object.end();
}

fn write_tool<'a>(tool: &'a Tool, at: usize, array: &mut Array<'_>, lowering: &mut Lowering<'a>) {
    let ext = match tool {
        Tool::Function { ext, .. } | Tool::Custom { ext, .. } => ext,
        Tool::Hosted { value, .. } => {
            array.item().extend_from_slice(value.bytes());
            return;
        }
    };
    let place = |member: &str| format!("tools.{at}.ext.{member}");
    let ext = replayed(ext, place, &mut lowering.losses);
    let mut object = array.object();
    let is_custom = matches!(tool, Tool::Custom { .. }) && lowering.at_home();
    let kind = if is_custom { "custom" } else { "function" };
    if !ext.is_some_and(|ext| ext.contains(UNTYPED)) {
        object.text("type", kind);
    }
    let mut inside = object.object(kind);
    if is_custom {
        write_custom(tool, &mut inside, lowering);
        inside.members(ext, |key| inner(key, "custom"));
    } else {
        write_function(tool, at, &mut inside, lowering);
    }
    inside.end();
    if let Tool::Function {
        cache: Some(mark), ..
    } = tool
    {
        if lowering.target.cache_marks > 0 {
            object.raw("cache_control", &mark.0);
        } else {
            lowering.losses.dropped(format!("tools.{at}.cache"));
        }
    }
    object.members(ext, |key| outer(key, &["function", "custom"]));
    object.end();
}

fn write_function<'a>(
    tool: &'a Tool,
    at: usize,
    object: &mut Object<'_>,
    lowering: &mut Lowering<'a>,
) {
    match tool {
        Tool::Function {
            name,
            description,
            schema,
            strict,
            ext,
            ..
        } => {
            object.text("name", &lowering.name(name));
            object.text_some("description", description.as_deref());
            object.raw_some("parameters", schema.as_ref());
            object.raw_some("strict", strict.map(Raw::bool).as_ref());
            let own = crate::ir::own(ext, FORMAT);
            object.members(own, |key| inner(key, "function"));
        }
        Tool::Custom {
            name,
            description,
            grammar,
            ..
        } => {
            object.text("name", &lowering.name(name));
            let mut said = description.clone().unwrap_or_default();
            if let Some(grammar) = grammar {
                lowering.losses.approximated(format!("tools.{at}.grammar"));
                said.push_str("\n\nThe input must follow this format: ");
                said.push_str(grammar.as_str());
            }
            object.text("description", said.trim_start());
            let mut schema = object.object("parameters");
            schema.text("type", "object");
            let mut properties = schema.object("properties");
            let mut input = properties.object(FREEFORM_MEMBER);
            input.text("type", "string");
            input.end();
            properties.end();
            schema.raw("required", &Raw::array_of([Raw::string(FREEFORM_MEMBER)]));
            schema.boolean("additionalProperties", false);
            schema.end();
        }
        Tool::Hosted { .. } => {}
    }
}

fn write_custom<'a>(tool: &'a Tool, object: &mut Object<'_>, lowering: &mut Lowering<'a>) {
    let Tool::Custom {
        name,
        description,
        grammar,
        ..
    } = tool
    else {
        return;
    };
    object.text("name", &lowering.name(name));
    object.text_some("description", description.as_deref());
    if let Some(grammar) = grammar {
        object.raw("format", &own_grammar(grammar));
    }
}

/// A grammar in the words of this format, which has an object where the neutral form has two members.
fn own_grammar(grammar: &Raw) -> Raw {
    let Ok(object) = grammar.object() else {
        return grammar.clone();
    };
    if !object.contains("definition") {
        return grammar.clone();
    }
    let (inside, outside): (Vec<_>, Vec<_>) = object
        .into_iter()
        .partition(|(key, _)| super::tool::GRAMMAR.contains(&key.as_str()));
    let inside = RawObject::from_iter(inside);
    let mut outside = RawObject::from_iter(outside);
    outside.set("grammar", inside.to_raw());
    outside.to_raw()
}
