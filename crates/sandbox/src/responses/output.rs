//! From what a model says to the items that say it.

use serde_json::{Value, json};

use super::{
    item::{Annotation, Item, Origin, Part, Search, Status},
    voice::{CallKind, Purpose, ResponsesVoice, Summary},
};
use crate::{
    actor::LOREM,
    base62,
    scene::{Block, Citation, Scene, Stop},
    seal,
};

const FOUND: &str = "https://example.com/sky";
const FOUND_TITLE: &str = "The sky 🦀";
/// Characters of an id, after its prefix: as many as the API's own.
const ID: usize = 50;

/// The items of an answer.
pub(super) fn items(voice: &ResponsesVoice, scene: &Scene) -> Vec<Item> {
    let mut made = Maker {
        voice,
        scene,
        items: Vec::new(),
        said: String::new(),
        annotations: Vec::new(),
    };
    match voice.purpose {
        Purpose::WarmUp => {}
        Purpose::Compaction => made.compaction(),
        Purpose::Lorem => {
            made.say(&lorem(scene), &[]);
            made.finish();
        }
        Purpose::Answer => made.answer(),
    }
    made.items
}

/// The id of the message that `lorem` is.
pub(super) fn first_message(voice: &ResponsesVoice) -> String {
    id("msg_", voice.seed, 0)
}

fn id(prefix: &str, seed: u64, index: usize) -> String {
    base62::id(prefix, ID, seed, 16 + u64::try_from(index).unwrap_or(0))
}

struct Maker<'a> {
    voice: &'a ResponsesVoice,
    scene: &'a Scene,
    items: Vec<Item>,
    /// The text of the message in the making.
    said: String,
    annotations: Vec<Annotation>,
}

impl Maker<'_> {
    fn answer(&mut self) {
        let mut thought = None;
        for block in &self.scene.blocks {
            match block {
                Block::Thinking { text, .. } => thought = Some(text.as_str()),
                // one item holds everything that was thought; its seal holds what is not told
                Block::Redacted => thought = Some(""),
                Block::Text { text, citations } => {
                    self.think(&mut thought);
                    self.search();
                    self.say(text, citations);
                }
                Block::Refusal { text } => {
                    self.think(&mut thought);
                    self.finish();
                    let part = Part::Refusal {
                        refusal: text.clone(),
                    };
                    self.message(part);
                }
                Block::Call { name, arguments } => {
                    self.think(&mut thought);
                    self.finish();
                    self.call(name, arguments);
                }
            }
        }
        self.think(&mut thought);
        self.finish();
    }

    fn id(&self, prefix: &str) -> String {
        id(prefix, self.voice.seed, self.items.len())
    }

    fn think(&mut self, thought: &mut Option<&str>) {
        let Some(text) = thought.take() else {
            return;
        };
        let id = self.id("rs_");
        let told = |text: &str| Part::SummaryText {
            text: text.to_owned(),
        };
        let summary = match self.voice.summary {
            _ if text.is_empty() => Vec::new(),
            Summary::None => Vec::new(),
            Summary::Short => vec![told(text)],
            Summary::Detailed => text.split_inclusive(". ").map(told).collect(),
        };
        let encrypted_content = self
            .voice
            .encrypted
            .then(|| seal::encrypt(&id, &self.voice.owner));
        self.items.push(Item::Reasoning {
            id,
            summary,
            encrypted_content,
        });
    }

    /// The search that precedes the first text.
    fn search(&mut self) {
        let Some(search) = &self.voice.search else {
            return;
        };
        let searched = |item: &Item| matches!(item, Item::WebSearchCall { .. });
        if self.items.iter().any(searched) {
            return;
        }
        let origin = Origin {
            kind: "url",
            url: FOUND,
        };
        self.items.push(Item::WebSearchCall {
            id: self.id("ws_"),
            status: Status::Completed,
            action: Search {
                kind: "search",
                query: search.query.clone(),
                sources: search.sources.then(|| vec![origin]),
            },
        });
    }

    fn say(&mut self, text: &str, citations: &[Citation]) {
        let start_index = self.said.chars().count();
        self.said.push_str(text);
        let end_index = self.said.chars().count();
        let mut cite = |title, url| {
            self.annotations.push(Annotation {
                kind: "url_citation",
                end_index,
                start_index,
                title,
                url,
            });
        };
        if self.voice.search.is_some() {
            cite(FOUND_TITLE, FOUND);
        }
        for citation in citations {
            match citation {
                // the API cites passages only of files that it searched itself
                Citation::Document { .. } => {}
                Citation::Web { title, url, .. } => cite(title, url),
            }
        }
    }

    /// Closes the message in the making.
    fn finish(&mut self) {
        if self.said.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.said);
        let annotations = std::mem::take(&mut self.annotations);
        self.message(Part::text(text, annotations));
    }

    fn message(&mut self, part: Part) {
        self.items.push(Item::Message {
            id: self.id("msg_"),
            status: match self.scene.stop {
                Stop::Limit | Stop::Filter => Status::Incomplete,
                Stop::End | Stop::Tools | Stop::Sequence(_) | Stop::Refusal => Status::Completed,
            },
            content: vec![part],
            role: "assistant",
        });
    }

    fn call(&mut self, name: &str, arguments: &str) {
        let called = |tool: &&super::voice::Callable| tool.name == name;
        let tool = self.voice.callables.iter().find(called);
        let namespace = tool.and_then(|tool| tool.namespace.clone());
        let status = Status::Completed;
        let call_id = base62::id(
            "call_",
            24,
            self.voice.seed,
            1 + u64::try_from(self.items.len()).unwrap_or(0),
        );
        let name = name.to_owned();
        let item = match tool.map_or(CallKind::Function, |tool| tool.kind) {
            CallKind::Function => Item::FunctionCall {
                id: self.id("fc_"),
                status,
                arguments: arguments.to_owned(),
                call_id,
                name,
                namespace,
            },
            CallKind::Custom => Item::CustomToolCall {
                id: self.id("ctc_"),
                status,
                call_id,
                // the example for a string schema, out of its quotes
                input: serde_json::from_str(arguments).unwrap_or_else(|_| arguments.to_owned()),
                name,
                namespace,
            },
            CallKind::ToolSearch => Item::ToolSearchCall {
                id: self.id("tsc_"),
                status,
                call_id,
                execution: "client",
                arguments: serde_json::from_str::<Value>(arguments).unwrap_or_else(|_| json!({})),
            },
        };
        self.items.push(item);
    }

    fn compaction(&mut self) {
        let id = self.id("cmp_");
        let encrypted_content = seal::encrypt(&id, &self.voice.owner);
        self.items.push(Item::Compaction {
            id,
            encrypted_content,
        });
    }
}

fn lorem(scene: &Scene) -> String {
    let count = usize::try_from(scene.usage.output).unwrap_or(usize::MAX);
    LOREM.iter().copied().cycle().take(count).collect()
}
