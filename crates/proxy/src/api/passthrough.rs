//! Operations that only OpenAI-compatible upstreams have: the body goes as it came, and so does the answer.

use std::sync::Arc;

use axum::{body::Body, extract::Request, response::Response};
use byokey_provider::{Candidate, Operation, Registry, Resolution};
use byokey_translate::{Codec, codec::Source, loss::Losses};
use byokey_types::{ByokError, Format, Kind, Str, peek};
use http::Method;

use crate::{
    App, fault,
    fault::Fault,
    pipeline::{
        attempt, inbound,
        prepare::{Answering, Prepared},
    },
    routes,
};

/// One such operation.
#[derive(Clone, Copy)]
pub(super) struct Passthrough {
    /// What the upstream is asked for.
    pub(super) operation: Operation,
    /// Its route, for messages.
    pub(super) route: &'static str,
    /// Whether its answer may be a stream.
    pub(super) streams: bool,
    /// How its answers are looked at.
    pub(super) codec: &'static dyn Codec,
}

impl Passthrough {
    /// Answers one request.
    pub(super) async fn answer(self, app: &Arc<App>, request: Request) -> Response {
        if request.method() != Method::POST {
            return routes::refuse_method(app, FORMAT, "POST", request).await;
        }
        let id = app.ids.next();
        self.serve(app, id.clone(), request)
            .await
            .unwrap_or_else(|fault| fault::respond(fault, FORMAT, &id))
    }

    async fn serve(
        self,
        app: &Arc<App>,
        id: Str,
        request: Request<Body>,
    ) -> Result<Response, Fault> {
        let snapshot = app.snapshot();
        let mut inbound = tokio::select! {
            inbound = inbound::read(app, &snapshot, FORMAT.into(), id, request) => inbound?,
            () = app.cut.cancelled() => return Err(fault::shutting_down().into()),
        };
        inbound.stream &= self.streams;
        let resolution = snapshot.registry.resolve(&inbound.model)?;
        let (candidate, format) =
            choose(&resolution).ok_or_else(|| self.nobody(&resolution, &snapshot.registry))?;
        let splice = inbound::model_splice(&inbound.peek, &candidate.model);
        let prepared = Prepared {
            operation: self.operation,
            format,
            body: peek::splice(&inbound.body, splice.into_iter().collect()),
            answer: Answering::Verbatim {
                codec: self.codec,
                source: Source {
                    seed: inbound.id.clone(),
                    ..Source::default()
                },
                withhold_usage: false,
                json_array: false,
            },
            losses: Losses::default(),
        };
        // both are the same API, so its headers and its errors are the client's
        (inbound.format, inbound.body_format) = (format, format);
        attempt::send(app, &snapshot, &inbound, candidate, prepared).await
    }

    /// Nobody who serves the model has an endpoint of this kind: says who has.
    fn nobody(self, resolution: &Resolution, registry: &Registry) -> ByokError {
        let asked: String = resolution.asked.chars().take(100).collect();
        let able: Vec<&str> = registry
            .providers()
            .iter()
            .filter(|provider| provider.is_live())
            .filter(|provider| {
                provider
                    .endpoints
                    .iter()
                    .any(|endpoint| NATIVE.contains(&endpoint.protocol()))
            })
            .map(|provider| provider.id.as_str())
            .collect();
        let hint = if able.is_empty() {
            "no live provider has one; configure one with `protocol: openai`".to_owned()
        } else {
            format!(
                "send `<provider>/<model>` with one of `{}`",
                able.join("`, `")
            )
        };
        let error = ByokError::new(
            Kind::InvalidRequest,
            format!(
                "`{}` needs a provider with an OpenAI-compatible endpoint, and none that serves `{asked}` has one; {hint}",
                self.route
            ),
        );
        error.at("model")
    }
}

/// The format in which errors are told.
const FORMAT: Format = Format::OpenAiChat;

/// The endpoints beside which these operations lie, best first.
const NATIVE: [Format; 2] = [Format::OpenAiChat, Format::OpenAiResponses];

fn choose(resolution: &Resolution) -> Option<(&Candidate, Format)> {
    resolution.candidates.iter().find_map(|candidate| {
        let format = NATIVE.into_iter().find(|format| {
            candidate
                .account
                .endpoint(&candidate.provider, *format)
                .is_some()
        })?;
        Some((candidate, format))
    })
}
