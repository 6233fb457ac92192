//! What the text of the sources must not say.

use std::fs;

use pretty_assertions::assert_eq;

use super::{Violations, assert_tidy, tree, tree::Source};

/// Words that name a wire format or a model family as well as a provider; formats and seals may say them.
const FAMILIES: &[&str] = &["openai", "anthropic", "google", "gemini"];

/// Providers, and other names for them, that have no manifest yet.
const PROVIDERS_TO_COME: &[&str] = &[
    "ag",
    "alibaba",
    "antigravity",
    "azure",
    "azure-openai",
    "bedrock",
    "bigmodel",
    "cerebras",
    "chatgpt",
    "cohere",
    "copilot",
    "dashscope",
    "fireworks",
    "github-copilot",
    "github-models",
    "glm",
    "huggingface",
    "iflow",
    "kimi",
    "kimi-code",
    "kiro",
    "llamacpp",
    "lmstudio",
    "minimax",
    "moonshot",
    "nvidia",
    "perplexity",
    "qwen",
    "siliconflow",
    "together",
    "vertex",
    "vllm",
    "xai",
    "zai",
    "zhipu",
];

/// Where no provider may be named.
const PROVIDER_FREE: &[&str] = &["crates/proxy/src/", "crates/translate/src/"];

/// The only places that know which HTTP client there is.
const CLIENT: &[&str] = &[
    "crates/provider/src/client.rs",
    "crates/provider/src/client/",
];

/// Where streams pass, so that a character invented there is a lie about what the model said.
const STREAMS: &[&str] = &[
    "crates/provider/src/",
    "crates/proxy/src/",
    "crates/translate/src/",
];

/// Text that stands for work left undone, or for a test that proves nothing, in any Rust file.
///
/// Spelled in two halves, so that this file does not contain what it forbids.
const UNDONE: &[(&str, &str)] = &[
    (concat!("todo", "!("), "a stub; finish it or leave it out"),
    (
        concat!("unimplemented", "!("),
        "a stub; finish it or leave it out",
    ),
    (concat!("FIX", "ME"), "a stub; finish it or file an issue"),
    (
        concat!("#[", "ignore"),
        "a test that is switched off; mend it or delete it",
    ),
    (concat!("#[", "should_panic"), "assert on the error instead"),
    (
        concat!("thread", "::sleep"),
        "time comes from a clock, or from paused tokio time",
    ),
];

/// What pure crates may not take from the standard library.
const IMPURE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io::stdin",
    "std::net",
    "std::process",
    "std::thread",
    "Instant::now",
    "SystemTime::now",
];

fn below(source: &Source, places: &[&str]) -> bool {
    places.iter().any(|place| source.path.starts_with(place))
}

/// The code of a line, without its comment. A `//` inside a string ends it early, which hides at most a false alarm.
fn code(line: &str) -> &str {
    let line = line.trim_start();
    line.split_once("//").map_or(line, |(code, _)| code)
}

/// The ids and aliases of the built-in manifests.
fn built_in_providers() -> Vec<String> {
    let folder = tree::root().join("crates/provider/manifests");
    let files = fs::read_dir(folder).expect("the built-in manifests");
    let mut names = Vec::new();
    for file in files {
        let text = fs::read_to_string(file.expect("a readable entry").path())
            .expect("a readable manifest");
        let head = text.split("[[model]]").next().unwrap_or_default();
        let lines = head
            .lines()
            .filter(|line| line.starts_with("id ") || line.starts_with("aliases "));
        for line in lines {
            names.extend(
                line.split('"')
                    .enumerate()
                    .filter(|(at, _)| at % 2 == 1)
                    .map(|(_, name)| name.to_owned()),
            );
        }
    }
    names
}

fn provider_names(source: &Source, built_in: &[String]) -> Violations {
    let names = built_in
        .iter()
        .map(String::as_str)
        .chain(PROVIDERS_TO_COME.iter().copied());
    let quoted: Vec<_> = names
        .filter(|name| !FAMILIES.contains(name))
        .map(|name| format!("\"{name}\""))
        .collect();
    let mut found = Vec::new();
    for (number, line) in source.lines() {
        let line = line.to_ascii_lowercase();
        found.extend(quoted.iter().filter(|name| line.contains(name.as_str())).map(|name| {
            format!("{}:{number}: names the provider {name}; that is its manifest's or its dialect's business", source.path)
        }));
    }
    found
}

