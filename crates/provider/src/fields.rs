//! What an upstream takes of a body: rules of manifest and configuration, compiled, and applied to the bytes that go out.
//!
//! They run after either path, verbatim or translated, so that a quirk is known in one place. A body to which no rule
//! applies goes on as the very bytes it is; in any other, every value that is not ruled on keeps its bytes.

mod scope;
mod tree;

use std::sync::LazyLock;

use byokey_types::{
    Edit, FieldPath, FieldRules, FieldStep, Format, JsonKind, Path, Raw, RawObject,
};
use bytes::Bytes;

pub use scope::{Glob, Scope, ScopedPatch};
use tree::{Node, Ruling, Walk};
pub(crate) use tree::{is_tagged, same_spelled};

/// Members that say how tools are used, and that upstreams refuse without any.
const WITHOUT_TOOLS: [&str; 2] = ["tool_choice", "parallel_tool_calls"];

/// How a member changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldChangeKind {
    /// It is gone.
    Dropped,
    /// It has another value.
    Approximated,
}

/// A change that the client did not ask for. What is added, or said under another name, is none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldChange {
    /// Where, with `*` for each item of an array: `messages.*.name`.
    pub path: String,
    /// How.
    pub what: FieldChangeKind,
}

/// A body after its patches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patched {
    /// The body, in pieces.
    pub body: Vec<Bytes>,
    /// What was dropped or approximated; each place once.
    pub changes: Vec<FieldChange>,
}

/// Compiled rules.
#[derive(Clone, Debug, Default)]
pub struct Patch {
    renames: Vec<(Path, Path)>,
    tree: Node,
    forces: Vec<(Path, Raw)>,
    defaults: Vec<Edit>,
    appends: Vec<(Path, Vec<Raw>)>,
}

impl Patch {
    /// Compiles rules.
    pub fn new(rules: &FieldRules) -> Self {
        let mut tree = Node::default();
        for path in &rules.allow {
            tree.insert(path, Ruling::Allowed);
        }
        for path in &rules.deny {
            tree.insert(path, Ruling::Denied);
        }
        let renames = rules.rename.iter();
        let forces = rules.force.iter();
        let defaults = rules.default.iter();
        let appends = rules.append.iter();
        Self {
            renames: renames.map(|(from, to)| (place(from), place(to))).collect(),
            tree,
            forces: forces
                .map(|(path, value)| (place(path), Raw::of(value)))
                .collect(),
            defaults: defaults
                .map(|(path, value)| Edit::Default(place(path), Raw::of(value)))
                .collect(),
            appends: appends
                .map(|(path, items)| (place(path), items.iter().map(Raw::of).collect()))
                .collect(),
        }
    }

    /// Whether it does nothing to any body.
    pub fn is_empty(&self) -> bool {
        self.renames.is_empty()
            && self.tree.is_empty()
            && self.forces.is_empty()
            && self.defaults.is_empty()
            && self.appends.is_empty()
    }

    /// Whether it gives `stream` the value `true`.
    pub fn forces_stream(&self) -> bool {
        let stream = Path::key("stream");
        self.forces
            .iter()
            .any(|(path, value)| *path == stream && *value == Raw::TRUE)
    }

    /// Applies it to an object; says whether anything changed, and notes what was lost.
    fn edit(&self, body: &mut RawObject, walk: &mut Walk) -> bool {
        let mut changed = false;
        for (from, to) in &self.renames {
            changed |= rename(body, from, to, walk);
        }
        changed |= self.prune(body, walk);
        for (path, value) in &self.forces {
            let before = at(body, path);
            if Edit::Set(path.clone(), value.clone()).apply(body) {
                changed = true;
                if before.is_some_and(|before| !before.is_null()) {
                    walk.note(path.to_string(), FieldChangeKind::Approximated);
                }
            }
        }
        for default in &self.defaults {
            changed |= default.apply(body);
        }
        for (path, items) in &self.appends {
            changed |= append(body, path, items);
        }
        changed
    }

