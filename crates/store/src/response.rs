//! Kept responses: the table, and the port to it.

mod chain;
mod row;
mod space;
mod tending;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use byokey_types::{
    Result,
    ports::{Chain, Clock, ResponseStore, StoredResponse},
};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QuerySelect, SelectExt, TransactionTrait,
    sea_query::{Expr, OnConflict},
};
use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Store, StoreError};

use row::{Column, Entity, Model};
pub use space::Pruned;

/// The largest response that is kept, in bytes of its input, output and body.
pub const LARGEST_RESPONSE: u64 = 64 << 20;

/// What a row takes beside the content, in bytes: its short columns and its entries in the indexes, roughly.
const ROW_BYTES: u64 = 512;

/// How long and how much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseLimits {
    /// How long a response is kept, from its `created_at`; until it is pruned, at most an hour later, it can still be seen.
    pub retention: Duration,
    /// Bytes of all responses together, each counted with half a KiB for its row; the oldest go first.
    pub max_size: u64,
}

/// The responses that a [`Store`] keeps, within limits. Clones share it.
///
/// Content lies in the database as it is, unencrypted. What goes is overwritten with zeros (SQLite's `secure_delete`), and
/// its room is used again or handed back to the file system.
#[derive(Clone, Debug)]
pub struct ResponseArchive {
    store: Store,
    limits: ResponseLimits,
    /// Says that something was put.
    put: Arc<Notify>,
}

impl ResponseArchive {
    /// The responses of `store`. Nobody prunes them; see [`ResponseArchive::start`].
    pub fn new(store: Store, limits: ResponseLimits) -> Self {
        Self {
            store,
            limits,
            put: Arc::default(),
        }
    }

    /// The responses of `store`, pruned by a task of `tracker`: now, after puts at most once a minute, and once an hour, until
    /// `stop`.
    pub fn start(
        store: Store,
        limits: ResponseLimits,
        clock: Arc<dyn Clock>,
        tracker: &TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let archive = Self::new(store, limits);
        let put = Arc::clone(&archive.put);
        tracker.spawn(tending::tend(archive.clone(), clock, put, stop));
        archive
    }

    /// Refuses what is larger than may be kept, and says what it takes.
    fn weigh(&self, response: &StoredResponse) -> Result<Weight, StoreError> {
        let length = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let turn = length(&response.input).saturating_add(length(&response.output));
        let content = turn.saturating_add(length(&response.body));
        let most = LARGEST_RESPONSE.min(self.limits.max_size.saturating_sub(ROW_BYTES));
        match (
            i64::try_from(turn),
            i64::try_from(content.saturating_add(ROW_BYTES)),
        ) {
            (Ok(turn), Ok(all)) if content <= most => Ok(Weight { turn, all }),
            (Ok(_) | Err(_), Ok(_) | Err(_)) => Err(StoreError::ResponseTooLarge {
                id: response.id.to_string(),
                bytes: content,
                most,
                hint: if most < LARGEST_RESPONSE {
                    "send `\"store\": false`, or raise `responses.max_size`"
                } else {
                    "send `\"store\": false`"
                },
            }),
        }
    }

    /// Writes a row and says how many bytes all rows take now.
    async fn write(&self, response: &StoredResponse, weight: Weight) -> Result<i64, DbErr> {
        let transaction = self.store.db().begin().await?;
        space::add(&transaction, weight.all).await?;
        let owner = row::owner_key(response.owner.as_deref());
        let replaced = find(&transaction, &owner, &response.id, Seen::Any).await?;
        let replace = OnConflict::columns([Column::Owner, Column::Id])
            .update_columns([
                Column::CreatedAt,
                Column::Previous,
                Column::Provider,
                Column::Account,
                Column::UpstreamId,
                Column::Model,
                Column::Status,
                Column::Deleted,
                Column::TurnBytes,
                Column::Bytes,
                Column::Input,
                Column::Output,
                Column::Body,
            ])
            .to_owned();
        Entity::insert(row::write(response, owner, weight.turn, weight.all))
            .on_conflict(replace)
            .exec_without_returning(&transaction)
            .await?;
        let total = space::add(&transaction, -replaced.map_or(0, |row| row.bytes)).await?;
        transaction.commit().await?;
        Ok(total)
    }

