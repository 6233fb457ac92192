//! The responses that are kept: shown, listed, deleted, cancelled.
//!
//! Source: the Responses API reference, "Retrieve", "Delete", "Cancel", "List input items".

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, Request, State},
    response::Response,
};
use byokey_provider::{Resource, classify::ErrorAnswer};
use byokey_types::{ByokError, Format, Kind, Raw, RawObject, Str, ports::StoredResponse};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt as _;

use super::listing;
use crate::{
    App, Snapshot,
    fault::{self, Fault},
    routes, state, unread,
};

const FORMAT: Format = Format::OpenAiResponses;

/// The longest answer of an upstream about a response that it keeps.
const LONGEST: usize = 64 << 20;

/// `GET` and `DELETE` of `/v1/responses/{id}`.
pub async fn one(
    State(app): State<Arc<App>>,
    Path(path): Path<Vec<(String, String)>>,
    request: Request,
) -> Response {
    match *request.method() {
        Method::GET | Method::HEAD => act(&app, &path, request, Act::Show).await,
        Method::DELETE => act(&app, &path, request, Act::Delete).await,
        _ => routes::refuse_method(&app, FORMAT, "GET, HEAD, DELETE", request).await,
    }
}

/// `POST /v1/responses/{id}/cancel`.
pub async fn cancel(
    State(app): State<Arc<App>>,
    Path(path): Path<Vec<(String, String)>>,
    request: Request,
) -> Response {
    if *request.method() == Method::POST {
        return act(&app, &path, request, Act::Cancel).await;
    }
    routes::refuse_method(&app, FORMAT, "POST", request).await
}

/// `GET /v1/responses/{id}/input_items`.
pub async fn input_items(
    State(app): State<Arc<App>>,
    Path(path): Path<Vec<(String, String)>>,
    request: Request,
) -> Response {
    match *request.method() {
        Method::GET | Method::HEAD => act(&app, &path, request, Act::List).await,
        _ => routes::refuse_method(&app, FORMAT, "GET, HEAD", request).await,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Show,
    Delete,
    Cancel,
    List,
}

/// A request about a response that its owner may see.
struct About<'a> {
    app: &'a App,
    snapshot: &'a Snapshot,
    headers: &'a HeaderMap,
    query: &'a str,
    owner: Option<Str>,
    response: Arc<StoredResponse>,
}

async fn act(app: &App, path: &[(String, String)], request: Request, act: Act) -> Response {
    let request_id = app.ids.next();
    let (parts, body) = request.into_parts();
    unread::discard(&parts.headers, body).await;
    let id = path
        .iter()
        .find(|(name, _)| name == "id")
        .map_or("", |(_, id)| id.as_str());
    let snapshot = app.snapshot();
    let answered = async {
        let owner = snapshot.guard.caller(&parts.headers)?;
        let found = app.ports.responses.get(id, owner.as_ref()).await?;
        let about = About {
            app,
            snapshot: &snapshot,
            headers: &parts.headers,
            query: parts.uri.query().unwrap_or_default(),
            owner,
            response: found.ok_or_else(|| not_found(id))?,
        };
        match act {
            Act::Show => about.show().await,
            Act::Delete => about.delete().await,
            Act::Cancel => about.cancel().await,
            Act::List => Ok(listing::list(&about.response, about.query)?),
        }
    };
    match answered.await {
        Ok(body) => whole(body, &request_id),
        Err(fault) => fault::respond(fault, FORMAT, &request_id),
    }
}

