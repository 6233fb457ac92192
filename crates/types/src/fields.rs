//! What an upstream takes of a body: rules as data, in manifests and in the configuration.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::Str;

/// The longest path, in steps: rules recurse as deep as their paths.
const LONGEST: usize = 16;

/// One step of a [`FieldPath`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FieldStep {
    /// The member of an object.
    Key(Str),
    /// Every item of an array and every member of an object; with a tag only those whose `type` or `role` it is.
    Each(Option<Str>),
}

/// Where members of a body are: `reasoning.effort`, `messages.*.name`, `messages.*(assistant).reasoning_content`.
///
/// From one to sixteen steps; never an index.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldPath(Vec<FieldStep>);

/// What an upstream takes of a body. Rules that contradict themselves cannot be read.
///
/// They are applied in the order of the members. An empty list rules nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct FieldRules {
    /// The same under another name: from → to. Where both are, the second stays and the first is dropped.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rename: BTreeMap<FieldPath, FieldPath>,
    /// Everything it takes; whatever else is at a level that a path names is dropped. A path holds for all below it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<FieldPath>,
    /// What it does not take.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<FieldPath>,
    /// What must have this value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub force: BTreeMap<FieldPath, Value>,
    /// What must be there, with the value it has when nobody says it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub default: BTreeMap<FieldPath, Value>,
    /// Items that a list must have.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub append: BTreeMap<FieldPath, Vec<Value>>,
}

/// Rules that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFields {
    /// No path.
    #[error(
        "`{0}` is no path; write names with `.` between them, `*` for each, `*(tag)` for each of a `type` or `role`"
    )]
    Path(String),
    /// An index.
    #[error("`{0}` has an index; write `*` for each item")]
    Index(String),
    /// It ends in every item, which only `deny` can mean, or stands for several places where one is meant.
    #[error("`{rule}` takes no `*`, as in `{path}`; name one member")]
    Many {
        /// The rule.
        rule: &'static str,
        /// The path.
        path: FieldPath,
    },
    /// One path allows what another restricts.
    #[error(
        "`allow` has `{outer}`, which allows all of it, and `{inner}`, which does not; keep one"
    )]
    Contradiction {
        /// The shorter path.
        outer: FieldPath,
        /// The longer one.
        inner: FieldPath,
    },
}

impl FieldPath {
    /// Reads a path.
    ///
    /// # Errors
    /// [`InvalidFields::Path`] when a step is empty or there are too many, [`InvalidFields::Index`] when one is a number.
    pub fn parse(text: &str) -> Result<Self, InvalidFields> {
        let steps: Option<Vec<FieldStep>> = text.split('.').map(step).collect();
        let steps = steps.filter(|steps| steps.len() <= LONGEST);
        let steps = steps.ok_or_else(|| InvalidFields::Path(text.to_owned()))?;
        let index = |step: &FieldStep| matches!(step, FieldStep::Key(key) if key.bytes().all(|b| b.is_ascii_digit()));
        if steps.iter().any(index) {
            return Err(InvalidFields::Index(text.to_owned()));
        }
        Ok(Self(steps))
    }

    /// The path of these steps; `None` when there are none or too many.
    pub fn of(steps: Vec<FieldStep>) -> Option<Self> {
        (!steps.is_empty() && steps.len() <= LONGEST).then_some(Self(steps))
    }

    /// The steps, at least one.
    pub fn steps(&self) -> &[FieldStep] {
        &self.0
    }

    /// Whether it may stand for several places.
    pub fn is_many(&self) -> bool {
        self.0.iter().any(|step| matches!(step, FieldStep::Each(_)))
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(".")?;
            }
            match step {
                FieldStep::Key(key) => f.write_str(key)?,
                FieldStep::Each(None) => f.write_str("*")?,
                FieldStep::Each(Some(tag)) => write!(f, "*({tag})")?,
            }
        }
        Ok(())
    }
}

