//! What a database URL means.

use std::path::{Path, PathBuf};

use crate::StoreError;

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the memory of this process, gone with its [`Store`](crate::Store).
    Memory,
    /// In this file.
    File(PathBuf),
}

impl Location {
    /// Reads a URL: `sqlite::memory:`, `sqlite:///absolute/path`, `sqlite://relative/path` or `sqlite://~/path`.
    ///
    /// The path is taken as it stands: `%` is a character like any other, and there are no options after `?`.
    /// `~` stands for `home`.
    ///
    /// # Errors
    /// [`StoreError::UnknownScheme`] and [`StoreError::BadUrl`].
    pub fn parse(url: &str, home: Option<&Path>) -> Result<Self, StoreError> {
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        if scheme != "sqlite" {
            return Err(StoreError::UnknownScheme {
                // a URL without a scheme may be anything, so nothing of it is repeated
                scheme: if rest.is_empty() { "" } else { scheme }.to_owned(),
            });
        }
        let bad = |why| StoreError::BadUrl {
            url: url.to_owned(),
            why,
        };
        let path = rest.strip_prefix("//").unwrap_or(rest);
        if path == ":memory:" {
            return Ok(Self::Memory);
        }
        if path.is_empty() {
            return Err(bad("names no file"));
        }
        if path.contains('?') {
            return Err(bad("has options after `?`, and there are none"));
        }
        let Some(below_home) = path.strip_prefix("~/") else {
            return Ok(Self::File(path.into()));
        };
        let home = home.ok_or_else(|| bad("begins at the home directory, which is not known"))?;
        Ok(Self::File(home.join(below_home)))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "tests")]

    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn urls_are_read() {
        let home = Path::new("/home/ann");
        for (url, expected) in [
            ("sqlite::memory:", Location::Memory),
            ("sqlite://:memory:", Location::Memory),
            (
                "sqlite:///var/lib/b.db",
                Location::File("/var/lib/b.db".into()),
            ),
            ("sqlite://data/b.db", Location::File("data/b.db".into())),
            ("sqlite:b.db", Location::File("b.db".into())),
            (
                "sqlite://~/.byokey/a%20#b.db",
                Location::File("/home/ann/.byokey/a%20#b.db".into()),
            ),
        ] {
            assert_eq!(
                Location::parse(url, Some(home)).expect("a location"),
                expected
            );
        }
    }

    #[test]
    fn refusals_say_what_to_write_and_repeat_no_password() {
        let hint = "; set `database` to `sqlite:///path/to/byokey.db`";
        for (url, expected) in [
            (
                "postgres://u:secret@h/d",
                "a database of the scheme `postgres` is not supported",
            ),
            ("secret", "a database of the scheme `` is not supported"),
            ("sqlite://", "`sqlite://` names no file"),
            (
                "sqlite://b.db?mode=rwc",
                "`sqlite://b.db?mode=rwc` has options after `?`, and there are none",
            ),
            (
                "sqlite://~/b.db",
                "`sqlite://~/b.db` begins at the home directory, which is not known",
            ),
        ] {
            let error = Location::parse(url, None).expect_err("no location");
            assert_eq!(error.to_string(), format!("{expected}{hint}"));
        }
    }
}
