//! A client's request, read.

use byokey_types::{JsonError, JsonKind, RawObject};
use bytes::Bytes;

use super::{
    choice, config_decode, content_decode,
    place::Place,
    seal::Writer,
    spelling::{self, FORMAT, mark, take_open},
    tool,
};
use crate::{
    Decoded,
    fields::{Fields, missing},
    ir::{Block, Request},
    loss::Losses,
};

/// Reads a request.
///
/// # Errors
/// A [`JsonError`] naming the field.
pub(super) fn decode(body: &Bytes) -> Result<Decoded<Request>, JsonError> {
    request(spelling::fields(RawObject::parse(body.clone())?))
}

/// Reads a request whose tokens are to be counted.
///
/// # Errors
/// A [`JsonError`] naming the field.
pub(super) fn counted(body: &Bytes) -> Result<Decoded<Request>, JsonError> {
    let mut fields = spelling::fields(RawObject::parse(body.clone())?);
    let Some(mut inner) = take_open(&mut fields, INNER)? else {
        return named(fields);
    };
    if inner.peek("contents").is_none()
        && let Some(contents) = fields.take_said("contents")
    {
        inner.put_back("contents", contents);
    }
    named(inner).map_err(|error| error.under(INNER))
}

/// The member of `countTokens` that holds a whole request.
const INNER: &str = "generateContentRequest";

/// Reads a request that may name its model.
fn named(mut fields: Fields) -> Result<Decoded<Request>, JsonError> {
    let model = spelling::take_name(&mut fields, "model")?;
    let mut decoded = request(fields)?;
    if let Some(model) = model {
        let bare = model.strip_prefix("models/").unwrap_or(&model);
        bare.clone_into(&mut decoded.value.model);
    }
    Ok(decoded)
}

fn request(mut fields: Fields) -> Result<Decoded<Request>, JsonError> {
    let mut losses = Losses::default();
    // the model stands in the path
    let mut request = Request::new("");
    // streams of this format always report usage
    request.include_usage = true;
    system(&mut fields, &mut request, &mut losses)?;
    let contents = fields.take("contents").ok_or_else(|| missing("contents"))?;
    // the SDKs take one text for all; some clients send it so
    if contents.kind() == JsonKind::String {
        let (text, lossy) = contents.text_lossy()?;
        if lossy {
            losses.approximated(Place::Turn(0, 0).fact("text"));
        }
        request.turns = vec![content_decode::bare(text)];
    } else {
        let items = contents.array().map_err(|error| error.under("contents"))?;
        request.turns = content_decode::turns(&items, &mut losses)?;
    }
    if fields.peek("tools").is_some()
        && let Some(items) = fields.array("tools")?
    {
        let tools = tool::decode(&items, &mut losses).map_err(|error| error.under("tools"))?;
        request.tools = Some(tools);
    }
    if let Some(mut config) = take_open(&mut fields, "toolConfig")? {
        if let Some(raw) = config.take_said("functionCallingConfig") {
            let said = choice::decode(&raw)
                .map_err(|error| error.under("toolConfig.functionCallingConfig"))?;
            request.choice = Some(said);
        }
        spelling::flatten(&mut fields, "toolConfig", config);
    }
    if let Some(config) = take_open(&mut fields, "generationConfig")? {
        config_decode::config(config, &mut fields, &mut request, &mut losses)
            .map_err(|error| error.under("generationConfig"))?;
    } else {
        fields.take_even_null("generationConfig");
    }
    request.ext = fields.rest(FORMAT);
    Ok(Decoded {
        value: request,
        losses,
    })
}

fn system(
    fields: &mut Fields,
    request: &mut Request,
    losses: &mut Losses,
) -> Result<(), JsonError> {
    let Some(raw) = fields.take_said("systemInstruction") else {
        return Ok(());
    };
    if raw.kind() == JsonKind::String {
        let (text, lossy) = raw.text_lossy()?;
        if lossy {
            losses.approximated("system.0.text");
        }
        request.instructions = vec![Block::text(text)];
        request.instructions_bare = true;
        mark(fields, "systemInstruction.bare");
        return Ok(());
    }
    let mut content = spelling::open(&raw).map_err(|error| error.under("systemInstruction"))?;
    if let Some(role) = content
        .name("role")
        .map_err(|e| e.under("systemInstruction"))?
    {
        // it means nothing here, and SDKs write `user`
        mark(fields, &format!("systemInstruction.role.{role}"));
    }
    let mut calls = content_decode::Calls::default();
    request.instructions = content_decode::parts(
        &mut content,
        Writer::Client,
        Place::System,
        &mut calls,
        losses,
    )
    .map_err(|error| error.under("systemInstruction"))?;
    spelling::flatten(fields, "systemInstruction", content);
    Ok(())
}
