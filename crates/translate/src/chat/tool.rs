//! Tools, their choice and their calls, read.
//!
//! Source: Chat Completions API, `tools`, `tool_choice`, `messages[].tool_calls`; `functions` and `function_call` are the names
//! from before there were tools.

use byokey_types::{JsonError, JsonKind, Raw, RawObject, Str};

use super::{
    place::Place,
    seal::{Writer, take_extra},
    spelling::{ABSENT, FORMAT, LEGACY, NO_ARGUMENTS, UNTYPED, flatten, remember, said},
};
use crate::{
    fields::{Fields, missing},
    ids,
    ir::{Block, CacheMark, CallId, Choice, Input, Kind, Runs, Tool, ToolCall},
    loss::Losses,
};

/// What a grammar consists of.
pub(super) const GRAMMAR: [&str; 2] = ["syntax", "definition"];

/// Reads a tool.
///
/// # Errors
/// A [`JsonError`] with its path below the tool.
pub(super) fn tool(raw: &Raw, losses: &mut Losses) -> Result<Tool, JsonError> {
    let mut fields = Fields::open(raw)?;
    let tag = fields.name("type")?;
    match tag.as_deref() {
        None | Some("function") => {
            if tag.is_none() {
                remember(&mut fields, UNTYPED);
            }
            let inner = fields
                .object("function")?
                .ok_or_else(|| missing("function"))?;
            function(inner, fields, losses).map_err(|error| error.under("function"))
        }
        Some("custom") => {
            let mut inner = fields.object("custom")?.ok_or_else(|| missing("custom"))?;
            let under = |error: JsonError| error.under("custom");
            let name = inner.required_name("name").map_err(under)?;
            let description = inner.text("description", losses).map_err(under)?;
            let grammar = inner.take_said("format").map(|raw| flat_grammar(&raw));
            flatten(&mut fields, "custom", inner);
            Ok(Tool::Custom {
                name,
                description,
                grammar,
                ext: fields.rest(FORMAT),
            })
        }
        Some(tag) => Ok(Tool::Hosted {
            format: FORMAT,
            tag: Str::from(tag),
            value: raw.clone(),
        }),
    }
}

/// A grammar in its neutral form: `syntax` and `definition` beside `type`, where this format has an object with the two.
fn flat_grammar(raw: &Raw) -> Raw {
    let nested = || {
        let outer = raw.object().ok()?;
        let inside = outer.get("grammar")?.object().ok()?;
        let plain = outer.len() == 2
            && inside
                .iter()
                .all(|(key, _)| GRAMMAR.contains(&key.as_str()));
        let tag = outer.get("type").filter(|_| plain)?;
        let mut flat = RawObject::from_iter([(Str::new_static("type"), tag.clone())]);
        flat.extend_missing(&inside);
        Some(flat.to_raw())
    };
    nested().unwrap_or_else(|| raw.clone())
}

/// Reads one of the older `functions`.
///
/// # Errors
/// A [`JsonError`] with its path below the function.
pub(super) fn legacy_function(raw: &Raw, losses: &mut Losses) -> Result<Tool, JsonError> {
    let mut fields = Fields::of(RawObject::new());
    remember(&mut fields, LEGACY);
    function(Fields::open(raw)?, fields, losses)
}

fn function(mut inner: Fields, mut outer: Fields, losses: &mut Losses) -> Result<Tool, JsonError> {
    let name = inner.required_name("name")?;
    let description = said(&mut inner, "description", |inner| {
        inner.text("description", losses)
    })?;
    let schema = inner.take_said("parameters");
    if let Some(schema) = &schema {
        schema
            .expect_kind(JsonKind::Object)
            .map_err(|error| error.under("parameters"))?;
    }
    let strict = said(&mut inner, "strict", |inner| inner.boolean("strict"))?;
    flatten(&mut outer, "function", inner);
    let cache = outer.take_said("cache_control").map(CacheMark);
    Ok(Tool::Function {
        name,
        description,
        schema,
        strict,
        cache,
        ext: outer.rest(FORMAT),
    })
}

