//! `POST /v1/completions`: what OpenAI had before Chat, for clients and servers that still have it.

mod text;

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use byokey_provider::Operation;

use self::text::TextCompletions;
use super::passthrough::Passthrough;
use crate::App;

/// `POST /v1/completions`: to a provider that has them, as bytes.
pub async fn create(State(app): State<Arc<App>>, request: Request) -> Response {
    let completions = Passthrough {
        operation: Operation::Complete,
        route: "/v1/completions",
        streams: true,
        codec: &TextCompletions,
    };
    completions.answer(&app, request).await
}
