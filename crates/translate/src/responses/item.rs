//! Items, read; the same for requests and answers, but for whose the seals are.
//!
//! Source: Responses API, `input[]` and `output[]`.

use byokey_types::{JsonError, Raw, RawObject, Str};

use super::{
    namespace,
    part::{self, text_tag},
    seal::{SLOT, Writer},
    spelling::{
        CONTENT, CUSTOM, EMPTY, FORMAT, ID, IMAGE_CALL, LIST, NO_ARGUMENTS, NO_SUMMARY, STATUS,
        SYSTEM, UNTYPED, note, remember,
    },
};
use crate::{
    fields::{Fields, missing},
    ir::{
        Block, CallId, Input, Kind, Media, MediaKind, MediaSource, Namespaced, Reasoning,
        ReasoningPart, Role, Runs, ToolCall, ToolResult,
    },
    loss::Losses,
};

/// What an item is.
#[derive(Debug)]
pub(super) enum Item {
    /// A message.
    Message(Message),
    /// Anything else: one block, in the mouth of a role.
    Block {
        role: Role,
        block: Box<Block>,
        /// Both names of a tool that it calls in a namespace.
        names: Option<(Str, Namespaced)>,
    },
}

/// A message.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) role: Role,
    pub(super) blocks: Vec<Block>,
    pub(super) bare: bool,
    /// What else it has.
    pub(super) rest: RawObject,
}

/// Reads an item. Losses have paths below its turn: `content.0`.
///
/// # Errors
/// A [`JsonError`] with its path below the item.
pub(super) fn read(raw: &Raw, writer: Writer<'_>, losses: &mut Losses) -> Result<Item, JsonError> {
    let mut fields = Fields::open(raw)?;
    let tag = match fields.name("type")? {
        Some(tag) => tag,
        None if fields.peek("role").is_some() => {
            remember(&mut fields, UNTYPED);
            Str::new_static("message")
        }
        None => return Err(missing("type")),
    };
    let mut lost = Losses::default();
    let item = match tag.as_str() {
        "message" => message(fields, writer, losses).map(Item::Message),
        "function_call" => call(fields, writer, false, &mut lost),
        "custom_tool_call" => call(fields, writer, true, &mut lost),
        "function_call_output" => result(fields, false, losses),
        "custom_tool_call_output" => result(fields, true, losses),
        "reasoning" => reasoning(fields, writer, &mut lost),
        "image_generation_call" if fields.peek("result").is_some() => image(fields, writer),
        _ => Ok(Item::Block {
            role: native_role(&tag, &fields),
            block: Box::new(Block::new(Kind::Native {
                format: FORMAT,
                tag,
                value: raw.clone(),
            })),
            names: None,
        }),
    };
    for loss in lost.as_slice() {
        losses.declare(format!("content.0.{}", loss.path), loss.what);
    }
    item
}

/// Who speaks in an item that is not modelled.
fn native_role(tag: &str, fields: &Fields) -> Role {
    let role = fields.peek("role").and_then(|role| role.text().ok());
    match (role.as_deref(), tag) {
        (Some("developer"), _) => Role::Developer,
        (Some("system"), _) => Role::System,
        (Some("user"), _) | (_, "compaction_trigger" | "mcp_approval_response") => Role::User,
        _ if tag.ends_with("_output") => Role::User,
        _ => Role::Assistant,
    }
}

fn message(
    mut fields: Fields,
    writer: Writer<'_>,
    losses: &mut Losses,
) -> Result<Message, JsonError> {
    let role = match (fields.name("role")?.as_deref(), writer) {
        (Some("user"), _) => Role::User,
        (Some("assistant"), _) | (None, Writer::Upstream(_)) => Role::Assistant,
        (Some("developer"), _) => Role::Developer,
        (Some("system"), _) => {
            remember(&mut fields, SYSTEM);
            Role::System
        }
        (None, Writer::Client) => return Err(missing("role")),
        (Some(_), _) => {
            return Err(JsonError::Invalid {
                path: "role".to_owned(),
                what: "must be `user`, `assistant`, `system` or `developer`".to_owned(),
            });
        }
    };
    let raw = fields.take("content").ok_or_else(|| missing("content"))?;
    let mut lost = Losses::default();
    let (blocks, bare) =
        part::content(&raw, role, &mut lost).map_err(|error| error.under("content"))?;
    for loss in lost.as_slice() {
        losses.declare(format!("content.{}", loss.path), loss.what);
    }
    if !bare {
        remember(&mut fields, LIST);
    }
    bookkeeping(&mut fields, writer)?;
    Ok(Message {
        role,
        blocks,
        bare,
        rest: fields.into_object(),
    })
}

/// Notes an item's id and its status. That of an answer follows from how the answer ended.
fn bookkeeping(fields: &mut Fields, writer: Writer<'_>) -> Result<(), JsonError> {
    if let Some(id) = fields.peek("id").is_some().then(|| fields.name("id")) {
        note(fields, ID, &id?.unwrap_or_default());
    }
    if fields.peek("status").is_some() {
        let status = fields.name("status")?.unwrap_or_default();
        match writer {
            Writer::Client => note(fields, STATUS, &status),
            Writer::Upstream(_) => {}
        }
    }
    Ok(())
}