    fn prune(&self, body: &mut RawObject, walk: &mut Walk) -> bool {
        if self.tree.is_empty() {
            return false;
        }
        let had_tools = body.contains("tools");
        let Some(pruned) = self.tree.prune_object(body.clone(), walk) else {
            return false;
        };
        *body = pruned;
        if had_tools && !body.contains("tools") {
            for member in WITHOUT_TOOLS {
                if body.take(member).is_some() {
                    walk.note(member.to_owned(), FieldChangeKind::Dropped);
                }
            }
        }
        true
    }
}

/// Applies patches, one after the other. A body that is no JSON object goes on as it is: its refusal is the upstream's.
pub fn apply<'p>(
    patches: impl IntoIterator<Item = &'p Patch>,
    protocol: Format,
    body: Vec<Bytes>,
) -> Patched {
    let mut patches = patches
        .into_iter()
        .filter(|patch| !patch.is_empty())
        .peekable();
    let unchanged = |body| Patched {
        body,
        changes: Vec::new(),
    };
    if patches.peek().is_none() {
        return unchanged(body);
    }
    let Ok(mut object) = RawObject::parse(joined(&body)) else {
        return unchanged(body);
    };
    let mut walk = Walk::new(protocol);
    let mut changed = false;
    for patch in patches {
        changed |= patch.edit(&mut object, &mut walk);
    }
    if !changed {
        return unchanged(body);
    }
    Patched {
        body: vec![object.to_bytes()],
        changes: walk.into_changes(),
    }
}

/// The patch for models that take no sampling parameters.
pub(crate) fn no_sampling(protocol: Format) -> &'static Patch {
    static TOP: LazyLock<Patch> = LazyLock::new(|| without(&["temperature", "top_p", "top_k"]));
    static GEMINI: LazyLock<Patch> = LazyLock::new(|| {
        without(&[
            "generationConfig.temperature",
            "generationConfig.topP",
            "generationConfig.topK",
        ])
    });
    match protocol {
        Format::OpenAiChat | Format::OpenAiResponses | Format::AnthropicMessages => &TOP,
        Format::Gemini => &GEMINI,
    }
}

fn without(paths: &[&str]) -> Patch {
    let deny = paths.iter().filter_map(|path| FieldPath::parse(path).ok());
    Patch::new(&FieldRules {
        deny: deny.collect(),
        ..FieldRules::default()
    })
}

/// The pieces as one; without a copy when there is only one.
pub(crate) fn joined(pieces: &[Bytes]) -> Bytes {
    match pieces {
        [] => Bytes::new(),
        [only] => only.clone(),
        several => several.concat().into(),
    }
}

/// Rules of single places are checked when they are read, so that every step is a key.
fn place(path: &FieldPath) -> Path {
    let mut pointer = String::new();
    for step in path.steps() {
        if let FieldStep::Key(key) = step {
            pointer.push('/');
            pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
        }
    }
    Path::parse(&pointer).unwrap_or_else(|_| Path::key(path.to_string()))
}

fn at(body: &RawObject, path: &Path) -> Option<Raw> {
    let text = path.to_string();
    let mut steps = text.split('.');
    let mut value = body.get(steps.next()?)?.clone();
    for step in steps {
        value = value.object().ok()?.get(step)?.clone();
    }
    Some(value)
}

fn rename(body: &mut RawObject, from: &Path, to: &Path, walk: &mut Walk) -> bool {
    let Some(value) = at(body, from) else {
        return false;
    };
    let removed = Edit::Remove(from.clone()).apply(body);
    if removed && !Edit::Default(to.clone(), value).apply(body) {
        walk.note(from.to_string(), FieldChangeKind::Dropped);
    }
    removed
}

/// A value that is there and no list is the upstream's to refuse.
fn append(body: &mut RawObject, path: &Path, items: &[Raw]) -> bool {
    let mut list = match at(body, path) {
        None => Vec::new(),
        Some(value) if value.kind() == JsonKind::Null => Vec::new(),
        Some(value) => match value.array() {
            Ok(list) => list,
            Err(_) => return false,
        },
    };
    let before = list.len();
    for item in items {
        if !list.contains(item) {
            list.push(item.clone());
        }
    }
    list.len() > before && Edit::Set(path.clone(), Raw::array_of(list)).apply(body)
}
