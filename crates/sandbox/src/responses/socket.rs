//! Responses over a WebSocket (<https://developers.openai.com/api/docs/guides/websocket-mode>).

use std::collections::VecDeque;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, HeaderValue, header, request};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        handshake::derive_accept_key,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{archive::Archive, fault, turn::Turn};
use crate::{
    chat,
    fault::Fault,
    journal::Watch,
    json_path::At,
    playback::{Content, Performance},
    sandbox::State,
    script::{Cue, Ending, Step},
};

/// A connection that becomes a WebSocket.
pub(crate) struct Socket {
    upgrade: OnUpgrade,
    head: Head,
}

/// What was asked for with the handshake, and holds for every frame.
struct Head {
    method: http::Method,
    target: String,
    headers: HeaderMap,
    backend: bool,
}

/// An open WebSocket.
struct Line {
    stream: WebSocketStream<TokioIo<Upgraded>>,
    /// Requests that came while another was being answered.
    waiting: VecDeque<Bytes>,
}

/// Whether the peer is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    Here,
    Gone,
}

/// Longest frame; a longer one ends the connection with 1009.
const LONGEST_FRAME: usize = 16 << 20;
/// Requests that may wait for one that is being answered.
const MOST_WAITING: usize = 16;

/// Answers the handshake.
pub(super) fn accept(parts: &request::Parts) -> Result<Performance, Fault> {
    if parts.headers.get(header::SEC_WEBSOCKET_VERSION) != Some(&HeaderValue::from_static("13")) {
        return Err(Fault::new(
            426,
            "Only version 13 of the WebSocket protocol is spoken here",
        ));
    }
    let Some(key) = parts.headers.get(header::SEC_WEBSOCKET_KEY) else {
        return Err(Fault::bad("The header 'Sec-WebSocket-Key' is missing"));
    };
    let mut accepted = Performance::whole(101, Bytes::new());
    let key = HeaderValue::from_str(&derive_accept_key(key.as_bytes()))
        .map_err(|_| Fault::bad("The header 'Sec-WebSocket-Key' is not one"))?;
    accepted.headers.insert(header::SEC_WEBSOCKET_ACCEPT, key);
    let fixed = [
        (header::CONNECTION, "Upgrade"),
        (header::UPGRADE, "websocket"),
    ];
    for (name, value) in fixed {
        accepted
            .headers
            .insert(name, HeaderValue::from_static(value));
    }
    accepted.headers.insert(
        "x-codex-turn-state",
        HeaderValue::from_static("sandbox-turn-state"),
    );
    Ok(accepted)
}

impl Socket {
    pub(super) fn new(upgrade: OnUpgrade, parts: &request::Parts, backend: bool) -> Self {
        let target = parts.uri.path_and_query();
        Self {
            upgrade,
            head: Head {
                method: parts.method.clone(),
                target: target.map_or("/", |target| target.as_str()).to_owned(),
                headers: parts.headers.clone(),
                backend,
            },
        }
    }

    /// Answers frame after frame until either side leaves.
    pub(crate) async fn converse(self, state: &State) {
        let Self { upgrade, head } = self;
        let upgraded = match upgrade.await {
            Ok(upgraded) => upgraded,
            Err(error) => {
                tracing::debug!(%error, "a sandbox connection did not become a WebSocket");
                return;
            }
        };
        let limits = WebSocketConfig::default()
            .max_message_size(Some(LONGEST_FRAME))
            .max_frame_size(Some(LONGEST_FRAME));
        let stream = TokioIo::new(upgraded);
        let stream = WebSocketStream::from_raw_socket(stream, Role::Server, Some(limits)).await;
        let mut line = Line {
            stream,
            waiting: VecDeque::new(),
        };
        let mut archive = Archive::default();
        while let Some(frame) = line.request().await {
            let watch = state
                .journal
                .open(&head.method, &head.target, &head.headers);
            if head
                .answer(&mut line, state, &mut archive, &frame, watch)
                .await
                == Peer::Gone
            {
                return;
            }
        }
    }
}

impl Head {
    async fn answer(
        &self,
        line: &mut Line,
        state: &State,
        archive: &mut Archive,
        frame: &Bytes,
        mut watch: Watch,
    ) -> Peer {
        watch.body_read(frame);
        let peer = match self.perform(state, archive, frame) {
            Ok(performance) => line.play(performance, &mut watch).await,
            Err(fault) => {
                watch.body_opened();
                line.say(fault::frame(&fault)).await
            }
        };
        if peer == Peer::Here {
            watch.complete();
        }
        peer
    }

    fn perform(
        &self,
        state: &State,
        archive: &mut Archive,
        frame: &Bytes,
    ) -> Result<Performance, Fault> {
        let json: Value = serde_json::from_slice(frame).map_err(|_| chat::fault::not_json())?;
        let top = super::rules::object(&json)?;
        match top.get("type").and_then(Value::as_str) {
            Some("response.create") => {}
            other => {
                let at = At::ROOT.field("type");
                let got = other.unwrap_or_default();
                let words = ["response.create"];
                return Err(chat::rules::field::unsupported_value(&at, got, &words));
            }
        }
        let turn = Turn {
            headers: &self.headers,
            body: frame,
            json: &json,
            backend: self.backend,
            socket: true,
        };
        let answered = turn.answer(state, Some(archive));
        // a turn that fails takes along what it wanted to continue
        if answered.is_err()
            && let Some(previous) = top.get("previous_response_id").and_then(Value::as_str)
        {
            archive.remove(previous);
        }
        answered
    }
}

