//! Images and documents: their sources, read and written.
//!
//! Source: Messages API, `image` and `document` blocks: base64, url, file, text and content sources.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use byokey_types::{Format, JsonError, Raw, RawObject};

use super::block_decode::finish;
use crate::write::Object;
use crate::{
    fields::{Fields, missing},
    ir::{Block, Kind, Media, MediaKind, MediaSource},
    loss::Losses,
    target::Target,
};

const FORMAT: Format = Format::AnthropicMessages;
/// The media types of images that the API accepts.
const IMAGES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];
const PDF: &str = "application/pdf";

/// A medium in the words of this format.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wire<'a> {
    Base64 { media_type: &'a str, data: &'a str },
    Url(&'a str),
    File(&'a str),
    Text(std::borrow::Cow<'a, str>),
    Native(&'a Raw),
}

/// What stands in for a medium that cannot be sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Marked {
    /// Words for the model.
    pub(super) text: String,
    /// Whether they still point to the medium.
    pub(super) points: bool,
}

/// Reads an image or a document.
///
/// # Errors
/// A [`JsonError`] with its path below the block.
pub(super) fn block(
    tag: &str,
    mut fields: Fields,
    losses: &mut Losses,
) -> Result<Block, JsonError> {
    let kind = if tag == "image" {
        MediaKind::Image
    } else {
        MediaKind::Document
    };
    let raw = fields.take("source").ok_or_else(|| missing("source"))?;
    let (source, rest) = source(&raw, losses).map_err(|error| error.under("source"))?;
    if !rest.is_empty() {
        fields.put_back("source", rest.to_raw());
    }
    let title = match kind {
        MediaKind::Document if fields.peek("title").is_some() => fields.text("title", losses)?,
        MediaKind::Document | MediaKind::Image | MediaKind::Audio | MediaKind::Video => None,
    };
    let media = Media {
        kind,
        source,
        title,
    };
    Ok(finish(Kind::Media(media), fields))
}

/// Reads a source and gives what is left of it.
fn source(raw: &Raw, losses: &mut Losses) -> Result<(MediaSource, RawObject), JsonError> {
    let mut fields = Fields::open(raw)?;
    let tag = fields.required_name("type")?;
    let source = match tag.as_str() {
        "base64" => MediaSource::Inline {
            media_type: fields.name("media_type")?,
            data: fields.required_text("data", losses)?,
        },
        "url" => MediaSource::Url {
            url: fields.required_text("url", losses)?,
        },
        "file" => MediaSource::File {
            owner: FORMAT,
            id: fields.required_text("file_id", losses)?,
        },
        "text" => {
            let text = fields.required_text("data", losses)?;
            let plain = fields
                .peek("media_type")
                .is_some_and(|raw| raw.text().is_ok_and(|name| name == "text/plain"));
            if plain {
                fields.take("media_type");
            }
            MediaSource::PlainText { text }
        }
        _ => {
            let value = raw.clone();
            let native = MediaSource::Native {
                format: FORMAT,
                value,
            };
            return Ok((native, RawObject::new()));
        }
    };
    Ok((source, fields.into_object()))
}

/// Says a medium in this format, or in words when it cannot be said.
///
/// # Errors
/// The words.
pub(super) fn wire<'a>(
    media: &'a Media,
    target: &Target,
    approximated: &mut bool,
) -> Result<Wire<'a>, Marked> {
    let found = match (&media.source, media.kind) {
        (MediaSource::Native { format, value }, MediaKind::Image | MediaKind::Document)
            if *format == FORMAT =>
        {
            Some(Wire::Native(value))
        }
        (MediaSource::PlainText { text }, MediaKind::Document) => Some(Wire::Text(text.into())),
        (source, kind) if !target.takes(kind) && !is_textual(source) => None,
        (MediaSource::Inline { media_type, data }, _) => {
            inline(media.kind, media_type.as_deref(), data, approximated)
        }
        (MediaSource::Url { url }, MediaKind::Image | MediaKind::Document) => {
            at_url(media.kind, url, approximated)
        }
        (MediaSource::File { owner, id }, MediaKind::Image | MediaKind::Document)
            if *owner == FORMAT =>
        {
            Some(Wire::File(id))
        }
        (
            MediaSource::Url { .. }
            | MediaSource::File { .. }
            | MediaSource::PlainText { .. }
            | MediaSource::Native { .. },
            _,
        ) => None,
    };
    found.ok_or_else(|| marked(media))
}

