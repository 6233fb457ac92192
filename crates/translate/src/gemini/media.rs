//! Images, documents, sound and moving images: read and written.
//!
//! Source: Gemini API, `Blob` (`inlineData`) and `FileData`: a URI of Google's file store, of Cloud Storage, of YouTube or a
//! public one.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use byokey_types::{JsonError, RawObject};

use super::spelling::{self, FORMAT, take_name};
use crate::{
    fields::Fields,
    ir::{Media, MediaKind, MediaSource},
    loss::Losses,
    target::Target,
    write::Object,
};

/// The marker of data in the URL-safe alphabet.
const URL_SAFE: &str = "data";

/// Media types by the ends of names.
const TYPES: [(&str, &str); 20] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("heic", "image/heic"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("html", "text/html"),
    ("wav", "audio/wav"),
    ("mp3", "audio/mpeg"),
    ("ogg", "audio/ogg"),
    ("flac", "audio/flac"),
    ("m4a", "audio/mp4"),
    ("mp4", "video/mp4"),
    ("mov", "video/quicktime"),
    ("webm", "video/webm"),
    ("mpeg", "video/mpeg"),
];

/// A medium in the words of this format.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wire<'a> {
    Inline {
        media_type: Option<&'a str>,
        data: std::borrow::Cow<'a, str>,
    },
    File {
        media_type: Option<&'a str>,
        uri: &'a str,
    },
}

/// Reads `inlineData`.
///
/// # Errors
/// A [`JsonError`] with its path below the object.
pub(super) fn inline(fields: &mut Fields, losses: &mut Losses) -> Result<Media, JsonError> {
    let media_type = take_name(fields, "mimeType")?;
    let mut data = fields.text("data", losses)?.unwrap_or_default();
    let bytes = data.as_bytes();
    if memchr::memchr2(b'-', b'_', bytes).is_some() && memchr::memchr2(b'+', b'/', bytes).is_none()
    {
        // Google's SDK for Python writes the URL-safe alphabet, which the other formats refuse
        data = data.replace('-', "+").replace('_', "/");
        spelling::mark(fields, URL_SAFE);
    }
    Ok(Media {
        kind: kind(media_type.as_deref()),
        source: MediaSource::Inline { media_type, data },
        title: title(fields, losses)?,
    })
}

/// Reads `fileData`. The media type stays, since the neutral form has none for what is elsewhere.
///
/// # Errors
/// A [`JsonError`] with its path below the object.
pub(super) fn file(fields: &mut Fields, losses: &mut Losses) -> Result<Media, JsonError> {
    let uri = fields.required_text("fileUri", losses)?;
    let said = fields.peek("mimeType").and_then(|raw| raw.text().ok());
    let named = said.as_deref().or_else(|| by_name(&uri));
    let kind = if said.is_none() && is_youtube(&uri) {
        MediaKind::Video
    } else {
        kind(named)
    };
    if said.is_some() && said.as_deref() == by_name(&uri) {
        // the name says it, so it is not lost elsewhere
        fields.take("mimeType");
        spelling::mark(fields, "mimeType");
    }
    let title = title(fields, losses)?;
    let stored = uri.starts_with("gs://")
        || uri.contains("generativelanguage.googleapis.com/")
        || !uri.contains("://");
    let source = if stored {
        MediaSource::File {
            owner: FORMAT,
            id: uri,
        }
    } else {
        MediaSource::Url { url: uri }
    };
    Ok(Media {
        kind,
        source,
        title,
    })
}

fn title(fields: &mut Fields, losses: &mut Losses) -> Result<Option<String>, JsonError> {
    match fields.peek("displayName") {
        Some(_) => {
            let title = fields.text("displayName", losses)?;
            if title.is_some() {
                spelling::mark(fields, "displayName");
            }
            Ok(title)
        }
        None => Ok(None),
    }
}

/// The title, where it may be said: only Google's cloud takes it, so only a client of this format knows that it may be.
///
/// Source: the Gemini API refuses `displayName` in `inlineData` and `fileData` (python-genai, "not supported in Gemini API").
pub(super) fn own_title<'a>(media: &'a Media, ext: Option<&RawObject>) -> Option<&'a str> {
    let is_own = ["inlineData.displayName", "fileData.displayName"]
        .iter()
        .any(|marker| spelling::is_marked(ext, marker));
    media.title.as_deref().filter(|_| is_own)
}

fn kind(media_type: Option<&str>) -> MediaKind {
    match media_type.and_then(|name| name.split('/').next()) {
        Some("image") => MediaKind::Image,
        Some("audio") => MediaKind::Audio,
        Some("video") => MediaKind::Video,
        Some(_) | None => MediaKind::Document,
    }
}

fn is_youtube(uri: &str) -> bool {
    [
        "https://www.youtube.com/",
        "https://youtube.com/",
        "https://youtu.be/",
    ]
    .iter()
    .any(|head| uri.starts_with(head))
}

fn by_name(uri: &str) -> Option<&'static str> {
    let path = uri.split(['?', '#']).next().unwrap_or(uri);
    let end = path.rsplit('/').next()?.rsplit_once('.')?.1;
    TYPES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(end))
        .map(|(_, name)| *name)
}

