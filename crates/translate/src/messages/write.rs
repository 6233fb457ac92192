//! JSON written straight into the body: one pass, no tree in between.

use byokey_types::{Raw, RawObject};
use bytes::{BufMut, BytesMut};

/// An object being written; [`Object::end`] closes it.
pub(super) struct Object<'a> {
    out: &'a mut BytesMut,
    first: bool,
}

/// An array being written; [`Array::end`] closes it.
pub(super) struct Array<'a> {
    out: &'a mut BytesMut,
    first: bool,
}

impl<'a> Object<'a> {
    pub(super) fn begin(out: &'a mut BytesMut) -> Self {
        out.put_u8(b'{');
        Self { out, first: true }
    }

    /// Writes a key; the caller writes exactly one value behind it.
    pub(super) fn key(&mut self, key: &str) -> &mut BytesMut {
        if !self.first {
            self.out.put_u8(b',');
        }
        self.first = false;
        string(key, self.out);
        self.out.put_u8(b':');
        self.out
    }

    pub(super) fn text(&mut self, key: &str, value: &str) {
        string(value, self.key(key));
    }

    pub(super) fn number(&mut self, key: &str, value: u64) {
        self.raw(key, &Raw::number(value));
    }

    pub(super) fn raw(&mut self, key: &str, value: &Raw) {
        self.key(key).extend_from_slice(value.bytes());
    }

    pub(super) fn raw_some(&mut self, key: &str, value: Option<&Raw>) {
        if let Some(value) = value {
            self.raw(key, value);
        }
    }

    pub(super) fn object(&mut self, key: &str) -> Object<'_> {
        Object::begin(self.key(key))
    }

    pub(super) fn array(&mut self, key: &str) -> Array<'_> {
        Array::begin(self.key(key))
    }

    /// Writes the members of an extension, those excepted that have been written from what is known.
    pub(super) fn members(&mut self, members: Option<&RawObject>, written: &[&str]) {
        for (key, value) in members.into_iter().flat_map(RawObject::iter) {
            if !written.contains(&key.as_str()) {
                self.raw(key, value);
            }
        }
    }

    pub(super) fn end(self) {
        self.out.put_u8(b'}');
    }
}

impl<'a> Array<'a> {
    pub(super) fn begin(out: &'a mut BytesMut) -> Self {
        out.put_u8(b'[');
        Self { out, first: true }
    }

    /// Makes room for the next item; the caller writes exactly one value.
    pub(super) fn item(&mut self) -> &mut BytesMut {
        if !self.first {
            self.out.put_u8(b',');
        }
        self.first = false;
        self.out
    }

    pub(super) fn object(&mut self) -> Object<'_> {
        Object::begin(self.item())
    }

    pub(super) fn end(self) {
        self.out.put_u8(b']');
    }
}

/// Writes the JSON string that means `text`; runs without an escape are copied whole.
pub(super) fn string(text: &str, out: &mut BytesMut) {
    out.reserve(text.len() + 2);
    out.put_u8(b'"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.put_slice(&text.as_bytes()[plain..at]);
        plain = at + 1;
        match byte {
            b'"' => out.put_slice(b"\\\""),
            b'\\' => out.put_slice(b"\\\\"),
            b'\n' => out.put_slice(b"\\n"),
            b'\r' => out.put_slice(b"\\r"),
            b'\t' => out.put_slice(b"\\t"),
            control => out.put_slice(format!("\\u{control:04x}").as_bytes()),
        }
    }
    out.put_slice(&text.as_bytes()[plain..]);
    out.put_u8(b'"');
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn strings_mean_what_they_were(text in any::<String>()) {
            let mut out = BytesMut::new();
            string(&text, &mut out);
            prop_assert_eq!(Raw::parse(out.freeze()).unwrap().text().unwrap(), text);
        }
    }
}
