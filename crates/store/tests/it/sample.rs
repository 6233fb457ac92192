//! Rows and databases to test with.

use std::path::{Path, PathBuf};

use byokey_store::{Location, Store};
use byokey_types::{
    AccountId, AccountKind, Format, ProviderId, RawObject, Timestamp, Usage,
    ports::{AccountRow, Outcome, StoredResponse, Turn, UsageRecord, UsageTotals},
};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};
use tempfile::TempDir;

/// A directory of its own, and the path of a database in it that does not exist yet.
pub(crate) fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("byokey.db");
    (directory, path)
}

pub(crate) async fn open(path: &Path) -> Store {
    Store::open(&Location::File(path.to_owned()), None)
        .await
        .expect("an open store")
}

/// The same file without byokey in between.
pub(crate) async fn raw(path: &Path) -> DatabaseConnection {
    let url = format!("sqlite://{}?mode=rwc", path.display());
    Database::connect(ConnectOptions::new(url))
        .await
        .expect("a connection")
}

/// The one value that `sql` selects.
pub(crate) async fn scalar<T: sea_orm::TryGetable>(db: &DatabaseConnection, sql: &str) -> T {
    db.query_one_raw(Statement::from_string(db.get_database_backend(), sql))
        .await
        .expect("an answer")
        .expect("a row")
        .try_get_by_index(0)
        .expect("a value")
}

pub(crate) fn account_id(provider: &str, label: &str) -> AccountId {
    AccountId {
        provider: ProviderId::new(provider).expect("valid"),
        label: label.into(),
    }
}

pub(crate) fn account(provider: &str, label: &str, at: i64) -> AccountRow {
    AccountRow {
        id: account_id(provider, label),
        kind: AccountKind::ApiKey,
        origin: "config".to_owned(),
        created_at: Timestamp(at),
        updated_at: Timestamp(at),
    }
}

/// A record with 100 fresh, 20 read, 3 written, 40 output and 5 reasoning tokens.
pub(crate) fn record(model: &str, at: i64) -> UsageRecord {
    UsageRecord {
        at: Timestamp(at),
        request: "req-1".into(),
        account: account_id("claude", "env"),
        asked: "fast".into(),
        model: model.into(),
        format: Format::AnthropicMessages,
        stream: true,
        outcome: Outcome::Completed,
        usage: Some(Usage {
            fresh: Some(100),
            cache_read: Some(20),
            cache_write: Some(3),
            output: Some(40),
            reasoning: Some(5),
            raw: Some(RawObject::default()),
        }),
        first_byte_ms: Some(7),
        total_ms: 30,
    }
}

/// A response of nobody in particular, whose content has its id.
pub(crate) fn response(id: &str, at: i64) -> StoredResponse {
    let Turn {
        id,
        account,
        upstream_id,
        model,
        status,
        input,
        output,
    } = turn(id);
    StoredResponse {
        body: format!(r#"{{"id":"{id}"}}"#).into(),
        id,
        created_at: Timestamp(at),
        owner: None,
        previous: None,
        account,
        upstream_id,
        model,
        status,
        input,
        output,
    }
}

/// What [`response`] adds to its conversation.
pub(crate) fn turn(id: &str) -> Turn {
    Turn {
        id: id.into(),
        account: None,
        upstream_id: None,
        model: "fast".into(),
        status: "completed".into(),
        input: format!(r#"[{{"role":"user","content":"to {id}"}}]"#).into(),
        output: format!(r#"[{{"role":"assistant","content":"from {id}"}}]"#).into(),
    }
}

/// What `requests` records of [`record`] come to.
pub(crate) fn totals(requests: u64) -> UsageTotals {
    UsageTotals {
        requests,
        fresh: 100 * requests,
        cache_read: 20 * requests,
        cache_write: 3 * requests,
        output: 40 * requests,
        reasoning: 5 * requests,
    }
}
