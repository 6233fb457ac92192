//! What was asked of the sandbox, and how each exchange ended.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{HeaderMap, Method};
use tokio::sync::watch;

/// How far an exchange had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The request body was still arriving.
    Request,
    /// The response head had not been sent.
    Head,
    /// The response body was being sent.
    Body,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has not.
    Open,
    /// The sandbox said everything it meant to say, deliberate cuts included.
    Completed,
    /// The client went away first.
    Disconnected(Phase),
}

/// One request, as received.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Counts from 1 in order of arrival.
    pub number: u64,
    /// The method.
    pub method: Method,
    /// Path and query, untouched.
    pub target: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body's very bytes; empty while it is still arriving.
    pub body: Bytes,
    /// The answer's status; `None` until its head is sent, and when it never is.
    pub status: Option<u16>,
    /// How the exchange ended.
    pub outcome: Outcome,
}

/// A client that went away before its answer was complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hangup {
    /// The request's [`Recorded::number`].
    pub number: u64,
    /// How far it had come.
    pub phase: Phase,
}

/// Counters that can be waited on with [`crate::Sandbox::until`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Requests whose head has arrived, since the start.
    pub received: u64,
    /// Requests whose body has arrived in full, since the start.
    pub read: u64,
    /// Response bodies being sent now.
    pub open_streams: usize,
    /// Clients that went away early, since the start.
    pub disconnects: u64,
}

/// The bounded memory of a sandbox.
pub(crate) struct Journal {
    record: bool,
    ring: Mutex<Ring>,
    hangups: Mutex<VecDeque<Hangup>>,
    gauges: watch::Sender<Gauges>,
}

/// Notes the end of one exchange, also when its future or body is dropped.
pub(crate) struct Watch {
    journal: Arc<Journal>,
    number: u64,
    phase: Phase,
    completed: bool,
}

#[derive(Default)]
struct Ring {
    entries: VecDeque<Recorded>,
    bytes: usize,
}

/// Requests kept.
const MOST_ENTRIES: usize = 256;
/// Bytes of bodies kept.
const MOST_BYTES: usize = 256 << 20;
/// Hang-ups kept for `disconnected`.
const MOST_HANGUPS: usize = 4096;

impl Journal {
    pub(crate) fn new(record: bool) -> Arc<Self> {
        Arc::new(Self {
            record,
            ring: Mutex::default(),
            hangups: Mutex::default(),
            gauges: watch::Sender::new(Gauges::default()),
        })
    }

    /// Opens an exchange.
    pub(crate) fn open(
        self: &Arc<Self>,
        method: &Method,
        target: &str,
        headers: &HeaderMap,
    ) -> Watch {
        let mut number = 0;
        self.gauges.send_modify(|gauges| {
            gauges.received += 1;
            number = gauges.received;
        });
        if self.record {
            let entry = Recorded {
                number,
                method: method.clone(),
                target: target.to_owned(),
                headers: headers.clone(),
                body: Bytes::new(),
                status: None,
                outcome: Outcome::Open,
            };
            lock(&self.ring).push(entry);
        }
        Watch {
            journal: Arc::clone(self),
            number,
            phase: Phase::Request,
            completed: false,
        }
    }

    pub(crate) fn records(&self) -> bool {
        self.record
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        lock(&self.ring).entries.iter().cloned().collect()
    }

    pub(crate) fn take_requests(&self) -> Vec<Recorded> {
        std::mem::take(&mut *lock(&self.ring)).entries.into()
    }

    pub(crate) fn gauges(&self) -> Gauges {
        *self.gauges.borrow()
    }

    pub(crate) async fn until(&self, mut holds: impl FnMut(&Gauges) -> bool) -> Gauges {
        let mut watcher = self.gauges.subscribe();
        match watcher.wait_for(|gauges| holds(gauges)).await {
            Ok(gauges) => *gauges,
            // the sender is `self`: it cannot be gone while we wait
            Err(_) => self.gauges(),
        }
    }

    pub(crate) async fn disconnected(&self) -> Hangup {
        let mut seen = 0;
        loop {
            if let Some(hangup) = lock(&self.hangups).pop_front() {
                return hangup;
            }
            seen = self
                .until(|gauges| gauges.disconnects > seen)
                .await
                .disconnects;
        }
    }

    fn close(&self, number: u64, outcome: Outcome) {
        if self.record
            && let Some(entry) = lock(&self.ring).find(number)
        {
            entry.outcome = outcome;
        }
        if let Outcome::Disconnected(phase) = outcome {
            {
                let mut hangups = lock(&self.hangups);
                if hangups.len() == MOST_HANGUPS {
                    hangups.pop_front();
                }
                hangups.push_back(Hangup { number, phase });
            }
            self.gauges.send_modify(|gauges| gauges.disconnects += 1);
        }
    }
}

impl Watch {
    /// The request's number.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The request body has arrived.
    pub(crate) fn body_read(&mut self, body: &Bytes) {
        self.phase = Phase::Head;
        if self.journal.record {
            let mut ring = lock(&self.journal.ring);
            if let Some(entry) = ring.find(self.number) {
                entry.body = body.clone();
                ring.bytes += body.len();
            }
            ring.shrink();
        }
        self.journal.gauges.send_modify(|gauges| gauges.read += 1);
    }

    /// The response head is sent.
    pub(crate) fn answered(&mut self, status: u16) {
        if self.journal.record
            && let Some(entry) = lock(&self.journal.ring).find(self.number)
        {
            entry.status = Some(status);
        }
    }

    /// The response body begins.
    pub(crate) fn body_opened(&mut self) {
        self.phase = Phase::Body;
        self.journal
            .gauges
            .send_modify(|gauges| gauges.open_streams += 1);
    }

    /// Everything has been said.
    pub(crate) fn complete(&mut self) {
        self.completed = true;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let outcome = if self.completed {
            Outcome::Completed
        } else {
            Outcome::Disconnected(self.phase)
        };
        self.journal.close(self.number, outcome);
        if self.phase == Phase::Body {
            self.journal
                .gauges
                .send_modify(|gauges| gauges.open_streams -= 1);
        }
    }
}

impl Ring {
    fn push(&mut self, entry: Recorded) {
        self.entries.push_back(entry);
        self.shrink();
    }

    /// Numbers need not be contiguous here, so the few entries are searched from the newest.
    fn find(&mut self, number: u64) -> Option<&mut Recorded> {
        self.entries
            .iter_mut()
            .rev()
            .find(|entry| entry.number == number)
    }

    fn shrink(&mut self) {
        while self.entries.len() > MOST_ENTRIES
            || (self.bytes > MOST_BYTES && self.entries.len() > 1)
        {
            if let Some(oldest) = self.entries.pop_front() {
                self.bytes -= oldest.body.len();
            }
        }
    }
}

/// A panic elsewhere leaves these collections whole, so a poisoned lock is still good.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
