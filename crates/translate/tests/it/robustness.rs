//! Nothing that arrives makes a codec panic, break the grammar, or write what is no JSON; errors say where.

mod growth;

use std::collections::{HashMap, HashSet};

use byokey_translate::{Codec, unfold::unfold};
use byokey_types::{Format, Frame, JsonError, JsonKind, Raw, RawObject, Str};
use bytes::Bytes;
use proptest::prelude::*;

use crate::{
    core::assert_grammatical,
    fixture::{self, Fixture, Variant, assert_none, codecs, frames, reply, said, source, target},
};

/// What takes the place of each value of each fixture in turn; the first removes it.
const INSTEAD: [Option<&str>; 13] = [
    None,
    Some("null"),
    Some("true"),
    Some("-1.5e3"),
    Some("12345678901234567890123"),
    Some("1e400"),
    Some("\"\""),
    Some("\"text\""),
    Some("\"\\ud83d cut \\u0000\""),
    Some("[]"),
    Some("[[null]]"),
    Some("{}"),
    Some("{\"type\":\"text\",\"type\":7}"),
];

#[test]
fn mutated_requests_are_read_or_refused_with_a_path() {
    let mut problems = Vec::new();
    let mut seen = Seen::default();
    for fixture in fixture::all() {
        let Some(body) = fixture.request() else {
            continue;
        };
        for (place, mutant) in mutants(&body, seen.of(fixture.format)) {
            match fixture.codec().decode_request(&mutant) {
                Ok(decoded) => {
                    for codec in codecs() {
                        let target = target(codec.format(), Variant::Plain, "model");
                        if let Ok(encoded) = codec.encode_request(&decoded.value, &target) {
                            json(&encoded.body, &fixture, &mutant);
                        }
                    }
                }
                Err(error) => blames(&error, &place, &fixture, &mut problems),
            }
        }
    }
    assert_none("errors that do not name their place", &problems);
}

#[test]
fn mutated_answers_are_read_or_refused_with_a_path() {
    let mut problems = Vec::new();
    let mut seen = Seen::default();
    for fixture in fixture::all() {
        let Some(body) = fixture.response() else {
            continue;
        };
        for (place, mutant) in mutants(&body, seen.of(fixture.format)) {
            let decoded = fixture
                .codec()
                .decode_response(&mutant, &source(fixture.format));
            match decoded {
                Ok(decoded) => {
                    for codec in codecs() {
                        let (body, _) = codec.encode_response(&decoded.value, &reply("asked"));
                        json(&body, &fixture, &mutant);
                        assert_grammatical(&unfold(decoded.value.clone()));
                        let stream = fixture::streamed(codec, &decoded.value, &reply("asked"));
                        frames(&stream);
                    }
                }
                Err(error) => blames(&error, &place, &fixture, &mut problems),
            }
        }
    }
    assert_none("errors that do not name their place", &problems);
}

#[test]
fn mutated_streams_stay_within_the_grammar() {
    for fixture in fixture::all() {
        let Some(stream) = fixture.stream() else {
            continue;
        };
        let codec = fixture.codec();
        let whole = frames(&stream);
        // the same frame in another stream meets another state
        let mut seen = HashSet::new();
        for position in 0..whole.len() {
            let mut others = whole.clone();
            let frame = others.remove(position);
            follow(codec, &others);
            let mut twice = whole.clone();
            twice.insert(position, frame.clone());
            follow(codec, &twice);
            follow(codec, &whole[..position]);
            let mut swapped = whole.clone();
            swapped.swap(position, (position + 1) % whole.len());
            follow(codec, &swapped);
            if Raw::parse(frame.data.clone()).is_err() {
                continue;
            }
            let mut mutated = whole.clone();
            for (_, mutant) in mutants(&frame.data, &mut seen) {
                mutated[position].data = mutant;
                follow(codec, &mutated);
            }
        }
    }
}

