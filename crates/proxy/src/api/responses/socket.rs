//! Responses over WebSocket: one connection, one request at a time, each served by the pipeline that serves HTTP.
//!
//! Source: OpenAI's guide "WebSocket mode"; clients.md, Codex. The data of the events go out as text frames. What an upstream
//! refuses is told in an `error` frame; where trying again helps, the connection is closed behind it, so that the client
//! does.

mod ears;
mod frame;
mod warm;

use std::{sync::Arc, time::Instant};

use axum::{body::Body, response::Response};
use byokey_translate::sse;
use byokey_types::{Format, Str};
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _, stream::SplitSink};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        protocol::{
            CloseFrame, Role, WebSocketConfig,
            frame::{Utf8Bytes, coding::CloseCode},
        },
    },
};

use self::ears::{Ears, Heard};
use crate::{
    App,
    api::generate,
    fault::{self, Fault},
    pipeline::inbound,
    state::Local,
};

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// How long the peer may take to answer a close.
const FAREWELL: std::time::Duration = std::time::Duration::from_secs(2);

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The peer is not there any more.
    Gone,
    /// It is told.
    Close(CloseCode, &'static str),
}

struct Connection {
    app: Arc<App>,
    headers: HeaderMap,
    /// What it remembers, kept or not.
    local: Arc<Local>,
    out: SplitSink<Socket, Message>,
    ears: Ears,
}

/// Serves a connection until its end.
pub(super) async fn serve(app: Arc<App>, stream: Upgraded, headers: HeaderMap) {
    let limit = app.snapshot().body_limit;
    let config = WebSocketConfig::default()
        .max_message_size(Some(limit))
        .max_frame_size(Some(limit));
    let stream = TokioIo::new(stream);
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
    let (out, heard) = socket.split();
    let mut connection = Connection {
        app,
        headers,
        local: Arc::new(Local::new(limit)),
        out,
        ears: Ears::new(heard),
    };
    let end = connection.run().await;
    tracing::debug!(?end, "websocket ended");
    connection.close(end).await;
}

impl Connection {
    async fn run(&mut self) -> End {
        loop {
            let text = match self.ears.waiting() {
                Some(text) => text,
                None => match self.idle().await {
                    Ok(text) => text,
                    Err(end) => return end,
                },
            };
            if let Err(end) = self.answer(text).await {
                return end;
            }
        }
    }

    /// Waits for the next request.
    async fn idle(&mut self) -> Result<Bytes, End> {
        loop {
            let heard = tokio::select! {
                heard = self.ears.next() => heard,
                () = self.app.closing.cancelled() => {
                    return Err(End::Close(CloseCode::Away, fault::SHUTTING_DOWN));
                }
            };
            match heard {
                Heard::Text(text) => return Ok(text),
                Heard::Idle => {
                    return Err(End::Close(
                        CloseCode::Normal,
                        "nothing was asked for a long time",
                    ));
                }
                other => self.attend(other).await?,
            }
        }
    }

    /// Answers one request, and listens meanwhile.
    async fn answer(&mut self, text: Bytes) -> Result<(), End> {
        let id = self.app.ids.next();
        let response = {
            let asking = ask(
                Arc::clone(&self.app),
                self.headers.clone(),
                Arc::clone(&self.local),
                id,
                text,
            );
            let mut asking = std::pin::pin!(asking);
            loop {
                tokio::select! {
                    response = &mut asking => break response,
                    heard = self.ears.next() => self.meanwhile(heard).await?,
                }
            }
        };
        if response.status() == StatusCode::OK {
            return self.relay(response.into_body()).await;
        }
        let (head, body) = response.into_parts();
        // an error is whole already
        let body = body.collect().await.map_err(|_| End::Gone)?.to_bytes();
        let status = head.status.as_u16();
        self.say(frame::error(status, &body, &head.headers)).await?;
        ends(status)
    }

