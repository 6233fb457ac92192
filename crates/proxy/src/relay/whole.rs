//! Answers that are known whole before they are committed.

use byokey_provider::{Answer, classify::ErrorAnswer};
use byokey_translate::{
    Codec, Event, Reply, codec::Source, fold::Folder, ir::Response, observe, restore, sse,
    unfold::unfold,
};
use byokey_types::{ByokError, Kind, ProviderId, Result, UpstreamFault};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use memchr::memmem;

use super::{Plan, Relayed, guest::Guest, hush::Hush, pipe};
use crate::{meter::Meter, pipeline::prepare::Answering, replays::Memory};

/// The longest whole answer.
const LONGEST: usize = 256 << 20;

/// Reads an answer to its end and words it for the caller.
pub(super) async fn open(
    plan: Plan<'_>,
    answer: Answer,
    streamed: bool,
    meter: &mut Meter,
) -> Result<Relayed> {
    let headers = answer.headers.clone();
    let status = answer.status;
    let body = read(answer, plan.provider).await?;
    let hush = Hush::new(plan.token.clone());
    if !streamed {
        check(&plan, &hush, status, &headers, &body)?;
    }
    match plan.answer {
        // a stream that nobody asked for, or the reverse: through the neutral form, even in one format
        Answering::Verbatim {
            codec,
            source,
            withhold_usage,
            json_array,
        } if streamed || plan.stream => {
            let reply = Reply {
                include_usage: !withhold_usage,
                seed: source.seed.clone(),
                now: plan.app.ports.clock.now().seconds(),
                json_array,
                ..Reply::default()
            };
            let way = Way {
                client: codec,
                upstream: codec,
                source: &source,
                reply,
                memory: None,
                hush,
            };
            way.relay(&body, streamed, plan.stream, plan.provider, meter)
        }
        Answering::Verbatim { codec, source, .. } => {
            if let Some(usage) = observe::usage(codec, &body) {
                meter.usage(usage);
            }
            let wrapped = Guest::of(codec, &source).and_then(|guest| guest.wrap(&body));
            let body = wrapped.unwrap_or(body);
            Ok(Relayed::Whole {
                body,
                content_type: headers.get(header::CONTENT_TYPE).cloned().unwrap_or(JSON),
            })
        }
        Answering::Translated {
            client,
            upstream,
            source,
            reply,
            memory,
        } => {
            let way = Way {
                client,
                upstream,
                source: &source,
                reply,
                memory,
                hush,
            };
            way.relay(&body, streamed, plan.stream, plan.provider, meter)
        }
    }
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

/// The way through the neutral form.
struct Way<'a> {
    client: &'static dyn Codec,
    upstream: &'static dyn Codec,
    source: &'a Source,
    reply: Reply,
    memory: Option<Box<Memory>>,
    hush: Hush,
}

