//! Message content: strings and typed parts.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::{Dispensation, field, messages};
use crate::{
    ask::{Ask, Attachment, Source},
    fault::Fault,
    json_path::At,
};

/// Media types of images.
pub(crate) const IMAGES: &[&str] = &["image/png", "image/jpeg", "image/gif", "image/webp"];

/// Checks one message's content, collects its media and returns its text.
pub(super) fn check<'a>(
    message: &'a Map<String, Value>,
    role: &str,
    at: &At<'_>,
    dispensation: Dispensation,
    ask: &mut Ask<'a>,
) -> Result<Cow<'a, str>, Fault> {
    let content_at = at.field("content");
    match message.get("content") {
        Some(Value::String(text)) => Ok(Cow::Borrowed(text)),
        Some(Value::Array(parts)) if parts.is_empty() => Err(field::empty_array(&content_at)),
        Some(Value::Array(parts)) => {
            let mut texts = Vec::with_capacity(parts.len());
            for (index, value) in parts.iter().enumerate() {
                let at = content_at.index(index);
                let value = value
                    .as_object()
                    .ok_or_else(|| field::wrong_type(&at, "an object", value))?;
                let part = Part {
                    value,
                    role,
                    at: &at,
                    dispensation,
                };
                texts.extend(part.check(ask)?);
            }
            Ok(messages::join(&texts))
        }
        None | Some(Value::Null) if may_be_silent(message, role) => Ok(Cow::Borrowed("")),
        None => Err(field::missing(&content_at)),
        Some(Value::Null) => Err(Fault::bad(
            "Invalid value for 'content': expected a string, got null.",
        )
        .param(at.field("content").bracketed().replace('[', ".["))),
        Some(other) => Err(field::wrong_type(
            &content_at,
            "a string or array of objects",
            other,
        )),
    }
}

/// Whether the word "json" occurs in any text.
pub(super) fn mentions_json(messages: &[Value]) -> bool {
    fn within(value: &Value) -> bool {
        match value {
            Value::String(text) => text.to_ascii_lowercase().contains("json"),
            Value::Array(items) => items.iter().any(within),
            Value::Object(members) => members
                .get("content")
                .or_else(|| members.get("text"))
                .is_some_and(within),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    messages.iter().any(within)
}

struct Part<'a, 'p> {
    value: &'a Map<String, Value>,
    role: &'p str,
    at: &'p At<'p>,
    dispensation: Dispensation,
}

impl<'a> Part<'a, '_> {
    /// The text of a text part.
    fn check(&self, ask: &mut Ask<'a>) -> Result<Option<&'a str>, Fault> {
        let kind = field::string(self.value, self.at, "type")?;
        let allowed: &[&str] = match self.role {
            "user" => &["text", "image_url", "input_audio", "file"],
            "assistant" => &["text", "refusal"],
            _system_developer_tool_function => &["text"],
        };
        if !allowed.contains(&kind) {
            return Err(self.misplaced(kind, allowed));
        }
        if !self.dispensation.unknown_fields {
            field::only(
                self.value,
                self.at,
                &["type", kind, "prompt_cache_breakpoint"],
            )?;
        }
        match kind {
            "text" => return field::string(self.value, self.at, "text").map(Some),
            "refusal" => return field::string(self.value, self.at, "refusal").map(Some),
            "image_url" => ask.attachments.push(self.image()?),
            "input_audio" => ask.attachments.push(self.audio()?),
            _file => ask.attachments.push(self.file()?),
        }
        Ok(None)
    }

    fn misplaced(&self, kind: &str, allowed: &[&str]) -> Fault {
        let path = self.at.bracketed();
        if kind == "image_url" {
            let role = self.role;
            return Fault::bad(format!(
                "Invalid '{path}'. Image URLs are only allowed for messages with role 'user', but this message with \
                 role '{role}' contains an image URL."
            ))
            .param(path)
            .code("invalid_value");
        }
        field::unsupported_value(&self.at.field("type"), kind, allowed)
    }

    fn image(&self) -> Result<Attachment<'a>, Fault> {
        let image = field::object(self.value, self.at, "image_url")?;
        let at = self.at.field("image_url");
        if !self.dispensation.unknown_fields {
            field::only(image, &at, &["url", "detail"])?;
        }
        let url = field::string(image, &at, "url")?;
        let source = if url.starts_with("https://") || url.starts_with("http://") {
            Source::Url(url)
        } else {
            data_url(url, &at.field("url"), Some(IMAGES))?
        };
        match field::given(image, "detail") {
            None => {}
            Some(Value::String(detail))
                if ["auto", "low", "high", "original"].contains(&detail.as_str()) => {}
            Some(other) => {
                let got = other.as_str().unwrap_or_default();
                return Err(field::unsupported_value(
                    &at.field("detail"),
                    got,
                    &["auto", "low", "high", "original"],
                ));
            }
        }
        Ok(Attachment {
            kind: "image",
            source,
        })
    }

    fn audio(&self) -> Result<Attachment<'a>, Fault> {
        let audio = field::object(self.value, self.at, "input_audio")?;
        let at = self.at.field("input_audio");
        let media_type = match field::string(audio, &at, "format")? {
            "wav" => "audio/wav",
            "mp3" => "audio/mpeg",
            other => {
                return Err(field::unsupported_value(
                    &at.field("format"),
                    other,
                    &["wav", "mp3"],
                ));
            }
        };
        let data = field::string(audio, &at, "data")?;
        let bytes = decoded(data).ok_or_else(|| not_base64(&at.field("data")))?;
        let media_type = Cow::Borrowed(media_type);
        Ok(Attachment {
            kind: "audio",
            source: Source::Inline { media_type, bytes },
        })
    }

    fn file(&self) -> Result<Attachment<'a>, Fault> {
        let file = field::object(self.value, self.at, "file")?;
        let at = self.at.field("file");
        if !self.dispensation.unknown_fields {
            field::only(file, &at, &["file_data", "file_id", "filename"])?;
        }
        let source = match (file.get("file_id"), file.get("file_data")) {
            (Some(Value::String(id)), None) => Source::File(id),
            (None, Some(Value::String(data))) => {
                if file.get("filename").and_then(Value::as_str).is_none() {
                    return Err(field::missing(&at.field("filename")));
                }
                data_url(data, &at.field("file_data"), None)?
            }
            _neither_both_or_no_string => return Err(field::missing(&at.field("file_id"))),
        };
        Ok(Attachment {
            kind: "file",
            source,
        })
    }
}

