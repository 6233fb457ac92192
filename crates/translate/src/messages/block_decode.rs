//! Content blocks, read; the same for requests and answers, but for whose the seals are.

use byokey_types::{Format, JsonError, JsonKind, Raw, Str};

use super::{
    annotation, media,
    place::{Place, absorb_under},
};
use crate::{
    carrier::{self, Placement},
    codec::Source,
    fields::Fields,
    ids,
    ir::{
        Block, CacheMark, CallId, Input, Kind, Reasoning, ReasoningPart, Runs, Seal, ToolCall,
        ToolResult,
    },
    loss::Losses,
};

const FORMAT: Format = Format::AnthropicMessages;

/// Who wrote a body, and so whose the seals in it are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Writer<'a> {
    /// A client: bare seals are of the home family, envelopes name their issuer.
    Client,
    /// An upstream: its own seals.
    Upstream(&'a Source),
}

impl Writer<'_> {
    /// The seal in a slot; a slot that holds nothing has none. Nothing is said of a seal that nobody could read.
    pub(super) fn seal(self, text: String, lost: &mut bool) -> Option<Seal> {
        if text.is_empty() {
            return None;
        }
        let seal = match self {
            Self::Client => carrier::read(FORMAT, &text)
                .filter(|opened| opened.placement == Placement::Here)
                .map(|opened| opened.seal),
            Self::Upstream(source) => source.family.clone().map(|family| Seal {
                issuer: crate::ir::Issuer {
                    family,
                    account: source.account.clone(),
                },
                payload: text,
            }),
        };
        *lost = seal.is_none();
        seal
    }
}

/// Reads a block.
///
/// # Errors
/// A [`JsonError`] with its path below the block.
pub(super) fn block(
    raw: &Raw,
    writer: Writer<'_>,
    place: Place,
    losses: &mut Losses,
) -> Result<Block, JsonError> {
    let mut fields = Fields::open(raw)?;
    let tag = fields.required_name("type")?;
    let mut lost = Losses::default();
    let read = match tag.as_str() {
        "text" => text(fields, &mut lost),
        "image" | "document" => media::block(tag.as_str(), fields, &mut lost),
        "thinking" => thinking(fields, writer, &mut lost),
        "redacted_thinking" => redacted(fields, writer, &mut lost),
        "tool_use" | "server_tool_use" | "mcp_tool_use" => call(&tag, fields, writer, place),
        "tool_result" => {
            let read = result(fields, writer, place, losses);
            absorb_under(losses, &lost, place);
            return read;
        }
        _ => Ok(native(tag, raw, fields)),
    };
    absorb_under(losses, &lost, place);
    read
}

/// A block of which only the cache mark is known.
fn native(tag: Str, raw: &Raw, mut fields: Fields) -> Block {
    let mut native = Block::new(Kind::Native {
        format: FORMAT,
        tag,
        value: raw.clone(),
    });
    native.cache = fields.take("cache_control").map(CacheMark);
    native
}

/// Takes a member when it says something; a `null` stays, to be replayed.
pub(super) fn said(fields: &mut Fields, key: &str) -> Option<Raw> {
    fields.peek(key)?;
    fields.take(key)
}

fn text(mut fields: Fields, losses: &mut Losses) -> Result<Block, JsonError> {
    let text = fields.required_text("text", losses)?;
    let annotations = annotation::citations(&mut fields)?;
    Ok(finish(Kind::Text { text, annotations }, fields))
}

fn thinking(
    mut fields: Fields,
    writer: Writer<'_>,
    losses: &mut Losses,
) -> Result<Block, JsonError> {
    let text = fields.text("thinking", losses)?.unwrap_or_default();
    let signature = fields.text("signature", losses)?.unwrap_or_default();
    let parts = if text.is_empty() {
        Vec::new()
    } else {
        vec![ReasoningPart::Full(text)]
    };
    let kind = Kind::Reasoning(Reasoning {
        parts,
        redacted: false,
    });
    Ok(sealed(kind, signature, fields, writer, losses))
}

fn redacted(
    mut fields: Fields,
    writer: Writer<'_>,
    losses: &mut Losses,
) -> Result<Block, JsonError> {
    let data = fields.required_text("data", losses)?;
    let kind = Kind::Reasoning(Reasoning {
        parts: Vec::new(),
        redacted: true,
    });
    Ok(sealed(kind, data, fields, writer, losses))
}

