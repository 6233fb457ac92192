//! Liveness, readiness, and the root that clients knock at.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use byokey_types::Format;
use http::{HeaderMap, StatusCode, header};

use crate::{App, fault, metrics};

/// `/`: answers the connectivity check of clients (`HEAD /`).
pub async fn root() -> Response {
    text(
        StatusCode::OK,
        concat!("byokey ", env!("CARGO_PKG_VERSION"), "\n").to_owned(),
    )
}

/// `/healthz`: the process answers.
pub async fn live() -> Response {
    text(StatusCode::OK, "ok\n".to_owned())
}

/// `/readyz`: the store answers, and at least one provider is live.
pub async fn ready(State(app): State<Arc<App>>) -> Response {
    let mut missing = Vec::new();
    if !app.ports.store.healthy().await {
        missing.push("the store does not answer");
    }
    if !app
        .snapshot()
        .registry
        .providers()
        .iter()
        .any(|provider| provider.is_live())
    {
        missing.push("no provider is live");
    }
    if missing.is_empty() {
        return text(StatusCode::OK, "ready\n".to_owned());
    }
    text(
        StatusCode::SERVICE_UNAVAILABLE,
        format!("not ready: {}\n", missing.join(", ")),
    )
}

/// `/metrics`: counters for a scraper; who calls must show a key when callers must.
pub async fn metrics(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    if let Err(error) = app.snapshot().guard.client(&headers) {
        return fault::respond(error.into(), Format::OpenAiChat, &app.ids.next());
    }
    let text = app.metrics.text();
    ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response()
}

fn text(status: StatusCode, body: String) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        body,
    )
        .into_response()
}