#[test]
fn nesting_costs_no_stack() {
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let deep_object = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let nests = [deep, deep_object].map(|text| Some(Raw::parse(text).unwrap()));
    let mut seen = Seen::default();
    for fixture in fixture::all() {
        let codec = fixture.codec();
        for body in fixture.request().into_iter().chain(fixture.response()) {
            let mut kinds = Kinds::new();
            for (place, mutant) in replaced(&body, &nests, &mut kinds) {
                // the member it stands in, and the one around that; `replaced` gives both nests one after the other
                let mut names = place
                    .rsplit('.')
                    .filter(|part| part.parse::<usize>().is_err());
                let member = format!("{:?}", (names.next(), names.next()));
                let opens = mutant.windows(3).any(|window| window == b"[[[");
                if !seen.of(fixture.format).insert(format!("{member} {opens}")) {
                    continue;
                }
                if let Ok(decoded) = codec.decode_request(&mutant) {
                    for codec in codecs() {
                        let target = target(codec.format(), Variant::Plain, "model");
                        let _ = codec.encode_request(&decoded.value, &target);
                    }
                }
                if let Ok(decoded) = codec.decode_response(&mutant, &source(fixture.format)) {
                    for codec in codecs() {
                        codec.encode_response(&decoded.value, &reply("asked"));
                    }
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[{}\\[\\]\",:a-z0-9\\\\ud8 ]{0,80}") {
        for bytes in [bytes, text.into_bytes()] {
            for codec in codecs() {
                let body = Bytes::from(bytes.clone());
                let _ = codec.decode_request(&body);
                let _ = codec.decode_response(&body, &source(codec.format()));
                follow(codec, &[Frame::data(body.clone()), Frame::named("error", body)]);
            }
        }
    }

    #[test]
    fn any_order_of_frames_stays_within_the_grammar(picks in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..24)) {
        for codec in codecs() {
            let streams: Vec<Vec<Frame>> = fixture::all()
                .iter()
                .filter(|fixture| fixture.format == codec.format())
                .filter_map(Fixture::stream)
                .map(|stream| frames(&stream))
                .collect();
            if streams.is_empty() {
                continue;
            }
            let mixed: Vec<Frame> = picks
                .iter()
                .map(|(stream, frame)| {
                    let stream = &streams[stream.index(streams.len())];
                    stream[frame.index(stream.len())].clone()
                })
                .collect();
            follow(codec, &mixed);
        }
    }
}

/// Decodes frames, checks the grammar, and writes the events for every client.
fn follow(upstream: &dyn Codec, frames: &[Frame]) {
    let events = said(upstream, frames);
    assert_grammatical(&events);
    for codec in codecs() {
        let stream = fixture::written(codec, &events, &reply("asked"));
        for frame in fixture::frames(&stream) {
            assert!(
                &frame.data[..] == b"[DONE]" || Raw::parse(frame.data.clone()).is_ok(),
                "{frame:?}"
            );
        }
    }
}

fn json(body: &Bytes, fixture: &Fixture, mutant: &Bytes) {
    assert!(
        Raw::parse(body.clone()).is_ok(),
        "{}: {body:?} of {mutant:?}",
        fixture.name()
    );
}

/// An error must name the place that was changed, something in it, or something beside or over it.
fn blames(error: &JsonError, place: &str, fixture: &Fixture, problems: &mut Vec<String>) {
    let name = fixture.name();
    let parent = place.rsplit_once('.').map_or("", |(parent, _)| parent);
    let (text, path) = (error.to_string(), error.path().unwrap_or_default());
    let said: HashSet<&str> = [path, place, parent].into();
    let near = path == "$"
        || path.starts_with(parent)
        || (!path.is_empty() && place.starts_with(path))
        || said.len() < 2;
    if !near || path.is_empty() {
        problems.push(format!(
            "{name}: `{place}` was changed, the error is `{text}`"
        ));
    }
}

/// The kinds of place that were changed: a path, its indexes apart, a kind of value, and the members beside it.
///
/// One of each kind is enough: what a codec does with a value depends on where it stands and what stands beside it.
type Kinds = HashSet<String>;

/// The kinds of place, format by format.
#[derive(Default)]
struct Seen(HashMap<Format, Kinds>);

impl Seen {
    fn of(&mut self, format: Format) -> &mut Kinds {
        self.0.entry(format).or_default()
    }
}

/// The document with a value of each kind of place replaced in turn, and the path of that value.
fn mutants(body: &Bytes, seen: &mut Kinds) -> Vec<(String, Bytes)> {
    let instead: Vec<Option<Raw>> = INSTEAD
        .iter()
        .map(|text| text.map(|text| Raw::parse(text).unwrap()))
        .collect();
    replaced(body, &instead, seen)
}

fn replaced(body: &Bytes, instead: &[Option<Raw>], seen: &mut Kinds) -> Vec<(String, Bytes)> {
    let mut out = Vec::new();
    let root = Raw::parse(body.clone()).unwrap();
    let mut give = |path: &str, mutant: Option<Raw>| {
        if let Some(mutant) = mutant {
            out.push((path.to_owned(), mutant.bytes().clone()));
        }
    };
    vary(&root, ("", ""), instead, seen, &mut give);
    out
}

/// Gives the variants of a value of a kind not seen: other values in its place (`None` removes it); then those of its parts.
fn vary(
    value: &Raw,
    (path, beside): (&str, &str),
    instead: &[Option<Raw>],
    seen: &mut Kinds,
    give: &mut dyn FnMut(&str, Option<Raw>),
) {
    let place = path.replace(|c: char| c.is_ascii_digit(), "");
    if seen.insert(format!("{place} {:?} {beside}", value.kind())) {
        for other in instead {
            give(path, other.clone());
        }
    }
    let under = |part: &str| {
        if path.is_empty() {
            part.to_owned()
        } else {
            format!("{path}.{part}")
        }
    };
    match value.kind() {
        JsonKind::Object => {
            let object = value.object().unwrap();
            let members: Vec<(Str, Raw)> = object.clone().into_iter().collect();
            let mut names: Vec<&str> = members.iter().map(|(key, _)| key.as_str()).collect();
            names.sort_unstable();
            let tag = object.get("type").map_or("", Raw::as_str);
            let beside = format!("{tag} {}", names.join(" "));
            for (key, member) in &members {
                let mut give = |path: &str, mutant| {
                    let mut object: RawObject = object.clone();
                    match mutant {
                        Some(mutant) => object.set(key.clone(), mutant),
                        None => {
                            object.take(key);
                        }
                    }
                    give(path, Some(object.to_raw()));
                };
                vary(member, (&under(key), &beside), instead, seen, &mut give);
            }
        }
        JsonKind::Array => {
            let items = value.array().unwrap();
            for (position, item) in items.iter().enumerate() {
                let mut give = |path: &str, mutant| {
                    let mut items = items.clone();
                    match mutant {
                        Some(mutant) => items[position] = mutant,
                        None => {
                            items.remove(position);
                        }
                    }
                    give(path, Some(Raw::array_of(items)));
                };
                let under = under(&position.to_string());
                vary(item, (&under, beside), instead, seen, &mut give);
            }
        }
        JsonKind::String | JsonKind::Number | JsonKind::Bool | JsonKind::Null => {}
    }
}
