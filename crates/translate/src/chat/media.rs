//! Media in the words of this format; what it has no word for is named in text.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use byokey_types::Format;

use super::{piece::Wire, spelling::FORMAT};
use crate::{
    ir::{Media, MediaKind, MediaSource},
    target::Target,
};

/// The name of a document that came without one.
const UNNAMED: &str = "document.pdf";

/// Text in the place of a medium.
#[derive(Debug)]
pub(super) struct Marked {
    pub(super) text: String,
    /// Whether the text holds or points to what the medium held.
    pub(super) points: bool,
}

/// A medium for a target.
///
/// # Errors
/// The text that stands for it where the target or the format has no place for it.
pub(super) fn wire<'a>(media: &'a Media, target: &Target) -> Result<Wire<'a>, Marked> {
    if let Some(text) = plain_text(media) {
        return Err(text);
    }
    if !target.takes(media.kind) {
        return Err(marked(media));
    }
    match (media.kind, &media.source) {
        (MediaKind::Image | MediaKind::Video, MediaSource::Inline { media_type, data }) => {
            let assumed = if media.kind == MediaKind::Image {
                "image/png"
            } else {
                "video/mp4"
            };
            Ok(Wire::Data {
                kind: media.kind,
                media_type: media_type.as_deref().unwrap_or(assumed),
                data,
            })
        }
        (MediaKind::Image | MediaKind::Video, MediaSource::Url { url }) => Ok(Wire::Url {
            kind: media.kind,
            url,
        }),
        (MediaKind::Audio, MediaSource::Inline { media_type, data }) => Ok(Wire::Sound {
            format: media_type.as_deref().map(sound_format),
            data,
        }),
        (MediaKind::Document, MediaSource::Inline { media_type, data }) => Ok(Wire::FileData {
            media_type: media_type.as_deref(),
            data: Cow::Borrowed(data),
            name: media.title.as_deref().or(Some(UNNAMED)),
        }),
        (MediaKind::Document, MediaSource::Url { url }) if url.starts_with("data:") => {
            Ok(Wire::FileUrl {
                url,
                name: media.title.as_deref(),
            })
        }
        (_, MediaSource::File { owner, id }) if is_own_store(*owner) => Ok(Wire::FileId {
            id,
            name: media.title.as_deref(),
        }),
        (MediaKind::Audio | MediaKind::Document, MediaSource::Url { .. })
        | (
            _,
            MediaSource::File { .. } | MediaSource::Native { .. } | MediaSource::PlainText { .. },
        ) => Err(marked(media)),
    }
}

/// The text that stands for a medium.
pub(super) fn marked(media: &Media) -> Marked {
    let noun = match media.kind {
        MediaKind::Image => "image",
        MediaKind::Document => "document",
        MediaKind::Audio => "audio",
        MediaKind::Video => "video",
    };
    let title = media.title.as_deref().map(|title| format!(" `{title}`"));
    let title = title.unwrap_or_default();
    match &media.source {
        MediaSource::Url { url } if !url.starts_with("data:") => Marked {
            text: format!("[{noun}{title} at {url}]"),
            points: true,
        },
        MediaSource::PlainText { text } => Marked {
            text: format!("[{noun}{title}]\n{text}"),
            points: true,
        },
        MediaSource::Url { .. }
        | MediaSource::Inline { .. }
        | MediaSource::File { .. }
        | MediaSource::Native { .. } => Marked {
            text: format!("[{noun}{title} left out: it cannot be sent to this model]"),
            points: false,
        },
    }
}

/// Files of this provider are the same in both of its formats.
fn is_own_store(owner: Format) -> bool {
    owner.home_family() == FORMAT.home_family()
}

/// A document that is text is said as text.
fn plain_text(media: &Media) -> Option<Marked> {
    if media.kind != MediaKind::Document {
        return None;
    }
    match &media.source {
        MediaSource::PlainText { .. } => Some(marked(media)),
        MediaSource::Inline {
            media_type: Some(media_type),
            data,
        } if media_type.starts_with("text/") => {
            let text = String::from_utf8(STANDARD.decode(data).ok()?).ok()?;
            Some(marked(&Media {
                source: MediaSource::PlainText { text },
                ..media.clone()
            }))
        }
        MediaSource::Inline { .. }
        | MediaSource::Url { .. }
        | MediaSource::File { .. }
        | MediaSource::Native { .. } => None,
    }
}

/// `wav` and `mp3` are the names that this format knows.
fn sound_format(media_type: &str) -> &str {
    let subtype = media_type.strip_prefix("audio/").unwrap_or(media_type);
    match subtype {
        "mpeg" => "mp3",
        "x-wav" | "wave" => "wav",
        other => other,
    }
}
