//! Refusals, headers and keys of the OpenAI API.

use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;

use crate::{fault::Fault, reel};

pub(crate) fn authorise(headers: &HeaderMap, key: &str) -> Result<(), Fault> {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let Some(given) = given else {
        let message = "You didn't provide an API key. You need to provide your API key in an Authorization header using \
                       Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) \
                       if you're accessing the API from your browser and are prompted for a username and password. You \
                       can obtain an API key from https://platform.openai.com/account/api-keys.";
        return Err(Fault::new(401, message));
    };
    match given.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && token == key => Ok(()),
        Some(_) | None => Err(wrong_key()),
    }
}

pub(crate) fn admit(headers: &HeaderMap) -> Result<(), Fault> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Fault::bad(format!(
        "Unsupported content type: '{given}'. This API method only accepts 'application/json' requests, but you \
         specified the header 'Content-Type: {given}'. Please try again with a supported content type."
    ))
    .code("unsupported_content_type"))
}

pub(crate) fn not_json() -> Fault {
    Fault::bad(
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library \
         correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble \
         figuring out how to fix this, please contact us through our help center at help.openai.com.)",
    )
}

pub(crate) fn no_model(name: &str) -> Fault {
    Fault::new(
        404,
        format!("The model `{name}` does not exist or you do not have access to it."),
    )
    .code("model_not_found")
}

/// The API's words for a status (<https://platform.openai.com/docs/guides/error-codes>).
pub(crate) fn failure(status: u16, model: &str) -> Fault {
    match status {
        401 => wrong_key(),
        402 => Fault::new(402, "Insufficient Balance").kind("unknown_error"),
        403 => Fault::new(403, "Country, region, or territory not supported")
            .kind("request_forbidden")
            .code("unsupported_country_region_territory"),
        404 => no_model(model),
        429 => Fault::new(
            429,
            format!(
                "Rate limit reached for {model} in organization org-sandbox on requests per min (RPM): Limit 3, Used 3, \
                 Requested 1. Please try again in 7s. Visit https://platform.openai.com/account/rate-limits to learn more."
            ),
        )
        .kind("requests")
        .code("rate_limit_exceeded"),
        503 | 529 => Fault::new(
            status,
            "That model is currently overloaded with other requests. You can retry your request, or contact us through \
             our help center at help.openai.com if the error persists.",
        )
        .kind("server_error"),
        500.. => Fault::new(
            status,
            "The server had an error while processing your request. Sorry about that!",
        )
        .kind("server_error"),
        _ => Fault::new(status, format!("The sandbox refuses with status {status}.")),
    }
}

/// Headers of every answer.
pub(crate) fn headers(request_id: &str, status: u16) -> HeaderMap {
    let limited = status == 429;
    let mut headers = HeaderMap::with_capacity(12);
    let mut fixed = |name: &'static str, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    fixed("openai-organization", "org-sandbox");
    fixed("openai-processing-ms", "1");
    fixed("openai-version", "2020-10-01");
    fixed("x-ratelimit-limit-requests", "10000");
    fixed("x-ratelimit-limit-tokens", "2000000");
    fixed(
        "x-ratelimit-remaining-requests",
        if limited { "0" } else { "9999" },
    );
    fixed("x-ratelimit-remaining-tokens", "1999000");
    fixed(
        "x-ratelimit-reset-requests",
        if limited { "7s" } else { "6ms" },
    );
    fixed("x-ratelimit-reset-tokens", "30ms");
    if limited {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("7"));
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-request-id", id);
    }
    headers
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: Error<'a>,
}

#[derive(Serialize)]
struct Error<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    param: Option<&'a str>,
    code: Option<&'a str>,
}

/// The body of a refusal, or the data of an error in a stream.
pub(crate) fn body(fault: &Fault) -> Vec<u8> {
    reel::json(&Envelope {
        error: Error {
            message: &fault.message,
            kind: fault.kind.unwrap_or("invalid_request_error"),
            param: fault.param.as_deref(),
            code: fault.code,
        },
    })
}

fn wrong_key() -> Fault {
    Fault::new(
        401,
        "Incorrect API key provided: sk-****. You can find your API key at https://platform.openai.com/account/api-keys.",
    )
    .code("invalid_api_key")
}
