//! Counts the tokens of a request here, for upstreams that cannot be asked.
//!
//! An estimate: every provider has a tokenizer of its own, and most are secret. What can be known is exact: every block is
//! counted, nothing is counted twice, and no medium is taken for text.

mod counter;
mod media;
mod text;

use byokey_translate::ir::{Block, Kind, OutputFormat, Request, Tool};
use byokey_types::{Raw, Str};
use tokio_util::sync::CancellationToken;

pub use self::counter::Counter;

/// What surrounds a request: the marks before the answer.
///
/// With [`TURN`] this gives the 14 tokens that Anthropic's own example counts for a system text of 4 and a message of 3 tokens
/// (<https://docs.claude.com/en/docs/build-with-claude/token-counting>), and is what OpenAI's cookbook adds for an answer.
const REQUEST: u64 = 3;

/// What surrounds a turn: a mark, a role, a mark, and a line between two.
const TURN: u64 = 4;

/// What surrounds a call, a result or the definition of a tool: names of members, ids, brackets.
const TOOL: u64 = 8;

/// The shortest run of base64 in a block that is not modelled that is taken for a medium, in bytes.
const OPAQUE_RUN: usize = 1 << 10;

/// The tokens of a request.
pub fn count(request: &Request) -> u64 {
    count_until(request, &CancellationToken::new())
}

/// The tokens of a request; too few when `stop` is cancelled meanwhile, for then nobody wants to know.
///
/// Takes time in proportion to the request's length, whatever is in it.
pub fn count_until(request: &Request, stop: &CancellationToken) -> u64 {
    let walk = Walk { stop };
    let instructions = match request.instructions.as_slice() {
        [] => 0,
        blocks => walk.blocks(blocks),
    };
    let turns: u64 = request
        .turns
        .iter()
        .map(|turn| TURN + walk.blocks(&turn.blocks))
        .sum();
    let tools: u64 = request.tools().iter().map(|tool| walk.tool(tool)).sum();
    let output = match &request.output {
        Some(OutputFormat::JsonSchema {
            description,
            schema,
            ..
        }) => walk.maybe(description.as_deref()) + walk.json(schema),
        Some(OutputFormat::Text | OutputFormat::JsonObject) | None => 0,
    };
    REQUEST + instructions + turns + tools + output
}

/// One way through a request.
struct Walk<'a> {
    stop: &'a CancellationToken,
}

impl Walk<'_> {
    fn blocks(&self, blocks: &[Block]) -> u64 {
        blocks.iter().map(|block| self.block(block)).sum()
    }

    fn block(&self, block: &Block) -> u64 {
        match &block.kind {
            // the words a citation quotes stand in their document, and the provider counts them only there
            Kind::Text { text, .. } | Kind::Refusal { text } => self.text(text),
            Kind::Media(media) => self.medium(media),
            Kind::Reasoning(reasoning) if reasoning.redacted => block
                .seal
                .as_ref()
                .map_or(0, |seal| opaque(seal.payload.len())),
            Kind::Reasoning(reasoning) => reasoning
                .parts
                .iter()
                .map(|part| self.text(part.text()))
                .sum(),
            Kind::ToolCall(call) => TOOL + self.text(&call.name) + self.text(call.input.as_str()),
            Kind::ToolResult(result) => TOOL + self.blocks(&result.content),
            Kind::Native { value, .. } => self.foreign(value),
        }
    }

    fn medium(&self, media: &byokey_translate::ir::Media) -> u64 {
        let title = self.maybe(media.title.as_deref());
        title
            + match media::weigh(media) {
                media::Weight::Tokens(tokens) => tokens,
                media::Weight::Text(text) => self.text(&text),
            }
    }

    fn tool(&self, tool: &Tool) -> u64 {
        let named = |name: &Str, description: &Option<String>, rest: &Option<Raw>| {
            TOOL + self.text(name)
                + self.maybe(description.as_deref())
                + rest.as_ref().map_or(0, |rest| self.json(rest))
        };
        match tool {
            Tool::Function {
                name,
                description,
                schema,
                ..
            } => named(name, description, schema),
            Tool::Custom {
                name,
                description,
                grammar,
                ..
            } => named(name, description, grammar),
            Tool::Hosted { value, .. } => TOOL + self.json(value),
        }
    }

    /// A block that is not modelled: its text as it is spelled, but no medium that may be in it.
    fn foreign(&self, value: &Raw) -> u64 {
        let text = value.as_str();
        let (mut tokens, mut from) = (0, 0);
        for run in media::base64_runs(text, OPAQUE_RUN) {
            tokens += self.text(&text[from..run.start]) + opaque(run.len()).min(media::IMAGE_MOST);
            from = run.end;
        }
        tokens + self.text(&text[from..])
    }

    fn json(&self, raw: &Raw) -> u64 {
        self.text(raw.as_str())
    }

    fn maybe(&self, text: Option<&str>) -> u64 {
        text.map_or(0, |text| self.text(text))
    }

    fn text(&self, text: &str) -> u64 {
        text::count(text, self.stop)
    }
}

/// What base64 that cannot be read stands for: three bytes in four characters, a token in four bytes.
const fn opaque(characters: usize) -> u64 {
    (characters as u64 * 3 / 4).div_ceil(4)
}

#[cfg(test)]
mod tests;
