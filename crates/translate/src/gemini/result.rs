//! The results of calls: an object whose one text is what a model reads elsewhere.
//!
//! Source: Gemini API, `FunctionResponse`: `output` for what came of the call, `error` for why nothing did; any other object is
//! the result as a whole. Media stand in `parts` or, before Gemini 3, beside the response.

use byokey_types::{JsonError, Raw, RawObject};
use bytes::BytesMut;

use super::{
    content_decode::Calls,
    part_decode,
    place::Place,
    seal::Writer,
    spelling::{flatten, mark, take_name},
};
use crate::{
    fields::Fields,
    ir::{Block, CallId, ToolResult},
    loss::Losses,
    write::Object,
};

/// How the words of a result are spelled.
const RESULT: &str = "functionResponse.result";
const WHOLE: &str = "functionResponse.whole";
const NESTED: &str = "functionResponse.nested";
const WITHOUT_ID: &str = "functionResponse.anonymous";

/// Reads a response; `part` is the part that holds it.
///
/// # Errors
/// A [`JsonError`] with its path below the response.
pub(super) fn decode(
    mut fields: Fields,
    part: &mut Fields,
    writer: Writer<'_>,
    place: Place,
    calls: &mut Calls,
    losses: &mut Losses,
) -> Result<ToolResult, JsonError> {
    let name = take_name(&mut fields, "name")?.unwrap_or_default();
    let id = take_name(&mut fields, "id")?.filter(|id| !id.is_empty());
    if id.is_none() {
        mark(part, WITHOUT_ID);
    }
    let call = calls.answered(&name, id.as_ref());
    let mut content = Vec::new();
    let mut is_error = None;
    if let Some(raw) = fields.take_said("response") {
        let (text, how) = words(&raw);
        match how {
            How::Output => {}
            How::Error => is_error = Some(true),
            How::Result => mark(part, RESULT),
            How::Whole => mark(part, WHOLE),
        }
        content.push(Block::text(text));
    }
    if let Some(raw) = fields.take_said("parts") {
        mark(part, NESTED);
        let items = raw.array().map_err(|error| error.under("parts"))?;
        for (at, item) in items.iter().enumerate() {
            let inner = match place {
                Place::Turn(turn, block) => Place::Inner(turn, block, content.len()),
                Place::System(_) | Place::Inner(..) | Place::Answer(_) => place,
            };
            let block = part_decode::block(item, writer, inner, calls, losses)
                .map_err(|error| error.under(&format!("parts.{at}")))?;
            content.push(block);
        }
    }
    flatten(part, "functionResponse", fields);
    Ok(ToolResult {
        call: CallId::new(call),
        content,
        bare: false,
        is_error,
    })
}

/// How a result is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Output,
    Error,
    Result,
    Whole,
}

fn words(raw: &Raw) -> (String, How) {
    let only = raw.object().ok().filter(|object| object.len() == 1);
    for (key, how) in [
        ("output", How::Output),
        ("error", How::Error),
        ("result", How::Result),
    ] {
        let said = only
            .as_ref()
            .and_then(|object| object.get(key)?.text_lossy().ok());
        if let Some((text, false)) = said {
            return (text, how);
        }
    }
    (raw.as_str().to_owned(), How::Whole)
}

/// Whether media of a result stand within it.
pub(super) fn is_nested(ext: Option<&RawObject>) -> bool {
    super::spelling::is_marked(ext, NESTED)
}

/// Whether the result was written without the id of its call.
pub(super) fn is_anonymous(ext: Option<&RawObject>) -> bool {
    super::spelling::is_marked(ext, WITHOUT_ID)
}

/// Writes `response`; an object that was the result as a whole is one again.
pub(super) fn write(
    response: &mut Object<'_>,
    text: &str,
    is_error: bool,
    ext: Option<&RawObject>,
) {
    if super::spelling::is_marked(ext, WHOLE)
        && let Ok(raw) = Raw::parse(text.to_owned())
    {
        response.raw("response", &raw);
        return;
    }
    let key = if is_error {
        "error"
    } else if super::spelling::is_marked(ext, RESULT) {
        "result"
    } else {
        "output"
    };
    let out: &mut BytesMut = response.key("response");
    let mut object = Object::begin(out);
    object.text(key, text);
    object.end();
}
