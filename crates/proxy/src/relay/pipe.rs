//! What happens to the chunks of a stream on their way: observed or translated.

mod array;
mod seen;
mod tail;
#[cfg(test)]
mod tests;
mod verbatim;

use std::collections::VecDeque;

use byokey_translate::{
    Codec, Event, Reply, StreamDecoder, StreamEncoder, codec::Source, event::StreamFault,
    restore::Restorer, sse,
};
use byokey_types::{ByokError, Frame, Kind, ProviderId, Raw, UpstreamFault, Usage};
use bytes::{Bytes, BytesMut};

pub(super) use self::seen::Seen;
use self::{array::Array, tail::Tail};
use super::{guest::Guest, hush::Hush, split::Splitter};
use crate::{pipeline::prepare::Answering, replays::Memory};

/// One stream's way from the upstream to the caller.
pub(super) struct Pipe {
    scanner: sse::Decoder,
    frames: Vec<Frame>,
    events: Vec<Event>,
    decoder: Box<dyn StreamDecoder>,
    encoder: Box<dyn StreamEncoder>,
    way: Way,
    seen: Seen,
    hush: Hush,
}

enum Way {
    Verbatim {
        codec: &'static dyn Codec,
        splitter: Option<Splitter>,
        /// Whether the usage chunk is the caller's not to see.
        withholds: bool,
        /// Where the events go out as items of a JSON array.
        array: Option<Array>,
        /// Who answers, when his seals must be wrapped.
        guest: Option<Guest>,
        /// The last bytes given out: an event may be added only behind a blank line.
        tail: Tail,
        /// The upstream broke a limit of the scan; its bytes are passed on unseen.
        blind: bool,
    },
    Translated {
        restorer: Option<Restorer>,
        memory: Option<Box<Memory>>,
        buffer: BytesMut,
    },
}

impl Pipe {
    /// A way for one answer; what `hush` knows is never repeated in a fault.
    pub(super) fn new(answering: Answering, hush: Hush) -> Self {
        match answering {
            Answering::Verbatim {
                codec,
                source,
                withhold_usage,
                json_array,
            } => {
                let guest = Guest::of(codec, &source);
                let whole_events = withhold_usage || guest.is_some();
                let way = Way::Verbatim {
                    codec,
                    splitter: (whole_events && !json_array).then(Splitter::default),
                    withholds: withhold_usage,
                    array: json_array.then(Array::default),
                    guest,
                    tail: Tail::default(),
                    blind: false,
                };
                Self::with((codec, codec), &source, &Reply::default(), way, hush)
            }
            Answering::Translated {
                client,
                upstream,
                source,
                reply,
                memory,
            } => {
                let way = Way::Translated {
                    restorer: reply.needs_restoring().then(|| Restorer::new(&reply)),
                    memory,
                    buffer: BytesMut::new(),
                };
                Self::with((client, upstream), &source, &reply, way, hush)
            }
        }
    }

    /// Takes a chunk of the upstream; what the caller shall see goes to `out`.
    pub(super) fn push(&mut self, chunk: Bytes, out: &mut VecDeque<Bytes>) {
        match &self.way {
            Way::Verbatim { blind: true, .. } => self.give(chunk, out),
            Way::Verbatim {
                splitter: Some(_), ..
            } => self.filter(&chunk, out),
            Way::Verbatim { array: Some(_), .. } => {
                let scanned = self.scanner.push(&chunk, &mut self.frames);
                self.gather(scanned, out);
            }
            Way::Verbatim { .. } => {
                let scanned = self.scanner.push(&chunk, &mut self.frames);
                self.observe(scanned);
                self.give(chunk, out);
            }
            // nothing is said behind an end
            Way::Translated { .. } if self.seen.ended => {}
            Way::Translated { .. } => {
                let scanned = self.scanner.push(&chunk, &mut self.frames);
                self.translate(scanned, out);
            }
        }
    }

    /// Takes the end of the upstream's bytes.
    pub(super) fn finish(&mut self, out: &mut VecDeque<Bytes>) {
        match &mut self.way {
            Way::Verbatim { blind: true, .. } => self.seen.ended = true,
            Way::Verbatim { array: Some(_), .. } => {
                let scanned = self.scanner.finish(&mut self.frames);
                self.frames.retain(is_whole);
                self.gather(scanned, out);
                self.finish_verbatim(None, out);
                if let Some(array) = self.array() {
                    array.close(out);
                }
            }
            Way::Verbatim { splitter, .. } => {
                let rest = splitter.as_mut().and_then(Splitter::finish);
                self.finish_verbatim(rest, out);
            }
            Way::Translated { .. } if self.seen.ended => {}
            Way::Translated { .. } => {
                let scanned = self.scanner.finish(&mut self.frames);
                // half an event says that the stream broke off, not that the upstream speaks badly
                self.frames.retain(is_whole);
                self.translate(scanned, out);
                if !self.seen.ended {
                    let mut events = std::mem::take(&mut self.events);
                    self.decoder.finish(&mut events);
                    self.encode(events, out);
                }
            }
        }
    }

