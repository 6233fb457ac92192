//! What an answer needs to be spelled.

use bytes::Bytes;

use super::{echo::Echo, item::Item, output, reply, stream};
use crate::{format::Voice, model::Dialect, scene::Scene};

/// One answer.
#[derive(Clone)]
pub(super) struct ResponsesVoice {
    pub(super) id: String,
    /// Where ids come from.
    pub(super) seed: u64,
    pub(super) model: String,
    pub(super) dialect: Dialect,
    pub(super) echo: Echo,
    pub(super) tier: String,
    /// The tools that may be called, in the order in which the actor knows them.
    pub(super) callables: Vec<Callable>,
    /// What is searched for first, when the web is all there is to ask.
    pub(super) search: Option<WebSearch>,
    pub(super) summary: Summary,
    /// Whether reasoning is sealed and sent along.
    pub(super) encrypted: bool,
    /// For whom things are sealed.
    pub(super) owner: String,
    /// Whether deltas are padded against observers who count bytes.
    pub(super) obfuscate: bool,
    pub(super) background: bool,
    pub(super) purpose: Purpose,
}

/// A tool that may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Callable {
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) kind: CallKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallKind {
    Function,
    /// Its input is free text.
    Custom,
    /// A search among deferred tools, run by the client.
    ToolSearch,
}

/// A search of the web.
#[derive(Clone, Debug)]
pub(super) struct WebSearch {
    pub(super) query: String,
    /// Whether the pages found are listed.
    pub(super) sources: bool,
}

/// How much of the reasoning is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Summary {
    None,
    /// In one part.
    Short,
    /// In a part for every thought.
    Detailed,
}

/// What a response is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Answer,
    /// An answer whose text is [`crate::actor::LOREM`].
    Lorem,
    /// One compaction item.
    Compaction,
    /// Nothing: the request warms up its connection.
    WarmUp,
}

impl ResponsesVoice {
    pub(super) fn items(&self, scene: &Scene) -> Vec<Item> {
        output::items(self, scene)
    }
}

impl Voice for ResponsesVoice {
    fn whole(&self, scene: &Scene) -> Vec<u8> {
        if self.background {
            reply::queued(self)
        } else {
            reply::ended(self, scene, &self.items(scene))
        }
    }

    fn events(&self, scene: &Scene) -> Vec<Bytes> {
        stream::events(self, scene)
    }

    fn text(&self, text: &str) -> Bytes {
        stream::word(self, text, 0)
    }

    fn around(&self, scene: &Scene) -> (Vec<Bytes>, Vec<Bytes>) {
        stream::around(self, scene)
    }

    fn error(&self) -> Bytes {
        self.error_after(0)
    }

    fn words(&self, count: usize) -> Box<dyn Iterator<Item = Bytes> + Send> {
        stream::words(self, count)
    }

    fn error_after(&self, events: usize) -> Bytes {
        stream::error(self, events)
    }
}
