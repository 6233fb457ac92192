//! What kept responses take, and what goes when it is time or when there is no room.
//!
//! The sum over all rows is a row of its own, changed in the transaction that changes the rows; nothing is ever added up
//! again. Changing it first also puts writers in a line, in Postgres as in SQLite.

use byokey_types::Timestamp;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait,
    ExprTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Statement, TransactionTrait,
    sea_query::Expr,
};

use super::{
    ROW_BYTES, ResponseArchive,
    row::{Column, Entity},
};
use crate::{Store, StoreError};

/// Rows that go in one transaction at most; other writers wait for it.
const BATCH: u64 = 256;
/// Bytes that go in one transaction, but for a single row that has more.
const BATCH_BYTES: i64 = 64 << 20;
/// Transactions of one [`ResponseArchive::prune`] at most.
const BATCHES: usize = 16;
/// Pages without content that SQLite keeps for the next responses, 16 MiB; those beyond are handed back.
const SPARE_PAGES: i64 = 4096;
/// Pages that are handed back at once.
const PAGES: i64 = 4096;

/// What a pass has removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Responses.
    pub responses: u64,
    /// What they took, in bytes, each with half a KiB for its row.
    pub bytes: u64,
    /// Whether there is more to do: another pass goes on from here.
    pub more: bool,
}

/// The entity of the sum.
mod total {
    #![expect(
        unreachable_pub,
        reason = "the derive wants the visibility of its own items"
    )]

    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "response_totals")]
    pub struct Model {
        /// Always 1: there is one row.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub bytes: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Why a response goes.
#[derive(Clone, Copy)]
enum Reason {
    /// It was made before this instant.
    MadeBefore(i64),
    /// All together take more bytes than this.
    MoreThan(i64),
}

impl ResponseArchive {
    /// One pass over what has to go: a bounded part of the responses that have expired and of those for which there is no
    /// room, oldest first. With SQLite, room that is not needed is then handed back to the file system, also in parts.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn prune(&self, now: Timestamp) -> Result<Pruned, StoreError> {
        let retention = i64::try_from(self.limits.retention.as_millis()).unwrap_or(i64::MAX);
        let expired = Reason::MadeBefore(now.0.saturating_sub(retention));
        let mut pruned = Pruned::default();
        self.store.remove_responses(expired, &mut pruned).await?;
        if !pruned.more {
            let surplus = Reason::MoreThan(self.most());
            self.store.remove_responses(surplus, &mut pruned).await?;
        }
        if !pruned.more {
            pruned.more = self.store.hand_back().await?;
        }
        Ok(pruned)
    }

    /// Bytes of all kept responses together, each counted with half a KiB for its row.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn bytes(&self) -> Result<u64, StoreError> {
        let total = total::Entity::find_by_id(1_i64)
            .one(self.store.db())
            .await
            .map_err(self.store.failed("read `response_totals`"))?;
        let bytes = total.map_or(0, |total| total.bytes);
        u64::try_from(bytes).map_err(|_| self.store.bad_row("`bytes` of `response_totals`", &bytes))
    }

    /// Removes the oldest responses when `total` is too much.
    pub(super) async fn make_room(&self, total: i64) -> Result<(), StoreError> {
        let most = self.most();
        if total <= most {
            return Ok(());
        }
        let mut pruned = Pruned::default();
        self.store
            .remove_responses(Reason::MoreThan(most), &mut pruned)
            .await?;
        tracing::debug!(
            responses = pruned.responses,
            bytes = pruned.bytes,
            "the oldest responses made room"
        );
        Ok(())
    }

    fn most(&self) -> i64 {
        i64::try_from(self.limits.max_size).unwrap_or(i64::MAX)
    }
}

