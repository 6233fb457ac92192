//! The files of the repository, and the guards over their names, lengths and first lines.

use std::{
    fs,
    path::{Path, PathBuf},
};

use pretty_assertions::assert_eq;

use super::{Violations, assert_tidy};

/// Longest Rust file, in lines.
const LONGEST: usize = 400;

/// Files that may be longer, because they are one row repeated: (path, why).
const TABLES: &[(&str, &str)] = &[];

/// What a file or a module is called when nobody knew what it is.
const NAMELESS: &[&str] = &["util", "utils", "common", "helper", "helpers", "misc"];

/// Folders that hold no source of ours.
const FOREIGN: &[&str] = &[".git", ".cache", "target", "node_modules", "results"];

/// A text file of the repository.
pub(crate) struct Source {
    /// Relative to the repository, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.has_extension("rs")
    }

    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|found| found == extension)
    }

    /// Whether it belongs to the tests of a crate, or is one of these guards.
    pub(crate) fn is_test(&self) -> bool {
        let stem = Path::new(&self.path).file_stem();
        self.path.split('/').any(|part| part == "tests") || stem.is_some_and(|stem| stem == "tests")
    }

    /// Whether it is one of these guards, which spell what they forbid.
    pub(crate) fn is_guard(&self) -> bool {
        self.path.starts_with("tests/it/tidy")
    }

    /// Line numbers, from one, with their lines.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }
}

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every UTF-8 file of the repository, build products apart, by path.
pub(crate) fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            let name = path.file_name().unwrap_or_default();
            if path.is_dir() {
                if !FOREIGN.iter().any(|foreign| name == *foreign) {
                    folders.push(path);
                }
            } else if let Ok(text) = fs::read_to_string(&path) {
                let relative = path.strip_prefix(root()).expect("a path below the root");
                let path = relative.to_string_lossy().replace('\\', "/");
                found.push(Source { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The Rust files among [`sources`].
pub(crate) fn rust() -> Vec<Source> {
    sources().into_iter().filter(Source::is_rust).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let listing = fs::read_dir(folder).expect("a readable folder");
    listing
        .map(|entry| entry.expect("a readable entry").path())
        .collect()
}

fn length(source: &Source) -> Violations {
    let lines = source.text.lines().count();
    let table = TABLES.iter().any(|(path, _)| *path == source.path);
    match (lines > LONGEST, table) {
        (true, false) => vec![format!(
            "{}: {lines} lines; split a file over {LONGEST} along its concepts, or declare a table in `TABLES`",
            source.path
        )],
        (false, true) => vec![format!(
            "{}: {lines} lines; it needs no row in `TABLES` any more",
            source.path
        )],
        _ => Vec::new(),
    }
}

fn purpose(source: &Source) -> Violations {
    if source.text.starts_with("//! ") {
        return Vec::new();
    }
    vec![format!(
        "{}: a module opens with a `//!` sentence of its purpose",
        source.path
    )]
}

fn name(source: &Source) -> Violations {
    let nameless = |name: &str| name.split('_').any(|word| NAMELESS.contains(&word));
    let stems = source.path.trim_end_matches(".rs").split('/');
    let files = stems
        .filter(|stem| nameless(stem))
        .map(|stem| format!("{}: `{stem}` says nothing; name the concept", source.path));
    let modules = source.lines().filter_map(|(number, line)| {
        let declared = line.trim().strip_suffix([';', '{'])?.trim_end();
        let (before, module) = declared.rsplit_once("mod ")?;
        let is_module = before.is_empty() || before.starts_with("pub");
        (is_module && nameless(module)).then(|| {
            format!(
                "{}:{number}: `mod {module}` says nothing; name the concept",
                source.path
            )
        })
    });
    let folder_module = source.path.ends_with("/mod.rs").then(|| {
        format!(
            "{}: a module is `foo.rs` beside `foo/`, never `mod.rs`",
            source.path
        )
    });
    files.chain(modules).chain(folder_module).collect()
}

fn links(source: &Source) -> Violations {
    let path = root().join(&source.path);
    let folder = path.parent().expect("a file in a folder");
    let broken = |link: &str| {
        let path = link.split('#').next().unwrap_or_default();
        !path.is_empty() && !link.contains(':') && !folder.join(path).exists()
    };
    let mut found = Vec::new();
    for (number, line) in source.lines() {
        let links = line.match_indices("](").filter_map(|(at, open)| {
            let (link, _) = line[at + open.len()..].split_once(')')?;
            Some(link)
        });
        found.extend(
            links
                .filter(|link| broken(link))
                .map(|link| format!("{}:{number}: the link `{link}` leads nowhere", source.path)),
        );
    }
    found
}

#[test]
fn files_are_short_purposeful_and_named() {
    let found: Vec<_> = rust()
        .iter()
        .flat_map(|source| [length(source), purpose(source), name(source)])
        .flatten()
        .collect();
    assert_tidy(&found);
}

#[test]
fn tables_exist() {
    let missing: Vec<_> = TABLES
        .iter()
        .filter(|(path, _)| !root().join(path).is_file())
        .map(|(path, _)| format!("{path}: declared in `TABLES`, and no such file"))
        .collect();
    assert_tidy(&missing);
}

#[test]
fn documents_link_to_what_exists() {
    let found: Vec<_> = sources()
        .iter()
        .filter(|source| source.has_extension("md"))
        .flat_map(links)
        .collect();
    assert_tidy(&found);
}

#[test]
fn the_guards_fire() {
    let long = Source::new("src/long.rs", &"//! Long.\n".repeat(LONGEST + 1));
    let fits = Source::new("src/fits.rs", &"//! Fits.\n".repeat(LONGEST));
    assert_eq!([length(&long).len(), length(&fits).len()], [1, 0]);

    let mute = Source::new("src/mute.rs", "use std::fs;\n//! Too late.\n");
    let empty = Source::new("src/empty.rs", "");
    assert_eq!(
        [
            purpose(&mute).len(),
            purpose(&empty).len(),
            purpose(&fits).len()
        ],
        [1, 1, 0]
    );

    let named = |path: &str, text: &str| name(&Source::new(path, text)).len();
    assert_eq!(
        [
            named("src/util.rs", ""),
            named("src/test_helpers/sse.rs", ""),
            named("src/a.rs", "pub(crate) mod misc;"),
            named("src/a.rs", "mod common {"),
            named("src/a/mod.rs", ""),
            named("src/utility.rs", "mod community;\n// a mod common;"),
        ],
        [1, 1, 1, 1, 1, 0]
    );

    let linked = |text: &str| links(&Source::new("docs/a.md", text)).len();
    assert_eq!(
        [
            linked("[a](nowhere.md) and [b](../nowhere.md#part)"),
            linked("[a](../Cargo.toml), [b](#part), [c](https://example.com/x))"),
        ],
        [2, 0]
    );
}
