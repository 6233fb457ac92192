//! Resident memory of a fresh byokey: idle, under many open streams, and after them.

use std::{cell::Cell, time::Duration};

use anyhow::{Context as _, ensure};
use futures_util::future::try_join_all;
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use tokio_util::task::TaskTracker;

use crate::{
    call::{Answer, Call, Route},
    connection::Connection,
    machine::resident_kib,
    process::Server,
    results::Memory,
};

/// Streams that are open at once.
pub(crate) const STREAMS: u64 = 1_000;
/// Descriptors that byokey has for them, two each, and some to spare.
pub(crate) const NEEDED: u64 = 2_200;
/// Descriptors that are asked for.
pub(crate) const FILE_DESCRIPTORS: u64 = 8_192;

/// Words a second of each stream: slow, so that memory is held and not time.
const PER_SECOND: u32 = 2;
/// Until memory is read after something has changed.
const SETTLE: Duration = Duration::from_secs(1);
/// How late the streams may end.
const GRACE: Duration = Duration::from_secs(30);

/// Measures one route; `None` where the system does not tell. The server is fresh and is not stopped.
///
/// # Errors
/// When a stream fails or ends too soon.
pub(crate) async fn measure(
    byokey: &Server,
    route: Route,
    words: u32,
) -> anyhow::Result<Option<Memory>> {
    let Some(_readable) = resident_kib(byokey.pid) else {
        return Ok(None);
    };
    let tasks = TaskTracker::new();
    let first = Call::through(byokey.address, route, Answer::Stream { words: 16 }, 1_000)?;
    // one stream before, so that what is made once counts as idle
    Connection::open(byokey.address, &tasks)
        .await?
        .stream(&first, || {})
        .await?;
    sleep(SETTLE).await;
    let idle_kib = read(byokey)?;

    let paced = Answer::Paced {
        words,
        per_second: PER_SECOND,
    };
    let call = Call::through(byokey.address, route, paced, 1_000)?;
    let gauge = Gauge::default();
    let streams = try_join_all((0..STREAMS).map(|_| gauge.hold(&call, &tasks)));
    let limit = Duration::from_secs(u64::from(words / PER_SECOND)) + GRACE;
    let both = async {
        tokio::try_join!(streams, async {
            gauge.all_open.notified().await;
            sleep(SETTLE).await;
            ensure!(
                gauge.ended.get() == 0,
                "{} of {STREAMS} streams ended before all were open",
                gauge.ended.get()
            );
            read(byokey)
        })
    };
    let (_ended, open_kib) = timeout(limit, both)
        .await
        .context("the open streams did not end")??;
    sleep(SETTLE).await;
    Ok(Some(Memory {
        route: route.name(),
        streams: STREAMS,
        idle_kib,
        open_kib,
        after_kib: read(byokey)?,
    }))
}

/// How many streams are open, and how many have ended.
#[derive(Default)]
struct Gauge {
    open: Cell<u64>,
    ended: Cell<u64>,
    all_open: Notify,
}

impl Gauge {
    async fn hold(&self, call: &Call, tasks: &TaskTracker) -> anyhow::Result<()> {
        let mut connection = Connection::open(call.target(), tasks).await?;
        let opened = || {
            self.open.set(self.open.get() + 1);
            if self.open.get() == STREAMS {
                self.all_open.notify_one();
            }
        };
        connection.stream(call, opened).await?;
        self.ended.set(self.ended.get() + 1);
        Ok(())
    }
}

fn read(byokey: &Server) -> anyhow::Result<u64> {
    resident_kib(byokey.pid).context("byokey has ended")
}
