//! Edits of a body that leave everything else as it was.

use std::fmt;

use crate::{JsonError, JsonKind, Raw, RawObject, Str};

/// One step into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A member of an object.
    Key(Str),
    /// An item of an array, from 0.
    Index(usize),
}

/// A place in a document; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<Step>);

/// One edit of a body: alias renames, payload rules, dialect quirks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Sets the value, whatever was there; missing objects on the way are made.
    Set(Path, Raw),
    /// Sets the value when nothing is there.
    Default(Path, Raw),
    /// Removes the value.
    Remove(Path),
}

impl Path {
    /// Reads a dot path (`metadata.team`, `tools.0.strict`) or a JSON Pointer (RFC 6901; `/tools/0/strict`).
    ///
    /// # Errors
    /// [`JsonError::Invalid`] when it has an empty step.
    pub fn parse(text: &str) -> Result<Self, JsonError> {
        let steps: Vec<Step> = match text.strip_prefix('/') {
            Some(pointer) => pointer
                .split('/')
                .map(|part| step(&part.replace("~1", "/").replace("~0", "~")))
                .collect(),
            None => text.split('.').map(step).collect(),
        };
        if steps
            .iter()
            .any(|s| matches!(s, Step::Key(key) if key.is_empty()))
        {
            return Err(JsonError::Invalid {
                path: text.to_owned(),
                what: "is no path: a step is empty; write `a.b` or `/a/b`".to_owned(),
            });
        }
        Ok(Self(steps))
    }

    /// The path of one top-level member.
    pub fn key(key: impl Into<Str>) -> Self {
        Self(vec![Step::Key(key.into())])
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(".")?;
            }
            match step {
                Step::Key(key) => f.write_str(key)?,
                Step::Index(index) => write!(f, "{index}")?,
            }
        }
        Ok(())
    }
}

impl Edit {
    /// Applies the edit and says whether anything changed.
    ///
    /// An index beyond the array, or a step into a scalar, changes nothing: the body is somebody else's.
    pub fn apply(&self, body: &mut RawObject) -> bool {
        let (path, change) = match self {
            Self::Set(path, value) => (path, Change::Set(value)),
            Self::Default(path, value) => (path, Change::Default(value)),
            Self::Remove(path) => (path, Change::Remove),
        };
        in_object(body, &path.0, change)
    }
}

#[derive(Clone, Copy)]
enum Change<'a> {
    Set(&'a Raw),
    Default(&'a Raw),
    Remove,
}

fn step(text: &str) -> Step {
    match text.parse() {
        Ok(index) => Step::Index(index),
        Err(_) => Step::Key(text.into()),
    }
}

fn in_object(object: &mut RawObject, path: &[Step], change: Change<'_>) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return false;
    };
    let key = match first {
        Step::Key(key) => key.clone(),
        Step::Index(index) => index.to_string().into(),
    };
    if rest.is_empty() {
        return match change {
            Change::Set(value) => {
                let changed = object.get(&key) != Some(value);
                object.set(key, value.clone());
                changed
            }
            Change::Default(value) => {
                let absent = !object.contains(&key);
                if absent {
                    object.set(key, value.clone());
                }
                absent
            }
            Change::Remove => object.take(&key).is_some(),
        };
    }
    let inner = match (object.get(&key), change) {
        (Some(inner), _) => inner.clone(),
        (None, Change::Remove) => return false,
        (None, Change::Set(_) | Change::Default(_)) => Raw::EMPTY_OBJECT,
    };
    let Some(edited) = in_value(&inner, rest, change) else {
        return false;
    };
    object.set(key, edited);
    true
}

/// The edited value, or nothing when nothing changed.
fn in_value(value: &Raw, path: &[Step], change: Change<'_>) -> Option<Raw> {
    match value.kind() {
        JsonKind::Object => {
            let mut object = value.object().ok()?;
            in_object(&mut object, path, change).then(|| object.to_raw())
        }
        JsonKind::Array => {
            let (Step::Index(index), rest) = path.split_first()? else {
                return None;
            };
            let mut items = value.array().ok()?;
            let item = items.get(*index)?;
            if rest.is_empty() {
                match change {
                    Change::Set(new) if item == new => return None,
                    Change::Set(new) => items[*index] = new.clone(),
                    Change::Default(_) => return None,
                    Change::Remove => {
                        items.remove(*index);
                    }
                }
            } else {
                items[*index] = in_value(item, rest, change)?;
            }
            Some(Raw::array_of(items))
        }
        JsonKind::String | JsonKind::Number | JsonKind::Bool | JsonKind::Null => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use pretty_assertions::assert_eq;

    use super::*;

    const BODY: &str = r#"{"model":"a","n":1.0e2,"tools":[{"strict":true,"x":12345678901234567890123},{}],"s":"t"}"#;

    fn edited(edit: &Edit) -> (bool, String) {
        let mut body = RawObject::parse(BODY).unwrap();
        let changed = edit.apply(&mut body);
        (changed, body.to_raw().as_str().to_owned())
    }

    #[test]
    fn edits_touch_one_value_only() {
        let path = |text| Path::parse(text).unwrap();
        let cases = [
            (
                Edit::Set(path("model"), Raw::string("b")),
                true,
                BODY.replace(r#""a""#, r#""b""#),
            ),
            (
                Edit::Set(path("model"), Raw::string("a")),
                false,
                BODY.to_owned(),
            ),
            (
                Edit::Default(path("model"), Raw::string("b")),
                false,
                BODY.to_owned(),
            ),
            (
                Edit::Default(path("/metadata/team"), Raw::string("x")),
                true,
                BODY.replace(r#""s":"t"}"#, r#""s":"t","metadata":{"team":"x"}}"#),
            ),
            (
                Edit::Remove(path("tools.0.strict")),
                true,
                BODY.replace(r#""strict":true,"#, ""),
            ),
            (
                Edit::Remove(path("/tools/1")),
                true,
                BODY.replace(",{}]", "]"),
            ),
            (Edit::Remove(path("tools.7.strict")), false, BODY.to_owned()),
            (Edit::Remove(path("nothing.here")), false, BODY.to_owned()),
            (
                Edit::Set(path("s.inner"), Raw::TRUE),
                false,
                BODY.to_owned(),
            ),
        ];
        for (edit, changed, expected) in cases {
            assert_eq!(edited(&edit), (changed, expected), "{edit:?}");
        }
    }

    #[test]
    fn paths_read_both_spellings() {
        let expected = Path(vec![
            Step::Key("a/b".into()),
            Step::Index(0),
            Step::Key("c".into()),
        ]);
        assert_eq!(Path::parse("/a~1b/0/c").unwrap(), expected);
        assert_eq!(expected.to_string(), "a/b.0.c");
        for wrong in ["", "/", "a..b", "a.", "/a//b"] {
            assert!(Path::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
