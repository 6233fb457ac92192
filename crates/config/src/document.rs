//! A configuration file as a tree that knows its lines, whatever its syntax.

mod json;
mod toml;
mod yaml;

use std::{collections::BTreeMap, path::Path};

use figment::value::{Dict, Empty, Num, Tag, Value};

use crate::key_path::KeyPath;

/// Files beyond this many bytes are refused: they are no configuration.
pub(crate) const LARGEST_FILE: u64 = 1 << 20;

/// The syntaxes of a configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    Yaml,
    Json,
    Toml,
}

impl Syntax {
    /// By the name's extension; YAML unless it is `.json` or `.toml`.
    pub(crate) fn of(path: &Path) -> Self {
        let extension = path.extension().unwrap_or_default();
        if extension.eq_ignore_ascii_case("json") {
            Self::Json
        } else if extension.eq_ignore_ascii_case("toml") {
            Self::Toml
        } else {
            Self::Yaml
        }
    }
}

/// A text that is not of its syntax. The message quotes nothing from the text but keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxProblem {
    /// From 1, when it is known.
    pub(crate) line: Option<u64>,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

/// What a file says, and where.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    /// The settings.
    pub(crate) settings: Dict,
    /// The line of every key and element, from 1.
    pub(crate) lines: BTreeMap<KeyPath, u64>,
    /// The keys of `providers`, in the order of the file.
    pub(crate) providers: Vec<String>,
}

/// A value and the line it stands on, when that is known.
#[derive(Clone, Debug)]
struct Node {
    line: Option<u64>,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Nothing,
    Bool(bool),
    Number(Num),
    Text(String),
    List(Vec<Node>),
    Mapping(Vec<(Key, Node)>),
}

#[derive(Clone, Debug)]
struct Key {
    text: String,
    line: Option<u64>,
}

/// Reads a file's text.
pub(crate) fn parse(text: &str, syntax: Syntax) -> Result<Document, SyntaxProblem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let root = match syntax {
        Syntax::Yaml => yaml::parse(text)?,
        Syntax::Json => json::parse(text)?,
        Syntax::Toml => toml::parse(text)?,
    };
    document(root)
}

/// Reads a value that stands alone, as in an environment variable; `None` when it is not YAML.
pub(crate) fn parse_value(text: &str) -> Option<Value> {
    let root = yaml::parse(text).ok()?;
    Some(value(root, &KeyPath::root(), &mut BTreeMap::new()))
}

fn document(root: Node) -> Result<Document, SyntaxProblem> {
    let line = root.line;
    let providers = provider_order(&root);
    let mut lines = BTreeMap::new();
    match value(root, &KeyPath::root(), &mut lines) {
        Value::Dict(_, settings) => Ok(Document {
            settings,
            lines,
            providers,
        }),
        Value::Empty(..) => Ok(Document::default()),
        Value::String(..)
        | Value::Char(..)
        | Value::Bool(..)
        | Value::Num(..)
        | Value::Array(..) => Err(SyntaxProblem {
            line,
            message: "expected a mapping of settings".to_owned(),
            hint: Some("write lines like `port: 8018`".to_owned()),
        }),
    }
}

fn provider_order(root: &Node) -> Vec<String> {
    member(root, "providers")
        .and_then(mapping)
        .map(|entries| entries.iter().map(|(key, _)| key.text.clone()).collect())
        .unwrap_or_default()
}

fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    mapping(node)?
        .iter()
        .find_map(|(key, node)| (key.text == name).then_some(node))
}

fn mapping(node: &Node) -> Option<&[(Key, Node)]> {
    match &node.content {
        Content::Mapping(entries) => Some(entries),
        Content::Nothing
        | Content::Bool(_)
        | Content::Number(_)
        | Content::Text(_)
        | Content::List(_) => None,
    }
}

fn value(node: Node, path: &KeyPath, lines: &mut BTreeMap<KeyPath, u64>) -> Value {
    let tag = Tag::Default;
    match node.content {
        Content::Nothing => Value::Empty(tag, Empty::None),
        Content::Bool(flag) => Value::Bool(tag, flag),
        Content::Number(number) => Value::Num(tag, number),
        Content::Text(text) => Value::String(tag, text),
        Content::List(nodes) => {
            let list = nodes.into_iter().enumerate();
            Value::Array(
                tag,
                list.map(|(index, node)| {
                    let path = path.index(index);
                    note(&path, node.line, lines);
                    value(node, &path, lines)
                })
                .collect(),
            )
        }
        Content::Mapping(entries) => {
            let entries = entries.into_iter();
            Value::Dict(
                tag,
                entries
                    .map(|(key, node)| {
                        let path = path.key(&key.text);
                        note(&path, key.line.or(node.line), lines);
                        (key.text, value(node, &path, lines))
                    })
                    .collect(),
            )
        }
    }
}

fn note(path: &KeyPath, line: Option<u64>, lines: &mut BTreeMap<KeyPath, u64>) {
    if let Some(line) = line {
        lines.insert(path.clone(), line);
    }
}
