//! Request ids: unique, not guessable by counting, cheap.

use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

use byokey_types::Str;

/// Makes the ids of one process.
#[derive(Debug)]
pub struct RequestIds {
    keys: [RandomState; 2],
    next: AtomicU64,
}

impl Default for RequestIds {
    fn default() -> Self {
        Self {
            keys: [RandomState::new(), RandomState::new()],
            next: AtomicU64::new(0),
        }
    }
}

impl RequestIds {
    /// The next id: `req_` and 32 hexadecimal digits, keyed hashes of a counter.
    pub fn next(&self) -> Str {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let [high, low] = [0, 1].map(|half: usize| self.keys[half].hash_one(number));
        Str::from(format!("req_{high:016x}{low:016x}"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_of_one_shape() {
        let ids = RequestIds::default();
        let made: BTreeSet<Str> = (0..1000).map(|_| ids.next()).collect();
        assert_eq!(made.len(), 1000);
        assert!(
            made.iter()
                .all(|id| id.len() == 36 && id.starts_with("req_"))
        );
    }
}
