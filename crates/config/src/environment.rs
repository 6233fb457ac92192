//! The environment as a value, so that tests need no process environment.

use std::collections::BTreeMap;

use byokey_types::{Secret, ports::Environment};

/// A snapshot of environment variables; values are kept as secrets, since keys are among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Env(BTreeMap<String, Secret>);

impl Env {
    /// The variables of this process; those that are not UTF-8 are left out.
    pub fn process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The variables that are set and not empty, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.0
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.as_str(), value))
    }

    /// The text of a variable that is no secret: a path, a mode.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?;
        (!value.is_empty()).then(|| value.expose())
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), Secret::new(value)))
                .collect(),
        )
    }
}

impl Environment for Env {
    fn var(&self, name: &str) -> Option<Secret> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned()
    }
}
