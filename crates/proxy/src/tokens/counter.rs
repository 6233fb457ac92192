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