/// Reads `tool_choice`, or the older `function_call` of a request.
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
    let Some(tag) = fields.name("type")? else {
        return Ok(match fields.name("name")? {
            Some(name) => Choice::Tool(name),
            None => native(raw),
        });
    };
    if tag != "function" && tag != "custom" {
        return Ok(native(raw));
    }
    let mut inner = fields.object(&tag)?.ok_or_else(|| missing(&tag))?;
    let name = inner
        .required_name("name")
        .map_err(|error| error.under(&tag))?;
    Ok(Choice::Tool(name))
}

/// Reads an entry of `tool_calls`. The call's id is `derived` when there is none.
///
/// # Errors
/// A [`JsonError`] with its path below the call.
pub(super) fn call(
    raw: &Raw,
    writer: Writer<'_>,
    derived: impl FnOnce() -> Option<Str>,
    place: Place,
    losses: &mut Losses,
) -> Result<Block, JsonError> {
    let mut fields = Fields::open(raw)?;
    let id = fields.name("id")?.filter(|id| !id.is_empty());
    let id = id.or_else(derived).ok_or_else(|| missing("id"))?;
    let tag = fields.name("type")?.filter(|tag| !tag.is_empty());
    if tag.is_none() {
        remember(&mut fields, UNTYPED);
    }
    let is_custom = match tag.as_deref() {
        Some("function") => false,
        Some("custom") => true,
        Some(_) => {
            return Err(JsonError::Invalid {
                path: "type".to_owned(),
                what: "must be `function` or `custom`".to_owned(),
            });
        }
        None => fields.peek("custom").is_some(),
    };
    let mut lost = Losses::default();
    let (name, input) = if is_custom {
        let mut inner = fields.object("custom")?.ok_or_else(|| missing("custom"))?;
        let under = |error: JsonError| error.under("custom");
        let name = inner.required_name("name").map_err(under)?;
        let input = inner.text("input", &mut lost).map_err(under)?;
        flatten(&mut fields, "custom", inner);
        (name, Input::Text(input.unwrap_or_default()))
    } else {
        let inner = fields
            .object("function")?
            .ok_or_else(|| missing("function"))?;
        arguments(inner, "function", &mut fields, &mut lost)
            .map_err(|error| error.under("function"))?
    };
    if !lost.is_empty() {
        losses.approximated(place.fact("input"));
    }
    let seal = take_extra(&mut fields, writer);
    let cache = fields.take_said("cache_control").map(CacheMark);
    Ok(Block {
        kind: Kind::ToolCall(ToolCall {
            id: CallId::new(id),
            name,
            input,
            runs: Runs::Client,
        }),
        cache,
        seal,
        ext: fields.rest(FORMAT),
    })
}

/// Reads the older `function_call` of a message; its id is derived, for it never has one.
///
/// # Errors
/// A [`JsonError`] with its path below the call.
pub(super) fn legacy_call(raw: &Raw, id: Str, losses: &mut Losses) -> Result<Block, JsonError> {
    let mut fields = Fields::of(RawObject::new());
    remember(&mut fields, LEGACY);
    let (name, input) = arguments(Fields::open(raw)?, "function_call", &mut fields, losses)?;
    Ok(Block {
        ext: fields.rest(FORMAT),
        ..Block::new(Kind::ToolCall(ToolCall {
            id: CallId::new(id),
            name,
            input,
            runs: Runs::Client,
        }))
    })
}

/// The id of the `position`th call that came without one.
pub(super) fn derived_id(seed: &str, position: usize) -> Str {
    ids::derived("call_", seed, position)
}

/// The name and the arguments of a function; `~` spellings and what else there is go to `outer`.
fn arguments(
    mut inner: Fields,
    prefix: &str,
    outer: &mut Fields,
    lost: &mut Losses,
) -> Result<(Str, Input), JsonError> {
    let name = inner.required_name("name")?;
    let text = inner.text("arguments", lost)?;
    flatten(outer, prefix, inner);
    let input = match text {
        None => {
            remember(outer, ABSENT);
            Input::Json(Raw::EMPTY_OBJECT)
        }
        Some(text) => {
            if text.is_empty() {
                remember(outer, NO_ARGUMENTS);
            }
            Input::parse(text)
        }
    };
    Ok((name, input))
}
