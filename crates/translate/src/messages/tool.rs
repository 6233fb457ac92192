//! Tools.
//!
//! Source: Messages API, `tools`. A tool without a type, or of type `custom`, is the client's own function;
//! any other type names one that the API defines.

use std::borrow::Cow;

use byokey_types::{ByokError, Format, JsonError, Raw, RawObject, Str};

use super::{
    block_decode::said,
    lower::{Lowering, is_mark},
    place::{absorb_under, replayed},
    schema::{self, Change},
};
use crate::write::{Array, Object};
use crate::{
    Reply,
    fields::Fields,
    ir::{CacheMark, Tool},
    loss::Losses,
    reply::FREEFORM_MEMBER,
    search,
};

const FORMAT: Format = Format::AnthropicMessages;

/// Reads the tools.
///
/// # Errors
/// A [`JsonError`] with its path below the list.
pub(super) fn decode(items: &[Raw], losses: &mut Losses) -> Result<Vec<Tool>, JsonError> {
    let tools = items.iter().enumerate().map(|(at, raw)| {
        let mut lost = Losses::default();
        let tool = decode_one(raw, &mut lost).map_err(|error| error.under(&at.to_string()));
        absorb_under(losses, &lost, format!("tools.{at}"));
        tool
    });
    tools.collect()
}

fn decode_one(raw: &Raw, losses: &mut Losses) -> Result<Tool, JsonError> {
    let mut fields = Fields::open(raw)?;
    let tag = match fields.peek("type") {
        Some(tag) => Some(tag.text().map_err(|error| error.under("type"))?),
        None => None,
    };
    if let Some(tag) = tag.filter(|tag| tag != "custom") {
        return Ok(Tool::Hosted {
            format: FORMAT,
            tag: tag.into(),
            value: raw.clone(),
        });
    }
    Ok(Tool::Function {
        name: fields.required_name("name")?,
        description: match fields.peek("description") {
            Some(_) => fields.text("description", losses)?,
            None => None,
        },
        schema: said(&mut fields, "input_schema"),
        strict: match fields.peek("strict") {
            Some(_) => fields.boolean("strict")?,
            None => None,
        },
        cache: said(&mut fields, "cache_control").map(CacheMark),
        ext: fields.rest(FORMAT),
    })
}

/// A tool in the words of this format.
#[derive(Debug)]
pub(super) struct Wired<'a> {
    /// Its place in the request.
    pub(super) at: usize,
    what: What<'a>,
    /// Its breakpoint; for a hosted tool, which spells its own, only whether there is one.
    pub(super) cache: Option<&'a Raw>,
}

