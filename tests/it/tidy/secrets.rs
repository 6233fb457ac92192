//! What must never be committed: keys, tokens, addresses of people.

use pretty_assertions::assert_eq;

use super::{Violations, assert_tidy, tree, tree::Source};

/// How keys and tokens begin, and how many token characters make one: shorter ones are made up for a test.
const SHAPES: &[(&str, usize)] = &[
    ("sk-", 20),
    ("gsk_", 20),
    ("xai-", 20),
    ("hf_", 20),
    ("AIza", 30),
    ("ya29.", 20),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("github_pat_", 30),
    ("AKIA", 16),
    ("xoxb-", 20),
    ("eyJhbGciOi", 20),
    ("Bearer ", 24),
    ("-----BEGIN ", 8),
];

/// Where recorded or made-up traffic stands.
fn holds_traffic(source: &Source) -> bool {
    let parts = ["fixtures", "snapshots", "clients", "manifests"];
    source.path.split('/').any(|part| parts.contains(&part))
        || source.has_extension("snap")
        || source.has_extension("yaml")
}

fn keys(source: &Source) -> Violations {
    let mut found = Vec::new();
    for (number, line) in source.lines() {
        for (prefix, shortest) in SHAPES {
            let hit = line.match_indices(prefix).any(|(at, _)| {
                let starts = !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
                let token = line[at + prefix.len()..]
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || "-_./+=".contains(*c));
                starts && token.count() >= *shortest
            });
            if hit {
                found.push(format!(
                    "{}:{number}: looks like a key (`{prefix}…`); make a shorter one up",
                    source.path
                ));
            }
        }
    }
    found
}

fn addresses(source: &Source) -> Violations {
    let in_name = |c: char| c.is_ascii_alphanumeric() || "._%+-".contains(c);
    let mut found = Vec::new();
    for (number, line) in source.lines() {
        let hit = line.match_indices('@').any(|(at, _)| {
            let host: String = line[at + 1..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || ".-".contains(*c))
                .collect();
            let top = host.rsplit_once('.').is_some_and(|(name, top)| {
                !name.is_empty() && top.len() >= 2 && top.chars().all(|c| c.is_ascii_alphabetic())
            });
            line[..at].ends_with(in_name) && top
        });
        if hit {
            found.push(format!(
                "{}:{number}: an e-mail address; leave it out",
                source.path
            ));
        }
    }
    found
}

#[test]
fn traffic_holds_no_keys_and_no_addresses() {
    let sources = tree::sources();
    let guarded = sources
        .iter()
        .filter(|source| holds_traffic(source) && !source.is_guard());
    assert_tidy(
        &guarded
            .flat_map(|source| [keys(source), addresses(source)])
            .flatten()
            .collect::<Vec<_>>(),
    );
}

#[test]
fn the_guards_fire() {
    let source = |text: &str| Source::new("crates/a/tests/fixtures/a.json", text);
    for (prefix, shortest) in SHAPES {
        let long = format!("\"{prefix}{}\"", "a".repeat(*shortest));
        let short = format!("\"{prefix}{}\"", "a".repeat(shortest - 1));
        assert_eq!(
            (
                prefix,
                keys(&source(&long)).len(),
                keys(&source(&short)).len()
            ),
            (prefix, 1, 0)
        );
    }
    let addressed = |text: &str| addresses(&source(text)).len();
    assert_eq!(
        [
            addressed("\"a.person@example.com\""),
            addressed("\"@babel/runtime\", \"a@1.2.3\", \"user@host\"")
        ],
        [1, 0]
    );
    assert_eq!(
        [
            holds_traffic(&source("")),
            holds_traffic(&Source::new("config.example.yaml", "")),
            holds_traffic(&Source::new("crates/types/src/secret.rs", "")),
        ],
        [true, true, false]
    );
}
