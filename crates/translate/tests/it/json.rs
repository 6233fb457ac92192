//! JSON as the proofs compare and print it: members in any order, numbers by their spelling, strings by their meaning.

use std::{collections::BTreeMap, fmt::Write as _};

use byokey_types::{JsonKind, Raw};

/// A value for comparison.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tree {
    /// An object; of a key that occurs twice the last one counts.
    Object(BTreeMap<String, Tree>),
    /// An array.
    Array(Vec<Tree>),
    /// What a string means.
    String(String),
    /// A number, a boolean or `null`, as it is spelled.
    Word(String),
}

impl Tree {
    /// Reads a value.
    pub(crate) fn of(raw: &Raw) -> Self {
        match raw.kind() {
            JsonKind::Object => Self::Object(
                raw.object()
                    .unwrap()
                    .iter()
                    .map(|(key, value)| (key.to_string(), Self::of(value)))
                    .collect(),
            ),
            JsonKind::Array => Self::Array(raw.array().unwrap().iter().map(Self::of).collect()),
            JsonKind::String => Self::String(raw.text().unwrap()),
            JsonKind::Number | JsonKind::Bool | JsonKind::Null => {
                Self::Word(raw.as_str().to_owned())
            }
        }
    }

    /// Where two values differ, as dot paths.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        compare("", self, other, &mut found);
        found
    }
}

/// A value on several lines, what fits in one line on one; everything spelled as it arrived.
pub(crate) fn pretty(raw: &Raw) -> String {
    let mut out = String::new();
    write(raw, 0, &mut out);
    out
}

fn compare(path: &str, a: &Tree, b: &Tree, found: &mut Vec<String>) {
    match (a, b) {
        (Tree::Object(a), Tree::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                let path = format!("{path}.{key}");
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => compare(&path, a, b, found),
                    (Some(a), None) => found.push(format!("{path}: {a:?} is gone")),
                    (_, b) => found.push(format!("{path}: {b:?} was added")),
                }
            }
        }
        (Tree::Array(a), Tree::Array(b)) if a.len() == b.len() => {
            for (position, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&format!("{path}.{position}"), a, b, found);
            }
        }
        _ if a == b => {}
        _ => found.push(format!("{path}: {a:?} became {b:?}")),
    }
}

fn write(raw: &Raw, depth: usize, out: &mut String) {
    const WIDTH: usize = 120;
    if raw.as_str().len() + 2 * depth <= WIDTH {
        out.push_str(raw.as_str());
        return;
    }
    let pad = "  ".repeat(depth + 1);
    let members: Vec<(String, Raw)> = match raw.kind() {
        JsonKind::Object => raw
            .object()
            .unwrap()
            .into_iter()
            .map(|(key, value)| (format!("{}: ", Raw::string(&key).as_str()), value))
            .collect(),
        JsonKind::Array => raw
            .array()
            .unwrap()
            .into_iter()
            .map(|value| (String::new(), value))
            .collect(),
        JsonKind::String | JsonKind::Number | JsonKind::Bool | JsonKind::Null => {
            out.push_str(raw.as_str());
            return;
        }
    };
    let (open, close) = if raw.kind() == JsonKind::Object {
        ('{', '}')
    } else {
        ('[', ']')
    };
    out.push(open);
    for (position, (key, value)) in members.iter().enumerate() {
        let _ = write!(out, "{}\n{pad}{key}", if position > 0 { "," } else { "" });
        write(value, depth + 1, out);
    }
    let _ = write!(out, "\n{}{close}", "  ".repeat(depth));
}
