//! Phase 1: accept a request and peek at it. Nothing but the top level of its body is looked at.

use std::time::{Duration, Instant};

use axum::body::Body;
use byokey_types::{ByokError, Format, Kind, ModelName, Peek, Result, Str, Timestamp, peek};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, header};
use http_body_util::BodyExt;

use crate::{App, Snapshot, guard, state::Thread, unread};

/// A model request whose body is here and whose top level is known.
#[derive(Clone, Debug)]
pub struct Inbound {
    /// Its id.
    pub id: Str,
    /// The format of its path, in which it is answered.
    pub format: Format,
    /// The format of its body, in which it is read.
    pub body_format: Format,
    /// When it arrived.
    pub at: Timestamp,
    /// The same on the monotonic clock.
    pub started: Instant,
    /// The caller's headers.
    pub headers: HeaderMap,
    /// The caller's query, without the question mark.
    pub query: Option<String>,
    /// The body, as it arrived.
    pub body: Bytes,
    /// What the scan found.
    pub peek: Peek,
    /// The model.
    pub model: ModelName,
    /// Whether a stream is asked for.
    pub stream: bool,
    /// Whether the stream is one JSON array rather than events.
    pub json_array: bool,
    /// Whether losses are refused, as this request says (`x-byokey-strict`).
    pub strict: bool,
    /// What is asked for under the path of the format: `/compact`.
    pub under: Option<&'static str>,
    /// The conversation it goes on from, and whose it is.
    pub thread: Thread,
}

/// What the address of a request says of it.
#[derive(Clone, Debug)]
pub struct Address {
    /// The format of the path.
    pub format: Format,
    /// The model, where the path names it rather than the body.
    pub model: Option<String>,
    /// Whether a stream is asked for, where the path says so rather than the body.
    pub stream: Option<bool>,
    /// Whether the stream is one JSON array rather than events.
    pub json_array: bool,
    /// What is asked for under the path of the format: `/compact`.
    pub under: Option<&'static str>,
}

impl From<Format> for Address {
    /// A path that says nothing but its format.
    fn from(format: Format) -> Self {
        Self {
            format,
            model: None,
            stream: None,
            json_array: false,
            under: None,
        }
    }
}

/// The longest silence inside a request's body.
const BODY_IDLE: Duration = Duration::from_mins(1);

/// Reads a request.
///
/// # Errors
/// In the order of the checks: [`Kind::Unauthorized`], [`Kind::UnsupportedMediaType`], [`Kind::TooLarge`],
/// [`Kind::InvalidRequest`] naming the field.
pub async fn read(
    app: &App,
    snapshot: &Snapshot,
    address: Address,
    id: Str,
    request: Request<Body>,
) -> Result<Inbound> {
    let (parts, body) = request.into_parts();
    let welcome = snapshot.guard.caller(&parts.headers);
    let welcome = welcome.and_then(|owner| {
        guard::content_type(&parts.headers)?;
        Ok(owner)
    });
    let owner = match welcome {
        Ok(owner) => owner,
        Err(error) => {
            unread::discard(&parts.headers, body).await;
            return Err(error);
        }
    };
    let started = (Instant::now(), app.ports.clock.now());
    let body = read_body(body, &parts.headers, snapshot.body_limit).await?;
    if body.is_empty() {
        return Err(ByokError::new(
            Kind::InvalidRequest,
            match address.format {
                Format::OpenAiChat | Format::AnthropicMessages => {
                    "the request body is empty; send a JSON object with `model` and `messages`"
                }
                Format::OpenAiResponses => {
                    "the request body is empty; send a JSON object with `model` and `input`"
                }
                Format::Gemini => "the request body is empty; send a JSON object with `contents`",
            },
        ));
    }
    let query = parts.uri.query().map(str::to_owned);
    let mut inbound = peeked(address, id, started, parts.headers, body)?;
    inbound.query = query;
    inbound.thread.owner = owner;
    Ok(inbound)
}

/// A request whose body is here already, and when it came.
///
/// # Errors
/// [`Kind::InvalidRequest`] naming the field.
pub fn peeked(
    address: Address,
    id: Str,
    (started, at): (Instant, Timestamp),
    headers: HeaderMap,
    body: Bytes,
) -> Result<Inbound> {
    let peek = Peek::scan(&body)?;
    let named = match address.model {
        Some(model) => model,
        None => peek.model_text()?,
    };
    let model = ModelName::parse(&named)
        .map_err(|error| ByokError::new(Kind::InvalidRequest, error.to_string()).at("model"))?;
    let stream = match address.stream {
        Some(stream) => stream,
        None => peek.wants_stream()?,
    };
    Ok(Inbound {
        id,
        format: address.format,
        body_format: body_format(address.format, &peek),
        at,
        started,
        query: None,
        strict: is_strict(&headers),
        headers,
        body,
        peek,
        model,
        stream,
        json_array: address.json_array && stream,
        under: address.under,
        thread: Thread::default(),
    })
}

/// Splices for the verbatim path of a body: another model name, and usage in a stream that did not ask for it.
///
/// The second value says whether usage was added, so that its chunk can be withheld.
pub fn splices(
    peek: &Peek,
    format: Format,
    stream: bool,
    upstream_model: &str,
) -> (Vec<peek::Splice>, bool) {
    // where the path names the model, the body may repeat it as a resource
    let resource = (format == Format::Gemini).then(|| format!("models/{upstream_model}"));
    let named = resource.as_deref().unwrap_or(upstream_model);
    let mut splices: Vec<_> = model_splice(peek, named).into_iter().collect();
    let added = (format == Format::OpenAiChat && stream)
        .then(|| usage_splice(peek))
        .flatten();
    let withhold = added.is_some();
    splices.extend(added);
    (splices, withhold)
}

