//! What the layers need from outside, as traits: the root binds them.

mod response;

use async_trait::async_trait;

use crate::{AccountId, AccountKind, Result, Secret, Str, Timestamp, Token, Usage};

pub use response::{Chain, MAX_LINKS, ResponseStore, StoredResponse, Turn};

/// The wall clock.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The process environment.
pub trait Environment: Send + Sync {
    /// The value of a variable; `None` when it is unset or empty.
    fn var(&self, name: &str) -> Option<Secret>;
}

/// Where the tokens of accounts are.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// The token of an account; `None` when there is none.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn token(&self, account: &AccountId) -> Result<Option<Token>>;
}

/// An account as the store knows it; never with its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Which one.
    pub id: AccountId,
    /// What sort of access it is.
    pub kind: AccountKind,
    /// Where its credential comes from, for people: `$ANTHROPIC_API_KEY`, `config`.
    pub origin: String,
    /// When it was first seen.
    pub created_at: Timestamp,
    /// When it was last seen.
    pub updated_at: Timestamp,
}

/// The accounts that are known.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// All accounts, by provider and label.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn accounts(&self) -> Result<Vec<AccountRow>>;

    /// Writes an account; its `created_at` stays that of the first time.
    ///
    /// # Errors
    /// When the store cannot be written.
    async fn put_account(&self, account: &AccountRow) -> Result<()>;

    /// Forgets an account and says whether there was one. Its usage stays.
    ///
    /// # Errors
    /// When the store cannot be written.
    async fn remove_account(&self, account: &AccountId) -> Result<bool>;
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// With a whole answer.
    Completed,
    /// With an error, by status.
    Failed(u16),
    /// The caller hung up.
    Cancelled,
}

/// What one request has cost; metadata only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRecord {
    /// When the request arrived.
    pub at: Timestamp,
    /// The request's id.
    pub request: Str,
    /// The account that served it, or was last tried.
    pub account: AccountId,
    /// The model as the client named it.
    pub asked: Str,
    /// The model as the upstream names it.
    pub model: Str,
    /// The client's format.
    pub format: crate::Format,
    /// Whether it was a stream.
    pub stream: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// What the upstream reported; `None` when it reported nothing.
    pub usage: Option<Usage>,
    /// Milliseconds from arrival to the first byte of the answer.
    pub first_byte_ms: Option<u64>,
    /// Milliseconds from arrival to the end.
    pub total_ms: u64,
}

/// Where usage is recorded.
pub trait UsageSink: Send + Sync {
    /// Takes a record; never waits. A record that finds the queue full is counted as lost and logged.
    fn record(&self, record: UsageRecord);
}

/// Sums over usage records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageTotals {
    /// Requests.
    pub requests: u64,
    /// Input tokens that came from no cache.
    pub fresh: u64,
    /// Input tokens read from a cache.
    pub cache_read: u64,
    /// Input tokens written to a cache.
    pub cache_write: u64,
    /// Output tokens.
    pub output: u64,
    /// Reasoning tokens, part of `output`.
    pub reasoning: u64,
}

/// Usage that was recorded.
#[async_trait]
pub trait UsageStore: Send + Sync {
    /// Totals by upstream model, over records at or after `since`.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn totals_by_model(&self, since: Timestamp) -> Result<Vec<(Str, UsageTotals)>>;
}
