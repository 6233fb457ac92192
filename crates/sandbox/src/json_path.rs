//! Where in a body a check stands; spelled only when a check fails.

use std::fmt::Write as _;

/// A place in a JSON document, as a chain on the stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a> {
    parent: Option<&'a At<'a>>,
    key: Key<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Key<'a> {
    Root,
    Field(&'a str),
    Index(usize),
    Entry(&'a str),
}

impl<'a> At<'a> {
    /// The document itself.
    pub(crate) const ROOT: At<'static> = At {
        parent: None,
        key: Key::Root,
    };

    /// A member of the object here.
    pub(crate) const fn field(&'a self, name: &'a str) -> At<'a> {
        At {
            parent: Some(self),
            key: Key::Field(name),
        }
    }

    /// An element of the array here.
    pub(crate) const fn index(&'a self, index: usize) -> At<'a> {
        At {
            parent: Some(self),
            key: Key::Index(index),
        }
    }

    /// A value of the map here.
    pub(crate) const fn entry(&'a self, key: &'a str) -> At<'a> {
        At {
            parent: Some(self),
            key: Key::Entry(key),
        }
    }

    /// `messages.0.content`, as Anthropic spells it.
    pub(crate) fn dotted(&self) -> String {
        self.spell(|path, index| {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&index.to_string());
        })
    }

    /// `messages[0].content`, as OpenAI and Google spell it.
    pub(crate) fn bracketed(&self) -> String {
        self.spell(|path, index| {
            // writing to a string cannot fail
            let _ = write!(path, "[{index}]");
        })
    }

    fn spell(&self, index: impl Fn(&mut String, usize) + Copy) -> String {
        let mut path = self
            .parent
            .map(|parent| parent.spell(index))
            .unwrap_or_default();
        match self.key {
            Key::Root => {}
            Key::Field(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
            }
            Key::Index(at) => index(&mut path, at),
            Key::Entry(key) => {
                path.push('[');
                path.push_str(key);
                path.push(']');
            }
        }
        path
    }
}