/// The edit that names another model; nothing when the body names it already, or none at all.
pub fn model_splice(peek: &Peek, upstream_model: &str) -> Option<peek::Splice> {
    let model = peek.model.as_ref()?;
    let said = model.value.text().ok();
    (said.as_deref() != Some(upstream_model)).then(|| peek::Splice {
        span: model.span.clone(),
        with: byokey_types::Raw::string(upstream_model).bytes().clone(),
    })
}

/// The edit that makes a Chat stream report usage; nothing when it does already.
fn usage_splice(peek: &Peek) -> Option<peek::Splice> {
    let Some(options) = &peek.stream_options else {
        return Some(peek::Splice {
            span: peek.head..peek.head,
            with: Bytes::from_static(br#""stream_options":{"include_usage":true},"#),
        });
    };
    // options that are no object are the upstream's to refuse
    let mut members = match options.value.kind() {
        byokey_types::JsonKind::Null => byokey_types::RawObject::new(),
        _ => options.value.object().ok()?,
    };
    if members.get("include_usage") == Some(&byokey_types::Raw::TRUE) {
        return None;
    }
    members.set("include_usage", byokey_types::Raw::TRUE);
    Some(peek::Splice {
        span: options.span.clone(),
        with: members.to_bytes(),
    })
}

async fn read_body(mut body: Body, headers: &HeaderMap, limit: usize) -> Result<Bytes> {
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        unread::discard(headers, body).await;
        return Err(too_large(limit));
    }
    let mut first: Option<Bytes> = None;
    let mut joined = BytesMut::new();
    loop {
        let frame = tokio::time::timeout(BODY_IDLE, body.frame())
            .await
            .map_err(|_| {
                ByokError::new(
                    Kind::InvalidRequest,
                    format!("the request body stalled for {} s", BODY_IDLE.as_secs()),
                )
            })?;
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|error| {
            ByokError::new(Kind::Cancelled, "the request body broke off").because(error)
        })?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        let length = joined.len() + first.as_ref().map_or(0, Bytes::len) + data.len();
        if length > limit {
            unread::discard(headers, body).await;
            return Err(too_large(limit));
        }
        match first.take() {
            None if joined.is_empty() => first = Some(data),
            None => joined.extend_from_slice(&data),
            Some(start) => {
                joined.reserve(declared.unwrap_or(length).min(limit));
                joined.extend_from_slice(&start);
                joined.extend_from_slice(&data);
            }
        }
    }
    Ok(first.unwrap_or_else(|| joined.freeze()))
}

fn too_large(limit: usize) -> ByokError {
    ByokError::new(
        Kind::TooLarge,
        format!(
            "the request body is larger than {limit} bytes; see `body_limit` in the configuration"
        ),
    )
}

/// The format of a body, by the member that holds the conversation: some clients send one format to the path of another.
const fn body_format(path: Format, peek: &Peek) -> Format {
    let own = match path {
        Format::OpenAiChat | Format::AnthropicMessages => peek.has_messages,
        Format::OpenAiResponses => peek.has_input,
        Format::Gemini => peek.has_contents,
    };
    match peek {
        _ if own => path,
        Peek {
            has_input: true, ..
        } => Format::OpenAiResponses,
        Peek {
            has_contents: true, ..
        } => Format::Gemini,
        Peek {
            has_messages: true, ..
        } => Format::OpenAiChat,
        _ => path,
    }
}

fn is_strict(headers: &HeaderMap) -> bool {
    headers
        .get("x-byokey-strict")
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use pretty_assertions::assert_eq;

    use super::*;

    fn spliced(body: &str) -> (String, bool) {
        let body = Bytes::from(body.to_owned());
        let peek = Peek::scan(&body).unwrap();
        let stream = peek.wants_stream().unwrap();
        let (splices, withhold) = splices(&peek, Format::OpenAiChat, stream, "up");
        (
            String::from_utf8(peek::splice(&body, splices).concat()).unwrap(),
            withhold,
        )
    }

    #[test]
    fn verbatim_bodies_change_in_two_places_at_most() {
        let rows = [
            (
                r#"{"model":"a","n":1.0}"#,
                r#"{"model":"up","n":1.0}"#,
                false,
            ),
            (
                r#"{"model":"up","n":1.0}"#,
                r#"{"model":"up","n":1.0}"#,
                false,
            ),
            (r#"{"model":"\u0075p"}"#, r#"{"model":"\u0075p"}"#, false),
            (
                r#"{ "stream":true, "model":"a"}"#,
                r#"{"stream_options":{"include_usage":true}, "stream":true, "model":"up"}"#,
                true,
            ),
            (
                r#"{"stream":true,"stream_options":{"x":1,"include_usage":false},"model":"a"}"#,
                r#"{"stream":true,"stream_options":{"x":1,"include_usage":true},"model":"up"}"#,
                true,
            ),
            (
                r#"{"stream":true,"stream_options":null,"model":"a"}"#,
                r#"{"stream":true,"stream_options":{"include_usage":true},"model":"up"}"#,
                true,
            ),
            (
                r#"{"stream":true,"stream_options":{"include_usage":true},"model":"up"}"#,
                r#"{"stream":true,"stream_options":{"include_usage":true},"model":"up"}"#,
                false,
            ),
            (
                r#"{"stream":true,"stream_options":5,"model":"up"}"#,
                r#"{"stream":true,"stream_options":5,"model":"up"}"#,
                false,
            ),
        ];
        for (body, expected, withhold) in rows {
            assert_eq!(spliced(body), (expected.to_owned(), withhold), "{body}");
        }
    }
}
