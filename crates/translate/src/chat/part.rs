//! Content parts: text, images, sound, files, refusals.
//!
//! Source: Chat Completions API, `messages[].content[]`; `video_url` is what Qwen's and Google's servers of this format take.

use byokey_types::{JsonError, JsonKind, Raw, Str};

use super::{
    place::Place,
    spelling::{BARE_DATA, BARE_URL, FORMAT, LIST, PART, flatten, remember},
};
use crate::{
    fields::{Fields, missing},
    ir::{Block, CacheMark, Kind, Media, MediaKind, MediaSource},
    loss::Losses,
};

/// Content that was read.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) blocks: Vec<Block>,
    /// Whether it was a bare string.
    pub(super) bare: bool,
}

/// Takes `content` when it is there; `null` stays, to be replayed. That it was a list is remembered in `fields`.
///
/// # Errors
/// A [`JsonError`] with its path below the message.
pub(super) fn take_content(
    fields: &mut Fields,
    place: impl Fn(usize) -> Place,
    losses: &mut Losses,
) -> Result<Option<Content>, JsonError> {
    let Some(raw) = fields.take_said("content") else {
        return Ok(None);
    };
    match raw.kind() {
        JsonKind::String => {
            let (text, lossy) = raw.text_lossy()?;
            if lossy {
                losses.approximated(place(0).to_string());
            }
            Ok(Some(Content {
                blocks: vec![Block::text(text)],
                bare: true,
            }))
        }
        JsonKind::Array => {
            let items = raw.array()?;
            remember(fields, LIST);
            let mut blocks = Vec::with_capacity(items.len());
            for (position, item) in items.iter().enumerate() {
                let read = part(item, place(position), losses);
                blocks.push(read.map_err(|error| error.under(&format!("content.{position}")))?);
            }
            Ok(Some(Content {
                blocks,
                bare: false,
            }))
        }
        found @ (JsonKind::Object | JsonKind::Number | JsonKind::Bool | JsonKind::Null) => {
            Err(JsonError::WrongType {
                path: "content".to_owned(),
                expected: "a string or an array",
                found: found.article(),
            })
        }
    }
}

/// The block of a kind, with what every part may have; the rest is its extension.
pub(super) fn finish(kind: Kind, mut fields: Fields) -> Block {
    let cache = fields.take_said("cache_control").map(CacheMark);
    Block {
        kind,
        cache,
        seal: None,
        ext: fields.rest(FORMAT),
    }
}

/// The media type and the data of a data URL that is plain base64.
pub(super) fn data_url(url: &str) -> Option<(&str, &str)> {
    let (media_type, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
    (!media_type.is_empty() && !media_type.contains([';', ','])).then_some((media_type, data))
}

fn part(raw: &Raw, place: Place, losses: &mut Losses) -> Result<Block, JsonError> {
    let mut fields = Fields::open(raw)?;
    let tag = fields.required_name("type")?;
    let mut lost = Losses::default();
    let kind = match tag.as_str() {
        "text" => Kind::Text {
            text: fields.required_text("text", &mut lost)?,
            annotations: Vec::new(),
        },
        "refusal" => {
            remember(&mut fields, PART);
            Kind::Refusal {
                text: fields.required_text("refusal", &mut lost)?,
            }
        }
        "image_url" => at_url(MediaKind::Image, "image_url", &mut fields)?,
        "video_url" => at_url(MediaKind::Video, "video_url", &mut fields)?,
        "input_audio" => sound(&mut fields)?,
        "file" => file(&mut fields)?,
        _ => {
            let kind = Kind::Native {
                format: FORMAT,
                tag,
                value: raw.clone(),
            };
            let mut block = Block::new(kind);
            block.cache = fields.take("cache_control").map(CacheMark);
            return Ok(block);
        }
    };
    if !lost.is_empty() {
        losses.approximated(place.to_string());
    }
    Ok(finish(kind, fields))
}

fn at_url(kind: MediaKind, member: &str, fields: &mut Fields) -> Result<Kind, JsonError> {
    let raw = fields.take(member).ok_or_else(|| missing(member))?;
    let url = if raw.kind() == JsonKind::String {
        remember(fields, BARE_URL);
        raw.text()?
    } else {
        let mut inner = Fields::open(&raw).map_err(|error| error.under(member))?;
        let url = inner
            .take("url")
            .ok_or_else(|| missing("url"))
            .and_then(|url| url.text().map_err(|error| error.under("url")))
            .map_err(|error| error.under(member))?;
        flatten(fields, member, inner);
        url
    };
    Ok(Kind::Media(Media {
        kind,
        source: source(url),
        title: None,
    }))
}

fn source(url: String) -> MediaSource {
    match data_url(&url) {
        Some((media_type, data)) => MediaSource::Inline {
            media_type: Some(Str::from(media_type)),
            data: data.to_owned(),
        },
        None => MediaSource::Url { url },
    }
}

fn sound(fields: &mut Fields) -> Result<Kind, JsonError> {
    let under = |error: JsonError| error.under("input_audio");
    let mut inner = fields
        .object("input_audio")?
        .ok_or_else(|| missing("input_audio"))?;
    let data = inner
        .required_text("data", &mut Losses::default())
        .map_err(under)?;
    let format = inner.name("format").map_err(under)?;
    flatten(fields, "input_audio", inner);
    Ok(Kind::Media(Media {
        kind: MediaKind::Audio,
        source: MediaSource::Inline {
            media_type: format.map(|format| Str::from(format!("audio/{format}"))),
            data,
        },
        title: None,
    }))
}

fn file(fields: &mut Fields) -> Result<Kind, JsonError> {
    let under = |error: JsonError| error.under("file");
    let mut inner = fields.object("file")?.ok_or_else(|| missing("file"))?;
    let title = inner
        .text("filename", &mut Losses::default())
        .map_err(under)?;
    let data = inner
        .text("file_data", &mut Losses::default())
        .map_err(under)?;
    let source = match data {
        Some(data) if data.contains(':') => source(data),
        Some(data) => {
            remember(fields, BARE_DATA);
            MediaSource::Inline {
                media_type: None,
                data,
            }
        }
        None => MediaSource::File {
            owner: FORMAT,
            id: inner
                .required_text("file_id", &mut Losses::default())
                .map_err(under)?,
        },
    };
    flatten(fields, "file", inner);
    Ok(Kind::Media(Media {
        kind: MediaKind::Document,
        source,
        title,
    }))
}
