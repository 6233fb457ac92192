//! What happens to the chunks of a stream on their way: observed or translated.

use std::collections::VecDeque;

use byokey_translate::{
    Codec, Event, Reply, StreamDecoder, StreamEncoder,
    codec::Source,
    event::StreamFault,
    observe::{self, Observation},
    restore::Restorer,
    sse,
};
use byokey_types::{ByokError, Frame, Kind, ProviderId, UpstreamFault, Usage};
use bytes::{Bytes, BytesMut};

use super::split::Splitter;
use crate::pipeline::prepare::Answering;

/// The longest event that is held back to decide whether the caller may see it.
const HELD_EVENT: usize = 4 << 20;

/// One stream's way from the upstream to the caller.
pub(super) struct Pipe {
    scanner: sse::Decoder,
    frames: Vec<Frame>,
    events: Vec<Event>,
    decoder: Box<dyn StreamDecoder>,
    encoder: Box<dyn StreamEncoder>,
    way: Way,
    seen: Seen,
}

enum Way {
    Verbatim {
        codec: &'static dyn Codec,
        splitter: Option<Splitter>,
        /// The last bytes given out: an event may be added only behind a blank line.
        tail: Tail,
        /// The upstream broke a limit of the scan; its bytes are passed on unseen.
        blind: bool,
    },
    Translated {
        restorer: Option<Restorer>,
        buffer: BytesMut,
    },
}

/// What a stream has shown so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Whether there was content: what commits an answer.
    pub(super) content: bool,
    /// Whether its end has come, good or bad.
    pub(super) ended: bool,
    /// Whether the upstream may close without more words.
    stopped: bool,
    /// Why it was broken off.
    pub(super) fault: Option<StreamFault>,
    usage: Option<Usage>,
}

#[derive(Debug, Default)]
struct Tail([u8; 4]);

impl Pipe {
    pub(super) fn new(answering: Answering) -> Self {
        match answering {
            Answering::Verbatim {
                codec,
                source,
                withhold_usage,
            } => Self::with(
                codec,
                codec,
                &source,
                &Reply::default(),
                Way::Verbatim {
                    codec,
                    splitter: withhold_usage.then(Splitter::default),
                    tail: Tail::default(),
                    blind: false,
                },
            ),
            Answering::Translated {
                client,
                upstream,
                source,
                reply,
            } => {
                let way = Way::Translated {
                    restorer: reply.needs_restoring().then(|| Restorer::new(&reply)),
                    buffer: BytesMut::new(),
                };
                Self::with(client, upstream, &source, &reply, way)
            }
        }
    }

    /// Takes a chunk of the upstream; what the caller shall see goes to `out`.
    pub(super) fn push(&mut self, chunk: Bytes, out: &mut VecDeque<Bytes>) {
        if self.is_blind() {
            out.push_back(chunk);
            return;
        }
        if matches!(
            self.way,
            Way::Verbatim {
                splitter: Some(_),
                ..
            }
        ) {
            self.filter(&chunk, out);
            return;
        }
        let scanned = self.scanner.push(&chunk, &mut self.frames);
        if matches!(self.way, Way::Verbatim { .. }) {
            self.observe(scanned);
            self.give(chunk, out);
        } else {
            self.translate(scanned, out);
        }
    }

    /// Takes the end of the upstream's bytes.
    pub(super) fn finish(&mut self, out: &mut VecDeque<Bytes>) {
        let held = match &mut self.way {
            Way::Verbatim { splitter, .. } => splitter.as_mut().and_then(Splitter::finish),
            Way::Translated { .. } => None,
        };
        if let Some(rest) = held {
            let withheld = self.inspect(&rest);
            if !withheld {
                self.give(rest, out);
            }
        }
        let scanned = self.scanner.finish(&mut self.frames);
        if matches!(self.way, Way::Translated { .. }) {
            self.translate(scanned, out);
            if !self.seen.ended {
                let mut events = std::mem::take(&mut self.events);
                self.decoder.finish(&mut events);
                self.encode(events, out);
            }
            return;
        }
        self.observe(scanned);
        if self.seen.stopped || self.is_blind() {
            self.seen.ended = true;
        }
        if !self.seen.ended {
            let fault = StreamFault::new(
                Kind::Truncated,
                "the upstream's answer ended before it was whole",
            );
            self.break_off(fault, out);
        }
    }

