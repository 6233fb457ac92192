//! The run: starts what is needed, measures what the plan says, stops everything.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use tokio_util::task::TaskTracker;

use crate::{
    call::{Answer, Call, Route, Wire},
    connection::{Connection, require_text},
    cores::{self, Cores},
    load::Throughput,
    machine::{Machine, Moment, cpu_time},
    memory,
    options::{Options, find_byokey},
    pair::{Both, Pair},
    plan::{Plan, Size},
    process::Server,
    results::{Compared, Latency, Memory, Requests, Results, Starts, Streams},
    statistics::{Summary, number},
};

/// Words of a short answer.
const SHORT: u32 = 16;
/// Until byokey has written the usage of the last request, which is part of what a request costs.
const SETTLE: Duration = Duration::from_millis(400);

/// Runs the plan.
///
/// # Errors
/// On the first answer that is not right, and when a process does not start or end as it should.
pub(crate) async fn run(options: &Options, cores: Option<Cores>) -> anyhow::Result<Results> {
    cores::require_descriptors()?;
    let begun = Instant::now();
    let unix = SystemTime::UNIX_EPOCH
        .elapsed()
        .context("a clock before 1970")?;
    let moment = Moment::now();
    let plan = if options.quick {
        Plan::quick()
    } else {
        Plan::full()
    };
    let homes = tempfile::Builder::new()
        .prefix("byokey-bench-")
        .tempdir()
        .context("cannot make a temporary directory")?;
    let upstream = Server::upstream(homes.path()).await?;
    let bench = Bench {
        binary: find_byokey(options)?,
        upstream: upstream.address,
        cores: cores.clone(),
        homes,
    };

    let starts = bench.starts(plan.starts).await?;
    let memory = bench.memory(&plan).await?;
    let (requests, streams) = bench.traffic(&plan).await?;
    upstream.stop().await?;
    Ok(Results {
        unix: unix.as_secs(),
        seconds: begun.elapsed().as_secs_f64(),
        quick: options.quick,
        commit: commit(),
        binary_bytes: bench.binary.metadata().ok().map(|file| file.len()),
        byokey: bench.binary.display().to_string(),
        machine: Machine::here(),
        cores,
        others_percent: moment
            .zip(Moment::now())
            .map(|(then, now)| now.others_since(then)),
        requests,
        streams,
        memory,
        starts,
    })
}

/// What every measurement needs.
struct Bench {
    binary: PathBuf,
    upstream: SocketAddr,
    cores: Option<Cores>,
    /// Removed at the end.
    homes: TempDir,
}

impl Bench {
    async fn starts(&self, times: usize) -> anyhow::Result<Starts> {
        let (mut first, mut again) = (Vec::new(), Vec::new());
        for _ in 0..times {
            let home = self.home()?;
            first.push(self.start_once(home.path()).await?);
            again.push(self.start_once(home.path()).await?);
        }
        Ok(Starts {
            first_ms: Summary::of(first),
            again_ms: Summary::of(again),
        })
    }

    /// Milliseconds from the start to the first answer.
    async fn start_once(&self, home: &Path) -> anyhow::Result<f64> {
        let mut byokey = self.byokey(home).await?;
        let route = Route {
            client: Wire::Chat,
            upstream: Wire::Chat,
        };
        let answer = Answer::Whole { words: SHORT };
        let call = Call::through(byokey.address, route, answer, 1_000)?;
        let asked = async {
            let mut connection = Connection::open(byokey.address, &TaskTracker::new()).await?;
            let body = connection.read(&call).await?;
            let taken = byokey.begun.elapsed();
            require_text(&call, &body)?;
            Ok(taken.as_secs_f64() * 1e3)
        };
        let taken = asked
            .await
            .map_err(|error| byokey.blame("the first answer", error))?;
        byokey.stop().await?;
        Ok(taken)
    }

    async fn memory(&self, plan: &Plan) -> anyhow::Result<Vec<Memory>> {
        let mut measured = Vec::new();
        for route in plan.memory {
            let home = self.home()?;
            let mut byokey = self.byokey(home.path()).await?;
            let name = format!("{}, {} open streams", route.name(), memory::STREAMS);
            let memory = memory::measure(&byokey, *route, plan.open_words)
                .await
                .map_err(|error| byokey.blame(&name, error))?;
            byokey.stop().await?;
            progress(&name);
            measured.extend(memory);
        }
        Ok(measured)
    }

