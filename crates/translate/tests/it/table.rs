//! The table of facts and formats in `docs/translation.md`: what becomes of the facts of every fixture in every other format.
//!
//! `BYOKEY_TABLE=write cargo test -p byokey-translate --test it table` writes it anew.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::PathBuf};

use byokey_translate::{Loss, LossKind, Reply};
use byokey_types::Format;
use pretty_assertions::assert_eq;

use crate::{
    facts::{self, Facts, Item},
    fixture::{self, Variant, codecs, target},
};

/// A row: what people call the fact, the sort of item it is of, and how its name begins.
type Row = (&'static str, &'static str, &'static str);

const ROWS: [Row; 42] = [
    ("operator's text", "system", "text"),
    ("text", "text", "text"),
    ("citations and links", "text", "annotations"),
    ("images, documents, sound", "media", "media"),
    ("title of a document", "media", "title"),
    ("reasoning", "reasoning", "reasoning"),
    ("seal of reasoning, another family's", "reasoning", "seal"),
    ("call: tool", "call", "call"),
    ("call: id", "call", "id"),
    ("call: input", "call", "input"),
    ("call: run by the provider", "call", "runs"),
    ("seal of a call, another family's", "call", "seal"),
    ("result of a call", "result", "result"),
    ("result: is an error", "result", "is_error"),
    ("refusal", "refusal", "refusal"),
    ("a block of its format alone", "native", "native"),
    ("cache breakpoint: text", "text", "cache"),
    ("cache breakpoint: operator's text", "system", "cache"),
    ("cache breakpoint: tool", "tool", "cache"),
    ("tool: name", "tool", "name"),
    ("tool: description", "tool", "description"),
    ("tool: schema", "tool", "schema"),
    ("tool: strict", "tool", "strict"),
    ("tool: free text, grammar", "tool", "grammar"),
    ("tool: web search", "tool", "web_search"),
    ("choice of tool", "settings", "tool_choice"),
    ("parallel calls", "settings", "parallel"),
    ("`max_tokens`", "settings", "max_tokens"),
    ("`temperature`", "settings", "temperature"),
    ("`top_p`", "settings", "top_p"),
    ("`top_k`", "settings", "top_k"),
    ("`presence_penalty`", "settings", "presence_penalty"),
    ("`frequency_penalty`", "settings", "frequency_penalty"),
    ("`seed`", "settings", "seed"),
    ("stop sequences", "settings", "stop"),
    ("reasoning: level or budget", "settings", "reasoning"),
    ("reasoning: summary", "settings", "summary"),
    ("JSON output, schema", "settings", "output"),
    ("name of the end user", "settings", "user"),
    ("an unknown top-level member", "settings", "ext "),
    ("an unknown member of a block", "text", "ext "),
    ("an unknown member of a tool", "tool", "ext "),
];

const BEGIN: &str = "<!-- facts and formats: written by tests/it/table.rs -->\n";
const END: &str = "<!-- end -->\n";

/// What became of a fact, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Kept,
    Mapped,
    Lost,
}

#[test]
fn the_table_in_the_docs_is_what_the_codecs_do() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/translation.md");
    let document = fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).unwrap();
    let (table, after) = rest.split_once(END).unwrap();
    let made = made();
    if std::env::var("BYOKEY_TABLE").as_deref() == Ok("write") {
        fs::write(&path, [before, BEGIN, &made, END, after].concat()).unwrap();
        return;
    }
    assert_eq!(table, made);
}

fn made() -> String {
    let columns = codecs();
    let mut fates: Vec<Vec<BTreeSet<Fate>>> =
        vec![vec![BTreeSet::new(); columns.len()]; ROWS.len()];
    for fixture in fixture::all() {
        let Some(decoded) = fixture
            .request()
            .and_then(|body| fixture.codec().decode_request(&body).ok())
        else {
            continue;
        };
        for (column, codec) in columns.iter().enumerate() {
            let format = codec.format();
            let target = target(format, Variant::Rich, "model");
            let Ok(encoded) = codec.encode_request(&decoded.value, &target) else {
                continue;
            };
            if format == fixture.format {
                continue;
            }
            let found = facts::facts(
                &decoded.value,
                fixture.format,
                &Reply::default(),
                target.call_ids,
            );
            each(&found, &mut |sort, name, path| {
                let row = ROWS.iter().position(|row| is_of(*row, sort, name));
                if let Some(row) = row {
                    fates[row][column].insert(fate(path, encoded.losses.as_slice()));
                }
            });
        }
    }
    render(
        &columns
            .iter()
            .map(|codec| codec.format())
            .collect::<Vec<_>>(),
        &fates,
    )
}

/// The longer beginning of a name is the better one: `cache` is not a `call`.
fn is_of((_, sort, begins): Row, found: &str, name: &str) -> bool {
    sort == found
        && if begins.ends_with(' ') || matches!(begins, "cache" | "output") {
            name.starts_with(begins)
        } else {
            name == begins
        }
}

fn fate(path: &str, losses: &[Loss]) -> Fate {
    let over = |loss: &&Loss| {
        path.strip_prefix(loss.path.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let worst = losses.iter().filter(over).map(|loss| match loss.what {
        LossKind::Dropped => Fate::Lost,
        LossKind::Approximated | LossKind::Moved | LossKind::Synthesised => Fate::Mapped,
    });
    worst.max().unwrap_or(Fate::Kept)
}

fn each(facts: &Facts, see: &mut dyn FnMut(&str, &str, &str)) {
    let alone = [&facts.system, &facts.settings];
    for item in alone
        .into_iter()
        .chain(&facts.tools)
        .chain(&facts.conversation)
    {
        within(item, see);
    }
}

fn within(item: &Item, see: &mut dyn FnMut(&str, &str, &str)) {
    for (name, fact) in &item.facts {
        see(item.sort, name, &fact.path);
    }
    for part in &item.parts {
        within(part, see);
    }
}

fn render(formats: &[Format], fates: &[Vec<BTreeSet<Fate>>]) -> String {
    let mut out = String::from("| fact of another format |");
    for format in formats {
        let _ = write!(out, " to {format} |");
    }
    out.push_str("\n| --- |");
    out.push_str(&" --- |".repeat(formats.len()));
    for ((label, ..), cells) in ROWS.iter().zip(fates) {
        let _ = write!(out, "\n| {label} |");
        for cell in cells {
            let words: Vec<&str> = cell
                .iter()
                .map(|fate| match fate {
                    Fate::Kept => "kept",
                    Fate::Mapped => "mapped",
                    Fate::Lost => "lost",
                })
                .collect();
            let words = if words.is_empty() {
                "–".to_owned()
            } else {
                words.join(", ")
            };
            let _ = write!(out, " {words} |");
        }
    }
    out.push('\n');
    out
}
