//! Contents and their parts.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{invalid, tools};
use crate::{
    ask::{Ask, Attachment, Source},
    fault::Fault,
    gemini::proto::{self, messages::DATA},
    json_path::At,
};

/// What a content says.
#[derive(Default)]
pub(super) struct Said<'a> {
    pub(super) texts: Vec<&'a str>,
    /// Calls in order: the name, and the signature beside it.
    pub(super) calls: Vec<(&'a str, Option<&'a str>)>,
    /// Responses in order, as text.
    pub(super) results: Vec<String>,
    /// Signatures beside anything but a call.
    pub(super) signatures: Vec<&'a str>,
    /// Whether it says anything but responses.
    pub(super) speaks: bool,
    pub(super) chars: usize,
    /// Whether the model says it.
    of_model: bool,
}

/// Media that the models take (<https://ai.google.dev/gemini-api/docs/file-input-methods>), by its beginning.
const MEDIA: &[(&str, &str)] = &[
    ("image/png", "image"),
    ("image/jpeg", "image"),
    ("image/webp", "image"),
    ("image/heic", "image"),
    ("image/heif", "image"),
    ("image/gif", "image"),
    ("audio/", "audio"),
    ("video/", "video"),
    ("application/pdf", "document"),
    ("application/json", "document"),
    ("text/", "document"),
];

/// Checks `systemInstruction` and counts its characters.
pub(super) fn system(content: &Map<String, Value>) -> Result<usize, Fault> {
    let at = At::ROOT.field("system_instruction");
    let mut ask = Ask::default();
    let said = check(content, &at, &mut ask)?;
    if said.calls.is_empty() && said.results.is_empty() && ask.attachments.is_empty() {
        return Ok(said.chars);
    }
    Err(Fault::bad(
        "System instruction should only contain text parts.",
    ))
}

/// Checks the parts of a content and collects its media.
pub(super) fn check<'a>(
    content: &'a Map<String, Value>,
    at: &At<'_>,
    ask: &mut Ask<'a>,
) -> Result<Said<'a>, Fault> {
    let at = at.field("parts");
    let parts = proto::list(content, "parts");
    if parts.is_empty() {
        return Err(invalid(&at, "contents.parts must not be empty."));
    }
    let mut said = Said {
        of_model: proto::text(content, "role") == Some("model"),
        ..Said::default()
    };
    let objects = parts.iter().filter_map(Value::as_object);
    for (index, part) in objects.enumerate() {
        said.hear(part, &at.index(index), ask)?;
    }
    Ok(said)
}

impl<'a> Said<'a> {
    /// Says what another content of the same turn says.
    pub(super) fn go_on(&mut self, more: Self) {
        self.texts.extend(more.texts);
        self.calls.extend(more.calls);
        self.results.extend(more.results);
        self.signatures.extend(more.signatures);
        self.speaks |= more.speaks;
        self.chars += more.chars;
    }

    fn hear(
        &mut self,
        part: &'a Map<String, Value>,
        at: &At<'_>,
        ask: &mut Ask<'a>,
    ) -> Result<(), Fault> {
        let signature = proto::text(part, "thought_signature").filter(|text| !text.is_empty());
        if let Some(call) = proto::object(part, "function_call") {
            self.speaks = true;
            let name = proto::text(call, "name").unwrap_or_default();
            let place = at.field("function_call");
            tools::name(name, &place.field("name"))?;
            self.chars += name.len();
            self.chars += proto::get(call, "args").map_or(0, |args| args.to_string().len());
            self.calls.push((name, signature));
            return Ok(());
        }
        self.signatures.extend(signature);
        if let Some(response) = proto::object(part, "function_response") {
            return self.response(response, &at.field("function_response"), ask);
        }
        self.speaks = true;
        if let Some(text) = proto::text(part, "text") {
            // the API itself ends streams with such a part, which the SDKs send back
            if text.is_empty() && signature.is_none() && !self.of_model {
                return Err(Fault::bad(
                    "Unable to submit request because it must have a text parameter. Add a text parameter and try again. \
                     Learn more: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini",
                ));
            }
            if proto::get(part, "thought") != Some(&Value::Bool(true)) {
                self.texts.push(text);
            }
            self.chars += text.chars().count();
            return Ok(());
        }
        if let Some(blob) = proto::object(part, "inline_data") {
            ask.attachments.push(inline(blob)?);
            return Ok(());
        }
        if let Some(file) = proto::object(part, "file_data") {
            ask.attachments
                .push(file_data(file, &at.field("file_data"))?);
            return Ok(());
        }
        let set = DATA.iter().any(|name| proto::get(part, name).is_some());
        if !set {
            let reason = "required oneof field 'data' must have one initialized field";
            return Err(invalid(&at.field("data"), reason));
        }
        Ok(())
    }

