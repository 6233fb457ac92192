//! The command line: what can be said, nothing of what it does.

use std::path::PathBuf;

use byokey_types::Secret;
use clap::{Args, Parser, Subcommand, ValueHint};

/// One local address for every AI tool.
///
/// byokey listens on this machine, takes requests in the wire format a tool speaks, and serves them with your own keys from
/// whichever provider you name.
#[derive(Debug, Parser)]
#[command(name = "byokey", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  byokey serve --sandbox                 try it without a key
  ANTHROPIC_API_KEY=… byokey serve       serve Claude models on http://127.0.0.1:8018
  byokey config check                    is the configuration right?

Exit codes: 0 done, 1 failed, 2 wrong usage";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve in the foreground.
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Serve),
    /// Look at the configuration.
    #[command(after_help = CONFIG_EXAMPLES)]
    Config(Config),
    /// Check that an endpoint speaks the four formats as their clients need it.
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(Doctor),
}

const SERVE_EXAMPLES: &str = "\
Examples:
  byokey serve                           as configured; keys from the environment count, too
  byokey serve --sandbox                 with the built-in simulated provider: models `sandbox/echo`, `sandbox/tools`, …
  byokey serve --port 0                  on a free port, which is printed
  byokey serve -c ./byokey.yaml --db sqlite::memory:";

const CONFIG_EXAMPLES: &str = "\
Examples:
  byokey config check                    validate the file
  byokey config check -c ./byokey.yaml
  byokey config show                     effective values, secrets masked
  byokey config path                     where the file is
  byokey config schema > schema.json     for your editor";

const DOCTOR_EXAMPLES: &str = "\
Examples:
  byokey doctor --conformance            byokey itself: every client format with every provider format, simulated
  byokey doctor --conformance --url http://127.0.0.1:8018
                                         a running server, with the first model that it lists
  BYOKEY_CONFORMANCE_KEY=… byokey doctor --conformance --url https://llm.example.com --model gpt-5.2 --json

✓ passed, ✗ failed, – not applicable. The checks of an endpoint that lists the sandbox's models are exact; of any other,
a few cheap requests are made. Exit codes: 0 all passed, 1 otherwise, 2 wrong usage";

/// Options of `serve`.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) file: File,
    /// Port to listen on; 0 takes a free one.
    #[arg(short, long)]
    pub(crate) port: Option<u16>,
    /// Address or name to listen on; beyond loopback only with client keys.
    #[arg(long)]
    pub(crate) host: Option<String>,
    /// Database URL, such as `sqlite:///var/lib/byokey/byokey.db` or `sqlite::memory:`.
    #[arg(long, value_name = "URL")]
    pub(crate) db: Option<String>,
    /// Write the log to this file instead of stderr.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) log_file: Option<String>,
    /// Offer the built-in simulated provider.
    #[arg(long)]
    pub(crate) sandbox: bool,
}

/// Which configuration file.
#[derive(Args, Debug)]
pub(crate) struct File {
    /// Configuration file: YAML, JSON or TOML.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
}

/// Options of `doctor`.
#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// Run the conformance suite.
    #[arg(long, required = true)]
    pub(crate) conformance: bool,
    /// Base URL of the endpoint; without one, byokey's own server is started for the occasion.
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) url: Option<String>,
    /// Key for the endpoint; better given in the variable, which no list of processes shows.
    #[arg(long, env = "BYOKEY_CONFORMANCE_KEY", hide_env_values = true, value_parser = |text: &str| Ok::<_, std::convert::Infallible>(Secret::new(text)))]
    pub(crate) key: Option<Secret>,
    /// Model to ask instead of the first that the endpoint lists.
    #[arg(long, requires = "url")]
    pub(crate) model: Option<String>,
    /// Print JSON, with the reason of every check that does not apply.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `config`.
#[derive(Args, Debug)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub(crate) what: ConfigCommand,
}

/// What to look at.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Validate the configuration; every problem is reported.
    Check(File),
    /// Print the path of the configuration file.
    Path(File),
    /// Print the effective values, secrets masked.
    Show(File),
    /// Print the JSON Schema of the configuration.
    Schema,
}
