//! The events of a stream as the items of one JSON array: a Gemini stream without `alt=sse`.

use std::collections::VecDeque;

use bytes::Bytes;

/// An array in the making. What is between the brackets is the upstream's own bytes.
#[derive(Debug, Default)]
pub(super) struct Array {
    begun: bool,
    closed: bool,
}

impl Array {
    /// Adds an item.
    pub(super) fn push(&mut self, item: Bytes, out: &mut VecDeque<Bytes>) {
        if self.closed {
            return;
        }
        out.push_back(Bytes::from_static(if self.begun { b",\r\n" } else { b"[" }));
        self.begun = true;
        out.push_back(item);
    }

    /// Closes the bracket, once.
    pub(super) fn close(&mut self, out: &mut VecDeque<Bytes>) {
        if !self.closed {
            out.push_back(Bytes::from_static(if self.begun { b"]" } else { b"[]" }));
        }
        self.closed = true;
    }
}
