//! byokey: one local address for every AI tool.

mod cli;
mod command;
mod doctor;
mod logging;
mod report;
mod wire;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let result = match cli.command {
        Command::Serve(options) => command::serve::run(options),
        Command::Config(options) => command::config::run(options),
        Command::Doctor(options) => command::doctor::run(options),
    };
    match result {
        Ok(code) => code,
        Err(error) => report::fail(&error),
    }
}
