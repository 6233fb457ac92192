//! The one rescue point: an error becomes an HTTP answer, in the caller's own shape.

use axum::body::Body;
use byokey_translate::codec::codec;
use byokey_types::{ByokError, Format, JsonKind, Kind, RawObject, Str};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

/// The request's id.
pub const REQUEST_ID: &str = "x-byokey-request-id";

/// What callers hear when byokey ends before their answers do.
pub const SHUTTING_DOWN: &str = "byokey is shutting down; send the request again";

/// An error on its way to the caller, with what goes beside it.
#[derive(Debug)]
pub struct Fault {
    /// The error.
    pub error: ByokError,
    /// Headers of the upstream's answer that the caller shall see, and byokey's own.
    pub headers: HeaderMap,
    /// Whether the upstream's body goes to the caller as it is: it is in his format.
    pub verbatim: bool,
}

impl From<ByokError> for Fault {
    fn from(error: ByokError) -> Self {
        Self {
            error,
            headers: HeaderMap::new(),
            verbatim: false,
        }
    }
}

/// Renders an error in the shape of `format`.
pub fn respond(fault: Fault, format: Format, id: &Str) -> Response<Body> {
    let Fault {
        error,
        headers,
        verbatim,
    } = fault;
    log(&error, id);
    let body = match &error.upstream {
        Some(answered) if verbatim && is_error_of(format, &answered.body) => answered.body.clone(),
        Some(_) | None => body(&error, format, id),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers;
    let fields = response.headers_mut();
    fields.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    if let Ok(value) = HeaderValue::from_str(id) {
        fields.insert(REQUEST_ID, value);
    }
    if !fields.contains_key(header::RETRY_AFTER)
        && let Some(pause) = error.retry_after()
    {
        // whole seconds, never too early
        let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
        fields.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The body of an error.
pub fn body(error: &ByokError, format: Format, id: &str) -> Bytes {
    codec(format).encode_error(error, id)
}

/// What a request hears that was still waiting when the drain's deadline passed.
pub fn shutting_down() -> ByokError {
    ByokError::new(Kind::ShuttingDown, SHUTTING_DOWN)
}

fn log(error: &ByokError, id: &Str) {
    let cause = error.source.as_deref().map(|source| chain(source));
    if error.status() >= 500 {
        tracing::warn!(request = %id, kind = ?error.kind, upstream = ?error.upstream, cause, "failed: {error}");
    } else {
        tracing::debug!(request = %id, kind = ?error.kind, upstream = ?error.upstream, cause, "refused: {error}");
    }
}

/// The causes, outermost first. Those of JSON errors are left out: they may quote the request.
fn chain(source: &(dyn std::error::Error + 'static)) -> String {
    let mut text = source.to_string();
    let mut next = source.source();
    while let Some(cause) = next.filter(|cause| !cause.is::<serde_json::Error>()) {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

/// Whether a body is an error as the format has it. A gateway on the way may answer in another shape, which the caller
/// cannot read.
fn is_error_of(format: Format, body: &Bytes) -> bool {
    let Ok(answer) = RawObject::parse(body.clone()) else {
        return false;
    };
    let told = answer
        .get("error")
        .is_some_and(|error| error.kind() == JsonKind::Object);
    let named = || {
        answer
            .get("type")
            .is_some_and(|kind| kind.text().ok().as_deref() == Some("error"))
    };
    told && (format != Format::AnthropicMessages || named())
}
