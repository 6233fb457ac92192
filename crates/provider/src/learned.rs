//! What upstreams were found not to take: remembered beyond a request, bounded in number and age.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use byokey_types::{Format, ProviderId, Str, Timestamp};
use bytes::Bytes;

use crate::{
    Objection, Patched,
    fields::{self, Patch},
    objection::Remedy,
};

/// How many upstream models are remembered.
const MOST_KEYS: usize = 1024;

/// How many remedies each may have: more is no upstream of this format.
const MOST_REMEDIES: usize = 64;

/// How long: upstreams learn, too.
const LONGEST: Duration = Duration::from_hours(24);

/// Of which upstream something is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LearnedKey {
    /// The provider.
    pub provider: ProviderId,
    /// The host of its base URL, with the port when it is not the scheme's own.
    pub host: Str,
    /// The upstream's name of the model.
    pub model: Str,
    /// The format.
    pub protocol: Format,
}

/// What upstreams were found not to take. Outlives configurations; gone when the process ends.
#[derive(Debug, Default)]
pub struct Learned {
    /// So that nothing is locked while nothing was learned.
    known: AtomicUsize,
    entries: RwLock<HashMap<LearnedKey, Entry>>,
}

#[derive(Debug)]
struct Entry {
    at: Timestamp,
    remedies: Vec<Remedy>,
    patch: Arc<Patch>,
}

impl Learned {
    /// Remembers what an upstream objected to.
    ///
    /// When there is no room the oldest entry is forgotten.
    pub fn learn(&self, key: LearnedKey, objection: &Objection, now: Timestamp) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, entry| now.since(entry.at) < LONGEST);
        if entries.len() >= MOST_KEYS && !entries.contains_key(&key) {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.at);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                entries.remove(&oldest);
            }
        }
        let entry = entries.entry(key).or_insert_with(|| Entry {
            at: now,
            remedies: Vec::new(),
            patch: Arc::default(),
        });
        entry.at = now;
        for remedy in objection.remedies() {
            add(&mut entry.remedies, remedy);
        }
        entry.patch = Arc::new(crate::objection::patch(&entry.remedies));
        self.known.store(entries.len(), Ordering::Release);
    }

    /// The body without what the upstream was found not to take; the very pieces when nothing is known.
    pub fn strip(&self, key: &LearnedKey, body: Vec<Bytes>, now: Timestamp) -> Patched {
        if self.known.load(Ordering::Acquire) == 0 {
            return fields::apply([], key.protocol, body);
        }
        // not held while a body is walked
        let patch = {
            let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
            let entry = entries.get(key);
            let fresh = entry.filter(|entry| now.since(entry.at) < LONGEST);
            fresh.map(|entry| Arc::clone(&entry.patch))
        };
        fields::apply(patch.as_deref(), key.protocol, body)
    }

    /// Of how many upstream models something is remembered.
    pub fn len(&self) -> usize {
        self.known.load(Ordering::Acquire)
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn add(remedies: &mut Vec<Remedy>, new: &Remedy) {
    if let Some(known) = remedies.iter_mut().find(|known| known.path == new.path) {
        known.instead = known.instead.take().and(new.instead.clone());
        return;
    }
    let mut new = new.clone();
    for known in remedies.iter_mut() {
        // it takes neither of the two names
        if known.instead.as_ref() == Some(&new.path) {
            known.instead = None;
            new.instead = None;
        }
    }
    if remedies.len() < MOST_REMEDIES {
        remedies.push(new);
    }
}
