//! Errors of the upstream: before the answer, and in the middle of it.

use byokey_types::Format;

use super::{
    super::{Cell, cell::Verdict, dialect::Ask, endpoint::Exchange},
    Check, check, question,
};

pub(super) const CHECKS: &[Check] = &[
    check("error in the stream", &["S12"], |cell| {
        Box::pin(in_stream(cell, "error-mid"))
    }),
    check("stream that breaks off", &["S12", "K08"], |cell| {
        Box::pin(in_stream(cell, "cut"))
    }),
    check("400", &["product 3.3"], |cell| Box::pin(status(cell, 400))),
    check("401", &["product 3.3"], |cell| Box::pin(status(cell, 401))),
    check("403", &["product 3.3"], |cell| Box::pin(status(cell, 403))),
    check("404", &["product 3.3"], |cell| Box::pin(status(cell, 404))),
    check("500", &["product 3.3"], |cell| Box::pin(status(cell, 500))),
    check("503", &["product 3.3"], |cell| Box::pin(status(cell, 503))),
    check("529", &["product 3.3"], |cell| Box::pin(status(cell, 529))),
    check("429 with Retry-After", &["H13", "product 3.3"], |cell| {
        Box::pin(too_many(cell))
    }),
];

/// An error before the answer, whole and streamed, in the client's own words.
async fn refused(cell: &Cell<'_>, status: u16) -> Verdict<Exchange> {
    let model = cell.actor(&format!("fail-{status}"))?;
    let ask = question(model, "Fail.");
    let whole = cell.ask(&ask).await?;
    whole.fault(cell.client, &[status])?;
    let exchange = cell
        .ask(&Ask {
            stream: true,
            ..ask
        })
        .await?;
    let fault = exchange.fault(cell.client, &[status])?;
    if let Some(kind) = kind(cell.client, status) {
        exchange.expect(fault.kind == kind, || {
            format!("the error `{kind}`, not `{}`", fault.kind)
        })?;
    }
    Ok(exchange)
}

/// What a format calls a status, where its SDKs decide by that name.
fn kind(client: Format, status: u16) -> Option<&'static str> {
    match (client, status) {
        (Format::AnthropicMessages, 400) => Some("invalid_request_error"),
        (Format::AnthropicMessages, 401) => Some("authentication_error"),
        (Format::AnthropicMessages, 403) => Some("permission_error"),
        (Format::AnthropicMessages, 404) => Some("not_found_error"),
        (Format::AnthropicMessages, 429) => Some("rate_limit_error"),
        (Format::AnthropicMessages, 529) => Some("overloaded_error"),
        (Format::AnthropicMessages, 500) => Some("api_error"),
        (Format::Gemini, 401) => Some("UNAUTHENTICATED"),
        (Format::Gemini, 403) => Some("PERMISSION_DENIED"),
        (Format::Gemini, 404) => Some("NOT_FOUND"),
        (Format::Gemini, 429) => Some("RESOURCE_EXHAUSTED"),
        (Format::Gemini, 500) => Some("INTERNAL"),
        (Format::Gemini, 503) => Some("UNAVAILABLE"),
        _ => None,
    }
}

async fn status(cell: &Cell<'_>, status: u16) -> Verdict {
    refused(cell, status).await.map(drop)
}

async fn too_many(cell: &Cell<'_>) -> Verdict {
    let exchange = refused(cell, 429).await?;
    // Google tells it in the body alone
    let told = exchange.header("retry-after") == "7" || exchange.came.contains("\"7s\"");
    exchange.expect(told, || {
        "`Retry-After: 7`, as the upstream has it".to_owned()
    })
}

/// A stream that goes wrong ends in the client's own words, and nothing follows.
async fn in_stream(cell: &Cell<'_>, part: &str) -> Verdict {
    let ask = Ask {
        stream: true,
        ..question(cell.actor(part)?, "Begin.")
    };
    let exchange = cell.ask(&ask).await?;
    let heard = exchange.heard(cell.client, true)?;
    exchange.expect(
        heard
            .fault
            .as_ref()
            .is_some_and(|fault| !fault.message.is_empty()),
        || "an error in the stream, and no good end".to_owned(),
    )
}
