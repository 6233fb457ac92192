//! Accounts: one row for each way in at a provider, never with its secret.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, text},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Accounts {
    Table,
    Provider,
    Label,
    Kind,
    Origin,
    CreatedAt,
    UpdatedAt,
    Version,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(Accounts::Table)
                    .col(text(Accounts::Provider))
                    .col(text(Accounts::Label))
                    .col(text(Accounts::Kind))
                    .col(text(Accounts::Origin))
                    .col(big_integer(Accounts::CreatedAt))
                    .col(big_integer(Accounts::UpdatedAt))
                    .col(big_integer(Accounts::Version))
                    .primary_key(Index::create().col(Accounts::Provider).col(Accounts::Label))
                    .to_owned(),
            )
            .await
    }
}
