//! Errors, towards clients and from upstreams.
//!
//! Source: Google API errors (AIP-193): `{"error":{"code","message","status","details"}}`, the status being a name of
//! `google.rpc.Code`.

use byokey_types::{ByokError, Kind, Raw, RawObject, Str};
use bytes::{Bytes, BytesMut};

use crate::{event::StreamFault, write::Object};

/// Writes an error as the body of an answer.
pub(super) fn encode(error: &ByokError, request_id: &str) -> Bytes {
    let mut out = BytesMut::new();
    let code = error.status();
    let status = match code {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        500 => "INTERNAL",
        502 | 503 | 529 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => name(error.kind),
    };
    let mut details = vec![serde_json::json!({
        "@type": "type.googleapis.com/google.rpc.RequestInfo",
        "requestId": request_id,
    })];
    if let Some(pause) = error.retry_after() {
        details.push(serde_json::json!({
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": format!("{}s", pause.as_secs_f64()),
        }));
    }
    if let Some(param) = &error.param {
        details.push(serde_json::json!({
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{ "field": param }],
        }));
    }
    write(
        code,
        status,
        error.message(),
        Some(&Raw::of(&details)),
        &mut out,
    );
    out.freeze()
}

/// Writes a fault as the data of a frame.
pub(super) fn write_fault(fault: &StreamFault, out: &mut BytesMut) {
    write(
        fault.kind.status(),
        name(fault.kind),
        &fault.message,
        None,
        out,
    );
}

/// Reads an error: `{"error":{…}}`, also as the one item of an array, as some of Google's servers send it.
pub(super) fn fault(frame: &RawObject) -> StreamFault {
    let error = frame.get("error");
    let object = error.and_then(|raw| raw.object().ok());
    let object = object.as_ref().unwrap_or(frame);
    let text = |key: &str| object.get(key).and_then(|raw| raw.text().ok());
    let code = object.get("code").and_then(|raw| raw.whole().ok());
    let status = text("status");
    let reason = reason(object);
    let kind = match reason.as_deref() {
        Some("API_KEY_INVALID") => Kind::CredentialRejected,
        Some(_) | None => kind(status.as_deref(), code),
    };
    StreamFault {
        kind,
        code: reason
            .or(status)
            .or_else(|| code.map(|code| code.to_string()))
            .map(Str::from),
        message: text("message")
            .or_else(|| error.and_then(|raw| raw.text().ok()))
            .unwrap_or_else(|| "the upstream broke its answer off without a reason".to_owned()),
    }
}

/// The reason in `google.rpc.ErrorInfo`.
fn reason(error: &RawObject) -> Option<String> {
    let details = error.get("details")?.array().ok()?;
    details
        .iter()
        .find_map(|detail| detail.object().ok()?.get("reason")?.text().ok())
}

fn write(code: u16, status: &str, message: &str, details: Option<&Raw>, out: &mut BytesMut) {
    let mut body = Object::begin(out);
    let mut error = body.object("error");
    error.number("code", code.into());
    error.text("message", message);
    error.text("status", status);
    error.raw_some("details", details);
    error.end();
    body.end();
}

/// The status by which clients know an error.
const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::InvalidRequest
        | Kind::WouldLose
        | Kind::StaleSeal
        | Kind::UnsupportedMediaType
        | Kind::TooLarge => "INVALID_ARGUMENT",
        Kind::MethodNotAllowed => "UNIMPLEMENTED",
        Kind::Cancelled => "CANCELLED",
        Kind::Unauthorized | Kind::LoginNeeded | Kind::CredentialRejected => "UNAUTHENTICATED",
        Kind::Forbidden => "PERMISSION_DENIED",
        Kind::NotFound | Kind::UnknownModel => "NOT_FOUND",
        Kind::RateLimited | Kind::QuotaExhausted => "RESOURCE_EXHAUSTED",
        Kind::Timeout => "DEADLINE_EXCEEDED",
        Kind::Overloaded
        | Kind::ShuttingDown
        | Kind::Unreachable
        | Kind::BadUpstream
        | Kind::Truncated => "UNAVAILABLE",
        Kind::Internal => "INTERNAL",
    }
}

fn kind(status: Option<&str>, code: Option<u64>) -> Kind {
    match (status, code) {
        (Some("INVALID_ARGUMENT" | "FAILED_PRECONDITION" | "OUT_OF_RANGE" | "NOT_FOUND"), _)
        | (None, Some(400 | 404)) => Kind::InvalidRequest,
        (Some("UNAUTHENTICATED" | "PERMISSION_DENIED"), _) | (None, Some(401 | 403)) => {
            Kind::CredentialRejected
        }
        (Some("RESOURCE_EXHAUSTED"), _) | (None, Some(429)) => Kind::RateLimited,
        (Some("UNAVAILABLE"), _) | (None, Some(503)) => Kind::Overloaded,
        (Some("DEADLINE_EXCEEDED"), _) | (None, Some(504)) => Kind::Timeout,
        (Some(_) | None, _) => Kind::BadUpstream,
    }
}
