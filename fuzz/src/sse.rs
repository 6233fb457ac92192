//! Server-sent events: how they are cut into chunks changes nothing, and what is written is read back.

use byokey_translate::sse::{Decoder, Limits, SseError, encode};
use byokey_types::Frame;
use bytes::{Bytes, BytesMut};

/// Reads `data` behind its first byte whole and in chunks; the first byte says how the chunks are cut.
pub fn run(data: &[u8]) {
    let Some((&seed, stream)) = data.split_first() else {
        return;
    };
    let stream = Bytes::copy_from_slice(stream);
    let tight = Limits {
        line: 64,
        event: 96,
    };
    for limits in [Limits::default(), tight] {
        let (whole, end) = read(limits, [stream.clone()]);
        assert_eq!(read(limits, bytewise(&stream)), (whole.clone(), end));
        assert_eq!(read(limits, cut(&stream, seed)), (whole.clone(), end));
        for frame in &whole {
            assert!(std::str::from_utf8(&frame.data).is_ok(), "{frame:?}");
            assert!(frame.data.len() <= limits.event * 3 + stream.len());
        }
        written(&whole);
    }
}

/// What is written is read back; only line ends inside the data have become spaces.
fn written(frames: &[Frame]) {
    let mut out = BytesMut::new();
    for frame in frames {
        encode(frame.event.as_deref(), &frame.data, &mut out);
    }
    let spaced = |frame: &Frame| Frame {
        event: frame.event.clone(),
        data: frame
            .data
            .iter()
            .map(|byte| if *byte == b'\n' { b' ' } else { *byte })
            .collect(),
    };
    let expected: Vec<Frame> = frames.iter().map(spaced).collect();
    let (again, end) = read(Limits::default(), [out.freeze()]);
    assert_eq!((again, end), (expected, Ok(())));
}

fn read(
    limits: Limits,
    chunks: impl IntoIterator<Item = Bytes>,
) -> (Vec<Frame>, Result<(), SseError>) {
    let mut frames = Vec::new();
    let mut decoder = Decoder::new(limits);
    for chunk in chunks {
        if let Err(error) = decoder.push(&chunk, &mut frames) {
            return (frames, Err(error));
        }
    }
    let end = decoder.finish(&mut frames);
    (frames, end)
}

fn bytewise(stream: &Bytes) -> impl Iterator<Item = Bytes> {
    (0..stream.len()).map(|at| stream.slice(at..=at))
}

/// Chunks of 0 to 31 bytes, in an order that `seed` gives.
fn cut(stream: &Bytes, seed: u8) -> impl Iterator<Item = Bytes> {
    let mut state = u32::from(seed);
    let mut rest = stream.clone();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let length = (state >> 27) as usize;
        Some(rest.split_to(length.min(rest.len())))
    })
}
