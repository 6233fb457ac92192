//! References, conjunctions and alternatives of a schema.

use byokey_types::{JsonKind, Raw, RawObject, Str};

use super::{MOST, Walk, note::Notes};

impl Walk {
    /// The node with its reference followed and the parts of `allOf` joined into it.
    pub(super) fn merged(&mut self, node: &RawObject, notes: &mut Notes) -> RawObject {
        let mut merged = node.clone();
        if let Some(reference) = merged.take("$ref") {
            let path = reference.text().unwrap_or_default();
            if let Some(target) = self.referred_to(&path) {
                self.referred.push(path);
                let target = self.merged(&target, notes);
                self.join(&mut merged, target, true);
            } else {
                let name = path.rsplit('/').next().unwrap_or_default();
                notes.say(format!("Has the shape of `{name}`."));
                if !merged.contains("type") {
                    merged.set("type", Raw::string("object"));
                }
            }
        }
        let parts = merged.take("allOf").and_then(|raw| raw.array().ok());
        for part in parts.into_iter().flatten() {
            if self.left == 0 {
                notes.forget();
                break;
            }
            self.left -= 1;
            if let Ok(part) = part.object() {
                let part = self.merged(&part, notes);
                self.join(&mut merged, part, true);
            }
        }
        merged
    }

    /// What a reference within the schema points to; `None` when it leads nowhere or in a circle.
    fn referred_to(&mut self, path: &str) -> Option<RawObject> {
        if self.referred.iter().any(|seen| seen == path) || self.left == 0 {
            return None;
        }
        self.left -= 1;
        let (holder, _) = path.rsplit_once('/')?;
        if !self.holders.contains_key(holder) {
            let found = self.holder(holder)?;
            self.holders.insert(holder.to_owned(), found);
        }
        let found = self.holders.get(holder)?.get(&last_step(path))?.clone();
        self.charge(found.as_str().len());
        found.object().ok()
    }

    /// What a path leads to, the items of an array as members by their positions.
    fn holder(&mut self, path: &str) -> Option<RawObject> {
        let mut holder = self.root.clone();
        let mut steps = path.strip_prefix('#')?.split('/');
        steps.next().filter(|first| first.is_empty())?;
        for step in steps {
            let node = holder.get(&last_step(step))?.clone();
            self.charge(node.as_str().len());
            holder = if node.kind() == JsonKind::Array {
                let items = (0..).zip(node.array().ok()?);
                items
                    .map(|(at, item): (usize, _)| (at.to_string().into(), item))
                    .collect()
            } else {
                node.object().ok()?
            };
        }
        Some(holder)
    }

    /// Joins `other` into `node` at its price; see [`join`].
    fn join(&mut self, node: &mut RawObject, other: RawObject, with_required: bool) {
        if other.contains("properties") || other.contains("required") {
            let size = |node: &RawObject| -> usize {
                let values = ["properties", "required"].map(|key| node.get(key));
                values.iter().flatten().map(|raw| raw.as_str().len()).sum()
            };
            self.charge(size(node) + size(&other));
        }
        join(node, other, with_required);
    }

    /// Takes the alternatives of a node, `null` among them noted; none when it has only one, which is joined into it.
    pub(super) fn alternatives(
        &mut self,
        node: &mut RawObject,
        nullable: &mut bool,
        is_root: bool,
        notes: &mut Notes,
    ) -> Vec<RawObject> {
        let mut branches = Vec::new();
        for key in ["anyOf", "oneOf"] {
            let items = node.take(key).and_then(|raw| raw.array().ok());
            for item in items.into_iter().flatten() {
                match item.object() {
                    Ok(branch) if is_null(&branch) => *nullable = true,
                    Ok(branch) => branches.push(branch),
                    Err(_) => notes.forget(),
                }
            }
        }
        if branches.is_empty() {
            branches = by_type(node, nullable);
        }
        if branches.len() > self.left {
            branches.truncate(self.left);
            notes.forget();
        }
        if is_root && branches.len() > 1 {
            // the input is one object whatever the case
            notes.forget();
            for branch in branches {
                if self.left == 0 {
                    break;
                }
                let mut branch = self.merged(&branch, notes);
                branch.take("description");
                self.join(node, branch, false);
            }
            node.set("type", Raw::string("object"));
            return Vec::new();
        }
        match branches.len() {
            0 => Vec::new(),
            1 => {
                let branch = branches.remove(0);
                let branch = self.merged(&branch, notes);
                self.join(node, branch, true);
                self.alternatives(node, nullable, is_root, notes)
            }
            _ => {
                let mut shared = node.clone();
                for key in ["description", "default", "title", "nullable"] {
                    shared.take(key);
                }
                for branch in &mut branches {
                    let mut whole = shared.clone();
                    std::mem::swap(&mut whole, branch);
                    self.join(branch, whole, true);
                }
                branches
            }
        }
    }
}

