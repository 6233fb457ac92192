//! The routes of the Responses API.

use std::sync::Mutex;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header, request};
use hyper::{body::Incoming, upgrade::OnUpgrade};
use serde_json::{Map, Value, json};

use super::{
    fault,
    socket::{self, Socket},
    turn::{self, Turn},
};
use crate::{
    base62, chat, fault::Fault, journal::lock, model::Dialect, playback::Performance, reel,
    sandbox::State, seal, timestamp::CREATED,
};

const API: &str = "/v1/responses";
/// Where ChatGPT serves Codex; every model follows its rules there.
const BACKEND: &str = "/backend-api/codex/responses";

const MOST_LISTED: usize = 100;
const USUALLY_LISTED: usize = 20;

/// Whether a path belongs to this API.
pub(crate) fn owns(path: &str) -> bool {
    place(path).is_some()
}

/// Whether a request asks for a WebSocket.
pub(crate) fn wants_socket(request: &Request<Incoming>) -> bool {
    let upgrade = request.headers().get(header::UPGRADE);
    request.method() == Method::GET
        && matches!(place(request.uri().path()), Some((_, "")))
        && upgrade.is_some_and(|upgrade| upgrade.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// One exchange over HTTP.
pub(crate) fn exchange(
    state: &State,
    parts: &request::Parts,
    body: Result<Bytes, Fault>,
    request_id: &str,
) -> Performance {
    let answered = authorised(state, parts)
        .and(body)
        .and_then(|body| route(state, parts, &body));
    finish(answered, parts, request_id)
}

/// Accepts or refuses a WebSocket; what is accepted waits in the slot for the connection to be free.
pub(crate) fn open(
    state: &State,
    parts: &request::Parts,
    upgrade: OnUpgrade,
    slot: &Mutex<Option<Socket>>,
    request_id: &str,
) -> Performance {
    let accepted = authorised(state, parts).and_then(|()| socket::accept(parts));
    if accepted.is_ok() {
        *lock(slot) = Some(Socket::new(upgrade, parts, is_backend(parts)));
    }
    finish(accepted, parts, request_id)
}

fn place(path: &str) -> Option<(bool, &str)> {
    let found = path.strip_prefix(API).map(|rest| (false, rest));
    let found = found.or_else(|| path.strip_prefix(BACKEND).map(|rest| (true, rest)));
    found.filter(|(_, rest)| rest.is_empty() || rest.starts_with('/'))
}

fn is_backend(parts: &request::Parts) -> bool {
    matches!(place(parts.uri.path()), Some((true, _)))
}

fn authorised(state: &State, parts: &request::Parts) -> Result<(), Fault> {
    match &state.api_key {
        Some(key) => chat::fault::authorise(&parts.headers, key),
        None => Ok(()),
    }
}

fn finish(
    answered: Result<Performance, Fault>,
    parts: &request::Parts,
    request_id: &str,
) -> Performance {
    let mut performance = answered.unwrap_or_else(|fault| {
        let mut refused = json_body(fault::body(&fault));
        refused.status = fault.status;
        if fault.status == 405 {
            let allowed = match place(parts.uri.path()) {
                Some((_, "" | "/compact" | "/input_tokens")) => "POST",
                Some(_) | None => "GET, DELETE",
            };
            let allowed = HeaderValue::from_static(allowed);
            refused.headers.insert(header::ALLOW, allowed);
        }
        refused
    });
    if performance.common_headers {
        let status = performance.status;
        performance
            .headers
            .extend(fault::headers(request_id, status, is_backend(parts)));
    }
    performance
}

fn route(state: &State, parts: &request::Parts, body: &[u8]) -> Result<Performance, Fault> {
    let path = parts.uri.path();
    let (backend, rest) = place(path).unwrap_or_default();
    let rest: Vec<_> = rest.split('/').skip(1).collect();
    match (&parts.method, rest.as_slice()) {
        (&Method::POST, []) => asked(parts, body, backend, |turn, _| turn.answer(state, None)),
        (&Method::POST, ["compact"]) => {
            asked(parts, body, backend, |turn, top| compact(state, turn, top))
        }
        (&Method::POST, ["input_tokens"]) => {
            asked(parts, body, backend, |turn, top| count(state, turn, top))
        }
        (_, [] | ["compact" | "input_tokens"]) => Err(not_allowed(parts)),
        (&Method::GET, [id]) => fetch(state, parts, id),
        (&Method::DELETE, [id]) => delete(state, id),
        (&Method::POST, [id, "cancel"]) => cancel(state, id),
        (&Method::GET, [id, "input_items"]) => list(state, parts, id),
        (_, [_]) => Err(not_allowed(parts)),
        (method, _) => Err(Fault::new(404, format!("Invalid URL ({method} {path})"))),
    }
}

fn not_allowed(parts: &request::Parts) -> Fault {
    let path = parts.uri.path();
    Fault::new(405, format!("Not allowed to {} on {path}", parts.method))
}

/// A request with a body.
fn asked(
    parts: &request::Parts,
    body: &[u8],
    backend: bool,
    answer: impl FnOnce(&Turn<'_>, &Map<String, Value>) -> Result<Performance, Fault>,
) -> Result<Performance, Fault> {
    chat::fault::admit(&parts.headers)?;
    let json: Value = serde_json::from_slice(body).map_err(|_| chat::fault::not_json())?;
    let top = super::rules::object(&json)?;
    let turn = Turn {
        headers: &parts.headers,
        body,
        json: &json,
        backend,
        socket: false,
    };
    answer(&turn, top)
}

/// Every user message, then everything else as one sealed item.
fn compact(state: &State, turn: &Turn<'_>, top: &Map<String, Value>) -> Result<Performance, Fault> {
    let (model, dialect) = turn.model(top)?;
    if let Some(performance) = turn::unchecked(state, &model, dialect)? {
        return Ok(performance);
    }
    // it keeps nothing and streams nothing, so the backend's demands for both do not apply
    let asked = turn.parameters(top, Dialect::Strict)?;
    let before = turn::before(state, top, None)?;
    let asked = turn.check(top, Dialect::Strict, &before, asked)?;
    let seed = base62::seed(turn.body);
    let mut output: Vec<Value> = before.history.clone();
    output.extend(turn::input(top, &before, seed));
    output.retain(|item| item["type"] == "message" && item["role"] == "user");
    let id = base62::id("cmp_", 50, seed, 1);
    output.push(json!({
        "encrypted_content": seal::encrypt(&id, turn.owner()), "id": id, "type": "compaction",
    }));
    let input = asked.ask.prompt.total();
    Ok(json_body(reel::json(&json!({
        "id": base62::id("resp_", 50, seed, 0), "object": "response.compaction", "created_at": CREATED, "output": output,
        "usage": {
            "input_tokens": input,
            "input_tokens_details": {"cached_tokens": asked.ask.prompt.cache_read, "cache_write_tokens": 0},
            "output_tokens": 16, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": input + 16,
        },
    }))))
}

fn count(state: &State, turn: &Turn<'_>, top: &Map<String, Value>) -> Result<Performance, Fault> {
    let (model, dialect) = turn.model(top)?;
    if let Some(performance) = turn::unchecked(state, &model, dialect)? {
        return Ok(performance);
    }
    let asked = turn.parameters(top, Dialect::Strict)?;
    let before = turn::before(state, top, None)?;
    let asked = turn.check(top, Dialect::Strict, &before, asked)?;
    Ok(json_body(reel::json(&json!({
        "object": "response.input_tokens", "input_tokens": asked.ask.prompt.total(),
    }))))
}

fn fetch(state: &State, parts: &request::Parts, id: &str) -> Result<Performance, Fault> {
    let archive = lock(&state.archive);
    let kept = archive
        .get(id)
        .ok_or_else(|| fault::response_not_found(id))?;
    if query(parts, "stream") == Some("true") && !kept.background {
        let message =
            "This response cannot be streamed because it was not created with background=true.";
        return Err(Fault::bad(message).param("stream"));
    }
    Ok(json_body(kept.body.clone()))
}

fn delete(state: &State, id: &str) -> Result<Performance, Fault> {
    if lock(&state.archive).remove(id) {
        let gone = json!({"id": id, "object": "response", "deleted": true});
        return Ok(json_body(reel::json(&gone)));
    }
    Err(fault::response_not_found(id))
}

/// Whatever is asked for in the background is done before anyone can cancel it.
fn cancel(state: &State, id: &str) -> Result<Performance, Fault> {
    let archive = lock(&state.archive);
    let kept = archive
        .get(id)
        .ok_or_else(|| fault::response_not_found(id))?;
    if kept.background {
        return Ok(json_body(kept.body.clone()));
    }
    Err(Fault::bad("Cannot cancel a synchronous response."))
}

fn list(state: &State, parts: &request::Parts, id: &str) -> Result<Performance, Fault> {
    let limit = match query(parts, "limit") {
        None => USUALLY_LISTED,
        Some(limit) => {
            let limit = limit
                .parse()
                .ok()
                .filter(|limit| (1..=MOST_LISTED).contains(limit));
            limit.ok_or_else(|| {
                let message =
                    format!("Invalid 'limit': expected an integer between 1 and {MOST_LISTED}.");
                Fault::bad(message).param("limit").code("invalid_value")
            })?
        }
    };
    let archive = lock(&state.archive);
    let kept = archive
        .get(id)
        .ok_or_else(|| fault::response_not_found(id))?;
    let mut items: Vec<&Value> = kept.input.iter().collect();
    match query(parts, "order") {
        Some("asc") => {}
        None | Some("desc") => items.reverse(),
        Some(other) => {
            let at = crate::json_path::At::ROOT.field("order");
            let words = ["asc", "desc"];
            return Err(chat::rules::field::unsupported_value(&at, other, &words));
        }
    }
    if let Some(after) = query(parts, "after") {
        let at = items.iter().position(|item| item["id"] == after);
        let at = at.ok_or_else(|| fault::item_not_found(after, true))?;
        items.drain(..=at);
    }
    let has_more = items.len() > limit;
    items.truncate(limit);
    let id = |item: Option<&&Value>| item.map_or(Value::Null, |item| item["id"].clone());
    Ok(json_body(reel::json(&json!({
        "object": "list", "data": items, "has_more": has_more,
        "first_id": id(items.first()), "last_id": id(items.last()),
    }))))
}

fn query<'a>(parts: &'a request::Parts, name: &str) -> Option<&'a str> {
    let pairs = parts.uri.query()?.split('&');
    let mut values = pairs.filter_map(|pair| pair.split_once('='));
    values.find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn json_body(body: impl Into<Bytes>) -> Performance {
    let mut performance = Performance::whole(200, body);
    performance.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    performance
}
