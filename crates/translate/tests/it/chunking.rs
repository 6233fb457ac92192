//! How a stream is cut into chunks means nothing.

use byokey_translate::{Codec, Event, sse};
use bytes::Bytes;
use pretty_assertions::assert_eq;

use crate::fixture;

#[test]
fn a_stream_split_at_every_byte_means_the_same() {
    for fixture in fixture::all() {
        let Some(stream) = fixture.stream() else {
            continue;
        };
        let codec = fixture.codec();
        let whole = fixture::events(codec, &stream);
        for split in 0..=stream.len() {
            let chunks = [stream.slice(..split), stream.slice(split..)];
            assert_eq!(
                through(codec, &chunks),
                whole,
                "{} split at {split}",
                fixture.name()
            );
        }
        let bytes: Vec<Bytes> = (0..stream.len()).map(|at| stream.slice(at..=at)).collect();
        assert_eq!(
            through(codec, &bytes),
            whole,
            "{} byte by byte",
            fixture.name()
        );
    }
}

fn through(codec: &dyn Codec, chunks: &[Bytes]) -> Vec<Event> {
    let (mut frames, mut events) = (Vec::new(), Vec::new());
    let mut sse = sse::Decoder::default();
    let mut decoder = codec.stream_decoder(&fixture::source(codec.format()));
    for chunk in chunks {
        sse.push(chunk, &mut frames).unwrap();
        for frame in frames.drain(..) {
            decoder.push(&frame, &mut events);
        }
    }
    sse.finish(&mut frames).unwrap();
    for frame in frames.drain(..) {
        decoder.push(&frame, &mut events);
    }
    decoder.finish(&mut events);
    events
}
