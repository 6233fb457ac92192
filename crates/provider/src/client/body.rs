//! The body of an answer: decoded, and never silent for longer than agreed.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use byokey_types::{ByokError, Kind, Result};
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::{Wire, decode::Decoded, failure};

/// The body of an answer. Trailers are left out; after an error it is at its end.
pub struct Body {
    source: Source,
    silence: Silence,
    host: Arc<str>,
}

impl Body {
    /// Takes the body of a response, and out of its head the headers that no longer hold.
    ///
    /// # Errors
    /// [`Kind::BadUpstream`] when it is in a coding that nobody here decodes.
    pub(super) fn new(
        wire: Wire,
        headers: &mut HeaderMap,
        host: Arc<str>,
        idle: Duration,
    ) -> Result<Self> {
        let source = if wire.is_end_stream() {
            Source::Ended
        } else {
            Decoded::new(wire, headers, &host)?
                .map_or_else(Source::Plain, |decoded| Source::Decoded(Box::new(decoded)))
        };
        Ok(Self {
            source,
            silence: Silence::new(idle),
            host,
        })
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        match &mut self.source {
            Source::Ended => Poll::Ready(None),
            Source::Decoded(decoded) => decoded.poll_chunk(cx, &self.host),
            Source::Plain(wire) => loop {
                let Some(frame) = ready!(Pin::new(&mut *wire).poll_frame(cx)) else {
                    return Poll::Ready(None);
                };
                match frame.map(Frame::into_data) {
                    Ok(Ok(data)) if !data.is_empty() => return Poll::Ready(Some(Ok(data))),
                    // nothing, or trailers
                    Ok(Ok(_) | Err(_)) => {}
                    Err(error) => {
                        return Poll::Ready(Some(Err(failure::inside_body(error, &self.host))));
                    }
                }
            },
        }
    }

    fn fell_silent(&self) -> ByokError {
        ByokError::new(
            Kind::Timeout,
            format!(
                "`{}` fell silent inside its answer for {:?}; `upstream.idle_timeout` sets the limit",
                self.host, self.silence.limit
            ),
        )
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = ByokError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ByokError>>> {
        let this = &mut *self;
        let chunk = if let Poll::Ready(chunk) = this.poll_chunk(cx) {
            this.silence.end();
            chunk
        } else {
            ready!(this.silence.poll(cx));
            Some(Err(this.fell_silent()))
        };
        if !matches!(chunk, Some(Ok(_))) {
            // lets go of the connection
            this.source = Source::Ended;
        }
        Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Ended => true,
            Source::Plain(wire) => wire.is_end_stream(),
            Source::Decoded(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Ended => SizeHint::with_exact(0),
            Source::Plain(wire) => wire.size_hint(),
            Source::Decoded(_) => SizeHint::default(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

enum Source {
    Plain(Wire),
    Decoded(Box<Decoded>),
    Ended,
}

/// Watches for silence while bytes are asked for.
///
/// One timer for the whole body, moved only when it goes off: a chunk costs a clock read, not a timer.
struct Silence {
    limit: Duration,
    since: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Silence {
    const fn new(limit: Duration) -> Self {
        Self {
            limit,
            since: None,
            alarm: None,
        }
    }

    const fn end(&mut self) {
        self.since = None;
    }

    /// Ready when it has been silent for as long as the limit.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let until = *self.since.get_or_insert_with(Instant::now) + self.limit;
        let alarm = self
            .alarm
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        loop {
            ready!(alarm.as_mut().poll(cx));
            if alarm.deadline() >= until {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(until);
        }
    }
}
