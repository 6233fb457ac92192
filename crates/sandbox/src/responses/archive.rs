//! Responses that can be continued, fetched and deleted, within bounds.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use serde_json::Value;

/// One response and what it answered.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(super) id: String,
    pub(super) previous: Option<String>,
    /// Its own input items, each with an id; not those of the responses before it.
    pub(super) input: Vec<Value>,
    pub(super) output: Vec<Value>,
    /// The response object in its final state.
    pub(super) body: Bytes,
    pub(super) background: bool,
}

/// The newest responses; the oldest make room.
#[derive(Debug, Default)]
pub(crate) struct Archive {
    kept: VecDeque<(usize, Kept)>,
    bytes: usize,
}

/// Responses kept.
const MOST: usize = 1024;
/// Bytes of request and response bodies kept.
const MOST_BYTES: usize = 64 << 20;

impl Archive {
    /// Keeps a response that weighs so many bytes; one with the same id is replaced.
    pub(super) fn keep(&mut self, kept: Kept, bytes: usize) {
        self.remove(&kept.id);
        self.bytes += bytes;
        self.kept.push_back((bytes, kept));
        while self.kept.len() > MOST || self.bytes > MOST_BYTES {
            let Some((bytes, _)) = self.kept.pop_front() else {
                return;
            };
            self.bytes -= bytes;
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<&Kept> {
        let mut newest_first = self.kept.iter().rev();
        newest_first
            .find(|(_, kept)| kept.id == id)
            .map(|(_, kept)| kept)
    }

    /// Whether there was such a response.
    pub(super) fn remove(&mut self, id: &str) -> bool {
        let Some(at) = self.kept.iter().position(|(_, kept)| kept.id == id) else {
            return false;
        };
        if let Some((bytes, _)) = self.kept.remove(at) {
            self.bytes -= bytes;
        }
        true
    }

    /// The kept items with these ids.
    pub(super) fn items(&self, ids: &[&str]) -> BTreeMap<String, Value> {
        let all = self
            .kept
            .iter()
            .flat_map(|(_, kept)| kept.input.iter().chain(&kept.output));
        let wanted = all.filter_map(|item| {
            let id = item.get("id").and_then(Value::as_str)?;
            ids.contains(&id).then(|| (id.to_owned(), item.clone()))
        });
        wanted.collect()
    }
}

/// The items of a response and of all before it, oldest first, looked up in several archives; the error is the id of the
/// response that is in none.
pub(super) fn history(archives: &[&Archive], last: &str) -> Result<Vec<Value>, String> {
    let mut turns = Vec::new();
    let mut next = Some(last);
    while let Some(id) = next {
        let found = archives.iter().find_map(|archive| archive.get(id));
        let kept = found.ok_or_else(|| id.to_owned())?;
        turns.push(kept);
        next = kept.previous.as_deref();
    }
    let oldest_first = turns.into_iter().rev();
    Ok(oldest_first
        .flat_map(|kept| kept.input.iter().chain(&kept.output).cloned())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    fn kept(id: &str, previous: Option<&str>) -> Kept {
        Kept {
            id: id.to_owned(),
            previous: previous.map(str::to_owned),
            input: vec![json!({"id": format!("in_{id}")})],
            output: vec![json!({"id": format!("out_{id}")})],
            body: Bytes::new(),
            background: false,
        }
    }

    #[test]
    fn the_oldest_make_room() {
        let mut archive = Archive::default();
        archive.keep(kept("a", None), MOST_BYTES / 2);
        archive.keep(kept("b", Some("a")), MOST_BYTES / 2);
        assert_eq!(history(&[&archive], "b").map(|items| items.len()), Ok(4));
        archive.keep(kept("c", Some("b")), 1);
        assert_eq!(history(&[&archive], "c"), Err("a".to_owned()));
        assert_eq!((archive.remove("b"), archive.remove("b")), (true, false));
        assert_eq!(archive.bytes, 1);
        archive.keep(kept("d", None), MOST_BYTES + 1);
        assert_eq!((archive.kept.len(), archive.bytes), (0, 0));
        for count in 0..=MOST {
            archive.keep(kept(&count.to_string(), None), 1);
        }
        assert_eq!((archive.kept.len(), archive.bytes), (MOST, MOST));
    }
}
