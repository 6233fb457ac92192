//! `POST /v1/messages/count_tokens`: how many tokens a request has. Asked of the upstream where it can tell, else counted here.
//!
//! What is counted is what the client sent, never what byokey would add. No usage is recorded: a count costs nothing.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use byokey_provider::{Candidate, Operation, Outgoing, Resolution};
use byokey_translate::{Plan, codec::codec, gemini, ir, loss::Losses, plan};
use byokey_types::{ByokError, Format, JsonError, Kind, Raw, RawObject, Result, Str, peek};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::json;

use crate::{
    App, Snapshot, fault,
    fault::Fault,
    pipeline::{
        Inbound,
        attempt::{head_of, own_headers, refused},
        inbound::{self, Address},
    },
    routes, tokens,
};

/// `POST /v1/messages/count_tokens`.
pub async fn messages(State(app): State<Arc<App>>, request: Request) -> Response {
    let format = Format::AnthropicMessages;
    if request.method() != Method::POST {
        return routes::refuse_method(&app, format, "POST", request).await;
    }
    let id = app.ids.next();
    serve(&app, format.into(), id.clone(), request)
        .await
        .unwrap_or_else(|fault| fault::respond(fault, format, &id))
}

/// `POST …/models/{model}:countTokens`.
pub async fn gemini(app: &Arc<App>, address: Address, request: Request) -> Response {
    let (id, format) = (app.ids.next(), address.format);
    serve(app, address, id.clone(), request)
        .await
        .unwrap_or_else(|fault| fault::respond(fault, format, &id))
}

/// The tokens of a request, counted here.
pub fn local(request: &ir::Request) -> u64 {
    tokens::count(request)
}

