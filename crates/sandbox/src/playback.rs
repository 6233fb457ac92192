//! A response body that plays steps and notices when nobody listens any more.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use crate::{
    journal::Watch,
    script::{Cue, Ending, Script, Step},
};

/// Steps, possibly made as they are played.
pub(crate) type Steps = Box<dyn Iterator<Item = Step> + Send>;

/// A response before it is put on a connection.
pub(crate) struct Performance {
    pub(crate) cue: Cue,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
    /// Whether the format's own headers are added; not to a script, which says everything itself.
    pub(crate) common_headers: bool,
}

/// The body of a [`Performance`].
pub(crate) enum Content {
    /// Known in full, sent with its length.
    Whole(Bytes),
    /// Sent in chunks.
    Steps(Steps, Ending),
}

/// The body that hyper sends.
pub(crate) struct Playback {
    part: Part,
    watch: Option<Watch>,
    /// Whether a cut has let earlier chunks go out.
    flushed: bool,
}

enum Part {
    Whole(Bytes),
    Steps {
        steps: Steps,
        ending: Ending,
        repeat: Option<Bytes>,
        clock: Option<Instant>,
        sleep: Option<Pin<Box<Sleep>>>,
    },
    Done,
}

impl Performance {
    pub(crate) fn whole(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            cue: Cue::Now,
            status,
            headers: HeaderMap::new(),
            content: Content::Whole(body.into()),
            common_headers: true,
        }
    }

    pub(crate) fn steps(
        steps: impl Iterator<Item = Step> + Send + 'static,
        ending: Ending,
    ) -> Self {
        Self {
            cue: Cue::Now,
            status: 200,
            headers: HeaderMap::new(),
            content: Content::Steps(Box::new(steps), ending),
            common_headers: true,
        }
    }

    pub(crate) fn cue(self, cue: Cue) -> Self {
        Self { cue, ..self }
    }
}

impl From<Script> for Performance {
    fn from(script: Script) -> Self {
        Self {
            cue: script.cue,
            status: script.status,
            headers: script.headers,
            content: Content::Steps(Box::new(script.steps.into_iter()), script.ending),
            common_headers: false,
        }
    }
}

impl Playback {
    /// Begins to play; from here on the watch belongs to the body.
    pub(crate) fn new(content: Content, mut watch: Watch) -> Self {
        watch.body_opened();
        let part = match content {
            Content::Whole(bytes) if bytes.is_empty() => {
                watch.complete();
                Part::Done
            }
            Content::Whole(bytes) => Part::Whole(bytes),
            Content::Steps(steps, ending) => Part::Steps {
                steps,
                ending,
                repeat: None,
                clock: None,
                sleep: None,
            },
        };
        Self {
            part,
            watch: Some(watch),
            flushed: false,
        }
    }

    /// A body that leaves no trace in the journal.
    pub(crate) fn unwatched(body: Vec<u8>) -> Self {
        Self {
            part: Part::Whole(body.into()),
            watch: None,
            flushed: false,
        }
    }

    fn complete(&mut self) {
        self.part = Part::Done;
        if let Some(watch) = &mut self.watch {
            watch.complete();
        }
    }
}

impl Body for Playback {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        let ended = match &mut this.part {
            Part::Done => return Poll::Ready(None),
            Part::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                this.complete();
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            Part::Steps {
                steps,
                ending,
                repeat,
                clock,
                sleep,
            } => loop {
                if let Some(bytes) = repeat {
                    return Poll::Ready(Some(Ok(Frame::data(bytes.clone()))));
                }
                if let Some(waiting) = sleep {
                    ready!(waiting.as_mut().poll(context));
                    *sleep = None;
                }
                match steps.next() {
                    // an empty chunk would end a chunked body
                    Some(Step::Send(bytes)) if bytes.is_empty() => {}
                    Some(Step::Send(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                    Some(Step::Wait(pause)) => *sleep = Some(next_tick(clock, pause)),
                    Some(Step::Forever(bytes)) => *repeat = Some(bytes),
                    None => break *ending,
                }
            },
        };
        match ended {
            Ending::Complete => {
                this.complete();
                Poll::Ready(None)
            }
            // one turn in between lets hyper send what it has buffered; an error would discard it
            Ending::Cut if !this.flushed => {
                this.flushed = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Ending::Cut => {
                this.complete();
                Poll::Ready(Some(Err(cut())))
            }
            // hyper drops the body when the client goes; no waker is needed
            Ending::Hang => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.part, Part::Done)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.part {
            Part::Whole(bytes) => {
                SizeHint::with_exact(u64::try_from(bytes.len()).unwrap_or(u64::MAX))
            }
            Part::Done => SizeHint::with_exact(0),
            Part::Steps { .. } => SizeHint::default(),
        }
    }
}

/// The error that makes hyper close a connection.
pub(crate) fn cut() -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionAborted,
        "the script cuts the connection here",
    )
}

fn next_tick(clock: &mut Option<Instant>, pause: Duration) -> Pin<Box<Sleep>> {
    let until = clock.unwrap_or_else(Instant::now) + pause;
    *clock = Some(until);
    Box::pin(tokio::time::sleep_until(until))
}
