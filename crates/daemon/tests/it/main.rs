//! The process: its directory, its signals, its clock and environment.
#![expect(clippy::expect_used, reason = "tests")]

mod host;
mod signals;
mod state;
