//! Parts, read; the same for requests and answers, but for whose the seals are.
//!
//! Source: Gemini API, `Part`: one of text, inline data, file data, a call, a response, code and its result.

use byokey_types::{JsonError, Raw};

use super::{
    content_decode::Calls,
    media,
    place::Place,
    result,
    seal::Writer,
    spelling::{self, FORMAT, absorb_under, mark, take_open},
};
use crate::{
    fields::Fields,
    ir::{Block, CallId, Input, Kind, Reasoning, ReasoningPart, Runs, ToolCall},
    loss::Losses,
};

/// The members of a part that say nothing about what it is.
const SIDE: [&str; 6] = [
    "thought",
    "thoughtSignature",
    "videoMetadata",
    "partMetadata",
    "mediaResolution",
    "video_metadata",
];

/// How a part that is nothing but its seal is spelled: without a text, and without being called a thought.
pub(super) const UNSAID: &str = "text";
pub(super) const UNTHOUGHT: &str = "thought.none";

/// Reads a part.
///
/// # Errors
/// A [`JsonError`] with its path below the part.
pub(super) fn block(
    raw: &Raw,
    writer: Writer<'_>,
    place: Place,
    calls: &mut Calls,
    losses: &mut Losses,
) -> Result<Block, JsonError> {
    let mut fields = spelling::open(raw)?;
    let mut lost = Losses::default();
    let signature = match fields.peek("thoughtSignature") {
        Some(_) => fields.text("thoughtSignature", &mut lost)?,
        None => None,
    };
    let seal = signature.filter(|text| !text.is_empty()).and_then(|text| {
        let seal = writer.seal(text);
        if seal.is_none() {
            lost.dropped("seal");
        }
        seal
    });
    let thinks = fields.peek("thought").is_some() && fields.boolean("thought")? == Some(true);
    let seed = match writer {
        Writer::Client => "",
        Writer::Upstream(source) => &source.seed,
    };
    let kind = if let Some(text) = text(&mut fields, &mut lost)? {
        Some(if thinks {
            thought(text)
        } else if text.is_empty() && seal.is_some() {
            // the model's state in a part of its own, which is no text
            mark(&mut fields, UNTHOUGHT);
            thought(text)
        } else {
            plain(text)
        })
    } else if let Some(mut data) = take_open(&mut fields, "inlineData")? {
        let media = media::inline(&mut data, &mut lost).map_err(|e| e.under("inlineData"))?;
        spelling::flatten(&mut fields, "inlineData", data);
        Some(Kind::Media(media))
    } else if let Some(mut data) = take_open(&mut fields, "fileData")? {
        let media = media::file(&mut data, &mut lost).map_err(|e| e.under("fileData"))?;
        spelling::flatten(&mut fields, "fileData", data);
        Some(Kind::Media(media))
    } else if let Some(mut said) = take_open(&mut fields, "functionCall")? {
        let call = call(&mut said, calls, seed).map_err(|e| e.under("functionCall"))?;
        spelling::flatten(&mut fields, "functionCall", said);
        Some(Kind::ToolCall(call))
    } else if let Some(said) = take_open(&mut fields, "functionResponse")? {
        let result = result::decode(said, &mut fields, writer, place, calls, losses)
            .map_err(|e| e.under("functionResponse"))?;
        Some(Kind::ToolResult(result))
    } else {
        None
    };
    if thinks && !matches!(kind, Some(Kind::Reasoning(_))) {
        // a thought that is no text; only this format knows what that means
        fields.put_back("thought", Raw::TRUE);
    }
    absorb_under(losses, &lost, place);
    let Some(kind) = kind else {
        return Ok(unmodelled(fields, thinks, seal));
    };
    Ok(Block {
        seal,
        ext: fields.rest(FORMAT),
        ..Block::new(kind)
    })
}

fn text(fields: &mut Fields, losses: &mut Losses) -> Result<Option<String>, JsonError> {
    match fields.peek("text") {
        Some(_) => fields.text("text", losses),
        None => Ok(None),
    }
}

fn plain(text: String) -> Kind {
    Kind::Text {
        text,
        annotations: Vec::new(),
    }
}

/// What the API shows of its thinking is a summary.
fn thought(text: String) -> Kind {
    let parts = if text.is_empty() {
        Vec::new()
    } else {
        vec![ReasoningPart::Summary(text)]
    };
    Kind::Reasoning(Reasoning {
        parts,
        redacted: false,
    })
}

fn call(fields: &mut Fields, calls: &mut Calls, seed: &str) -> Result<ToolCall, JsonError> {
    let name = fields.required_name("name")?;
    let id = spelling::take_name(fields, "id")?.filter(|id| !id.is_empty());
    let args = fields.take_said("args");
    if args.is_none() && fields.take_even_null("args").is_none() {
        mark(fields, "args");
    }
    let input = args.unwrap_or(Raw::EMPTY_OBJECT);
    Ok(ToolCall {
        id: CallId::new(calls.called(&name, id, seed)),
        name,
        input: Input::Json(input),
        runs: Runs::Client,
    })
}

/// A part of a kind that is not modelled, or one that is nothing but its seal.
fn unmodelled(mut fields: Fields, thinks: bool, seal: Option<crate::ir::Seal>) -> Block {
    fields.take_even_null("thoughtSignature");
    let object = fields.into_object();
    let tag = object
        .iter()
        .find(|(key, value)| !value.is_null() && !SIDE.contains(&key.as_str()))
        .map(|(key, _)| key.clone());
    let Some(tag) = tag else {
        let mut fields = Fields::of(object);
        fields.take_even_null("thought");
        let is_foreign = seal
            .as_ref()
            .is_some_and(|seal| seal.issuer.family != FORMAT.home_family());
        if thinks && is_foreign {
            // how withheld thinking is told to clients of this format
            return Block {
                seal,
                ext: fields.rest(FORMAT),
                ..Block::new(Kind::Reasoning(Reasoning {
                    parts: Vec::new(),
                    redacted: true,
                }))
            };
        }
        mark(&mut fields, UNSAID);
        let kind = if thinks || seal.is_some() {
            thought(String::new())
        } else {
            plain(String::new())
        };
        if !thinks && seal.is_some() {
            mark(&mut fields, UNTHOUGHT);
        }
        return Block {
            seal,
            ext: fields.rest(FORMAT),
            ..Block::new(kind)
        };
    };
    Block {
        seal,
        ..Block::new(Kind::Native {
            format: FORMAT,
            tag,
            value: object.to_raw(),
        })
    }
}
