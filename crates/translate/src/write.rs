//! JSON written straight into the body: one pass, no tree in between.

use byokey_types::{Raw, RawObject};
use bytes::{BufMut, BytesMut};

/// An object being written; [`Object::end`] closes it.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    out: &'a mut BytesMut,
    first: bool,
}

/// An array being written; [`Array::end`] closes it.
#[derive(Debug)]
pub(crate) struct Array<'a> {
    out: &'a mut BytesMut,
    first: bool,
}

impl<'a> Object<'a> {
    pub(crate) fn begin(out: &'a mut BytesMut) -> Self {
        out.put_u8(b'{');
        Self { out, first: true }
    }

    /// Writes a key; the caller writes exactly one value behind it.
    pub(crate) fn key(&mut self, key: &str) -> &mut BytesMut {
        if !std::mem::take(&mut self.first) {
            self.out.put_u8(b',');
        }
        string(key, self.out);
        self.out.put_u8(b':');
        self.out
    }

    pub(crate) fn text(&mut self, key: &str, value: &str) {
        string(value, self.key(key));
    }

    pub(crate) fn text_some(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    pub(crate) fn number(&mut self, key: &str, value: u64) {
        self.raw(key, &Raw::number(value));
    }

    pub(crate) fn boolean(&mut self, key: &str, value: bool) {
        self.raw(key, &Raw::bool(value));
    }

    pub(crate) fn raw(&mut self, key: &str, value: &Raw) {
        self.key(key).extend_from_slice(value.bytes());
    }

    pub(crate) fn raw_some(&mut self, key: &str, value: Option<&Raw>) {
        if let Some(value) = value {
            self.raw(key, value);
        }
    }

    pub(crate) fn object(&mut self, key: &str) -> Object<'_> {
        Object::begin(self.key(key))
    }

    pub(crate) fn array(&mut self, key: &str) -> Array<'_> {
        Array::begin(self.key(key))
    }

    /// Writes those members that `wanted` accepts, under the name it gives.
    pub(crate) fn members<'m>(
        &mut self,
        members: Option<&'m RawObject>,
        wanted: impl Fn(&'m str) -> Option<&'m str>,
    ) {
        for (key, value) in members.into_iter().flat_map(RawObject::iter) {
            if let Some(name) = wanted(key) {
                self.raw(name, value);
            }
        }
    }

    /// Writes the members of an extension, those excepted that have been written from what is known.
    pub(crate) fn members_but(&mut self, members: Option<&RawObject>, written: &[&str]) {
        self.members(members, |key| (!written.contains(&key)).then_some(key));
    }

    pub(crate) fn end(self) {
        self.out.put_u8(b'}');
    }
}

impl<'a> Array<'a> {
    pub(crate) fn begin(out: &'a mut BytesMut) -> Self {
        out.put_u8(b'[');
        Self { out, first: true }
    }

    /// Makes room for the next item; the caller writes exactly one value.
    pub(crate) fn item(&mut self) -> &mut BytesMut {
        if !std::mem::take(&mut self.first) {
            self.out.put_u8(b',');
        }
        self.out
    }

    pub(crate) fn object(&mut self) -> Object<'_> {
        Object::begin(self.item())
    }

    pub(crate) fn end(self) {
        self.out.put_u8(b']');
    }
}

/// Writes the JSON string that means `text`.
pub(crate) fn string(text: &str, out: &mut BytesMut) {
    strings(&[text], out);
}

/// Writes the JSON string that means all of `texts`, one behind the other.
pub(crate) fn strings(texts: &[&str], out: &mut BytesMut) {
    out.reserve(texts.iter().map(|text| text.len()).sum::<usize>() + 2);
    out.put_u8(b'"');
    for text in texts {
        escaped(text, out);
    }
    out.put_u8(b'"');
}

/// Runs without an escape are copied whole.
fn escaped(text: &str, out: &mut BytesMut) {
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
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn strings_mean_what_they_were(one in any::<String>(), two in any::<String>()) {
            let mut out = BytesMut::new();
            strings(&[&one, &two], &mut out);
            prop_assert_eq!(Raw::parse(out.freeze()).unwrap().text().unwrap(), one + &two);
        }
    }

    #[test]
    fn members_are_separated() {
        let mut out = BytesMut::new();
        let mut object = Object::begin(&mut out);
        object.number("a", 1);
        object.object("b").end();
        let mut array = object.array("c");
        array.object().end();
        string("x", array.item());
        array.end();
        object.text_some("d", None);
        object.boolean("e", true);
        object.end();
        assert_eq!(&out[..], br#"{"a":1,"b":{},"c":[{},"x"],"e":true}"#);
    }
}
