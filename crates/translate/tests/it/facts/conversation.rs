//! The facts of messages and their blocks.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use byokey_translate::{
    ir::{Block, Input, Kind, MediaSource, ReasoningPart, Request, Runs, Turn},
    reply::FREEFORM_MEMBER,
};

use super::{Fact, Item, Reader, developer, is_nothing, mark, sort, speaks};
use crate::json::Tree;

impl Reader<'_> {
    pub(super) fn conversation(&self, request: &Request) -> Vec<Item> {
        let mut items = Vec::new();
        // the order of results is that of their calls, before all else of the user's turn
        let mut run: Vec<(usize, usize, Item)> = Vec::new();
        let mut speaker = None;
        for (n, turn) in request.turns.iter().enumerate().skip(request.head_len()) {
            if speaker != Some(speaks(turn.role)) {
                flush(&mut run, &mut items);
                speaker = Some(speaks(turn.role));
            }
            let mut item = Item::new("message", &format!("messages.{n}"));
            self.ext(&turn.ext, &format!("messages.{n}"), &mut item);
            developer(n, turn, &mut item);
            if turn.blocks.is_empty() {
                item.add_nuance("content", &format!("messages.{n}.content"), "nothing");
            }
            if !item.facts.is_empty() {
                // the operator's texts are joined around it
                let rank = usize::MAX - usize::from(!turn.role.is_system());
                run.push((rank, run.len(), item));
            }
            for (m, block) in turn.blocks.iter().enumerate() {
                if is_nothing(block) {
                    continue;
                }
                let item = self.said(n, turn, m, block);
                let rank = match &block.kind {
                    Kind::ToolResult(result) => {
                        self.place(&result.call.id).unwrap_or(usize::MAX - 2)
                    }
                    _ => usize::MAX - 1,
                };
                run.push((rank, run.len(), item));
            }
        }
        flush(&mut run, &mut items);
        items
    }

    fn said(&self, n: usize, turn: &Turn, m: usize, block: &Block) -> Item {
        let path = format!("messages.{n}.content.{m}");
        let mut item = Item::new(sort(&block.kind), &path);
        self.block(&path, block, &mut item);
        let mut role = speaks(turn.role);
        if let Some(fact) = item.facts.get_mut("text")
            && let Some(inner) = fact
                .value
                .strip_prefix("<system-reminder>\n")
                .and_then(|rest| rest.strip_suffix("\n</system-reminder>"))
            && role == "user"
        {
            fact.value = inner.to_owned();
            item.sort = "operator's text";
            role = "reminder";
        }
        if role == "operator" && item.sort == "text" {
            item.sort = "operator's text";
        }
        item.add("role", format!("messages.{n}.role"), role);
        item
    }

    /// The facts of a block, named by what they are.
    pub(super) fn block(&self, path: &str, block: &Block, item: &mut Item) {
        match &block.kind {
            Kind::Text { text, annotations } => {
                item.add("text", path, text);
                if !annotations.is_empty() {
                    let value = format!("{annotations:?}");
                    item.add("annotations", format!("{path}.annotations"), value);
                }
            }
            Kind::Refusal { text } => item.add("refusal", path, text),
            Kind::Media(media) => {
                let source = match &media.source {
                    // a document given as text, and the same as data
                    MediaSource::PlainText { text } => inline_text(&STANDARD.encode(text)),
                    MediaSource::Inline { media_type, data }
                        if media_type.as_deref() == Some("text/plain") =>
                    {
                        inline_text(data)
                    }
                    MediaSource::Native { value, .. } => format!("{:?}", Tree::of(value)),
                    // a provider's files are the same in all of its formats
                    MediaSource::File { owner, id } => {
                        format!("file {id} of {}", owner.home_family())
                    }
                    source => format!("{source:?}"),
                };
                item.add("media", path, format!("{:?} {source}", media.kind));
                item.add_some("title", &format!("{path}.title"), media.title.clone());
            }
            Kind::Reasoning(reasoning) => {
                let parts: Vec<&str> = reasoning.parts.iter().map(ReasoningPart::text).collect();
                item.add("reasoning", path, parts.join("\n\n"));
                let kinds: Vec<bool> = reasoning
                    .parts
                    .iter()
                    .map(|part| matches!(part, ReasoningPart::Full(_)))
                    .collect();
                let kinds = format!("withheld {}, in full {kinds:?}", reasoning.redacted);
                item.add_nuance("reasoning kind", path, &kinds);
            }
            Kind::ToolCall(call) => {
                item.add("call", path, self.tool_name(&call.name));
                item.add("input", format!("{path}.input"), Self::input(&call.input));
                if let (Input::Malformed(_), Some(fact)) =
                    (&call.input, item.facts.get_mut("input"))
                {
                    // passed on as it is, and counted
                    fact.nuance = true;
                }
                item.add("id", format!("{path}.id"), self.ids.fit(&call.id.id));
                if call.runs == Runs::Server {
                    item.add("runs", format!("{path}.runs"), "server");
                }
            }
            Kind::ToolResult(result) => {
                item.add("result", path, self.ids.fit(&result.call.id));
                if result.is_error == Some(true) {
                    item.add("is_error", format!("{path}.is_error"), "true");
                }
                for (k, inner) in result.content.iter().enumerate() {
                    if is_nothing(inner) {
                        continue;
                    }
                    let path = format!("{path}.content.{k}");
                    let mut nested = Item::new(sort(&inner.kind), &path);
                    self.block(&path, inner, &mut nested);
                    item.parts.push(nested);
                }
            }
            Kind::Native { format, tag, value } => {
                let value = format!("{format} {tag} {:?}", Tree::of(value));
                item.add("native", path, value);
            }
        }
        item.add_some(
            "cache",
            &format!("{path}.cache"),
            block.cache.as_ref().map(mark),
        );
        let seal = block.seal.as_ref();
        let seal = seal.map(|seal| format!("{}: {}", seal.issuer.family, seal.payload));
        item.add_some("seal", &format!("{path}.seal"), seal);
        self.ext(&block.ext, path, item);
    }

    /// The input of a call; free text may be said as the one member of an object.
    fn input(input: &Input) -> String {
        let member = match input {
            Input::Json(raw) => raw.object().ok().filter(|object| object.len() == 1),
            Input::Text(_) | Input::Malformed(_) => None,
        };
        let text = member.and_then(|object| object.get(FREEFORM_MEMBER)?.text().ok());
        text.unwrap_or_else(|| input.as_str().to_owned())
    }
}

fn inline_text(data: &str) -> String {
    format!("text {data}")
}

fn flush(run: &mut Vec<(usize, usize, Item)>, items: &mut Vec<Item>) {
    run.sort_by_key(|(rank, position, _)| (*rank, *position));
    for (_, _, item) in run.drain(..) {
        // the operator's texts are joined within a conversation as they are at its head
        let joins = |last: &&mut Item| {
            let same = last.facts.get("role").map(|fact| &fact.value)
                == item.facts.get("role").map(|fact| &fact.value);
            same && last.sort == item.sort && item.sort == "operator's text"
        };
        let Some(last) = items.last_mut().filter(joins) else {
            items.push(item);
            continue;
        };
        for (name, fact) in item.facts {
            match last.facts.get_mut(&name) {
                Some(text) if name == "text" => {
                    text.value.push('\n');
                    text.value.push_str(&fact.value);
                }
                Some(_) | None => {
                    let nuance = fact.nuance || name == "role";
                    let name = format!("{name} at {}", fact.path);
                    last.facts.insert(name, Fact { nuance, ..fact });
                }
            }
        }
    }
}
