//! The fixture folders.

use std::{fs, path::Path};

use bytes::Bytes;

/// One folder.
pub(super) struct Fixture {
    pub(super) name: String,
    pub(super) request: Option<Bytes>,
    pub(super) response: Option<Bytes>,
    pub(super) stream: Option<Bytes>,
}

/// All of them.
pub(super) fn all() -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/gemini");
    let mut fixtures: Vec<Fixture> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let file = |name: &str| fs::read(path.join(name)).ok().map(Bytes::from);
            Fixture {
                name: path.file_name().unwrap().to_string_lossy().into_owned(),
                request: file("request.json"),
                response: file("response.json"),
                stream: file("stream.sse"),
            }
        })
        .collect();
    fixtures.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(fixtures.len() >= 40, "{} fixtures", fixtures.len());
    fixtures
}
