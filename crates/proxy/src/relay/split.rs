//! Events of a stream as the bytes they are, so that one can be left out and the others stay untouched.

use bytes::{Bytes, BytesMut};

/// Cuts a stream behind the blank line that ends each event.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    pending: BytesMut,
    line_is_empty: bool,
    after_cr: bool,
}

impl Splitter {
    /// Takes a chunk and gives, through `emit`, every event that is whole now, its blank line included.
    ///
    /// Gives back `false` when more than `limit` bytes are held: what is held is then given out as it is.
    pub(super) fn push(
        &mut self,
        chunk: &Bytes,
        limit: usize,
        emit: &mut impl FnMut(Bytes),
    ) -> bool {
        let mut start = 0;
        let mut at = 0;
        while at < chunk.len() {
            let text = memchr::memchr2(b'\n', b'\r', &chunk[at..]).unwrap_or(chunk.len() - at);
            if text > 0 {
                self.after_cr = false;
                self.line_is_empty = false;
                at += text;
                continue;
            }
            let byte = chunk[at];
            at += 1;
            if byte == b'\n' && std::mem::take(&mut self.after_cr) {
                // the second half of CRLF: an event that has just ended takes it along
                continue;
            }
            self.after_cr = byte == b'\r';
            if !self.line_is_empty {
                self.line_is_empty = true;
                continue;
            }
            self.line_is_empty = false;
            let takes_along = self.after_cr && chunk.get(at) == Some(&b'\n');
            let end = at + usize::from(takes_along);
            emit(self.whole(chunk.slice(start..end)));
            start = end;
        }
        if start < chunk.len() {
            self.pending.extend_from_slice(&chunk[start..]);
        }
        if self.pending.len() > limit {
            emit(self.pending.split().freeze());
            return false;
        }
        true
    }

    /// What is left at the end of the stream.
    pub(super) fn finish(&mut self) -> Option<Bytes> {
        (!self.pending.is_empty()).then(|| self.pending.split().freeze())
    }

    fn whole(&mut self, tail: Bytes) -> Bytes {
        if self.pending.is_empty() {
            return tail;
        }
        self.pending.extend_from_slice(&tail);
        self.pending.split().freeze()
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn events(chunks: &[&[u8]]) -> Vec<String> {
        let mut splitter = Splitter::default();
        let mut out = Vec::new();
        for chunk in chunks {
            splitter.push(&Bytes::copy_from_slice(chunk), 1000, &mut |event| {
                out.push(event);
            });
        }
        out.extend(splitter.finish());
        out.iter()
            .map(|event| format!("{}", event.escape_ascii()))
            .collect()
    }

    #[test]
    fn events_are_cut_behind_their_blank_line() {
        let rows: [(&str, &[&str]); 4] = [
            (
                "data: a\n\ndata: b\n\n",
                &["data: a\\n\\n", "data: b\\n\\n"],
            ),
            (
                "data: a\r\n\r\ndata: b\r\n\r\n",
                &["data: a\\r\\n\\r\\n", "data: b\\r\\n\\r\\n"],
            ),
            (
                "event: x\ndata: a\n\n: c\n\ndata: b",
                &["event: x\\ndata: a\\n\\n", ": c\\n\\n", "data: b"],
            ),
            (
                "data: a\r\rdata: b\r\r",
                &["data: a\\r\\r", "data: b\\r\\r"],
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(events(&[text.as_bytes()]), expected, "{text:?}");
            for split in 1..text.len() {
                let (a, b) = text.as_bytes().split_at(split);
                assert_eq!(
                    events(&[a, b]).concat(),
                    expected.concat(),
                    "{text:?} at {split}"
                );
            }
        }
    }

    #[test]
    fn what_is_held_is_bounded() {
        let mut splitter = Splitter::default();
        let mut out = Vec::new();
        let chunk = Bytes::from_static(b"data: 0123456789");
        assert!(!splitter.push(&chunk, 10, &mut |event| out.push(event)));
        assert_eq!(out, [chunk]);
    }
}
