//! What the system says about processes and about itself, from `/proc`; absent where there is none.

use std::{fs, time::Duration};

use serde::Serialize;

/// Where the run took place.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: Option<String>,
    pub(crate) processors: usize,
}

/// A moment of the whole machine and of this run's share in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    busy: Duration,
    total: Duration,
    ours: Duration,
}

/// One tick of `/proc`: `USER_HZ` is 100 on every architecture that Linux runs on, since it is part of its interface.
const TICK: Duration = Duration::from_millis(10);

impl Machine {
    /// This one.
    pub(crate) fn here() -> Self {
        let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let named = processors
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.trim() == "model name");
        Self {
            processor: named.map(|(_, name)| name.trim().to_owned()),
            processors: processors
                .lines()
                .filter(|line| line.starts_with("processor"))
                .count(),
        }
    }
}

impl Moment {
    /// Now; children of this process count as its own once they have been waited for.
    pub(crate) fn now() -> Option<Self> {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        let (busy, total) = parse_busy(&stat)?;
        let own = fs::read_to_string("/proc/self/stat").ok()?;
        Some(Self {
            busy,
            total,
            ours: parse_times(&own, 4)?,
        })
    }

    /// The share of the machine that others used since `earlier`, in percent.
    pub(crate) fn others_since(self, earlier: Self) -> f64 {
        let busy = self.busy.saturating_sub(earlier.busy);
        let ours = self.ours.saturating_sub(earlier.ours);
        let total = self.total.saturating_sub(earlier.total).max(TICK);
        100.0 * busy.saturating_sub(ours).as_secs_f64() / total.as_secs_f64()
    }
}

/// CPU time of a process, in user and kernel mode.
pub(crate) fn cpu_time(process: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    parse_times(&stat, 2)
}

/// Resident memory of a process, in KiB.
pub(crate) fn resident_kib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Sums `utime`, `stime` and, with four, the same of waited-for children: fields 14 to 17 of proc_pid_stat(5).
fn parse_times(stat: &str, fields: usize) -> Option<Duration> {
    // the second field is a name in brackets and may hold anything; the third comes after the last bracket
    let (_, rest) = stat.rsplit_once(')')?;
    let ticks = rest.split_whitespace().skip(11).take(fields);
    ticks
        .map(|tick| tick.parse::<u32>().ok())
        .sum::<Option<u32>>()
        .map(|ticks| TICK * ticks)
}

/// Busy and total time of all processors: the first line of proc_stat(5), of which the fourth and fifth are idleness.
fn parse_busy(stat: &str) -> Option<(Duration, Duration)> {
    let fields: Vec<u32> = stat
        .lines()
        .next()?
        .strip_prefix("cpu ")?
        .split_whitespace()
        // guest time, the ninth and tenth, is part of user time
        .take(8)
        .map(|field| field.parse().ok())
        .collect::<Option<_>>()?;
    let total: u32 = fields.iter().sum();
    let idle = fields.get(3)? + fields.get(4)?;
    Some((TICK * (total - idle), TICK * total))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn times_follow_the_last_bracket() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 250 50 30 20 20 0 1 0 99 0 0";
        assert_eq!(parse_times(stat, 2), Some(Duration::from_secs(3)));
        assert_eq!(parse_times(stat, 4), Some(Duration::from_millis(3500)));
        assert_eq!(parse_times("7 (a", 2), None);
    }

    #[test]
    fn idleness_is_not_work() {
        let stat = "cpu  100 0 50 800 40 0 5 5 77 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
        assert_eq!(
            parse_busy(stat),
            Some((Duration::from_millis(1600), Duration::from_secs(10)))
        );
        assert_eq!(parse_busy("intr 1"), None);
    }

    #[test]
    fn others_are_what_is_left() {
        let moment = |busy, total, ours| Moment {
            busy: Duration::from_secs(busy),
            total: Duration::from_secs(total),
            ours: Duration::from_secs(ours),
        };
        let others = moment(60, 100, 40).others_since(moment(10, 0, 0));
        assert_eq!(others.round().to_string(), "10");
    }
}
