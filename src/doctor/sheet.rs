//! The outcome as a matrix, and how it is told.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    cell::{Cell, Halt, Upstream, Verdict},
    check::Check,
};

/// Every check in every cell.
pub(crate) struct Sheet {
    endpoint: String,
    columns: Vec<Column>,
    rows: Vec<(&'static Check, Vec<Verdict>)>,
}

struct Column {
    client: &'static str,
    upstream: Option<&'static str>,
}

impl Sheet {
    /// An empty sheet for these cells.
    pub(super) fn new(endpoint: &str, cells: &[Cell<'_>]) -> Self {
        let column = |cell: &Cell<'_>| Column {
            client: cell.client.name(),
            upstream: match &cell.upstream {
                Upstream::Sandbox { format, .. } => format.map(|format| format.name()),
                Upstream::Stranger(_) => None,
            },
        };
        Self {
            endpoint: endpoint.to_owned(),
            columns: cells.iter().map(column).collect(),
            rows: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, check: &'static Check, verdicts: Vec<Verdict>) {
        self.rows.push((check, verdicts));
    }

    /// Whether nothing failed.
    pub(crate) fn passed(&self) -> bool {
        self.count().1 == 0
    }

    /// For people: the matrix, then every failure.
    pub(crate) fn text(&self) -> String {
        let width = self
            .rows
            .iter()
            .map(|(check, _)| check.name.chars().count())
            .max()
            .unwrap_or(0);
        let mut text = format!("conformance of {}\n\n", self.endpoint);
        text.push_str(&self.heading(width));
        for (check, verdicts) in &self.rows {
            let mut line = format!("{:width$} ", check.name);
            for (column, verdict) in self.columns.iter().zip(verdicts) {
                write!(line, " {:<1$}", mark(verdict), column.width() - 1).unwrap_or_default();
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        for (check, column, failure) in self.failures() {
            write!(
                text,
                "\n✗ {} · {}\n  sent      {}\n  expected  {}\n  came      {}\n",
                check.name,
                column.name(),
                indented(&failure.sent),
                indented(&failure.expected),
                indented(&failure.came)
            )
            .unwrap_or_default();
        }
        let (passed, failed, skipped) = self.count();
        write!(
            text,
            "\n{passed} passed, {failed} failed, {skipped} not applicable\n"
        )
        .unwrap_or_default();
        text
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let columns: Vec<Value> = self
            .columns
            .iter()
            .map(|column| json!({"client": column.client, "upstream": column.upstream}))
            .collect();
        let cell = |verdict: &Verdict| match verdict {
            Ok(()) => json!({"verdict": "pass"}),
            Err(Halt::Skip(reason)) => json!({"verdict": "not applicable", "reason": reason}),
            Err(Halt::Fail(failure)) => json!({
                "verdict": "fail", "sent": failure.sent, "expected": failure.expected, "came": failure.came,
            }),
        };
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|(check, verdicts)| {
                let cells: Vec<Value> = verdicts.iter().map(cell).collect();
                json!({"check": check.name, "cases": check.cases, "cells": cells})
            })
            .collect();
        let (passed, failed, skipped) = self.count();
        json!({
            "endpoint": self.endpoint, "columns": columns, "checks": rows,
            "passed": passed, "failed": failed, "not_applicable": skipped,
        })
    }

    /// Two lines: clients, and below them their upstreams.
    fn heading(&self, width: usize) -> String {
        let (mut clients, mut upstreams) = (format!("{:width$} ", ""), format!("{:width$} ", ""));
        let mut last = None;
        // writing to a string cannot fail
        for column in &self.columns {
            let client = if last == Some(column.client) {
                ""
            } else {
                column.client
            };
            last = Some(column.client);
            // a client's name may reach into the columns of its other upstreams
            let room = column.width();
            let taken = clients
                .chars()
                .count()
                .saturating_sub(upstreams.chars().count());
            write!(
                clients,
                " {client:<0$}",
                room.saturating_sub(taken + 1).max(client.len())
            )
            .unwrap_or_default();
            write!(
                upstreams,
                " {:<1$}",
                column.upstream.unwrap_or_default(),
                room - 1
            )
            .unwrap_or_default();
        }
        let mut heading = format!("{}\n", clients.trim_end());
        if !upstreams.trim().is_empty() {
            heading.push_str(upstreams.trim_end());
            heading.push('\n');
        }
        heading
    }

    fn failures(&self) -> impl Iterator<Item = (&'static Check, &Column, &super::cell::Failure)> {
        self.rows.iter().flat_map(|(check, verdicts)| {
            let cells = self.columns.iter().zip(verdicts);
            cells.filter_map(move |(column, verdict)| match verdict {
                Err(Halt::Fail(failure)) => Some((*check, column, failure)),
                Ok(()) | Err(Halt::Skip(_)) => None,
            })
        })
    }

    /// Passed, failed, not applicable.
    fn count(&self) -> (usize, usize, usize) {
        let verdicts = self.rows.iter().flat_map(|(_, verdicts)| verdicts);
        verdicts.fold(
            (0, 0, 0),
            |(passed, failed, skipped), verdict| match verdict {
                Ok(()) => (passed + 1, failed, skipped),
                Err(Halt::Fail(_)) => (passed, failed + 1, skipped),
                Err(Halt::Skip(_)) => (passed, failed, skipped + 1),
            },
        )
    }
}

impl Column {
    /// Columns of one client stand close; between clients there is room.
    fn width(&self) -> usize {
        let name = self.upstream.unwrap_or(self.client);
        name.chars().count() + 1
    }

    fn name(&self) -> String {
        match self.upstream {
            Some(upstream) => format!("{} → {upstream}", self.client),
            None => self.client.to_owned(),
        }
    }
}

fn mark(verdict: &Verdict) -> char {
    match verdict {
        Ok(()) => '✓',
        Err(Halt::Fail(_)) => '✗',
        Err(Halt::Skip(_)) => '–',
    }
}

fn indented(text: &str) -> String {
    text.replace('\n', "\n            ")
}