/// What was made up or changed to say a medium.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Its media type is a guess.
    pub(super) guessed: bool,
}

/// Says a medium in this format, or in words when it cannot be said.
///
/// # Errors
/// The words, and whether they still point to the medium.
pub(super) fn wire<'a>(
    media: &'a Media,
    target: Option<&Target>,
    ext: Option<&RawObject>,
    changes: &mut Changes,
) -> Result<Wire<'a>, (String, bool)> {
    let textual = matches!(media.source, MediaSource::PlainText { .. })
        || matches!(&media.source, MediaSource::Inline { media_type: Some(name), .. } if name.starts_with("text/"));
    let taken = target.is_none_or(|target| target.takes(media.kind)) || textual;
    let found = match &media.source {
        _ if !taken => None,
        MediaSource::Inline { media_type, data } => Some(Wire::Inline {
            media_type: media_type.as_deref().or_else(|| {
                changes.guessed = true;
                Some(sniffed(data).unwrap_or(usual(media.kind)))
            }),
            data: if spelling::is_marked(ext, "inlineData.data") {
                data.replace('+', "-").replace('/', "_").into()
            } else {
                data.as_str().into()
            },
        }),
        MediaSource::PlainText { text } => Some(Wire::Inline {
            media_type: Some("text/plain"),
            data: STANDARD.encode(text).into(),
        }),
        MediaSource::Url { url } => match url.strip_prefix("data:") {
            Some(rest) => data_url(rest),
            None => Some(Wire::File {
                media_type: elsewhere(url, media.kind, ext, changes),
                uri: url,
            }),
        },
        MediaSource::File { owner, id } => (*owner == FORMAT).then(|| Wire::File {
            media_type: elsewhere(id, media.kind, ext, changes),
            uri: id,
        }),
        MediaSource::Native { .. } => None,
    };
    found.ok_or_else(|| marked(media))
}

/// The media type of what is elsewhere, where it must be said and is not known from the client.
fn elsewhere(
    uri: &str,
    kind: MediaKind,
    ext: Option<&RawObject>,
    changes: &mut Changes,
) -> Option<&'static str> {
    if spelling::is_marked(ext, "fileData.mimeType") {
        return by_name(uri);
    }
    let is_said = ext.is_some_and(|ext| ext.contains("fileData.mimeType"));
    let is_left = ext.is_some() && kind == self::kind(by_name(uri));
    if is_said || is_left || is_youtube(uri) {
        // written from the extension, or left to the API, as the client did
        return None;
    }
    by_name(uri).or_else(|| {
        if uri.contains("generativelanguage.googleapis.com/") {
            return None;
        }
        changes.guessed = true;
        Some(usual(kind))
    })
}

const fn usual(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image/jpeg",
        MediaKind::Document => "application/pdf",
        MediaKind::Audio => "audio/wav",
        MediaKind::Video => "video/mp4",
    }
}

/// The media type by the first bytes, seen through base64.
fn sniffed(data: &str) -> Option<&'static str> {
    [
        ("/9j/", "image/jpeg"),
        ("iVBORw0KGgo", "image/png"),
        ("R0lGOD", "image/gif"),
        ("JVBERi", "application/pdf"),
    ]
    .into_iter()
    .find(|(head, _)| data.starts_with(head))
    .map(|(_, name)| name)
}

fn data_url(rest: &str) -> Option<Wire<'_>> {
    let (head, data) = rest.split_once(',')?;
    let name = head.strip_suffix(";base64")?;
    let name = name.split(';').next().filter(|name| !name.is_empty());
    Some(Wire::Inline {
        media_type: name,
        data: data.into(),
    })
}

/// What stands in for a medium that cannot be sent, and whether it still points to it.
fn marked(media: &Media) -> (String, bool) {
    let name = match media.kind {
        MediaKind::Image => "image",
        MediaKind::Document => "document",
        MediaKind::Audio => "audio",
        MediaKind::Video => "video",
    };
    let pointer = match &media.source {
        MediaSource::Url { url } if !url.starts_with("data:") => Some(url),
        MediaSource::File { id, .. } => Some(id),
        MediaSource::PlainText { text } => Some(text),
        MediaSource::Url { .. } | MediaSource::Inline { .. } | MediaSource::Native { .. } => None,
    };
    let title = media.title.as_deref().map(|title| format!(" {title:?}"));
    let title = title.unwrap_or_default();
    match pointer {
        Some(pointer) => (format!("[{name}{title}: {pointer}]"), true),
        None => (
            format!("[{name}{title} omitted: it cannot be sent to this model]"),
            false,
        ),
    }
}

/// Writes a medium as a member of its part.
pub(super) fn write(
    part: &mut Object<'_>,
    wire: &Wire<'_>,
    title: Option<&str>,
    ext: Option<&RawObject>,
) {
    let (outer, media_type, key, value) = match wire {
        Wire::Inline { media_type, data } => ("inlineData", media_type, "data", data.as_ref()),
        Wire::File { media_type, uri } => ("fileData", media_type, "fileUri", *uri),
    };
    let mut object = part.object(outer);
    object.text_some("mimeType", *media_type);
    object.text(key, value);
    object.text_some("displayName", title);
    for (key, value) in spelling::members(ext, outer) {
        object.raw(key, value);
    }
    object.end();
}
