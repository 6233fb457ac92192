//! What each model says to a request.

mod agent;

use serde_json::Value;

use crate::{
    ask::{Ask, Choice, Output, Thinking},
    model::{Kind, Model, Oddity},
    scene::{Block, Citation, Scene, Stop, Usage},
    schema, tokens,
};

/// The words of `lorem`, one token each.
pub(crate) const LOREM: [&str; 16] = [
    "lorem ",
    "ipsum ",
    "dolor ",
    "sit ",
    "amet ",
    "— ",
    "ünïcødé ",
    "日本 ",
    "🦀 ",
    "elit ",
    "sed ",
    "do ",
    "\"quoted\" ",
    "tempor\n",
    "incididunt ",
    "labore ",
];

const THOUGHT: &str =
    "The user wants an answer — “日本 🦀”. First I look at the question, then I answer it.";
const EIGHT: &str =
    "one two three — vier fünf sechs 七 八 nine ten eleven twelve thirteen fourteen.";
const LONG: &str = "and on and on it goes — ünïcødé — ";
const LONG_TOKENS: u64 = 128;

/// The answer to a request; `body` is all of it.
pub(crate) fn play(model: &Model<'_>, ask: &Ask<'_>, body: &Value, seed: u64) -> Scene {
    let (mut blocks, mut stop) = match model.kind {
        Kind::Lorem { tokens, .. } => return lorem(tokens, ask, seed),
        Kind::Tools => calls(ask, 2),
        Kind::Think { tools: true, .. } => think_tools(ask),
        Kind::Agent { .. } => agent::act(ask, body),
        Kind::Refuse => (vec![refusal()], Stop::Refusal),
        Kind::Odd(Oddity::Blocked) => (Vec::new(), Stop::Filter),
        Kind::Odd(Oddity::Malformed) => (Vec::new(), Stop::End),
        Kind::Filter | Kind::Odd(Oddity::Recite) => (vec![text("The first half of something")], Stop::Filter),
        Kind::Cite => (cited(), Stop::End),
        Kind::Long => return long(ask, seed),
        Kind::Vision => (vec![text(describe(ask))], Stop::End),
        Kind::Structured => (vec![text(structured(ask))], Stop::End),
        Kind::Stop => (vec![text(until_stop(ask))], Stop::End),
        Kind::Stall | Kind::StallHead | Kind::StallMid | Kind::Cut | Kind::CutHead | Kind::ErrorMid => {
            (vec![text(EIGHT)], Stop::End)
        }
        Kind::Echo
        | Kind::Think { .. }
        | Kind::Flaky
        | Kind::SlowStart(_)
        | Kind::Odd(Oddity::Code)
        // answered before anyone asks what to say
        | Kind::Fail(_)
        | Kind::Embed
        | Kind::Raw(_) => (vec![text(echo(ask))], Stop::End),
    };
    if let Some(early) = curtail(&mut blocks, ask) {
        stop = early;
    }
    if thinks(model.kind, ask) {
        blocks.splice(0..0, thoughts(model.kind, ask));
    }
    scene(blocks, stop, ask, seed)
}

fn scene(blocks: Vec<Block>, stop: Stop, ask: &Ask<'_>, seed: u64) -> Scene {
    let mut usage = Usage {
        prompt: ask.prompt,
        ..Usage::default()
    };
    for block in &blocks {
        match block {
            Block::Thinking { text, .. } => usage.reasoning += tokens::of_text(text),
            Block::Redacted => usage.reasoning += 16,
            Block::Text { text, .. } | Block::Refusal { text } => {
                usage.output += tokens::of_text(text);
            }
            Block::Call { name, arguments } => {
                usage.output += tokens::of_text(name) + tokens::of_text(arguments);
            }
        }
    }
    usage.output += usage.reasoning;
    Scene {
        blocks,
        stop,
        usage,
        seed,
    }
}

fn text(text: impl Into<String>) -> Block {
    Block::Text {
        text: text.into(),
        citations: Vec::new(),
    }
}

fn refusal() -> Block {
    Block::Refusal {
        text: "I can’t help with that.".to_owned(),
    }
}

fn echo(ask: &Ask<'_>) -> String {
    let mut said = if ask.results.is_empty() {
        ask.text.clone().into_owned()
    } else {
        ask.results.join("\n")
    };
    for attachment in &ask.attachments {
        if !said.is_empty() {
            said.push('\n');
        }
        said.push('[');
        said.push_str(&attachment.describe());
        said.push(']');
    }
    // an upstream never answers with an empty text block
    if said.trim().is_empty() {
        "(nothing was said)".to_owned()
    } else {
        said
    }
}

fn describe(ask: &Ask<'_>) -> String {
    if ask.attachments.is_empty() {
        return "I see no image and no document.".to_owned();
    }
    let seen: Vec<_> = ask
        .attachments
        .iter()
        .map(|attachment| attachment.describe())
        .collect();
    format!("I see: {}.", seen.join("; "))
}

fn structured(ask: &Ask<'_>) -> String {
    match ask.output {
        Output::Text => echo(ask),
        Output::Json => serde_json::json!({"answer": echo(ask)}).to_string(),
        Output::Schema(schema) => schema::example(schema, "answer").to_string(),
    }
}

fn until_stop(ask: &Ask<'_>) -> String {
    let stop = ask.stops.first().copied().unwrap_or_default();
    format!("{} {stop} this is never said", echo(ask))
}