impl About<'_> {
    async fn show(&self) -> Result<Bytes, Fault> {
        if listing::value(self.query, "stream").is_some_and(|stream| stream == "true") {
            return Err(ByokError::new(
                Kind::InvalidRequest,
                "a kept response is not streamed again; ask without `stream=true`",
            )
            .at("stream")
            .into());
        }
        if self.is_running() {
            return self.relay(Method::GET, "").await;
        }
        Ok(self.response.body.clone())
    }

    /// What its upstream keeps is deleted there first: nobody shall believe that it is gone when it is not.
    async fn delete(&self) -> Result<Bytes, Fault> {
        if self.response.upstream_id.is_some() {
            match self.relay(Method::DELETE, "").await {
                Ok(_) => {}
                // it is gone there already, or nobody is left who could be asked
                Err(fault) if matches!(fault.error.status(), 404 | 410) => {}
                Err(fault) => return Err(fault),
            }
        }
        let id = &self.response.id;
        let responses = &self.app.ports.responses;
        if !responses.delete(id, self.owner.as_ref()).await? {
            return Err(not_found(id).into());
        }
        let mut deleted = RawObject::new();
        deleted.set("id", Raw::string(id));
        deleted.set("object", Raw::string("response"));
        deleted.set("deleted", Raw::TRUE);
        Ok(deleted.to_bytes())
    }

    async fn cancel(&self) -> Result<Bytes, Fault> {
        if self.is_running() {
            return self.relay(Method::POST, "/cancel").await;
        }
        Err(ByokError::new(
            Kind::InvalidRequest,
            "Cannot cancel a synchronous response.",
        )
        .into())
    }

    /// Whether its upstream still works on it, in the background.
    fn is_running(&self) -> bool {
        self.response.upstream_id.is_some()
            && matches!(self.response.status.as_str(), "queued" | "in_progress")
    }

    /// Asks the account that made it.
    async fn relay(&self, method: Method, under: &str) -> Result<Bytes, Fault> {
        let gone = || {
            ByokError::new(
                Kind::NotFound,
                "the account that made this response is gone",
            )
        };
        let made = self.response.account.as_ref().ok_or_else(gone)?;
        let registry = &self.snapshot.registry;
        let provider = registry.provider(made.provider.as_str()).ok_or_else(gone)?;
        let account = provider.pool.accounts().iter();
        let account = account
            .clone()
            .find(|account| account.id == *made)
            .ok_or_else(gone)?;
        let token = self.snapshot.keeper.get(made)?;
        let id = self.response.upstream_id.as_deref().unwrap_or_default();
        let call = provider.about(
            account,
            Resource {
                protocol: FORMAT,
                method,
                path: &format!("/{id}{under}"),
                client: self.headers,
                token: token.as_deref(),
                body: Vec::new(),
            },
        )?;
        let answer = tokio::select! {
            answer = registry.client().send(call) => answer?,
            () = self.app.cut.cancelled() => return Err(fault::shutting_down().into()),
        };
        let (status, headers) = (answer.status, answer.headers.clone());
        let body = tokio::select! {
            body = read(answer.body) => body?,
            () = self.app.cut.cancelled() => return Err(fault::shutting_down().into()),
        };
        if status.is_success() {
            return Ok(body);
        }
        let body = match &token {
            Some(token) => byokey_provider::classify::scrub(body, &token.access),
            None => body,
        };
        let error = ErrorAnswer {
            provider: made.provider.as_str(),
            status,
            headers: &headers,
            body,
        }
        .classify(self.app.ports.clock.now());
        Err(Fault {
            error,
            headers: HeaderMap::new(),
            verbatim: true,
        })
    }
}

async fn read(body: byokey_provider::Body) -> Result<Bytes, ByokError> {
    let mut body = std::pin::pin!(body);
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        if read.len() + data.len() > LONGEST {
            return Err(ByokError::new(
                Kind::BadUpstream,
                format!("the upstream's response is longer than {LONGEST} bytes"),
            ));
        }
        read.extend_from_slice(&data);
    }
    Ok(read.freeze())
}

/// As the OpenAI API says it.
fn not_found(id: &str) -> ByokError {
    let message = format!("Response with id '{}' not found.", state::shown(id));
    ByokError::new(Kind::NotFound, message)
}

fn whole(body: Bytes, request: &Str) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::OK;
    let fields = response.headers_mut();
    fields.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    if let Ok(value) = HeaderValue::from_str(request) {
        fields.insert(fault::REQUEST_ID, value);
    }
    response
}
