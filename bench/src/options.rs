//! The command line.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Print [`HELP`].
    Help,
    /// Be the simulated upstream until stdin ends.
    Upstream { port: u16 },
    /// Measure.
    Bench(Options),
}

/// How to measure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// The byokey binary; the one in `target` when absent.
    pub(crate) byokey: Option<PathBuf>,
    /// Where results are written.
    pub(crate) results: PathBuf,
    /// Fewer routes, shorter windows.
    pub(crate) quick: bool,
    /// Whether this process already has its core and its file descriptors.
    pub(crate) prepared: bool,
}

/// The argument that a process gives itself once it has its core.
pub(crate) const PREPARED: &str = "--prepared";

/// What `--help` prints.
pub(crate) const HELP: &str = "\
byokey-bench: byokey beside direct, interleaved in one run, as ratios

  byokey-bench [--byokey PATH] [--quick] [--results DIR]
  byokey-bench upstream [--port N]

  --byokey PATH   the binary to measure; otherwise target/dist/byokey, else target/release/byokey
  --quick         two routes and short windows, about 40 s instead of 3 min
  --results DIR   where <unix time>.json is written; otherwise bench/results
  upstream        serve the simulated upstream on loopback until stdin ends
";

/// Reads the arguments after the program's name.
///
/// # Errors
/// On anything that [`HELP`] does not name.
pub(crate) fn parse(arguments: &[String]) -> anyhow::Result<Command> {
    let mut rest = arguments.iter().map(String::as_str);
    if arguments.iter().any(|one| one == "--help" || one == "-h") {
        return Ok(Command::Help);
    }
    if arguments.first().is_some_and(|one| one == "upstream") {
        rest.next();
        return parse_upstream(rest);
    }
    let mut options = Options {
        byokey: None,
        results: Path::new(env!("CARGO_MANIFEST_DIR")).join("results"),
        quick: false,
        prepared: false,
    };
    while let Some(argument) = rest.next() {
        match argument {
            "--byokey" => options.byokey = Some(value(argument, rest.next())?.into()),
            "--results" => options.results = value(argument, rest.next())?.into(),
            "--quick" => options.quick = true,
            PREPARED => options.prepared = true,
            unknown => return Err(unknown_argument(unknown)),
        }
    }
    Ok(Command::Bench(options))
}

/// The binary to measure.
///
/// # Errors
/// When there is none.
pub(crate) fn find_byokey(options: &Options) -> anyhow::Result<PathBuf> {
    if let Some(path) = &options.byokey {
        return path
            .canonicalize()
            .with_context(|| format!("no byokey at `{}`", path.display()));
    }
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    ["dist", "release"]
        .iter()
        .find_map(|profile| target.join(profile).join("byokey").canonicalize().ok())
        .context("there is no byokey yet; type `make bench`, or name one with `--byokey PATH`")
}

fn parse_upstream<'a>(mut rest: impl Iterator<Item = &'a str>) -> anyhow::Result<Command> {
    let mut port = 0;
    while let Some(argument) = rest.next() {
        if argument != "--port" {
            return Err(unknown_argument(argument));
        }
        let text = value(argument, rest.next())?;
        port = text
            .parse()
            .with_context(|| format!("`--port {text}` is not a port"))?;
    }
    Ok(Command::Upstream { port })
}

fn value<'a>(name: &str, given: Option<&'a str>) -> anyhow::Result<&'a str> {
    match given {
        Some(value) if !value.starts_with("--") => Ok(value),
        Some(_) | None => bail!("`{name}` needs a value; see `byokey-bench --help`"),
    }
}

fn unknown_argument(argument: &str) -> anyhow::Error {
    anyhow::anyhow!("unknown argument `{argument}`; see `byokey-bench --help`")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn read(line: &str) -> Result<Command, String> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn every_option_is_read() {
        assert_eq!(
            read("--quick --byokey b --results r --prepared").unwrap(),
            Command::Bench(Options {
                byokey: Some("b".into()),
                results: "r".into(),
                quick: true,
                prepared: true,
            })
        );
        assert_eq!(
            read("upstream --port 9").unwrap(),
            Command::Upstream { port: 9 }
        );
        assert_eq!(read("upstream").unwrap(), Command::Upstream { port: 0 });
        assert_eq!(read("--quick -h").unwrap(), Command::Help);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let refusals = [
            "--fast",
            "upstream --quick",
            "--byokey --quick",
            "upstream --port x",
        ]
        .map(|line| read(line).unwrap_err());
        assert_eq!(
            refusals,
            [
                "unknown argument `--fast`; see `byokey-bench --help`",
                "unknown argument `--quick`; see `byokey-bench --help`",
                "`--byokey` needs a value; see `byokey-bench --help`",
                "`--port x` is not a port",
            ]
        );
    }
}
