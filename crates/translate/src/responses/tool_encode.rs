//! Tools and their choice, written.

use std::collections::{BTreeMap, BTreeSet};

use byokey_types::{ByokError, Raw, RawObject, Str};

use super::{
    lower::Lowering,
    spelling::{ADDITIONAL, FORMAT, NO_PARAMETERS, NO_STRICT, inner, outer, replayed, spelled},
};
use crate::{
    ir::{Choice, OutputFormat, Request, Tool},
    reply::FREEFORM_MEMBER,
    search,
    write::{Array, Object},
};

/// The tools as they will be written.
#[derive(Debug, Default)]
pub(super) struct Tools<'a> {
    kept: Vec<(usize, &'a Tool)>,
    /// Web searches of other formats in the words of this one, by their place.
    searches: BTreeMap<usize, Raw>,
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
    ///
    /// # Errors
    /// As [`search::abroad`].
    pub(super) fn choose(
        request: &'a Request,
        lowering: &mut Lowering<'a>,
    ) -> Result<Self, ByokError> {
        let mut tools = Self::default();
        for (at, tool) in request.tools().iter().enumerate() {
            let is_search = search::is_search(tool) && lowering.at_home();
            if matches!(tool, Tool::Hosted { format, .. } if *format != FORMAT)
                && is_search
                && lowering.target.tool_call
            {
                if let Some(own) = search::abroad(tool, at, FORMAT, &mut lowering.losses)? {
                    tools.searches.insert(at, own);
                    tools.kept.push((at, tool));
                }
                continue;
            }
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
        Ok(tools)
    }

    /// Whether there is a web search that a client of another format asked for.
    pub(super) fn searches(&self) -> bool {
        !self.searches.is_empty()
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

    /// Writes the tools; neighbours of one namespace stand in it. Those that stand in the conversation are not said twice.
    pub(super) fn write(&self, array: &mut Array<'_>, lowering: &mut Lowering<'a>) {
        let mut at = 0;
        let listed: Vec<(usize, &Tool)> = self
            .kept
            .iter()
            .copied()
            .filter(|(_, tool)| !is_additional(tool))
            .collect();
        while at < listed.len() {
            let namespace = |tool: &Tool| Some(&lowering.namespaced(tool.name()?)?.namespace);
            if let Some(own) = self.searches.get(&listed[at].0) {
                array.item().extend_from_slice(own.bytes());
                at += 1;
                continue;
            }
            let Some(name) = namespace(listed[at].1) else {
                write_tool(listed[at].1, listed[at].0, array, lowering);
                at += 1;
                continue;
            };
            let rest = listed[at..].iter();
            let count = rest
                .take_while(|(_, tool)| namespace(tool) == Some(name))
                .count();
            let own = own_ext(listed[at].1);
            let mut object = array.object();
            object.text("type", "namespace");
            object.text("name", name);
            object.members(own, |key| inner(key, "namespace"));
            let mut within = object.array("tools");
            for (position, tool) in &listed[at..at + count] {
                write_tool(tool, *position, &mut within, lowering);
            }
            within.end();
            object.end();
            at += count;
        }
        if let Some(hidden) = &self.structured {
            write_hidden(hidden, array);
        }
    }

    /// Whether any tool stands in the list.
    pub(super) fn has_listed(&self) -> bool {
        self.structured.is_some() || self.kept.iter().any(|(_, tool)| !is_additional(tool))
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
                let mut object = body.object("tool_choice");
                object.text("type", "function");
                object.text("name", &hidden.name);
                object.end();
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
                    if self.searches() && name == search::NAME {
                        let mut object = body.object("tool_choice");
                        object.text("type", search::NAME);
                        object.end();
                        return;
                    }
                    lowering.losses.dropped("tool_choice");
                    return;
                };
                let custom = matches!(tool, Tool::Custom { .. }) && lowering.at_home();
                let mut object = body.object("tool_choice");
                object.text("type", if custom { "custom" } else { "function" });
                write_name(name, &mut object, lowering);
                object.end();
            }
            Some(Choice::Native { format, value }) if *format == FORMAT => {
                body.raw("tool_choice", value);
            }
            Some(Choice::Native { .. }) => lowering.losses.dropped("tool_choice"),
        }
    }
}

