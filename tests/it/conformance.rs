//! The cases of `conformance/cases.txt`: each is named by a test of the workspace, or is for later; and those that need a real process.

mod counting;
mod sessions;
mod sizes;
mod sockets;

use std::collections::BTreeSet;

use crate::tidy::tree::{Source, rust};

/// The rows: an id, and what it is about.
const CASES: &str = include_str!("conformance/cases.txt");

/// Rows that cannot be proved yet: (id, the issue that makes them, why).
const LATER: [(&str, u8, &str); 10] = [
    ("K02", 5, "no login is refreshed yet"),
    ("K03", 5, "no login can be revoked yet"),
    ("K06", 4, "no account cools yet"),
    (
        "K09",
        4,
        "no account cools yet, and none is followed by another",
    ),
    ("K11", 4, "there is no state of cooling to share yet"),
    ("K13", 5, "no account can be edited while it runs yet"),
    ("K14", 5, "no account can be deleted while it runs yet"),
    ("K15", 5, "no other program's login is read yet"),
    ("P18", 4, "a request is not tried with another account yet"),
    ("W08", 5, "Copilot is no provider yet"),
];

/// Where the test code of a file begins: at its start, at its `mod tests`, or nowhere.
fn tests_of(source: &Source) -> &str {
    let examines = source.path.starts_with("src/doctor/");
    if examines || source.is_test() {
        return &source.text;
    }
    let inner = source.text.find("\n#[cfg(test)]\nmod ");
    inner.map_or("", |at| &source.text[at..])
}

/// The ids that a text names: `C01` as a word, or `c01` as a part of a function's name.
fn named(text: &str) -> BTreeSet<String> {
    let is_id = |word: &&str| {
        let bytes = word.as_bytes();
        bytes.len() == 3
            && bytes[0].is_ascii_uppercase()
            && bytes[1..].iter().all(u8::is_ascii_digit)
    };
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let spelled: Vec<&str> = words.clone().filter(is_id).collect();
    let functions = words
        .clone()
        .zip(words.skip(1))
        .filter(|(before, _)| *before == "fn");
    let in_names = functions
        .flat_map(|(_, name)| name.split('_'))
        .map(str::to_uppercase);
    let mut found: BTreeSet<String> = in_names.filter(|part| is_id(&part.as_str())).collect();
    found.extend(spelled.into_iter().map(str::to_owned));
    found
}

#[test]
fn every_case_is_named_by_a_test() {
    let cases: Vec<&str> = CASES
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .map(|(id, _)| id)
        .collect();
    let named: BTreeSet<String> = rust()
        .iter()
        .filter(|source| source.path != "tests/it/conformance.rs")
        .flat_map(|source| named(tests_of(source)))
        .collect();
    let later = |id: &str| LATER.iter().find(|(later, ..)| *later == id);
    let mut wrong = Vec::new();
    for id in &cases {
        match (named.contains(*id), later(id)) {
            (false, None) => wrong.push(format!("{id}: no test names it")),
            (true, Some((_, issue, _))) => wrong.push(format!(
                "{id}: a test names it; take it out of `LATER` (issue {issue})"
            )),
            (true, None) | (false, Some(_)) => {}
        }
    }
    let unknown = LATER.iter().filter(|(id, ..)| !cases.contains(id));
    wrong.extend(unknown.map(|(id, ..)| format!("{id}: in `LATER`, and no case")));
    let once: BTreeSet<_> = cases.iter().collect();
    assert_eq!(once.len(), cases.len(), "an id stands twice in `cases.txt`");
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn ids_are_found_where_they_stand() {
    let found = |text: &str| named(text).into_iter().collect::<Vec<_>>();
    assert_eq!(
        found("// C01, M2, X123 aC02 u16\nfn m06_c16_stop() { k12 }"),
        ["C01", "C16", "M06"]
    );
    assert_eq!(found("fn a() -> u16 { \"G10: no\" }"), ["G10"]);

    let product = Source::new("crates/a/src/a.rs", "// C01\n");
    let tested = Source::new(
        "crates/a/src/a.rs",
        "// C01\n#[cfg(test)]\nmod tests {\n// C02\n}\n",
    );
    assert_eq!(tests_of(&product), "");
    assert_eq!(found(tests_of(&tested)), ["C02"]);
    for path in [
        "crates/a/tests/it/a.rs",
        "crates/a/src/a/tests.rs",
        "src/doctor/a.rs",
    ] {
        assert_eq!(
            found(tests_of(&Source::new(path, "// C01\n"))),
            ["C01"],
            "{path}"
        );
    }
}
