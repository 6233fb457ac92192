//! YAML, through `serde-saphyr`.
//!
//! `serde_yaml` is archived and its successors by name (`serde_yaml_ng`, `serde_norway`) wrap an unsafe translation of
//! libyaml. `serde-saphyr` is developed, safe Rust, gives the line of every node, refuses duplicate keys and bounds
//! depth, nodes and alias expansion.

use std::{collections::BTreeSet, fmt};

use figment::value::Num;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Error, Location, Options, Spanned};

use super::{Content, Key, Node, SyntaxProblem};
use crate::key_path::shown;

/// Beyond these a configuration is an attack or an accident.
const DEEPEST: usize = 32;
const MOST_NODES: usize = 100_000;
const MOST_REPLAYED: usize = 100_000;

const TOO_MUCH: &str = "is nested too deeply or expands to too much";
const SAME_KEY: &str = "two keys of a mapping are the same text";

/// Reads one document. An empty one is [`Content::Nothing`].
pub(super) fn parse(text: &str) -> Result<Node, SyntaxProblem> {
    match serde_saphyr::from_str_with_options::<Spanned<Content>>(text, options()) {
        Ok(root) => Ok(root.into()),
        Err(error) => Err(problem(error.without_snippet())),
    }
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEEPEST,
            max_nodes: MOST_NODES,
            max_documents: 2,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MOST_REPLAYED,
        },
        strict_booleans: true,
        with_snippet: false,
    }
}

/// Errors are told in our words: those of the crate may quote values.
fn problem(error: &Error) -> SyntaxProblem {
    let (message, hint) = match error {
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            (format!("duplicate key `{}`", shown(key)), Some("keep one"))
        }
        Error::DuplicateMappingKey { key: None, .. } => {
            ("duplicate key".to_owned(), Some("keep one"))
        }
        Error::MultipleDocuments { .. } => (
            "holds more than one YAML document".to_owned(),
            Some("remove the `---` between them"),
        ),
        Error::UnknownAnchor { .. } => (
            "an alias names an anchor that does not exist".to_owned(),
            Some("quote a value that begins with `*`"),
        ),
        Error::Budget { .. }
        | Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::RecursiveReferencesRequireWeakTypes { .. } => (
            TOO_MUCH.to_owned(),
            Some("write it flatter and without aliases"),
        ),
        Error::ExternalMessage { msg, .. } if msg == "recursion limit exceeded" => (
            TOO_MUCH.to_owned(),
            Some("write it flatter and without aliases"),
        ),
        Error::NonFiniteFloat { .. } => (
            "holds a number that is not finite".to_owned(),
            Some("quote it if it is a text"),
        ),
        Error::AliasError { error, .. } => return problem(error),
        // the parser's words: they name what was expected, and quote at most one character
        Error::ExternalMessage { msg, .. } => (format!("is not valid YAML: {msg}"), None),
        Error::Message { msg, .. } if msg == SAME_KEY => (SAME_KEY.to_owned(), Some("keep one")),
        // the enum is the crate's and grows; what is left is about malformed input, without words of its own
        _ => ("is not valid YAML".to_owned(), None),
    };
    SyntaxProblem {
        line: error.location().and_then(line),
        message,
        hint: hint.map(str::to_owned),
    }
}

/// Lines are counted from 1; an unknown location has line 0.
fn line(location: Location) -> Option<u64> {
    (location.line() > 0).then(|| location.line())
}

impl From<Spanned<Content>> for Node {
    fn from(spanned: Spanned<Content>) -> Self {
        Self {
            line: line(spanned.referenced).or_else(|| line(spanned.defined)),
            content: spanned.value,
        }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Nothing)
    }

    fn visit_none<E>(self) -> Result<Content, E> {
        Ok(Content::Nothing)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Number(Num::from(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Number(Num::from(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Content, E> {
        Ok(Content::Number(Num::from(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Content, E> {
        Ok(Content::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Content, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element::<Spanned<Content>>()? {
            list.push(element.into());
        }
        Ok(Content::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Content, A::Error> {
        let mut mapping = Vec::new();
        let mut known = BTreeSet::new();
        while let Some(key) = entries.next_key::<Spanned<String>>()? {
            // `1` and `"1"` are two keys to YAML and one to us
            if !known.insert(key.value.clone()) {
                return Err(A::Error::custom(SAME_KEY));
            }
            let node = entries.next_value::<Spanned<Content>>()?.into();
            let key = Key {
                line: line(key.referenced),
                text: key.value,
            };
            mapping.push((key, node));
        }
        Ok(Content::Mapping(mapping))
    }
}
