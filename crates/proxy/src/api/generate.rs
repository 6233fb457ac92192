//! The model routes: a request in one of the client formats, an answer in the same.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use byokey_types::{Format, Str};
use http::Method;

use crate::{App, fault, fault::Fault, pipeline, pipeline::inbound::Address, routes};

/// `POST /v1/chat/completions`.
pub async fn chat(State(app): State<Arc<App>>, request: Request) -> Response {
    answer(&app, Format::OpenAiChat.into(), request).await
}

/// `POST /v1/messages`.
pub async fn messages(State(app): State<Arc<App>>, request: Request) -> Response {
    answer(&app, Format::AnthropicMessages.into(), request).await
}

/// Answers a model request that came to `address`.
pub async fn answer(app: &Arc<App>, address: Address, request: Request) -> Response {
    let format = address.format;
    if request.method() != Method::POST {
        return routes::refuse_method(app, format, "POST", request).await;
    }
    let id = app.ids.next();
    match serve(app, address, id.clone(), request).await {
        Ok(response) => response,
        Err(fault) => fault::respond(fault, format, &id),
    }
}

async fn serve(
    app: &Arc<App>,
    address: Address,
    id: Str,
    request: Request<Body>,
) -> Result<Response, Fault> {
    let snapshot = app.snapshot();
    let inbound = tokio::select! {
        inbound = pipeline::inbound::read(app, &snapshot, address, id, request) => inbound?,
        () = app.cut.cancelled() => return Err(fault::shutting_down().into()),
    };
    let resolution = snapshot.registry.resolve(&inbound.model)?;
    pipeline::attempt::attempt(app, &snapshot, inbound, resolution).await
}