impl FromStr for FieldPath {
    type Err = InvalidFields;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for FieldPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FieldPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl FieldRules {
    /// Whether they rule nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether they can be followed.
    ///
    /// # Errors
    /// [`InvalidFields::Contradiction`] or [`InvalidFields::Many`].
    pub fn check(&self) -> Result<(), InvalidFields> {
        for inner in &self.allow {
            let begins =
                |outer: &&FieldPath| outer.0.len() < inner.0.len() && inner.0.starts_with(&outer.0);
            if let Some(outer) = self.allow.iter().find(begins) {
                return Err(InvalidFields::Contradiction {
                    outer: outer.clone(),
                    inner: inner.clone(),
                });
            }
        }
        let rename = self.rename.iter().flat_map(|(from, to)| [from, to]);
        let single = rename
            .map(|path| ("rename", path))
            .chain(self.force.keys().map(|path| ("force", path)))
            .chain(self.default.keys().map(|path| ("default", path)))
            .chain(self.append.keys().map(|path| ("append", path)));
        for (rule, path) in single {
            if path.is_many() {
                return Err(InvalidFields::Many {
                    rule,
                    path: path.clone(),
                });
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Unchecked {
    rename: BTreeMap<FieldPath, FieldPath>,
    allow: Vec<FieldPath>,
    deny: Vec<FieldPath>,
    force: BTreeMap<FieldPath, Value>,
    default: BTreeMap<FieldPath, Value>,
    append: BTreeMap<FieldPath, Vec<Value>>,
}

impl TryFrom<Unchecked> for FieldRules {
    type Error = InvalidFields;

    fn try_from(read: Unchecked) -> Result<Self, Self::Error> {
        let rules = Self {
            rename: read.rename,
            allow: read.allow,
            deny: read.deny,
            force: read.force,
            default: read.default,
            append: read.append,
        };
        rules.check()?;
        Ok(rules)
    }
}

fn step(text: &str) -> Option<FieldStep> {
    let tag = text
        .strip_prefix("*(")
        .and_then(|rest| rest.strip_suffix(')'));
    match (text, tag) {
        ("*", _) => Some(FieldStep::Each(None)),
        (_, Some(tag)) if !tag.is_empty() => Some(FieldStep::Each(Some(tag.into()))),
        (key, _) if key.is_empty() || key.contains(['*', '(', ')', ' ']) => None,
        (key, _) => Some(FieldStep::Key(key.into())),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_are_written_as_they_are_read() {
        for text in [
            "a",
            "reasoning.effort",
            "messages.*.name",
            "tools.*(custom).x",
            "*",
        ] {
            assert_eq!(FieldPath::parse(text).unwrap().to_string(), text);
        }
        let long = ["a"; LONGEST + 1].join(".");
        for wrong in ["", "a.", ".a", "a..b", "a*", "a.*()", "a b", "*(x", &long] {
            assert_eq!(
                FieldPath::parse(wrong),
                Err(InvalidFields::Path(wrong.to_owned()))
            );
        }
        assert_eq!(
            FieldPath::parse("tools.0.strict"),
            Err(InvalidFields::Index("tools.0.strict".to_owned()))
        );
    }

    #[test]
    fn rules_that_contradict_themselves_are_refused() {
        let rows = [
            (
                json!({"allow": ["messages", "messages.*.role"]}),
                "`allow` has `messages`, which allows all of it, and `messages.*.role`, which does not; keep one",
            ),
            (
                json!({"force": {"tools.*.strict": true}}),
                "`force` takes no `*`, as in `tools.*.strict`; name one member",
            ),
            (
                json!({"rename": {"a": "b.*"}}),
                "`rename` takes no `*`, as in `b.*`; name one member",
            ),
            (
                json!({"deny": ["tools.0"]}),
                "`tools.0` has an index; write `*` for each item",
            ),
        ];
        for (rules, expected) in rows {
            let error = serde_json::from_value::<FieldRules>(rules).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
        let sound = json!({
            "rename": {"a": "b"},
            "allow": ["messages.*.role", "messages.*.content", "model"],
            "force": {"stream": true},
            "append": {"include": ["x"]},
        });
        let rules: FieldRules = serde_json::from_value(sound.clone()).unwrap();
        assert_eq!(serde_json::to_value(&rules).unwrap(), sound);
    }
}
