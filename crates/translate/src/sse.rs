//! Server-sent events: the one decoder and the one encoder.
//!
//! Source: WHATWG HTML, section 9.2. Line ends are LF, CRLF or CR; a BOM, comments, multi-line data, any chunking and a last
//! event without a blank line are understood. Data that is not UTF-8 is repaired with U+FFFD, event by event, never per chunk.

use byokey_types::{Frame, Str};
use bytes::{BufMut, Bytes, BytesMut};

/// How much a hostile upstream may make us hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest line, in bytes.
    pub line: usize,
    /// The longest event, all its data lines together, in bytes.
    pub event: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line: 1 << 20,
            event: 4 << 20,
        }
    }
}

/// A stream that broke a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    /// A line is too long.
    #[error("a line of the stream is longer than {0} bytes")]
    LineTooLong(usize),
    /// An event is too long.
    #[error("an event of the stream is longer than {0} bytes")]
    EventTooLong(usize),
}

/// Turns chunks into frames; a frame within one chunk borrows it.
#[derive(Debug, Default)]
pub struct Decoder {
    limits: Limits,
    /// The beginning of a line whose end has not come.
    carry: BytesMut,
    /// The last chunk ended in CR: an LF at the head of the next one belongs to it.
    after_cr: bool,
    /// Behind the first line, where a BOM may stand.
    begun: bool,
    event: Option<Str>,
    data: Data,
}

#[derive(Debug, Default)]
enum Data {
    #[default]
    None,
    One(Bytes),
    Many(BytesMut),
}

impl Decoder {
    /// A decoder with limits of one's own.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Takes a chunk and appends the frames that are whole now.
    ///
    /// # Errors
    /// When a limit is broken; the decoder is of no use afterwards.
    pub fn push(&mut self, chunk: &Bytes, frames: &mut Vec<Frame>) -> Result<(), SseError> {
        let mut at = 0;
        if self.after_cr && !chunk.is_empty() {
            self.after_cr = false;
            at = usize::from(chunk[0] == b'\n');
        }
        while let Some(length) = memchr::memchr2(b'\n', b'\r', &chunk[at..]) {
            let end = at + length;
            let line = if self.carry.is_empty() {
                chunk.slice(at..end)
            } else {
                self.hold(&chunk[at..end])?;
                self.carry.split().freeze()
            };
            self.line(line, frames)?;
            at = end + 1;
            if chunk[end] == b'\r' {
                match chunk.get(at) {
                    Some(b'\n') => at += 1,
                    Some(_) => {}
                    None => self.after_cr = true,
                }
            }
        }
        self.hold(&chunk[at..])
    }

    /// Takes the end of the stream and appends a last frame that lacked its blank line.
    ///
    /// # Errors
    /// When a limit is broken.
    pub fn finish(&mut self, frames: &mut Vec<Frame>) -> Result<(), SseError> {
        let line = self.carry.split().freeze();
        if !line.is_empty() {
            self.line(line, frames)?;
        }
        self.dispatch(frames);
        Ok(())
    }

    fn hold(&mut self, part: &[u8]) -> Result<(), SseError> {
        if self.carry.len() + part.len() > self.limits.line {
            return Err(SseError::LineTooLong(self.limits.line));
        }
        self.carry.extend_from_slice(part);
        Ok(())
    }

    fn line(&mut self, mut line: Bytes, frames: &mut Vec<Frame>) -> Result<(), SseError> {
        if line.len() > self.limits.line {
            return Err(SseError::LineTooLong(self.limits.line));
        }
        if !self.begun {
            self.begun = true;
            if line.starts_with("\u{feff}".as_bytes()) {
                line = line.slice(3..);
            }
        }
        if line.is_empty() {
            self.dispatch(frames);
            return Ok(());
        }
        let (name, value) = match memchr::memchr(b':', &line) {
            Some(0) => return Ok(()),
            Some(colon) => {
                let skip = usize::from(line.get(colon + 1) == Some(&b' '));
                (&line[..colon], line.slice(colon + 1 + skip..))
            }
            None => (&line[..], Bytes::new()),
        };
        match name {
            b"data" => self.add_data(value),
            b"event" => {
                self.event = std::str::from_utf8(&value).ok().map(Str::new);
                Ok(())
            }
            // `id` and `retry` are for clients that reconnect; the rest is to be ignored
            _ => Ok(()),
        }
    }

    fn add_data(&mut self, value: Bytes) -> Result<(), SseError> {
        let held = match &self.data {
            Data::None => 0,
            Data::One(first) => first.len(),
            Data::Many(joined) => joined.len(),
        };
        if held + value.len() > self.limits.event {
            return Err(SseError::EventTooLong(self.limits.event));
        }
        self.data = match std::mem::take(&mut self.data) {
            Data::None => Data::One(value),
            Data::One(first) => {
                let mut joined = BytesMut::with_capacity(first.len() + 1 + value.len());
                joined.extend_from_slice(&first);
                joined.put_u8(b'\n');
                joined.extend_from_slice(&value);
                Data::Many(joined)
            }
            Data::Many(mut joined) => {
                joined.put_u8(b'\n');
                joined.extend_from_slice(&value);
                Data::Many(joined)
            }
        };
        Ok(())
    }

