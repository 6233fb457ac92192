//! Usage: one row for each request, metadata only. It outlives the account it names.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, big_pk_auto, boolean, integer_null, text},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Usage {
    Table,
    Id,
    At,
    Request,
    Provider,
    Account,
    Asked,
    Model,
    Format,
    Stream,
    Outcome,
    Status,
    Fresh,
    CacheRead,
    CacheWrite,
    Output,
    Reasoning,
    FirstByteMs,
    TotalMs,
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
                    .table(Usage::Table)
                    .col(big_pk_auto(Usage::Id))
                    .col(big_integer(Usage::At))
                    .col(text(Usage::Request))
                    .col(text(Usage::Provider))
                    .col(text(Usage::Account))
                    .col(text(Usage::Asked))
                    .col(text(Usage::Model))
                    .col(text(Usage::Format))
                    .col(boolean(Usage::Stream))
                    .col(text(Usage::Outcome))
                    .col(integer_null(Usage::Status))
                    .col(big_integer_null(Usage::Fresh))
                    .col(big_integer_null(Usage::CacheRead))
                    .col(big_integer_null(Usage::CacheWrite))
                    .col(big_integer_null(Usage::Output))
                    .col(big_integer_null(Usage::Reasoning))
                    .col(big_integer_null(Usage::FirstByteMs))
                    .col(big_integer(Usage::TotalMs))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("usage_at")
                    .table(Usage::Table)
                    .col(Usage::At)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("usage_model_at")
                    .table(Usage::Table)
                    .col(Usage::Model)
                    .col(Usage::At)
                    .to_owned(),
            )
            .await
    }
}
