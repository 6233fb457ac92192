//! One server-sent event, whatever carried it.

use bytes::Bytes;

use crate::Str;

/// One event of a stream: the joined `data` lines and the `event` name, if one was given.
///
/// Source: WHATWG HTML, section 9.2 "Server-sent events".
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Frame {
    /// The `event:` field, when the upstream sent one.
    pub event: Option<Str>,
    /// The `data:` lines joined by LF; empty when the event carried none.
    pub data: Bytes,
}

impl Frame {
    /// A frame without an event name.
    pub fn data(data: impl Into<Bytes>) -> Self {
        Self {
            event: None,
            data: data.into(),
        }
    }

    /// A frame with an event name.
    pub fn named(event: impl Into<Str>, data: impl Into<Bytes>) -> Self {
        Self {
            event: Some(event.into()),
            data: data.into(),
        }
    }
}
