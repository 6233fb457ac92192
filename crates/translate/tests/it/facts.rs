//! What a request says, fact by fact, in a canonical form that two formats can be compared in.
//!
//! Equal by construction, and therefore no facts: where one message ends and the next of the same speaker begins; bare strings
//! against lists of one text; where the operator's text at the head stands (its texts are joined by a newline, as are those that
//! follow each other within the conversation); results of tools stand before the rest of the user's turn, in the order of
//! their calls; call ids that the target fits to its rule; tool names that the reply turns back;
//! empty texts; how a tool's schema spells what it asks for ([`schema`]); `tool_choice` and `parallel_tool_calls` without tools; what is the default and said explicitly (`auto`, parallel
//! calls allowed, `strict: false`, no stream); how strictly a schema for the answer is followed, and the name `response` for it; members that are
//! `null`. `developer` against `system` and messages without content are nuances: they may change, and may be declared.
//!
//! A fact has the path that losses use (those of the request before it was encoded) and a value.

mod ask;
mod conversation;
mod schema;

use std::collections::BTreeMap;

use byokey_translate::{
    Reply,
    ids::NameRule,
    ir::{Block, CacheMark, Ext, Kind, Request, Role, Turn, own},
};
use byokey_types::Format;

use crate::json::Tree;

/// A value, and where it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    /// The path in the words of losses.
    pub(crate) path: String,
    /// The value.
    pub(crate) value: String,
    /// Whether it may change without a loss, and may be declared lost: a nuance that formats differ in, not a meaning.
    pub(crate) nuance: bool,
}

/// What belongs together: a block, a tool, the operator's text.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Who speaks, and what sort of thing it is; two items are the same only when these are.
    pub(crate) sort: &'static str,
    /// Where it stands; empty when its facts stand on their own.
    pub(crate) path: String,
    /// Facts by their name within the item; the empty name is the item itself.
    pub(crate) facts: BTreeMap<String, Fact>,
    /// What it holds, in order: the content of a result.
    pub(crate) parts: Vec<Item>,
}

/// A request in the canonical form.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// The operator's text at the head.
    pub(crate) system: Item,
    /// The conversation behind it.
    pub(crate) conversation: Vec<Item>,
    /// The tools.
    pub(crate) tools: Vec<Item>,
    /// The rest.
    pub(crate) settings: Item,
}

struct Reader<'a> {
    /// Whose extensions count.
    format: Format,
    /// What the answer would turn back.
    reply: &'a Reply,
    /// What becomes of call ids.
    ids: NameRule,
    /// The order of calls.
    calls: Vec<String>,
}

/// The facts of a request; extensions of `format` only, names and free-form inputs as `reply` turns them back, call ids as
/// `ids` makes them.
pub(crate) fn facts(request: &Request, format: Format, reply: &Reply, ids: NameRule) -> Facts {
    let blocks = request.turns.iter().flat_map(|turn| &turn.blocks);
    let calls = blocks.filter_map(|block| match &block.kind {
        Kind::ToolCall(call) => Some(ids.fit(&call.id.id).into_owned()),
        _ => None,
    });
    let reader = Reader {
        format,
        reply,
        ids,
        calls: calls.collect(),
    };
    Facts {
        system: reader.system(request),
        conversation: reader.conversation(request),
        tools: reader.tools(request),
        settings: reader.settings(request),
    }
}

impl Item {
    fn new(sort: &'static str, path: &str) -> Self {
        Self {
            sort,
            path: path.to_owned(),
            facts: BTreeMap::new(),
            parts: Vec::new(),
        }
    }

    fn add(&mut self, name: impl Into<String>, path: impl Into<String>, value: impl Into<String>) {
        let fact = Fact {
            path: path.into(),
            value: value.into(),
            nuance: false,
        };
        self.facts.insert(name.into(), fact);
    }

    /// Whether this is the same thing, its details aside.
    pub(crate) fn is_again(&self, other: &Self) -> bool {
        let gist = |item: &Self| {
            let facts = [
                "role",
                "text",
                "refusal",
                "media",
                "reasoning",
                "call",
                "id",
                "result",
                "name",
            ];
            facts.map(|name| item.facts.get(name).map(|fact| fact.value.clone()))
        };
        self.sort == other.sort && gist(self) == gist(other)
    }