#[derive(Debug)]
enum What<'a> {
    Function {
        name: Cow<'a, str>,
        description: Option<Cow<'a, str>>,
        schema: Raw,
        strict: bool,
        ext: Option<&'a RawObject>,
    },
    Hosted {
        value: Cow<'a, Raw>,
        marked: bool,
    },
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
    let is_taken = tools
        .iter()
        .any(|tool| tool.name().is_some_and(|name| name == search::NAME));
    let at_home = lowering.target.family.as_deref() == Some(FORMAT.home_family());
    let mut wired = Vec::with_capacity(tools.len());
    for (at, tool) in tools.iter().enumerate() {
        let is_foreign = matches!(tool, Tool::Hosted { format, .. } if *format != FORMAT);
        if !lowering.target.tool_call {
            lowering.losses.dropped(format!("tools.{at}"));
        } else if is_foreign && at_home && !is_taken && search::is_search(tool) {
            let own = search::abroad(tool, at, FORMAT, &mut lowering.losses)?;
            wired.extend(own.map(|own| Wired::hosted(at, Cow::Owned(own))));
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
    let (what, cache) = match tool {
        Tool::Function {
            name,
            description,
            schema,
            strict,
            cache,
            ext,
        } => {
            let (schema, change) = schema::normalise(schema.as_ref());
            match change {
                Change::None => {}
                Change::Approximated => lowering.losses.approximated(path("schema")),
                Change::Synthesised => lowering.losses.synthesised(path("schema")),
            }
            let strict = *strict == Some(true);
            if strict && !lowering.target.structured_output {
                lowering.losses.dropped(path("strict"));
            }
            let cache = cache.as_ref().map(|mark| &mark.0);
            if cache.is_some_and(|mark| !is_mark(mark)) {
                lowering.losses.dropped(path("cache"));
            }
            let what = What::Function {
                name: lowering.name(name),
                description: description.as_deref().map(Cow::Borrowed),
                schema,
                strict: strict && lowering.target.structured_output,
                ext: replayed(ext, |m| path(&format!("ext.{m}")), &mut lowering.losses),
            };
            (what, cache.filter(|mark| is_mark(mark)))
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
            let what = What::Function {
                name: lowering.name(name),
                description: described(description.as_deref(), grammar.as_ref()),
                schema: freeform_schema(),
                strict: false,
                ext: None,
            };
            (what, None)
        }
        Tool::Hosted { format, value, .. } => {
            if *format != FORMAT {
                lowering.losses.dropped(format!("tools.{at}"));
                return None;
            }
            let marked = value
                .object()
                .is_ok_and(|tool| tool.get("cache_control").is_some_and(|raw| !raw.is_null()));
            let mut hosted = Wired::hosted(at, Cow::Borrowed(value));
            hosted.what = What::Hosted {
                value: Cow::Borrowed(value),
                marked,
            };
            hosted.cache = marked.then_some(value);
            return Some(hosted);
        }
    };
    Some(Wired { at, what, cache })
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
        "type": "object",
        "properties": { FREEFORM_MEMBER: { "type": "string" } },
        "required": [FREEFORM_MEMBER],
        "additionalProperties": false,
    }))
}

impl<'a> Wired<'a> {
    /// A tool that the provider runs, without a mark.
    const fn hosted(at: usize, value: Cow<'a, Raw>) -> Self {
        let marked = false;
        let what = What::Hosted { value, marked };
        Self {
            at,
            what,
            cache: None,
        }
    }

    /// Whether it is the provider's web search.
    pub(super) fn is_search(&self) -> bool {
        let What::Hosted { value, .. } = &self.what else {
            return false;
        };
        let object = value.object().unwrap_or_default();
        let name = object.get("name").and_then(|name| name.text().ok());
        name.as_deref() == Some(search::NAME)
    }
}

impl Wired<'_> {
    /// Whether a choice by this name can mean it.
    pub(super) fn may_be(&self, wanted: &str) -> bool {
        match &self.what {
            What::Function { name, .. } => name == wanted,
            What::Hosted { .. } => true,
        }
    }

    fn write(&self, tool: &mut Array<'_>) {
        match &self.what {
            What::Function {
                name,
                description,
                schema,
                strict,
                ext,
            } => {
                let mut tool = tool.object();
                tool.text("name", name);
                if let Some(description) = description {
                    tool.text("description", description);
                }
                tool.raw("input_schema", schema);
                if *strict {
                    tool.raw("strict", &Raw::TRUE);
                }
                tool.raw_some("cache_control", self.cache);
                tool.members_but(*ext, &["name", "description", "input_schema", "strict"]);
                tool.end();
            }
            What::Hosted { value, marked } => {
                super::piece::write_native(value, *marked && self.cache.is_none(), tool.item());
            }
        }
    }
}

/// The tool that stands for the shape of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hidden {
    pub(super) name: Str,
    pub(super) description: Option<String>,
    pub(super) schema: Raw,
}

/// Writes `tools`, the hidden one behind the others; an empty list stays when the client sent one.
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
    for tool in tools {
        tool.write(&mut array);
    }
    if let Some(hidden) = hidden {
        let mut tool = array.object();
        tool.text("name", &hidden.name);
        if let Some(description) = &hidden.description {
            tool.text("description", description);
        }
        tool.raw("input_schema", &hidden.schema);
        tool.end();
    }
    array.end();
}
