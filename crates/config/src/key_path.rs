//! The place of a value in the configuration tree, and how it is written for people.

use std::fmt;

/// A step into a mapping or a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A key of a mapping.
    Key(String),
    /// An element of a list, from 0.
    Index(usize),
}

/// A place in the configuration: `providers.claude.api_keys[0].label`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyPath(Vec<Step>);

impl KeyPath {
    /// The whole configuration.
    pub(crate) const fn root() -> Self {
        Self(Vec::new())
    }

    /// The value under a key.
    pub(crate) fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    /// An element, from 0.
    pub(crate) fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    /// The steps from the root.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.0
    }

    /// What holds this value; `None` for the root.
    pub(crate) fn parent(&self) -> Option<Self> {
        let (_, parents) = self.0.split_last()?;
        Some(Self(parents.to_vec()))
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => {
                    if position > 0 {
                        f.write_str(".")?;
                    }
                    f.write_str(&written(key))?;
                }
            }
        }
        Ok(())
    }
}

/// A key as it can be shown when it may be no key at all.
///
/// `{api_key:sk-123}`, the space forgotten, is one key that holds a secret: only what stands before the colon is shown.
pub(crate) fn shown(key: &str) -> String {
    const LONGEST: usize = 64;
    let head = key
        .split([':', '=', ' ', '\n', '\t'])
        .next()
        .unwrap_or_default();
    let cut: String = head.chars().take(LONGEST).collect();
    if cut.len() == key.len() {
        written(key)
    } else {
        format!("{}…", written(&cut))
    }
}

/// A key in dotted notation, quoted when it could be misread.
fn written(key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !key.is_empty() && key.chars().all(plain) {
        key.to_owned()
    } else {
        format!("{key:?}")
    }
}
