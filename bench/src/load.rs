//! The load generator: a closed loop that saturates, and a paced one that measures latency.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures_util::future::try_join_all;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::task::TaskTracker;

use crate::{
    call::Call,
    connection::{Connection, Streamed, require_text},
    statistics::number,
};

/// One call and the connections that it goes over.
#[derive(Debug)]
pub(crate) struct Lane {
    call: Call,
    stream: bool,
    connections: Vec<Connection>,
}

/// What came back in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Throughput {
    pub(crate) answers: u64,
    /// Events of streamed answers.
    pub(crate) events: u64,
    pub(crate) elapsed: Duration,
}

/// How long a window may overrun: the longest that one answer may take.
const GRACE: Duration = Duration::from_secs(30);
/// Most answers that one connection reads in a window.
const MOST_ANSWERS: u64 = 1_000_000;
/// Most latencies that are kept of a window.
const MOST_SAMPLES: usize = 100_000;

impl Lane {
    /// Connects, and looks closely at a first answer.
    ///
    /// # Errors
    /// When that answer is not what was asked for.
    pub(crate) async fn open(
        call: Call,
        stream: bool,
        connections: usize,
        tasks: &TaskTracker,
    ) -> anyhow::Result<Self> {
        let opening = (0..connections).map(|_| Connection::open(call.target(), tasks));
        let mut connections = try_join_all(opening).await?;
        let first = connections
            .first_mut()
            .context("a lane of no connections")?;
        let looked_at = async {
            if stream {
                first.stream(&call, || {}).await?;
                return Ok(());
            }
            require_text(&call, &first.read(&call).await?)
        };
        within(Duration::ZERO, looked_at).await?;
        Ok(Self {
            call,
            stream,
            connections,
        })
    }

    /// Every connection asks again as soon as it is answered, until the window is over.
    ///
    /// # Errors
    /// On the first answer that is not right.
    pub(crate) async fn saturate(&mut self, window: Duration) -> anyhow::Result<Throughput> {
        let begun = Instant::now();
        let end = begun + window;
        let (call, stream) = (&self.call, self.stream);
        let working = self
            .connections
            .iter_mut()
            .map(|connection| work(connection, call, stream, end));
        let counts = within(window, try_join_all(working)).await?;
        let elapsed = begun.elapsed();
        let total = counts.iter().fold((0, 0), |total, count| {
            (total.0 + count.0, total.1 + count.1)
        });
        Ok(Throughput {
            answers: total.0,
            events: total.1,
            elapsed,
        })
    }

    /// One connection asks so many times a second, or without a pause; for each answer the time to its last byte, or to
    /// its first when it is streamed.
    ///
    /// # Errors
    /// On the first answer that is not right.
    pub(crate) async fn pace(
        &mut self,
        window: Duration,
        per_second: Option<u32>,
    ) -> anyhow::Result<Vec<Duration>> {
        let (call, stream) = (&self.call, self.stream);
        let connection = self
            .connections
            .first_mut()
            .context("a lane of no connections")?;
        let pause = per_second.map(|rate| Duration::from_secs(1) / rate);
        let sampling = async {
            let mut samples = Vec::new();
            let end = Instant::now() + window;
            let mut next = Instant::now();
            while samples.len() < MOST_SAMPLES && (Instant::now() < end || samples.is_empty()) {
                if let Some(pause) = pause {
                    sleep_until(next).await;
                    // one that is late is not made up for: the rate is modest, not owed
                    next = next.max(Instant::now()) + pause;
                }
                samples.push(if stream {
                    connection.stream(call, || {}).await?.first_byte
                } else {
                    connection.exchange(call).await?
                });
            }
            Ok(samples)
        };
        within(window, sampling).await
    }
}

impl Throughput {
    /// Answers a second.
    pub(crate) fn answers_per_second(self) -> f64 {
        number(self.answers) / self.elapsed.as_secs_f64()
    }

    /// Events a second.
    pub(crate) fn events_per_second(self) -> f64 {
        number(self.events) / self.elapsed.as_secs_f64()
    }
}

async fn work(
    connection: &mut Connection,
    call: &Call,
    stream: bool,
    end: Instant,
) -> anyhow::Result<(u64, u64)> {
    let (mut answers, mut events) = (0, 0);
    while answers < MOST_ANSWERS && (Instant::now() < end || answers == 0) {
        if stream {
            let Streamed { events: more, .. } = connection.stream(call, || {}).await?;
            events += more;
        } else {
            connection.exchange(call).await?;
        }
        answers += 1;
    }
    Ok((answers, events))
}

