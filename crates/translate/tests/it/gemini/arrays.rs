//! Streams without `alt=sse`: one JSON array, whose items are the chunks that would be events.

use byokey_translate::{Codec, Event, Reply, event::StreamFault, gemini::Gemini, unfold::unfold};
use byokey_types::{Kind, Raw};
use bytes::{Bytes, BytesMut};
use pretty_assertions::assert_eq;

use crate::fixture::{self, frames};

/// The stream of some events, a sign of life before, between and behind them.
fn array(events: &[Event]) -> Bytes {
    let reply = Reply {
        json_array: true,
        ..fixture::reply("asked")
    };
    let mut out = BytesMut::new();
    let mut encoder = Gemini.stream_encoder(&reply);
    out.extend_from_slice(Gemini.keepalive_of(&reply));
    for event in events {
        encoder.push(event, &mut out);
        out.extend_from_slice(Gemini.keepalive_of(&reply));
    }
    out.freeze()
}

fn assert_same_chunks(name: &str, events: &[Event]) {
    let items = Raw::parse(array(events))
        .and_then(|raw| raw.array())
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let events = fixture::written(&Gemini, events, &fixture::reply("asked"));
    let data: Vec<Raw> = frames(&events)
        .into_iter()
        .map(|frame| Raw::parse(frame.data).unwrap())
        .collect();
    assert_eq!(items, data, "{name}");
}

#[test]
fn every_stream_is_an_array_of_the_same_chunks() {
    let mut streams = 0;
    for fixture in fixture::all() {
        let name = fixture.name();
        if let Some(stream) = fixture.stream() {
            let events = fixture::events(fixture.codec(), &stream);
            assert_same_chunks(&name, &events);
            // broken off anywhere
            for at in 0..events.len() {
                let mut events = events[..at].to_vec();
                events.push(Event::Error(StreamFault::new(Kind::Overloaded, "busy")));
                assert_same_chunks(&format!("{name} up to {at}"), &events);
            }
            streams += 1;
        }
        if let Some(answer) = fixture.answer() {
            assert_same_chunks(&name, &unfold(answer));
        }
    }
    assert!(streams >= 30, "{streams}");
}

#[test]
fn signs_of_life_fit_the_kind_of_stream() {
    let reply = Reply::default();
    assert_eq!(Gemini.keepalive_of(&reply), Gemini.keepalive());
    for codec in fixture::codecs() {
        assert_eq!(
            codec.keepalive_of(&reply),
            codec.keepalive(),
            "{}",
            codec.format()
        );
    }
}
