//! What an upstream takes of a body.

use std::collections::BTreeMap;

use byokey_types::{FieldPath, FieldRules};

use super::Meaning;
use crate::{key_path::KeyPath, schema};

impl Meaning<'_> {
    /// Rules that cannot be followed are reported, and none of them holds.
    pub(super) fn fields(&mut self, said: schema::Fields, path: &KeyPath) -> FieldRules {
        let rules = FieldRules {
            rename: self.renames(said.rename.unwrap_or_default(), &path.key("rename")),
            allow: self.field_paths(&said.allow.unwrap_or_default(), &path.key("allow")),
            deny: self.field_paths(&said.deny.unwrap_or_default(), &path.key("deny")),
            force: self.by_path(said.force.unwrap_or_default(), &path.key("force")),
            default: self.by_path(said.default.unwrap_or_default(), &path.key("default")),
            append: self.by_path(said.append.unwrap_or_default(), &path.key("append")),
        };
        match rules.check() {
            Ok(()) => rules,
            Err(error) => {
                self.report(path, format!("`{path}`: {error}"), None);
                FieldRules::default()
            }
        }
    }

    fn renames(
        &mut self,
        said: BTreeMap<String, String>,
        path: &KeyPath,
    ) -> BTreeMap<FieldPath, FieldPath> {
        let mut renames = BTreeMap::new();
        for (from, to) in said {
            let path = path.key(&from);
            let from = self.field_path(&from, &path);
            let to = self.field_path(&to, &path);
            renames.extend(from.zip(to));
        }
        renames
    }

    fn by_path<V>(&mut self, said: BTreeMap<String, V>, path: &KeyPath) -> BTreeMap<FieldPath, V> {
        let mut rules = BTreeMap::new();
        for (place, value) in said {
            let place = self.field_path(&place, &path.key(&place));
            rules.extend(place.map(|place| (place, value)));
        }
        rules
    }

    fn field_paths(&mut self, said: &[String], path: &KeyPath) -> Vec<FieldPath> {
        let mut paths = Vec::with_capacity(said.len());
        for (index, text) in said.iter().enumerate() {
            paths.extend(self.field_path(text, &path.index(index)));
        }
        paths
    }

    fn field_path(&mut self, text: &str, path: &KeyPath) -> Option<FieldPath> {
        match FieldPath::parse(text) {
            Ok(place) => Some(place),
            Err(error) => {
                self.report(path, format!("`{path}`: {error}"), None);
                None
            }
        }
    }
}