    async fn remove(&self, id: &str, owner: &str) -> Result<bool, DbErr> {
        let transaction = self.store.db().begin().await?;
        // first, since it waits for other writers
        space::add(&transaction, 0).await?;
        let Some(row) = find(&transaction, owner, id, Seen::NotDeleted).await? else {
            transaction.rollback().await?;
            return Ok(false);
        };
        let freed = if is_continued(&transaction, owner, id).await? {
            hide(&transaction, &row).await?
        } else {
            drop_with_hidden(&transaction, owner, row).await?
        };
        space::add(&transaction, -freed).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

#[async_trait]
impl ResponseStore for ResponseArchive {
    async fn put(&self, response: &StoredResponse) -> Result<()> {
        let weight = self.weigh(response)?;
        let total = self
            .write(response, weight)
            .await
            .map_err(self.store.failed("write `responses`"))?;
        // the response is kept whatever comes of this; the next one tries again
        if let Err(error) = self.make_room(total).await {
            tracing::warn!(error = %crate::error::Chain(&error), "kept responses take more than `responses.max_size`");
        }
        self.put.notify_one();
        Ok(())
    }

    async fn get(&self, id: &str, owner: Option<&str>) -> Result<Option<StoredResponse>> {
        let row: Option<Model> = Entity::find()
            .filter(Column::Owner.eq(row::owner_key(owner)))
            .filter(Column::Id.eq(id))
            .filter(Column::Deleted.eq(false))
            .one(self.store.db())
            .await
            .map_err(self.store.failed("read `responses`"))?;
        let row = row.map(|row| row::read(&self.store, row, owner));
        Ok(row.transpose()?)
    }

    async fn chain(&self, id: &str, owner: Option<&str>, max_bytes: u64) -> Result<Chain> {
        Ok(chain::read(&self.store, id, owner, max_bytes).await?)
    }

    async fn delete(&self, id: &str, owner: Option<&str>) -> Result<bool> {
        let deleted = self.remove(id, &row::owner_key(owner)).await;
        Ok(deleted.map_err(self.store.failed("write `responses`"))?)
    }
}

/// What a response takes, in bytes.
#[derive(Clone, Copy)]
struct Weight {
    /// Its items.
    turn: i64,
    /// Its row.
    all: i64,
}

/// A row without its content.
#[derive(FromQueryResult)]
struct Slim {
    seq: i64,
    previous: Option<String>,
    turn_bytes: i64,
    bytes: i64,
}

/// Which rows are looked at.
#[derive(Clone, Copy)]
enum Seen {
    Any,
    NotDeleted,
    Deleted,
}

async fn find(
    transaction: &DatabaseTransaction,
    owner: &str,
    id: &str,
    seen: Seen,
) -> Result<Option<Slim>, DbErr> {
    let seen = match seen {
        Seen::Any => None,
        Seen::NotDeleted => Some(Column::Deleted.eq(false)),
        Seen::Deleted => Some(Column::Deleted.eq(true)),
    };
    Entity::find()
        .select_only()
        .columns([
            Column::Seq,
            Column::Previous,
            Column::TurnBytes,
            Column::Bytes,
        ])
        .filter(Column::Owner.eq(owner))
        .filter(Column::Id.eq(id))
        .filter(Condition::all().add_option(seen))
        .into_model::<Slim>()
        .one(transaction)
        .await
}

/// Whether a response went on from this one.
async fn is_continued(
    transaction: &DatabaseTransaction,
    owner: &str,
    id: &str,
) -> Result<bool, DbErr> {
    let next = Entity::find()
        .filter(Column::Owner.eq(owner))
        .filter(Column::Previous.eq(id));
    next.exists(transaction).await
}

/// Leaves of a row what later responses need, and says how many bytes that frees.
async fn hide(transaction: &DatabaseTransaction, row: &Slim) -> Result<i64, DbErr> {
    let left = space::row_bytes(row.turn_bytes);
    Entity::update_many()
        .col_expr(Column::Deleted, Expr::value(true))
        .col_expr(Column::Bytes, Expr::value(left))
        .col_expr(Column::Body, Expr::value(Vec::<u8>::new()))
        .filter(Column::Seq.eq(row.seq))
        .exec(transaction)
        .await?;
    Ok(row.bytes - left)
}

/// Removes a row, and those that were hidden for its sake alone; says how many bytes that frees.
async fn drop_with_hidden(
    transaction: &DatabaseTransaction,
    owner: &str,
    mut row: Slim,
) -> Result<i64, DbErr> {
    let mut freed = 0;
    loop {
        Entity::delete_by_id(row.seq).exec(transaction).await?;
        freed += row.bytes;
        let Some(previous) = row.previous else {
            return Ok(freed);
        };
        let Some(hidden) = find(transaction, owner, &previous, Seen::Deleted).await? else {
            return Ok(freed);
        };
        if is_continued(transaction, owner, &previous).await? {
            return Ok(freed);
        }
        row = hidden;
    }
}
