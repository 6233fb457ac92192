//! What a run found, as it is written down.

use std::time::Duration;

use serde::Serialize;

use crate::{
    cores::Cores,
    load::Throughput,
    machine::Machine,
    pair::Both,
    statistics::{Summary, quantile_us},
};

/// A whole run.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    /// Seconds since 1970, at the start.
    pub(crate) unix: u64,
    pub(crate) seconds: f64,
    pub(crate) quick: bool,
    /// Checked out at the time; the binary's own when it has just been built, as `make bench` does.
    pub(crate) commit: Option<String>,
    pub(crate) byokey: String,
    /// Bytes of the binary.
    pub(crate) binary_bytes: Option<u64>,
    pub(crate) machine: Machine,
    /// Absent when nothing was pinned.
    pub(crate) cores: Option<Cores>,
    /// What others used of the machine meanwhile, in percent.
    pub(crate) others_percent: Option<f64>,
    pub(crate) requests: Vec<Requests>,
    pub(crate) streams: Vec<Streams>,
    pub(crate) memory: Vec<Memory>,
    pub(crate) starts: Starts,
}

/// Requests of one size on one route.
#[derive(Debug, Serialize)]
pub(crate) struct Requests {
    pub(crate) route: String,
    pub(crate) size: &'static str,
    pub(crate) bytes: usize,
    pub(crate) connections: usize,
    pub(crate) per_second: Compared,
    /// Of byokey's process, at saturation.
    pub(crate) cpu_us_per_request: Option<f64>,
    pub(crate) latency: Latency,
}

/// Streamed answers on one route.
#[derive(Debug, Serialize)]
pub(crate) struct Streams {
    pub(crate) route: String,
    pub(crate) events_per_second: Compared,
    /// Of byokey's process, by the events that the client saw.
    pub(crate) cpu_us_per_event: Option<f64>,
    pub(crate) first_byte: Latency,
}

/// One quantity on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Compared {
    pub(crate) direct: Summary,
    pub(crate) byokey: Summary,
    /// byokey over direct, round by round.
    pub(crate) ratio: Summary,
}

/// Times on both sides, in microseconds; quantiles over the samples of all rounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Latency {
    pub(crate) direct_p50_us: f64,
    pub(crate) direct_p99_us: f64,
    pub(crate) byokey_p50_us: f64,
    pub(crate) byokey_p99_us: f64,
    pub(crate) added_p50_us: f64,
    pub(crate) added_p99_us: f64,
    /// The difference of the medians, round by round.
    pub(crate) added_p50_us_by_round: Summary,
    /// Of the side that has fewer.
    pub(crate) samples: usize,
}

/// Resident memory of byokey, in KiB.
#[derive(Debug, Serialize)]
pub(crate) struct Memory {
    pub(crate) route: String,
    pub(crate) streams: u64,
    pub(crate) idle_kib: u64,
    pub(crate) open_kib: u64,
    pub(crate) after_kib: u64,
}

/// From the start of the process to its first answer, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Starts {
    /// With an empty state directory.
    pub(crate) first_ms: Summary,
    /// With the state directory of the former.
    pub(crate) again_ms: Summary,
}

impl Compared {
    /// Of rounds, by one of their numbers.
    pub(crate) fn of(rounds: &[Both<Throughput>], number: fn(Throughput) -> f64) -> Self {
        Self {
            direct: Summary::of(rounds.iter().map(|round| number(round.direct))),
            byokey: Summary::of(rounds.iter().map(|round| number(round.byokey))),
            ratio: Summary::of(
                rounds
                    .iter()
                    .map(|round| number(round.byokey) / number(round.direct)),
            ),
        }
    }
}

impl Latency {
    /// Of the samples of rounds.
    pub(crate) fn of(mut rounds: Vec<Both<Vec<Duration>>>) -> Self {
        let added = rounds
            .iter_mut()
            .map(|round| quantile_us(&mut round.byokey, 50) - quantile_us(&mut round.direct, 50));
        let added = Summary::of(added);
        let mut all = Both::<Vec<Duration>>::default();
        for round in rounds {
            all.direct.extend(round.direct);
            all.byokey.extend(round.byokey);
        }
        let [direct_p50_us, direct_p99_us] = [50, 99].map(|at| quantile_us(&mut all.direct, at));
        let [byokey_p50_us, byokey_p99_us] = [50, 99].map(|at| quantile_us(&mut all.byokey, at));
        Self {
            direct_p50_us,
            direct_p99_us,
            byokey_p50_us,
            byokey_p99_us,
            added_p50_us: byokey_p50_us - direct_p50_us,
            added_p99_us: byokey_p99_us - direct_p99_us,
            added_p50_us_by_round: added,
            samples: all.direct.len().min(all.byokey.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn ratios_are_taken_round_by_round() {
        let throughput = |answers| Throughput {
            answers,
            events: 0,
            elapsed: Duration::from_secs(1),
        };
        let round = |direct, byokey| Both {
            direct: throughput(direct),
            byokey: throughput(byokey),
        };
        // the machine was slow in the second round, for both alike
        let rounds = [round(100, 50), round(40, 20), round(100, 60)];
        let summary = |median, low, high| Summary { median, low, high };
        assert_eq!(
            Compared::of(&rounds, Throughput::answers_per_second),
            Compared {
                direct: summary(100.0, 40.0, 100.0),
                byokey: summary(50.0, 20.0, 60.0),
                ratio: summary(0.5, 0.5, 0.6),
            }
        );
    }

    #[test]
    fn added_time_is_the_difference_of_quantiles() {
        let micros =
            |range: std::ops::RangeInclusive<u64>| range.map(Duration::from_micros).collect();
        let rounds = vec![
            Both {
                direct: micros(1..=100),
                byokey: micros(101..=200),
            },
            Both {
                direct: micros(1..=100),
                byokey: micros(101..=200),
            },
        ];
        let latency = Latency::of(rounds);
        let rounded = [
            latency.direct_p50_us,
            latency.byokey_p99_us,
            latency.added_p50_us,
            latency.added_p99_us,
            latency.added_p50_us_by_round.median,
        ]
        .map(|micros| format!("{micros:.0}"));
        assert_eq!(rounded, ["50", "199", "100", "100", "100"]);
        assert_eq!(latency.samples, 200);
    }
}
