//! Media that are said in text, and the names that media have.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::ir::{Media, MediaKind, MediaSource};

/// The name of a document that came without one.
pub(crate) const UNNAMED: &str = "document.pdf";

/// Text in the place of a medium.
#[derive(Debug)]
pub(crate) struct Marked {
    pub(crate) text: String,
    /// Whether the text holds or points to what the medium held.
    pub(crate) points: bool,
}

/// The text that stands for a medium.
pub(crate) fn marked(media: &Media) -> Marked {
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

/// A document that is text is said as text.
pub(crate) fn plain_text(media: &Media) -> Option<Marked> {
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

/// `wav` and `mp3` are the names that both formats know.
pub(crate) fn sound_format(media_type: &str) -> &str {
    match media_type.strip_prefix("audio/").unwrap_or(media_type) {
        "mpeg" => "mp3",
        "x-wav" | "wave" => "wav",
        other => other,
    }
}