impl Way<'_> {
    fn relay(
        mut self,
        body: &Bytes,
        streamed: bool,
        wants_stream: bool,
        provider: &ProviderId,
        meter: &mut Meter,
    ) -> Result<Relayed> {
        let response = if streamed {
            self.fold(body, provider, meter)?
        } else {
            self.decode(body, provider)?
        };
        if let Some(usage) = response.usage.clone() {
            meter.usage(usage);
        }
        if let Some(memory) = self.memory.take() {
            memory.take(&response);
        }
        let response = restore::response(response, &self.reply);
        refuse_malformed_calls(&response, provider)?;
        if self.reply.model.is_empty() {
            self.reply.model = response.model.clone().unwrap_or_default();
        }
        if !wants_stream {
            let (body, losses) = self.client.encode_response(&response, &self.reply);
            if !losses.is_empty() {
                tracing::debug!(request = %self.reply.seed, losses = %losses.summary(1024), "answer lost");
            }
            return Ok(Relayed::Whole {
                body,
                content_type: JSON,
            });
        }
        let mut encoder = self.client.stream_encoder(&self.reply);
        let mut out = BytesMut::new();
        for event in unfold(response) {
            encoder.push(&event, &mut out);
        }
        Ok(Relayed::Whole {
            body: out.freeze(),
            content_type: if self.reply.json_array {
                JSON
            } else {
                EVENT_STREAM
            },
        })
    }

    fn decode(&self, body: &Bytes, provider: &ProviderId) -> Result<Response> {
        let decoded =
            self.upstream
                .decode_response(body, self.source)
                .map_err(|error| {
                    ByokError::new(
                Kind::BadUpstream,
                format!("provider `{provider}` sent an answer that is not of its format: {error}"),
            )
            .because(error)
                })?;
        Ok(decoded.value)
    }

    /// Gathers a stream into one answer. What it has cost is noted also when it is not whole.
    fn fold(&self, body: &Bytes, provider: &ProviderId, meter: &mut Meter) -> Result<Response> {
        let mut frames = Vec::new();
        let mut scanner = sse::Decoder::default();
        scanner
            .push(body, &mut frames)
            .and_then(|()| scanner.finish(&mut frames))
            .map_err(|error| {
                ByokError::new(Kind::BadUpstream, format!("provider `{provider}`: {error}"))
            })?;
        let mut decoder = self.upstream.stream_decoder(self.source);
        let mut events = Vec::new();
        for frame in &frames {
            decoder.push(frame, &mut events);
        }
        decoder.finish(&mut events);
        // the restorer works on whole answers later; folding needs the events as they are
        let mut folder = Folder::default();
        for event in events {
            if let Event::Usage(usage) = &event {
                meter.usage(usage.clone());
            }
            folder.push(event);
        }
        let (response, _) = folder
            .finish()
            .map_err(|fault| pipe::error(&self.hush.fault(fault), provider))?;
        Ok(response)
    }
}

/// A completed call whose arguments are no JSON cannot be run; before anything was sent it can be tried again.
fn refuse_malformed_calls(response: &Response, provider: &ProviderId) -> Result<()> {
    match response.malformed_call() {
        Some(call) => Err(ByokError::new(
            Kind::BadUpstream,
            format!(
                "provider `{provider}` called tool `{}` with arguments that are not JSON; send the request again",
                call.name
            ),
        )),
        None => Ok(()),
    }
}

async fn read(answer: Answer, provider: &ProviderId) -> Result<Bytes> {
    let mut body = std::pin::pin!(answer.body);
    let mut first: Option<Bytes> = None;
    let mut joined = BytesMut::new();
    while let Some(frame) = body.as_mut().frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        let length = joined.len() + first.as_ref().map_or(0, Bytes::len) + data.len();
        if length > LONGEST {
            return Err(ByokError::new(
                Kind::BadUpstream,
                format!("provider `{provider}` sent an answer longer than {LONGEST} bytes"),
            ));
        }
        match first.take() {
            None if joined.is_empty() => first = Some(data),
            None => joined.extend_from_slice(&data),
            Some(start) => {
                joined.extend_from_slice(&start);
                joined.extend_from_slice(&data);
            }
        }
    }
    Ok(first.unwrap_or_else(|| joined.freeze()))
}

/// Refuses what is no answer: an error object under a status of success, HTML, text, nothing.
fn check(
    plan: &Plan<'_>,
    hush: &Hush,
    status: StatusCode,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<()> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(not_json(plan.provider, body));
    }
    if memmem::find(body, b"\"error\"").is_none() && memmem::find(body, b"\"base_resp\"").is_none()
    {
        return Ok(());
    }
    let answer = ErrorAnswer {
        provider: plan.provider.as_str(),
        status,
        headers,
        body: hush.bytes(body.clone()),
    };
    answer
        .classify_success(plan.app.ports.clock.now())
        .map_or(Ok(()), Err)
}

/// HTML, text, nothing: what stands there never reaches the caller.
fn not_json(provider: &ProviderId, body: &Bytes) -> ByokError {
    let what = if body.trim_ascii().is_empty() {
        "an empty body"
    } else {
        "a body that is no JSON object"
    };
    ByokError::new(
        Kind::BadUpstream,
        format!("provider `{provider}` answered 200 with {what}; check its `base_url`"),
    )
    .answered(UpstreamFault {
        status: 200,
        code: None,
        message: None,
        param: None,
        body: Bytes::new(),
        content_type: None,
    })
}
