//! Refusals, headers and keys of the Anthropic API.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use serde::Serialize;

use crate::{fault::Fault, reel, timestamp};

/// Versions are dates; the first one (<https://docs.claude.com/en/api/versioning>).
const FIRST_VERSION: &str = "2023-01-01";

pub(super) fn authorise(headers: &HeaderMap, key: &str) -> Result<(), Fault> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(given) = text("x-api-key") {
        return if given == key {
            Ok(())
        } else {
            Err(unauthenticated("invalid x-api-key"))
        };
    }
    match text("authorization").and_then(|given| given.split_once(' ')) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && token == key => Ok(()),
        Some(_) => Err(unauthenticated("Invalid bearer token")),
        None => Err(unauthenticated("x-api-key header is required")),
    }
}

pub(super) fn admit(headers: &HeaderMap) -> Result<(), Fault> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match text("anthropic-version") {
        None => return Err(Fault::bad("anthropic-version: header is required")),
        Some(version) if is_date(version) && version >= FIRST_VERSION => {}
        Some(other) => {
            let message = format!("anthropic-version: \"{other}\" is not a valid version");
            return Err(Fault::bad(message));
        }
    }
    let given = text("content-type").unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Fault::bad("content-type: must be `application/json`"))
}

pub(super) fn not_json(error: &serde_json::Error) -> Fault {
    Fault::bad(format!("The request body is not valid JSON: {error}"))
}

pub(super) fn no_model(name: &str) -> Fault {
    Fault::new(404, format!("model: {name}"))
}

/// The API's words for a status (<https://docs.claude.com/en/api/errors>).
pub(super) fn failure(status: u16, model: &str) -> Fault {
    match status {
        401 => unauthenticated("invalid x-api-key"),
        402 => Fault::new(
            402,
            "There is an issue with your billing or payment information.",
        ),
        403 => Fault::new(
            403,
            "Your API key does not have permission to use the specified resource.",
        ),
        404 => no_model(model),
        413 => Fault::new(413, "Request exceeds the maximum size"),
        429 => Fault::new(
            429,
            "This request would exceed your organization’s rate limit of 50 requests per minute. For details, refer to: \
             https://docs.claude.com/en/api/rate-limits.",
        ),
        529 => Fault::new(529, "Overloaded"),
        500.. => Fault::new(status, "Internal server error"),
        _ => Fault::new(status, format!("The sandbox refuses with status {status}.")),
    }
}

/// Headers of every answer.
pub(super) fn headers(request_id: &str, status: u16) -> HeaderMap {
    let limited = status == 429;
    let mut headers = HeaderMap::with_capacity(16);
    let mut fixed = |name: &'static str, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    fixed(
        "anthropic-organization-id",
        "00000000-0000-4000-8000-000000000000",
    );
    fixed("anthropic-ratelimit-requests-limit", "50");
    fixed(
        "anthropic-ratelimit-requests-remaining",
        if limited { "0" } else { "49" },
    );
    fixed("anthropic-ratelimit-tokens-limit", "90000");
    fixed("anthropic-ratelimit-tokens-remaining", "89000");
    fixed("anthropic-ratelimit-input-tokens-limit", "50000");
    fixed("anthropic-ratelimit-input-tokens-remaining", "49000");
    fixed("anthropic-ratelimit-output-tokens-limit", "40000");
    fixed("anthropic-ratelimit-output-tokens-remaining", "39000");
    if limited {
        fixed("retry-after", "7");
    }
    let reset = Duration::from_secs(if limited { 7 } else { 1 });
    if let Ok(reset) = HeaderValue::try_from(timestamp::rfc3339_in(reset)) {
        headers.insert("anthropic-ratelimit-requests-reset", reset.clone());
        headers.insert("anthropic-ratelimit-tokens-reset", reset.clone());
        headers.insert("anthropic-ratelimit-input-tokens-reset", reset.clone());
        headers.insert("anthropic-ratelimit-output-tokens-reset", reset);
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("request-id", id);
    }
    headers
}

#[derive(Serialize)]
pub(super) struct Envelope<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    error: Error<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Error<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    message: &'a str,
}

/// The body of a refusal.
pub(super) fn body(fault: &Fault, request_id: &str) -> Vec<u8> {
    reel::json(&Envelope {
        request_id: Some(request_id),
        ..envelope(fault)
    })
}

/// A refusal as the data of an `error` event.
pub(super) fn envelope(fault: &Fault) -> Envelope<'_> {
    Envelope {
        kind: "error",
        error: Error {
            kind: fault.kind.unwrap_or_else(|| kind(fault.status)),
            message: &fault.message,
        },
        request_id: None,
    }
}

fn is_date(version: &str) -> bool {
    let shape = |(at, byte): (usize, u8)| {
        if at == 4 || at == 7 {
            byte == b'-'
        } else {
            byte.is_ascii_digit()
        }
    };
    version.len() == 10 && version.bytes().enumerate().all(shape)
}

fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

fn unauthenticated(message: &str) -> Fault {
    Fault::new(401, message)
}
