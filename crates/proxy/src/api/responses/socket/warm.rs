//! A request that wants no answer (`generate: false`): it is remembered, so that the next one can go on from it. Nothing is
//! sent to anybody.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use byokey_translate::{Reply, codec::codec, ir, reply::OwnWords, sse, unfold::unfold};
use byokey_types::{ByokError, Format, Raw, RawObject, Usage};
use bytes::BytesMut;

use crate::{
    App, Snapshot,
    fault::Fault,
    pipeline::{Inbound, prepare},
    state::{self, Draft, Thread},
};

/// Remembers a request and says that it is completed, as a stream.
///
/// # Errors
/// As the request itself would fail: its model is not known, or what it goes on from is not.
pub(super) async fn answer(
    app: &Arc<App>,
    snapshot: &Snapshot,
    mut inbound: Inbound,
) -> Result<Response, Fault> {
    Thread::recall(&mut inbound, &app.ports.responses).await?;
    if let Some(previous) = &inbound.thread.previous
        && previous.known.is_none()
    {
        return Err(state::previous_not_found(&previous.id).into());
    }
    snapshot.registry.resolve(&inbound.model)?;
    let mut echo = RawObject::new();
    let stored = state::is_stored(&app.ports.responses, &inbound);
    echo.set("store", Raw::bool(stored));
    let reply = Reply {
        model: inbound.model.asked().clone(),
        seed: inbound.id.clone(),
        now: inbound.at.seconds(),
        include_usage: true,
        own: Some(Box::new(OwnWords {
            id: prepare::answer_id(&inbound.id),
            echo,
        })),
        ..Reply::default()
    };
    let nothing = ir::Response {
        usage: Some(Usage::default()),
        ..ir::Response::default()
    };
    let mut events = BytesMut::new();
    let mut encoder = codec(Format::OpenAiResponses).stream_encoder(&reply);
    for event in unfold(nothing) {
        encoder.push(&event, &mut events);
    }
    let events = events.freeze();
    let mut frames = Vec::new();
    sse::Decoder::default()
        .push(&events, &mut frames)
        .map_err(|error| ByokError::new(byokey_types::Kind::Internal, error.to_string()))?;
    let mut draft = Draft::own(app, &inbound);
    for frame in &frames {
        draft.push(frame);
    }
    Ok(Response::new(Body::from(events)))
}
