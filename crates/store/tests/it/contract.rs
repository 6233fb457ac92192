//! What holds for a store on any database: each check takes the store and knows nothing of what lies under it.

use byokey_store::{Store, UsageWriter, WriterLimits};
use byokey_types::{
    AccountKind, Timestamp, Usage,
    ports::{AccountRow, AccountStore, UsageSink, UsageStore, UsageTotals},
};
use pretty_assertions::assert_eq;
use tokio_util::task::TaskTracker;

use crate::{
    responses,
    sample::{account, account_id, open, place, record, totals},
};

async fn accounts_are_kept(store: &Store) {
    assert_eq!(store.accounts().await.expect("accounts"), []);

    let work = account("claude", "work", 1_000);
    let env = account("claude", "env", 2_000);
    let local = AccountRow {
        kind: AccountKind::Open,
        origin: "none needed".to_owned(),
        ..account("anvil", "open", 3_000)
    };
    for row in [&work, &env, &local] {
        store.put_account(row).await.expect("written");
    }
    assert_eq!(
        store.accounts().await.expect("accounts"),
        [local.clone(), env, work.clone()]
    );

    // a later sight of it keeps when it was first seen
    let again = AccountRow {
        kind: AccountKind::Login,
        origin: "browser".to_owned(),
        created_at: Timestamp(9_000),
        updated_at: Timestamp(9_000),
        ..work.clone()
    };
    store.put_account(&again).await.expect("written");
    let remove = async |label| {
        store
            .remove_account(&account_id("claude", label))
            .await
            .expect("an answer")
    };
    assert_eq!([remove("env").await, remove("env").await], [true, false]);
    assert_eq!(
        store.accounts().await.expect("accounts"),
        [
            local,
            AccountRow {
                created_at: Timestamp(1_000),
                ..again
            }
        ]
    );
}

async fn usage_is_summed(store: &Store) {
    let tracker = TaskTracker::new();
    let writer = UsageWriter::start(store.clone(), &tracker, WriterLimits::default());
    // more than a batch, and no multiple of a statement's rows
    for at in 0..300 {
        writer.record(record("big", at));
    }
    let mut silent = record("small", 500);
    silent.usage = None;
    writer.record(silent);
    let mut absurd = record("small", 501);
    absurd.usage = Some(Usage {
        fresh: Some(u64::MAX),
        output: Some(8),
        ..Usage::default()
    });
    writer.record(absurd);
    writer.flush().await;

    let since = async |at| store.totals_by_model(Timestamp(at)).await.expect("totals");
    let small = UsageTotals {
        requests: 2,
        fresh: u64::from(u32::MAX),
        output: 8,
        ..UsageTotals::default()
    };
    assert_eq!(
        since(0).await,
        [("big".into(), totals(300)), ("small".into(), small.clone())]
    );
    assert_eq!(
        since(290).await,
        [("big".into(), totals(10)), ("small".into(), small)]
    );
    assert_eq!(since(502).await, []);

    // an account may go; what it has cost does not
    store
        .remove_account(&account_id("claude", "env"))
        .await
        .expect("an answer");
    assert_eq!(since(0).await.len(), 2);
    writer.close().await;
    assert_eq!(writer.lost(), 0);
}

async fn closing_writes_what_is_queued(store: &Store) {
    let tracker = TaskTracker::new();
    let writer = UsageWriter::start(store.clone(), &tracker, WriterLimits::default());
    for at in 1_000..1_007 {
        writer.record(record("last", at));
    }
    writer.close().await;
    writer.record(record("last", 1_007));
    assert_eq!(
        store
            .totals_by_model(Timestamp(1_000))
            .await
            .expect("totals"),
        [("last".into(), totals(7))]
    );
    assert_eq!(writer.lost(), 1);
    tracker.close();
    tracker.wait().await;
}

async fn a_closed_store_loses_records_and_says_so(store: &Store) {
    let tracker = TaskTracker::new();
    let writer = UsageWriter::start(store.clone(), &tracker, WriterLimits::default());
    assert!(store.ping().await.is_ok());
    store.close().await.expect("closed");
    assert!(store.ping().await.is_err());
    for at in 0..3 {
        writer.record(record("never", at));
    }
    writer.close().await;
    assert_eq!(writer.lost(), 3);
}

/// The whole contract, on a fresh store.
async fn suite(store: &Store) {
    accounts_are_kept(store).await;
    usage_is_summed(store).await;
    closing_writes_what_is_queued(store).await;
    responses::suite(store).await;
    a_closed_store_loses_records_and_says_so(store).await;
}

#[tokio::test]
async fn sqlite_file() {
    let (_directory, path) = place();
    suite(&open(&path).await).await;
}

#[tokio::test]
async fn sqlite_memory() {
    let store = Store::open(&byokey_store::Location::Memory, None)
        .await
        .expect("an open store");
    suite(&store).await;
}
