//! What a hostile or unusual upstream says: answers given as bytes.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// One action on an open connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Sends these bytes, flushed before the next wait.
    Send(Bytes),
    /// Pauses; successive pauses are measured from one clock and do not drift.
    Wait(Duration),
    /// Sends these bytes over and over until the peer goes away.
    Forever(Bytes),
}

/// When the head of a response is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cue {
    /// At once.
    Now,
    /// After this long.
    After(Duration),
    /// Not before the client gives up.
    Never,
    /// Not at all: the connection is closed instead.
    Cut,
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As HTTP demands.
    Complete,
    /// The connection is closed in the middle of the body.
    Cut,
    /// Silence until the client gives up.
    Hang,
}

/// A response in full, for a model named `raw-<name>`.
#[derive(Clone, Debug)]
pub struct Script {
    /// When the head is sent.
    pub cue: Cue,
    /// The HTTP status; one that HTTP cannot spell becomes 500.
    pub status: u16,
    /// Sent as they are; `content-length` is never added.
    pub headers: HeaderMap,
    /// The body, as chunks.
    pub steps: Vec<Step>,
    /// How the body ends.
    pub ending: Ending,
}

impl Script {
    /// A complete response of one chunk.
    pub fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self {
            cue: Cue::Now,
            status,
            headers,
            steps: vec![Step::Send(body.into())],
            ending: Ending::Complete,
        }
    }

    /// A complete JSON response.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status, "application/json", body)
    }

    /// A 200 event stream, each item one chunk.
    pub fn events<T: Into<Bytes>>(chunks: impl IntoIterator<Item = T>) -> Self {
        Self {
            steps: chunks
                .into_iter()
                .map(|chunk| Step::Send(chunk.into()))
                .collect(),
            ..Self::new(200, "text/event-stream; charset=utf-8", Bytes::new())
        }
    }

    /// The same body, one chunk for every byte.
    #[must_use]
    pub fn byte_by_byte(mut self) -> Self {
        self.steps = self
            .steps
            .into_iter()
            .flat_map(|step| match step {
                Step::Send(bytes) => (0..bytes.len())
                    .map(|at| Step::Send(bytes.slice(at..=at)))
                    .collect(),
                Step::Wait(_) | Step::Forever(_) => vec![step],
            })
            .collect();
        self
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// With another ending.
    #[must_use]
    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// With another moment for the head.
    #[must_use]
    pub fn cue(mut self, cue: Cue) -> Self {
        self.cue = cue;
        self
    }
}
