//! The frames of Responses over WebSocket: what a client asks, and how it is told of errors.

use byokey_translate::{codec::codec, observe::Observation};
use byokey_types::{ByokError, Format, Frame, Kind, Raw, RawObject, Result};
use bytes::Bytes;
use http::{HeaderMap, header};

/// A `response.create`.
pub(super) struct Create {
    /// The request, as it would have come over HTTP.
    pub(super) body: Bytes,
    /// Whether an answer is wanted; else the connection shall only remember what was said.
    pub(super) generate: bool,
}

/// Reads what a client asks.
///
/// # Errors
/// [`Kind::InvalidRequest`] when it is no `response.create`.
pub(super) fn read(text: Bytes) -> Result<Create> {
    let mut event = RawObject::parse(text)?;
    let kind = event.take("type");
    let kind = kind.as_ref().and_then(|kind| kind.text().ok());
    if kind.as_deref() != Some("response.create") {
        return Err(ByokError::new(
            Kind::InvalidRequest,
            "the only event that is understood here is `response.create`",
        )
        .at("type"));
    }
    let generate = match event.take("generate") {
        Some(generate) if !generate.is_null() => generate
            .boolean()
            .map_err(|error| error.under("generate"))?,
        Some(_) | None => true,
    };
    // these say how an answer travels, and it travels here
    event.take("background");
    event.set("stream", Raw::TRUE);
    Ok(Create {
        body: event.to_bytes(),
        generate,
    })
}

/// The frame of an error that came in place of an answer, with what the client may want to know of its headers.
pub(super) fn error(status: u16, body: &Bytes, headers: &HeaderMap) -> Bytes {
    let error = RawObject::parse(body.clone())
        .ok()
        .and_then(|mut body| body.take("error"))
        .unwrap_or(Raw::NULL);
    let mut said = RawObject::new();
    for (name, value) in headers {
        if let (false, Ok(value)) = (name == header::CONTENT_TYPE, value.to_str()) {
            said.set(name.as_str(), Raw::string(value));
        }
    }
    let mut frame = framed(status, error);
    frame.set("headers", said.to_raw());
    frame.to_bytes()
}

/// The frame of an error that an event of a stream tells, and its status; nothing for other events.
pub(super) fn failure(event: &Frame) -> Option<(u16, Bytes)> {
    let may_be = event.event.as_deref() == Some("error")
        || (event.event.is_none() && memchr::memmem::find(&event.data, b"\"error\"").is_some());
    if !may_be {
        return None;
    }
    let mut object = RawObject::parse(event.data.clone()).ok()?;
    let kind = object.take("type").and_then(|kind| kind.text().ok());
    if kind.is_some_and(|kind| kind != "error") {
        return None;
    }
    let mut seen = Observation::default();
    codec(Format::OpenAiResponses).observe(event, &mut seen);
    let status = seen.fault.map_or(502, |fault| fault.kind.status());
    object.take("sequence_number");
    let error = object.take("error").unwrap_or_else(|| object.to_raw());
    Some((status, framed(status, error).to_bytes()))
}

/// A request that came while one runs and another one waits.
pub(super) fn busy() -> Bytes {
    own(
        409,
        "response_already_in_flight",
        "a request runs on this connection and another one waits; send the next when one of them is answered",
    )
}

/// A frame of bytes.
pub(super) fn binary() -> Bytes {
    own(
        400,
        "invalid_frame",
        "binary frames are not understood here; send JSON as text",
    )
}

fn own(status: u16, code: &str, message: &str) -> Bytes {
    let mut error = RawObject::new();
    error.set("type", Raw::string("invalid_request_error"));
    error.set("code", Raw::string(code));
    error.set("message", Raw::string(message));
    error.set("param", Raw::NULL);
    framed(status, error.to_raw()).to_bytes()
}

fn framed(status: u16, error: Raw) -> RawObject {
    let mut frame = RawObject::new();
    frame.set("type", Raw::string("error"));
    frame.set("status", Raw::number(u64::from(status)));
    frame.set("error", error);
    frame
}