    fn add_nuance(&mut self, name: &str, path: &str, value: &str) {
        self.add(name, path, value);
        if let Some(fact) = self.facts.get_mut(name) {
            fact.nuance = true;
        }
    }

    fn add_some(&mut self, name: &str, path: &str, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.add(name, path, value);
        }
    }
}

impl Reader<'_> {
    fn system(&self, request: &Request) -> Item {
        let mut item = Item::new("system", "system");
        let mut texts: Vec<&str> = Vec::new();
        let own_place = request
            .instructions
            .iter()
            .enumerate()
            .map(|(n, block)| (format!("system.{n}"), block));
        let in_turns = request.turns[..request.head_len()]
            .iter()
            .enumerate()
            .flat_map(|(n, turn)| {
                let blocks = turn.blocks.iter().enumerate();
                blocks.map(move |(m, block)| (format!("messages.{n}.content.{m}"), block))
            });
        for (path, block) in own_place.chain(in_turns) {
            let text = block.as_text().unwrap_or_default();
            let mut inner = Item::new("", "");
            self.block(&path, block, &mut inner);
            for (name, fact) in inner.facts {
                if name == "text" {
                    texts.extend((!text.is_empty()).then_some(text));
                } else {
                    let name = format!("{name} of {text}");
                    let again = item
                        .facts
                        .keys()
                        .filter(|known| known.starts_with(&name))
                        .count();
                    item.facts.insert(format!("{name} ({again})"), fact);
                }
            }
        }
        for (n, turn) in request.turns[..request.head_len()].iter().enumerate() {
            self.ext(&turn.ext, &format!("messages.{n}"), &mut item);
            developer(n, turn, &mut item);
        }
        // formats that have one text for all of it join its parts
        item.add("text", "system", texts.join("\n"));
        item
    }

    fn ext(&self, ext: &Ext, path: &str, item: &mut Item) {
        let members = own(ext, self.format).into_iter();
        for (member, value) in members
            .flat_map(|ext| ext.iter())
            .filter(|(_, value)| !value.is_null())
        {
            let path = format!("{path}.ext.{member}");
            // where several nodes are one item, each has its own place
            let name = Some(format!("ext {member}"))
                .filter(|name| !item.facts.contains_key(name))
                .unwrap_or_else(|| path.clone());
            item.add(name, path, format!("{:?}", Tree::of(value)));
        }
    }

    /// Which call it is, counted from 0.
    fn place(&self, id: &str) -> Option<usize> {
        let id = self.ids.fit(id);
        self.calls.iter().position(|call| *call == id)
    }

    fn tool_name(&self, name: &str) -> String {
        let renamed = self.reply.renamed.get(name);
        renamed.map_or_else(|| name.to_owned(), ToString::to_string)
    }
}

/// Says that the operator speaks by his newer name.
fn developer(n: usize, turn: &Turn, item: &mut Item) {
    if turn.role == Role::Developer {
        item.add_nuance(
            &format!("developer {n}"),
            &format!("messages.{n}.role"),
            "developer",
        );
    }
}

fn speaks(role: Role) -> &'static str {
    match role {
        Role::System | Role::Developer => "operator",
        Role::User => "user",
        Role::Assistant => "model",
    }
}

const fn sort(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text { .. } => "text",
        Kind::Media(_) => "media",
        Kind::Reasoning(_) => "reasoning",
        Kind::ToolCall(_) => "call",
        Kind::ToolResult(_) => "result",
        Kind::Refusal { .. } => "refusal",
        Kind::Native { .. } => "native",
    }
}

fn mark(mark: &CacheMark) -> String {
    format!("{:?}", Tree::of(&mark.0))
}

/// An empty text without a mark and without a seal says nothing.
fn is_nothing(block: &Block) -> bool {
    block.as_text() == Some("")
        && block.cache.is_none()
        && block.seal.is_none()
        && block.ext.is_none()
}
