//! Media in the words of this format; what it has no word for is named in text.

use std::borrow::Cow;

use byokey_types::Format;

use super::{piece::Wire, spelling::FORMAT};
pub(super) use crate::kin::media::{Marked, marked};
use crate::{
    ir::{Media, MediaKind, MediaSource},
    kin::media::{UNNAMED, plain_text, sound_format},
    target::Target,
};

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

/// Files of this provider are the same in both of its formats.
fn is_own_store(owner: Format) -> bool {
    owner.home_family() == FORMAT.home_family()
}
