//! Streams: committed with their first content, pulled by the caller, ended exactly once.
//!
//! Nothing is spawned: the caller's connection polls the body, the body polls the upstream. So a slow caller slows the
//! upstream, and a caller who hangs up drops everything, the upstream's connection included.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use byokey_provider::{Answer, Body as UpstreamBody};
use byokey_translate::{Reply, event::StreamFault};
use byokey_types::{ByokError, Kind, Result, ports::Outcome};
use bytes::Bytes;
use http::{HeaderValue, header};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::{
    Plan,
    hush::Hush,
    pipe::{self, Pipe},
};
use crate::{fault, meter::Meter, pipeline::prepare::Answering};

/// How long an upstream that has said everything may take to close; its connection is used again when it does.
const CLOSE_GRACE: Duration = Duration::from_millis(250);

/// Most of the handshake that is held back before the answer is committed.
const HANDSHAKE: usize = 256 << 10;

/// A stream whose first content is here.
pub struct Open {
    /// What the caller is told of it.
    pub content_type: HeaderValue,
    upstream: UpstreamBody,
    pipe: Pipe,
    out: VecDeque<Bytes>,
    sign_of_life: &'static [u8],
    keepalive: Duration,
    cut: CancellationToken,
    /// The upstream has no more bytes.
    drained: bool,
}

/// The body of a committed stream.
pub struct StreamBody {
    upstream: Option<UpstreamBody>,
    pipe: Pipe,
    out: VecDeque<Bytes>,
    sign_of_life: Bytes,
    keepalive: Option<Duration>,
    /// Fires when the next sign of life is due, or when an upstream that has said everything did not close.
    timer: Pin<Box<Sleep>>,
    last: Instant,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    meter: Meter,
}

/// Reads a stream until its first content, or until the caller needs a sign of life.
pub(super) async fn open(plan: Plan<'_>, answer: Answer, meter: &mut Meter) -> Result<Open> {
    let (verbatim, json_array, sign_of_life) = match &plan.answer {
        Answering::Verbatim {
            codec, json_array, ..
        } => {
            let reply = Reply {
                json_array: *json_array,
                ..Reply::default()
            };
            (true, *json_array, codec.keepalive_of(&reply))
        }
        Answering::Translated { client, reply, .. } => {
            (false, reply.json_array, client.keepalive_of(reply))
        }
    };
    let content_type = if json_array {
        HeaderValue::from_static("application/json")
    } else {
        let own = answer.headers.get(header::CONTENT_TYPE);
        own.filter(|_| verbatim)
            .cloned()
            .unwrap_or(HeaderValue::from_static("text/event-stream"))
    };
    let mut open = Open {
        content_type,
        upstream: answer.body,
        pipe: Pipe::new(plan.answer, Hush::new(plan.token)),
        out: VecDeque::new(),
        sign_of_life,
        keepalive: plan.keepalive,
        cut: plan.app.cut.clone(),
        drained: false,
    };
    let handshake = open.handshake(meter);
    let result = if plan.keepalive.is_zero() {
        handshake.await
    } else {
        // silence longer than this: the caller needs bytes, so the answer is committed without content
        tokio::time::timeout(plan.keepalive, handshake)
            .await
            .unwrap_or(Ok(()))
    };
    result?;
    let seen = open.pipe.seen();
    match &seen.fault {
        Some(fault) if !seen.content => Err(pipe::error(fault, plan.provider)),
        Some(_) | None => Ok(open),
    }
}

impl Open {
    /// The body, which takes the meter along.
    pub fn into_body(self, meter: Meter) -> StreamBody {
        let keepalive = (!self.keepalive.is_zero()).then_some(self.keepalive);
        let first = if self.pipe.seen().ended {
            CLOSE_GRACE
        } else {
            keepalive.unwrap_or(Duration::from_hours(24))
        };
        let mut body = StreamBody {
            upstream: (!self.drained).then_some(self.upstream),
            pipe: self.pipe,
            out: self.out,
            sign_of_life: Bytes::from_static(self.sign_of_life),
            keepalive,
            timer: Box::pin(tokio::time::sleep(first)),
            last: Instant::now(),
            cut: Box::pin(self.cut.cancelled_owned()),
            meter,
        };
        body.settle();
        body
    }

