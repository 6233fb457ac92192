//! Files: `~` and `$BYOKEY_HOME` expanded.

use std::path::{Path, PathBuf};

use super::{Meaning, address};
use crate::{Database, key_path::KeyPath, locate::expand_home};

impl Meaning<'_> {
    pub(super) fn host(&mut self, text: &str, path: &KeyPath) -> String {
        match address::host(text) {
            Ok(host) => host,
            Err(fault) => {
                let message = format!("`{path}` {}", fault.message);
                self.report(path, message, Some(fault.hint));
                String::new()
            }
        }
    }

    pub(super) fn allowed_hosts(&mut self, said: Vec<String>, path: &KeyPath) -> Vec<String> {
        said.into_iter()
            .enumerate()
            .map(|(index, text)| self.host(&text, &path.index(index)))
            .collect()
    }

    pub(super) fn database(&mut self, text: &str, state_dir: &Path, path: &KeyPath) -> Database {
        let text = text.trim();
        if matches!(text, "sqlite::memory:" | "sqlite://:memory:") {
            return Database::Memory;
        }
        let rest = text
            .strip_prefix("sqlite:")
            .map(|rest| rest.strip_prefix("//").unwrap_or(rest));
        let hint = "write it like `sqlite://~/.byokey/byokey.db`";
        let (problem, hint) = match rest {
            Some("") => ("names no file", hint),
            Some(file) if file.contains('?') => ("must not have a query", hint),
            Some(file) => return Database::Sqlite(self.file(file, state_dir, path)),
            None if text.starts_with("postgres:") || text.starts_with("postgresql:") => (
                "is Postgres, which this version does not support yet",
                "use `sqlite://` and a path for now",
            ),
            None => ("is not a database URL", hint),
        };
        let message = format!("`{path}` {problem}");
        self.report(path, message, Some(hint));
        Database::Memory
    }

    /// A path; one that begins with neither `/`, `~` nor `$BYOKEY_HOME` is relative to the working directory.
    pub(super) fn file(&mut self, text: &str, state_dir: &Path, path: &KeyPath) -> PathBuf {
        let text = text.trim();
        if text.is_empty() {
            let message = format!("`{path}` is empty");
            self.report(path, message, Some("leave the key out or name a file"));
            return PathBuf::new();
        }
        let beneath = ["$BYOKEY_HOME", "${BYOKEY_HOME}"]
            .iter()
            .find_map(|name| text.strip_prefix(name));
        let expanded = match beneath {
            Some("") => state_dir.to_owned(),
            Some(rest) if rest.starts_with('/') => state_dir.join(rest.trim_start_matches('/')),
            Some(_) | None => expand_home(text, self.env),
        };
        let unexpanded = expanded.to_string_lossy();
        if unexpanded.starts_with('~') || unexpanded.contains('$') {
            let message = format!("`{path}` holds something that cannot be expanded");
            self.report(
                path,
                message,
                Some("only `~/` and `$BYOKEY_HOME/` at the beginning are expanded"),
            );
        }
        expanded
    }
}
