//! Server-sent events in one buffer, handed out as slices of it.

use bytes::Bytes;
use serde::Serialize;

/// Events in the making.
#[derive(Default)]
pub(crate) struct Reel {
    buffer: Vec<u8>,
    ends: Vec<usize>,
}

impl Reel {
    /// Adds an event with this data; Anthropic names its events, OpenAI does not.
    pub(crate) fn event(&mut self, name: Option<&str>, data: &impl Serialize) {
        if let Some(name) = name {
            self.buffer.extend_from_slice(b"event: ");
            self.buffer.extend_from_slice(name.as_bytes());
            self.buffer.push(b'\n');
        }
        self.buffer.extend_from_slice(b"data: ");
        write_json(&mut self.buffer, data);
        self.buffer.extend_from_slice(b"\n\n");
        self.ends.push(self.buffer.len());
    }

    /// Adds these bytes as they are.
    pub(crate) fn literal(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        self.ends.push(self.buffer.len());
    }

    /// The events, in order.
    pub(crate) fn frames(self) -> Vec<Bytes> {
        let buffer = Bytes::from(self.buffer);
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| buffer.slice(start..*end))
            .collect()
    }
}

/// A value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Vec<u8> {
    let mut buffer = Vec::new();
    write_json(&mut buffer, value);
    buffer
}

fn write_json(buffer: &mut Vec<u8>, value: &impl Serialize) {
    if let Err(error) = serde_json::to_writer(&mut *buffer, value) {
        // only a map with keys that are not strings fails, and no reply has one
        tracing::error!(%error, "a reply of the sandbox could not be written");
    }
}
