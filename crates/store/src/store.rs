//! An open database.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr,
    sqlx::{
        ConnectOptions as _,
        sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};

use crate::{
    Location, StoreError, place,
    schema::{Schema, migrate},
};

/// How long a statement waits for another connection's.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a statement waits for a connection of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// One for the usage writer, the others for whoever reads.
const CONNECTIONS: u32 = 4;
/// What the write-ahead log is cut down to when it begins again; one large response can make it many times longer.
const LOG_BYTES: &str = "16777216";
/// Prepared statements a connection keeps.
const STATEMENTS: usize = 64;

/// An open database whose schema is this byokey's. Clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    db: DatabaseConnection,
    place: Arc<str>,
}

impl Store {
    /// Opens a database, makes it where it is missing, and brings its schema up to date.
    ///
    /// The file has mode 0600 before SQLite sees it, and so have the two that SQLite puts beside it; a directory made here
    /// has 0700. `own` is byokey's own directory: when the database lies in it and others can see into it, it is tightened.
    /// Any number of processes may do this at once.
    ///
    /// # Errors
    /// [`StoreError`], naming the file and what to do.
    pub async fn open(location: &Location, own: Option<&Path>) -> Result<Self, StoreError> {
        match location {
            Location::Memory => Self::open_memory().await,
            Location::File(path) => {
                let path = std::path::absolute(path).map_err(|source| StoreError::Place {
                    action: "find",
                    path: path.clone(),
                    source,
                })?;
                Self::open_file(path, own).await
            }
        }
    }

    /// Whether the database answers a query on its own tables.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.db
            .query_one_raw(sea_orm::Statement::from_string(
                self.db.get_database_backend(),
                "SELECT 1 FROM accounts LIMIT 1",
            ))
            .await
            .map(drop)
            .map_err(self.failed("read `accounts`"))
    }

    /// Closes every connection; the last process to do so folds the write-ahead log into the database.
    ///
    /// # Errors
    /// When the database does not let go.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.db
            .close_by_ref()
            .await
            .map_err(self.failed("close the connections"))
    }

    pub(crate) const fn db(&self) -> &DatabaseConnection {
        &self.db
    }

    /// Turns the failure of a statement into an error that says what was tried and where.
    pub(crate) fn failed(&self, action: &'static str) -> impl Fn(DbErr) -> StoreError {
        move |source| StoreError::Statement {
            action,
            place: self.place.to_string(),
            source,
        }
    }

    /// The error for a value that byokey does not write.
    pub(crate) fn bad_row(&self, column: &'static str, value: &impl ToString) -> StoreError {
        StoreError::BadRow {
            place: self.place.to_string(),
            column,
            value: value.to_string(),
        }
    }

    async fn open_memory() -> Result<Self, StoreError> {
        // the database lives as long as its one connection
        let mut options = pool_options(1);
        options
            .idle_timeout(None::<Duration>)
            .max_lifetime(None::<Duration>);
        Self::connect(options, "sqlite::memory:".into(), |source| {
            StoreError::Statement {
                action: "prepare the tables",
                place: "sqlite::memory:".to_owned(),
                source,
            }
        })
        .await
    }

    async fn open_file(path: PathBuf, own: Option<&Path>) -> Result<Self, StoreError> {
        place::prepare(&path, own)?;
        // SQLite's busy timeout does not cover the change to WAL
        let setup = place::lock(&path).await?;
        let sqlite = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(false)
            // so that free pages can be handed back
            .auto_vacuum(SqliteAutoVacuum::Incremental)
            // what is deleted is gone, and does not stay in free pages
            .pragma("secure_delete", "ON")
            .pragma("journal_size_limit", LOG_BYTES)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .statement_cache_capacity(STATEMENTS)
            .disable_statement_logging();
        let mut options = pool_options(CONNECTIONS);
        options.map_sqlx_sqlite_opts(move |_| sqlite.clone());
        let name = path.display().to_string().into();
        let store = Self::connect(options, name, |source| {
            StoreError::opening(path.clone(), source)
        })
        .await?;
        store.rebuild_for_vacuum().await;
        drop(setup);
        Ok(store)
    }

    /// Rewrites a file of an earlier byokey once, so that free pages can be handed back; such a file holds little, since
    /// it is from before responses were kept. It stays as it is while another process reads it.
    async fn rebuild_for_vacuum(&self) {
        let rebuild = async {
            let mode = sea_orm::Statement::from_string(
                self.db.get_database_backend(),
                "PRAGMA auto_vacuum",
            );
            let mode: i64 = match self.db.query_one_raw(mode).await? {
                Some(row) => row.try_get_by_index(0)?,
                None => return Ok(()),
            };
            if mode == 0 {
                self.db.execute_unprepared("VACUUM").await?;
            }
            Ok::<(), DbErr>(())
        };
        if let Err(error) = rebuild.await {
            tracing::warn!(%error, database = %self.place, "the database was not rebuilt; it will not shrink until it is");
        }
    }

    async fn connect(
        options: ConnectOptions,
        place: Arc<str>,
        failed: impl Fn(DbErr) -> StoreError,
    ) -> Result<Self, StoreError> {
        let db = Database::connect(options).await.map_err(&failed)?;
        let refusal = match migrate(&db).await {
            Ok(Schema::Current) => return Ok(Self { db, place }),
            Ok(Schema::Newer(migration)) => StoreError::Newer {
                place: place.to_string(),
                migration,
            },
            Err(source) => failed(source),
        };
        if let Err(error) = db.close().await {
            tracing::debug!(%error, "the connection to the refused database was not closed");
        }
        Err(refusal)
    }
}

fn pool_options(connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // a connection to a file does not go stale
        .test_before_acquire(false)
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    options
}
