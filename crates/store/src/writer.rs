//! Usage records on their way to the database: queued on the hot path, written in batches beside it.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use byokey_types::ports::{UsageRecord, UsageSink};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Store, StoreError, error::Chain};

/// Pauses before a failed batch is tried again; after the last try its records are lost.
const BACKOFF: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
];

/// What a [`UsageWriter`] keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriterLimits {
    /// Records that wait at most; further ones are lost. At least 1.
    pub queue: usize,
    /// Records written together at most. At least 1.
    pub batch: usize,
    /// How long a record waits for others to be written with.
    pub delay: Duration,
}

impl Default for WriterLimits {
    fn default() -> Self {
        Self {
            queue: 8192,
            batch: 256,
            delay: Duration::from_millis(200),
        }
    }
}

/// The way of usage records into a [`Store`].
#[derive(Debug)]
pub struct UsageWriter {
    queue: mpsc::Sender<Message>,
    lost: Arc<AtomicU64>,
    closing: CancellationToken,
    closed: CancellationToken,
}

impl UsageWriter {
    /// Starts to write to `store`, in one task of `tracker`. When the writer is dropped, the task writes what is queued and ends.
    pub fn start(store: Store, tracker: &TaskTracker, limits: WriterLimits) -> Self {
        Self::start_on(store, tracker, limits)
    }

    /// Returns when every record taken before is written or lost.
    pub async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.queue.send(Message::Flush(done)).await.is_ok() {
            // an error means that the task ended, and it ends after it has answered
            written.await.unwrap_or_default();
        }
    }

    /// Takes no more records and returns when every one taken before is written or lost.
    ///
    /// Failed batches are then tried again without a pause; a deadline is for the caller to set.
    pub async fn close(&self) {
        self.closing.cancel();
        self.closed.cancelled().await;
    }

    /// Records lost since the start: the queue was full or closed, or they could not be written.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn start_on(target: impl BatchTarget, tracker: &TaskTracker, limits: WriterLimits) -> Self {
        let (sender, queue) = mpsc::channel(limits.queue.max(1));
        let writer = Self {
            queue: sender,
            lost: Arc::default(),
            closing: CancellationToken::new(),
            closed: CancellationToken::new(),
        };
        let task = Task {
            target,
            limits,
            queue,
            lost: Arc::clone(&writer.lost),
            reported: 0,
            closing: writer.closing.clone(),
        };
        let closed = writer.closed.clone().drop_guard();
        tracker.spawn(async move {
            task.run().await;
            drop(closed);
        });
        writer
    }
}

impl UsageSink for UsageWriter {
    fn record(&self, mut record: UsageRecord) {
        // not kept, and may be large
        if let Some(usage) = &mut record.usage {
            usage.raw = None;
        }
        // the task logs the loss: a log line for each would cost most when there is most to do
        if self.queue.try_send(Message::Record(record)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every message is a record"
)]
enum Message {
    Record(UsageRecord),
    Flush(oneshot::Sender<()>),
}

/// What batches are written to.
trait BatchTarget: Send + Sync + 'static {
    /// Writes records: all of them or none.
    fn write(&self, batch: &[UsageRecord]) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl BatchTarget for Store {
    fn write(&self, batch: &[UsageRecord]) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.write_usage(batch)
    }
}

/// The receiving end of the queue.
struct Task<T> {
    target: T,
    limits: WriterLimits,
    queue: mpsc::Receiver<Message>,
    lost: Arc<AtomicU64>,
    /// How many of `lost` were logged.
    reported: u64,
    closing: CancellationToken,
}

impl<T: BatchTarget> Task<T> {
    async fn run(mut self) {
        let mut batch = Vec::new();
        loop {
            let next = self.gather(&mut batch).await;
            self.write(&batch).await;
            batch.clear();
            self.report();
            match next {
                Next::More => {}
                // nobody may be waiting any more
                Next::Flushed(done) => drop(done.send(())),
                Next::End => return,
            }
        }
    }

    /// Fills `batch` until it is full, its delay is over, a flush asks for it, or the queue has ended.
    async fn gather(&mut self, batch: &mut Vec<UsageRecord>) -> Next {
        let mut deadline = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = self.closing.cancelled(), if !self.queue.is_closed() => self.queue.close(),
                () = tokio::time::sleep_until(deadline), if !batch.is_empty() => return Next::More,
                message = self.queue.recv() => match message {
                    None => return Next::End,
                    Some(Message::Flush(done)) => return Next::Flushed(done),
                    Some(Message::Record(record)) => {
                        if batch.is_empty() {
                            deadline = Instant::now() + self.limits.delay;
                        }
                        batch.push(record);
                        if batch.len() >= self.limits.batch {
                            return Next::More;
                        }
                    }
                },
            }
        }
    }

    async fn write(&self, batch: &[UsageRecord]) {
        if batch.is_empty() {
            return;
        }
        let mut pauses = BACKOFF.into_iter();
        while let Err(error) = self.target.write(batch).await {
            let error = Chain(&error).to_string();
            let Some(pause) = pauses.next() else {
                tracing::error!(
                    error,
                    records = batch.len(),
                    "usage was not written and is lost"
                );
                let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
                self.lost.fetch_add(count, Ordering::Relaxed);
                return;
            };
            tracing::warn!(
                error,
                records = batch.len(),
                "usage was not written, trying again"
            );
            tokio::select! {
                () = self.closing.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    fn report(&mut self) {
        let lost = self.lost.load(Ordering::Relaxed);
        if lost > self.reported {
            tracing::warn!(
                records = lost - self.reported,
                since_start = lost,
                "usage records were lost"
            );
            self.reported = lost;
        }
    }
}

/// What follows a batch.
enum Next {
    More,
    Flushed(oneshot::Sender<()>),
    End,
}

#[cfg(test)]
mod tests;