    fn response(
        &mut self,
        response: &'a Map<String, Value>,
        at: &At<'_>,
        ask: &mut Ask<'a>,
    ) -> Result<(), Fault> {
        match proto::text(response, "name") {
            Some(name) if !name.is_empty() => self.chars += name.len(),
            Some(_) | None => return Err(invalid(&at.field("name"), "Name cannot be empty.")),
        }
        let said = proto::get(response, "response").map(result);
        let said = said.unwrap_or_default();
        self.chars += said.chars().count();
        self.results.push(said);
        let parts = proto::list(response, "parts");
        for part in parts.iter().filter_map(Value::as_object) {
            if let Some(blob) = proto::object(part, "inline_data") {
                ask.attachments.push(inline(blob)?);
            }
        }
        Ok(())
    }
}

/// The text of a response: its `output`, `result` or `error` where that is all it is, else its JSON.
fn result(response: &Value) -> String {
    let only = response.as_object().and_then(|members| {
        let mut members = members.iter();
        members.next().filter(|_| members.next().is_none())
    });
    match only {
        Some((key, Value::String(text)))
            if ["output", "result", "error"].contains(&key.as_str()) =>
        {
            text.clone()
        }
        Some(_) | None => response.to_string(),
    }
}

fn inline(blob: &Map<String, Value>) -> Result<Attachment<'_>, Fault> {
    let media_type = proto::text(blob, "mime_type").unwrap_or_default();
    let kind = kind(media_type)?;
    let data = proto::text(blob, "data").unwrap_or_default();
    let bytes = proto::decode(data).map_or(0, |bytes| bytes.len());
    if bytes == 0 {
        return Err(Fault::bad(format!(
            "Unable to process input {kind}. Please retry or report in \
             https://developers.generativeai.google/guide/troubleshooting"
        )));
    }
    let media_type = Cow::Borrowed(media_type);
    Ok(Attachment {
        kind,
        source: Source::Inline { media_type, bytes },
    })
}

fn file_data<'a>(file: &'a Map<String, Value>, at: &At<'_>) -> Result<Attachment<'a>, Fault> {
    let kind = match proto::text(file, "mime_type") {
        None | Some("") => "file",
        Some(media_type) => kind(media_type)?,
    };
    let uri = proto::text(file, "file_uri").unwrap_or_default();
    if uri.is_empty() {
        return Err(invalid(
            &at.field("file_uri"),
            "required field is not present",
        ));
    }
    let web = ["https://", "http://", "gs://"];
    if !web.iter().any(|scheme| uri.starts_with(scheme)) {
        return Err(Fault::bad(
            "Invalid or unsupported file uri: ".to_owned() + uri,
        ));
    }
    Ok(Attachment {
        kind,
        source: Source::Url(uri),
    })
}

fn kind(media_type: &str) -> Result<&'static str, Fault> {
    let found = MEDIA
        .iter()
        .find(|(beginning, _)| media_type.starts_with(beginning));
    found
        .map(|(_, kind)| *kind)
        .ok_or_else(|| Fault::bad(format!("Unsupported MIME type: {media_type}")))
}
