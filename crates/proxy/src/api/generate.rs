//! The model routes: a request in one of the client formats, an answer in the same.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use byokey_types::{Format, Str};
use http::Method;

use crate::{
    App, Snapshot, fault,
    fault::Fault,
    pipeline::{self, Inbound, inbound::Address},
    routes,
    state::Thread,
};

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
    run(app, &snapshot, inbound).await
}

/// Answers a request that is here.
///
/// # Errors
/// Everything that goes wrong before the first content has reached the caller.
pub async fn run(
    app: &Arc<App>,
    snapshot: &Snapshot,
    mut inbound: Inbound,
) -> Result<Response, Fault> {
    Thread::recall(&mut inbound, &app.ports.responses).await?;
    let mut resolution = snapshot.registry.resolve(&inbound.model)?;
    inbound.thread.prefer(&mut resolution);
    pipeline::attempt::attempt(app, snapshot, inbound, resolution).await
}