impl Line {
    /// The next request; `None` when the peer leaves or is sent away.
    async fn request(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.waiting.pop_front() {
                return Some(frame);
            }
            if self.listen().await == Peer::Gone {
                return None;
            }
        }
    }

    /// Takes one message.
    async fn listen(&mut self) -> Peer {
        match self.stream.next().await {
            Some(Ok(Message::Text(text))) if self.waiting.len() < MOST_WAITING => {
                self.waiting.push_back(text.into());
                Peer::Here
            }
            Some(Ok(Message::Text(_))) => {
                self.close(CloseCode::Policy, "too many requests wait")
                    .await
            }
            Some(Ok(Message::Binary(_))) => {
                self.close(CloseCode::Unsupported, "only text is understood")
                    .await
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Peer::Here,
            Some(Err(Error::Capacity(_))) => self.close(CloseCode::Size, "message too big").await,
            Some(Ok(Message::Close(_)) | Err(_)) | None => Peer::Gone,
        }
    }

    async fn close(&mut self, code: CloseCode, reason: &'static str) -> Peer {
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        if let Err(error) = self.stream.close(Some(frame)).await {
            tracing::debug!(%error, "the client left without a goodbye");
            return Peer::Gone;
        }
        // what is still on its way is drained, or the close would become a reset that overtakes it
        while let Some(Ok(_)) = self.stream.next().await {}
        Peer::Gone
    }

    async fn say(&mut self, text: Vec<u8>) -> Peer {
        let text = String::from_utf8_lossy(&text).into_owned();
        match self.stream.send(Message::text(text)).await {
            Ok(()) => Peer::Here,
            Err(error) => {
                tracing::debug!(%error, "the client left while it was spoken to");
                Peer::Gone
            }
        }
    }

    /// Waits, for ever without a moment, and notices when the peer leaves.
    async fn wait(&mut self, until: Option<Instant>) -> Peer {
        loop {
            let moment = async {
                match until {
                    Some(until) => sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = moment => return Peer::Here,
                peer = self.listen() => if peer == Peer::Gone {
                    return Peer::Gone;
                },
            }
        }
    }

    async fn play(&mut self, performance: Performance, watch: &mut Watch) -> Peer {
        let head = match performance.cue {
            Cue::Now => Peer::Here,
            Cue::After(delay) => self.wait(Some(Instant::now() + delay)).await,
            Cue::Never => self.wait(None).await,
            Cue::Cut => {
                watch.complete();
                Peer::Gone
            }
        };
        if head == Peer::Gone {
            return head;
        }
        watch.body_opened();
        let (steps, ending) = match performance.content {
            Content::Whole(bytes) => {
                let once: Box<dyn Iterator<Item = Step> + Send> =
                    Box::new(std::iter::once(Step::Send(bytes)));
                (once, Ending::Complete)
            }
            Content::Steps(steps, ending) => (steps, ending),
        };
        let mut events = Events {
            status: performance.status,
            unfinished: Vec::new(),
        };
        let mut clock = None;
        for step in steps {
            let peer = match step {
                Step::Send(bytes) => self.say_all(events.take(&bytes)).await,
                Step::Wait(pause) => {
                    let until = clock.unwrap_or_else(Instant::now) + pause;
                    clock = Some(until);
                    self.wait(Some(until)).await
                }
                Step::Forever(bytes) => loop {
                    if self.say_all(events.take(&bytes)).await == Peer::Gone {
                        break Peer::Gone;
                    }
                },
            };
            if peer == Peer::Gone {
                return peer;
            }
        }
        match ending {
            Ending::Complete => self.say_all(events.rest()).await,
            Ending::Cut => {
                watch.complete();
                Peer::Gone
            }
            Ending::Hang => self.wait(None).await,
        }
    }

    async fn say_all(&mut self, texts: Vec<Vec<u8>>) -> Peer {
        for text in texts {
            if self.say(text).await == Peer::Gone {
                return Peer::Gone;
            }
        }
        Peer::Here
    }
}

/// Server-sent events on their way into frames: each frame is the data of an event.
struct Events {
    status: u16,
    unfinished: Vec<u8>,
}

impl Events {
    fn take(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.unfinished.extend_from_slice(bytes);
        let mut texts = Vec::new();
        while let Some(end) = self
            .unfinished
            .windows(2)
            .position(|window| window == b"\n\n")
        {
            let event: Vec<u8> = self.unfinished.drain(..end + 2).collect();
            texts.extend(data(&event));
        }
        texts
    }

    /// What is left when a body ends: a last event, a body that never was one, or an error's.
    fn rest(&mut self) -> Vec<Vec<u8>> {
        let rest = std::mem::take(&mut self.unfinished);
        if rest.is_empty() {
            return Vec::new();
        }
        if self.status >= 400 {
            let body: Value = serde_json::from_slice(&rest)
                .unwrap_or_else(|_| json!(String::from_utf8_lossy(&rest)));
            let error = body.get("error").unwrap_or(&body);
            let frame = json!({"type": "error", "status": self.status, "error": error});
            return vec![crate::reel::json(&frame)];
        }
        vec![data(&rest).unwrap_or(rest)]
    }
}

fn data(event: &[u8]) -> Option<Vec<u8>> {
    let lines = event.split(|byte| *byte == b'\n');
    let data: Vec<&[u8]> = lines
        .filter_map(|line| line.strip_prefix(b"data:"))
        .map(|data| data.strip_prefix(b" ").unwrap_or(data))
        .collect();
    (!data.is_empty()).then(|| data.join(&b'\n'))
}
