//! The table of accounts.

use async_trait::async_trait;
use byokey_types::{
    AccountId, AccountKind, ProviderId, Result, Timestamp,
    ports::{AccountRow, AccountStore},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};

use crate::{Store, StoreError};

mod entity {
    //! The row as it lies in the database.
    #![expect(
        unreachable_pub,
        reason = "the derive wants the visibility of its own items"
    )]

    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "accounts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub provider: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub label: String,
        #[sea_orm(column_type = "Text")]
        pub kind: String,
        #[sea_orm(column_type = "Text")]
        pub origin: String,
        pub created_at: i64,
        pub updated_at: i64,
        /// Counts the writes of the row, from 1.
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{ActiveModel, Column, Entity, Model};

#[async_trait]
impl AccountStore for Store {
    async fn accounts(&self) -> Result<Vec<AccountRow>> {
        let rows = Entity::find()
            .all(self.db())
            .await
            .map_err(self.failed("read `accounts`"))?;
        let mut rows = rows
            .into_iter()
            .map(|row| self.account(row))
            .collect::<Result<Vec<_>, StoreError>>()?;
        // here, not in SQL: databases differ in how they collate
        rows.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        Ok(rows)
    }

    async fn put_account(&self, account: &AccountRow) -> Result<()> {
        let row = ActiveModel {
            provider: Set(account.id.provider.as_str().to_owned()),
            label: Set(account.id.label.to_string()),
            kind: Set(account.kind.name().to_owned()),
            origin: Set(account.origin.clone()),
            created_at: Set(account.created_at.0),
            updated_at: Set(account.updated_at.0),
            version: Set(1),
        };
        let again = OnConflict::columns([Column::Provider, Column::Label])
            .update_columns([Column::Kind, Column::Origin, Column::UpdatedAt])
            .value(Column::Version, Expr::col((Entity, Column::Version)).add(1))
            .to_owned();
        Entity::insert(row)
            .on_conflict(again)
            .exec_without_returning(self.db())
            .await
            .map_err(self.failed("write `accounts`"))?;
        Ok(())
    }

    async fn remove_account(&self, account: &AccountId) -> Result<bool> {
        let removed = Entity::delete_many()
            .filter(Column::Provider.eq(account.provider.as_str()))
            .filter(Column::Label.eq(account.label.as_str()))
            .exec(self.db())
            .await
            .map_err(self.failed("write `accounts`"))?;
        Ok(removed.rows_affected > 0)
    }
}

impl Store {
    fn account(&self, row: Model) -> Result<AccountRow, StoreError> {
        let provider = ProviderId::new(&row.provider)
            .map_err(|_| self.bad_row("`provider` of `accounts`", &row.provider))?;
        let kind =
            kind_named(&row.kind).ok_or_else(|| self.bad_row("`kind` of `accounts`", &row.kind))?;
        Ok(AccountRow {
            id: AccountId {
                provider,
                label: row.label.into(),
            },
            kind,
            origin: row.origin,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        })
    }
}

fn kind_named(name: &str) -> Option<AccountKind> {
    [
        AccountKind::ApiKey,
        AccountKind::Login,
        AccountKind::Link,
        AccountKind::Open,
    ]
    .into_iter()
    .find(|kind| kind.name() == name)
}
