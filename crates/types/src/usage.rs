//! Tokens that a request has cost.

use crate::RawObject;

/// Token counts as one upstream answer reported them; absent is absent, never zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Input tokens that were neither read from nor written to a prompt cache.
    pub fresh: Option<u64>,
    /// Input tokens read from a prompt cache.
    pub cache_read: Option<u64>,
    /// Input tokens written to a prompt cache.
    pub cache_write: Option<u64>,
    /// All output tokens, reasoning included.
    pub output: Option<u64>,
    /// The part of `output` that was reasoning.
    pub reasoning: Option<u64>,
    /// The object as the upstream wrote it, for its own format.
    pub raw: Option<RawObject>,
}

impl Usage {
    /// All input tokens: fresh, read and written.
    pub fn input(&self) -> u64 {
        [self.fresh, self.cache_read, self.cache_write]
            .into_iter()
            .flatten()
            .fold(0, u64::saturating_add)
    }

    /// Input and output together.
    pub fn total(&self) -> u64 {
        self.input().saturating_add(self.output.unwrap_or(0))
    }

    /// Takes every count that `later` has; streams report usage in parts, the last one counts.
    pub fn merge(&mut self, later: Self) {
        fn newer<T>(slot: &mut Option<T>, value: Option<T>) {
            if value.is_some() {
                *slot = value;
            }
        }
        newer(&mut self.fresh, later.fresh);
        newer(&mut self.cache_read, later.cache_read);
        newer(&mut self.cache_write, later.cache_write);
        newer(&mut self.output, later.output);
        newer(&mut self.reasoning, later.reasoning);
        match (&mut self.raw, later.raw) {
            (Some(raw), Some(later)) => {
                for (key, value) in later {
                    raw.set(key, value);
                }
            }
            (slot, later) => newer(slot, later),
        }
    }
}
