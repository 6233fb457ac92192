//! The checks, a table in each file, and their run.

mod contract;
mod errors;
mod text;
mod thinking;
mod tools;

use std::pin::Pin;

use super::{
    Cell, Sheet,
    cell::Verdict,
    dialect::{Ask, Turn},
};

/// One row of the matrix.
pub(crate) struct Check {
    pub(crate) name: &'static str,
    /// The cases of `cases/conformance.md` and the sections of the specification that it stands for.
    pub(crate) cases: &'static [&'static str],
    run: for<'a> fn(&'a Cell<'a>) -> Running<'a>,
}

type Running<'a> = Pin<Box<dyn Future<Output = Verdict> + 'a>>;

/// Runs every check in every cell.
pub(crate) async fn run(endpoint: &str, cells: &[Cell<'_>]) -> Sheet {
    let mut sheet = Sheet::new(endpoint, cells);
    let tables = [
        text::CHECKS,
        tools::CHECKS,
        thinking::CHECKS,
        contract::CHECKS,
        errors::CHECKS,
    ];
    for check in tables.into_iter().flatten() {
        let mut verdicts = Vec::new();
        for cell in cells {
            verdicts.push((check.run)(cell).await);
        }
        sheet.push(check, verdicts);
    }
    sheet
}

const fn check(
    name: &'static str,
    cases: &'static [&'static str],
    run: for<'a> fn(&'a Cell<'a>) -> Running<'a>,
) -> Check {
    Check { name, cases, run }
}

/// A question in one turn.
fn question(model: String, text: &str) -> Ask {
    Ask {
        model,
        turns: vec![Turn::User(text.to_owned())],
        ..Ask::default()
    }
}
