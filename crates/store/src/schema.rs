//! The schema of a database, brought up to date.

use byokey_migrations::Migrator;
use sea_orm::{
    DatabaseConnection, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;

/// How the schema stands after [`migrate`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Schema {
    /// As this byokey wants it.
    Current,
    /// Of a later byokey: it has this migration. Nothing was changed.
    Newer(String),
}

/// Applies the migrations that are missing: all of them or none.
///
/// The transaction is a writing one from its first statement, so of two processes the second finds the work done.
pub(crate) async fn migrate(db: &DatabaseConnection) -> Result<Schema, DbErr> {
    let transaction = db
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await?;
    let known = Migrator::migrations();
    let applied = Migrator::get_migration_models(&transaction).await?;
    let stranger = applied
        .iter()
        .find(|row| known.iter().all(|known| known.name() != row.version));
    if let Some(stranger) = stranger {
        let migration = stranger.version.clone();
        transaction.rollback().await?;
        return Ok(Schema::Newer(migration));
    }
    if applied.len() < known.len() {
        Migrator::up(&transaction, None).await?;
    }
    transaction.commit().await?;
    Ok(Schema::Current)
}
