//! Where byokey's own log goes, and in which form.

use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt as _, sync::Mutex};

use anyhow::Context as _;
use byokey_config::{Log, LogFormat, LogLevel};
use tracing_subscriber::{EnvFilter, fmt::writer::BoxMakeWriter, util::SubscriberInitExt as _};

/// Starts logging; `BYOKEY_LOG` holds a filter in `tracing`'s syntax that wins over the configured level.
///
/// # Errors
/// When the log file cannot be opened.
pub(crate) fn start(log: &Log) -> anyhow::Result<()> {
    let filter = std::env::var("BYOKEY_LOG")
        .ok()
        .and_then(|text| EnvFilter::try_new(text).ok())
        .unwrap_or_else(|| EnvFilter::new(directives(log.level)));
    let writer = match &log.file {
        Some(path) => {
            let file = OpenOptions::new()
                .create(true)
                .append(true)
                .mode(0o600)
                .open(path)
                .with_context(|| format!("cannot open the log file `{}`", path.display()))?;
            BoxMakeWriter::new(Mutex::new(file))
        }
        None => BoxMakeWriter::new(io::stderr),
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_target(false)
        .with_ansi(log.file.is_none() && colours());
    match log.format {
        LogFormat::Text => builder.finish().init(),
        LogFormat::Json => builder.json().flatten_event(true).finish().init(),
    }
    Ok(())
}

/// The migrations' own narration is not a phase of byokey's.
const fn directives(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Info => "info,sea_orm_migration=warn",
        LogLevel::Off | LogLevel::Error | LogLevel::Warn | LogLevel::Debug | LogLevel::Trace => {
            level.name()
        }
    }
}

fn colours() -> bool {
    use std::io::IsTerminal as _;
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
