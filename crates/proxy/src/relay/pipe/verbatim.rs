//! Chunks that are passed on as they are, and looked at on the way.

use std::{collections::VecDeque, ops::Range};

use byokey_translate::{
    Event,
    event::StreamFault,
    observe::{self, Observation},
    sse,
};
use byokey_types::{Frame, Kind};
use bytes::Bytes;

use super::{Array, Pipe, Splitter, Way};

/// The longest event that is held back to decide whether the caller may see it.
const HELD_EVENT: usize = 1 << 20;

/// What becomes of an event.
enum Verdict {
    Stays,
    Goes,
    Becomes(Bytes),
}

impl Pipe {
    const fn is_blind(&self) -> bool {
        matches!(self.way, Way::Verbatim { blind: true, .. })
    }

    /// Passes whole events on, but for the usage chunk that the caller did not ask for and the seals of a guest.
    pub(super) fn filter(&mut self, chunk: &Bytes, out: &mut VecDeque<Bytes>) {
        let Some(splitter) = self.splitter() else {
            return;
        };
        let mut events = Vec::new();
        let within = splitter.push(chunk, HELD_EVENT, &mut |event| events.push(event));
        // events of one chunk that stay go out as the one slice they are
        let mut run = 0..0;
        for event in events {
            let verdict = if self.is_blind() {
                Verdict::Stays
            } else {
                self.inspect(&event)
            };
            let place = place_in(chunk, &event);
            match (verdict, place) {
                (Verdict::Stays, Some(place)) if place.start == run.end => run.end = place.end,
                (verdict, place) => {
                    self.give_run(chunk, std::mem::take(&mut run), out);
                    match (verdict, place) {
                        (Verdict::Stays, Some(place)) => run = place,
                        (Verdict::Stays, None) => self.give(event, out),
                        (Verdict::Becomes(other), _) => self.give(other, out),
                        (Verdict::Goes, _) => {}
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

    /// Looks at one whole event and says what becomes of it.
    fn inspect(&mut self, event: &Bytes) -> Verdict {
        let scanned = self.scanner.push(event, &mut self.frames);
        self.judge(scanned)
    }

    /// Takes the frames of an event and says what becomes of it.
    fn judge(&mut self, scanned: Result<(), sse::SseError>) -> Verdict {
        let withholds = matches!(
            &self.way,
            Way::Verbatim {
                withholds: true,
                ..
            }
        );
        let is_usage = withholds && self.frames.iter().any(observe::is_bare_usage);
        let becomes = match (&self.way, self.frames.as_slice()) {
            (
                Way::Verbatim {
                    guest: Some(guest), ..
                },
                [frame],
            ) => guest.event(frame),
            _ => None,
        };
        self.observe(scanned);
        match becomes {
            _ if is_usage && self.seen.fault.is_none() => Verdict::Goes,
            Some(event) => Verdict::Becomes(event),
            None => Verdict::Stays,
        }
    }

    /// The end of a verbatim stream, of which `rest` is still held back.
    pub(super) fn finish_verbatim(&mut self, rest: Option<Bytes>, out: &mut VecDeque<Bytes>) {
        let scanned = match &rest {
            Some(rest) => self.scanner.push(rest, &mut self.frames),
            None => Ok(()),
        };
        let scanned = scanned.and_then(|()| self.scanner.finish(&mut self.frames));
        let verdict = self.judge(scanned);
        match (rest, verdict) {
            (Some(rest), Verdict::Stays) => self.give(rest, out),
            (Some(_), Verdict::Becomes(event)) => self.give(event, out),
            (Some(_), Verdict::Goes) | (None, _) => {}
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

    pub(super) const fn array(&mut self) -> Option<&mut Array> {
        match &mut self.way {
            Way::Verbatim { array, .. } => array.as_mut(),
            Way::Translated { .. } => None,
        }
    }

    /// Passes the data of whole events on as items of an array.
    pub(super) fn gather(&mut self, scanned: Result<(), sse::SseError>, out: &mut VecDeque<Bytes>) {
        let guest = match &self.way {
            Way::Verbatim { guest, .. } => guest.as_ref(),
            Way::Translated { .. } => None,
        };
        let item = |frame: &Frame| {
            let wrapped = guest.and_then(|guest| guest.wrap(&frame.data));
            wrapped.unwrap_or_else(|| frame.data.clone())
        };
        let items: Vec<Bytes> = self.frames.iter().map(item).collect();
        let broken = scanned.as_ref().err().map(ToString::to_string);
        self.observe(Ok(()));
        for item in items {
            let item = match self.seen.fault {
                Some(_) => self.hush.bytes(item),
                None => item,
            };
            if let Some(array) = self.array() {
                array.push(item, out);
            }
        }
        if let Some(message) = broken {
            self.break_off(StreamFault::new(Kind::BadUpstream, message), out);
        }
    }

    /// From now on bytes are passed on unseen: what cannot be looked at is the caller's to judge.
    const fn go_blind(&mut self) {
        if let Way::Verbatim { blind, .. } = &mut self.way {
            *blind = true;
            self.seen.content = true;
        }
    }

    pub(super) fn observe(&mut self, scanned: Result<(), sse::SseError>) {
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

    /// Passes bytes on as they are; but an error must not repeat the key that the upstream was shown.
    pub(super) fn give(&mut self, bytes: Bytes, out: &mut VecDeque<Bytes>) {
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

/// Where a slice of a chunk lies in it; nothing when it is a copy.
fn place_in(chunk: &Bytes, slice: &Bytes) -> Option<Range<usize>> {
    let start = (slice.as_ptr() as usize).checked_sub(chunk.as_ptr() as usize)?;
    let end = start.checked_add(slice.len())?;
    (end <= chunk.len()).then_some(start..end)
}
