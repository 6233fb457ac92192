//! Responses that can be gone on from, and how many bytes they take together, so that nobody must add them up.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_pk_auto, blob, boolean, text, text_null},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Responses {
    Table,
    Seq,
    Owner,
    Id,
    CreatedAt,
    Previous,
    Provider,
    Account,
    UpstreamId,
    Model,
    Status,
    Deleted,
    TurnBytes,
    Bytes,
    Input,
    Output,
    Body,
}

#[derive(DeriveIden)]
enum ResponseTotals {
    Table,
    Id,
    Bytes,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(responses()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        let totals = Table::create()
            .table(ResponseTotals::Table)
            .col(big_integer(ResponseTotals::Id).primary_key())
            .col(big_integer(ResponseTotals::Bytes))
            .to_owned();
        manager.create_table(totals).await?;
        let nothing_yet = Query::insert()
            .into_table(ResponseTotals::Table)
            .columns([ResponseTotals::Id, ResponseTotals::Bytes])
            .values_panic([1_i64.into(), 0_i64.into()])
            .to_owned();
        manager.exec_stmt(nothing_yet).await
    }
}

/// The large columns come last: SQLite reads what stands before them without them.
fn responses() -> TableCreateStatement {
    Table::create()
        .table(Responses::Table)
        .col(big_pk_auto(Responses::Seq))
        .col(text(Responses::Owner))
        .col(text(Responses::Id))
        .col(big_integer(Responses::CreatedAt))
        .col(text_null(Responses::Previous))
        .col(text_null(Responses::Provider))
        .col(text_null(Responses::Account))
        .col(text_null(Responses::UpstreamId))
        .col(text(Responses::Model))
        .col(text(Responses::Status))
        .col(boolean(Responses::Deleted))
        .col(big_integer(Responses::TurnBytes))
        .col(big_integer(Responses::Bytes))
        .col(blob(Responses::Input))
        .col(blob(Responses::Output))
        .col(blob(Responses::Body))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 3] {
    let index = |name| {
        Index::create()
            .name(name)
            .table(Responses::Table)
            .to_owned()
    };
    [
        index("responses_owner_id")
            .col(Responses::Owner)
            .col(Responses::Id)
            .unique()
            .to_owned(),
        index("responses_owner_previous")
            .col(Responses::Owner)
            .col(Responses::Previous)
            .to_owned(),
        index("responses_created_at")
            .col(Responses::CreatedAt)
            .to_owned(),
    ]
}
