//! Phase 3: ask a candidate.
//!
//! One candidate a request for now; the list it comes from is already that of the pools.

use std::{sync::Arc, time::Duration};

use axum::response::Response;
use byokey_provider::{
    Answer, Candidate, Outgoing, Resolution, Resource,
    classify::{self, ErrorAnswer},
    headers,
};
use byokey_translate::loss::Losses;
use byokey_types::{ByokError, Kind, Str, Token, ports::Outcome};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use http_body_util::BodyExt;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    Inbound,
    amends::Amends,
    prepare::{Answering, Prepared, prepare},
};
use crate::{
    App, Snapshot,
    fault::{self, Fault},
    meter::{Begin, Meter},
    relay::{self, Relayed},
    state::{self, Draft, replay},
};

/// The most of `x-byokey-losses`, in bytes.
const LOSSES_HEADER: usize = 1 << 10;

/// How long the body of an error may take: its status is the message, the rest is explanation.
const ERROR_BODY: Duration = Duration::from_secs(10);

/// Asks the first candidate and relays what it answers. What a refusal teaches is tried at once.
///
/// # Errors
/// Everything that goes wrong before the first content has reached the caller.
pub async fn attempt(
    app: &Arc<App>,
    snapshot: &Snapshot,
    inbound: Inbound,
    resolution: Resolution,
) -> Result<Response, Fault> {
    let candidate = resolution
        .candidates
        .first()
        .ok_or_else(|| ByokError::new(Kind::Internal, "a resolved model has no candidate"))?;
    let passes_on = replay::is_known_to(&inbound, candidate);
    let mut worded = word(app, snapshot, &inbound, candidate, !passes_on).await?;
    let mut amends = Amends::default();
    let mut prepared = worded.prepare(app, &inbound, candidate, amends)?;
    let mut meter = meter(app, &inbound, candidate);
    loop {
        let (format, sent) = (prepared.format, prepared.body.clone());
        let verbatim = matches!(prepared.answer, Answering::Verbatim { .. });
        let draft = Draft::new(app, &inbound, candidate, verbatim);
        let said = worded.inbound(&inbound);
        let mut fault = match once(app, snapshot, said, candidate, prepared, &mut meter).await {
            Ok((relayed, own)) => return Ok(relay::respond(relayed, own, meter, draft)),
            Err(fault) => fault,
        };
        let again = if passes_on && !worded.replays && is_forgotten(&fault) {
            // its upstream has forgotten; byokey has not
            word(app, snapshot, &inbound, candidate, true)
                .await
                .map(|replayed| worded = replayed)
        } else if amends.after(app, &fault.error, candidate, format, &sent) {
            Ok(())
        } else {
            meter.settle(Outcome::Failed(fault.error.status()));
            return Err(fault);
        };
        prepared = match again.and_then(|()| worded.prepare(app, &inbound, candidate, amends)) {
            Ok(prepared) => prepared,
            Err(error) => {
                meter.settle(Outcome::Failed(error.status()));
                fault.error = error;
                return Err(fault);
            }
        };
    }
}

/// A request with all of its conversation.
struct Worded {
    replayed: Option<replay::Replayed>,
    replays: bool,
}

impl Worded {
    fn inbound<'a>(&'a self, asked: &'a Inbound) -> &'a Inbound {
        self.replayed
            .as_ref()
            .map_or(asked, |replayed| &replayed.inbound)
    }

    fn prepare(
        &self,
        app: &App,
        asked: &Inbound,
        candidate: &Candidate,
        amends: Amends,
    ) -> byokey_types::Result<Prepared> {
        let mut prepared = prepare(app, self.inbound(asked), candidate, amends)?;
        let lost = self.replayed.as_ref().is_some_and(|it| it.lost_reasoning);
        if lost {
            prepared.losses.dropped("previous_response_id.reasoning");
        }
        Ok(prepared)
    }
}

/// A request that goes on from a response: by its id, or by saying all of the conversation.
async fn word(
    app: &App,
    snapshot: &Snapshot,
    asked: &Inbound,
    candidate: &Candidate,
    replays: bool,
) -> byokey_types::Result<Worded> {
    let replayed = if replays {
        replay::word(asked, candidate, &app.ports.responses, snapshot.body_limit).await?
    } else {
        None
    };
    Ok(Worded { replayed, replays })
}

/// Sends what was worded for a candidate, once, and relays what he answers.
///
/// # Errors
/// Everything that goes wrong before the first content has reached the caller.
pub async fn send(
    app: &Arc<App>,
    snapshot: &Snapshot,
    inbound: &Inbound,
    candidate: &Candidate,
    prepared: Prepared,
) -> Result<Response, Fault> {
    let mut meter = meter(app, inbound, candidate);
    match once(app, snapshot, inbound, candidate, prepared, &mut meter).await {
        Ok((relayed, own)) => Ok(relay::respond(relayed, own, meter, None)),
        Err(fault) => {
            meter.settle(Outcome::Failed(fault.error.status()));
            Err(fault)
        }
    }
}

async fn once(
    app: &Arc<App>,
    snapshot: &Snapshot,
    inbound: &Inbound,
    candidate: &Candidate,
    prepared: Prepared,
    meter: &mut Meter,
) -> Result<(Relayed, HeaderMap), Fault> {
    let mut own = own_headers(&inbound.id, candidate, &prepared.losses);
    app.metrics
        .lost(inbound.body_format, prepared.format, &prepared.losses);
    tracing::debug!(
        request = %inbound.id,
        provider = %candidate.provider.id,
        model = %candidate.model,
        verbatim = matches!(prepared.answer, Answering::Verbatim { .. }),
        losses = %prepared.losses.summary(LOSSES_HEADER),
        "attempt"
    );
    let asked = ask(app, snapshot, inbound, candidate, prepared, &mut own, meter).await;
    match asked {
        Ok(relayed) => Ok((relayed, own)),
        Err(mut fault) => {
            fault.headers.extend(own);
            Err(fault)
        }
    }
}

