//! Kept responses in a SQLite file: its size, what stays in it, and several users of it.

use std::{fs, path::Path, sync::Arc, time::Duration};

use byokey_migrations::Migrator;
use byokey_store::{ResponseArchive, ResponseLimits, Store};
use byokey_types::{
    ByokError, Timestamp,
    ports::{Chain, Clock, ResponseStore, StoredResponse},
};
use pretty_assertions::assert_eq;
use sea_orm::{ConnectionTrait, Statement};
use sea_orm_migration::MigratorTrait;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::sample::{open, place, raw, response, scalar, turn};

const LIMITS: ResponseLimits = ResponseLimits {
    retention: Duration::from_secs(10),
    max_size: 1 << 30,
};

fn archive(store: &Store) -> ResponseArchive {
    ResponseArchive::new(store.clone(), LIMITS)
}

/// One with a word in its input, and so many bytes in its body.
fn with_word(id: &str, word: &str, bytes: usize) -> StoredResponse {
    StoredResponse {
        input: format!(r#"["{word}"]"#).into(),
        body: word.repeat(bytes / word.len()).into(),
        ..response(id, 1)
    }
}

/// What the database and the log beside it have, and whether a word is in either.
fn look(path: &Path, word: &str) -> (u64, bool) {
    let log = format!("{}-wal", path.display());
    let mut files = vec![fs::read(path).expect("bytes")];
    files.extend(fs::read(log).ok());
    let bytes: usize = files.iter().map(Vec::len).sum();
    let word = word.as_bytes();
    let found = files
        .iter()
        .any(|bytes| bytes.windows(word.len()).any(|window| window == word));
    (u64::try_from(bytes).expect("a size"), found)
}

/// Rows, their bytes, and what the sum says they are.
async fn account_of(path: &Path) -> (i64, i64, i64) {
    let db = raw(path).await;
    let counted = "SELECT coalesce(sum(length(input) + length(output) + length(body) + 512), 0) FROM responses";
    (
        scalar(&db, "SELECT count(*) FROM responses").await,
        scalar(&db, counted).await,
        scalar(&db, "SELECT bytes FROM response_totals").await,
    )
}

#[tokio::test]
async fn two_stores_at_one_file_keep_one_account() {
    let (_directory, path) = place();
    let stores = [open(&path).await, open(&path).await];
    let limits = ResponseLimits {
        max_size: 200_000,
        ..LIMITS
    };
    let tracker = TaskTracker::new();
    let writers = stores.iter().zip(["left", "right"]).map(|(store, side)| {
        let archive = ResponseArchive::new(store.clone(), limits);
        tracker.spawn(async move {
            for number in 0..200 {
                let id = format!("resp_{side}_{}", number % 150);
                let one = StoredResponse {
                    previous: Some(format!("resp_{side}_{}", number / 2).into()),
                    body: vec![b' '; number * 10].into(),
                    ..response(&id, i64::try_from(number).expect("small"))
                };
                archive.put(&one).await.expect("kept");
                if number % 3 == 0 {
                    archive.delete(&id, None).await.expect("an answer");
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("no panic");
    }
    let (rows, counted, total) = account_of(&path).await;
    assert_eq!(counted, total);
    assert!((20..200_000).contains(&total) && rows > 20);

    // each sees what the other has put
    let [left, right] = stores.each_ref().map(archive);
    left.put(&response("a", 1_000)).await.expect("kept");
    let next = StoredResponse {
        previous: Some("a".into()),
        ..response("b", 1_001)
    };
    right.put(&next).await.expect("kept");
    let chain = left.chain("b", None, u64::MAX).await.expect("read");
    assert_eq!(chain, Chain::Whole(vec![turn("a"), turn("b")]));
    assert!(left.delete("b", None).await.expect("an answer"));
    assert_eq!(right.get("b", None).await.expect("read"), None);
}

#[tokio::test]
async fn what_is_deleted_is_gone_from_the_file() {
    let (_directory, path) = place();
    let store = open(&path).await;
    let archive = archive(&store);
    archive
        .put(&with_word("a", "aardvark", 10_000))
        .await
        .expect("kept");
    archive
        .put(&with_word("b", "bumblebee", 10_000))
        .await
        .expect("kept");
    assert!(look(&path, "aardvark").1);
    assert!(archive.delete("a", None).await.expect("an answer"));
    // the log is folded into the database
    store.close().await.expect("closed");
    assert!(!look(&path, "aardvark").1);
    assert!(look(&path, "bumblebee").1);
}

#[tokio::test]
async fn a_hidden_response_keeps_its_items_and_nothing_else() {
    let (_directory, path) = place();
    let store = open(&path).await;
    let archive = archive(&store);
    let first = StoredResponse {
        input: b"[\"itemised\"]"[..].into(),
        ..with_word("a", "bodily", 10_000)
    };
    let next = StoredResponse {
        previous: Some("a".into()),
        ..response("b", 2)
    };
    archive.put(&first).await.expect("kept");
    archive.put(&next).await.expect("kept");
    assert!(archive.delete("a", None).await.expect("an answer"));
    store.close().await.expect("closed");
    assert_eq!(
        [look(&path, "itemised").1, look(&path, "bodily").1],
        [true, false]
    );
}

#[tokio::test]
async fn the_file_shrinks_when_much_has_gone_and_does_not_grow_when_some_goes() {
    const SIZE: usize = 1 << 20;
    let (_directory, path) = place();
    let store = open(&path).await;
    let limits = ResponseLimits {
        max_size: 8 << 20,
        ..LIMITS
    };
    let small = ResponseArchive::new(store.clone(), limits);
    for number in 0..40 {
        let one = with_word(&format!("resp_{number}"), "w", SIZE);
        small.put(&one).await.expect("kept");
    }
    // the log is cut when it begins again
    store.close().await.expect("closed");
    let (bytes, _) = look(&path, "never there");
    assert!((7 << 20..11 << 20).contains(&bytes), "{bytes}");

    let store = open(&path).await;
    let large = archive(&store);
    for number in 0..60 {
        let one = with_word(&format!("resp_{number}"), "w", SIZE);
        large.put(&one).await.expect("kept");
    }
    let mut passes = 1;
    while large.prune(Timestamp(20_000)).await.expect("pruned").more {
        passes += 1;
    }
    store.close().await.expect("closed");
    // what is spared is for the next ones
    let (bytes, _) = look(&path, "never there");
    assert!((15 << 20..18 << 20).contains(&bytes), "{bytes}");
    assert_eq!(passes, 3);
}

#[tokio::test]
async fn many_expired_responses_go_in_several_passes() {
    let (_directory, path) = place();
    let store = open(&path).await;
    raw(&path)
        .await
        .execute_unprepared(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 5000) \
             INSERT INTO responses SELECT n, '', n, n, NULL, NULL, NULL, NULL, 'm', 'completed', false, 0, 512, x'', x'', x'' \
             FROM n; \
             UPDATE response_totals SET bytes = 5000 * 512",
        )
        .await
        .expect("written");
    let mut passes = Vec::new();
    loop {
        let pass = archive(&store).prune(Timestamp(14_999)).await;
        let pass = pass.expect("pruned");
        passes.push((pass.responses, pass.bytes, pass.more));
        if !pass.more {
            break;
        }
    }
    assert_eq!(
        passes,
        [(4_096, 4_096 * 512, true), (902, 902 * 512, false)]
    );
    assert_eq!(account_of(&path).await, (2, 1_024, 1_024));
}

#[tokio::test]
async fn a_file_of_an_earlier_byokey_can_shrink_too() {
    let (_directory, path) = place();
    let db = raw(&path).await;
    Migrator::up(&db, Some(2)).await.expect("migrated");
    db.execute_unprepared("INSERT INTO accounts VALUES ('claude', 'x', 'open', 'config', 1, 1, 1)")
        .await
        .expect("written");
    assert_eq!(scalar::<i64>(&db, "PRAGMA auto_vacuum").await, 0);
    db.close().await.expect("closed");

    open(&path).await.close().await.expect("closed");
    let db = raw(&path).await;
    assert_eq!(scalar::<i64>(&db, "PRAGMA auto_vacuum").await, 2);
    assert_eq!(scalar::<i64>(&db, "SELECT count(*) FROM accounts").await, 1);
}

#[tokio::test]
async fn nothing_is_looked_for_in_the_whole_table() {
    let (_directory, path) = place();
    open(&path).await;
    let db = raw(&path).await;
    for (sql, index) in [
        (
            "SELECT seq, bytes FROM responses ORDER BY created_at, seq LIMIT 256",
            "SCAN responses USING INDEX responses_created_at",
        ),
        (
            "SELECT seq, bytes FROM responses WHERE created_at < 7 ORDER BY created_at, seq LIMIT 256",
            "SEARCH responses USING INDEX responses_created_at (created_at<?)",
        ),
        (
            "SELECT 1 FROM responses WHERE owner = 'x' AND previous = 'y' LIMIT 1",
            "SEARCH responses USING COVERING INDEX responses_owner_previous (owner=? AND previous=?)",
        ),
        (
            "SELECT * FROM responses WHERE owner = 'x' AND id = 'y' AND deleted = false",
            "SEARCH responses USING INDEX responses_owner_id (owner=? AND id=?)",
        ),
    ] {
        let plan = Statement::from_string(
            db.get_database_backend(),
            format!("EXPLAIN QUERY PLAN {sql}"),
        );
        let rows = db.query_all_raw(plan).await.expect("a plan");
        let steps: Vec<String> = rows
            .iter()
            .map(|row| row.try_get_by_index(3).expect("text"))
            .collect();
        assert_eq!(steps, [index]);
    }
}

#[tokio::test]
async fn a_row_that_means_nothing_is_an_error_with_its_chain() {
    let (_directory, path) = place();
    let store = open(&path).await;
    let archive = archive(&store);
    archive.put(&response("a", 1)).await.expect("kept");
    raw(&path)
        .await
        .execute_unprepared("UPDATE responses SET provider = 'No Id', account = 'x'")
        .await
        .expect("written");
    let cause = |error: ByokError| error.source.map(|source| source.to_string());
    let expected = Some(format!(
        "`{}` holds `No Id` as `provider` of `responses`, which means nothing to this byokey",
        path.display()
    ));
    let get = archive.get("a", None).await.expect_err("refused");
    let chain = archive.chain("a", None, 1_000).await.expect_err("refused");
    assert_eq!([cause(get), cause(chain)], [expected.clone(), expected]);
}

struct Stopped(i64);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp(self.0)
    }
}

#[tokio::test]
async fn the_task_prunes_what_it_finds_at_the_start() {
    let (_directory, path) = place();
    let store = open(&path).await;
    for (id, at) in [("old", 1_000), ("new", 11_000)] {
        archive(&store).put(&response(id, at)).await.expect("kept");
    }
    let tracker = TaskTracker::new();
    let stop = CancellationToken::new();
    let archive = ResponseArchive::start(
        store.clone(),
        LIMITS,
        Arc::new(Stopped(11_001)),
        &tracker,
        stop.clone(),
    );
    while archive.get("old", None).await.expect("read").is_some() {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        archive.get("new", None).await.expect("read"),
        Some(response("new", 11_000))
    );
    stop.cancel();
    tracker.close();
    tracker.wait().await;
}