fn may_be_silent(message: &Map<String, Value>, role: &str) -> bool {
    let speaks_otherwise = |name| field::given(message, name).is_some();
    role == "assistant"
        && ["tool_calls", "function_call", "refusal", "audio"]
            .into_iter()
            .any(speaks_otherwise)
}

/// A data URL, understood.
pub(crate) fn data_url<'a>(
    url: &'a str,
    at: &At<'_>,
    media_types: Option<&[&str]>,
) -> Result<Source<'a>, Fault> {
    let parsed = url
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(";base64,"));
    let Some((media_type, data)) = parsed else {
        let path = at.bracketed();
        return Err(Fault::bad(format!(
            "Invalid '{path}'. Expected a valid URL or a base64-encoded data URL (e.g. \
             'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got a value without one of these forms."
        ))
        .param(path)
        .code("invalid_value"));
    };
    if media_types.is_some_and(|allowed| !allowed.contains(&media_type)) {
        let path = at.bracketed();
        return Err(Fault::bad(format!(
            "Invalid '{path}'. Expected a base64-encoded data URL with an image MIME type (e.g. \
             'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got unsupported MIME type '{media_type}'."
        ))
        .param(path)
        .code("invalid_value"));
    }
    let bytes = decoded(data).ok_or_else(|| not_base64(at))?;
    Ok(Source::Inline {
        media_type: Cow::Borrowed(media_type),
        bytes,
    })
}

/// The decoded size of non-empty base64.
fn decoded(data: &str) -> Option<usize> {
    STANDARD
        .decode(data)
        .ok()
        .map(|bytes| bytes.len())
        .filter(|bytes| *bytes > 0)
}

fn not_base64(at: &At<'_>) -> Fault {
    let path = at.bracketed();
    Fault::bad(format!(
        "Invalid '{path}'. Expected base64-encoded data, but got a value that could not be decoded."
    ))
    .param(path)
    .code("invalid_base64")
}
