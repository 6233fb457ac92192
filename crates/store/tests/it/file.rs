//! The file: its bytes, its modes, and what byokey says of files it cannot use.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use byokey_store::{Location, Store, StoreError, UsageWriter, WriterLimits};
use byokey_types::{
    ByokError, Kind,
    ports::{AccountStore, Outcome, UsageSink},
};
use pretty_assertions::assert_eq;
use sea_orm::{ConnectionTrait, Statement};
use tokio_util::task::TaskTracker;

use crate::sample::{account, open, place, raw, record, scalar};

fn mode(path: &Path) -> u32 {
    fs::metadata(path)
        .expect("something there")
        .permissions()
        .mode()
        & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("changed");
}

async fn refused(path: &Path) -> StoreError {
    Store::open(&Location::File(path.to_owned()), None)
        .await
        .expect_err("refused")
}

#[tokio::test]
async fn everything_made_is_private() {
    let (directory, _) = place();
    let outer = directory.path().join("state");
    let path = outer.join("inner/byokey.db");
    let store = open(&path).await;
    store
        .put_account(&account("claude", "env", 1))
        .await
        .expect("written");
    let modes = |suffix| mode(Path::new(&format!("{}{suffix}", path.display())));
    assert_eq!(
        [modes(""), modes("-wal"), modes("-shm"), modes(".lock")],
        [0o600; 4]
    );
    assert_eq!([mode(&outer), mode(&outer.join("inner"))], [0o700, 0o700]);
}

#[tokio::test]
async fn what_others_can_read_is_tightened() {
    let (directory, path) = place();
    open(&path).await.close().await.expect("closed");
    set_mode(&path, 0o644);
    set_mode(directory.path(), 0o755);

    // a directory that is not byokey's own stays as it is
    open(&path).await.close().await.expect("closed");
    assert_eq!([mode(&path), mode(directory.path())], [0o600, 0o755]);

    let location = Location::File(path.clone());
    Store::open(&location, Some(directory.path()))
        .await
        .expect("an open store");
    assert_eq!(mode(directory.path()), 0o700);
}

#[tokio::test]
async fn a_directory_that_anyone_may_change_is_refused() {
    let (directory, path) = place();
    set_mode(directory.path(), 0o777);
    assert_eq!(
        refused(&path).await.to_string(),
        format!(
            "every user may change the directory `{0}`; type `chmod o-w {0}`, or set `database` to another path",
            directory.path().display()
        )
    );
    assert!(!path.exists());
    // as /tmp is: nobody may take away the file of another
    set_mode(directory.path(), 0o1777);
    open(&path).await;
}

#[tokio::test]
async fn the_connection_is_set_up_for_many_users_of_one_file() {
    let (_directory, path) = place();
    open(&path).await;
    let db = raw(&path).await;
    assert_eq!(scalar::<String>(&db, "PRAGMA journal_mode").await, "wal");
    assert_eq!(scalar::<i64>(&db, "PRAGMA auto_vacuum").await, 2);
}

#[tokio::test]
async fn a_record_is_written_whole() {
    let (_directory, path) = place();
    let store = open(&path).await;
    let tracker = TaskTracker::new();
    let writer = UsageWriter::start(store.clone(), &tracker, WriterLimits::default());
    writer.record(record("m-1", 12));
    let mut failed = record("m-2", 13);
    failed.stream = false;
    failed.outcome = Outcome::Failed(529);
    failed.usage = None;
    failed.first_byte_ms = None;
    writer.record(failed);
    let mut cancelled = record("m-3", 14);
    cancelled.outcome = Outcome::Cancelled;
    cancelled.total_ms = u64::MAX;
    writer.record(cancelled);
    writer.close().await;

    let db = raw(&path).await;
    let rows = db
        .query_all_raw(Statement::from_string(
            db.get_database_backend(),
            "SELECT id || '|' || at || '|' || request || '|' || provider || '|' || account || '|' || asked || '|' || model \
             || '|' || format || '|' || stream || '|' || outcome || '|' || ifnull(status, '-') || '|' || ifnull(fresh, '-') \
             || '|' || ifnull(cache_read, '-') || '|' || ifnull(cache_write, '-') || '|' || ifnull(output, '-') \
             || '|' || ifnull(reasoning, '-') || '|' || ifnull(first_byte_ms, '-') || '|' || total_ms \
             FROM usage ORDER BY id",
        ))
        .await
        .expect("rows");
    let rows: Vec<String> = rows
        .iter()
        .map(|row| row.try_get_by_index(0).expect("text"))
        .collect();
    assert_eq!(
        rows,
        [
            "1|12|req-1|claude|env|fast|m-1|anthropic|1|completed|-|100|20|3|40|5|7|30",
            "2|13|req-1|claude|env|fast|m-2|anthropic|0|failed|529|-|-|-|-|-|-|30",
            "3|14|req-1|claude|env|fast|m-3|anthropic|1|cancelled|-|100|20|3|40|5|7|9223372036854775807",
        ]
    );
}

