//! What is measured, and for how long.

use std::time::Duration;

use crate::call::{
    Route,
    Wire::{Chat, Messages},
};

/// A whole run.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) routes: &'static [Route],
    pub(crate) sizes: [Size; 3],
    pub(crate) streams: Streams,
    /// Routes whose memory is measured.
    pub(crate) memory: &'static [Route],
    /// Words of the streams that are open at once, two a second.
    pub(crate) open_words: u32,
    /// Cold and warm starts.
    pub(crate) starts: usize,
}

/// Requests of one size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) name: &'static str,
    pub(crate) bytes: usize,
    /// Connections that saturate.
    pub(crate) connections: usize,
    pub(crate) rounds: usize,
    /// Length of each measurement in a round: there are four, throughput and latency of either side.
    pub(crate) window: Duration,
    /// Requests a second while latency is measured; one after another when absent.
    pub(crate) per_second: Option<u32>,
}

/// Streamed answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Streams {
    /// Words of the streams that measure events a second.
    pub(crate) words: u32,
    /// Of these streams at once.
    pub(crate) connections: usize,
    /// Short streams a second while the first byte is measured.
    pub(crate) per_second: u32,
    pub(crate) rounds: usize,
    pub(crate) window: Duration,
}

const ROUTES: [Route; 4] = [
    route(Chat, Chat),
    route(Messages, Messages),
    route(Chat, Messages),
    route(Messages, Chat),
];
/// One verbatim and one translated route.
const TWO_ROUTES: [Route; 2] = [ROUTES[0], ROUTES[2]];

impl Plan {
    /// About three minutes.
    pub(crate) fn full() -> Self {
        Self {
            routes: &ROUTES,
            sizes: sizes([(5, 500), (3, 500), (3, 600)]),
            streams: streams(5, 450),
            memory: &TWO_ROUTES,
            open_words: 14,
            starts: 5,
        }
    }

    /// About forty seconds.
    pub(crate) fn quick() -> Self {
        Self {
            routes: &TWO_ROUTES,
            sizes: sizes([(5, 150), (3, 200), (3, 250)]),
            streams: streams(3, 200),
            memory: &TWO_ROUTES[..1],
            open_words: 8,
            starts: 3,
        }
    }
}

const fn route(client: crate::call::Wire, upstream: crate::call::Wire) -> Route {
    Route { client, upstream }
}

/// The three sizes, each with its rounds and the length of its windows in milliseconds.
fn sizes([small, middle, large]: [(usize, u64); 3]) -> [Size; 3] {
    let size = |name, bytes, connections, per_second, (rounds, window)| Size {
        name,
        bytes,
        connections,
        rounds,
        window: Duration::from_millis(window),
        per_second,
    };
    [
        size("1 kB", 1_000, 32, Some(400), small),
        size("100 kB", 100_000, 16, Some(100), middle),
        size("4 MB", 4_000_000, 4, None, large),
    ]
}

fn streams(rounds: usize, window: u64) -> Streams {
    Streams {
        words: 2_000,
        connections: 8,
        per_second: 200,
        rounds,
        window: Duration::from_millis(window),
    }
}