    /// Sends the events of an answer.
    async fn relay(&mut self, body: Body) -> Result<(), End> {
        let mut body = std::pin::pin!(body);
        let mut scanner = sse::Decoder::new(sse::Limits {
            line: crate::state::LARGEST,
            event: crate::state::LARGEST,
        });
        let mut frames = Vec::new();
        loop {
            let piece = tokio::select! {
                piece = body.frame() => piece,
                heard = self.ears.next() => {
                    // dropping the body lets the upstream go
                    self.meanwhile(heard).await?;
                    continue;
                }
            };
            let scanned = match piece {
                Some(Ok(piece)) => {
                    let data = piece.into_data().unwrap_or_default();
                    scanner.push(&data, &mut frames)
                }
                Some(Err(_)) => return Err(End::Gone),
                None => {
                    return match scanner.finish(&mut frames) {
                        Ok(()) => self.events(&mut frames).await,
                        Err(_) => Err(TOO_LONG),
                    };
                }
            };
            self.events(&mut frames).await?;
            scanned.map_err(|_| TOO_LONG)?;
        }
    }

    async fn events(&mut self, frames: &mut Vec<byokey_types::Frame>) -> Result<(), End> {
        for frame in frames.drain(..) {
            if let Some((status, error)) = frame::failure(&frame) {
                self.say(error).await?;
                ends(status)?;
            } else if frame.data.trim_ascii() != b"[DONE]" {
                self.say(frame.data).await?;
            }
        }
        Ok(())
    }

    /// What is heard while a request runs: the next one waits, a third is refused.
    async fn meanwhile(&mut self, heard: Heard) -> Result<(), End> {
        match heard {
            Heard::Text(text) => match self.ears.wait(text) {
                Ok(()) => Ok(()),
                Err(_) => self.say(frame::busy()).await,
            },
            Heard::Idle => Ok(()),
            other => self.attend(other).await,
        }
    }

    async fn attend(&mut self, heard: Heard) -> Result<(), End> {
        match heard {
            Heard::Binary => self.say(frame::binary()).await,
            Heard::Beat => self.send(Message::Ping(Bytes::new())).await,
            Heard::End(end) => Err(end),
            Heard::Text(_) | Heard::Idle => Ok(()),
        }
    }

    async fn say(&mut self, data: Bytes) -> Result<(), End> {
        let text = Utf8Bytes::try_from(data).map_err(|_| End::Gone)?;
        self.send(Message::Text(text)).await
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        self.out.send(message).await.map_err(|_| End::Gone)
    }

    async fn close(mut self, end: End) {
        let End::Close(code, reason) = end else {
            return;
        };
        let frame = CloseFrame {
            code,
            reason: Utf8Bytes::from_static(reason),
        };
        let farewell = async {
            if self.out.send(Message::Close(Some(frame))).await.is_ok() {
                self.ears.until_closed().await;
            }
        };
        if tokio::time::timeout(FAREWELL, farewell).await.is_err() {
            tracing::debug!("a websocket did not close");
        }
    }
}

const TOO_LONG: End = End::Close(CloseCode::Error, "an event of the answer is too long");

/// Whether the connection ends with an error of this status: trying again on another one helps.
fn ends(status: u16) -> Result<(), End> {
    match status {
        401 => Err(End::Close(CloseCode::Policy, "unauthorized")),
        408 | 429 | 500.. => Err(End::Close(CloseCode::Again, "try again")),
        _ => Ok(()),
    }
}

async fn ask(
    app: Arc<App>,
    headers: HeaderMap,
    local: Arc<Local>,
    id: Str,
    text: Bytes,
) -> Response {
    let asked = async {
        let started = (Instant::now(), app.ports.clock.now());
        let snapshot = app.snapshot();
        let owner = snapshot.guard.caller(&headers)?;
        let create = frame::read(text)?;
        let address = Format::OpenAiResponses.into();
        let mut inbound = inbound::peeked(address, id.clone(), started, headers, create.body)?;
        inbound.thread.owner = owner;
        inbound.thread.local = Some(local);
        if create.generate {
            generate::run(&app, &snapshot, inbound).await
        } else {
            warm::answer(&app, &snapshot, inbound).await
        }
    };
    match asked.await {
        Ok(response) => response,
        Err::<_, Fault>(fault) => fault::respond(fault, Format::OpenAiResponses, &id),
    }
}