async fn ask(
    app: &Arc<App>,
    snapshot: &Snapshot,
    inbound: &Inbound,
    candidate: &Candidate,
    prepared: Prepared,
    own: &mut HeaderMap,
    meter: &mut Meter,
) -> Result<Relayed, Fault> {
    let verbatim = matches!(prepared.answer, Answering::Verbatim { .. });
    let same_format = prepared.format == inbound.body_format;
    let token = snapshot.keeper.get(&candidate.account.id)?;
    let call = match inbound.under {
        None => candidate.call_for(
            prepared.operation,
            Outgoing {
                protocol: prepared.format,
                same_format,
                stream: inbound.stream || candidate.streams_always(prepared.format),
                client: &inbound.headers,
                query: inbound.query.as_deref().filter(|_| same_format),
                token: token.as_deref(),
                body: prepared.body,
            },
        )?,
        Some(path) => candidate.provider.about(
            &candidate.account,
            Resource {
                protocol: prepared.format,
                method: Method::POST,
                path,
                client: &inbound.headers,
                token: token.as_deref(),
                body: prepared.body,
            },
        )?,
    };
    let answer = tokio::select! {
        answer = snapshot.registry.client().send(call) => answer?,
        () = app.cut.cancelled() => return Err(fault::shutting_down().into()),
    };
    own.extend(headers::pass_on(&answer.headers, false));
    if !answer.status.is_success() {
        return Err(refused(app, answer, candidate, token.as_deref(), verbatim).await);
    }
    let plan = relay::Plan {
        app,
        keepalive: snapshot.keepalive,
        stream: inbound.stream,
        answer: prepared.answer,
        provider: &candidate.provider.id,
        token,
    };
    let relayed = tokio::select! {
        relayed = relay::open(plan, answer, meter) => relayed,
        () = app.cut.cancelled() => return Err(fault::shutting_down().into()),
    };
    relayed.map_err(|error| Fault {
        headers: HeaderMap::new(),
        verbatim: verbatim && error.upstream.is_some(),
        error,
    })
}

/// Whether an upstream does not know the response that was gone on from.
fn is_forgotten(fault: &Fault) -> bool {
    let answered = fault.error.upstream.as_ref();
    answered.is_some_and(|answered| answered.code.as_deref() == Some(state::PREVIOUS_NOT_FOUND))
}

/// Reads an error answer and says what it means.
pub(crate) async fn refused(
    app: &App,
    answer: Answer,
    candidate: &Candidate,
    token: Option<&Token>,
    verbatim: bool,
) -> Fault {
    let Answer {
        status,
        headers,
        body,
    } = answer;
    let body = head_of(body, &app.cut).await;
    let body = match token {
        Some(token) => classify::scrub(body, &token.access),
        None => body,
    };
    let error = ErrorAnswer {
        provider: candidate.provider.id.as_str(),
        status,
        headers: &headers,
        body,
    }
    .classify(app.ports.clock.now());
    Fault {
        error,
        headers: HeaderMap::new(),
        verbatim,
    }
}

/// The first bytes of a body; one that breaks off or dawdles ends there, and so does one that `cut` interrupts.
pub(crate) async fn head_of(body: byokey_provider::Body, cut: &CancellationToken) -> Bytes {
    let mut body = std::pin::pin!(body);
    let mut read = BytesMut::new();
    let deadline = Instant::now() + ERROR_BODY;
    loop {
        let frame = tokio::select! {
            frame = tokio::time::timeout_at(deadline, body.frame()) => frame,
            () = cut.cancelled() => break,
        };
        let Ok(Some(Ok(frame))) = frame else { break };
        let Some(data) = frame.data_ref() else {
            continue;
        };
        let room = classify::BODY_LIMIT - read.len();
        read.extend_from_slice(&data[..data.len().min(room)]);
        if read.len() == classify::BODY_LIMIT {
            break;
        }
    }
    read.freeze()
}

fn meter(app: &App, inbound: &Inbound, candidate: &Candidate) -> Meter {
    let begin = Begin {
        at: inbound.at,
        started: inbound.started,
        request: inbound.id.clone(),
        account: candidate.account.id.clone(),
        asked: inbound.model.asked().clone(),
        model: candidate.model.clone(),
        format: inbound.format,
        stream: inbound.stream,
    };
    Meter::new(
        Arc::clone(&app.ports.usage),
        Arc::clone(&app.metrics),
        begin,
    )
}

/// What byokey itself says in every answer.
pub(crate) fn own_headers(id: &Str, candidate: &Candidate, losses: &Losses) -> HeaderMap {
    let mut own = HeaderMap::with_capacity(8);
    let mut say = |name: &'static str, value: &str| {
        // a model name may hold characters that a header must not
        if let Ok(value) = HeaderValue::from_str(value) {
            own.insert(HeaderName::from_static(name), value);
        }
    };
    say(fault::REQUEST_ID, id);
    say("x-byokey-provider", candidate.provider.id.as_str());
    say("x-byokey-model", &candidate.model);
    if !losses.is_empty() {
        say("x-byokey-losses", &losses.summary(LOSSES_HEADER));
    }
    own
}