/// Puts the words about all alternatives ahead of those about one.
pub(super) fn describe(branch: &mut RawObject, words: Option<&str>) {
    let Some(words) = words else {
        return;
    };
    let own = branch.get("description").and_then(|raw| raw.text().ok());
    let text = match own {
        Some(own) => format!("{words}\n{own}"),
        None => words.to_owned(),
    };
    branch.set("description", Raw::string(&text));
}

/// The names in a list.
pub(super) fn names_at(node: &RawObject, key: &str) -> Vec<Str> {
    let items = node.get(key).and_then(|raw| raw.array().ok());
    let mut names: Vec<Str> = Vec::new();
    for name in items
        .into_iter()
        .flatten()
        .take(MOST)
        .filter_map(|raw| raw.text().ok())
    {
        if !names.iter().any(|known| *known == name) {
            names.push(name.into());
        }
    }
    names
}

/// The last step of a JSON Pointer (RFC 6901), unescaped.
fn last_step(path: &str) -> String {
    let step = path.rsplit('/').next().unwrap_or_default();
    step.replace("~1", "/").replace("~0", "~")
}

fn is_null(branch: &RawObject) -> bool {
    branch.get("type").is_some_and(|raw| {
        raw.text()
            .is_ok_and(|name| name.eq_ignore_ascii_case("null"))
    }) || branch.get("const").is_some_and(Raw::is_null)
}

/// The alternatives that a list of types stands for; none when it holds one besides `null`.
fn by_type(node: &mut RawObject, nullable: &mut bool) -> Vec<RawObject> {
    let Some(names) = node.get("type").and_then(|raw| raw.array().ok()) else {
        return Vec::new();
    };
    let is_null = |raw: &Raw| {
        raw.text()
            .is_ok_and(|name| name.eq_ignore_ascii_case("null"))
    };
    *nullable |= names.iter().any(is_null);
    let names: Vec<Raw> = names.into_iter().filter(|raw| !is_null(raw)).collect();
    if names.len() < 2 {
        return Vec::new();
    }
    node.take("type");
    names
        .into_iter()
        .map(|name| RawObject::from_iter([(Str::new_static("type"), name)]))
        .collect()
}

/// Joins `other` into `node`: properties and, `with_required`, what is required add up; of anything else the node's own word stays.
fn join(node: &mut RawObject, other: RawObject, with_required: bool) {
    for (key, value) in other {
        match key.as_str() {
            "properties" => {
                let mut all = node
                    .get("properties")
                    .and_then(|raw| raw.object().ok())
                    .unwrap_or_default();
                if let Ok(more) = value.object() {
                    // bounded, since every name is looked for among all
                    for (name, schema) in more.into_iter().take(MOST) {
                        let joined = match all.get(&name) {
                            Some(known) if *known != schema && !with_required => {
                                either(known, &schema)
                            }
                            Some(known) => known.clone(),
                            None => schema,
                        };
                        all.set(name, joined);
                    }
                }
                node.set("properties", all.to_raw());
            }
            "required" if !with_required => {}
            "required" if value.kind() == JsonKind::Array => {
                let more = RawObject::from_iter([(Str::new_static("required"), value)]);
                let mut all = names_at(node, "required");
                all.extend(names_at(&more, "required"));
                node.set(
                    "required",
                    Raw::array_of(all.iter().map(|name| Raw::string(name))),
                );
            }
            _ if node.contains(&key) => {}
            _ => node.set(key, value),
        }
    }
}

/// A property of which two alternatives say different things.
fn either(one: &Raw, other: &Raw) -> Raw {
    let either = Raw::array_of([one.clone(), other.clone()]);
    RawObject::from_iter([(Str::new_static("anyOf"), either)]).to_raw()
}
