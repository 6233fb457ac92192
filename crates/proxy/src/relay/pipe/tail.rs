//! Where a stream of bytes stands: inside an event or between two.

/// The last bytes given out: an event of one's own may be added only behind a blank line.
#[derive(Debug, Default)]
pub(super) struct Tail([u8; 4]);

impl Tail {
    /// Takes what is given out.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().skip(bytes.len().saturating_sub(4)) {
            self.0.rotate_left(1);
            self.0[3] = *byte;
        }
    }

    /// Behind a blank line, or before the first byte.
    pub(super) fn is_boundary(&self) -> bool {
        if self.0 == [0; 4] {
            return true;
        }
        // a line end of any sort, and nothing between it and the one before
        let before = match self.0 {
            [.., b'\r', b'\n'] => self.0[1],
            [.., b'\n' | b'\r'] => self.0[2],
            [..] => return false,
        };
        matches!(before, b'\n' | b'\r')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_are_behind_blank_lines_of_every_sort() {
        let rows: [(&str, bool); 12] = [
            ("", true),
            ("data: a", false),
            ("data: a\n", false),
            ("data: a\r\n", false),
            ("data: a\r", false),
            ("data: a\n\n", true),
            ("data: a\r\n\r\n", true),
            ("data: a\r\r", true),
            ("data: a\n\r\n", true),
            ("data: a\r\n\n", true),
            ("data: a\n\ndata: b", false),
            ("data: a\n\n: c\n", false),
        ];
        for (text, expected) in rows {
            for cut in 0..=text.len() {
                let (first, second) = text.as_bytes().split_at(cut);
                let mut tail = Tail::default();
                tail.push(first);
                tail.push(second);
                assert_eq!(tail.is_boundary(), expected, "{text:?} cut at {cut}");
            }
        }
    }
}
