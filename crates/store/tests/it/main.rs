//! The contract of the store, on a real SQLite file.
#![expect(clippy::expect_used, reason = "tests")]

mod contract;
mod file;
mod processes;
mod responses;
mod responses_file;
mod sample;