fn call(
    mut fields: Fields,
    writer: Writer<'_>,
    custom: bool,
    lost: &mut Losses,
) -> Result<Item, JsonError> {
    let item = match fields.peek("id") {
        Some(_) => fields.name("id")?,
        None => None,
    };
    let id = match (writer, fields.peek("call_id"), &item) {
        // a guest's call that has one id only
        (Writer::Upstream(_), None, Some(item)) => item.clone(),
        _ => fields.required_name("call_id")?,
    };
    let name = fields.required_name("name")?;
    let names = match fields.peek("namespace") {
        Some(_) => fields.name("namespace")?,
        None => None,
    };
    let names = names.map(|namespace| namespace::names(&namespace, &name));
    let input = if custom {
        Input::Text(fields.required_text("input", lost)?)
    } else {
        let text = fields.required_text("arguments", lost)?;
        if text.is_empty() && matches!(writer, Writer::Client) {
            remember(&mut fields, NO_ARGUMENTS);
        }
        Input::parse(text)
    };
    bookkeeping(&mut fields, writer)?;
    let call = ToolCall {
        id: CallId { id, item },
        name: names.as_ref().map_or(name, |(flat, _)| flat.clone()),
        input,
        runs: Runs::Client,
    };
    Ok(Item::Block {
        role: Role::Assistant,
        block: Box::new(Block {
            ext: fields.rest(FORMAT),
            ..Block::new(Kind::ToolCall(call))
        }),
        names,
    })
}

fn result(mut fields: Fields, custom: bool, losses: &mut Losses) -> Result<Item, JsonError> {
    let call = fields.required_name("call_id")?;
    let raw = fields.take("output").ok_or_else(|| missing("output"))?;
    let mut lost = Losses::default();
    let (content, bare) =
        part::content(&raw, Role::User, &mut lost).map_err(|error| error.under("output"))?;
    for loss in lost.as_slice() {
        losses.declare(format!("content.0.content.{}", loss.path), loss.what);
    }
    if custom {
        remember(&mut fields, CUSTOM);
    }
    if content.is_empty() {
        remember(&mut fields, EMPTY);
    }
    bookkeeping(&mut fields, Writer::Client)?;
    let result = ToolResult {
        call: CallId::new(call),
        content,
        bare,
        is_error: None,
    };
    Ok(Item::Block {
        role: Role::User,
        block: Box::new(Block {
            ext: fields.rest(FORMAT),
            ..Block::new(Kind::ToolResult(result))
        }),
        names: None,
    })
}

fn reasoning(mut fields: Fields, writer: Writer<'_>, lost: &mut Losses) -> Result<Item, JsonError> {
    let mut parts = Vec::new();
    if !fields.holds("summary") {
        remember(&mut fields, NO_SUMMARY);
    }
    for text in texts(&mut fields, "summary", lost)? {
        parts.push(ReasoningPart::Summary(text));
    }
    let with_content = fields.peek("content").is_some();
    if with_content {
        for text in texts(&mut fields, "content", lost)? {
            parts.push(ReasoningPart::Full(text));
        }
    }
    let mut seal = None;
    if fields.peek(SLOT).is_some() {
        let text = fields.required_text(SLOT, &mut Losses::default())?;
        let is_empty = text.is_empty();
        seal = writer.seal(text);
        if seal.is_none() && !is_empty {
            lost.dropped("seal");
        }
    }
    bookkeeping(&mut fields, writer)?;
    if with_content {
        remember(&mut fields, CONTENT);
    }
    // another family's reasoning without a word, not even an empty one, is what its maker withheld
    let foreign = seal
        .as_ref()
        .is_some_and(|seal| seal.issuer.family != FORMAT.home_family());
    let redacted = matches!(writer, Writer::Client) && foreign && parts.is_empty();
    Ok(Item::Block {
        role: Role::Assistant,
        block: Box::new(Block {
            seal,
            ext: fields.rest(FORMAT),
            ..Block::new(Kind::Reasoning(Reasoning { parts, redacted }))
        }),
        names: None,
    })
}

/// Reads an image that the provider's tool made. It is PNG unless it says otherwise.
fn image(mut fields: Fields, writer: Writer<'_>) -> Result<Item, JsonError> {
    let data = fields.required_text("result", &mut Losses::default())?;
    let format = fields.peek("output_format").and_then(|raw| raw.text().ok());
    let media_type = format!("image/{}", format.as_deref().unwrap_or("png"));
    remember(&mut fields, IMAGE_CALL);
    bookkeeping(&mut fields, writer)?;
    let media = Media {
        kind: MediaKind::Image,
        source: MediaSource::Inline {
            media_type: Some(media_type.into()),
            data,
        },
        title: None,
    };
    Ok(Item::Block {
        role: Role::Assistant,
        block: Box::new(Block {
            ext: fields.rest(FORMAT),
            ..Block::new(Kind::Media(media))
        }),
        names: None,
    })
}

/// The texts of a list of parts.
fn texts(fields: &mut Fields, key: &str, lost: &mut Losses) -> Result<Vec<String>, JsonError> {
    let Some(raw) = fields.take_said(key) else {
        return Ok(Vec::new());
    };
    let items = raw.array().map_err(|error| error.under(key))?;
    let texts = items.iter().enumerate().map(|(at, item)| {
        let under = |error: JsonError| error.under(&format!("{key}.{at}"));
        let mut part = Fields::open(item).map_err(under)?;
        part.required_text("text", lost).map_err(under)
    });
    texts.collect()
}

/// The type of text in an answer.
pub(super) const ANSWER_TEXT: &str = text_tag(Role::Assistant);
