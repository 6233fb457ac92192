//! Who may call byokey.

use std::collections::BTreeMap;

use byokey_types::{Str, provider::KeySource};

use super::Meaning;
use crate::{ClientKey, Clients, RequireKey, key_path::KeyPath, schema};

impl Meaning<'_> {
    pub(super) fn clients(&mut self, said: schema::Clients, path: &KeyPath) -> Clients {
        let require_key = match said.require_key {
            Some(schema::AutoOrFlag::Flag(true)) => RequireKey::Always,
            Some(schema::AutoOrFlag::Flag(false)) => RequireKey::Never,
            Some(schema::AutoOrFlag::Auto(schema::Auto::Auto)) | None => RequireKey::Auto,
        };
        let keys = self.client_keys(said.keys.unwrap_or_default(), &path.key("keys"));
        if require_key == RequireKey::Always && keys.is_empty() {
            let path = path.key("require_key");
            let message = format!("`{path}` is true, but there is no client key");
            self.report(&path, message, Some("add one to `clients.keys`"));
        }
        Clients { require_key, keys }
    }

    fn client_keys(&mut self, said: Vec<schema::ClientKey>, path: &KeyPath) -> Vec<ClientKey> {
        let mut names: BTreeMap<String, KeyPath> = BTreeMap::new();
        let mut keys: Vec<ClientKey> = Vec::new();
        for (index, entry) in said.into_iter().enumerate() {
            let path = path.index(index);
            self.unique_name(&entry.name, path.key("name"), &mut names);
            let name = Str::from(entry.name.trim());
            let Some(source) = self.client_source(entry, &path) else {
                continue;
            };
            if let KeySource::Literal(_) = &source
                && let Some(same) = keys.iter().find(|key| key.source == source)
            {
                let message = format!("`{path}` has the same key as `{}`", same.name);
                self.report(&path.key("key"), message, Some("give every client its own"));
            }
            keys.push(ClientKey { name, source });
        }
        keys
    }

    fn client_source(&mut self, said: schema::ClientKey, path: &KeyPath) -> Option<KeySource> {
        match (said.key, said.key_env) {
            (Some(key), None) => Some(self.literal(key, &path.key("key"))),
            (None, Some(name)) => Some(self.variable(&name, &path.key("key_env"))),
            (Some(_), Some(_)) => {
                self.exclusive(path, &["key", "key_env"]);
                None
            }
            (None, None) => {
                let message = format!("`{path}` has no key");
                self.report(path, message, Some("add `key_env` or `key`"));
                None
            }
        }
    }

    /// A name for people: not empty, without blanks, not twice.
    pub(super) fn unique_name(
        &mut self,
        name: &str,
        path: KeyPath,
        known: &mut BTreeMap<String, KeyPath>,
    ) {
        const LONGEST: usize = 64;
        let odd = |c: char| c.is_whitespace() || c.is_control() || c == '/';
        if name.is_empty() || name.len() > LONGEST || name.contains(odd) {
            let message = format!("`{path}` is not a name");
            self.report(
                &path,
                message,
                Some("use up to 64 characters without blanks and `/`"),
            );
        } else if let Some(first) = known.get(name) {
            let message = format!("`{path}` is the same as `{first}`");
            self.report(&path, message, Some("give each its own"));
        } else {
            known.insert(name.to_owned(), path);
        }
    }
}