    /// The meter learns at once what it has cost: the caller may hang up at any moment.
    async fn handshake(&mut self, meter: &mut Meter) -> Result<()> {
        let mut held = 0;
        while !self.pipe.seen().content && !self.pipe.seen().ended && held < HANDSHAKE {
            let mut upstream = Pin::new(&mut self.upstream);
            match upstream.frame().await {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        held += data.len();
                        self.pipe.push(data, &mut self.out);
                        count(&mut self.pipe, meter);
                    }
                }
                Some(Err(error)) => return Err(error),
                None => {
                    self.drained = true;
                    self.pipe.finish(&mut self.out);
                    count(&mut self.pipe, meter);
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

impl StreamBody {
    /// Tells the meter what the stream has shown.
    fn settle(&mut self) {
        count(&mut self.pipe, &mut self.meter);
        let seen = self.pipe.seen();
        if seen.ended {
            self.meter.settle(match &seen.fault {
                Some(fault) => Outcome::Failed(fault.kind.status()),
                None => Outcome::Completed,
            });
        }
    }

    fn break_off(&mut self, fault: StreamFault) {
        self.upstream = None;
        self.pipe.break_off(fault, &mut self.out);
        self.settle();
    }

    /// Whether an upstream that has said everything has talked on for too long. Read from the clock: while there is always
    /// something to read, the timer is never asked.
    fn is_overdue(&self) -> bool {
        self.pipe.seen().ended && Instant::now() >= self.timer.deadline()
    }

    /// Polls the upstream once; whether anything came of it.
    fn pull(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(upstream) = &mut self.upstream else {
            return false;
        };
        match Pin::new(upstream).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    let ended = self.pipe.seen().ended;
                    self.pipe.push(data, &mut self.out);
                    self.settle();
                    if !ended && self.pipe.seen().ended {
                        self.timer.as_mut().reset(Instant::now() + CLOSE_GRACE);
                    }
                }
                true
            }
            Poll::Ready(Some(Err(error))) => {
                self.break_off(fault_of(&error));
                true
            }
            Poll::Ready(None) => {
                self.upstream = None;
                self.pipe.finish(&mut self.out);
                self.settle();
                true
            }
            Poll::Pending => false,
        }
    }

    /// Polls the timer; whether anything came of it.
    fn tick(&mut self, cx: &mut Context<'_>) -> bool {
        if self.timer.as_mut().poll(cx).is_pending() {
            return false;
        }
        if self.pipe.seen().ended {
            self.upstream = None;
            return true;
        }
        let Some(interval) = self.keepalive else {
            return false;
        };
        let now = Instant::now();
        let due = self.last + interval;
        if now < due {
            self.timer.as_mut().reset(due);
            return true;
        }
        self.timer.as_mut().reset(now + interval);
        if self.pipe.at_boundary() {
            self.out.push_back(self.sign_of_life.clone());
        }
        true
    }
}

impl Body for StreamBody {
    type Data = Bytes;
    type Error = ByokError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ByokError>>> {
        let this = self.get_mut();
        loop {
            if let Some(bytes) = this.out.pop_front() {
                this.last = Instant::now();
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            if this.upstream.is_none() {
                return Poll::Ready(None);
            }
            if this.cut.as_mut().poll(cx).is_ready() {
                this.break_off(StreamFault::new(Kind::ShuttingDown, fault::SHUTTING_DOWN));
                continue;
            }
            if this.pull(cx) {
                if this.is_overdue() {
                    this.upstream = None;
                }
            } else if !this.tick(cx) {
                return Poll::Pending;
            }
        }
    }
}

fn count(pipe: &mut Pipe, meter: &mut Meter) {
    if let Some(usage) = pipe.take_usage() {
        meter.usage(usage);
    }
}

fn fault_of(error: &ByokError) -> StreamFault {
    StreamFault::new(error.kind, error.message())
}