    /// All that one byokey is measured under, one thing after another.
    async fn traffic(&self, plan: &Plan) -> anyhow::Result<(Vec<Requests>, Vec<Streams>)> {
        let home = self.home()?;
        let mut byokey = self.byokey(home.path()).await?;
        let (mut requests, mut streams) = (Vec::new(), Vec::new());
        for size in &plan.sizes {
            for route in plan.routes {
                let name = format!("{}, {}", route.name(), size.name);
                let row = self.requests(&byokey, *route, size).await;
                requests.push(row.map_err(|error| byokey.blame(&name, error))?);
                progress(&name);
            }
        }
        for route in plan.routes {
            let name = format!("{}, streams", route.name());
            let row = self.streams(&byokey, *route, plan).await;
            streams.push(row.map_err(|error| byokey.blame(&name, error))?);
            progress(&name);
        }
        byokey.stop().await?;
        Ok((requests, streams))
    }

    async fn requests(
        &self,
        byokey: &Server,
        route: Route,
        size: &Size,
    ) -> anyhow::Result<Requests> {
        let answer = Answer::Whole { words: SHORT };
        let servers = self.servers(byokey);
        let mut many = Pair::open(servers, route, answer, size.bytes, size.connections).await?;
        let before = cpu(byokey).await;
        let throughput = many
            .interleave(size.rounds, async |lane| lane.saturate(size.window).await)
            .await?;
        let spent = cpu(byokey)
            .await
            .zip(before)
            .map(|(now, then)| now.saturating_sub(then));
        drop(many);
        let mut one = Pair::open(servers, route, answer, size.bytes, 1).await?;
        let latency = one
            .interleave(size.rounds, async |lane| {
                lane.pace(size.window, size.per_second).await
            })
            .await?;
        Ok(Requests {
            route: route.name(),
            size: size.name,
            bytes: size.bytes,
            connections: size.connections,
            per_second: Compared::of(&throughput, Throughput::answers_per_second),
            cpu_us_per_request: spent.map(|spent| {
                let answers = throughput.iter().map(|round| round.byokey.answers).sum();
                each_us(spent, answers)
            }),
            latency: Latency::of(latency),
        })
    }

    async fn streams(&self, byokey: &Server, route: Route, plan: &Plan) -> anyhow::Result<Streams> {
        let streams = plan.streams;
        let servers = self.servers(byokey);
        let long = Answer::Stream {
            words: streams.words,
        };
        let mut many = Pair::open(servers, route, long, 1_000, streams.connections).await?;
        let before = cpu(byokey).await;
        let throughput = many
            .interleave(streams.rounds, async |lane| {
                lane.saturate(streams.window).await
            })
            .await?;
        let spent = cpu(byokey)
            .await
            .zip(before)
            .map(|(now, then)| now.saturating_sub(then));
        drop(many);
        let short = Answer::Stream { words: SHORT };
        let mut one = Pair::open(servers, route, short, 1_000, 1).await?;
        let first_byte = one
            .interleave(streams.rounds, async |lane| {
                lane.pace(streams.window, Some(streams.per_second)).await
            })
            .await?;
        Ok(Streams {
            route: route.name(),
            events_per_second: Compared::of(&throughput, Throughput::events_per_second),
            cpu_us_per_event: spent.map(|spent| {
                let events = throughput.iter().map(|round| round.byokey.events).sum();
                each_us(spent, events)
            }),
            first_byte: Latency::of(first_byte),
        })
    }

    async fn byokey(&self, home: &Path) -> anyhow::Result<Server> {
        Server::byokey(&self.binary, home, self.upstream, self.cores.as_ref()).await
    }

    fn servers(&self, byokey: &Server) -> Both<SocketAddr> {
        Both {
            direct: self.upstream,
            byokey: byokey.address,
        }
    }

    fn home(&self) -> anyhow::Result<TempDir> {
        TempDir::new_in(self.homes.path()).context("cannot make a state directory")
    }
}

/// CPU time of byokey once it is at rest.
async fn cpu(byokey: &Server) -> Option<Duration> {
    sleep(SETTLE).await;
    cpu_time(byokey.pid)
}

fn each_us(spent: Duration, count: u64) -> f64 {
    spent.as_secs_f64() * 1e6 / number(count)
}

/// The commit that is checked out, when there is one: that of the binary only if it has just been built.
fn commit() -> Option<String> {
    let output = Command::new("git")
        .args(["-C", env!("CARGO_MANIFEST_DIR"), "rev-parse", "HEAD"])
        .output()
        .ok()?;
    let commit = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| commit.trim().to_owned())
}

/// Tells what is done; nothing depends on being heard.
fn progress(done: &str) {
    let _heard = writeln!(io::stderr(), "measured: {done}");
}
