//! The opening of a WebSocket.
//!
//! Source: RFC 6455, section 4.2; clients.md, Codex: what cannot be upgraded is answered 426, never 404, which makes a client
//! fall back to HTTP at once.

use std::sync::Arc;

use axum::{body::Body, extract::Request, response::Response};
use byokey_types::{ByokError, Format, Kind, Result};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::socket;
use crate::{App, fault};

/// The version of the protocol, the only one there is.
const VERSION: HeaderValue = HeaderValue::from_static("13");

/// The beta flag of this very transport, which no upstream is asked for over HTTP.
const FLAG: &str = "responses_websockets=";

/// Whether a request asks for a WebSocket.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    lists(headers, &header::UPGRADE, "websocket")
}

/// Opens a WebSocket, or says why not.
pub(super) fn answer(app: &Arc<App>, request: Request) -> Response {
    let Some(key) = key(&request) else {
        return upgrade_required(app);
    };
    let snapshot = app.snapshot();
    let (mut parts, _) = request.into_parts();
    let welcome = snapshot
        .guard
        .client(&parts.headers)
        .and_then(|()| own_origin(&parts.headers));
    if let Err(error) = welcome {
        return fault::respond(error.into(), Format::OpenAiResponses, &app.ids.next());
    }
    let mut upgraded = Request::new(Body::empty());
    *upgraded.extensions_mut() = std::mem::take(&mut parts.extensions);
    let upgrade = hyper::upgrade::on(upgraded);
    let headers = of_requests(parts.headers);
    let own = Arc::clone(app);
    app.tasks.spawn(async move {
        match upgrade.await {
            Ok(stream) => socket::serve(own, stream, headers).await,
            Err(error) => tracing::debug!(%error, "a connection was not upgraded"),
        }
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let fields = response.headers_mut();
    fields.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    fields.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    fields.insert(header::SEC_WEBSOCKET_ACCEPT, key);
    response
}

/// What proves to the client that its key was read; nothing when the request is no upgrade.
fn key(request: &Request) -> Option<HeaderValue> {
    let headers = request.headers();
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    let is_upgrade = request.version() == Version::HTTP_11
        && lists(headers, &header::CONNECTION, "upgrade")
        && headers.get(header::SEC_WEBSOCKET_VERSION) == Some(&VERSION);
    if !is_upgrade {
        return None;
    }
    derive_accept_key(key.as_bytes()).parse().ok()
}

/// A browser asks nobody before it opens a WebSocket to another site: a page must be of this very address.
fn own_origin(headers: &HeaderMap) -> Result<()> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let authority = origin.to_str().ok().and_then(|origin| {
        origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"))
    });
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    match (authority, host) {
        (Some(authority), Some(host)) if authority.eq_ignore_ascii_case(host) => Ok(()),
        (Some(_) | None, Some(_) | None) => Err(ByokError::new(
            Kind::Forbidden,
            "a page of another origin may not open a WebSocket here",
        )),
    }
}

/// The headers of the upgrade that go with each of its requests.
fn of_requests(mut headers: HeaderMap) -> HeaderMap {
    let beta = HeaderName::from_static("openai-beta");
    for name in [&header::CONNECTION, &header::UPGRADE, &header::ORIGIN] {
        headers.remove(name);
    }
    let kept: Vec<String> = headers
        .get_all(&beta)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|flag| !flag.is_empty() && !flag.starts_with(FLAG))
        .map(str::to_owned)
        .collect();
    headers.remove(&beta);
    if let Ok(value) = HeaderValue::from_str(&kept.join(","))
        && !kept.is_empty()
    {
        headers.insert(beta, value);
    }
    headers
}

fn upgrade_required(app: &App) -> Response {
    let error = ByokError::new(
        Kind::MethodNotAllowed,
        "this is no WebSocket upgrade (RFC 6455, over HTTP/1.1); send `POST /v1/responses`",
    );
    let mut response = fault::respond(error.into(), Format::OpenAiResponses, &app.ids.next());
    *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
    let fields = response.headers_mut();
    fields.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    fields.insert(header::SEC_WEBSOCKET_VERSION, VERSION);
    response
}

/// Whether a header lists a word.
fn lists(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    headers.get_all(name).iter().any(|value| {
        value
            .as_bytes()
            .split(|byte| *byte == b',')
            .any(|listed| listed.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
    })
}
