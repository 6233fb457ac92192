//! `/v1/responses`: requests over HTTP and WebSocket, and the responses that are kept.

pub mod kept;
mod listing;
mod socket;
mod upgrade;

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use byokey_types::Format;
use http::Method;

use super::generate;
use crate::{App, pipeline::inbound::Address, routes};

/// `POST /v1/responses`, and `GET` with an upgrade to WebSocket.
pub async fn root(State(app): State<Arc<App>>, request: Request) -> Response {
    if *request.method() == Method::POST {
        return generate::answer(&app, Format::OpenAiResponses.into(), request).await;
    }
    if *request.method() == Method::GET && upgrade::is_wanted(request.headers()) {
        return upgrade::answer(&app, request);
    }
    routes::refuse_method(&app, Format::OpenAiResponses, "POST", request).await
}

/// `POST /v1/responses/compact`.
pub async fn compact(State(app): State<Arc<App>>, request: Request) -> Response {
    let address = Address {
        stream: Some(false),
        under: Some("/compact"),
        ..Address::from(Format::OpenAiResponses)
    };
    generate::answer(&app, address, request).await
}