/// Answers a count, in the words of the format it was asked in: Messages, or Gemini's `:countTokens`.
///
/// The first candidate is asked when it speaks this format. When it does not, or does not know the route, or answers
/// something else than a count, the count is made here.
///
/// # Errors
/// [`Kind::InvalidRequest`] naming the field when the body cannot be read, and what the upstream refused.
pub async fn answer(
    app: &Arc<App>,
    snapshot: &Snapshot,
    inbound: &Inbound,
    resolution: &Resolution,
) -> Result<Response, Fault> {
    let candidate = resolution
        .candidates
        .first()
        .ok_or_else(|| ByokError::new(Kind::Internal, "a resolved model has no candidate"))?;
    let own = own_headers(&inbound.id, candidate, &Losses::default());
    let (body, more) = match ask(app, snapshot, inbound, candidate).await {
        Ok(Some(counted)) => counted,
        Ok(None) => (count_here(app, inbound).await?, HeaderMap::new()),
        Err(mut fault) => {
            fault.headers.extend(own);
            return Err(fault);
        }
    };
    let json = (
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    let mut response = ([json], body).into_response();
    response.headers_mut().extend(more);
    response.headers_mut().extend(own);
    Ok(response)
}

async fn serve(
    app: &Arc<App>,
    address: Address,
    id: Str,
    request: Request<Body>,
) -> Result<Response, Fault> {
    let snapshot = app.snapshot();
    let inbound = tokio::select! {
        inbound = inbound::read(app, &snapshot, address, id, request) => inbound?,
        () = app.cut.cancelled() => return Err(fault::shutting_down().into()),
    };
    let resolution = snapshot.registry.resolve(&inbound.model)?;
    answer(app, &snapshot, &inbound, &resolution).await
}

/// Asks the upstream; nothing when it cannot tell.
async fn ask(
    app: &Arc<App>,
    snapshot: &Snapshot,
    inbound: &Inbound,
    candidate: &Candidate,
) -> Result<Option<(Bytes, HeaderMap)>, Fault> {
    if !can_tell(inbound, candidate) {
        return Ok(None);
    }
    let token = snapshot.keeper.get(&candidate.account.id)?;
    let outgoing = Outgoing {
        protocol: inbound.format,
        same_format: true,
        stream: false,
        client: &inbound.headers,
        query: inbound.query.as_deref(),
        token: token.as_deref(),
        body: body_for(inbound, &candidate.model)?,
    };
    let call = candidate.call_for(Operation::CountTokens, outgoing)?;
    let answer = tokio::select! {
        answer = snapshot.registry.client().send(call) => answer?,
        () = app.cut.cancelled() => return Err(fault::shutting_down().into()),
    };
    let passed_on = byokey_provider::headers::pass_on(&answer.headers, false);
    if !answer.status.is_success() {
        if has_no_route(answer.status) {
            tracing::debug!(request = %inbound.id, provider = %candidate.provider.id, status = answer.status.as_u16(), "has no count of its own");
            return Ok(None);
        }
        let mut fault = refused(app, answer, candidate, token.as_deref(), true).await;
        fault.headers.extend(passed_on);
        return Err(fault);
    }
    let body = head_of(answer.body, &app.cut).await;
    if app.cut.is_cancelled() {
        return Err(fault::shutting_down().into());
    }
    Ok(is_count(inbound.format, &body).then_some((body, passed_on)))
}

/// Whether the candidate speaks a format that has such a question, and may see this body as it is.
fn can_tell(inbound: &Inbound, candidate: &Candidate) -> bool {
    let formats: Vec<Format> = candidate
        .endpoints()
        .iter()
        .map(byokey_provider::Endpoint::protocol)
        .collect();
    let asks = match inbound.format {
        Format::AnthropicMessages | Format::Gemini => true,
        Format::OpenAiChat | Format::OpenAiResponses => false,
    };
    let planned = plan(inbound.format, &formats);
    asks && matches!(planned, Some(Plan::Verbatim { .. }))
}

/// The body as it came, but for the model's name.
fn body_for(inbound: &Inbound, model: &str) -> Result<Vec<Bytes>> {
    if inbound.format != Format::Gemini {
        let splice = inbound::model_splice(&inbound.peek, model);
        return Ok(peek::splice(&inbound.body, splice.into_iter().collect()));
    }
    // Gemini wants the path's model again where a whole request is given
    let mut body = RawObject::parse(inbound.body.clone())?;
    let Some(mut whole) = whole_request(&body)? else {
        return Ok(vec![inbound.body.clone()]);
    };
    let model = model.strip_prefix("models/").unwrap_or(model);
    whole.set("model", Raw::string(&format!("models/{model}")));
    body.set("generateContentRequest", whole.to_raw());
    Ok(vec![body.to_bytes()])
}

/// What `:countTokens` may hold instead of `contents`: a request with all its settings.
fn whole_request(body: &RawObject) -> Result<Option<RawObject>, JsonError> {
    body.get("generateContentRequest")
        .filter(|raw| !raw.is_null())
        .map(|raw| {
            raw.object()
                .map_err(|error| error.under("generateContentRequest"))
        })
        .transpose()
}

/// The statuses of an upstream that does not know the route. An unknown model is a 404 too, and can be counted as well.
fn has_no_route(status: StatusCode) -> bool {
    [
        StatusCode::NOT_FOUND,
        StatusCode::METHOD_NOT_ALLOWED,
        StatusCode::NOT_IMPLEMENTED,
    ]
    .contains(&status)
}

fn is_count(format: Format, body: &Bytes) -> bool {
    RawObject::parse(body.clone()).is_ok_and(|answer| {
        answer
            .get(member(format))
            .is_some_and(|count| count.whole().is_ok())
    })
}

/// Counts without asking anybody.
async fn count_here(app: &App, inbound: &Inbound) -> Result<Bytes> {
    let (format, body) = (inbound.format, inbound.body.clone());
    let counting = app.counter.run(move |stop| {
        let request = decode(format, &body)?;
        Ok::<_, JsonError>(tokens::count_until(&request, stop))
    });
    let tokens = tokio::select! {
        tokens = counting => tokens??,
        () = app.cut.cancelled() => return Err(fault::shutting_down()),
    };
    Ok(json!({member(format): tokens}).to_string().into())
}

fn decode(format: Format, body: &Bytes) -> Result<ir::Request, JsonError> {
    let decoded = match format {
        Format::Gemini => gemini::count_request(body)?,
        Format::AnthropicMessages | Format::OpenAiChat | Format::OpenAiResponses => {
            codec(format).decode_request(body)?
        }
    };
    Ok(decoded.value)
}

/// Where a count stands in its answer.
const fn member(format: Format) -> &'static str {
    match format {
        Format::Gemini => "totalTokens",
        Format::AnthropicMessages | Format::OpenAiChat | Format::OpenAiResponses => "input_tokens",
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::time::Instant;

    use byokey_types::{ModelName, Peek, Timestamp};
    use pretty_assertions::assert_eq;

    use super::*;

    fn gemini(body: &'static str) -> Inbound {
        let body = Bytes::from_static(body.as_bytes());
        Inbound {
            id: "req".into(),
            format: Format::Gemini,
            body_format: Format::Gemini,
            json_array: false,
            thread: crate::state::Thread::default(),
            under: None,
            at: Timestamp(0),
            started: Instant::now(),
            headers: HeaderMap::new(),
            query: None,
            peek: Peek::scan(&body).unwrap(),
            body,
            model: ModelName::parse("m").unwrap(),
            stream: false,
            strict: false,
        }
    }

    const CONTENTS: &str = r#"{"contents":[{"role":"user","parts":[{"text":"hello world"}]}]}"#;
    const WHOLE: &str = r#"{"generateContentRequest":{"model":"models/up/m","contents":[{"role":"user","parts":[{"text":"hello world"}]}]}}"#;

    #[test]
    fn both_questions_of_gemini_are_read() {
        for body in [CONTENTS, WHOLE] {
            let request = decode(Format::Gemini, &gemini(body).body).unwrap();
            assert_eq!(local(&request), 9, "{body}");
        }
        let wrong = Bytes::from_static(br#"{"generateContentRequest":5}"#);
        assert_eq!(
            decode(Format::Gemini, &wrong).unwrap_err().to_string(),
            "`generateContentRequest` must be an object, not a number"
        );
    }

    #[test]
    fn the_upstream_reads_its_own_name_of_the_model() {
        let rows = [
            (CONTENTS, CONTENTS.to_owned()),
            (WHOLE, WHOLE.replace("models/up/m", "models/m-1")),
        ];
        for (body, expected) in rows {
            for model in ["m-1", "models/m-1"] {
                let pieces = body_for(&gemini(body), model).unwrap();
                assert_eq!(pieces.concat(), expected.as_bytes());
            }
        }
    }

    #[test]
    fn a_count_is_told_from_anything_else() {
        let rows = [
            (Format::AnthropicMessages, r#"{"input_tokens":5}"#, true),
            (Format::AnthropicMessages, r#"{"totalTokens":5}"#, false),
            (Format::AnthropicMessages, r#"{"input_tokens":"5"}"#, false),
            (Format::Gemini, r#"{"totalTokens":5,"x":1}"#, true),
            (Format::Gemini, "<html>", false),
        ];
        for (format, body, expected) in rows {
            assert_eq!(is_count(format, &Bytes::from(body)), expected, "{body}");
        }
    }
}