fn results(ask: &Ask<'_>) -> String {
    let said: Vec<_> = ask
        .results
        .iter()
        .map(|result| format!("“{result}”"))
        .collect();
    format!("The tools said: {}.", said.join(", "))
}

fn calls(ask: &Ask<'_>, most: usize) -> (Vec<Block>, Stop) {
    if !ask.results.is_empty() {
        return (vec![text(results(ask))], Stop::End);
    }
    let most = if ask.parallel { most } else { 1 };
    let chosen: Vec<_> = match ask.choice {
        Choice::None => Vec::new(),
        Choice::Auto | Choice::Any => ask.tools.iter().take(most).collect(),
        Choice::Named(name) => ask
            .tools
            .iter()
            .filter(|tool| tool.name == name)
            .take(1)
            .collect(),
    };
    if chosen.is_empty() {
        return (
            vec![text(format!("No tool was called. {}", echo(ask)))],
            Stop::End,
        );
    }
    let calls = chosen.into_iter().map(|tool| Block::Call {
        name: tool.name.to_owned(),
        arguments: tool.schema.map_or_else(
            || "{}".to_owned(),
            |schema| schema::example(schema, tool.name).to_string(),
        ),
    });
    (calls.collect(), Stop::Tools)
}

fn think_tools(ask: &Ask<'_>) -> (Vec<Block>, Stop) {
    let (mut blocks, stop) = calls(ask, 1);
    if stop == Stop::Tools {
        blocks.insert(0, text("I call a tool — gleich."));
    }
    (blocks, stop)
}

fn thinks(kind: Kind<'_>, ask: &Ask<'_>) -> bool {
    let asked = matches!(ask.thinking, Thinking::On | Thinking::Omitted);
    match kind {
        Kind::Think { tools, .. } => {
            ask.thinking != Thinking::Off && (!tools || ask.results.is_empty())
        }
        Kind::Agent { think } => asked || (think && ask.thinking != Thinking::Off),
        // a thinking upstream demands its thoughts back beside its calls, so it must have had some
        Kind::Tools => asked && ask.results.is_empty(),
        _other_kinds_never_think => false,
    }
}

fn thoughts(kind: Kind<'_>, ask: &Ask<'_>) -> Vec<Block> {
    let mut thoughts = vec![Block::Thinking {
        text: THOUGHT.to_owned(),
        omitted: ask.thinking == Thinking::Omitted,
    }];
    if matches!(kind, Kind::Think { redacted: true, .. }) {
        thoughts.push(Block::Redacted);
    }
    thoughts
}

fn cited() -> Vec<Block> {
    let document = Citation::Document {
        quoted: "The grass is green.",
        title: "My Document — ünïcødé",
        start: 0,
        end: 19,
    };
    let web = Citation::Web {
        quoted: "Le ciel est bleu — 空は青い",
        title: "The sky 🦀",
        url: "https://example.com/sky",
    };
    let cited = |said: &str, citation| Block::Text {
        text: said.to_owned(),
        citations: vec![citation],
    };
    vec![
        text("Laut dem Dokument — "),
        cited("das Gras ist grün", document),
        text(" und "),
        cited("空は青い", web),
        text("."),
    ]
}

fn lorem(wanted: u32, ask: &Ask<'_>, seed: u64) -> Scene {
    let wanted = u64::from(wanted);
    let granted = ask.limit.map_or(wanted, |limit| limit.min(wanted));
    let stop = if granted < wanted {
        Stop::Limit
    } else {
        Stop::End
    };
    // a stream makes its words as they are played
    let said = if ask.stream {
        String::new()
    } else {
        let count = usize::try_from(granted).unwrap_or(usize::MAX);
        LOREM.iter().copied().cycle().take(count).collect()
    };
    let usage = Usage {
        prompt: ask.prompt,
        output: granted,
        reasoning: 0,
    };
    Scene {
        blocks: vec![text(said)],
        stop,
        usage,
        seed,
    }
}

fn long(ask: &Ask<'_>, seed: u64) -> Scene {
    let limit = ask.limit.unwrap_or(LONG_TOKENS).min(LONG_TOKENS);
    let said: String = LONG
        .chars()
        .cycle()
        .take(usize::try_from(limit).unwrap_or(0) * tokens::CHARS)
        .collect();
    let said = said.trim_end();
    scene(vec![text(said)], Stop::Limit, ask, seed)
}

/// Ends the text at the first stop sequence or at the token limit.
fn curtail(blocks: &mut Vec<Block>, ask: &Ask<'_>) -> Option<Stop> {
    let mut left = ask.limit.unwrap_or(u64::MAX);
    for at in 0..blocks.len() {
        let Block::Text { text, .. } = &mut blocks[at] else {
            continue;
        };
        let found = ask
            .stops
            .iter()
            .filter_map(|stop| text.find(stop).map(|at| (at, *stop)))
            .min();
        if let Some((end, _)) = found {
            text.truncate(end);
        }
        let clipped = tokens::clip(text, left).len();
        let stop = if clipped < text.len() {
            text.truncate(clipped);
            Some(Stop::Limit)
        } else {
            found.map(|(_, sequence)| Stop::Sequence(sequence.to_owned()))
        };
        left = left.saturating_sub(tokens::of_text(text));
        if stop.is_some() {
            blocks.truncate(at + 1);
            return stop;
        }
    }
    None
}