    /// Ends the stream from this side, with an error in the caller's protocol. Nothing is said behind an end.
    pub(super) fn break_off(&mut self, fault: StreamFault, out: &mut VecDeque<Bytes>) {
        if self.seen.ended {
            return;
        }
        let fault = self.hush.fault(fault);
        if let Some(number) = self.seen.sequence {
            self.encoder.resume(number);
        }
        let mut bytes = BytesMut::new();
        if self.array().is_some() {
            self.encoder.push(&Event::Error(fault.clone()), &mut bytes);
            let mut frames = Vec::new();
            // what byokey itself has written is well-formed
            let scanned = sse::Decoder::default().push(&bytes.freeze(), &mut frames);
            debug_assert!(scanned.is_ok(), "an error of byokey's own cannot be read");
            if let Some(array) = self.array() {
                for frame in frames {
                    array.push(frame.data, out);
                }
                array.close(out);
            }
            self.seen.ended = true;
            self.seen.fault = Some(fault);
            return;
        }
        if let Way::Verbatim { tail, .. } = &self.way
            && !tail.is_boundary()
        {
            bytes.extend_from_slice(b"\n\n");
        }
        self.encoder.push(&Event::Error(fault.clone()), &mut bytes);
        out.push_back(bytes.freeze());
        self.seen.ended = true;
        self.seen.fault = Some(fault);
    }

    /// Whether an event of one's own may be added now.
    pub(super) fn at_boundary(&self) -> bool {
        match &self.way {
            Way::Verbatim { array: Some(_), .. } | Way::Translated { .. } => true,
            Way::Verbatim { tail, .. } => tail.is_boundary(),
        }
    }

    pub(super) fn seen(&self) -> &Seen {
        &self.seen
    }

    pub(super) fn take_usage(&mut self) -> Option<Usage> {
        self.seen.usage.take()
    }

    fn with(
        (client, upstream): (&'static dyn Codec, &'static dyn Codec),
        source: &Source,
        reply: &Reply,
        way: Way,
        hush: Hush,
    ) -> Self {
        Self {
            scanner: sse::Decoder::default(),
            frames: Vec::new(),
            events: Vec::new(),
            decoder: upstream.stream_decoder(source),
            encoder: client.stream_encoder(reply),
            way,
            seen: Seen::default(),
            hush,
        }
    }

    fn translate(&mut self, scanned: Result<(), sse::SseError>, out: &mut VecDeque<Bytes>) {
        let mut events = std::mem::take(&mut self.events);
        for frame in self.frames.drain(..) {
            self.decoder.push(&frame, &mut events);
        }
        if let Err(error) = scanned {
            events.push(Event::Error(StreamFault::new(
                Kind::BadUpstream,
                error.to_string(),
            )));
        }
        self.encode(events, out);
    }

    fn encode(&mut self, mut events: Vec<Event>, out: &mut VecDeque<Bytes>) {
        let Way::Translated {
            restorer,
            memory,
            buffer,
        } = &mut self.way
        else {
            return;
        };
        for event in events.drain(..) {
            if self.seen.ended {
                break;
            }
            let event = match event {
                Event::Error(fault) => Event::Error(self.hush.fault(fault)),
                other => other,
            };
            self.seen.note(&event);
            if let Some(memory) = memory {
                memory.push(&event);
            }
            match restorer {
                Some(restorer) => {
                    restorer.push(event, &mut |event| self.encoder.push(&event, buffer));
                }
                None => self.encoder.push(&event, buffer),
            }
        }
        self.events = events;
        if !buffer.is_empty() {
            out.push_back(buffer.split().freeze());
        }
    }
}

fn is_whole(frame: &Frame) -> bool {
    frame.data.trim_ascii() == b"[DONE]" || Raw::parse(frame.data.clone()).is_ok()
}

/// A stream's fault as an error, for callers to whom nothing was said yet.
pub(super) fn error(fault: &StreamFault, provider: &ProviderId) -> ByokError {
    let error = ByokError::new(
        fault.kind,
        format!(
            "provider `{provider}` broke the stream off before any content; send the request again"
        ),
    );
    if fault.kind == Kind::Truncated {
        return error;
    }
    let status = match (fault.kind, fault.code.as_deref()) {
        (_, Some("overloaded_error")) => 529,
        (kind, _) => kind.status(),
    };
    error.answered(UpstreamFault {
        status,
        code: fault.code.clone(),
        message: Some(fault.message.clone()),
        param: None,
        body: Bytes::new(),
        content_type: None,
    })
}
