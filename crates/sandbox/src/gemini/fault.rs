//! Refusals, headers and keys of the Gemini API.

use http::{HeaderMap, HeaderValue};
use serde::Serialize;
use serde_json::{Value, json};

use super::proto::BAD_REQUEST;
use crate::{fault::Fault, reel};

/// The code of a refusal that names the key as its reason.
const API_KEY_INVALID: &str = "API_KEY_INVALID";
const SERVICE: &str = "generativelanguage.googleapis.com";

/// The key is in a header, in the address, or a bearer token.
pub(super) fn authorise(
    headers: &HeaderMap,
    in_address: Option<&str>,
    key: &str,
) -> Result<(), Fault> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(given) = text("x-goog-api-key").or(in_address) {
        return if given == key {
            Ok(())
        } else {
            Err(wrong_key())
        };
    }
    match text("authorization").and_then(|given| given.split_once(' ')) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && token == key => Ok(()),
        Some(_) => Err(Fault::new(
            401,
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid \
             authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        )),
        None => Err(Fault::new(
            403,
            "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or \
             other form of API consumer identity to call this API.",
        )),
    }
}

pub(super) fn not_json(error: &serde_json::Error) -> Fault {
    let reason = if error.is_eof() {
        "Unexpected end of string. Expected a value."
    } else {
        "Unexpected token."
    };
    let message = format!("Invalid JSON payload received. {reason}");
    Fault::bad(message).code(BAD_REQUEST)
}

pub(super) fn no_model(name: &str) -> Fault {
    Fault::new(
        404,
        format!(
            "models/{name} is not found for API version v1beta, or is not supported for generateContent. Call ListModels \
             to see the list of available models and their supported methods."
        ),
    )
}

/// The API's words for a status (<https://ai.google.dev/gemini-api/docs/troubleshooting>).
pub(super) fn failure(status: u16, model: &str) -> Fault {
    match status {
        400 => Fault::bad("User location is not supported for the API use.")
            .kind("FAILED_PRECONDITION"),
        401 => Fault::new(
            401,
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid \
             authentication credential.",
        ),
        403 => Fault::new(403, "The caller does not have permission"),
        404 => no_model(model),
        429 => Fault::new(
            429,
            format!(
                "You exceeded your current quota, please check your plan and billing details. For more information on \
                 this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your current usage, \
                 head to: https://ai.dev/rate-limit. \n* Quota exceeded for metric: \
                 {SERVICE}/generate_content_free_tier_requests, limit: 3, model: {model}\nPlease retry in 7s."
            ),
        )
        .param(model),
        503 | 529 => Fault::new(status, "The model is overloaded. Please try again later."),
        504 => Fault::new(
            504,
            "The request timed out. Please try again.",
        ),
        500.. => Fault::new(
            status,
            "An internal error has occurred. Please retry or report in \
             https://developers.generativeai.google/guide/troubleshooting",
        ),
        _ => Fault::new(status, format!("The sandbox refuses with status {status}.")),
    }
}

/// Headers of every answer; Google sends no `retry-after` and no id of the request.
pub(super) fn headers() -> HeaderMap {
    let fixed = [
        ("server", "scaffolding on HTTPServer2"),
        ("server-timing", "gfet4t7; dur=1"),
        ("vary", "Origin, X-Origin, Referer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "SAMEORIGIN"),
        ("x-xss-protection", "0"),
    ];
    let mut headers = HeaderMap::with_capacity(fixed.len());
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}

#[derive(Serialize)]
pub(super) struct Envelope<'a> {
    error: Error<'a>,
}

#[derive(Serialize)]
struct Error<'a> {
    code: u16,
    message: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<Value>,
}

/// A refusal as the data of a stream.
pub(super) fn envelope(fault: &Fault) -> Envelope<'_> {
    Envelope {
        error: Error {
            code: fault.status,
            message: &fault.message,
            status: fault.kind.unwrap_or_else(|| status_word(fault.status)),
            details: details(fault),
        },
    }
}

/// The body of a refusal; where a JSON array was asked for, an array of one.
pub(super) fn body(fault: &Fault, array: bool) -> Vec<u8> {
    if array {
        reel::json(&[envelope(fault)])
    } else {
        reel::json(&envelope(fault))
    }
}

/// <https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto>
fn status_word(status: u16) -> &'static str {
    match status {
        400 | 413 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 | 405 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        500 => "INTERNAL",
        501 => "UNIMPLEMENTED",
        503 | 529 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "UNKNOWN",
    }
}

/// `google.rpc` details, each for the one kind of refusal that carries them.
fn details(fault: &Fault) -> Vec<Value> {
    if fault.code == Some(BAD_REQUEST) {
        return vec![json!({
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": fault.message.lines().map(violation).collect::<Vec<_>>(),
        })];
    }
    if fault.code == Some(API_KEY_INVALID) {
        return vec![
            json!({
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": API_KEY_INVALID,
                "domain": "googleapis.com",
                "metadata": {"service": SERVICE},
            }),
            json!({
                "@type": "type.googleapis.com/google.rpc.LocalizedMessage",
                "locale": "en-US",
                "message": fault.message,
            }),
        ];
    }
    match (fault.status, &fault.param) {
        (429, Some(model)) => vec![
            json!({
                "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                "violations": [{
                    "quotaMetric": format!("{SERVICE}/generate_content_free_tier_requests"),
                    "quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
                    "quotaDimensions": {"location": "global", "model": model},
                    "quotaValue": "3",
                }],
            }),
            json!({
                "@type": "type.googleapis.com/google.rpc.Help",
                "links": [{
                    "description": "Learn more about Gemini API quotas",
                    "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
                }],
            }),
            json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}),
        ],
        _no_details => Vec::new(),
    }
}

/// One line of the reader's message, with the place that it tells.
fn violation(line: &str) -> Value {
    let place = line
        .split_once(" at '")
        .and_then(|(_, rest)| rest.split_once('\''))
        .map(|(place, _)| place);
    match place {
        Some(field) => json!({"field": field, "description": line}),
        None => json!({"description": line}),
    }
}

fn wrong_key() -> Fault {
    Fault::bad("API key not valid. Please pass a valid API key.").code(API_KEY_INVALID)
}
