//! Sealed reasoning of answers whose clients have no slot for it, by account and call id; bounded, in memory only.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use byokey_translate::replay::{self, Gatherer, Remembered};
use byokey_types::{AccountId, Format, Str};
use moka::sync::Cache;

use byokey_translate::{
    Event,
    ir::{Request, Response},
};

/// How much is remembered, in bytes.
const MOST: u64 = 32 << 20;

/// How long. Longer pauses in the middle of a tool round are rare, and lose a seal, not the conversation.
const LONGEST: Duration = Duration::from_hours(6);

/// What is remembered of all accounts.
#[derive(Clone, Debug)]
pub struct Replays {
    kept: Cache<(AccountId, Str), Arc<Remembered>>,
    /// Whether there ever was something: most installations never need any of this.
    used: Arc<AtomicBool>,
}

impl Default for Replays {
    fn default() -> Self {
        let size = |(account, call): &(AccountId, Str), kept: &Arc<Remembered>| {
            let size = kept.size() + account.label.len() + call.len();
            u32::try_from(size).unwrap_or(u32::MAX)
        };
        Self {
            kept: Cache::builder()
                .max_capacity(MOST)
                .weigher(size)
                .time_to_live(LONGEST)
                .build(),
            used: Arc::default(),
        }
    }
}

impl Replays {
    /// Puts back what is remembered of the calls in a request, as far as it is of `family`.
    pub fn put_back(&self, request: &mut Request, account: &AccountId, family: &str) {
        if !self.used.load(Ordering::Relaxed) {
            return;
        }
        replay::put_back(request, &mut |call| {
            let kept = self.kept.get(&(account.clone(), call.into()))?;
            kept.is_of(family).then(|| Remembered::clone(&kept))
        });
    }

    /// A memory for one answer to a client; nothing for formats whose clients echo seals.
    pub fn memory(&self, client: Format, account: &AccountId) -> Option<Box<Memory>> {
        let forgetful = match client {
            Format::OpenAiChat | Format::OpenAiResponses => true,
            Format::AnthropicMessages | Format::Gemini => false,
        };
        forgetful.then(|| {
            Box::new(Memory {
                replays: self.clone(),
                account: account.clone(),
                gatherer: None,
            })
        })
    }

    fn keep(&self, account: &AccountId, found: Vec<(Str, Remembered)>) {
        for (call, remembered) in found {
            self.kept
                .insert((account.clone(), call), Arc::new(remembered));
            self.used.store(true, Ordering::Relaxed);
        }
    }
}

/// What one answer leaves behind.
#[derive(Debug)]
pub struct Memory {
    replays: Replays,
    account: AccountId,
    /// Made with the first event that is worth a look.
    gatherer: Option<Box<Gatherer>>,
}

impl Memory {
    /// Takes the next event of a stream.
    pub fn push(&mut self, event: &Event) {
        if self.gatherer.is_none() && !Gatherer::begins(event) {
            return;
        }
        self.gatherer.get_or_insert_default().push(event);
        if matches!(event, Event::End)
            && let Some(gatherer) = self.gatherer.take()
        {
            self.replays.keep(&self.account, gatherer.finish());
        }
    }

    /// Takes a whole answer.
    pub fn take(self, answer: &Response) {
        self.replays
            .keep(&self.account, replay::remember(&answer.blocks));
    }
}
