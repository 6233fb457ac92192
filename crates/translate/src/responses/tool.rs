//! Tools and their choice, read.
//!
//! Source: Responses API, `tools`, `tool_choice`; Codex's `namespace` tools and `additional_tools` items.

use std::collections::{BTreeMap, BTreeSet};

use byokey_types::{JsonError, JsonKind, Raw, Str};

use super::{
    namespace,
    spelling::{ADDITIONAL, FORMAT, NO_PARAMETERS, NO_STRICT, flatten, remember, said},
};
use crate::{
    fields::{Fields, missing},
    ir::{Block, Choice, Ext, Extensions, Kind, Namespaced, Tool, Turn},
    loss::Losses,
};

/// The tools of a request as they are gathered.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) tools: Vec<Tool>,
    pub(super) namespaces: BTreeMap<Str, Namespaced>,
    names: BTreeSet<Str>,
}

impl Gathered {
    /// Reads a list of tools.
    ///
    /// A tool in a namespace whose one name is taken is left out, which is declared: a direct tool wins.
    ///
    /// # Errors
    /// A [`JsonError`] with its path below the list.
    pub(super) fn list(&mut self, raw: &Raw, losses: &mut Losses) -> Result<(), JsonError> {
        let items = raw.array()?;
        let direct = direct_names(&items);
        for (at, item) in items.iter().enumerate() {
            let under = |error: JsonError| error.under(&at.to_string());
            if tag(item).as_deref() != Some("namespace") {
                let tool = self.tool(item, losses).map_err(under)?;
                self.push(tool);
                continue;
            }
            for (names, tool) in in_namespace(item, losses).map_err(under)? {
                if let Some((flat, both)) = names {
                    if direct.contains(&flat) || self.takes(&flat) {
                        losses.dropped(format!("tools.{}", self.tools.len()));
                        continue;
                    }
                    self.namespaces.insert(flat, both);
                }
                self.push(tool);
            }
        }
        Ok(())
    }

    /// Adds what `additional_tools` items of the conversation bring, unless there is a tool of the name already.
    ///
    /// # Errors
    /// A [`JsonError`] with its path below the item.
    pub(super) fn additional(&mut self, turn: &Turn, losses: &mut Losses) -> Result<(), JsonError> {
        let [
            Block {
                kind: Kind::Native { tag, value, .. },
                ..
            },
        ] = turn.blocks.as_slice()
        else {
            return Ok(());
        };
        if tag != "additional_tools" {
            return Ok(());
        }
        let Some(raw) = value.object()?.take("tools") else {
            return Ok(());
        };
        let mut more = Self::default();
        more.list(&raw, losses)
            .map_err(|error| error.under("tools"))?;
        for mut tool in more.tools {
            let Some(name) = tool.name().cloned() else {
                // what its provider runs stays in the item
                continue;
            };
            if self.takes(&name) {
                continue;
            }
            let both = more.namespaces.remove(&name);
            if let Some(both) = both.filter(|both| both.namespace != namespace::DIRECT) {
                self.namespaces.insert(name, both);
            }
            mark_additional(&mut tool);
            self.push(tool);
        }
        Ok(())
    }

    fn takes(&self, name: &Str) -> bool {
        self.names.contains(name)
    }

    fn push(&mut self, tool: Tool) {
        self.names.extend(tool.name().cloned());
        self.tools.push(tool);
    }

    fn tool(&self, raw: &Raw, losses: &mut Losses) -> Result<Tool, JsonError> {
        let mut lost = Losses::default();
        let tool = tool(raw, &mut lost)?;
        for loss in lost.as_slice() {
            losses.declare(
                format!("tools.{}.{}", self.tools.len(), loss.path),
                loss.what,
            );
        }
        Ok(tool)
    }
}

/// Reads `tool_choice`.
///
/// # Errors
/// A [`JsonError`] with its path below the choice.
pub(super) fn choice(raw: Raw) -> Result<Choice, JsonError> {
    let native = |value: Raw| Choice::Native {
        format: FORMAT,
        value,
    };
    if raw.kind() == JsonKind::String {
        return Ok(match raw.text()?.as_str() {
            "auto" => Choice::Auto,
            "none" => Choice::None,
            "required" => Choice::Required,
            _ => native(raw),
        });
    }
    let mut fields = Fields::open(&raw)?;
    let tag = fields.required_name("type")?;
    if tag != "function" && tag != "custom" {
        return Ok(native(raw));
    }
    let name = fields.required_name("name")?;
    let namespace = fields.name("namespace")?;
    Ok(Choice::Tool(match namespace {
        Some(namespace) => namespace::flat(&namespace, &name),
        None => name,
    }))
}

