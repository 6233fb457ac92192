//! What is asked: the same conversation in either wire format, at a given size.

use std::net::SocketAddr;

use anyhow::Context as _;
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT},
};
use http_body_util::Full;
use serde_json::{Value, json};

/// The key that the upstream accepts, and that byokey is given for it.
pub(crate) const KEY: &str = "bench-key";

/// A wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// OpenAI Chat Completions.
    Chat,
    /// Anthropic Messages.
    Messages,
}

/// What a client speaks, and what the upstream behind byokey speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) client: Wire,
    pub(crate) upstream: Wire,
}

/// A request to one server, made once and sent often.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    target: SocketAddr,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
    wire: Wire,
    /// Words that a streamed answer has, one event each.
    words: u32,
}

/// What an answer must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// One JSON document of this many words.
    Whole { words: u32 },
    /// A stream of this many words, as fast as it goes.
    Stream { words: u32 },
    /// A stream of this many words, so many a second.
    Paced { words: u32, per_second: u32 },
}

/// Most characters of one turn.
const TURN: usize = 2_000;
/// Reads like a coding session: quotes, escapes and line ends, as JSON bodies of agents have them.
const PROSE: &str =
    "fn main() {\n\tprintln!(\"{}\", \"hello\"); // what a tool read from a file\n}\n";

impl Wire {
    /// As people write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chat => "Chat",
            Self::Messages => "Messages",
        }
    }

    /// The provider of byokey's configuration that speaks it.
    pub(crate) fn provider(self) -> &'static str {
        match self {
            Self::Chat => "up-chat",
            Self::Messages => "up-msg",
        }
    }

    /// What the last event of a complete stream contains.
    pub(crate) fn terminal(self) -> &'static [u8] {
        match self {
            Self::Chat => b"data: [DONE]",
            Self::Messages => b"message_stop",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Messages => "/v1/messages",
        }
    }
}

impl Route {
    /// `Chat → Messages`.
    pub(crate) fn name(self) -> String {
        format!("{} → {}", self.client.name(), self.upstream.name())
    }
}

impl Call {
    /// To the upstream itself, in its own format: the work that byokey has the upstream do.
    ///
    /// # Errors
    /// When the address does not make a header.
    pub(crate) fn direct(
        upstream: SocketAddr,
        route: Route,
        answer: Answer,
        size: usize,
    ) -> anyhow::Result<Self> {
        Self::new(upstream, route.upstream, &answer.model(), answer, size)
    }

    /// To byokey, in the client's format.
    ///
    /// # Errors
    /// When the address does not make a header.
    pub(crate) fn through(
        byokey: SocketAddr,
        route: Route,
        answer: Answer,
        size: usize,
    ) -> anyhow::Result<Self> {
        let model = format!("{}/{}", route.upstream.provider(), answer.model());
        Self::new(byokey, route.client, &model, answer, size)
    }

    pub(crate) fn new(
        target: SocketAddr,
        wire: Wire,
        model: &str,
        answer: Answer,
        size: usize,
    ) -> anyhow::Result<Self> {
        let host = HeaderValue::try_from(target.to_string()).context("not a `Host`")?;
        let mut headers = HeaderMap::from_iter([
            (HOST, host),
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (ACCEPT, HeaderValue::from_static("application/json")),
            (USER_AGENT, HeaderValue::from_static("byokey-bench")),
        ]);
        match wire {
            Wire::Chat => {
                let value = HeaderValue::try_from(format!("Bearer {KEY}"))?;
                headers.insert(AUTHORIZATION, value);
            }
            Wire::Messages => {
                headers.insert("x-api-key", HeaderValue::from_static(KEY));
                headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
            }
        }
        Ok(Self {
            target,
            uri: Uri::from_static(wire.path()),
            headers,
            body: body(wire, model, answer.is_stream(), size)?,
            wire,
            words: answer.words(),
        })
    }

    /// Whom it asks.
    pub(crate) fn target(&self) -> SocketAddr {
        self.target
    }

    /// The format of its answer.
    pub(crate) fn wire(&self) -> Wire {
        self.wire
    }

    /// Words that the answer has.
    pub(crate) fn words(&self) -> u32 {
        self.words
    }

    /// A request to send; the body is shared.
    pub(crate) fn request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }
}

impl Answer {
    fn model(self) -> String {
        match self {
            Self::Whole { words } | Self::Stream { words } => format!("lorem-{words}"),
            Self::Paced { words, per_second } => format!("lorem-{words}-{per_second}"),
        }
    }

    fn words(self) -> u32 {
        match self {
            Self::Whole { words } | Self::Stream { words } | Self::Paced { words, .. } => words,
        }
    }

    /// Whether it comes as events.
    pub(crate) fn is_stream(self) -> bool {
        match self {
            Self::Whole { .. } => false,
            Self::Stream { .. } | Self::Paced { .. } => true,
        }
    }
}

/// A body of about `size` bytes: turns of at most 2,000 characters, the user's first and last.
fn body(wire: Wire, model: &str, stream: bool, size: usize) -> anyhow::Result<Bytes> {
    let turns = (size / TURN) | 1;
    let mut body = json!({ "model": model, "messages": messages(turns, "") });
    let fields = body.as_object_mut().context("a body is an object")?;
    if stream {
        fields.insert("stream".to_owned(), true.into());
    }
    match wire {
        Wire::Chat => {}
        Wire::Messages => {
            fields.insert("max_tokens".to_owned(), 8192.into());
        }
    }
    let bare = serde_json::to_vec(&body)?.len();
    let prose = prose(size.saturating_sub(bare) / turns);
    body["messages"] = messages(turns, &prose);
    Ok(serde_json::to_vec(&body)?.into())
}

fn messages(turns: usize, content: &str) -> Value {
    let turn = |at: usize| {
        let role = if at.is_multiple_of(2) {
            "user"
        } else {
            "assistant"
        };
        // an empty turn is refused
        json!({ "role": role, "content": format!("> {content}") })
    };
    (0..turns).map(turn).collect()
}

/// Text that takes so many bytes, or a few less, as a JSON string.
fn prose(bytes: usize) -> String {
    let mut left = bytes;
    PROSE
        .chars()
        .cycle()
        .take_while(|character| {
            let width = match character {
                '"' | '\n' | '\t' => 2,
                _plain => 1,
            };
            let fits = left >= width;
            left = left.saturating_sub(width);
            fits
        })
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn bodies_have_the_size_that_was_asked_for() {
        for wire in [Wire::Chat, Wire::Messages] {
            for size in [1_000, 100_000, 4_000_000] {
                let made = body(wire, "up-chat/lorem-16", false, size).unwrap().len();
                assert!(
                    made <= size && made * 50 > size * 49,
                    "{wire:?} {size}: {made}"
                );
            }
        }
    }

    #[test]
    fn a_conversation_begins_and_ends_with_the_user() {
        let bytes = body(Wire::Messages, "lorem-16", true, 10_000).unwrap();
        let mut value: Value = serde_json::from_slice(&bytes).unwrap();
        let messages = value["messages"].take();
        let roles: Vec<_> = messages
            .as_array()
            .unwrap()
            .iter()
            .map(|turn| turn["role"].as_str().unwrap())
            .collect();
        assert_eq!(roles, ["user", "assistant", "user", "assistant", "user"]);
        assert_eq!(
            value,
            json!({ "model": "lorem-16", "messages": null, "stream": true, "max_tokens": 8192 })
        );
    }
}
