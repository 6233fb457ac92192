//! Content parts, ready to be written.

use std::borrow::Cow;

use byokey_types::{Raw, RawObject};
use bytes::BytesMut;

use super::spelling::{BARE_DATA, BARE_URL, inner, outer};
use crate::{
    ir::MediaKind,
    write::{Array, Object, string, strings},
};

/// A content part.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    pub(super) wire: Wire<'a>,
    pub(super) cache: Option<&'a Raw>,
    pub(super) ext: Option<&'a RawObject>,
}

/// What the part says.
#[derive(Debug)]
pub(super) enum Wire<'a> {
    Text(Cow<'a, str>),
    Refusal(&'a str),
    /// An image or moving images at a URL.
    Url {
        kind: MediaKind,
        url: &'a str,
    },
    /// An image or moving images in the message.
    Data {
        kind: MediaKind,
        media_type: &'a str,
        data: &'a str,
    },
    Sound {
        format: Option<&'a str>,
        data: &'a str,
    },
    FileData {
        media_type: Option<&'a str>,
        data: Cow<'a, str>,
        name: Option<&'a str>,
    },
    FileUrl {
        url: &'a str,
        name: Option<&'a str>,
    },
    FileId {
        id: &'a str,
        name: Option<&'a str>,
    },
    Native(&'a Raw),
}

/// The members in which parts have inner objects.
const INNER: [&str; 4] = ["image_url", "video_url", "input_audio", "file"];

impl<'a> Piece<'a> {
    /// A plain text.
    pub(super) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self {
            wire: Wire::Text(text.into()),
            cache: None,
            ext: None,
        }
    }

    /// The text, when it is text.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.wire {
            Wire::Text(text) => Some(text),
            Wire::Refusal(_)
            | Wire::Url { .. }
            | Wire::Data { .. }
            | Wire::Sound { .. }
            | Wire::FileData { .. }
            | Wire::FileUrl { .. }
            | Wire::FileId { .. }
            | Wire::Native(_) => None,
        }
    }

    /// The text, when a bare string says all of the part.
    pub(super) fn as_bare(&self) -> Option<&str> {
        let plain = self.cache.is_none() && self.ext.is_none();
        self.as_text().filter(|_| plain)
    }

    /// Whether it is a medium: what only a message of the user may hold.
    pub(super) fn is_medium(&self) -> bool {
        match &self.wire {
            Wire::Url { .. }
            | Wire::Data { .. }
            | Wire::Sound { .. }
            | Wire::FileData { .. }
            | Wire::FileUrl { .. }
            | Wire::FileId { .. } => true,
            Wire::Text(_) | Wire::Refusal(_) | Wire::Native(_) => false,
        }
    }

    fn write(&self, out: &mut BytesMut) {
        if let Wire::Native(value) = &self.wire {
            out.extend_from_slice(value.bytes());
            return;
        }
        let mut part = Object::begin(out);
        self.write_kind(&mut part);
        part.raw_some("cache_control", self.cache);
        part.members(self.ext, |key| outer(key, &INNER));
        part.end();
    }

    fn write_kind(&self, part: &mut Object<'_>) {
        match &self.wire {
            Wire::Text(text) => {
                part.text("type", "text");
                part.text("text", text);
            }
            Wire::Refusal(text) => {
                part.text("type", "refusal");
                part.text("refusal", text);
            }
            Wire::Url { kind, url } => self.write_url(*kind, &[url], part),
            Wire::Data {
                kind,
                media_type,
                data,
            } => self.write_url(*kind, &["data:", media_type, ";base64,", data], part),
            Wire::Sound { format, data } => self.write_inner("input_audio", part, |sound| {
                sound.text("data", data);
                sound.text_some("format", *format);
            }),
            Wire::FileData {
                media_type,
                data,
                name,
            } => self.write_inner("file", part, |file| {
                file.text_some("filename", *name);
                match media_type {
                    None if self.spelled(BARE_DATA) => file.text("file_data", data),
                    _ => {
                        let media_type = media_type.unwrap_or("application/pdf");
                        let url = ["data:", media_type, ";base64,", data];
                        strings(&url, file.key("file_data"));
                    }
                }
            }),
            Wire::FileUrl { url, name } => self.write_inner("file", part, |file| {
                file.text_some("filename", *name);
                file.text("file_data", url);
            }),
            Wire::FileId { id, name } => self.write_inner("file", part, |file| {
                file.text_some("filename", *name);
                file.text("file_id", id);
            }),
            Wire::Native(_) => {}
        }
    }

    fn write_url(&self, kind: MediaKind, url: &[&str], part: &mut Object<'_>) {
        let member = if kind == MediaKind::Video {
            "video_url"
        } else {
            "image_url"
        };
        if self.spelled(BARE_URL) {
            part.text("type", member);
            strings(url, part.key(member));
            return;
        }
        self.write_inner(member, part, |inner| strings(url, inner.key("url")));
    }

    /// Writes a part whose type is the name of its inner object.
    fn write_inner(
        &self,
        member: &str,
        part: &mut Object<'_>,
        write: impl FnOnce(&mut Object<'_>),
    ) {
        part.text("type", member);
        let mut object = part.object(member);
        write(&mut object);
        object.members(self.ext, |key| inner(key, member));
        object.end();
    }

    fn spelled(&self, spelling: &str) -> bool {
        self.ext.is_some_and(|ext| ext.contains(spelling))
    }
}

/// Writes content: a string when one says it all and no list was asked for, else a list.
pub(super) fn write_content(pieces: &[Piece<'_>], list: bool, out: &mut BytesMut) {
    let text = match pieces {
        [only] if !list => only.as_bare(),
        _ => None,
    };
    if let Some(text) = text {
        string(text, out);
        return;
    }
    let mut array = Array::begin(out);
    for piece in pieces {
        piece.write(array.item());
    }
    array.end();
}
