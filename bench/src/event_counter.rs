//! Counts the events of a stream, however it is cut, and remembers how it ended.

/// Counts blank lines, which end events, in bytes as they come.
#[derive(Debug, Default)]
pub(crate) struct EventCounter {
    events: u64,
    /// Whether the last byte so far was a line end.
    line_ended: bool,
    tail: Vec<u8>,
}

/// Bytes of the end that are kept: more than the last event of either format has.
const TAIL: usize = 64;

impl EventCounter {
    /// Takes the next bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let Some(last) = bytes.last() else { return };
        for at in memchr::memchr_iter(b'\n', bytes) {
            let after_line_end = match at.checked_sub(1) {
                Some(before) => bytes[before] == b'\n',
                None => self.line_ended,
            };
            self.events += u64::from(after_line_end);
        }
        self.line_ended = *last == b'\n';
        let kept = &bytes[bytes.len().saturating_sub(TAIL)..];
        let surplus = (self.tail.len() + kept.len()).saturating_sub(TAIL);
        self.tail.drain(..surplus);
        self.tail.extend_from_slice(kept);
    }

    /// Events so far.
    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// Whether the last bytes contain these.
    pub(crate) fn ends_with(&self, terminal: &[u8]) -> bool {
        memchr::memmem::find(&self.tail, terminal).is_some()
    }

    /// The last bytes, for an error.
    pub(crate) fn tail(&self) -> String {
        String::from_utf8_lossy(&self.tail).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    const STREAM: &[u8] =
        b"event: a\ndata: {\"x\":1}\n\n: ping\n\ndata: the end is a longer line than that\n\ndata: [DONE]\n\n";

    #[test]
    fn every_split_counts_the_same() {
        for first in 0..STREAM.len() {
            for second in first..STREAM.len() {
                let mut counter = EventCounter::default();
                counter.push(&STREAM[..first]);
                counter.push(&STREAM[first..second]);
                counter.push(&STREAM[second..]);
                assert_eq!(counter.events(), 4, "split at {first} and {second}");
                assert!(counter.ends_with(b"data: [DONE]"));
            }
        }
    }

    #[test]
    fn an_early_end_is_seen() {
        let mut counter = EventCounter::default();
        counter.push(&STREAM[..STREAM.len() - 8]);
        assert!(!counter.ends_with(b"data: [DONE]"));
        assert_eq!(counter.tail().len(), TAIL);
    }
}
