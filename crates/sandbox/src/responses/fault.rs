//! Refusals of the Responses API, and of the ChatGPT backend, which spells some of them in its own way.

use std::time::{SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderValue};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{chat::fault, fault::Fault, model::Dialect, reel};

/// The class of a refusal that is spelled `{"detail": …}`.
const DETAIL: &str = "detail";
/// The class of a refusal that tells when a plan's limit is reset.
const USAGE_LIMIT: &str = "usage_limit_reached";
const RESET_SECONDS: u64 = 7;

/// A refusal of the ChatGPT backend's outer layer.
pub(super) fn detail(message: impl Into<String>) -> Fault {
    Fault::bad(message).kind(DETAIL)
}

pub(super) fn no_model(name: &str, dialect: Dialect) -> Fault {
    match dialect {
        Dialect::Codex => detail(format!(
            "The '{name}' model is not supported when using Codex with a ChatGPT account."
        )),
        Dialect::Strict | Dialect::DeepSeek => {
            Fault::bad(format!("The requested model '{name}' does not exist."))
                .param("model")
                .code("model_not_found")
        }
    }
}

/// The API's words for a status.
pub(super) fn failure(status: u16, name: &str, dialect: Dialect) -> Fault {
    match (dialect, status) {
        (Dialect::Codex, 429) => {
            Fault::new(429, "The usage limit has been reached").kind(USAGE_LIMIT)
        }
        (Dialect::Codex, 401) => Fault::new(401, "Unauthorized").kind(DETAIL),
        (Dialect::Codex, 503 | 529) => Fault::new(
            status,
            "Our servers are currently overloaded. Please try again later.",
        )
        .kind("service_unavailable_error")
        .code("server_is_overloaded"),
        (_, 404) => Fault::new(
            404,
            format!("The model `{name}` does not exist or you do not have access to it."),
        )
        .code("model_not_found"),
        (_, status) => fault::failure(status, name),
    }
}

/// The body of a refusal.
pub(super) fn body(fault: &Fault) -> Vec<u8> {
    match fault.kind {
        Some(DETAIL) => reel::json(&json!({"detail": fault.message})),
        Some(USAGE_LIMIT) => reel::json(&json!({"error": usage_limit(fault)})),
        Some(_) | None => fault::body(fault),
    }
}

/// A refusal as a frame of a WebSocket.
pub(super) fn frame(fault: &Fault) -> Vec<u8> {
    #[derive(Serialize)]
    struct Frame {
        #[serde(rename = "type")]
        kind: &'static str,
        status: u16,
        error: Value,
    }
    let error = match fault.kind {
        Some(USAGE_LIMIT) => usage_limit(fault),
        kind => json!({
            "type": kind.filter(|kind| *kind != DETAIL).unwrap_or("invalid_request_error"),
            "code": fault.code, "message": fault.message, "param": fault.param,
        }),
    };
    reel::json(&Frame {
        kind: "error",
        status: fault.status,
        error,
    })
}

/// Headers of every answer.
pub(super) fn headers(request_id: &str, status: u16, backend: bool) -> HeaderMap {
    let mut headers = fault::headers(request_id, status);
    if backend {
        let used = if status == 429 { "100" } else { "1" };
        let fixed = [
            ("x-codex-active-limit", "codex"),
            ("x-codex-primary-used-percent", used),
            ("x-codex-primary-window-minutes", "300"),
            ("x-codex-secondary-used-percent", "1"),
            ("x-codex-secondary-window-minutes", "10080"),
            ("x-codex-credits-has-credits", "False"),
            ("x-codex-credits-unlimited", "False"),
        ];
        for (name, value) in fixed {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert("x-codex-primary-reset-at", HeaderValue::from(resets_at()));
    }
    headers
}

pub(super) fn response_not_found(id: &str) -> Fault {
    Fault::new(404, format!("Response with id '{id}' not found."))
}

pub(super) fn previous_not_found(id: &str) -> Fault {
    Fault::bad(format!("Previous response with id '{id}' not found."))
        .param("previous_response_id")
        .code("previous_response_not_found")
}

pub(super) fn item_not_found(id: &str, store: bool) -> Fault {
    let why = if store {
        ""
    } else {
        " Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item \
         from your input."
    };
    Fault::new(404, format!("Item with id '{id}' not found.{why}")).param("input")
}

fn usage_limit(fault: &Fault) -> Value {
    json!({
        "type": USAGE_LIMIT, "message": fault.message, "plan_type": "plus",
        "resets_at": resets_at(), "resets_in_seconds": RESET_SECONDS,
    })
}

fn resets_at() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs() + RESET_SECONDS
}
