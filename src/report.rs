//! How a failure is told: what failed, why, what to type next.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

/// Prints an error and its causes to stderr; the exit code says that it failed.
pub(crate) fn fail(error: &anyhow::Error) -> ExitCode {
    let mut text = format!("error: {error}\n");
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // a wrapper that repeats its cause says nothing new
        if said.contains(&cause) {
            continue;
        }
        text.push_str("  because: ");
        text.push_str(&cause);
        text.push('\n');
        said = cause;
    }
    warn(&text);
    ExitCode::FAILURE
}

/// Prints to stderr; a closed stderr is nobody's loss.
pub(crate) fn warn(text: &str) {
    let mut stderr = io::stderr().lock();
    if stderr.write_all(text.as_bytes()).is_err() {
        return;
    }
    if stderr.flush().is_err() {
        // nobody reads
    }
}

/// Prints to stdout.
///
/// # Errors
/// When stdout is closed or full.
pub(crate) fn say(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
