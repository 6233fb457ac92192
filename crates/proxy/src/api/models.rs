//! `GET /v1/models`: what can be served now, in the shape the caller expects.

use std::sync::Arc;

use axum::{
    extract::{
        Path, Query, Request, State,
        rejection::{PathRejection, QueryRejection},
    },
    response::{IntoResponse, Response},
};
use byokey_provider::Listed;
use byokey_types::{ByokError, Format, Kind, Result};
use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{App, fault};

/// Paging as the Messages API has it.
#[derive(Debug, Default, Deserialize)]
pub struct Page {
    limit: Option<usize>,
    after_id: Option<String>,
    before_id: Option<String>,
}

/// The list's default and greatest page, as the Messages API has them.
const PAGE: usize = 20;
const LARGEST_PAGE: usize = 1000;

/// No model says when it was made; a date that is not one would be a lie with a number.
const UNKNOWN_DATE: &str = "1970-01-01T00:00:00Z";

/// `GET /v1/models`.
pub async fn list(
    State(app): State<Arc<App>>,
    page: Result<Query<Page>, QueryRejection>,
    request: Request,
) -> Response {
    let format = shape(request.headers());
    let found = listed(&app, request.headers()).and_then(|models| match format {
        Format::AnthropicMessages => {
            let Query(page) = page.map_err(|error| {
                ByokError::new(Kind::InvalidRequest, "`limit` must be a whole number")
                    .because(error)
            })?;
            messages_page(&models, &page)
        }
        Format::OpenAiChat | Format::OpenAiResponses | Format::Gemini => {
            let data: Vec<Value> = models.iter().map(chat_entry).collect();
            Ok(json!({"object": "list", "data": data}))
        }
    });
    respond(&app, format, found)
}

/// `GET /v1/models/{id}`.
pub async fn one(
    State(app): State<Arc<App>>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let format = shape(request.headers());
    let snapshot = app.snapshot();
    let found = snapshot.guard.client(request.headers()).and_then(|()| {
        let Path(id) = id.map_err(|error| {
            ByokError::new(Kind::InvalidRequest, "the model's id in the path is not UTF-8")
                .because(error)
        })?;
        let model = snapshot.registry.listed(&id).ok_or_else(|| {
            ByokError::new(
                Kind::UnknownModel,
                format!("no live provider serves model `{id}`; `GET /v1/models` lists those that are served"),
            )
        })?;
        Ok(match format {
            Format::AnthropicMessages => messages_entry(&model),
            Format::OpenAiChat | Format::OpenAiResponses | Format::Gemini => chat_entry(&model),
        })
    });
    respond(&app, format, found)
}

/// Anthropic's clients say so; everybody else reads OpenAI's shape.
fn shape(headers: &HeaderMap) -> Format {
    let claude_code = headers
        .get(header::USER_AGENT)
        .is_some_and(|agent| agent.as_bytes().starts_with(b"claude-cli"));
    if claude_code || headers.contains_key("anthropic-version") {
        Format::AnthropicMessages
    } else {
        Format::OpenAiChat
    }
}

fn listed(app: &App, headers: &HeaderMap) -> Result<Vec<Listed>> {
    let snapshot = app.snapshot();
    snapshot.guard.client(headers)?;
    Ok(snapshot.registry.models())
}

fn chat_entry(model: &Listed) -> Value {
    let mut entry = json!({
        "id": model.name,
        "object": "model",
        "created": 0,
        "owned_by": model.provider.id,
    });
    if let Some(members) = entry.as_object_mut() {
        if let Some(context) = model.row.context {
            members.insert("context_window".to_owned(), context.into());
            members.insert("context_length".to_owned(), context.into());
        }
        if let Some(output) = model.row.output {
            members.insert("max_output_tokens".to_owned(), output.into());
        }
    }
    entry
}

fn messages_entry(model: &Listed) -> Value {
    let name = model.row.name.as_deref().unwrap_or(&model.name);
    let mut entry = json!({
        "type": "model",
        "id": model.name,
        "display_name": name,
        "created_at": UNKNOWN_DATE,
    });
    if let Some(members) = entry.as_object_mut() {
        if let Some(context) = model.row.context {
            members.insert("max_input_tokens".to_owned(), context.into());
        }
        if let Some(output) = model.row.output {
            members.insert("max_tokens".to_owned(), output.into());
        }
    }
    entry
}

fn messages_page(models: &[Listed], page: &Page) -> Result<Value> {
    let limit = page.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let place = |id: &str| {
        models
            .iter()
            .position(|model| model.name == id)
            .ok_or_else(|| {
                ByokError::new(
                    Kind::InvalidRequest,
                    format!("there is no model `{id}` to page from"),
                )
            })
    };
    let (data, has_more) = match (&page.after_id, &page.before_id) {
        (_, Some(before)) => {
            let end = place(before)?;
            let start = end.saturating_sub(limit);
            (&models[start..end], start > 0)
        }
        (Some(after), None) => {
            let start = place(after)? + 1;
            let end = models.len().min(start + limit);
            (&models[start..end], end < models.len())
        }
        (None, None) => (&models[..models.len().min(limit)], models.len() > limit),
    };
    Ok(json!({
        "data": data.iter().map(messages_entry).collect::<Vec<_>>(),
        "has_more": has_more,
        "first_id": data.first().map(|model| &model.name),
        "last_id": data.last().map(|model| &model.name),
    }))
}

fn respond(app: &App, format: Format, found: Result<Value>) -> Response {
    let id = app.ids.next();
    match found {
        Ok(value) => {
            let mut response = axum::Json(value).into_response();
            if let Ok(id) = HeaderValue::from_str(&id) {
                response.headers_mut().insert(fault::REQUEST_ID, id);
            }
            response
        }
        Err(error) => fault::respond(error.into(), format, &id),
    }
}
