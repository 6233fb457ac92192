//! `POST /v1/embeddings`.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use byokey_provider::Operation;
use byokey_translate::chat::Chat;

use super::passthrough::Passthrough;
use crate::App;

/// `POST /v1/embeddings`: to a provider that has them, as bytes.
pub async fn create(State(app): State<Arc<App>>, request: Request) -> Response {
    let embeddings = Passthrough {
        operation: Operation::Embed,
        route: "/v1/embeddings",
        streams: false,
        codec: &Chat,
    };
    embeddings.answer(&app, request).await
}
