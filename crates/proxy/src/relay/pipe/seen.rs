//! What a stream has shown so far.

use byokey_translate::{Event, event::StreamFault, observe::Observation};
use byokey_types::Usage;

/// What a stream has shown so far.
#[derive(Debug, Default)]
pub(in crate::relay) struct Seen {
    /// Whether there was content: what commits an answer.
    pub(in crate::relay) content: bool,
    /// Whether its end has come, good or bad.
    pub(in crate::relay) ended: bool,
    /// Whether the upstream may close without more words.
    pub(super) stopped: bool,
    /// Why it was broken off.
    pub(in crate::relay) fault: Option<StreamFault>,
    /// The number of the last event, where events are numbered.
    pub(super) sequence: Option<u64>,
    /// What it has cost, until somebody takes it.
    pub(super) usage: Option<Usage>,
}

impl Seen {
    /// Notes an event on its way.
    pub(super) fn note(&mut self, event: &Event) {
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

    /// Takes what a look at verbatim frames has shown.
    pub(super) fn take(&mut self, observation: Observation) {
        if let Some(usage) = observation.usage {
            self.add_usage(usage);
        }
        self.sequence = observation.sequence.or(self.sequence);
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
