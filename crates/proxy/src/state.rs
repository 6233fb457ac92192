//! The state of the Responses API: what was answered is kept, and can be gone on from on every provider.
//!
//! * [`Responses`]: where responses are kept. What was just answered can be read at once; a task writes it.
//! * [`Local`]: what one WebSocket connection remembers, kept or not.
//! * [`Thread`]: what a request says of the conversation it goes on from.
//! * [`replay`]: a request that goes on, worded for an upstream that does not know the conversation.
//! * [`Draft`]: an answer on its way, to be kept once it is whole.

mod draft;
pub mod items;
mod local;
pub mod replay;
mod thread;
mod writer;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use byokey_types::{
    ByokError, Kind, Result, Str, UpstreamFault,
    ports::{Chain, ResponseStore, StoredResponse},
};
use bytes::Bytes;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::writer::{Job, Writing};
pub use self::{
    draft::{Draft, LARGEST, is_stored},
    local::Local,
    thread::Thread,
};

/// The longest id that is looked for, in bytes.
const LONGEST_ID: usize = 512;

/// Responses that wait to be written, in KiB together.
const WAITING: usize = 128 << 10;

/// Jobs that wait for the writer.
const QUEUE: usize = 1 << 10;

/// Where responses are kept, if anywhere. Clones share it.
#[derive(Clone, Default)]
pub struct Responses(Option<Arc<Kept>>);

type Key = (Option<Str>, Str);

struct Kept {
    store: Arc<dyn ResponseStore>,
    /// What the writer has not written yet.
    pending: Mutex<HashMap<Key, Arc<StoredResponse>>>,
    room: Arc<Semaphore>,
    jobs: mpsc::Sender<Job>,
}

impl Responses {
    /// Nothing is kept.
    pub const fn none() -> Self {
        Self(None)
    }

    /// Keeps responses in `store`. One task of `tracker` writes them, in their order; at `stop` it writes what is left and
    /// ends.
    pub fn start(
        store: Arc<dyn ResponseStore>,
        tracker: &TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let kept = Arc::new(Kept {
            store,
            pending: Mutex::default(),
            room: Arc::new(Semaphore::new(WAITING)),
            jobs,
        });
        tracker.spawn(writer::write(Arc::clone(&kept), queue, stop));
        Self(Some(kept))
    }

    /// Whether anything is kept.
    pub const fn keeps(&self) -> bool {
        self.0.is_some()
    }

    /// Keeps a response: it can be read as soon as this returns.
    pub fn keep(&self, response: Arc<StoredResponse>) {
        let Some(kept) = &self.0 else { return };
        let bytes = response.input.len() + response.output.len() + response.body.len();
        let permits = u32::try_from(bytes.div_ceil(1 << 10).clamp(1, WAITING)).unwrap_or(u32::MAX);
        let Ok(room) = Arc::clone(&kept.room).try_acquire_many_owned(permits) else {
            return tracing::warn!(response = %response.id, "not kept: too many responses wait to be written");
        };
        let key = (response.owner.clone(), response.id.clone());
        kept.pending().insert(key.clone(), Arc::clone(&response));
        let put = Job::Put(Writing { response, room });
        if kept.jobs.try_send(put).is_err() {
            kept.pending().remove(&key);
            tracing::warn!(response = %key.1, "not kept: the store is busy or closed");
        }
    }

    /// A response of this owner.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn get(&self, id: &str, owner: Option<&Str>) -> Result<Option<Arc<StoredResponse>>> {
        let Some(kept) = self.0.as_ref().filter(|_| is_plausible(id)) else {
            return Ok(None);
        };
        if let Some(response) = kept.pending().get(&key(id, owner)) {
            return Ok(Some(Arc::clone(response)));
        }
        let found = kept.store.get(id, owner.map(Str::as_str)).await?;
        Ok(found.map(Arc::new))
    }

    /// The conversation that ends in a response of this owner, in `max_bytes` of items.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn chain(&self, id: &str, owner: Option<&Str>, max_bytes: u64) -> Result<Chain> {
        let Some(kept) = self.0.as_ref().filter(|_| is_plausible(id)) else {
            return Ok(Chain::Unknown);
        };
        let waits = kept.pending().contains_key(&key(id, owner));
        if waits {
            let (done, written) = oneshot::channel();
            if kept.jobs.send(Job::Flush(done)).await.is_ok() {
                // an end without a word is the writer's end: the store says what there is
                written.await.unwrap_or_default();
            }
        }
        kept.store
            .chain(id, owner.map(Str::as_str), max_bytes)
            .await
    }

    /// Deletes a response of this owner and says whether there was one.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn delete(&self, id: &str, owner: Option<&Str>) -> Result<bool> {
        let Some(kept) = self.0.as_ref().filter(|_| is_plausible(id)) else {
            return Ok(false);
        };
        let waited = kept.pending().remove(&key(id, owner)).is_some();
        let (done, deleted) = oneshot::channel();
        let job = Job::Delete {
            id: id.into(),
            owner: owner.cloned(),
            done,
        };
        let closed = || ByokError::new(Kind::ShuttingDown, "the store is closed");
        kept.jobs.send(job).await.map_err(|_| closed())?;
        let deleted = deleted.await.map_err(|_| closed())??;
        Ok(waited || deleted)
    }
}

impl std::fmt::Debug for Responses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Responses").field(&self.keeps()).finish()
    }
}

impl Kept {
    fn pending(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Arc<StoredResponse>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the OpenAI API says to a `previous_response_id` that it does not know: status, code and parameter are its own.
pub fn previous_not_found(id: &str) -> ByokError {
    let param = "previous_response_id";
    let message = format!("Previous response with id '{}' not found.", shown(id));
    ByokError::new(Kind::InvalidRequest, message.clone())
        .at(param)
        .answered(UpstreamFault {
            status: 400,
            code: Some(Str::new_static(PREVIOUS_NOT_FOUND)),
            message: Some(message),
            param: Some(param.to_owned()),
            body: Bytes::new(),
            content_type: None,
        })
}

/// The code of [`previous_not_found`].
pub const PREVIOUS_NOT_FOUND: &str = "previous_response_not_found";

/// As much of a caller's id as a message repeats.
pub fn shown(id: &str) -> String {
    id.chars()
        .filter(|char| !char.is_control())
        .take(120)
        .collect()
}

/// Whether there can be a response of this id. A database may not know the character NUL.
fn is_plausible(id: &str) -> bool {
    !id.is_empty() && id.len() <= LONGEST_ID && !id.contains('\0')
}

fn key(id: &str, owner: Option<&Str>) -> Key {
    (owner.cloned(), id.into())
}
