//! What happens to the chunks of a stream on their way: observed or translated.

mod seen;
mod tail;
#[cfg(test)]
mod tests;

use std::{collections::VecDeque, ops::Range};

use byokey_translate::{
    Codec, Event, Reply, StreamDecoder, StreamEncoder,
    codec::Source,
    event::StreamFault,
    observe::{self, Observation},
    restore::Restorer,
    sse,
};
use byokey_types::{ByokError, Frame, Kind, ProviderId, Raw, UpstreamFault, Usage};
use bytes::{Bytes, BytesMut};

pub(super) use self::seen::Seen;
use self::tail::Tail;
use super::{hush::Hush, split::Splitter};
use crate::pipeline::prepare::Answering;

/// The longest event that is held back to decide whether the caller may see it.
const HELD_EVENT: usize = 1 << 20;

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

impl Pipe {
    /// A way for one answer; what `hush` knows is never repeated in a fault.
    pub(super) fn new(answering: Answering, hush: Hush) -> Self {
        match answering {
            Answering::Verbatim {
                codec,
                source,
                withhold_usage,
            } => {
                let way = Way::Verbatim {
                    codec,
                    splitter: withhold_usage.then(Splitter::default),
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
            } => {
                let way = Way::Translated {
                    restorer: reply.needs_restoring().then(|| Restorer::new(&reply)),
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
            Way::Verbatim { splitter: None, .. } => {
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
            Way::Verbatim { tail, .. } => tail.is_boundary(),
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

    const fn is_blind(&self) -> bool {
        matches!(self.way, Way::Verbatim { blind: true, .. })
    }

    /// Passes whole events on, but for the usage chunk that the caller did not ask for.
    fn filter(&mut self, chunk: &Bytes, out: &mut VecDeque<Bytes>) {
        let Some(splitter) = self.splitter() else {
            return;
        };
        let mut events = Vec::new();
        let within = splitter.push(chunk, HELD_EVENT, &mut |event| events.push(event));
        // events of one chunk that stay go out as the one slice they are
        let mut run = 0..0;
        for event in events {
            let stays = self.is_blind() || !self.inspect(&event);
            let place = place_in(chunk, &event);
            match place {
                Some(place) if stays && place.start == run.end => run.end = place.end,
                place => {
                    self.give_run(chunk, std::mem::take(&mut run), out);
                    match place {
                        Some(place) if stays => run = place,
                        None if stays => self.give(event, out),
                        Some(_) | None => {}
                    }
                }
            }
        }
        self.give_run(chunk, run, out);
        if !within {
            self.go_blind();
        }
        // whatever is held comes before the next chunk
        if self.is_blind()
            && let Some(rest) = self.splitter().and_then(Splitter::finish)
        {
            self.give(rest, out);
        }
    }

    fn give_run(&mut self, chunk: &Bytes, run: Range<usize>, out: &mut VecDeque<Bytes>) {
        if !run.is_empty() {
            self.give(chunk.slice(run), out);
        }
    }

    /// Looks at one whole event and says whether it must be withheld.
    fn inspect(&mut self, event: &Bytes) -> bool {
        let scanned = self.scanner.push(event, &mut self.frames);
        let is_usage = self.frames.iter().any(observe::is_bare_usage);
        self.observe(scanned);
        is_usage && self.seen.fault.is_none()
    }

    /// The end of a verbatim stream, of which `rest` is still held back.
    fn finish_verbatim(&mut self, rest: Option<Bytes>, out: &mut VecDeque<Bytes>) {
        let scanned = match &rest {
            Some(rest) => self.scanner.push(rest, &mut self.frames),
            None => Ok(()),
        };
        let scanned = scanned.and_then(|()| self.scanner.finish(&mut self.frames));
        let is_usage = self.frames.iter().any(observe::is_bare_usage);
        self.observe(scanned);
        if let Some(rest) = rest.filter(|_| !is_usage || self.seen.fault.is_some()) {
            self.give(rest, out);
        }
        if self.seen.stopped || self.is_blind() {
            self.seen.ended = true;
        }
        let fault = StreamFault::new(
            Kind::Truncated,
            "the upstream's answer ended before it was whole",
        );
        self.break_off(fault, out);
    }

    const fn splitter(&mut self) -> Option<&mut Splitter> {
        match &mut self.way {
            Way::Verbatim { splitter, .. } => splitter.as_mut(),
            Way::Translated { .. } => None,
        }
    }

    /// From now on bytes are passed on unseen: what cannot be looked at is the caller's to judge.
    const fn go_blind(&mut self) {
        if let Way::Verbatim { blind, .. } = &mut self.way {
            *blind = true;
            self.seen.content = true;
        }
    }

    fn observe(&mut self, scanned: Result<(), sse::SseError>) {
        let frames = std::mem::take(&mut self.frames);
        let Way::Verbatim { codec, .. } = &self.way else {
            return;
        };
        let mut observation = Observation::default();
        for frame in &frames {
            codec.observe(frame, &mut observation);
            if !self.seen.content {
                self.decoder.push(frame, &mut self.events);
                self.seen.content = self.events.iter().any(Event::is_content);
                // a frame that cannot be read is the caller's to judge, like one that cannot be looked at
                self.seen.content |= self
                    .events
                    .drain(..)
                    .any(|event| matches!(event, Event::Error(_)))
                    && observation.fault.is_none();
            }
        }
        self.frames = frames;
        self.frames.clear();
        observation.fault = observation.fault.map(|fault| self.hush.fault(fault));
        self.seen.take(observation);
        if scanned.is_err() {
            self.go_blind();
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
            let event = match event {
                Event::Error(fault) => Event::Error(self.hush.fault(fault)),
                other => other,
            };
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

    /// Passes bytes on as they are; but an error must not repeat the key that the upstream was shown.
    fn give(&mut self, bytes: Bytes, out: &mut VecDeque<Bytes>) {
        let bytes = match self.seen.fault {
            Some(_) => self.hush.bytes(bytes),
            None => bytes,
        };
        if let Way::Verbatim { tail, .. } = &mut self.way {
            tail.push(&bytes);
        }
        out.push_back(bytes);
    }
}

fn is_whole(frame: &Frame) -> bool {
    frame.data.trim_ascii() == b"[DONE]" || Raw::parse(frame.data.clone()).is_ok()
}

/// Where a slice of a chunk lies in it; nothing when it is a copy.
fn place_in(chunk: &Bytes, slice: &Bytes) -> Option<Range<usize>> {
    let start = (slice.as_ptr() as usize).checked_sub(chunk.as_ptr() as usize)?;
    let end = start.checked_add(slice.len())?;
    (end <= chunk.len()).then_some(start..end)
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
