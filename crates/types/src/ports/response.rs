//! Responses of the Responses API, kept so that a later request can go on from them.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{AccountId, Result, Str, Timestamp};

/// Links of a chain that are followed at most.
pub const MAX_LINKS: usize = 1_000;

/// One response with all that is needed to show it again and to go on from it.
///
/// `Debug` shows sizes in place of content.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// The id that the client was given; one of its owner's.
    pub id: Str,
    /// When it was made. Retention counts from here.
    pub created_at: Timestamp,
    /// The digest of the client key that made it; `None` when clients need no key. Nobody else ever sees it.
    pub owner: Option<Str>,
    /// The response from which it went on, by id.
    pub previous: Option<Str>,
    /// The account that made it.
    pub account: Option<AccountId>,
    /// The id under which the upstream of that account keeps it; `None` where it keeps nothing.
    pub upstream_id: Option<Str>,
    /// The model as the client named it.
    pub model: Str,
    /// `completed`, `incomplete`, `failed`, `cancelled` or `in_progress`.
    pub status: Str,
    /// The input items of this turn alone, a JSON array.
    pub input: Bytes,
    /// The output items, a JSON array.
    pub output: Bytes,
    /// The whole response object as the client got it.
    pub body: Bytes,
}

/// What a [`StoredResponse`] adds to its conversation.
///
/// `Debug` shows sizes in place of content.
#[derive(Clone, PartialEq, Eq)]
pub struct Turn {
    /// The id of the response.
    pub id: Str,
    /// The account that made it.
    pub account: Option<AccountId>,
    /// The id under which the upstream of that account keeps it; `None` where it keeps nothing.
    pub upstream_id: Option<Str>,
    /// The model as the client named it.
    pub model: Str,
    /// `completed`, `incomplete`, `failed`, `cancelled` or `in_progress`.
    pub status: Str,
    /// The input items of this turn alone, a JSON array.
    pub input: Bytes,
    /// The output items, a JSON array.
    pub output: Bytes,
}

/// The conversation that ends in a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chain {
    /// There is no such response, or it is another owner's, or it was deleted.
    Unknown,
    /// All of it, oldest turn first.
    Whole(Vec<Turn>),
    /// The beginning is no longer there: it has expired, or had to make room.
    Broken {
        /// The response that the oldest turn left goes on from.
        missing: Str,
        /// What is left, oldest turn first.
        rest: Vec<Turn>,
    },
    /// It has more than [`MAX_LINKS`] turns.
    TooLong,
    /// Its items take more bytes than were allowed.
    TooLarge,
}

/// Where responses are kept.
#[async_trait]
pub trait ResponseStore: Send + Sync {
    /// Keeps a response, in place of an earlier one of the same id and owner.
    ///
    /// # Errors
    /// [`Kind::TooLarge`](crate::Kind::TooLarge) when it is larger than what may be kept: nothing of it is. Else when the
    /// store cannot be written.
    async fn put(&self, response: &StoredResponse) -> Result<()>;

    /// The response of this id and owner; `None` also when it was deleted.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn get(&self, id: &str, owner: Option<&str>) -> Result<Option<StoredResponse>>;

    /// The conversation that ends in a response, whose items take at most `max_bytes` together.
    ///
    /// A deleted response in the middle does not break it, see [`ResponseStore::delete`].
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn chain(&self, id: &str, owner: Option<&str>, max_bytes: u64) -> Result<Chain>;

    /// Deletes a response and says whether there was one.
    ///
    /// From then on it can neither be seen nor be gone on from. Conversations that already went on from it stay whole, as
    /// they do for users of the `OpenAI` API: its items, no more, are kept until the last of these responses is deleted or
    /// expires. Without one the content is gone at once.
    ///
    /// # Errors
    /// When the store cannot be written.
    async fn delete(&self, id: &str, owner: Option<&str>) -> Result<bool>;
}

impl fmt::Debug for StoredResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredResponse")
            .field("id", &self.id)
            .field("created_at", &self.created_at)
            .field("owned", &self.owner.is_some())
            .field("previous", &self.previous)
            .field("account", &self.account)
            .field("upstream_id", &self.upstream_id)
            .field("model", &self.model)
            .field("status", &self.status)
            .field("input_bytes", &self.input.len())
            .field("output_bytes", &self.output.len())
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn")
            .field("id", &self.id)
            .field("account", &self.account)
            .field("upstream_id", &self.upstream_id)
            .field("model", &self.model)
            .field("status", &self.status)
            .field("input_bytes", &self.input.len())
            .field("output_bytes", &self.output.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn debug_quotes_no_content_and_no_digest() {
        let turn = Turn {
            id: "resp_1".into(),
            account: None,
            upstream_id: None,
            model: "m".into(),
            status: "completed".into(),
            input: Bytes::from_static(b"[\"secret\"]"),
            output: Bytes::from_static(b"[]"),
        };
        let response = StoredResponse {
            id: "resp_1".into(),
            created_at: Timestamp(7),
            owner: Some("digest".into()),
            previous: None,
            account: None,
            upstream_id: None,
            model: "m".into(),
            status: "completed".into(),
            input: turn.input.clone(),
            output: turn.output.clone(),
            body: Bytes::from_static(b"{\"secret\":1}"),
        };
        assert_eq!(
            [format!("{turn:?}"), format!("{response:?}")],
            [
                "Turn { id: \"resp_1\", account: None, upstream_id: None, model: \"m\", status: \"completed\", \
                 input_bytes: 10, output_bytes: 2 }",
                "StoredResponse { id: \"resp_1\", created_at: Timestamp(7), owned: true, previous: None, account: None, \
                 upstream_id: None, model: \"m\", status: \"completed\", input_bytes: 10, output_bytes: 2, body_bytes: 12 }",
            ]
        );
    }
}
