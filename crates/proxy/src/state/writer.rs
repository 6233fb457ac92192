//! The one task that writes: a response is put before it is deleted, whoever asks for what.

use std::sync::Arc;

use byokey_types::{Result, Str, ports::StoredResponse};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::Kept;

/// What the writer is to do.
pub(super) enum Job {
    /// Write a response.
    Put(Writing),
    /// Delete one and say whether there was one.
    Delete {
        id: Str,
        owner: Option<Str>,
        done: oneshot::Sender<Result<bool>>,
    },
    /// Say that everything before is done.
    Flush(oneshot::Sender<()>),
}

/// A response that waits, and the room it takes while it does.
pub(super) struct Writing {
    pub(super) response: Arc<StoredResponse>,
    pub(super) room: OwnedSemaphorePermit,
}

/// Writes until `stop`, and then what is left.
pub(super) async fn write(
    kept: Arc<Kept>,
    mut queue: mpsc::Receiver<Job>,
    stop: CancellationToken,
) {
    loop {
        let job = tokio::select! {
            job = queue.recv() => job,
            () = stop.cancelled() => break,
        };
        let Some(job) = job else { return };
        kept.run(job).await;
    }
    queue.close();
    while let Some(job) = queue.recv().await {
        kept.run(job).await;
    }
}

impl Kept {
    async fn run(&self, job: Job) {
        match job {
            Job::Put(Writing { response, room }) => {
                if let Err(error) = self.store.put(&response).await {
                    tracing::warn!(response = %response.id, cause = ?error.source, "not kept: {error}");
                }
                let key = (response.owner.clone(), response.id.clone());
                let mut pending = self.pending();
                // another of the same id may wait behind this one
                if pending
                    .get(&key)
                    .is_some_and(|newest| Arc::ptr_eq(newest, &response))
                {
                    pending.remove(&key);
                }
                drop(pending);
                drop(room);
            }
            Job::Delete { id, owner, done } => {
                let deleted = self.store.delete(&id, owner.as_deref()).await;
                if let Err(Err(error)) = done.send(deleted) {
                    // whoever asked is gone
                    tracing::warn!(response = %id, "not deleted: {error}");
                }
            }
            Job::Flush(done) => done.send(()).unwrap_or_default(),
        }
    }
}
