//! JSON objects: ordered, unknown members included, values untouched.

use std::{borrow::Cow, fmt};

use bytes::{BufMut, Bytes, BytesMut};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{JsonKind, Raw};
use crate::{JsonError, Str};

/// The members of a JSON object: ordered, unknown ones included, values untouched.
///
/// Of a key that occurs twice the last one counts, as in most parsers; all of them are written back.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct RawObject(Vec<(Str, Raw)>);

impl RawObject {
    /// An object without members.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Reads an object; the values borrow `bytes`.
    ///
    /// # Errors
    /// [`JsonError::Syntax`] when it is no JSON, [`JsonError::WrongType`] when it is no object.
    pub fn parse(bytes: impl Into<Bytes>) -> Result<Self, JsonError> {
        let bytes = bytes.into();
        let members: Members<'_> = match serde_json::from_slice(&bytes) {
            Ok(members) => members,
            Err(error) => {
                // tell "no JSON" from "JSON of another type"
                Raw::parse(bytes)?.expect_kind(JsonKind::Object)?;
                return Err(error.into());
            }
        };
        Ok(Self(
            members
                .0
                .into_iter()
                .map(|(key, value)| {
                    let key = Str::from(key.as_ref());
                    (key, Raw(bytes.slice_ref(value.get().as_bytes())))
                })
                .collect(),
        ))
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Raw> {
        self.0.iter().rev().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// Removes `key` and gives its value.
    pub fn take(&mut self, key: &str) -> Option<Raw> {
        let mut taken = None;
        while let Some(position) = self.0.iter().rposition(|(k, _)| k == key) {
            let (_, value) = self.0.remove(position);
            taken.get_or_insert(value);
        }
        taken
    }

    /// Sets `key`: in its place when it is there, else at the end.
    pub fn set(&mut self, key: impl Into<Str>, value: Raw) {
        let key = key.into();
        match self.0.iter_mut().rev().find(|(k, _)| *k == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key, value)),
        }
    }

    /// Sets `key` when there is a value.
    pub fn set_some(&mut self, key: impl Into<Str>, value: Option<Raw>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    /// Appends all members of `other`; a key that is here already keeps its value.
    pub fn extend_missing(&mut self, other: &Self) {
        for (key, value) in &other.0 {
            if self.get(key).is_none() {
                self.0.push((key.clone(), value.clone()));
            }
        }
    }

    /// Whether `key` is there.
    pub fn contains(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The members in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&Str, &Raw)> {
        self.0.iter().map(|(k, v)| (k, v))
    }

    /// The members in their order, values writable.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Str, &mut Raw)> {
        self.0.iter_mut().map(|(k, v)| (&*k, v))
    }

    /// How many members there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes the object, compact between members, values as they arrived.
    pub fn write(&self, out: &mut BytesMut) {
        out.put_u8(b'{');
        for (position, (key, value)) in self.0.iter().enumerate() {
            if position > 0 {
                out.put_u8(b',');
            }
            out.extend_from_slice(&Raw::string(key).0);
            out.put_u8(b':');
            out.extend_from_slice(&value.0);
        }
        out.put_u8(b'}');
    }

    /// The object as bytes; see [`RawObject::write`].
    pub fn to_bytes(&self) -> Bytes {
        let size: usize = self.0.iter().map(|(k, v)| k.len() + v.0.len() + 4).sum();
        let mut out = BytesMut::with_capacity(size + 2);
        self.write(&mut out);
        out.freeze()
    }

    /// The object as a value.
    pub fn to_raw(&self) -> Raw {
        Raw(self.to_bytes())
    }
}

impl fmt::Debug for RawObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.0.iter().map(|(k, v)| (k, v)))
            .finish()
    }
}

impl FromIterator<(Str, Raw)> for RawObject {
    fn from_iter<T: IntoIterator<Item = (Str, Raw)>>(iter: T) -> Self {
        Self(iter.into_iter().collect())
    }
}

impl IntoIterator for RawObject {
    type Item = (Str, Raw);
    type IntoIter = std::vec::IntoIter<(Str, Raw)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

struct Key<'a>(Cow<'a, str>);

impl AsRef<str> for Key<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(v)))
            }
            fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(v.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct Members<'a>(Vec<(Key<'a>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(entry) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    members.push(entry);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}