#[tokio::test]
async fn files_of_another_kind_are_named_and_left_alone() {
    let (directory, path) = place();
    let text = "this is a shopping list, not a database\n".repeat(50);
    fs::write(&path, &text).expect("written");
    assert_eq!(
        refused(&path).await.to_string(),
        format!(
            "`{}` is not a SQLite database; move it away, or set `database` to another path",
            path.display()
        )
    );
    assert_eq!(fs::read_to_string(&path).expect("text"), text);

    assert_eq!(
        refused(directory.path()).await.to_string(),
        format!(
            "`{}` is not a file; set `database` to another path",
            directory.path().display()
        )
    );

    let below_a_file = path.join("byokey.db");
    assert_eq!(
        refused(&below_a_file).await.to_string(),
        format!(
            "`{}` is not a directory; set `database` to another path",
            path.display()
        )
    );
    let error = refused(&below_a_file.join("byokey.db")).await;
    assert_eq!(
        (
            error.to_string(),
            std::error::Error::source(&error).map(ToString::to_string)
        ),
        (
            format!("cannot look at the directory `{}`", below_a_file.display()),
            Some("Not a directory (os error 20)".to_owned())
        )
    );

    let dangling = directory.path().join("dangling.db");
    symlink("/nowhere/at/all.db", &dangling).expect("linked");
    assert_eq!(
        refused(&dangling).await.to_string(),
        format!(
            "`{}` cannot be opened for writing; check the permissions of the file and of its directory",
            dangling.display()
        )
    );
}

#[tokio::test]
async fn a_damaged_database_is_named() {
    let (_directory, path) = place();
    open(&path).await.close().await.expect("closed");
    // the header stays, so SQLite takes it for its own; the first page's tree does not
    let mut bytes = fs::read(&path).expect("bytes");
    for byte in bytes.iter_mut().skip(100) {
        *byte = 0xa5;
    }
    fs::write(&path, &bytes).expect("written");
    assert_eq!(
        refused(&path).await.to_string(),
        format!(
            "`{}` is damaged; restore a copy of it, or move it away to begin a new one",
            path.display()
        )
    );
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let (_directory, path) = place();
    open(&path).await.close().await.expect("closed");
    let db = raw(&path).await;
    db.execute_unprepared("INSERT INTO seaql_migrations VALUES ('m20991231_000000_future', 0)")
        .await
        .expect("written");
    let migrations = "SELECT count(*) FROM seaql_migrations";
    let before: i64 = scalar(&db, migrations).await;
    assert_eq!(
        refused(&path).await.to_string(),
        format!(
            "`{}` was written by a newer byokey (its schema has `m20991231_000000_future`); update byokey, or set `database` to another path",
            path.display()
        )
    );
    assert_eq!(scalar::<i64>(&db, migrations).await, before);
}

#[tokio::test]
async fn a_row_that_means_nothing_is_an_error_with_its_chain() {
    let (_directory, path) = place();
    let store = open(&path).await;
    raw(&path)
        .await
        .execute_unprepared(
            "INSERT INTO accounts VALUES ('claude', 'x', 'telepathy', 'config', 1, 1, 1)",
        )
        .await
        .expect("written");
    let error: ByokError = store.accounts().await.expect_err("refused");
    let cause = error.source.as_ref().expect("a cause").to_string();
    assert_eq!(
        (error.kind, error.to_string(), cause),
        (
            Kind::Internal,
            "byokey's database cannot be read or written; the log of byokey says why".to_owned(),
            format!(
                "`{}` holds `telepathy` as `kind` of `accounts`, which means nothing to this byokey",
                path.display()
            )
        )
    );
}
