//! Load generator: byokey beside direct, interleaved in one run, as ratios.
//!
//! `make bench` starts a simulated upstream and byokey as processes of their own, asks the same of both in turns, and prints
//! what byokey adds. Only loopback addresses are ever contacted, and any answer that is not right ends the run.

mod call;
mod connection;
mod cores;
mod event_counter;
mod load;
mod machine;
mod measure;
mod memory;
mod options;
mod pair;
mod plan;
mod process;
mod report;
mod results;
mod statistics;
mod table;
mod upstream;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::{Context as _, anyhow};

use crate::options::{Command, Options};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // with stderr gone there is nobody left to tell
            let _told = tell(&error);
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match options::parse(&arguments)? {
        Command::Help => say(options::HELP),
        Command::Upstream { port } => block_on(upstream::serve(port)),
        Command::Bench(options) => bench(&options, &arguments),
    }
}

fn bench(options: &Options, arguments: &[String]) -> anyhow::Result<()> {
    let cores = cores::choose();
    if !options.prepared {
        return cores::prepare(cores.as_ref(), arguments);
    }
    let results = block_on(async {
        tokio::select! {
            results = measure::run(options, cores) => results,
            // returning stops what was started and removes what was written
            signal = tokio::signal::ctrl_c() => signal
                .context("cannot listen for Ctrl-C")
                .and_then(|()| Err(anyhow!("interrupted"))),
        }
    })?;
    say(&table::draw(&results)?)?;
    let file = report::write(&results, &options.results)?;
    say(&format!("\nwritten to {}\n", file.display()))
}

/// One thread suffices: the load generator shares its core with the upstream.
fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(future)
}

fn tell(error: &anyhow::Error) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    writeln!(stderr, "byokey-bench: {error}")?;
    for cause in error.chain().skip(1) {
        writeln!(stderr, "  because: {cause}")?;
    }
    Ok(())
}

fn say(text: &str) -> anyhow::Result<()> {
    io::stdout()
        .write_all(text.as_bytes())
        .context("cannot write to stdout")
}
