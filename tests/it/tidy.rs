//! The invariants of docs/architecture.md that a test can hold: crate edges, purity, file length, names, stubs, secrets.
//!
//! Each guard is a function from text to violations, and each is shown to fire on a bad sample beside the tree it guards.
#![expect(clippy::expect_used, reason = "tests")]

mod edges;
mod secrets;
mod text;
pub(crate) mod tree;

/// What a guard found: `file: rule`, or `file:line: rule`.
type Violations = Vec<String>;

/// Fails with one violation a line.
#[track_caller]
fn assert_tidy(violations: &[String]) {
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}
