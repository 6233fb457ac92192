//! The content of messages and of tool outputs.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{
    ask::{Ask, Attachment, Source},
    chat::rules::{
        field,
        parts::{IMAGES, data_url},
    },
    fault::Fault,
    json_path::At,
};

const INPUT: &[&str] = &["input_text", "input_image", "input_file"];
const OUTPUT: &[&str] = &["output_text", "refusal"];

/// Checks the content at a place and returns its text.
pub(super) fn check<'a>(
    holder: &'a Map<String, Value>,
    name: &str,
    at: &At<'_>,
    assistant: bool,
    ask: &mut Ask<'a>,
) -> Result<Cow<'a, str>, Fault> {
    let at = at.field(name);
    let parts = match holder.get(name) {
        None => return Err(field::missing(&at)),
        Some(Value::String(text)) => return Ok(Cow::Borrowed(text)),
        Some(Value::Array(parts)) => parts,
        Some(other) => {
            let expected = "one of a string or array of objects";
            return Err(field::wrong_type(&at, expected, other));
        }
    };
    let mut texts = Vec::with_capacity(parts.len());
    for (index, value) in parts.iter().enumerate() {
        let at = at.index(index);
        let part = value
            .as_object()
            .ok_or_else(|| field::wrong_type(&at, "an object", value))?;
        let text = if assistant {
            Some(said(part, &at)?)
        } else {
            given(part, &at, ask)?
        };
        texts.extend(text);
    }
    Ok(match texts.as_slice() {
        [one] => Cow::Borrowed(*one),
        any => Cow::Owned(any.join("\n")),
    })
}

/// A word that is not among these; with two of them the API puts no comma.
fn unsupported(at: &At<'_>, got: &str, supported: &[&str]) -> Fault {
    match supported {
        [one, other] => Fault::bad(format!(
            "Invalid value: '{got}'. Supported values are: '{one}' and '{other}'."
        ))
        .param(at.bracketed())
        .code("invalid_value"),
        any => field::unsupported_value(at, got, any),
    }
}

/// A part of what the model said.
fn said<'a>(part: &'a Map<String, Value>, at: &At<'_>) -> Result<&'a str, Fault> {
    match field::string(part, at, "type")? {
        "output_text" => {
            field::only(part, at, &["type", "text", "annotations", "logprobs"])?;
            for name in ["annotations", "logprobs"] {
                match field::given(part, name) {
                    None | Some(Value::Array(_)) => {}
                    Some(other) => {
                        return Err(field::wrong_type(
                            &at.field(name),
                            "an array of objects",
                            other,
                        ));
                    }
                }
            }
            field::string(part, at, "text")
        }
        "refusal" => {
            field::only(part, at, &["type", "refusal"])?;
            field::string(part, at, "refusal")
        }
        other => Err(unsupported(at, other, OUTPUT)),
    }
}

/// A part of what the model is given; the text of a text.
fn given<'a>(
    part: &'a Map<String, Value>,
    at: &At<'_>,
    ask: &mut Ask<'a>,
) -> Result<Option<&'a str>, Fault> {
    match field::string(part, at, "type")? {
        "input_text" => {
            field::only(part, at, &["type", "text", "prompt_cache_breakpoint"])?;
            field::string(part, at, "text").map(Some)
        }
        "input_image" => {
            ask.attachments.push(image(part, at)?);
            Ok(None)
        }
        "input_file" => {
            ask.attachments.push(file(part, at)?);
            Ok(None)
        }
        other => Err(unsupported(at, other, INPUT)),
    }
}

fn image<'a>(part: &'a Map<String, Value>, at: &At<'_>) -> Result<Attachment<'a>, Fault> {
    let known = [
        "type",
        "image_url",
        "file_id",
        "detail",
        "prompt_cache_breakpoint",
    ];
    field::only(part, at, &known)?;
    detail(part, at, &["low", "high", "auto", "original"])?;
    let source = match (
        field::given(part, "image_url"),
        field::given(part, "file_id"),
    ) {
        (Some(Value::String(url)), None) if is_link(url) => Source::Url(url),
        (Some(Value::String(url)), None) => data_url(url, &at.field("image_url"), Some(IMAGES))?,
        (None, Some(Value::String(id))) => Source::File(id),
        (Some(other), None) => {
            return Err(field::wrong_type(&at.field("image_url"), "a string", other));
        }
        (_, Some(other)) if !other.is_string() => {
            return Err(field::wrong_type(&at.field("file_id"), "a string", other));
        }
        (None, _) => return Err(field::missing(&at.field("image_url"))),
        (Some(_), Some(_)) => return Err(exclusive(at, "image_url", "file_id")),
    };
    Ok(Attachment {
        kind: "image",
        source,
    })
}

fn file<'a>(part: &'a Map<String, Value>, at: &At<'_>) -> Result<Attachment<'a>, Fault> {
    let known = [
        "type",
        "file_data",
        "file_id",
        "file_url",
        "filename",
        "detail",
        "prompt_cache_breakpoint",
    ];
    field::only(part, at, &known)?;
    detail(part, at, &["auto", "low", "high"])?;
    let ways = ["file_data", "file_id", "file_url"];
    let given: Vec<_> = ways
        .iter()
        .filter_map(|way| field::given(part, way).map(|value| (*way, value)))
        .collect();
    let source = match given.as_slice() {
        [] => return Err(field::missing(&at.field("file_id"))),
        [(way, Value::String(value))] => match *way {
            "file_id" => Source::File(value),
            "file_url" => Source::Url(value),
            _file_data => {
                if field::given(part, "filename").is_none() {
                    return Err(field::missing(&at.field("filename")));
                }
                data_url(value, &at.field("file_data"), None)?
            }
        },
        [(way, other)] => return Err(field::wrong_type(&at.field(way), "a string", other)),
        [(one, _), (other, _), ..] => return Err(exclusive(at, one, other)),
    };
    Ok(Attachment {
        kind: "file",
        source,
    })
}

fn is_link(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

fn detail(part: &Map<String, Value>, at: &At<'_>, words: &[&str]) -> Result<(), Fault> {
    match field::given(part, "detail") {
        None => Ok(()),
        Some(Value::String(word)) if words.contains(&word.as_str()) => Ok(()),
        Some(Value::String(word)) => {
            Err(field::unsupported_value(&at.field("detail"), word, words))
        }
        Some(other) => Err(field::wrong_type(&at.field("detail"), "a string", other)),
    }
}

fn exclusive(at: &At<'_>, one: &str, other: &str) -> Fault {
    let path = at.bracketed();
    Fault::bad(format!(
        "Mutually exclusive parameters: '{path}.{one}' and '{path}.{other}'."
    ))
    .param(path)
    .code("mutually_exclusive_parameters")
}