impl Store {
    /// Removes every kept response, as befits `responses.store: false`.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn forget_responses(&self) -> Result<Pruned, StoreError> {
        let mut pruned = Pruned::default();
        loop {
            pruned.more = false;
            self.remove_responses(Reason::MoreThan(0), &mut pruned)
                .await?;
            let more = pruned.more;
            pruned.more = self.hand_back().await? || more;
            if !pruned.more {
                return Ok(pruned);
            }
        }
    }

    /// Removes what has to go for a reason, and notes whether some of it is left.
    async fn remove_responses(
        &self,
        reason: Reason,
        pruned: &mut Pruned,
    ) -> Result<(), StoreError> {
        let failed = self.failed("write `responses`");
        for _ in 0..BATCHES {
            let batch = self.remove_batch(reason).await.map_err(&failed)?;
            pruned.responses += batch.responses;
            pruned.bytes += batch.bytes;
            pruned.more = batch.more;
            if !batch.more {
                break;
            }
        }
        Ok(())
    }

    async fn remove_batch(&self, reason: Reason) -> Result<Pruned, DbErr> {
        let transaction = self.db().begin().await?;
        let total = add(&transaction, 0).await?;
        let batch = batch(&transaction, reason, total).await?;
        if batch.seqs.is_empty() {
            transaction.rollback().await?;
            return Ok(Pruned::default());
        }
        let responses = u64::try_from(batch.seqs.len()).unwrap_or(u64::MAX);
        Entity::delete_many()
            .filter(Column::Seq.is_in(batch.seqs))
            .exec(&transaction)
            .await?;
        add(&transaction, -batch.bytes).await?;
        transaction.commit().await?;
        Ok(Pruned {
            responses,
            bytes: u64::try_from(batch.bytes).unwrap_or(0),
            more: batch.more,
        })
    }

    /// Hands pages without content back to the file system and says whether there are more. Postgres does so by itself.
    async fn hand_back(&self) -> Result<bool, StoreError> {
        let failed = self.failed("hand back free pages");
        if self.db().get_database_backend() != DbBackend::Sqlite {
            return Ok(false);
        }
        let free = self.free_pages().await.map_err(&failed)?;
        if free <= SPARE_PAGES {
            return Ok(false);
        }
        let pages = Ord::min(PAGES, free - SPARE_PAGES);
        self.db()
            .execute_unprepared(&format!("PRAGMA incremental_vacuum({pages})"))
            .await
            .map_err(&failed)?;
        let left = self.free_pages().await.map_err(&failed)?;
        // a database that could not be set up for it stays as it is
        Ok(left < free && left > SPARE_PAGES)
    }

    async fn free_pages(&self) -> Result<i64, DbErr> {
        let statement =
            Statement::from_string(self.db().get_database_backend(), "PRAGMA freelist_count");
        match self.db().query_one_raw(statement).await? {
            Some(row) => row.try_get_by_index(0),
            None => Ok(0),
        }
    }
}

/// Changes the sum and says what it is then. As a transaction's first statement it waits for other writers.
pub(super) async fn add(transaction: &DatabaseTransaction, bytes: i64) -> Result<i64, DbErr> {
    let totals = total::Entity::update_many()
        .col_expr(
            total::Column::Bytes,
            Expr::col(total::Column::Bytes).add(bytes),
        )
        .filter(total::Column::Id.eq(1_i64))
        .exec_with_returning(transaction)
        .await?;
    let total = totals.first().ok_or(DbErr::RecordNotUpdated)?;
    Ok(total.bytes)
}

/// What a row without a body counts for.
pub(super) fn row_bytes(turn_bytes: i64) -> i64 {
    turn_bytes.saturating_add_unsigned(ROW_BYTES)
}

/// Rows that go together.
struct Batch {
    seqs: Vec<i64>,
    bytes: i64,
    more: bool,
}

#[derive(FromQueryResult)]
struct Candidate {
    seq: i64,
    bytes: i64,
}

async fn batch(
    transaction: &DatabaseTransaction,
    reason: Reason,
    total: i64,
) -> Result<Batch, DbErr> {
    let (made_before, surplus) = match reason {
        Reason::MadeBefore(instant) => (Some(Column::CreatedAt.lt(instant)), i64::MAX),
        Reason::MoreThan(most) => (None, total.saturating_sub(most)),
    };
    let mut batch = Batch {
        seqs: Vec::new(),
        bytes: 0,
        more: false,
    };
    if surplus <= 0 {
        return Ok(batch);
    }
    let oldest = Entity::find()
        .select_only()
        .columns([Column::Seq, Column::Bytes])
        .filter(Condition::all().add_option(made_before))
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Seq)
        .limit(BATCH)
        .into_model::<Candidate>()
        .all(transaction)
        .await?;
    let full = u64::try_from(oldest.len()).is_ok_and(|count| count == BATCH);
    for row in oldest {
        if batch.bytes >= surplus {
            return Ok(batch);
        }
        if batch.bytes.saturating_add(row.bytes) > BATCH_BYTES && !batch.seqs.is_empty() {
            batch.more = true;
            return Ok(batch);
        }
        batch.seqs.push(row.seq);
        batch.bytes += row.bytes;
    }
    batch.more = full && batch.bytes < surplus;
    Ok(batch)
}
