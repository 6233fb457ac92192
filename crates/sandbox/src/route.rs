//! From an HTTP request to a performance.

use std::{
    io,
    sync::{Arc, Mutex, atomic::Ordering},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header, request};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use serde::Serialize;
use serde_json::Value;

use crate::{
    actor, base62,
    chat::{self, Chat, Legacy},
    fault::Fault,
    format::Format,
    gemini::{
        self, Gemini,
        address::{self, Action, Address},
    },
    journal::{Outcome, Phase, Recorded},
    messages::{self, Messages},
    model::{Kind, Model},
    playback::{Performance, Playback, cut},
    reel,
    responses::{self, Socket},
    sandbox::State,
    script::Cue,
    stage,
};

/// Longest request body, as Anthropic has it (<https://docs.claude.com/en/api/overview#request-size-limits>), doubled
/// because base64 images arrive through proxies with limits of their own.
const LONGEST_BODY: usize = 64 << 20;

/// Answers one request; the error closes the connection without an answer.
pub(crate) async fn answer(
    state: Arc<State>,
    mut request: Request<Incoming>,
    socket: &Mutex<Option<Socket>>,
) -> io::Result<Response<Playback>> {
    let upgrade = responses::wants_socket(&request).then(|| hyper::upgrade::on(&mut request));
    let (parts, body) = request.into_parts();
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    if target == "/_sandbox/requests" && state.journal.records() {
        return Ok(inspect(&state, &parts));
    }
    let mut watch = state.journal.open(&parts.method, target, &parts.headers);
    let body = match Limited::new(body, LONGEST_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        // the client went away while it spoke
        Err(error) => return Err(io::Error::other(error)),
    };
    if let Ok(body) = &body {
        watch.body_read(body);
    }
    let request_id = base62::id("req_011", 22, watch.number(), 0);
    let mut performance = match upgrade {
        Some(upgrade) => responses::open(&state, &parts, upgrade, socket, &request_id),
        None => dispatch(&state, &parts, body, &request_id),
    };
    match performance.cue {
        Cue::Now => {}
        Cue::After(delay) => tokio::time::sleep(delay).await,
        Cue::Never => std::future::pending().await,
        Cue::Cut => {
            watch.complete();
            return Err(cut());
        }
    }
    watch.answered(performance.status);
    let mut response = Response::new(Playback::new(performance.content, watch));
    *response.status_mut() =
        StatusCode::from_u16(performance.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    std::mem::swap(response.headers_mut(), &mut performance.headers);
    Ok(response)
}

fn dispatch(
    state: &State,
    parts: &request::Parts,
    body: Result<Bytes, Fault>,
    request_id: &str,
) -> Performance {
    let path = parts.uri.path();
    if address::is_for(&parts.uri, &parts.headers) {
        return exchange::<Gemini>(state, parts, body, request_id);
    }
    if responses::owns(path) {
        return responses::exchange(state, parts, body, request_id);
    }
    let anthropic =
        path.starts_with("/v1/messages") || parts.headers.contains_key("anthropic-version");
    if anthropic {
        exchange::<Messages>(state, parts, body, request_id)
    } else if path == "/v1/completions" {
        exchange::<Legacy>(state, parts, body, request_id)
    } else {
        exchange::<Chat>(state, parts, body, request_id)
    }
}

/// One exchange in one format: whatever goes wrong is spelled as that format spells it.
fn exchange<F: Format>(
    state: &State,
    parts: &request::Parts,
    body: Result<Bytes, Fault>,
    request_id: &str,
) -> Performance {
    let mut performance = perform::<F>(state, parts, body).unwrap_or_else(|fault| {
        let mut refused =
            Performance::whole(fault.status, F::refusal_at(&parts.uri, &fault, request_id));
        refused.headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        if fault.status == 405 {
            refused
                .headers
                .insert(header::ALLOW, allowed(parts.uri.path()));
        }
        refused
    });
    if performance.common_headers {
        performance
            .headers
            .extend(F::headers(request_id, performance.status));
    }
    performance
}

fn perform<F: Format>(
    state: &State,
    parts: &request::Parts,
    body: Result<Bytes, Fault>,
) -> Result<Performance, Fault> {
    if let Some(key) = &state.api_key {
        F::authorise_at(&parts.uri, &parts.headers, key)?;
    }
    let body = body?;
    let path = parts.uri.path();
    if address::is_for(&parts.uri, &parts.headers) {
        return google(state, parts, &body);
    }
    match (&parts.method, path) {
        (&Method::POST, "/v1/chat/completions" | "/v1/completions" | "/v1/messages") => {
            generate::<F>(state, parts, &body)
        }
        (&Method::POST, "/v1/embeddings") => embed(parts, &body),
        (&Method::POST, "/v1/messages/count_tokens") => count(parts, &body),
        (&Method::GET, "/v1/models") => list(parts, None),
        (&Method::GET, path) if path.starts_with("/v1/models/") => {
            list(parts, path.strip_prefix("/v1/models/"))
        }
        (
            _,
            "/v1/chat/completions"
            | "/v1/completions"
            | "/v1/embeddings"
            | "/v1/messages"
            | "/v1/messages/count_tokens"
            | "/v1/models",
        ) => Err(Fault::new(
            405,
            format!("Not allowed to {} on {path}", parts.method),
        )),
        (method, path) => Err(Fault::new(404, format!("Invalid URL ({method} {path})"))),
    }
}

fn google(state: &State, parts: &request::Parts, body: &[u8]) -> Result<Performance, Fault> {
    let path = parts.uri.path();
    if parts.method == Method::GET
        && (address::is_listing(path) || address::resource(path).is_some())
    {
        return gemini::models(&parts.uri).map(json_body);
    }
    let not_found = || Fault::new(404, format!("Not found: {} {path}", parts.method));
    let address = Address::read(path).filter(|_| parts.method == Method::POST);
    let address = address.ok_or_else(not_found)?;
    match address.action {
        Action::GenerateContent | Action::StreamGenerateContent => {
            generate::<Gemini>(state, parts, body)
        }
        Action::CountTokens | Action::EmbedContent | Action::BatchEmbedContents => {
            let json: Value =
                serde_json::from_slice(body).map_err(|error| Gemini::not_json(&error))?;
            let no_model = || Gemini::no_model(address.model);
            let model = Model::parse(address.model).ok_or_else(no_model)?;
            match (address.action, model.kind) {
                (_, Kind::Fail(status)) => Err(Gemini::failure(status, model.name)),
                (Action::CountTokens, _) => gemini::count(&json, &model).map(json_body),
                (_, Kind::Embed) => gemini::embed(&json, address.action).map(json_body),
                _only_one_model_embeds => Err(no_model()),
            }
        }
    }
}

fn generate<F: Format>(
    state: &State,
    parts: &request::Parts,
    body: &[u8],
) -> Result<Performance, Fault> {
    F::admit(&parts.headers)?;
    let json: Value = serde_json::from_slice(body).map_err(|error| F::not_json(&error))?;
    let name = F::model(&parts.uri, &json)?;
    let model = Model::parse(name).ok_or_else(|| F::no_model(name))?;
    match model.kind {
        Kind::Raw(script) => {
            let script = state.next_script(script);
            return script
                .map(Performance::from)
                .ok_or_else(|| F::no_model(name));
        }
        Kind::Embed => return Err(F::no_model(name)),
        Kind::Fail(status) => return Err(F::failure(status, name)),
        Kind::Flaky
            if state
                .flaky
                .fetch_add(1, Ordering::Relaxed)
                .is_multiple_of(2) =>
        {
            return Err(F::failure(F::OVERLOADED, name));
        }
        _every_other_kind_checks_first => {}
    }
    let mut ask = F::check(&json, &parts.headers, &model)?;
    ask.stream |= F::streams_at(&parts.uri);
    if model.kind == Kind::ErrorMid && !ask.stream {
        return Err(F::failure(500, name));
    }
    let seed = base62::seed(body);
    let scene = actor::play(&model, &ask, &json, seed);
    let voice = F::voice_at(&parts.uri, F::voice(&json, &model, seed));
    Ok(stage::perform(&model, &voice, &scene, ask.stream))
}

fn count(parts: &request::Parts, body: &[u8]) -> Result<Performance, Fault> {
    Messages::admit(&parts.headers)?;
    let json: Value = serde_json::from_slice(body).map_err(|error| Messages::not_json(&error))?;
    let name = Messages::model(&parts.uri, &json)?;
    Model::parse(name).ok_or_else(|| Messages::no_model(name))?;
    Ok(json_body(messages::count(&json, &parts.headers)?))
}

fn embed(parts: &request::Parts, body: &[u8]) -> Result<Performance, Fault> {
    Chat::admit(&parts.headers)?;
    let json: Value = serde_json::from_slice(body).map_err(|error| Chat::not_json(&error))?;
    chat::embed(&json).map(json_body)
}

fn list(parts: &request::Parts, only: Option<&str>) -> Result<Performance, Fault> {
    if parts.headers.contains_key("anthropic-version") {
        let found = messages::models(only, parts.uri.query());
        return found
            .map(json_body)
            .ok_or_else(|| Messages::no_model(only.unwrap_or_default()));
    }
    let found = chat::models(only);
    found
        .map(json_body)
        .ok_or_else(|| Chat::no_model(only.unwrap_or_default()))
}

fn json_body(body: Vec<u8>) -> Performance {
    let mut performance = Performance::whole(200, body);
    performance.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    performance
}

fn allowed(path: &str) -> HeaderValue {
    HeaderValue::from_static(if path == "/v1/models" { "GET" } else { "POST" })
}

fn too_large() -> Fault {
    Fault::new(413, "Request exceeds the maximum size")
}

/// A recorded request as other processes see it.
#[derive(Serialize)]
struct Exhibit {
    number: u64,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    /// Absent when the body is not UTF-8.
    body: Option<String>,
    /// Present when the body is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
    /// Of the answer; absent while there is none.
    status: Option<u16>,
    outcome: &'static str,
}

fn inspect(state: &State, parts: &request::Parts) -> Response<Playback> {
    let taken = parts.method == Method::DELETE;
    let requests = if taken {
        state.journal.take_requests()
    } else {
        state.journal.requests()
    };
    let exhibits: Vec<_> = requests.iter().map(exhibit).collect();
    let mut response = Response::new(Playback::unwatched(reel::json(&exhibits)));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

fn exhibit(recorded: &Recorded) -> Exhibit {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let body = std::str::from_utf8(&recorded.body).ok();
    Exhibit {
        number: recorded.number,
        method: recorded.method.to_string(),
        path: recorded.target.clone(),
        headers: recorded
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
            .collect(),
        body: body.map(str::to_owned),
        body_base64: body.is_none().then(|| STANDARD.encode(&recorded.body)),
        status: recorded.status,
        outcome: match recorded.outcome {
            Outcome::Open => "open",
            Outcome::Completed => "completed",
            Outcome::Disconnected(Phase::Request) => "disconnected in request",
            Outcome::Disconnected(Phase::Head) => "disconnected before head",
            Outcome::Disconnected(Phase::Body) => "disconnected in body",
        },
    }
}
