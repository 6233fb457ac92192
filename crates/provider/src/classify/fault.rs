//! What an error's body says, in any of the shapes that providers use.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

/// What was read from the body of an error. Nothing at all from HTML, from an empty body, or from what is no JSON.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// The most telling of the names it gives the error: a code before a type.
    pub code: Option<String>,
    /// Every name it gives the error, the reasons of Google's details included.
    pub names: Vec<String>,
    /// Its words for people.
    pub message: Option<String>,
    /// The field at fault.
    pub param: Option<String>,
    /// The status it names, when that is a number.
    pub number: Option<u16>,
    /// The object that held all this, for the rarer facts.
    pub details: Map<String, Value>,
    /// Whether it was a page for browsers.
    pub html: bool,
}

impl Said {
    /// Reads the body of an answer that is known to be an error.
    pub fn read(body: &Bytes) -> Self {
        let trimmed = body.trim_ascii_start();
        if trimmed.starts_with(b"<") {
            return Self {
                html: true,
                ..Self::default()
            };
        }
        match serde_json::from_slice(trimmed) {
            Ok(Value::Object(object)) => Self::from_object(object),
            // Google streams wrap the error in a list
            Ok(Value::Array(list)) => match list.into_iter().next() {
                Some(Value::Object(object)) => Self::from_object(object),
                Some(_) | None => Self::default(),
            },
            Ok(Value::String(text)) => Self::from_text(text),
            Ok(Value::Null | Value::Bool(_) | Value::Number(_)) => Self::default(),
            Err(_) => match std::str::from_utf8(trimmed) {
                Ok(text) if is_plain_line(text) => Self::from_text(text.trim().to_owned()),
                Ok(_) | Err(_) => Self::default(),
            },
        }
    }

    /// Reads the body of an answer that says it is a success; `None` when it is one.
    pub fn read_in_success(body: &Bytes) -> Option<Self> {
        // an answer with an error is short, and says so
        if body.len() > super::BODY_LIMIT {
            return None;
        }
        let has = |name: &[u8]| memchr::memmem::find(body, name).is_some();
        if !has(b"\"error\"") && !has(b"\"base_resp\"") {
            return None;
        }
        let Ok(Value::Object(object)) = serde_json::from_slice::<Value>(body) else {
            return None;
        };
        let answers = ["choices", "content", "output", "candidates", "data"];
        if answers.iter().any(|name| is_filled(object.get(*name))) {
            return None;
        }
        let minimax = object
            .get("base_resp")
            .and_then(|answer| answer.get("status_code"))
            .is_some_and(|code| code != 0);
        (minimax || is_filled(object.get("error"))).then(|| Self::from_object(object))
    }

    /// The status it names.
    pub fn status(&self) -> Option<StatusCode> {
        let number = self.number.filter(|number| (400..600).contains(number))?;
        StatusCode::from_u16(number).ok()
    }

    /// Whether one of its names is this one.
    pub fn is_named(&self, name: &str) -> bool {
        self.names.iter().any(|own| own.eq_ignore_ascii_case(name))
    }

    /// Whether its message holds these words, in any case.
    pub fn speaks_of(&self, words: &str) -> bool {
        self.message.as_ref().is_some_and(|message| {
            let (message, words) = (message.as_bytes(), words.as_bytes());
            message
                .windows(words.len())
                .any(|window| window.eq_ignore_ascii_case(words))
        })
    }

    fn from_text(text: String) -> Self {
        Self {
            message: (!text.is_empty()).then_some(text),
            ..Self::default()
        }
    }

    fn from_object(mut object: Map<String, Value>) -> Self {
        let inner = ["error", "base_resp"]
            .into_iter()
            .find(|name| is_filled(object.get(*name)))
            .and_then(|name| object.remove(name));
        match inner {
            // OpenAI, Anthropic, Gemini, OpenRouter, MiniMax
            Some(Value::Object(inner)) => Self::from_fields(inner, &object),
            // xAI, Ollama, OAuth: `{"error":"text","code":…}`
            Some(Value::String(text)) => {
                let mut said = Self::from_fields(object, &Map::new());
                if !text.contains(' ') {
                    said.names.push(text.clone());
                    said.code.get_or_insert_with(|| text.clone());
                }
                said.message.get_or_insert(text);
                said
            }
            // Mistral and ChatGPT: `{"message":…}`, `{"detail":…}`
            Some(_) | None => Self::from_fields(object, &Map::new()),
        }
    }

    fn from_fields(fields: Map<String, Value>, around: &Map<String, Value>) -> Self {
        let mut said = Self::default();
        // a code says more than a type, a type more than a status
        for name in ["code", "type", "status", "reason", "status_code"] {
            match fields.get(name) {
                Some(Value::String(text)) if !text.is_empty() => said.names.push(text.clone()),
                Some(Value::Number(number)) => {
                    said.names.push(number.to_string());
                    let number = number
                        .as_u64()
                        .and_then(|number| u16::try_from(number).ok());
                    said.number = said.number.or(number);
                }
                Some(_) | None => {}
            }
        }
        said.code = said.names.iter().find(|name| !is_number(name)).cloned();
        for detail in list(fields.get("details")) {
            let reason = detail.get("reason").and_then(Value::as_str);
            let quotas = list(detail.get("violations"))
                .iter()
                .filter_map(|violation| violation.get("quotaId").and_then(Value::as_str));
            said.names
                .extend(reason.into_iter().chain(quotas).map(str::to_owned));
        }
        let texts = ["message", "detail", "status_msg", "error_description"];
        said.message = texts
            .into_iter()
            .flat_map(|name| [fields.get(name), around.get(name)])
            .flatten()
            .find_map(text_of);
        said.param = fields
            .get("param")
            .and_then(Value::as_str)
            .map(str::to_owned);
        said.details = fields;
        said
    }
}

/// A text, or what a validator lists: `{"detail":[{"loc":["body","x"],"msg":"…"}]}`.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Array(list) => {
            let first = list.first()?;
            let text = first.get("msg").or_else(|| first.get("message"))?;
            text.as_str().map(str::to_owned)
        }
        // Mistral: `{"message":{"detail":[…]}}`
        Value::Object(object) => object
            .get("message")
            .or_else(|| object.get("detail"))
            .and_then(text_of),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn is_filled(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(object)) => !object.is_empty(),
        Some(Value::Bool(_) | Value::Number(_)) => true,
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A line such as `no healthy upstream`; anything longer is a page or a dump, and broken JSON is for nobody.
fn is_plain_line(text: &str) -> bool {
    let text = text.trim();
    let json = text.starts_with(['{', '[', '"']);
    !json && !text.is_empty() && text.len() <= 300 && !text.contains(|c: char| c.is_control())
}
