//! Keys: where they are said to be, and what cannot be one.

use byokey_types::{Secret, provider::KeySource};

use super::Meaning;
use crate::key_path::KeyPath;

impl Meaning<'_> {
    /// A key written in the configuration; it goes into a header.
    pub(super) fn literal(&mut self, key: Secret, path: &KeyPath) -> KeySource {
        let text = key.expose();
        let problem = if text.is_empty() {
            Some(("is empty", "leave it out or write the key"))
        } else if is_reference(text) {
            Some((
                "is a reference to a variable, and variables are not expanded here",
                "name the variable under `key_env`",
            ))
        } else if !text.bytes().all(|b| b.is_ascii_graphic()) {
            Some((
                "holds a blank or a character that no key has",
                "copy the key again",
            ))
        } else {
            None
        };
        self.note_secret(path);
        if let Some((problem, hint)) = problem {
            let message = format!("`{path}` {problem}");
            self.report(path, message, Some(hint));
        }
        KeySource::Literal(key)
    }

    /// The name of a variable that holds a key.
    pub(super) fn variable(&mut self, name: &str, path: &KeyPath) -> KeySource {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let digit_first = name.bytes().next().is_none_or(|b| b.is_ascii_digit());
        if digit_first || !name.bytes().all(fits) {
            let message = format!("`{path}` is not the name of a variable");
            self.report(
                path,
                message,
                Some("write it like `ANTHROPIC_API_KEY`, without `$`"),
            );
        }
        KeySource::Env(name.to_owned())
    }

    /// Reports all but one of several settings that exclude each other.
    pub(super) fn exclusive(&mut self, path: &KeyPath, given: &[&str]) {
        let Some((first, others)) = given.split_first() else {
            return;
        };
        for other in others {
            let message = format!("`{path}` has both `{first}` and `{other}`");
            self.report(&path.key(other), message, Some("keep one"));
        }
    }
}

/// `$NAME` or `${NAME}`, as in a shell.
fn is_reference(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('$') else {
        return false;
    };
    let name = rest
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(rest);
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}
