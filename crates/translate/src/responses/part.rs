//! Content parts of messages and of results: text, refusals, images, files, sound.
//!
//! Source: Responses API, `input[].content[]` and `output[].content[]`.

use byokey_types::{JsonError, JsonKind, Raw, Str};

use super::{
    annotation,
    spelling::{
        BARE_DATA, EMPTY_LOGPROBS, FORMAT, NO_ANNOTATIONS, PART, TAG, flatten, note, remember,
    },
};
use crate::{
    fields::{Fields, missing},
    ir::{Block, Kind, Media, MediaKind, MediaSource, Role},
    loss::Losses,
};

/// Reads content: a string or a list of parts; says whether it was a string. Losses have paths below the content.
///
/// # Errors
/// A [`JsonError`] with its path below the content.
pub(super) fn content(
    raw: &Raw,
    role: Role,
    losses: &mut Losses,
) -> Result<(Vec<Block>, bool), JsonError> {
    match raw.kind() {
        JsonKind::String => {
            let (text, lossy) = raw.text_lossy()?;
            if lossy {
                losses.approximated("0");
            }
            Ok((vec![Block::text(text)], true))
        }
        JsonKind::Array => {
            let items = raw.array()?;
            let mut blocks = Vec::with_capacity(items.len());
            for (at, item) in items.iter().enumerate() {
                let mut lost = Losses::default();
                let read = part(item, role, &mut lost);
                blocks.push(read.map_err(|error| error.under(&at.to_string()))?);
                if !lost.is_empty() {
                    losses.approximated(at.to_string());
                }
            }
            Ok((blocks, false))
        }
        found @ (JsonKind::Object | JsonKind::Number | JsonKind::Bool | JsonKind::Null) => {
            Err(JsonError::WrongType {
                path: "$".to_owned(),
                expected: "a string or an array",
                found: found.article(),
            })
        }
    }
}

/// The type of a text part in the mouth of a role.
pub(super) const fn text_tag(role: Role) -> &'static str {
    match role {
        Role::Assistant => "output_text",
        Role::User | Role::System | Role::Developer => "input_text",
    }
}

/// The media type and the data of a data URL that is plain base64.
pub(super) fn data_url(url: &str) -> Option<(&str, &str)> {
    let (media_type, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
    (!media_type.is_empty() && !media_type.contains([';', ','])).then_some((media_type, data))
}

/// Reads a part.
///
/// # Errors
/// A [`JsonError`] with its path below the part.
pub(super) fn part(raw: &Raw, role: Role, losses: &mut Losses) -> Result<Block, JsonError> {
    let mut fields = Fields::open(raw)?;
    let tag = fields.required_name("type")?;
    let kind = match tag.as_str() {
        "input_text" | "output_text" | "text" => {
            if tag != text_tag(role) {
                note(&mut fields, TAG, &tag);
            }
            text(&tag, &mut fields, losses)?
        }
        "refusal" => Kind::Refusal {
            text: fields.required_text("refusal", losses)?,
        },
        "input_image" if has_source(&fields, &["image_url", "file_id"]) => image(&mut fields)?,
        "input_file" if has_source(&fields, &["file_data", "file_url", "file_id"]) => {
            file(&mut fields)?
        }
        "input_audio" => sound(&mut fields)?,
        _ => {
            let mut fields = Fields::of(byokey_types::RawObject::new());
            remember(&mut fields, PART);
            let kind = Kind::Native {
                format: FORMAT,
                tag,
                value: raw.clone(),
            };
            return Ok(finish(kind, fields));
        }
    };
    Ok(finish(kind, fields))
}

fn finish(kind: Kind, fields: Fields) -> Block {
    Block {
        ext: fields.rest(FORMAT),
        ..Block::new(kind)
    }
}

fn text(tag: &str, fields: &mut Fields, losses: &mut Losses) -> Result<Kind, JsonError> {
    let text = fields.required_text("text", losses)?;
    let mut annotations = Vec::new();
    if !fields.holds("annotations") && tag == "output_text" {
        remember(fields, NO_ANNOTATIONS);
    }
    if let Some(raw) = fields.take_said("annotations") {
        let items = raw.array().map_err(|error| error.under("annotations"))?;
        for (at, item) in items.iter().enumerate() {
            let read = annotation::read(item);
            annotations.push(read.map_err(|error| error.under(&format!("annotations.{at}")))?);
        }
    }
    let empty = |raw: &Raw| raw.array().is_ok_and(|items| items.is_empty());
    if fields.peek("logprobs").is_some_and(empty) {
        fields.take("logprobs");
        remember(fields, EMPTY_LOGPROBS);
    }
    Ok(Kind::Text { text, annotations })
}

fn has_source(fields: &Fields, keys: &[&str]) -> bool {
    keys.iter().any(|key| fields.peek(key).is_some())
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

fn stored(fields: &mut Fields) -> Result<MediaSource, JsonError> {
    Ok(MediaSource::File {
        owner: FORMAT,
        id: fields.required_text("file_id", &mut Losses::default())?,
    })
}

fn image(fields: &mut Fields) -> Result<Kind, JsonError> {
    let mut lost = Losses::default();
    let source = match fields.peek("image_url") {
        Some(_) => source(fields.required_text("image_url", &mut lost)?),
        None => stored(fields)?,
    };
    Ok(Kind::Media(Media {
        kind: MediaKind::Image,
        source,
        title: None,
    }))
}

fn file(fields: &mut Fields) -> Result<Kind, JsonError> {
    let mut lost = Losses::default();
    let title = match fields.peek("filename") {
        Some(_) => fields.text("filename", &mut lost)?,
        None => None,
    };
    let source = if fields.peek("file_data").is_some() {
        let data = fields.required_text("file_data", &mut lost)?;
        if data.contains(':') {
            source(data)
        } else {
            remember(fields, BARE_DATA);
            MediaSource::Inline {
                media_type: None,
                data,
            }
        }
    } else if fields.peek("file_url").is_some() {
        MediaSource::Url {
            url: fields.required_text("file_url", &mut lost)?,
        }
    } else {
        stored(fields)?
    };
    Ok(Kind::Media(Media {
        kind: MediaKind::Document,
        source,
        title,
    }))
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