async fn within<T>(
    window: Duration,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let limit = window + GRACE;
    let result = timeout(limit, work).await;
    ensure!(result.is_ok(), "no answer for {} s", GRACE.as_secs());
    result.context("no answer")?
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::net::SocketAddr;

    use byokey_sandbox::{Sandbox, SandboxConfig};
    use pretty_assertions::assert_eq;
    use tokio_util::sync::{CancellationToken, DropGuard};

    use super::*;
    use crate::call::{Answer, Wire};

    const WINDOW: Duration = Duration::from_millis(20);

    async fn sandbox(tasks: &TaskTracker) -> (Sandbox, DropGuard) {
        let stop = CancellationToken::new();
        let sandbox = Sandbox::start(SandboxConfig::default(), tasks, stop.clone());
        (sandbox.await.unwrap(), stop.drop_guard())
    }

    fn call(target: SocketAddr, wire: Wire, model: &str, answer: Answer) -> Call {
        Call::new(target, wire, model, answer, 1_000).unwrap()
    }

    #[tokio::test]
    async fn every_answer_is_counted_once() {
        let tasks = TaskTracker::new();
        let (sandbox, _stop) = sandbox(&tasks).await;
        for wire in [Wire::Chat, Wire::Messages] {
            let answer = Answer::Whole { words: 16 };
            let call = call(sandbox.addr(), wire, "lorem-16", answer);
            let before = sandbox.gauges().received;
            let mut lane = Lane::open(call, false, 4, &tasks).await.unwrap();
            let throughput = lane.saturate(WINDOW).await.unwrap();
            let samples = lane.pace(WINDOW, Some(200)).await.unwrap();
            let counted = 1 + throughput.answers + u64::try_from(samples.len()).unwrap();
            assert_eq!(sandbox.gauges().received - before, counted);
        }
    }

    #[tokio::test]
    async fn every_event_of_a_stream_is_counted() {
        let tasks = TaskTracker::new();
        let (sandbox, _stop) = sandbox(&tasks).await;
        let answer = Answer::Stream { words: 10 };
        // around the words: role, stop reason, `[DONE]`; start and stop of message and block, ping, stop reason
        for (wire, around) in [(Wire::Chat, 3), (Wire::Messages, 6)] {
            let call = call(sandbox.addr(), wire, "lorem-10", answer);
            let mut lane = Lane::open(call, true, 2, &tasks).await.unwrap();
            let throughput = lane.saturate(WINDOW).await.unwrap();
            assert_eq!(throughput.events, throughput.answers * (10 + around));
        }
    }

    #[tokio::test]
    async fn an_answer_that_is_not_right_ends_the_run() {
        let tasks = TaskTracker::new();
        let (sandbox, _stop) = sandbox(&tasks).await;
        let whole = Answer::Whole { words: 16 };
        let stream = Answer::Stream { words: 16 };
        // more events than these, and still no end
        let short = Answer::Stream { words: 5 };
        let mut errors = Vec::new();
        for (wire, model, answer, streamed) in [
            (Wire::Chat, "fail-500", whole, false),
            (Wire::Messages, "lorem-15", whole, false),
            (Wire::Chat, "lorem-9", stream, true),
            (Wire::Messages, "cut", stream, true),
            (Wire::Messages, "error-mid", short, true),
        ] {
            let call = call(sandbox.addr(), wire, model, answer);
            let lane = Lane::open(call, streamed, 1, &tasks).await;
            let error = format!("{:#}", lane.unwrap_err());
            errors.push(error.chars().take(30).collect::<String>());
        }
        assert_eq!(
            errors,
            [
                "status 500 Internal Server Err",
                "an answer of 15 words where 16",
                "a stream of 12 events where 16",
                "the stream broke off: error re",
                "a stream of 12 events where 5 ",
            ]
        );
    }

    #[tokio::test]
    async fn only_loopback_is_asked() {
        let target: SocketAddr = "192.0.2.1:80".parse().unwrap();
        let call = call(target, Wire::Chat, "lorem-1", Answer::Whole { words: 1 });
        let lane = Lane::open(call, false, 1, &TaskTracker::new()).await;
        assert_eq!(
            lane.unwrap_err().to_string(),
            "192.0.2.1:80 is not a loopback address"
        );
    }
}
