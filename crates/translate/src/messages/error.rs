//! Errors, towards clients and from upstreams.
//!
//! Source: Messages API, "Errors": `{"type":"error","error":{"type","message"},"request_id"}`.

use byokey_types::{ByokError, Kind, RawObject, Str};
use bytes::{Bytes, BytesMut};

use crate::event::StreamFault;
use crate::write::Object;

/// Writes an error as the body of an answer.
pub(super) fn encode(error: &ByokError, request_id: &str) -> Bytes {
    let mut out = BytesMut::new();
    // the SDKs choose their exception by status, so the name must not say another thing
    let name = match error.status() {
        400 => "invalid_request_error",
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        _ => name(error.kind),
    };
    write(name, error.message(), Some(request_id), &mut out);
    out.freeze()
}

/// Writes a fault as the data of a frame.
pub(super) fn write_fault(fault: &StreamFault, out: &mut BytesMut) {
    write(name(fault.kind), &fault.message, None, out);
}

/// Reads an error frame: this format's own, or the bare `{"error":…}` that some upstreams send.
pub(super) fn fault(frame: &RawObject) -> StreamFault {
    let error = frame.get("error");
    let object = error.and_then(|raw| raw.object().ok());
    let object = object.as_ref().unwrap_or(frame);
    let text = |key: &str| object.get(key).and_then(|raw| raw.text().ok());
    let bare = error.and_then(|raw| raw.text().ok());
    let code = text("type")
        .filter(|name| name != "error")
        .or_else(|| text("code"));
    StreamFault {
        kind: code.as_deref().map_or(Kind::BadUpstream, kind),
        code: code.map(Str::from),
        message: text("message")
            .or(bare)
            .unwrap_or_else(|| "the upstream broke its answer off without a reason".to_owned()),
    }
}

fn write(name: &str, message: &str, request_id: Option<&str>, out: &mut BytesMut) {
    let mut body = Object::begin(out);
    body.text("type", "error");
    let mut error = body.object("error");
    error.text("type", name);
    error.text("message", message);
    error.end();
    if let Some(request_id) = request_id {
        body.text("request_id", request_id);
    }
    body.end();
}

/// The type by which clients know an error.
const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::InvalidRequest
        | Kind::WouldLose
        | Kind::StaleSeal
        | Kind::UnsupportedMediaType
        | Kind::MethodNotAllowed
        | Kind::TooLarge
        | Kind::Cancelled => "invalid_request_error",
        Kind::Unauthorized | Kind::LoginNeeded | Kind::CredentialRejected => "authentication_error",
        Kind::Forbidden => "permission_error",
        Kind::NotFound | Kind::UnknownModel => "not_found_error",
        Kind::RateLimited | Kind::QuotaExhausted => "rate_limit_error",
        Kind::Overloaded | Kind::ShuttingDown => "overloaded_error",
        Kind::Timeout => "timeout_error",
        Kind::Unreachable | Kind::BadUpstream | Kind::Truncated | Kind::Internal => "api_error",
    }
}

fn kind(name: &str) -> Kind {
    match name {
        "invalid_request_error" | "not_found_error" => Kind::InvalidRequest,
        "request_too_large" => Kind::TooLarge,
        "authentication_error" | "permission_error" => Kind::CredentialRejected,
        "billing_error" => Kind::QuotaExhausted,
        "rate_limit_error" | "rate_limit_exceeded" => Kind::RateLimited,
        "overloaded_error" | "server_is_overloaded" => Kind::Overloaded,
        "timeout_error" => Kind::Timeout,
        _ => Kind::BadUpstream,
    }
}
