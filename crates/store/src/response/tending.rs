//! The task that prunes.

use std::{future::Future, sync::Arc, time::Duration};

use byokey_types::{Timestamp, ports::Clock};
use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{Pruned, ResponseArchive};
use crate::{StoreError, error::Chain};

/// The least time between two rounds.
const PAUSE: Duration = Duration::from_mins(1);
/// What is added to it when nothing is put; what expires goes all the same.
const FURTHER_PAUSE: Duration = Duration::from_mins(59);

/// What is pruned.
pub(super) trait Prune: Send + Sync + 'static {
    /// One pass.
    fn pass(&self, now: Timestamp) -> impl Future<Output = Result<Pruned, StoreError>> + Send;
}

impl Prune for ResponseArchive {
    fn pass(&self, now: Timestamp) -> impl Future<Output = Result<Pruned, StoreError>> + Send {
        self.prune(now)
    }
}

/// Prunes until `stop`. Between two passes of a round others get to write.
pub(super) async fn tend(
    target: impl Prune,
    clock: Arc<dyn Clock>,
    put: Arc<Notify>,
    stop: CancellationToken,
) {
    let rounds = async {
        loop {
            round(&target, clock.as_ref(), &stop).await;
            sleep(PAUSE).await;
            tokio::select! {
                () = put.notified() => {}
                () = sleep(FURTHER_PAUSE) => {}
            }
        }
    };
    // a pass that is cut short is rolled back
    stop.run_until_cancelled(rounds).await;
}

async fn round(target: &impl Prune, clock: &dyn Clock, stop: &CancellationToken) {
    let mut all = Pruned::default();
    while !stop.is_cancelled() {
        match target.pass(clock.now()).await {
            Ok(pruned) => {
                all.responses += pruned.responses;
                all.bytes += pruned.bytes;
                if !pruned.more {
                    break;
                }
            }
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "kept responses were not pruned, trying again later");
                break;
            }
        }
    }
    if all.responses > 0 {
        tracing::info!(
            responses = all.responses,
            bytes = all.bytes,
            "old responses were removed"
        );
    }
}

#[cfg(test)]
mod tests;
