//! What the fuzzers check, over their committed corpus and over the fixtures: what they once found stays found.

use std::{fs, path::PathBuf};

use pretty_assertions::assert_eq;

use crate::fixture;

#[expect(
    clippy::expect_used,
    unreachable_pub,
    reason = "the library of the fuzzers, which CI builds here alone"
)]
#[path = "../../../../fuzz/src/lib.rs"]
pub(crate) mod fuzzers;

#[test]
fn the_corpus_passes() {
    let mut names = Vec::new();
    for folder in entries(&root().join("corpus")) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        for file in entries(&folder) {
            let data = fs::read(&file).unwrap();
            assert!(fuzzers::run(&name, &data), "no fuzzer is called `{name}`");
        }
        names.push(name);
    }
    let fuzzers = entries(&root().join("fuzz_targets"));
    let fuzzers: Vec<String> = fuzzers
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, fuzzers, "folders of the corpus, and fuzzers");
}

#[test]
fn the_fixtures_pass() {
    for fixture in fixture::all() {
        let fuzzer = format!("{}_request", fixture.format);
        let parts = [fixture.request(), fixture.response(), fixture.stream()];
        for (selector, part) in (b'0'..).zip(parts) {
            let Some(part) = part else { continue };
            // a digit, in each of its variants, and what is passed on verbatim
            for selector in [selector, selector + 4, selector + 8, selector + 12, b'3'] {
                let data = [&[selector][..], &part].concat();
                assert!(fuzzers::run(&fuzzer, &data), "no fuzzer `{fuzzer}`");
            }
        }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn entries(folder: &PathBuf) -> Vec<PathBuf> {
    let listing = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut found: Vec<PathBuf> = listing.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}
