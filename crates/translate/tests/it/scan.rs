//! Nothing that looks like a secret or a person is in the fixtures and snapshots.

use std::{fs, path::Path};

use crate::fixture::{self, assert_none};

#[test]
fn fixtures_and_snapshots_hold_no_keys_and_no_addresses() {
    let mut problems = Vec::new();
    let snapshots = fixture::root().with_file_name("snapshots");
    for folder in [fixture::root(), snapshots] {
        scan(&folder, &mut problems);
    }
    assert_none("suspicious texts", &problems);
}

#[test]
fn the_scan_knows_what_it_looks_for() {
    for (text, found) in [
        ("{\"key\":\"sk-abcdefghijkl\"}", true),
        ("authorization: Bearer abcdefgh12", true),
        ("x-api-key: AIzaSyA1234567", true),
        ("ghp_abcdefghijklmnop", true),
        ("mail someone@example.org now", true),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIi", true),
        ("task-abcdefghijklmn", false),
        ("the bearer of news", false),
        ("at @home", false),
        ("1 @ 2.50", false),
        ("image@2x.png", false),
    ] {
        assert_eq!(suspicious(text).is_some(), found, "{text}");
    }
}

fn scan(folder: &Path, problems: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            scan(&path, problems);
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for (line, text) in String::from_utf8_lossy(&bytes).lines().enumerate() {
            if let Some(found) = suspicious(text) {
                problems.push(format!("{}:{}: {found}", path.display(), line + 1));
            }
        }
    }
}

/// The first piece of a line that has the shape of a key or of an e-mail address.
fn suspicious(line: &str) -> Option<&str> {
    let is_key_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let words = line.split(|c: char| !is_key_char(c));
    let prefixes = ["sk-", "sk_", "AIza", "ghp_", "gho_", "ghu_", "xox", "eyJ"];
    let key = words
        .clone()
        .find(|word| word.len() > 11 && prefixes.iter().any(|prefix| word.starts_with(prefix)));
    let bearer = line
        .split("Bearer ")
        .skip(1)
        .find(|rest| rest.chars().take_while(|c| is_key_char(*c)).count() >= 8);
    key.or(bearer).or_else(|| {
        let (before, after) = line.split_once('@')?;
        let local = before.rsplit(|c: char| !is_key_char(c)).next()?;
        let domain = after.split(|c: char| !is_key_char(c)).next()?;
        let (host, top) = domain.rsplit_once('.')?;
        let is_file = ["png", "jpg", "md"].contains(&top);
        let plausible = !local.is_empty() && !host.is_empty() && !is_file;
        (plausible && top.len() >= 2 && top.chars().all(|c| c.is_ascii_alphabetic()))
            .then_some(domain)
    })
}
