//! The same work, direct and through byokey, in turns.

use std::{net::SocketAddr, time::Duration};

use tokio_util::task::TaskTracker;

use crate::{
    call::{Answer, Call, Route},
    load::Lane,
};

/// One value for each side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Both<T> {
    pub(crate) direct: T,
    pub(crate) byokey: T,
}

/// A lane to each side.
#[derive(Debug)]
pub(crate) struct Pair(Both<Lane>);

/// How long each side is warmed up.
const WARM_UP: Duration = Duration::from_millis(150);

impl Pair {
    /// Connects to both and warms them up.
    ///
    /// # Errors
    /// When an answer is not right.
    pub(crate) async fn open(
        servers: Both<SocketAddr>,
        route: Route,
        answer: Answer,
        size: usize,
        connections: usize,
    ) -> anyhow::Result<Self> {
        let tasks = TaskTracker::new();
        let direct = Call::direct(servers.direct, route, answer, size)?;
        let byokey = Call::through(servers.byokey, route, answer, size)?;
        let stream = answer.is_stream();
        let mut pair = Self(Both {
            direct: Lane::open(direct, stream, connections, &tasks).await?,
            byokey: Lane::open(byokey, stream, connections, &tasks).await?,
        });
        pair.0.direct.saturate(WARM_UP).await?;
        pair.0.byokey.saturate(WARM_UP).await?;
        Ok(pair)
    }

    /// Measures both sides so many times, the first of one round being the second of the next.
    ///
    /// # Errors
    /// When a measurement fails.
    pub(crate) async fn interleave<T>(
        &mut self,
        rounds: usize,
        mut measure: impl AsyncFnMut(&mut Lane) -> anyhow::Result<T>,
    ) -> anyhow::Result<Vec<Both<T>>> {
        let Self(Both { direct, byokey }) = self;
        let mut measured = Vec::with_capacity(rounds);
        for round in 0..rounds {
            measured.push(if round.is_multiple_of(2) {
                let direct = measure(direct).await?;
                let byokey = measure(byokey).await?;
                Both { direct, byokey }
            } else {
                let byokey = measure(byokey).await?;
                let direct = measure(direct).await?;
                Both { direct, byokey }
            });
        }
        Ok(measured)
    }
}
