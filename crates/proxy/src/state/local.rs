//! What one connection remembers: its responses can be gone on from also when nothing is kept.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use byokey_types::{
    Result, Str,
    ports::{Chain, MAX_LINKS, StoredResponse, Turn},
};

use super::Responses;

/// The responses of one connection, the oldest forgotten first.
pub struct Local {
    /// Bytes of items that are held at most.
    limit: usize,
    held: Mutex<VecDeque<Arc<StoredResponse>>>,
}

impl Local {
    /// Remembers up to `limit` bytes.
    pub const fn new(limit: usize) -> Self {
        Self {
            limit,
            held: Mutex::new(VecDeque::new()),
        }
    }

    /// Remembers a response, in place of an earlier one of the same id.
    pub fn keep(&self, response: Arc<StoredResponse>) {
        let mut held = self.held();
        held.retain(|other| other.id != response.id);
        held.push_back(response);
        let mut total: usize = held.iter().map(|response| size(response)).sum();
        while total > self.limit || held.len() > MAX_LINKS {
            let Some(oldest) = held.pop_front() else {
                return;
            };
            total -= size(&oldest);
        }
    }

    /// A response that is remembered.
    pub fn find(&self, id: &str) -> Option<Arc<StoredResponse>> {
        self.held()
            .iter()
            .find(|response| response.id == id)
            .cloned()
    }

    /// The conversation that ends in a response; its beginning may lie in what is kept for everybody.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn chain(
        &self,
        id: &str,
        owner: Option<&Str>,
        responses: &Responses,
        max_bytes: u64,
    ) -> Result<Chain> {
        let (own, before) = self.own(id);
        if own.is_empty() {
            return responses.chain(id, owner, max_bytes).await;
        }
        let bytes: u64 = own.iter().map(|response| length(response)).sum();
        if bytes > max_bytes {
            return Ok(Chain::TooLarge);
        }
        let own = own.iter().rev().map(|response| turn(response));
        let Some(before) = before else {
            return Ok(Chain::Whole(own.collect()));
        };
        let chain = responses.chain(&before, owner, max_bytes - bytes).await?;
        Ok(match chain {
            Chain::Whole(mut turns) => {
                turns.extend(own);
                Chain::Whole(turns)
            }
            Chain::Unknown => Chain::Broken {
                missing: before,
                rest: own.collect(),
            },
            Chain::Broken { missing, mut rest } => {
                rest.extend(own);
                Chain::Broken { missing, rest }
            }
            Chain::TooLong => Chain::TooLong,
            Chain::TooLarge => Chain::TooLarge,
        })
    }

    /// The responses of a chain that are remembered, newest first, and the id of the one before them.
    fn own(&self, id: &str) -> (Vec<Arc<StoredResponse>>, Option<Str>) {
        let mut own: Vec<Arc<StoredResponse>> = Vec::new();
        let mut next = Some(Str::from(id));
        while let Some(id) = next.take() {
            let Some(response) = self.find(&id).filter(|_| own.len() < MAX_LINKS) else {
                return (own, Some(id));
            };
            next.clone_from(&response.previous);
            own.push(response);
        }
        (own, None)
    }

    fn held(&self) -> MutexGuard<'_, VecDeque<Arc<StoredResponse>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Local {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Local")
            .field("limit", &self.limit)
            .field("held", &self.held().len())
            .finish()
    }
}

fn size(response: &StoredResponse) -> usize {
    response.input.len() + response.output.len()
}

fn length(response: &StoredResponse) -> u64 {
    u64::try_from(size(response)).unwrap_or(u64::MAX)
}

fn turn(response: &StoredResponse) -> Turn {
    Turn {
        id: response.id.clone(),
        account: response.account.clone(),
        upstream_id: response.upstream_id.clone(),
        model: response.model.clone(),
        status: response.status.clone(),
        input: response.input.clone(),
        output: response.output.clone(),
    }
}
