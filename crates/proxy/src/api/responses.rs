//! `/v1/responses`: requests, and the upgrade that some clients try first.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use byokey_types::{ByokError, Format, Kind};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::generate;
use crate::{App, fault, routes};

/// `POST /v1/responses`, and `GET` with an upgrade to WebSocket.
pub async fn root(State(app): State<Arc<App>>, request: Request) -> Response {
    if *request.method() == Method::POST {
        return generate::answer(&app, Format::OpenAiResponses.into(), request).await;
    }
    if *request.method() == Method::GET && wants_websocket(request.headers()) {
        return upgrade_required(&app);
    }
    routes::refuse_method(&app, Format::OpenAiResponses, "POST", request).await
}

/// 426 lets a client fall back to HTTP at once, where 404 makes it try again and again. spec/clients.md, Codex.
fn upgrade_required(app: &App) -> Response {
    let error = ByokError::new(
        Kind::MethodNotAllowed,
        "responses over WebSocket are not served here; send `POST /v1/responses`",
    );
    let mut response = fault::respond(error.into(), Format::OpenAiResponses, &app.ids.next());
    *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
    response
        .headers_mut()
        .insert(header::UPGRADE, HeaderValue::from_static("HTTP/1.1"));
    response
}

fn wants_websocket(headers: &HeaderMap) -> bool {
    headers
        .get(header::UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}
