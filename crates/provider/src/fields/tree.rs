//! The allow-list and the deny-list as one tree, so that a body is walked once.

use std::collections::HashSet;

use byokey_types::{FieldPath, FieldStep, Format, JsonKind, Raw, RawObject, Str};

use super::{FieldChange, FieldChangeKind};

/// What items without `type` and `role` are: a tool of Messages, and a message of Responses.
const UNTAGGED: [&str; 2] = ["custom", "message"];

/// What a rule says of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ruling {
    Allowed,
    Denied,
}

/// A level of a body and what is ruled about it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    keys: Vec<(Str, Self)>,
    each: Vec<(Option<Str>, Self)>,
    allowed: bool,
    denied: bool,
    /// Whether something below is allowed, so that all else there is not.
    closed: bool,
}

/// Where a walk is, and what it has noted.
#[derive(Debug)]
pub(crate) struct Walk {
    /// Protobuf's JSON takes `generationConfig` and `generation_config` alike.
    either_spelling: bool,
    place: String,
    depth: usize,
    noted: HashSet<FieldChange>,
    changes: Vec<FieldChange>,
}

impl Node {
    pub(crate) fn insert(&mut self, path: &FieldPath, ruling: Ruling) {
        let mut node = self;
        for step in path.steps() {
            node.closed |= ruling == Ruling::Allowed;
            node = match step {
                FieldStep::Key(key) => child(&mut node.keys, key),
                FieldStep::Each(tag) => child(&mut node.each, tag),
            };
        }
        match ruling {
            Ruling::Allowed => node.allowed = true,
            Ruling::Denied => node.denied = true,
        }
    }

    /// Whether nothing is ruled.
    pub(crate) const fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.each.is_empty()
    }

    /// The object without what it must not have; `None` when nothing had to go.
    pub(crate) fn prune_object(&self, object: RawObject, walk: &mut Walk) -> Option<RawObject> {
        Level(vec![self]).object(object, walk)
    }

    /// What is ruled about a member or an item.
    fn rulings<'n>(
        &'n self,
        key: Option<&'n str>,
        value: &'n Raw,
        either_spelling: bool,
    ) -> impl Iterator<Item = &'n Self> {
        let by_key = self.keys.iter().filter(move |(own, _)| {
            key.is_some_and(|key| key == own || (either_spelling && same_spelled(key, own)))
        });
        let by_tag = self
            .each
            .iter()
            .filter(move |(tag, _)| tag.as_ref().is_none_or(|tag| is_tagged(value, tag)));
        by_key
            .map(|(_, node)| node)
            .chain(by_tag.map(|(_, node)| node))
    }
}

/// Everything that is ruled about one place: `*` and `*(tag)` are ruled together.
struct Level<'n>(Vec<&'n Node>);

impl Level<'_> {
    fn object(&self, object: RawObject, walk: &mut Walk) -> Option<RawObject> {
        let mut changed = false;
        let mut kept = Vec::with_capacity(object.len());
        for (key, mut value) in object {
            let outer = walk.enter(&key);
            let stays = self.judge(Some(&key), &mut value, &mut changed, walk);
            walk.leave(outer);
            if stays {
                kept.push((key, value));
            }
        }
        changed.then(|| kept.into_iter().collect())
    }

    fn value(&self, value: &Raw, walk: &mut Walk) -> Option<Raw> {
        if self.0.iter().all(|node| node.is_empty()) {
            return None;
        }
        match value.kind() {
            JsonKind::Object => {
                let object = value.object().ok()?;
                self.object(object, walk).map(|pruned| pruned.to_raw())
            }
            JsonKind::Array => {
                let mut changed = false;
                let mut kept = Vec::new();
                for mut item in value.array().ok()? {
                    let outer = walk.enter("*");
                    let stays = self.judge(None, &mut item, &mut changed, walk);
                    walk.leave(outer);
                    if stays {
                        kept.push(item);
                    }
                }
                changed.then(|| Raw::array_of(kept))
            }
            JsonKind::String | JsonKind::Number | JsonKind::Bool | JsonKind::Null => None,
        }
    }

    /// Whether a value stays; prunes it if so.
    fn judge(
        &self,
        key: Option<&str>,
        value: &mut Raw,
        changed: &mut bool,
        walk: &mut Walk,
    ) -> bool {
        let pruned = {
            let rulings = self
                .0
                .iter()
                .flat_map(|node| node.rulings(key, value, walk.either_spelling));
            let below = Level(rulings.collect());
            let closed = self.0.iter().any(|node| node.closed);
            let named = below.0.iter().any(|node| node.allowed || node.closed);
            if below.0.iter().any(|node| node.denied) || (closed && !named) {
                walk.dropped();
                *changed = true;
                return false;
            }
            below.value(value, walk)
        };
        let Some(pruned) = pruned else {
            return true;
        };
        *changed = true;
        // `reasoning: {}` and `tools: []` are refused where their absence is not
        if walk.depth == 1 && matches!(pruned.as_str(), "{}" | "[]") {
            return false;
        }
        *value = pruned;
        true
    }
}

impl Walk {
    pub(crate) fn new(protocol: Format) -> Self {
        Self {
            either_spelling: protocol == Format::Gemini,
            place: String::new(),
            depth: 0,
            noted: HashSet::new(),
            changes: Vec::new(),
        }
    }

    /// Notes a change, once.
    pub(crate) fn note(&mut self, path: String, what: FieldChangeKind) {
        let change = FieldChange { path, what };
        if self.noted.insert(change.clone()) {
            self.changes.push(change);
        }
    }

    pub(crate) fn into_changes(self) -> Vec<FieldChange> {
        self.changes
    }

    fn dropped(&mut self) {
        self.note(self.place.clone(), FieldChangeKind::Dropped);
    }

    fn enter(&mut self, step: &str) -> usize {
        let outer = self.place.len();
        if outer > 0 {
            self.place.push('.');
        }
        self.place.push_str(step);
        self.depth += 1;
        outer
    }

    fn leave(&mut self, outer: usize) {
        self.place.truncate(outer);
        self.depth -= 1;
    }
}

/// Whether the `type` or the `role` of an object is `tag`.
pub(crate) fn is_tagged(value: &Raw, tag: &str) -> bool {
    if value.kind() != JsonKind::Object {
        return false;
    }
    let Ok(object) = value.object() else {
        return false;
    };
    let named = |key| object.get(key).and_then(|name| name.text().ok());
    let (kind, role) = (named("type"), named("role"));
    let is_it = |name: &Option<String>| name.as_deref() == Some(tag);
    is_it(&kind) || is_it(&role) || (kind.is_none() && UNTAGGED.contains(&tag))
}

/// Whether two names are one, in snake case or camel case.
pub(crate) fn same_spelled(a: &str, b: &str) -> bool {
    let letters = |text: &str| -> Vec<u8> {
        let letters = text.bytes().filter(|b| *b != b'_');
        letters.map(|b| b.to_ascii_lowercase()).collect()
    };
    letters(a) == letters(b)
}

fn child<'n, K: Clone + PartialEq>(children: &'n mut Vec<(K, Node)>, key: &K) -> &'n mut Node {
    let position = children.iter().position(|(own, _)| own == key);
    let position = position.unwrap_or_else(|| {
        children.push((key.clone(), Node::default()));
        children.len() - 1
    });
    &mut children[position].1
}
