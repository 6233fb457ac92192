//! Errors: those of upstreams in streams, read; ours, written.
//!
//! Source: OpenAI's guide to error codes; what its libraries and agents look at is the status, then `code`, then `type`.

use byokey_types::{ByokError, JsonKind, Kind, Raw, Str};
use bytes::{Bytes, BytesMut};

use crate::{event::StreamFault, write::Object};

/// Reads the value of `error` in a frame.
pub(crate) fn read(raw: &Raw) -> StreamFault {
    let object = raw.object().unwrap_or_default();
    let text = |key: &str| -> Option<String> {
        let value = object.get(key)?;
        match value.kind() {
            JsonKind::String => value.text().ok(),
            JsonKind::Number => Some(value.as_str().to_owned()),
            JsonKind::Object | JsonKind::Array | JsonKind::Bool | JsonKind::Null => None,
        }
    };
    let words = [
        text("code"),
        text("type").filter(|word| word != "error"),
        text("status"),
    ];
    let said = words.iter().flatten().filter(|word| !word.is_empty());
    let kind = said.clone().find_map(|word| kind(word));
    let whole = || {
        (raw.kind() == JsonKind::String)
            .then(|| raw.text().ok())
            .flatten()
    };
    StreamFault {
        kind: kind.unwrap_or(Kind::BadUpstream),
        code: said.into_iter().next().map(Str::from),
        message: text("message")
            .or_else(whole)
            .filter(|message| !message.is_empty())
            .unwrap_or_else(|| "the upstream reported an error in its stream".to_owned()),
    }
}

/// Writes an error as a whole answer.
pub(crate) fn encode(error: &ByokError) -> Bytes {
    let code = error
        .upstream
        .as_ref()
        .and_then(|fault| fault.code.as_deref());
    body(error.kind, error.message(), code, error.param.as_deref())
}

/// Writes an error as the data of a frame of Chat.
pub(crate) fn encode_fault(fault: &StreamFault) -> Bytes {
    body(fault.kind, &fault.message, fault.code.as_deref(), None)
}

/// Writes the `error` of an answer of Responses that failed.
pub(crate) fn write_failure(fault: &StreamFault, out: &mut BytesMut) {
    let mut error = Object::begin(out);
    write_code(fault, &mut error);
    error.end();
}

/// Writes the code and the message of a fault.
pub(crate) fn write_code(fault: &StreamFault, object: &mut Object<'_>) {
    let (tag, usual) = names(fault.kind);
    object.text("code", fault.code.as_deref().or(usual).unwrap_or(tag));
    object.text("message", &fault.message);
}

fn body(kind: Kind, message: &str, code: Option<&str>, param: Option<&str>) -> Bytes {
    let (tag, usual) = names(kind);
    let mut out = BytesMut::new();
    let mut outer = Object::begin(&mut out);
    let mut error = outer.object("error");
    error.text("message", message);
    error.text("type", tag);
    for (key, value) in [("param", param), ("code", code.or(usual))] {
        match value {
            Some(value) => error.text(key, value),
            None => error.raw(key, &Raw::NULL),
        }
    }
    error.end();
    outer.end();
    out.freeze()
}

/// The type of a kind of error, and its usual code.
const fn names(kind: Kind) -> (&'static str, Option<&'static str>) {
    match kind {
        Kind::InvalidRequest
        | Kind::StaleSeal
        // `TooLarge` without a code: an upstream that means its context window says so in a code of its own
        | Kind::TooLarge
        | Kind::MethodNotAllowed
        | Kind::UnsupportedMediaType
        | Kind::WouldLose
        | Kind::Cancelled
        | Kind::NotFound => ("invalid_request_error", None),
        Kind::UnknownModel => ("invalid_request_error", Some("model_not_found")),
        Kind::Unauthorized => ("authentication_error", Some("invalid_api_key")),
        Kind::LoginNeeded | Kind::CredentialRejected => ("authentication_error", None),
        Kind::Forbidden => ("permission_error", None),
        Kind::RateLimited => ("rate_limit_error", Some("rate_limit_exceeded")),
        Kind::QuotaExhausted => ("insufficient_quota", Some("insufficient_quota")),
        Kind::Overloaded => ("server_error", Some("server_is_overloaded")),
        Kind::Timeout => ("server_error", Some("timeout")),
        Kind::Unreachable
        | Kind::BadUpstream
        | Kind::Truncated
        | Kind::ShuttingDown
        | Kind::Internal => ("server_error", None),
    }
}

/// The kind that a type, a code or a status of an upstream means.
fn kind(word: &str) -> Option<Kind> {
    let word = word.to_ascii_lowercase();
    let has = |part: &str| word.contains(part);
    if has("overloaded")
        || has("slow_down")
        || has("unavailable")
        || matches!(word.as_str(), "503" | "529")
    {
        Some(Kind::Overloaded)
    } else if has("quota")
        || has("usage_limit")
        || has("billing")
        || has("insufficient_balance")
        || word == "402"
    {
        Some(Kind::QuotaExhausted)
    } else if has("rate_limit") || has("resource_exhausted") || word == "429" {
        Some(Kind::RateLimited)
    } else if has("context_length") || has("too_large") || word == "413" {
        Some(Kind::TooLarge)
    } else if has("authentication")
        || has("invalid_api_key")
        || has("unauthorized")
        || word == "401"
    {
        Some(Kind::CredentialRejected)
    } else if has("permission") || word == "403" {
        Some(Kind::Forbidden)
    } else if has("not_found") || word == "404" {
        Some(Kind::NotFound)
    } else if has("invalid_encrypted_content") {
        Some(Kind::StaleSeal)
    } else if has("invalid") || word == "400" || word == "422" {
        Some(Kind::InvalidRequest)
    } else if has("timeout") || word == "408" || word == "504" {
        Some(Kind::Timeout)
    } else {
        None
    }
}