fn own_ext(tool: &Tool) -> Option<&RawObject> {
    match tool {
        Tool::Function { ext, .. } | Tool::Custom { ext, .. } => crate::ir::own(ext, FORMAT),
        Tool::Hosted { .. } => None,
    }
}

fn is_additional(tool: &Tool) -> bool {
    own_ext(tool).is_some_and(|ext| ext.contains(ADDITIONAL))
}

fn write_name(name: &Str, object: &mut Object<'_>, lowering: &mut Lowering<'_>) {
    if let Some(both) = lowering.namespaced(name) {
        object.text("name", &both.name);
        object.text("namespace", &both.namespace);
    } else {
        let name = lowering.name(name);
        object.text("name", &name);
    }
}

fn write_hidden(hidden: &Hidden<'_>, array: &mut Array<'_>) {
    let mut object = array.object();
    object.text("type", "function");
    object.text("name", &hidden.name);
    let said = hidden.description.unwrap_or("Gives the final answer.");
    object.text("description", said);
    if let Some(schema) = hidden.schema {
        object.raw("parameters", schema);
    } else {
        let mut schema = object.object("parameters");
        schema.text("type", "object");
        schema.end();
    }
    object.boolean("strict", false);
    object.end();
}

fn write_tool<'a>(tool: &'a Tool, at: usize, array: &mut Array<'_>, lowering: &mut Lowering<'a>) {
    let (name, description, ext) = match tool {
        Tool::Function {
            name,
            description,
            ext,
            ..
        }
        | Tool::Custom {
            name,
            description,
            ext,
            ..
        } => (name, description, ext),
        Tool::Hosted { value, .. } => {
            array.item().extend_from_slice(value.bytes());
            return;
        }
    };
    let place = |member: &str| format!("tools.{at}.ext.{member}");
    let own = replayed(ext, place, &mut lowering.losses);
    if let Some(own) = own.filter(|_| !lowering.at_home()) {
        // who knows no namespaces is not told of them either
        let of_namespace =
            |(key, value): &(&Str, &Raw)| inner(key, "namespace").is_some() && !value.is_null();
        for (key, _) in own.iter().filter(of_namespace) {
            lowering.losses.dropped(place(key));
        }
    }
    let mut object = array.object();
    let is_custom = matches!(tool, Tool::Custom { .. }) && lowering.at_home();
    object.text("type", if is_custom { "custom" } else { "function" });
    if let Some(both) = lowering.namespaced(name) {
        object.text("name", &both.name);
    } else {
        let name = lowering.name(name);
        object.text("name", &name);
    }
    match tool {
        Tool::Function {
            schema,
            strict,
            cache,
            ..
        } => {
            object.text_some("description", description.as_deref());
            let replays = |key: &str| own.is_some_and(|own| own.contains(key));
            match schema {
                Some(schema) => object.raw("parameters", schema),
                None if replays("parameters") || spelled(ext, NO_PARAMETERS) => {}
                None => {
                    lowering.losses.synthesised(format!("tools.{at}.schema"));
                    write_no_parameters(&mut object);
                }
            }
            match strict {
                Some(strict) => object.boolean("strict", *strict),
                None if replays("strict") || spelled(ext, NO_STRICT) => {}
                // this format is strict unless told otherwise, all others are not
                None => object.boolean("strict", false),
            }
            if cache.is_some() {
                lowering.losses.dropped(format!("tools.{at}.cache"));
            }
        }
        Tool::Custom { grammar, .. } if is_custom => {
            object.text_some("description", description.as_deref());
            object.raw_some("format", grammar.as_ref());
        }
        Tool::Custom { grammar, .. } => {
            let mut said = description.clone().unwrap_or_default();
            if let Some(grammar) = grammar {
                lowering.losses.approximated(format!("tools.{at}.grammar"));
                said.push_str("\n\nThe input must follow this format: ");
                said.push_str(grammar.as_str());
            }
            object.text("description", said.trim_start());
            write_freeform(&mut object);
        }
        Tool::Hosted { .. } => {}
    }
    object.members(own, |key| outer(key, &["namespace"]));
    object.end();
}

fn write_no_parameters(object: &mut Object<'_>) {
    let mut schema = object.object("parameters");
    schema.text("type", "object");
    schema.object("properties").end();
    schema.end();
}

fn write_freeform(object: &mut Object<'_>) {
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
    object.boolean("strict", false);
}
