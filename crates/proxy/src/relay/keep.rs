//! A look at what a client gets, so that its answer can be kept. It never delays or changes a byte.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use byokey_translate::sse;
use byokey_types::ByokError;
use bytes::Bytes;
use http_body::{Body, Frame};

use super::stream::StreamBody;
use crate::state::{Draft, LARGEST};

/// Reads the events of an answer until it is whole.
pub(super) struct Tap {
    draft: Option<Draft>,
    scanner: sse::Decoder,
}

/// A stream whose answer is kept. The client gets the last event when the answer can be gone on from.
pub(super) struct Kept {
    body: StreamBody,
    tap: Tap,
}

impl Tap {
    pub(super) fn new(draft: Draft) -> Self {
        let scanner = sse::Decoder::new(sse::Limits {
            line: LARGEST,
            event: LARGEST,
        });
        Self {
            draft: Some(draft),
            scanner,
        }
    }

    /// Takes what the client is about to get.
    pub(super) fn push(&mut self, bytes: &Bytes) {
        let Some(draft) = &mut self.draft else { return };
        let mut frames = Vec::new();
        let scanned = self.scanner.push(bytes, &mut frames);
        if frames.iter().any(|frame| draft.push(frame)) {
            self.draft = None;
        } else if let Err(error) = scanned {
            tracing::warn!("a response is not kept: {error}");
            self.draft = None;
        }
    }
}

impl Kept {
    pub(super) fn new(body: StreamBody, draft: Draft) -> Self {
        Self {
            body,
            tap: Tap::new(draft),
        }
    }
}

impl Body for Kept {
    type Data = Bytes;
    type Error = ByokError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ByokError>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(bytes) = frame.data_ref()
        {
            this.tap.push(bytes);
        }
        polled
    }
}
