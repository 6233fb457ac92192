//! Where images and documents come from.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::{blocks, cache::Ledger, field};
use crate::{
    ask::{Ask, Attachment, Source},
    fault::Fault,
    json_path::At,
};

const IMAGES: &[&str] = &["image/jpeg", "image/png", "image/gif", "image/webp"];
const DOCUMENTS: &[&str] = &["application/pdf"];

/// Checks the `source` of an `image`.
pub(super) fn image<'a>(
    block: &'a Map<String, Value>,
    at: &At<'_>,
    ask: &mut Ask<'a>,
) -> Result<(), Fault> {
    let source = field::object(block, at, "source")?;
    let at = at.field("source");
    let source = match field::string(source, &at, "type")? {
        "base64" => base64(source, &at.field("base64"), IMAGES)?,
        "url" => url(source, &at.field("url"))?,
        "file" => file(source, &at.field("file"))?,
        other => return Err(field::unknown_tag(&at, other, ["base64", "url", "file"])),
    };
    ask.attachments.push(Attachment {
        kind: "image",
        source,
    });
    Ok(())
}

/// Checks the `source` of a `document`.
pub(super) fn document<'a>(
    block: &'a Map<String, Value>,
    at: &At<'_>,
    ask: &mut Ask<'a>,
    ledger: &mut Ledger,
) -> Result<(), Fault> {
    for name in ["title", "context"] {
        field::optional_string(block, at, name)?;
    }
    let source = field::object(block, at, "source")?;
    let at = at.field("source");
    let source = match field::string(source, &at, "type")? {
        "base64" => base64(source, &at.field("base64"), DOCUMENTS)?,
        "url" => url(source, &at.field("url"))?,
        "file" => file(source, &at.field("file"))?,
        "text" => {
            let at = at.field("text");
            field::only(source, &at, &["type", "media_type", "data"])?;
            media_type(source, &at, &["text/plain"])?;
            let data = field::string(source, &at, "data")?;
            ledger.text(data);
            inline("text/plain", data.len())
        }
        "content" => {
            let at = at.field("content");
            field::only(source, &at, &["type", "content"])?;
            match source.get("content") {
                Some(Value::String(text)) => ledger.text(text),
                Some(Value::Array(content)) => {
                    blocks::nested(
                        content,
                        &at.field("content"),
                        &["text", "image"],
                        ask,
                        ledger,
                    )?;
                }
                Some(_) => return Err(field::wrong(&at.field("content"), "list")),
                None => return Err(field::required(&at.field("content"))),
            }
            inline("content", 0)
        }
        other => {
            let known = ["base64", "text", "content", "url", "file"];
            return Err(field::unknown_tag(&at, other, known));
        }
    };
    ask.attachments.push(Attachment {
        kind: "document",
        source,
    });
    Ok(())
}

fn inline(media_type: &str, bytes: usize) -> Source<'_> {
    let media_type = Cow::Borrowed(media_type);
    Source::Inline { media_type, bytes }
}

fn media_type<'a>(
    source: &'a Map<String, Value>,
    at: &At<'_>,
    allowed: &[&str],
) -> Result<&'a str, Fault> {
    let media_type = field::string(source, at, "media_type")?;
    if !allowed.contains(&media_type) {
        return Err(field::not_one_of(&at.field("media_type"), allowed));
    }
    Ok(media_type)
}

fn base64<'a>(
    source: &'a Map<String, Value>,
    at: &At<'_>,
    allowed: &[&str],
) -> Result<Source<'a>, Fault> {
    field::only(source, at, &["type", "media_type", "data"])?;
    let media_type = media_type(source, at, allowed)?;
    let data = field::string(source, at, "data")?;
    match STANDARD.decode(data) {
        Ok(bytes) if !bytes.is_empty() => Ok(inline(media_type, bytes.len())),
        Ok(_) => Err(Fault::bad(format!(
            "{}: image cannot be empty",
            at.dotted()
        ))),
        Err(_) => Err(Fault::bad(format!(
            "{}: invalid base64 data",
            at.field("data").dotted()
        ))),
    }
}

fn url<'a>(source: &'a Map<String, Value>, at: &At<'_>) -> Result<Source<'a>, Fault> {
    field::only(source, at, &["type", "url"])?;
    let url = field::string(source, at, "url")?;
    if url.starts_with("https://") || url.starts_with("http://") {
        return Ok(Source::Url(url));
    }
    Err(Fault::bad(format!(
        "{}: Only HTTP(S) URLs are supported.",
        at.field("url").dotted()
    )))
}

fn file<'a>(source: &'a Map<String, Value>, at: &At<'_>) -> Result<Source<'a>, Fault> {
    field::only(source, at, &["type", "file_id"])?;
    field::string(source, at, "file_id").map(Source::File)
}