fn http_client(source: &Source) -> Violations {
    let named = |line: &str| {
        code(line)
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .any(|word| word == "rquest" || word == "wreq")
    };
    let lines = source.lines().filter(|(_, line)| named(line));
    lines
        .map(|(number, _)| {
            format!(
                "{}:{number}: names `rquest`; only crates/provider/src/client.rs may",
                source.path
            )
        })
        .collect()
}

fn undone(source: &Source) -> Violations {
    let mut found = Vec::new();
    for (number, line) in source.lines() {
        found.extend(
            UNDONE
                .iter()
                .filter(|(text, _)| line.contains(text))
                .map(|(text, why)| format!("{}:{number}: `{text}`: {why}", source.path)),
        );
    }
    found
}

fn impure(source: &Source) -> Violations {
    let mut found = Vec::new();
    for (number, line) in source.lines() {
        found.extend(
            IMPURE
                .iter()
                .filter(|text| code(line).contains(**text))
                .map(|text| {
                    format!(
                        "{}:{number}: `{text}` in a pure crate; take it through a port",
                        source.path
                    )
                }),
        );
    }
    found
}

fn lossy(source: &Source) -> Violations {
    let lines = source
        .lines()
        .filter(|(_, line)| code(line).contains("from_utf8_lossy"));
    lines
        .map(|(number, _)| {
            format!(
                "{}:{number}: `from_utf8_lossy` invents characters; keep the bytes or refuse them",
                source.path
            )
        })
        .collect()
}

#[test]
fn no_provider_is_named_above_its_crate() {
    let built_in = built_in_providers();
    let sources = tree::rust();
    let guarded = sources.iter().filter(|source| below(source, PROVIDER_FREE));
    assert_tidy(
        &guarded
            .flat_map(|source| provider_names(source, &built_in))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn one_file_names_the_http_client() {
    let sources = tree::rust();
    let guarded = sources
        .iter()
        .filter(|source| !below(source, CLIENT) && !source.is_guard());
    assert_tidy(&guarded.flat_map(http_client).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_undone() {
    assert_tidy(&tree::rust().iter().flat_map(undone).collect::<Vec<_>>());
}

#[test]
fn pure_crates_take_nothing_from_the_world() {
    let sources = tree::rust();
    let guarded = sources
        .iter()
        .filter(|source| below(source, &["crates/types/src/", "crates/translate/src/"]));
    assert_tidy(&guarded.flat_map(impure).collect::<Vec<_>>());
}

#[test]
fn streams_invent_no_characters() {
    let sources = tree::rust();
    let guarded = sources
        .iter()
        .filter(|source| below(source, STREAMS) && !source.is_test());
    assert_tidy(&guarded.flat_map(lossy).collect::<Vec<_>>());
}

#[test]
fn the_guards_fire() {
    let source = |text: &str| Source::new("crates/proxy/src/a.rs", text);
    let built_in = ["claude".to_owned(), "google".to_owned()];
    let named = |text: &str| provider_names(&source(text), &built_in).len();
    assert_eq!(
        [
            named(r#"if id == "claude" {"#),
            named(r#"["KIRO", "qwen"]"#),
            named(r#""claude-cli" "google" claude"#)
        ],
        [1, 2, 0]
    );
    let client = |text: &str| http_client(&source(text)).len();
    assert_eq!(
        [
            client("use rquest::Client;"),
            client("let a = wreq::get(b);"),
            client("// about rquest")
        ],
        [1, 1, 0]
    );
    let stubs: Vec<_> = UNDONE
        .iter()
        .map(|(text, _)| undone(&source(text)).len())
        .collect();
    assert_eq!(stubs, vec![1; UNDONE.len()]);
    assert_eq!(
        [
            impure(&source("let now = Instant::now();")).len(),
            impure(&source("/// not from std::env")).len()
        ],
        [1, 0]
    );
    assert_eq!(
        [
            lossy(&source("String::from_utf8_lossy(b)")).len(),
            lossy(&source("str::from_utf8(b)")).len()
        ],
        [1, 0]
    );
}

#[test]
fn the_built_in_manifests_are_read() {
    let names = built_in_providers();
    let known = ["claude", "anthropic", "codex", "openai", "sandbox"];
    let missing: Vec<_> = known
        .iter()
        .filter(|known| !names.iter().any(|name| name == *known))
        .collect();
    assert_eq!(missing, Vec::<&&str>::new());
}