    /// Ends the stream from this side, with an error in the caller's protocol. Nothing is said behind an end.
    pub(super) fn break_off(&mut self, fault: StreamFault, out: &mut VecDeque<Bytes>) {
        if self.seen.ended {
            return;
        }
        let mut bytes = BytesMut::new();
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
            Way::Verbatim { tail, blind, .. } => tail.is_boundary() && !blind,
            Way::Translated { .. } => true,
        }
    }

    pub(super) fn seen(&self) -> &Seen {
        &self.seen
    }

    pub(super) fn take_usage(&mut self) -> Option<Usage> {
        self.seen.usage.take()
    }

    fn with(
        client: &'static dyn Codec,
        upstream: &'static dyn Codec,
        source: &Source,
        reply: &Reply,
        way: Way,
    ) -> Self {
        Self {
            scanner: sse::Decoder::default(),
            frames: Vec::new(),
            events: Vec::new(),
            decoder: upstream.stream_decoder(source),
            encoder: client.stream_encoder(reply),
            way,
            seen: Seen::default(),
        }
    }

    const fn is_blind(&self) -> bool {
        matches!(self.way, Way::Verbatim { blind: true, .. })
    }

    /// Passes whole events on, but for the usage chunk that the caller did not ask for.
    fn filter(&mut self, chunk: &Bytes, out: &mut VecDeque<Bytes>) {
        let Way::Verbatim {
            splitter: Some(splitter),
            ..
        } = &mut self.way
        else {
            return;
        };
        let mut events = Vec::new();
        let within = splitter.push(chunk, HELD_EVENT, &mut |event| events.push(event));
        for event in events {
            if within && self.inspect(&event) {
                continue;
            }
            self.give(event, out);
        }
        if !within && let Way::Verbatim { blind, .. } = &mut self.way {
            *blind = true;
        }
    }

    /// Looks at one whole event and says whether it must be withheld.
    fn inspect(&mut self, event: &Bytes) -> bool {
        let scanned = self.scanner.push(event, &mut self.frames);
        let withheld = self.frames.iter().any(observe::is_bare_usage);
        self.observe(scanned);
        withheld
    }

    fn observe(&mut self, scanned: Result<(), sse::SseError>) {
        let frames = std::mem::take(&mut self.frames);
        let Way::Verbatim { codec, blind, .. } = &mut self.way else {
            return;
        };
        let mut observation = Observation::default();
        for frame in &frames {
            codec.observe(frame, &mut observation);
            if !self.seen.content {
                self.decoder.push(frame, &mut self.events);
                self.seen.content = self.events.iter().any(Event::is_content);
                let fault = self.events.drain(..).find_map(|event| match event {
                    Event::Error(fault) => Some(fault),
                    _ => None,
                });
                observation.fault = observation.fault.or(fault);
            }
        }
        *blind = scanned.is_err();
        self.frames = frames;
        self.frames.clear();
        self.seen.take(observation);
        if scanned.is_err() {
            // what cannot be looked at is the caller's to judge
            self.seen.content = true;
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
        let Way::Translated { restorer, buffer } = &mut self.way else {
            return;
        };
        for event in events.drain(..) {
            if self.seen.ended {
                break;
            }
            self.seen.note(&event);
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

    fn give(&mut self, bytes: Bytes, out: &mut VecDeque<Bytes>) {
        if let Way::Verbatim { tail, .. } = &mut self.way {
            tail.push(&bytes);
        }
        out.push_back(bytes);
    }
}

impl Seen {
    fn note(&mut self, event: &Event) {
        self.content |= event.is_content();
        match event {
            Event::Usage(usage) => self.add_usage(usage.clone()),
            Event::End => self.ended = true,
            Event::Error(fault) => {
                self.ended = true;
                self.fault = Some(fault.clone());
            }
            Event::Start(_)
            | Event::Open { .. }
            | Event::Delta { .. }
            | Event::Close { .. }
            | Event::Stop(_) => {}
        }
    }

    fn take(&mut self, observation: Observation) {
        if let Some(usage) = observation.usage {
            self.add_usage(usage);
        }
        self.stopped |= observation.stopped;
        self.ended |= observation.ended || observation.fault.is_some();
        if self.fault.is_none() {
            self.fault = observation.fault;
        }
    }

    fn add_usage(&mut self, usage: Usage) {
        match &mut self.usage {
            Some(known) => known.merge(usage),
            None => self.usage = Some(usage),
        }
    }
}

impl Tail {
    fn push(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().skip(bytes.len().saturating_sub(4)) {
            self.0.rotate_left(1);
            self.0[3] = *byte;
        }
    }

    /// Behind a blank line, or before the first byte.
    fn is_boundary(&self) -> bool {
        self.0 == [0; 4]
            || self.0.ends_with(b"\n\n")
            || self.0.ends_with(b"\r\r")
            || self.0 == *b"\r\n\r\n"
    }
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
