//! A stream, read and written for every client.

use byokey_translate::{
    Codec, Event, Reply, codec::Source, fold::Folder, grammar::Checker, replay::Gatherer,
    restore::Restorer, sse,
};
use byokey_types::{Format, Frame, Raw};
use bytes::{Bytes, BytesMut};

use super::{
    bound,
    upstream::{self, Variant},
};

/// Reads a stream, writes its events for every client, and reads what was written.
pub fn check(codec: &dyn Codec, stream: &Bytes, variant: Variant) {
    let source = upstream::source(codec.format(), variant);
    let events = events(codec, &frames(stream), &source);
    grammatical("read", &events);
    let mut gatherer = Gatherer::default();
    let mut folder = Folder::default();
    for event in &events {
        gatherer.push(event);
        folder.push(event.clone());
    }
    gatherer.finish();
    let ended = matches!(events.last(), Some(Event::End));
    let folds = folder.finish().is_ok();
    assert_eq!(folds, ended, "an answer that does not fold: {events:#?}");

    let reply = upstream::reply(variant);
    let mut restored = Vec::new();
    let mut restorer = Restorer::new(&reply);
    for event in events {
        restorer.push(event, &mut |event| restored.push(event));
    }
    grammatical("restored", &restored);
    for other in upstream::codecs() {
        let what = format!("{} to {}", codec.format(), other.format());
        written(&what, other, &restored, &reply, stream);
    }
}

/// The frames of a stream, up to the first that breaks a limit.
pub fn frames(stream: &Bytes) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut decoder = sse::Decoder::default();
    if decoder.push(stream, &mut frames).is_ok() {
        // a limit that breaks here ends the stream like the end itself
        let _ = decoder.finish(&mut frames);
    }
    frames
}

/// Fails when events are no sentence of the grammar.
pub fn grammatical(what: &str, events: &[Event]) {
    let mut checker = Checker::default();
    for event in events {
        if let Err(violation) = checker.check(event) {
            panic!("{what}: {violation}: {events:#?}");
        }
    }
    if let Err(violation) = checker.finish() {
        panic!("{what}: {violation}: {events:#?}");
    }
}

/// Writes events for a client and reads what was written: as grammatical, and ended in the same way.
pub fn written(what: &str, codec: &dyn Codec, events: &[Event], reply: &Reply, input: &Bytes) {
    let mut out = BytesMut::new();
    let mut encoder = codec.stream_encoder(reply);
    for event in events {
        encoder.push(event, &mut out);
    }
    let out = out.freeze();
    bound::size(what, input, out.len());
    if reply.json_array && codec.format() == Format::Gemini {
        let array = Raw::parse(out.clone()).is_ok_and(|raw| raw.array().is_ok());
        assert!(array, "{what}: no JSON array: {out:?}");
        return;
    }
    let frames = frames(&out);
    for frame in &frames {
        bound::frame(what, frame);
    }
    let home = Variant {
        special: false,
        foreign: false,
    };
    let source = upstream::source(codec.format(), home);
    let again = self::events(codec, &frames, &source);
    grammatical(what, &again);
    let ends = |events: &[Event]| matches!(events.last(), Some(Event::End));
    assert_eq!(
        ends(&again),
        ends(events),
        "{what}: ended otherwise: {events:#?} became {out:?}"
    );
}

fn events(codec: &dyn Codec, frames: &[Frame], source: &Source) -> Vec<Event> {
    let mut events = Vec::new();
    let mut decoder = codec.stream_decoder(source);
    for frame in frames {
        decoder.push(frame, &mut events);
    }
    decoder.finish(&mut events);
    events
}
