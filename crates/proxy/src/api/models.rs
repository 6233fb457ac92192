//! `GET /v1/models` and `GET /v1beta/models`: what can be served now, in the shape the caller expects.

mod catalogue;
mod google;
mod messages;
mod openai;

use std::{collections::HashMap, sync::Arc};

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
use serde_json::Value;

use crate::{App, fault};

/// The query of a list, as it came.
pub type Asked = HashMap<String, String>;

/// `GET /v1/models`: four kinds of clients ask here.
pub async fn list(
    State(app): State<Arc<App>>,
    query: Result<Query<Asked>, QueryRejection>,
    request: Request,
) -> Response {
    let asked = query.map_or_else(|_| Asked::new(), |Query(asked)| asked);
    let shape = Shape::of(request.headers(), &asked);
    answer_list(&app, shape, &asked, request.headers())
}

/// `GET /v1beta/models`: only Google's clients ask here.
pub async fn google_list(
    State(app): State<Arc<App>>,
    query: Result<Query<Asked>, QueryRejection>,
    request: Request,
) -> Response {
    let asked = query.map_or_else(|_| Asked::new(), |Query(asked)| asked);
    answer_list(&app, Shape::Google, &asked, request.headers())
}

/// `GET /v1/models/{id}`.
pub async fn one(
    State(app): State<Arc<App>>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    // the catalogue has no entries to be asked for one by one
    let shape = Shape::of(request.headers(), &Asked::new());
    answer_one(&app, shape, id, request.headers())
}

/// `GET /v1beta/models/{id}`.
pub async fn google_one(
    State(app): State<Arc<App>>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    answer_one(&app, Shape::Google, id, request.headers())
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    OpenAi,
    Messages,
    Google,
    /// The coding agent of the Responses format, which asks for more than names.
    Catalogue,
}

impl Shape {
    /// Who it is shows in a parameter, a header or the user agent; everybody else reads OpenAI's shape.
    fn of(headers: &HeaderMap, asked: &Asked) -> Self {
        let agent = headers
            .get(header::USER_AGENT)
            .map_or(&b""[..], HeaderValue::as_bytes);
        if asked.contains_key("client_version") {
            Self::Catalogue
        } else if headers.contains_key("anthropic-version") || agent.starts_with(b"claude-cli") {
            Self::Messages
        } else if headers.contains_key("x-goog-api-key") || agent.starts_with(b"google-genai-sdk/")
        {
            Self::Google
        } else {
            Self::OpenAi
        }
    }

    /// The format of errors.
    const fn format(self) -> Format {
        match self {
            Self::OpenAi => Format::OpenAiChat,
            Self::Messages => Format::AnthropicMessages,
            Self::Google => Format::Gemini,
            Self::Catalogue => Format::OpenAiResponses,
        }
    }

    fn list(self, models: &[Listed], asked: &Asked) -> Result<Value> {
        match self {
            Self::OpenAi => Ok(openai::list(models)),
            Self::Messages => messages::page(models, asked),
            Self::Google => google::page(models, asked),
            Self::Catalogue => Ok(catalogue::list(models)),
        }
    }

    fn entry(self, model: &Listed) -> Value {
        match self {
            Self::OpenAi | Self::Catalogue => openai::entry(model),
            Self::Messages => messages::entry(model),
            Self::Google => google::entry(model),
        }
    }
}

fn answer_list(app: &App, shape: Shape, asked: &Asked, headers: &HeaderMap) -> Response {
    let snapshot = app.snapshot();
    let found = snapshot
        .guard
        .client(headers)
        .and_then(|()| shape.list(&snapshot.registry.models(), asked));
    respond(app, shape.format(), found)
}

fn answer_one(
    app: &App,
    shape: Shape,
    id: Result<Path<String>, PathRejection>,
    headers: &HeaderMap,
) -> Response {
    let snapshot = app.snapshot();
    let found = snapshot.guard.client(headers).and_then(|()| {
        let Path(id) = id.map_err(|error| {
            ByokError::new(
                Kind::InvalidRequest,
                "the model's id in the path is not UTF-8",
            )
            .because(error)
        })?;
        let model = snapshot
            .registry
            .listed(&id)
            .ok_or_else(|| nobody_serves(&id))?;
        Ok(shape.entry(&model))
    });
    respond(app, shape.format(), found)
}

fn nobody_serves(id: &str) -> ByokError {
    let shown: String = id.chars().take(100).collect();
    ByokError::new(
        Kind::UnknownModel,
        format!(
            "no live provider serves model `{shown}`; `GET /v1/models` lists those that are served"
        ),
    )
}

/// A number of a query; absent when it is not there, or empty.
fn number(asked: &Asked, name: &str) -> Result<Option<usize>> {
    match asked.get(name).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|error| {
            ByokError::new(
                Kind::InvalidRequest,
                format!("`{name}` must be a whole number"),
            )
            .at(name)
            .because(error)
        }),
    }
}

/// Where a model stands in the list.
fn place(models: &[Listed], id: &str, name: &str) -> Result<usize> {
    let found = models.iter().position(|model| model.name == id);
    found.ok_or_else(|| {
        let shown: String = id.chars().take(100).collect();
        let error = ByokError::new(
            Kind::InvalidRequest,
            format!("there is no model `{shown}` to page from; begin again without `{name}`"),
        );
        error.at(name)
    })
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use pretty_assertions::assert_eq;

    use super::*;

    type Headers = [(&'static str, &'static str)];

    #[test]
    fn callers_are_told_apart() {
        let rows: [(&Headers, &[&str], Shape); 8] = [
            (&[], &[], Shape::OpenAi),
            (
                &[("user-agent", "OpenAI/Python 3.52.0")],
                &["limit"],
                Shape::OpenAi,
            ),
            (
                &[("anthropic-version", "2023-06-01")],
                &["limit"],
                Shape::Messages,
            ),
            (
                &[("user-agent", "claude-cli/2.1.197 (external)")],
                &[],
                Shape::Messages,
            ),
            (&[("x-goog-api-key", "k")], &[], Shape::Google),
            (
                &[("user-agent", "google-genai-sdk/3.4.0 gl-python/3.11")],
                &[],
                Shape::Google,
            ),
            (
                &[("user-agent", "not-google-genai-sdk/1")],
                &[],
                Shape::OpenAi,
            ),
            (
                &[("anthropic-version", "x")],
                &["client_version"],
                Shape::Catalogue,
            ),
        ];
        for (headers, query, expected) in rows {
            let headers: HeaderMap = headers
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
                .collect();
            let asked = query
                .iter()
                .map(|name| ((*name).to_owned(), String::new()))
                .collect();
            assert_eq!(Shape::of(&headers, &asked), expected, "{headers:?}");
        }
    }
}
