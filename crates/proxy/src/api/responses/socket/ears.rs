//! What the peer of a WebSocket says, and whether it is still there.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream::SplitStream};
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_tungstenite::tungstenite::{
    Error, Message, error::ProtocolError, protocol::frame::coding::CloseCode,
};

use super::{End, Socket};

/// A sign of life goes out this often.
const BEAT: Duration = Duration::from_secs(30);

/// A peer that answers none of them for so long is gone.
const SILENCE: Duration = Duration::from_mins(2);

/// How long a connection may rest between requests; as long as the OpenAI API lets one live.
const IDLE: Duration = Duration::from_hours(1);

/// Something that was heard.
pub(super) enum Heard {
    /// A text.
    Text(Bytes),
    /// What nobody here reads.
    Binary,
    /// It is time for a sign of life.
    Beat,
    /// Nothing was asked for a long time.
    Idle,
    /// The end.
    End(End),
}

/// The listening half of a connection.
pub(super) struct Ears {
    stream: SplitStream<Socket>,
    /// The one text that may wait.
    waiting: Option<Bytes>,
    heard: Instant,
    asked: Instant,
    beat: Interval,
}

impl Ears {
    pub(super) fn new(stream: SplitStream<Socket>) -> Self {
        let now = Instant::now();
        let mut beat = tokio::time::interval_at(now + BEAT, BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            stream,
            waiting: None,
            heard: now,
            asked: now,
            beat,
        }
    }

    /// Takes the text that waits.
    pub(super) const fn waiting(&mut self) -> Option<Bytes> {
        self.waiting.take()
    }

    /// Lets a text wait.
    ///
    /// # Errors
    /// The text, when another one waits.
    pub(super) fn wait(&mut self, text: Bytes) -> Result<(), Bytes> {
        if self.waiting.is_some() {
            return Err(text);
        }
        self.waiting = Some(text);
        Ok(())
    }

    /// The next thing that is heard. Nothing is lost when this is dropped before.
    pub(super) async fn next(&mut self) -> Heard {
        loop {
            let message = tokio::select! {
                message = self.stream.next() => message,
                now = self.beat.tick() => return self.tick(now),
            };
            self.heard = Instant::now();
            match message {
                Some(Ok(Message::Text(text))) => {
                    self.asked = self.heard;
                    return Heard::Text(text.into());
                }
                Some(Ok(Message::Binary(_))) => return Heard::Binary,
                // both are answered by the library
                Some(Ok(
                    Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_),
                )) => {}
                Some(Err(error)) => return Heard::End(end_of(&error)),
                None => return Heard::End(End::Gone),
            }
        }
    }

    /// Listens to the end, whatever is said.
    pub(super) async fn until_closed(&mut self) {
        while let Some(Ok(_)) = self.stream.next().await {}
    }

    fn tick(&self, now: Instant) -> Heard {
        if now.duration_since(self.heard) >= SILENCE {
            Heard::End(End::Gone)
        } else if now.duration_since(self.asked) >= IDLE {
            Heard::Idle
        } else {
            Heard::Beat
        }
    }
}

fn end_of(error: &Error) -> End {
    match error {
        Error::Capacity(_) => End::Close(
            CloseCode::Size,
            "the message is too long; see `body_limit` in the configuration",
        ),
        Error::Utf8(_) => End::Close(CloseCode::Invalid, "the text is not UTF-8"),
        // it went without a word
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::Gone,
        Error::Protocol(_) => End::Close(CloseCode::Protocol, "the frame is not of the protocol"),
        _ => End::Gone,
    }
}