fn tag(raw: &Raw) -> Option<String> {
    raw.object().ok()?.get("type")?.text().ok()
}

fn direct_names(items: &[Raw]) -> BTreeSet<Str> {
    let direct = items
        .iter()
        .filter(|item| tag(item).is_some_and(|tag| tag == "function" || tag == "custom"));
    direct
        .filter_map(|item| item.object().ok()?.get("name")?.text().ok())
        .map(Str::from)
        .collect()
}

fn mark_additional(tool: &mut Tool) {
    let (Tool::Function { ext, .. } | Tool::Custom { ext, .. }) = tool else {
        return;
    };
    ext.get_or_insert_with(|| {
        Box::new(Extensions {
            format: FORMAT,
            fields: byokey_types::RawObject::new(),
        })
    })
    .fields
    .set(ADDITIONAL, Raw::NULL);
}

type Named = (Option<(Str, Namespaced)>, Tool);

/// The tools of a namespace; one that holds other things than functions and custom tools stays whole.
fn in_namespace(raw: &Raw, losses: &mut Losses) -> Result<Vec<Named>, JsonError> {
    let mut fields = Fields::open(raw)?;
    let name = fields.required_name("name")?;
    let items = fields.array("tools")?.ok_or_else(|| missing("tools"))?;
    let callable = |item: &Raw| tag(item).is_some_and(|tag| tag == "function" || tag == "custom");
    if items.is_empty() || !items.iter().all(callable) {
        let tool = Tool::Hosted {
            format: FORMAT,
            tag: Str::new_static("namespace"),
            value: raw.clone(),
        };
        return Ok(vec![(None, tool)]);
    }
    fields.take("type");
    let mut own = Some(fields);
    let mut tools = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let under = |error: JsonError| error.under(&format!("tools.{at}"));
        let mut tool = tool(item, losses).map_err(under)?;
        let (Tool::Function {
            name: short, ext, ..
        }
        | Tool::Custom {
            name: short, ext, ..
        }) = &mut tool
        else {
            continue;
        };
        let names = namespace::names(&name, short);
        short.clone_from(&names.0);
        if let Some(own) = own.take() {
            // what the namespace says of itself goes with its first tool
            let mut rest = Fields::of(fields_of(ext));
            flatten(&mut rest, "namespace", own);
            *ext = rest.rest(FORMAT);
        }
        tools.push((Some(names), tool));
    }
    Ok(tools)
}

fn fields_of(ext: &mut Ext) -> byokey_types::RawObject {
    ext.take().map(|ext| ext.fields).unwrap_or_default()
}

fn tool(raw: &Raw, losses: &mut Losses) -> Result<Tool, JsonError> {
    let mut fields = Fields::open(raw)?;
    let tag = fields.required_name("type")?;
    match tag.as_str() {
        "function" => function(fields, losses),
        "custom" => {
            let name = fields.required_name("name")?;
            let description = said(&mut fields, "description", |fields| {
                fields.text("description", losses)
            })?;
            Ok(Tool::Custom {
                name,
                description,
                grammar: fields.take_said("format"),
                ext: fields.rest(FORMAT),
            })
        }
        _ => Ok(Tool::Hosted {
            format: FORMAT,
            tag,
            value: raw.clone(),
        }),
    }
}

fn function(mut fields: Fields, losses: &mut Losses) -> Result<Tool, JsonError> {
    let name = fields.required_name("name")?;
    let description = said(&mut fields, "description", |fields| {
        fields.text("description", losses)
    })?;
    if !fields.holds("parameters") {
        remember(&mut fields, NO_PARAMETERS);
    }
    if !fields.holds("strict") {
        remember(&mut fields, NO_STRICT);
    }
    let schema = fields.take_said("parameters");
    if let Some(schema) = &schema {
        schema
            .expect_kind(JsonKind::Object)
            .map_err(|error| error.under("parameters"))?;
    }
    let strict = said(&mut fields, "strict", |fields| fields.boolean("strict"))?;
    Ok(Tool::Function {
        name,
        description,
        schema,
        strict,
        cache: None,
        ext: fields.rest(FORMAT),
    })
}
