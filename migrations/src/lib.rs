//! Append-only schema migrations, one file each.
//!
//! A migration that was released is never edited: a later one corrects it. Column types are those that SQLite and
//! Postgres both know; instants are milliseconds since the Unix epoch.

mod m20261121_070400_accounts;
mod m20261121_070500_usage;
mod m20261121_100000_responses;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// All migrations, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_070400_accounts::Migration),
            Box::new(m20261121_070500_usage::Migration),
            Box::new(m20261121_100000_responses::Migration),
        ]
    }
}
