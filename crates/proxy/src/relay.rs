//! Phase 4: bring the answer to the caller, whole or as a stream, as it is or translated.

mod guest;
mod hush;
mod keep;
mod pipe;
mod split;
mod stream;
mod whole;

use std::{sync::Arc, time::Duration};

use axum::{body::Body, response::Response};
use byokey_provider::Answer;
use byokey_types::{ProviderId, Result, Token, ports::Outcome};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::{App, meter::Meter, pipeline::prepare::Answering, state::Draft};

/// What relaying needs to know.
pub struct Plan<'a> {
    /// The application.
    pub app: &'a Arc<App>,
    /// Silence after which a stream gets a sign of life; none when it is zero.
    pub keepalive: Duration,
    /// Whether the caller asked for a stream.
    pub stream: bool,
    /// How the answer is read.
    pub answer: Answering,
    /// Who answers, for messages.
    pub provider: &'a ProviderId,
    /// What was shown to him, so that it is never repeated to the caller.
    pub token: Option<Arc<Token>>,
}

/// An answer that can be committed to the caller.
pub enum Relayed {
    /// All of it.
    Whole {
        /// The body.
        body: Bytes,
        /// Its content type.
        content_type: HeaderValue,
    },
    /// Its beginning, the rest to come.
    Stream(Box<stream::Open>),
}

/// Reads an answer until it can be committed: to its end, or to the first content of a stream.
///
/// # Errors
/// What the upstream did wrong before that.
pub async fn open(plan: Plan<'_>, answer: Answer, meter: &mut Meter) -> Result<Relayed> {
    let streamed = is_event_stream(&answer.headers);
    if plan.stream && streamed {
        return stream::open(plan, answer, meter)
            .await
            .map(|open| Relayed::Stream(Box::new(open)));
    }
    whole::open(plan, answer, streamed, meter).await
}

/// Commits an answer. The meter and the draft go with a stream; for a whole answer they end here.
pub fn respond(
    relayed: Relayed,
    own: HeaderMap,
    mut meter: Meter,
    draft: Option<Draft>,
) -> Response {
    let (body, content_type) = match relayed {
        Relayed::Whole { body, content_type } => {
            meter.first_byte();
            meter.settle(Outcome::Completed);
            match draft {
                Some(draft) if is_events(&content_type) => keep::Tap::new(draft).push(&body),
                Some(draft) => draft.whole(&body),
                None => {}
            }
            (Body::from(body), content_type)
        }
        Relayed::Stream(open) => {
            meter.first_byte();
            let content_type = open.content_type.clone();
            let body = open.into_body(meter);
            let body = match draft {
                Some(draft) => Body::new(keep::Kept::new(body, draft)),
                None => Body::new(body),
            };
            (body, content_type)
        }
    };
    let streamed = is_events(&content_type);
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::OK;
    *response.headers_mut() = own;
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, content_type);
    if streamed {
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        // a reverse proxy in front must not gather events
        fields.insert("x-accel-buffering", HeaderValue::from_static("no"));
    }
    response
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(is_events)
}

fn is_events(content_type: &HeaderValue) -> bool {
    let events = b"text/event-stream";
    let text = content_type.as_bytes();
    text.get(..events.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(events))
}
