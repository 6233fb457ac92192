//! The table of usage.

use async_trait::async_trait;
use byokey_types::{
    Result, Str, Timestamp, Usage,
    ports::{Outcome, UsageRecord, UsageStore, UsageTotals},
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QuerySelect,
    TransactionTrait,
    sea_query::{Expr, SimpleExpr},
};

use crate::{Store, StoreError};

mod entity {
    //! The row as it lies in the database.
    #![expect(
        unreachable_pub,
        reason = "the derive wants the visibility of its own items"
    )]
    #![expect(clippy::struct_field_names, reason = "the fields are the columns")]

    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "usage")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub at: i64,
        #[sea_orm(column_type = "Text")]
        pub request: String,
        #[sea_orm(column_type = "Text")]
        pub provider: String,
        #[sea_orm(column_type = "Text")]
        pub account: String,
        #[sea_orm(column_type = "Text")]
        pub asked: String,
        #[sea_orm(column_type = "Text")]
        pub model: String,
        #[sea_orm(column_type = "Text")]
        pub format: String,
        pub stream: bool,
        #[sea_orm(column_type = "Text")]
        pub outcome: String,
        pub status: Option<i32>,
        pub fresh: Option<i64>,
        pub cache_read: Option<i64>,
        pub cache_write: Option<i64>,
        pub output: Option<i64>,
        pub reasoning: Option<i64>,
        pub first_byte_ms: Option<i64>,
        pub total_ms: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{ActiveModel, Column, Entity};

/// Rows in one statement. A connection keeps a prepared statement for every number of rows it has met, so this bounds
/// what they take together.
const ROWS: usize = 32;

impl Store {
    /// Writes records: all of them or none.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(crate) async fn write_usage(&self, records: &[UsageRecord]) -> Result<(), StoreError> {
        let failed = self.failed("write `usage`");
        let transaction = self.db().begin().await.map_err(&failed)?;
        for records in records.chunks(ROWS) {
            Entity::insert_many(records.iter().map(row))
                .exec_without_returning(&transaction)
                .await
                .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }
}

/// Sums as the database gives them.
#[derive(FromQueryResult)]
struct Sums {
    model: String,
    requests: i64,
    fresh: i64,
    cache_read: i64,
    cache_write: i64,
    output: i64,
    reasoning: i64,
}

#[async_trait]
impl UsageStore for Store {
    async fn totals_by_model(&self, since: Timestamp) -> Result<Vec<(Str, UsageTotals)>> {
        let sums = Entity::find()
            .select_only()
            .column(Column::Model)
            .column_as(Column::Id.count(), "requests")
            .column_as(sum(Column::Fresh), "fresh")
            .column_as(sum(Column::CacheRead), "cache_read")
            .column_as(sum(Column::CacheWrite), "cache_write")
            .column_as(sum(Column::Output), "output")
            .column_as(sum(Column::Reasoning), "reasoning")
            .filter(Column::At.gte(since.0))
            .group_by(Column::Model)
            .into_model::<Sums>()
            .all(self.db())
            .await
            .map_err(self.failed("read `usage`"))?;
        let mut totals = sums
            .into_iter()
            .map(|sums| self.totals(sums))
            .collect::<Result<Vec<_>, StoreError>>()?;
        // here, not in SQL: databases differ in how they collate
        totals.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Ok(totals)
    }
}

impl Store {
    fn totals(&self, sums: Sums) -> Result<(Str, UsageTotals), StoreError> {
        let count =
            |sum: i64| u64::try_from(sum).map_err(|_| self.bad_row("a sum over `usage`", &sum));
        let totals = UsageTotals {
            requests: count(sums.requests)?,
            fresh: count(sums.fresh)?,
            cache_read: count(sums.cache_read)?,
            cache_write: count(sums.cache_write)?,
            output: count(sums.output)?,
            reasoning: count(sums.reasoning)?,
        };
        Ok((sums.model.into(), totals))
    }
}

/// A sum that is an integer, and zero over nothing; Postgres would give a `numeric` and null.
fn sum(column: Column) -> SimpleExpr {
    Expr::expr(column.sum()).cast_as("bigint").if_null(0)
}

fn row(record: &UsageRecord) -> ActiveModel {
    let (outcome, status) = match record.outcome {
        Outcome::Completed => ("completed", None),
        Outcome::Cancelled => ("cancelled", None),
        Outcome::Failed(status) => ("failed", Some(i32::from(status))),
    };
    let count =
        |field: fn(&Usage) -> Option<u64>| Set(record.usage.as_ref().and_then(field).map(tokens));
    ActiveModel {
        id: NotSet,
        at: Set(record.at.0),
        request: Set(record.request.to_string()),
        provider: Set(record.account.provider.as_str().to_owned()),
        account: Set(record.account.label.to_string()),
        asked: Set(record.asked.to_string()),
        model: Set(record.model.to_string()),
        format: Set(record.format.protocol().to_owned()),
        stream: Set(record.stream),
        outcome: Set(outcome.to_owned()),
        status: Set(status),
        fresh: count(|usage| usage.fresh),
        cache_read: count(|usage| usage.cache_read),
        cache_write: count(|usage| usage.cache_write),
        output: count(|usage| usage.output),
        reasoning: count(|usage| usage.reasoning),
        first_byte_ms: Set(record.first_byte_ms.map(milliseconds)),
        total_ms: Set(milliseconds(record.total_ms)),
    }
}

/// No request costs more tokens than a `u32` can say: a count that an upstream made up must not overflow a sum over others.
fn tokens(count: u64) -> i64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}

fn milliseconds(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