fn sealed(
    kind: Kind,
    text: String,
    fields: Fields,
    writer: Writer<'_>,
    losses: &mut Losses,
) -> Block {
    let mut lost = false;
    let mut block = finish(kind, fields);
    block.seal = writer.seal(text, &mut lost);
    if lost {
        losses.dropped("seal");
    }
    block
}

fn call(
    tag: &str,
    mut fields: Fields,
    writer: Writer<'_>,
    place: Place,
) -> Result<Block, JsonError> {
    let id = match (writer, fields.name("id")?.filter(|id| !id.is_empty())) {
        (_, Some(id)) => id,
        (Writer::Upstream(source), None) => ids::derived("toolu_", &source.seed, position(place)),
        (Writer::Client, None) => return Err(crate::fields::missing("id")),
    };
    let name = fields.required_name("name")?;
    let input = fields.take("input").unwrap_or(Raw::EMPTY_OBJECT);
    let runs = if tag == "tool_use" {
        Runs::Client
    } else {
        // the neutral form says that the provider runs it; which of the ways is this format's own matter
        fields.put_back("type", Raw::string(tag));
        Runs::Server
    };
    let call = ToolCall {
        id: CallId::new(id),
        name,
        input: Input::Json(input),
        runs,
    };
    Ok(finish(Kind::ToolCall(call), fields))
}

const fn position(place: Place) -> usize {
    match place {
        Place::System(block)
        | Place::Turn(_, block)
        | Place::Inner(_, block, _)
        | Place::Answer(block) => block,
    }
}

fn result(
    mut fields: Fields,
    writer: Writer<'_>,
    place: Place,
    losses: &mut Losses,
) -> Result<Block, JsonError> {
    let call = CallId::new(fields.required_name("tool_use_id")?);
    let is_error = match fields.peek("is_error") {
        Some(_) => fields.boolean("is_error")?,
        None => None,
    };
    let (content, bare) = match said(&mut fields, "content") {
        None => (Vec::new(), false),
        Some(raw) => match raw.kind() {
            JsonKind::String => {
                let (text, lossy) = raw.text_lossy()?;
                if lossy {
                    losses.approximated(place.fact("content"));
                }
                (vec![Block::text(text)], true)
            }
            JsonKind::Array => {
                let items = raw.array()?;
                if items.is_empty() {
                    // an empty list and no list at all are told apart by this format only
                    fields.put_back("content", raw);
                }
                (inner(&items, writer, place, losses)?, false)
            }
            // clients send results as their tools gave them; text is what a model can read
            JsonKind::Object | JsonKind::Number | JsonKind::Bool | JsonKind::Null => {
                losses.approximated(place.fact("content"));
                (vec![Block::text(raw.as_str())], true)
            }
        },
    };
    let result = ToolResult {
        call,
        content,
        bare,
        is_error,
    };
    Ok(finish(Kind::ToolResult(result), fields))
}

fn inner(
    items: &[Raw],
    writer: Writer<'_>,
    place: Place,
    losses: &mut Losses,
) -> Result<Vec<Block>, JsonError> {
    items
        .iter()
        .enumerate()
        .map(|(position, item)| {
            let within = match place {
                Place::Turn(turn, block) => Place::Inner(turn, block, position),
                Place::System(_) | Place::Inner(..) | Place::Answer(_) => place,
            };
            let tag = match item.kind() {
                JsonKind::Object => item.object()?.get("type").cloned(),
                JsonKind::Array
                | JsonKind::String
                | JsonKind::Number
                | JsonKind::Bool
                | JsonKind::Null => None,
            };
            if let Some(tag) = tag.filter(|tag| tag.kind() == JsonKind::String) {
                // no result holds results: read, they would nest as deep as their sender likes
                if tag.text()? == "tool_result" {
                    return Ok(native("tool_result".into(), item, Fields::open(item)?));
                }
                return block(item, writer, within, losses)
                    .map_err(|error| error.under(&format!("content.{position}")));
            }
            losses.approximated(within.to_string());
            Ok(if item.kind() == JsonKind::String {
                Block::text(item.text()?)
            } else {
                Block::text(item.as_str())
            })
        })
        .collect()
}

/// The block of a kind, with what every block may have; the rest is its extension.
pub(super) fn finish(kind: Kind, mut fields: Fields) -> Block {
    let cache = said(&mut fields, "cache_control").map(CacheMark);
    Block {
        kind,
        cache,
        seal: None,
        ext: fields.rest(FORMAT),
    }
}
