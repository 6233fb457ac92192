//! Media in the words of this format; what it has no word for is named in text.

use super::spelling::{BARE_DATA, FORMAT};
pub(super) use crate::kin::media::{Marked, marked};
use crate::{
    ir::{Block, Media, MediaKind, MediaSource},
    kin::media::{UNNAMED, plain_text, sound_format},
    target::Target,
    write::{Object, strings},
};

/// Whether a medium can be sent to a target.
///
/// # Errors
/// The text that stands for it where the target or the format has no place for it.
pub(super) fn check(media: &Media, target: &Target) -> Result<(), Marked> {
    if let Some(text) = plain_text(media) {
        return Err(text);
    }
    let sayable = match (media.kind, &media.source) {
        (_, MediaSource::File { owner, .. }) => {
            owner.home_family() == FORMAT.home_family() && media.kind != MediaKind::Audio
        }
        (
            MediaKind::Image | MediaKind::Document,
            MediaSource::Inline { .. } | MediaSource::Url { .. },
        )
        | (MediaKind::Audio, MediaSource::Inline { .. }) => true,
        (_, MediaSource::PlainText { .. } | MediaSource::Native { .. })
        | (MediaKind::Audio, MediaSource::Url { .. })
        | (MediaKind::Video, _) => false,
    };
    if sayable && target.takes(media.kind) {
        Ok(())
    } else {
        Err(marked(media))
    }
}

/// Whether a file in the message needs a name that nobody gave it: the API wants one. A client of this format may do without.
pub(super) fn lacks_name(media: &Media, block: &Block) -> bool {
    media.kind == MediaKind::Document
        && matches!(media.source, MediaSource::Inline { .. })
        && media.title.is_none()
        && crate::ir::own(&block.ext, FORMAT).is_none()
}

/// Writes a medium that [`check`] has let pass.
pub(super) fn write(media: &Media, block: &Block, part: &mut Object<'_>) {
    match media.kind {
        MediaKind::Image | MediaKind::Video => {
            part.text("type", "input_image");
            match &media.source {
                MediaSource::Inline { media_type, data } => {
                    let media_type = media_type.as_deref().unwrap_or("image/png");
                    strings(
                        &["data:", media_type, ";base64,", data],
                        part.key("image_url"),
                    );
                }
                MediaSource::Url { url } => part.text("image_url", url),
                MediaSource::File { id, .. } => part.text("file_id", id),
                MediaSource::PlainText { .. } | MediaSource::Native { .. } => {}
            }
        }
        MediaKind::Document => {
            part.text("type", "input_file");
            part.text_some("filename", media.title.as_deref());
            match &media.source {
                MediaSource::Inline { data, .. }
                    if super::spelling::spelled(&block.ext, BARE_DATA) =>
                {
                    part.text("file_data", data);
                }
                MediaSource::Inline { media_type, data } => {
                    if lacks_name(media, block) {
                        part.text("filename", UNNAMED);
                    }
                    let media_type = media_type.as_deref().unwrap_or("application/pdf");
                    strings(
                        &["data:", media_type, ";base64,", data],
                        part.key("file_data"),
                    );
                }
                MediaSource::Url { url } if url.starts_with("data:") => part.text("file_data", url),
                MediaSource::Url { url } => part.text("file_url", url),
                MediaSource::File { id, .. } => part.text("file_id", id),
                MediaSource::PlainText { .. } | MediaSource::Native { .. } => {}
            }
        }
        MediaKind::Audio => {
            part.text("type", "input_audio");
            let mut sound = part.object("input_audio");
            if let MediaSource::Inline { media_type, data } = &media.source {
                sound.text("data", data);
                sound.text_some("format", media_type.as_deref().map(sound_format));
            }
            let own = crate::ir::own(&block.ext, FORMAT);
            sound.members(own, |key| super::spelling::inner(key, "input_audio"));
            sound.end();
        }
    }
}
