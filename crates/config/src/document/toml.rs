//! TOML, through the spanned tree of the `toml` crate.

use std::ops::Range;

use figment::value::Num;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Content, Key, Node, SyntaxProblem};

/// Reads one document.
pub(super) fn parse(text: &str) -> Result<Node, SyntaxProblem> {
    let lines = Lines::new(text);
    match DeTable::parse(text) {
        Ok(table) => Ok(Node {
            line: None,
            content: mapping(table.into_inner(), &lines)?,
        }),
        Err(error) => Err(SyntaxProblem {
            line: error.span().map(|span| lines.at(&span)),
            message: format!("is not valid TOML: {}", error.message()),
            hint: None,
        }),
    }
}

fn mapping(table: DeTable<'_>, lines: &Lines) -> Result<Content, SyntaxProblem> {
    let mut entries: Vec<_> = table.into_iter().collect();
    // the table sorts by name, but the order of the file says which provider comes first
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
        .into_iter()
        .map(|(key, value)| {
            let line = Some(lines.at(&key.span()));
            let text = key.into_inner().into_owned();
            Ok((Key { text, line }, node(value, lines)?))
        })
        .collect::<Result<_, _>>()
        .map(Content::Mapping)
}

fn node(value: Spanned<DeValue<'_>>, lines: &Lines) -> Result<Node, SyntaxProblem> {
    let line = Some(lines.at(&value.span()));
    let content = match value.into_inner() {
        DeValue::String(text) => Content::Text(text.into_owned()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map(|number| Content::Number(Num::from(number)))
            .map_err(|_| unreadable(line))?,
        DeValue::Float(number) => match number.as_str().parse::<f64>() {
            Ok(number) if number.is_finite() => Content::Number(Num::from(number)),
            Ok(_) | Err(_) => return Err(unreadable(line)),
        },
        DeValue::Boolean(flag) => Content::Bool(flag),
        DeValue::Datetime(time) => Content::Text(time.to_string()),
        DeValue::Array(elements) => Content::List(
            elements
                .into_iter()
                .map(|element| node(element, lines))
                .collect::<Result<_, _>>()?,
        ),
        DeValue::Table(table) => mapping(table, lines)?,
    };
    Ok(Node { line, content })
}

fn unreadable(line: Option<u64>) -> SyntaxProblem {
    SyntaxProblem {
        line,
        message: "holds a number that is too large or not finite".to_owned(),
        hint: Some("quote it if it is a text".to_owned()),
    }
}

/// Where the lines of a text begin, in bytes.
struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(breaks).collect())
    }

    /// The line of a span's beginning, from 1.
    fn at(&self, span: &Range<usize>) -> u64 {
        let count = self.0.partition_point(|begin| *begin <= span.start);
        u64::try_from(count).unwrap_or(u64::MAX)
    }
}
