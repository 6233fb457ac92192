//! Counting off the threads that serve.

use std::{sync::Arc, thread};

use byokey_types::{ByokError, Kind, Result};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Runs counts on threads of their own, no more of them at once than there are processors.
#[derive(Debug)]
pub struct Counter {
    tasks: TaskTracker,
    permits: Arc<Semaphore>,
}

impl Default for Counter {
    fn default() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Self {
            tasks: TaskTracker::new(),
            permits: Arc::new(Semaphore::new(processors)),
        }
    }
}

impl Counter {
    /// Runs a count and waits for it. Dropping the future cancels the token that the count is given.
    ///
    /// # Errors
    /// [`Kind::Internal`] when the count does not come to its end.
    pub async fn run<T: Send + 'static>(
        &self,
        count: impl FnOnce(&CancellationToken) -> T + Send + 'static,
    ) -> Result<T> {
        let failed = |error| {
            ByokError::new(Kind::Internal, "the tokens could not be counted").because(error)
        };
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|error| failed(Box::<dyn std::error::Error + Send + Sync>::from(error)))?;
        let stop = CancellationToken::new();
        let watched = stop.clone();
        let _stop_when_dropped = stop.drop_guard();
        let counting = self.tasks.spawn_blocking(move || {
            let counted = count(&watched);
            drop(permit);
            counted
        });
        counting.await.map_err(|error| failed(error.into()))
    }

    /// Waits until no count is left.
    pub async fn drained(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::time::Duration;

    use pretty_assertions::assert_eq;

    use super::*;

    #[tokio::test]
    async fn a_count_ends_with_whoever_wants_it() {
        let counter = Counter::default();
        assert_eq!(counter.run(|_| 5).await.unwrap(), 5);
        let (started, has_started) = tokio::sync::oneshot::channel();
        let endless = counter.run(move |stop| {
            started.send(()).unwrap();
            while !stop.is_cancelled() {
                thread::yield_now();
            }
        });
        tokio::select! {
            biased;
            ended = endless => ended.unwrap(),
            begun = has_started => begun.unwrap(),
        }
        tokio::time::timeout(Duration::from_mins(1), counter.drained())
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn a_count_that_breaks_off_is_our_fault() {
        let counter = Counter::default();
        let broken = counter.run(|_| assert_eq!(1, 2)).await.unwrap_err();
        assert_eq!(broken.kind, Kind::Internal);
        // and its place is free again
        assert_eq!(counter.run(|_| 5).await.unwrap(), 5);
    }
}
