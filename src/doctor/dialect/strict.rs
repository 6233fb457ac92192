//! A JSON value that is looked at closely: what is missing, `null` or of another type is told with its path.

use serde_json::Value;

/// What was read, or what is wrong with it.
pub(crate) type Read<T> = Result<T, String>;

/// A value and where it is.
#[derive(Clone, Debug)]
pub(super) struct Seen<'a> {
    pub(super) value: &'a Value,
    path: String,
}

impl<'a> Seen<'a> {
    pub(super) fn new(value: &'a Value) -> Self {
        let path = String::new();
        Self { value, path }
    }

    /// A member that may be missing or `null`.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        };
        Some(Self { value, path })
    }

    /// A member that must be there.
    pub(super) fn need(&self, name: &str) -> Read<Self> {
        self.get(name)
            .ok_or_else(|| format!("`{}` is missing in {}", self.at(name), self.shown()))
    }

    pub(super) fn text(&self, name: &str) -> Read<&'a str> {
        let value = self.need(name)?.value;
        value
            .as_str()
            .ok_or_else(|| format!("`{}` must be a string, not {value}", self.at(name)))
    }

    /// A text that may be missing or `null`, but nothing else.
    pub(super) fn text_if_any(&self, name: &str) -> Read<Option<&'a str>> {
        self.get(name).map(|_| self.text(name)).transpose()
    }

    pub(super) fn count(&self, name: &str) -> Read<u64> {
        let value = self.need(name)?.value;
        value
            .as_u64()
            .ok_or_else(|| format!("`{}` must be a count, not {value}", self.at(name)))
    }

    /// A count that may be missing or `null`, but nothing else.
    pub(super) fn count_if_any(&self, name: &str) -> Read<Option<u64>> {
        self.get(name).map(|_| self.count(name)).transpose()
    }

    pub(super) fn list(&self, name: &str) -> Read<Vec<Self>> {
        let member = self.need(name)?;
        let items = member
            .value
            .as_array()
            .ok_or_else(|| format!("`{}` must be a list, not {}", member.path, member.value))?;
        let item = |(at, value)| Self {
            value,
            path: format!("{}.{at}", member.path),
        };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// A list that may be missing or `null`, but nothing else.
    pub(super) fn list_if_any(&self, name: &str) -> Read<Vec<Self>> {
        self.get(name)
            .map_or_else(|| Ok(Vec::new()), |_| self.list(name))
    }

    pub(super) fn object(&self, name: &str) -> Read<Self> {
        let member = self.need(name)?;
        if member.value.is_object() {
            Ok(member)
        } else {
            Err(format!(
                "`{}` must be an object, not {}",
                member.path, member.value
            ))
        }
    }

    /// Demands one text.
    pub(super) fn says(&self, name: &str, expected: &str) -> Read<()> {
        let said = self.text(name)?;
        if said == expected {
            Ok(())
        } else {
            Err(format!(
                "`{}` must be `{expected}`, not `{said}`",
                self.at(name)
            ))
        }
    }

    /// Demands that a member is there, be it `null`.
    pub(super) fn has(&self, name: &str) -> Read<()> {
        if self.value.get(name).is_some() {
            Ok(())
        } else {
            Err(format!(
                "`{}` is missing in {}",
                self.at(name),
                self.shown()
            ))
        }
    }

    /// What is here, short enough to be read.
    pub(super) fn shown(&self) -> String {
        let text = self.value.to_string();
        match text.char_indices().nth(200) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }

    fn at(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }
}

/// Arguments of a call, which are JSON in a string.
pub(super) fn arguments(text: &str) -> Read<Value> {
    serde_json::from_str::<Value>(text)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| format!("the arguments of a call must be a JSON object, not `{text}`"))
}