/// Writes the `source` of an image or a document.
pub(super) fn write_source(block: &mut Object<'_>, wire: &Wire<'_>, ext: Option<&RawObject>) {
    if let Wire::Native(value) = wire {
        block.raw("source", value);
        return;
    }
    let rest = ext
        .and_then(|ext| ext.get("source"))
        .and_then(|raw| raw.object().ok());
    let mut source = block.object("source");
    let written: &[&str] = match wire {
        Wire::Base64 { media_type, data } => {
            source.text("type", "base64");
            source.text("media_type", media_type);
            source.text("data", data);
            &["type", "media_type", "data"]
        }
        Wire::Url(url) => {
            source.text("type", "url");
            source.text("url", url);
            &["type", "url"]
        }
        Wire::File(id) => {
            source.text("type", "file");
            source.text("file_id", id);
            &["type", "file_id"]
        }
        Wire::Text(text) => {
            source.text("type", "text");
            if !rest
                .as_ref()
                .is_some_and(|rest| rest.contains("media_type"))
            {
                source.text("media_type", "text/plain");
            }
            source.text("data", text);
            &["type", "data"]
        }
        Wire::Native(_) => &[],
    };
    source.members_but(rest.as_ref(), written);
    source.end();
}

fn inline<'a>(
    kind: MediaKind,
    media_type: Option<&'a str>,
    data: &'a str,
    approximated: &mut bool,
) -> Option<Wire<'a>> {
    let given = media_type.map(|name| name.split(';').next().unwrap_or(name).trim());
    let wire = |media_type: &'a str| Some(Wire::Base64 { media_type, data });
    match (kind, given) {
        (MediaKind::Image, Some(name)) if IMAGES.contains(&name) => wire(name),
        // a misspelling so common that the bytes are sure to be what is meant
        (MediaKind::Image, Some("image/jpg")) => {
            *approximated = true;
            wire("image/jpeg")
        }
        (MediaKind::Image, None) => sniffed(data).and_then(wire),
        (MediaKind::Document, Some(PDF)) => wire(PDF),
        (MediaKind::Document, None) if data.starts_with("JVBERi") => wire(PDF),
        (MediaKind::Document, Some(name)) if is_text(name) => {
            let bytes = STANDARD.decode(data).ok()?;
            let text = String::from_utf8(bytes).ok()?;
            *approximated = true;
            Some(Wire::Text(text.into()))
        }
        (MediaKind::Image | MediaKind::Document | MediaKind::Audio | MediaKind::Video, _) => None,
    }
}

fn at_url<'a>(kind: MediaKind, url: &'a str, approximated: &mut bool) -> Option<Wire<'a>> {
    if let Some(rest) = url.strip_prefix("data:") {
        let (head, data) = rest.split_once(',')?;
        let name = head.strip_suffix(";base64")?;
        let name = (!name.is_empty()).then_some(name);
        return inline(kind, name, data, approximated);
    }
    let scheme = url.split("://").next().unwrap_or_default();
    (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http"))
        .then_some(Wire::Url(url))
}

/// The media type of an image by its first bytes, seen through base64.
fn sniffed(data: &str) -> Option<&'static str> {
    [
        ("/9j/", "image/jpeg"),
        ("iVBORw0KGgo", "image/png"),
        ("R0lGOD", "image/gif"),
        ("UklGR", "image/webp"),
    ]
    .into_iter()
    .find(|(head, _)| data.starts_with(head))
    .map(|(_, name)| name)
}

/// Whether it is text in the clothes of a document, which every model takes.
fn is_textual(source: &MediaSource) -> bool {
    match source {
        MediaSource::Inline { media_type, .. } => media_type.as_deref().is_some_and(is_text),
        MediaSource::PlainText { .. } => true,
        MediaSource::Url { .. } | MediaSource::File { .. } | MediaSource::Native { .. } => false,
    }
}

fn is_text(media_type: &str) -> bool {
    media_type.starts_with("text/") || media_type == "application/json"
}

/// The words that stand in for a medium.
pub(super) fn marked(media: &Media) -> Marked {
    let name = match media.kind {
        MediaKind::Image => "image",
        MediaKind::Document => "document",
        MediaKind::Audio => "audio",
        MediaKind::Video => "video",
    };
    let pointer = match &media.source {
        MediaSource::Url { url } if !url.starts_with("data:") => Some(url.as_str()),
        MediaSource::File { id, .. } => Some(id.as_str()),
        MediaSource::PlainText { text } => Some(text.as_str()),
        MediaSource::Url { .. } | MediaSource::Inline { .. } | MediaSource::Native { .. } => None,
    };
    let title = media.title.as_deref().map(|title| format!(" {title:?}"));
    let title = title.unwrap_or_default();
    let text = match pointer {
        Some(pointer) => format!("[{name}{title}: {pointer}]"),
        None => format!("[{name}{title} omitted: it cannot be sent to this model]"),
    };
    Marked {
        text,
        points: pointer.is_some(),
    }
}
