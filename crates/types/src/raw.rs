//! JSON values kept as the bytes they arrived in.
//!
//! Nothing here re-spells a value: numbers, escapes and inner white space survive.

mod object;
mod unescape;

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::JsonError;
pub use object::RawObject;

/// The type of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JsonKind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// A number.
    Number,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
}

impl JsonKind {
    /// The name with its article, for messages.
    pub const fn article(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::Array => "an array",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Bool => "a boolean",
            Self::Null => "null",
        }
    }
}

/// One valid JSON value, as its own bytes, without surrounding white space.
///
/// Cloning is cheap, and parsing a part of a body borrows the body's buffer.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Raw(Bytes);

impl Raw {
    /// `null`.
    pub const NULL: Self = Self(Bytes::from_static(b"null"));
    /// `true`.
    pub const TRUE: Self = Self(Bytes::from_static(b"true"));
    /// `false`.
    pub const FALSE: Self = Self(Bytes::from_static(b"false"));
    /// `{}`.
    pub const EMPTY_OBJECT: Self = Self(Bytes::from_static(b"{}"));

    /// Checks that `bytes` hold exactly one JSON value and keeps them, without a copy.
    ///
    /// Nesting depth costs no stack.
    ///
    /// # Errors
    /// [`JsonError::Syntax`] when they do not.
    pub fn parse(bytes: impl Into<Bytes>) -> Result<Self, JsonError> {
        let bytes = bytes.into();
        let raw: &RawValue = serde_json::from_slice(&bytes)?;
        Ok(Self(bytes.slice_ref(raw.get().as_bytes())))
    }

    /// The JSON string that means `text`.
    pub fn string(text: &str) -> Self {
        Self::of(&text)
    }

    /// The JSON number `value`.
    pub fn number(value: u64) -> Self {
        Self::of(&value)
    }

    /// `true` or `false`.
    pub const fn bool(value: bool) -> Self {
        if value { Self::TRUE } else { Self::FALSE }
    }

    /// The array of `items`.
    pub fn array_of(items: impl IntoIterator<Item = Self>) -> Self {
        let mut out = BytesMut::new();
        out.put_u8(b'[');
        for (position, item) in items.into_iter().enumerate() {
            if position > 0 {
                out.put_u8(b',');
            }
            out.extend_from_slice(&item.0);
        }
        out.put_u8(b']');
        Self(out.freeze())
    }

    /// The JSON of a value whose serialisation cannot fail: strings, numbers, `json!` values.
    ///
    /// A value that does fail (a map with keys that are no strings) becomes `null`.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Self {
        serde_json::to_vec(value).map_or(Self::NULL, |bytes| Self(bytes.into()))
    }

    /// The bytes, exactly as they arrived.
    pub const fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The text, exactly as it arrived.
    pub fn as_str(&self) -> &str {
        // holds by construction: every constructor has parsed or serialised it
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The type of the value.
    pub fn kind(&self) -> JsonKind {
        match self.0.first() {
            Some(b'{') => JsonKind::Object,
            Some(b'[') => JsonKind::Array,
            Some(b'"') => JsonKind::String,
            Some(b't' | b'f') => JsonKind::Bool,
            Some(b'n') | None => JsonKind::Null,
            Some(_) => JsonKind::Number,
        }
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        self.kind() == JsonKind::Null
    }

    /// The members of an object.
    ///
    /// # Errors
    /// [`JsonError::WrongType`] for any other type, with path `$`.
    pub fn object(&self) -> Result<RawObject, JsonError> {
        self.expect_kind(JsonKind::Object)?;
        RawObject::parse(self.0.clone())
    }

    /// The items of an array.
    ///
    /// # Errors
    /// [`JsonError::WrongType`] for any other type, with path `$`.
    pub fn array(&self) -> Result<Vec<Self>, JsonError> {
        self.expect_kind(JsonKind::Array)?;
        let items: Items<'_> = serde_json::from_slice(&self.0)?;
        Ok(items
            .0
            .into_iter()
            .map(|item| Self(self.0.slice_ref(item.get().as_bytes())))
            .collect())
    }

    /// The meaning of a string, and whether a lone surrogate in it had to become U+FFFD.
    ///
    /// Clients written in JavaScript cut strings between the halves of a surrogate pair; such a text
    /// has no Rust string, yet must not be refused.
    ///
    /// # Errors
    /// [`JsonError::WrongType`] for any other type, with path `$`.
    pub fn text_lossy(&self) -> Result<(String, bool), JsonError> {
        self.expect_kind(JsonKind::String)?;
        match serde_json::from_slice(&self.0) {
            Ok(text) => Ok((text, false)),
            Err(_) => Ok((unescape::lossy(self.as_str()), true)),
        }
    }

    /// The meaning of a string; a lone surrogate becomes U+FFFD.
    ///
    /// # Errors
    /// [`JsonError::WrongType`] for any other type, with path `$`.
    pub fn text(&self) -> Result<String, JsonError> {
        self.text_lossy().map(|(text, _)| text)
    }

    /// A whole number that is not negative; `1.0` and `1e3` are whole, too.
    ///
    /// # Errors
    /// [`JsonError::WrongType`] for any other type, [`JsonError::Invalid`] for a fraction, a negative number or one beyond 2^53.
    pub fn whole(&self) -> Result<u64, JsonError> {
        self.expect_kind(JsonKind::Number)?;
        if let Ok(value) = serde_json::from_slice::<u64>(&self.0) {
            return Ok(value);
        }
        // a number beyond what `f64` holds is no number to the parser; it is no whole one either
        let value: f64 = serde_json::from_slice(&self.0).unwrap_or(f64::INFINITY);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be a whole number below 2^53 in the same line"
        )]
        if value >= 0.0 && value.fract() == 0.0 && value < 9_007_199_254_740_992.0 {
            Ok(value as u64)
        } else {
            Err(JsonError::Invalid {
                path: "$".to_owned(),
                what: "must be a whole number that is not negative".to_owned(),
            })
        }
    }

    /// A boolean.
    ///
    /// # Errors
    /// [`JsonError::WrongType`] for any other type, with path `$`.
    pub fn boolean(&self) -> Result<bool, JsonError> {
        self.expect_kind(JsonKind::Bool)?;
        Ok(&self.0[..] == b"true")
    }

    /// The value as a type of one's own.
    ///
    /// # Errors
    /// [`JsonError::Syntax`] when it does not fit.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        Ok(serde_json::from_slice(&self.0)?)
    }

    /// Refuses a value of another type.
    ///
    /// # Errors
    /// [`JsonError::WrongType`] with path `$`.
    pub fn expect_kind(&self, kind: JsonKind) -> Result<(), JsonError> {
        if self.kind() == kind {
            return Ok(());
        }
        Err(JsonError::WrongType {
            path: "$".to_owned(),
            expected: kind.article(),
            found: self.kind().article(),
        })
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Raw {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_slice(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

struct Items<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Items<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ItemsVisitor;
        impl<'de> Visitor<'de> for ItemsVisitor {
            type Value = Items<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element::<&'de RawValue>()? {
                    items.push(item);
                }
                Ok(Items(items))
            }
        }
        deserializer.deserialize_seq(ItemsVisitor)
    }
}