    fn dispatch(&mut self, frames: &mut Vec<Frame>) {
        let event = self.event.take();
        let data = match std::mem::take(&mut self.data) {
            Data::None => return,
            Data::One(data) => data,
            Data::Many(joined) => joined.freeze(),
        };
        frames.push(Frame {
            event,
            data: repaired(data),
        });
    }
}

/// Appends one event. Line ends inside `data`, which JSON only has between its tokens, become spaces.
pub fn encode(event: Option<&str>, data: &[u8], out: &mut BytesMut) {
    out.reserve(data.len() + event.map_or(0, str::len) + 16);
    if let Some(event) = event {
        out.put_slice(b"event: ");
        out.put_slice(event.as_bytes());
        out.put_u8(b'\n');
    }
    out.put_slice(b"data: ");
    let mut rest = data;
    while let Some(end) = memchr::memchr2(b'\n', b'\r', rest) {
        out.put_slice(&rest[..end]);
        out.put_u8(b' ');
        rest = &rest[end + 1..];
    }
    out.put_slice(rest);
    out.put_slice(b"\n\n");
}

fn repaired(data: Bytes) -> Bytes {
    if std::str::from_utf8(&data).is_ok() {
        return data;
    }
    let mut text = String::with_capacity(data.len());
    for chunk in data.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text.into()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;

    fn decode(chunks: &[&[u8]]) -> Vec<Frame> {
        let mut decoder = Decoder::default();
        let mut frames = Vec::new();
        for chunk in chunks {
            decoder
                .push(&Bytes::copy_from_slice(chunk), &mut frames)
                .unwrap();
        }
        decoder.finish(&mut frames).unwrap();
        frames
    }

    #[test]
    fn the_grammar_of_the_standard() {
        let rows: [(&str, Vec<Frame>); 9] = [
            (
                "data: a\n\ndata:b\n\n",
                vec![Frame::data("a"), Frame::data("b")],
            ),
            ("data:  a\n\n", vec![Frame::data(" a")]),
            ("event: x\r\ndata: a\r\n\r\n", vec![Frame::named("x", "a")]),
            ("data: a\rdata: b\r\r", vec![Frame::data("a\nb")]),
            ("\u{feff}data: a\n\n", vec![Frame::data("a")]),
            (
                ": ping\n\nid: 1\nretry: 5\nevent: lost\n\ndata: a\n\n",
                vec![Frame::data("a")],
            ),
            ("data: last", vec![Frame::data("last")]),
            ("data\n\n", vec![Frame::data("")]),
            (
                "data: a\n\n\n\nevent: y\ndata: {\"k\":\ndata: 1}\n",
                vec![Frame::data("a"), Frame::named("y", "{\"k\":\n1}")],
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(decode(&[text.as_bytes()]), expected, "{text:?}");
            for split in 0..text.len() {
                let (a, b) = text.as_bytes().split_at(split);
                assert_eq!(decode(&[a, b]), expected, "{text:?} split at {split}");
            }
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_repaired_within_their_event() {
        assert_eq!(
            decode(&[b"data: a\xf0\x9f", b"\x98\x80 \xff b\n\n"]),
            [Frame::data("a😀 \u{fffd} b")]
        );
    }

    #[test]
    fn lines_and_events_are_bounded() {
        let limits = Limits {
            line: 16,
            event: 20,
        };
        let mut frames = Vec::new();
        let long = Bytes::from_static(b"data: 0123456789");
        let mut decoder = Decoder::new(limits);
        assert_eq!(decoder.push(&long, &mut frames), Ok(()));
        assert_eq!(
            decoder.push(&long, &mut frames),
            Err(SseError::LineTooLong(16))
        );
        let mut decoder = Decoder::new(limits);
        let lines = Bytes::from_static(b"data: 0123456789\ndata: 0123456789\ndata: 0\n");
        assert_eq!(
            decoder.push(&lines, &mut frames),
            Err(SseError::EventTooLong(20))
        );
        assert_eq!(frames, []);
    }

    #[test]
    fn a_frame_within_a_chunk_is_not_copied() {
        let chunk = Bytes::from_static(b"data: hello\n\n");
        let mut frames = Vec::new();
        Decoder::default().push(&chunk, &mut frames).unwrap();
        assert_eq!(frames[0].data.as_ptr(), chunk[6..].as_ptr());
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(events in prop::collection::vec((prop::option::of("[a-z._]{1,12}"), "[^\r\n]{0,40}"), 0..8), cut in any::<prop::sample::Index>()) {
            let mut wire = BytesMut::new();
            for (event, data) in &events {
                encode(event.as_deref(), data.as_bytes(), &mut wire);
            }
            let expected: Vec<Frame> = events
                .into_iter()
                .map(|(event, data)| Frame { event: event.map(Str::from), data: data.into() })
                .collect();
            let (a, b) = wire.split_at(cut.index(wire.len() + 1));
            assert_eq!(decode(&[a, b]), expected);
        }

        #[test]
        fn any_bytes_in_any_chunks_mean_the_same(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b':'), Just(b'd'), any::<u8>()], 0..120), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
            let whole = decode(&[&bytes]);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut at = 0;
            for cut in cuts {
                chunks.push(&bytes[at..cut]);
                at = cut;
            }
            chunks.push(&bytes[at..]);
            assert_eq!(decode(&chunks), whole);
        }
    }
}
