//! What holds for kept responses on any database.

mod limits;

use std::time::Duration;

use byokey_store::{ResponseArchive, ResponseLimits, Store};
use byokey_types::{
    Timestamp,
    ports::{Chain, MAX_LINKS, ResponseStore, StoredResponse, Turn},
};
use pretty_assertions::assert_eq;

use crate::sample::{account_id, response, turn};

/// What a row counts for beside its content.
const ROW: u64 = 512;

const LIMITS: ResponseLimits = ResponseLimits {
    retention: Duration::from_secs(10),
    max_size: 1 << 30,
};

/// The whole contract, on a fresh store. Each check leaves nothing behind.
pub(crate) async fn suite(store: &Store) {
    a_response_is_kept_whole_and_replaced(store).await;
    another_owner_sees_nothing(store).await;
    a_chain_is_read_oldest_first(store).await;
    a_chain_has_its_bounds(store).await;
    a_deleted_response_stays_in_the_conversations_that_went_on(store).await;
    what_was_hidden_goes_with_the_last_that_needs_it(store).await;
    limits::suite(store).await;
}

async fn a_response_is_kept_whole_and_replaced(store: &Store) {
    let archive = ResponseArchive::new(store.clone(), LIMITS);
    let full = StoredResponse {
        owner: Some("digest".into()),
        previous: Some("resp_0".into()),
        account: Some(account_id("codex", "work")),
        upstream_id: Some("resp_upstream".into()),
        input: vec![0, 0xff, b'"', b'\''].into(),
        ..response("resp_1", 7)
    };
    archive.put(&full).await.expect("kept");
    let get = async || archive.get("resp_1", Some("digest")).await.expect("read");
    assert_eq!(get().await, Some(full.clone()));

    let again = StoredResponse {
        previous: None,
        account: None,
        upstream_id: None,
        status: "in_progress".into(),
        created_at: Timestamp(8),
        output: b"[]"[..].into(),
        body: b"{}"[..].into(),
        ..full
    };
    archive.put(&again).await.expect("kept");
    assert_eq!(get().await, Some(again));
    assert_eq!(
        archive.get("resp_2", Some("digest")).await.expect("read"),
        None
    );
    forget(store, 1).await;
}

async fn another_owner_sees_nothing(store: &Store) {
    let archive = ResponseArchive::new(store.clone(), LIMITS);
    let owners = [None, Some("ann"), Some("bob")];
    for (owner, at) in owners.into_iter().zip(1..) {
        let first = StoredResponse {
            owner: owner.map(Into::into),
            ..response("resp_1", at)
        };
        let second = StoredResponse {
            owner: owner.map(Into::into),
            previous: Some("resp_1".into()),
            ..response("resp_2", at)
        };
        archive.put(&first).await.expect("kept");
        archive.put(&second).await.expect("kept");
    }
    // nobody's text for an owner is that of another
    for stranger in ["", "key:ann", "ANN", "an%"] {
        let get = archive.get("resp_1", Some(stranger)).await;
        assert_eq!(get.expect("read"), None);
        let chain = archive.chain("resp_2", Some(stranger), u64::MAX).await;
        assert_eq!(chain.expect("read"), Chain::Unknown);
        let deleted = archive.delete("resp_1", Some(stranger)).await;
        assert!(!deleted.expect("an answer"));
    }
    assert!(
        archive
            .delete("resp_2", Some("ann"))
            .await
            .expect("an answer")
    );
    assert!(
        archive
            .delete("resp_1", Some("ann"))
            .await
            .expect("an answer")
    );
    for (owner, at) in [(None, 1), (Some("bob"), 3)] {
        let chain = archive.chain("resp_2", owner, u64::MAX).await;
        let turns = vec![turn("resp_1"), turn("resp_2")];
        assert_eq!(chain.expect("read"), Chain::Whole(turns));
        let first = archive.get("resp_1", owner).await.expect("read");
        assert_eq!(first.map(|first| first.created_at), Some(Timestamp(at)));
    }
    let chain = archive.chain("resp_2", Some("ann"), u64::MAX).await;
    assert_eq!(chain.expect("read"), Chain::Unknown);
    forget(store, 4).await;
}

async fn a_chain_is_read_oldest_first(store: &Store) {
    let archive = ResponseArchive::new(store.clone(), LIMITS);
    // the ids and the instants say nothing of the order
    let account = Some(account_id("codex", "work"));
    let first = StoredResponse {
        account: account.clone(),
        upstream_id: Some("u".into()),
        ..response("c", 3)
    };
    let second = StoredResponse {
        status: "incomplete".into(),
        ..after("c", response("a", 9))
    };
    put_all(
        &archive,
        &[
            after("a", response("b", 1)),
            second,
            after("a", response("other", 2)),
            first,
        ],
    )
    .await;
    let turns = vec![
        Turn {
            account,
            upstream_id: Some("u".into()),
            ..turn("c")
        },
        Turn {
            status: "incomplete".into(),
            ..turn("a")
        },
        turn("b"),
    ];
    let chain = async |id| archive.chain(id, None, u64::MAX).await.expect("read");
    assert_eq!(chain("b").await, Chain::Whole(turns.clone()));
    assert_eq!(chain("c").await, Chain::Whole(turns[..1].to_vec()));
    assert_eq!(chain("d").await, Chain::Unknown);

    let broken = after("gone", response("c", 3));
    archive.put(&broken).await.expect("kept");
    let rest = vec![turn("c"), turns[1].clone(), turn("b")];
    assert_eq!(
        chain("b").await,
        Chain::Broken {
            missing: "gone".into(),
            rest
        }
    );
    // what no client can make, but a database can hold
    archive
        .put(&after("b", response("c", 3)))
        .await
        .expect("kept");
    assert_eq!(chain("b").await, Chain::TooLong);
    forget(store, 4).await;
}

async fn a_chain_has_its_bounds(store: &Store) {
    let archive = ResponseArchive::new(store.clone(), LIMITS);
    let id = |number: usize| format!("resp_{number}");
    archive.put(&response("resp_1", 1)).await.expect("kept");
    for number in 2..=MAX_LINKS + 1 {
        let next = after(&id(number - 1), response(&id(number), 1));
        archive.put(&next).await.expect("kept");
    }
    let turns: Vec<Turn> = (1..=MAX_LINKS).map(|number| turn(&id(number))).collect();
    let items: usize = turns
        .iter()
        .map(|turn| turn.input.len() + turn.output.len())
        .sum();
    let bytes = u64::try_from(items).expect("a size");
    let chain = async |number: usize, bytes| {
        let chain = archive.chain(&id(number), None, bytes).await;
        chain.expect("read")
    };
    assert_eq!(chain(MAX_LINKS, bytes).await, Chain::Whole(turns.clone()));
    assert_eq!(chain(MAX_LINKS, bytes - 1).await, Chain::TooLarge);
    assert_eq!(chain(2, 0).await, Chain::TooLarge);
    assert_eq!(chain(MAX_LINKS + 1, u64::MAX).await, Chain::TooLong);
    // a thousand links whose beginning is gone: broken, and no longer too long
    let last = MAX_LINKS + 1;
    assert!(archive.delete(&id(last), None).await.expect("an answer"));
    let torn = after("gone", response("resp_1", 1));
    archive.put(&torn).await.expect("kept");
    assert_eq!(
        chain(MAX_LINKS, u64::MAX).await,
        Chain::Broken {
            missing: "gone".into(),
            rest: turns
        }
    );
    forget(store, u64::try_from(MAX_LINKS).expect("a count")).await;
}

async fn a_deleted_response_stays_in_the_conversations_that_went_on(store: &Store) {
    let archive = ResponseArchive::new(store.clone(), LIMITS);
    put_all(
        &archive,
        &[
            response("a", 1),
            after("a", response("b", 2)),
            after("b", response("c", 3)),
        ],
    )
    .await;
    let delete = async |id| archive.delete(id, None).await.expect("an answer");
    assert_eq!([delete("b").await, delete("b").await], [true, false]);
    let chain = async |id| archive.chain(id, None, u64::MAX).await.expect("read");
    let whole = Chain::Whole(vec![turn("a"), turn("b"), turn("c")]);
    assert_eq!(chain("c").await, whole);
    // but nobody can see it or go on from it
    assert_eq!(archive.get("b", None).await.expect("read"), None);
    assert_eq!(chain("b").await, Chain::Unknown);
    assert_eq!(chain("a").await, Chain::Whole(vec![turn("a")]));
    // a response of that id that is put again is as any other
    archive
        .put(&after("a", response("b", 2)))
        .await
        .expect("kept");
    assert_eq!(
        archive.get("b", None).await.expect("read"),
        Some(after("a", response("b", 2)))
    );
    forget(store, 3).await;
}

async fn what_was_hidden_goes_with_the_last_that_needs_it(store: &Store) {
    let archive = ResponseArchive::new(store.clone(), LIMITS);
    // a ─ b ─ c ─ d, and e beside c
    put_all(
        &archive,
        &[
            response("a", 1),
            after("a", response("b", 2)),
            after("b", response("c", 3)),
            after("c", response("d", 4)),
            after("b", response("e", 5)),
        ],
    )
    .await;
    let delete = async |id| archive.delete(id, None).await.expect("an answer");
    let body = |id: &str| u64::try_from(response(id, 1).body.len()).expect("a size");
    let row = |id: &str| {
        let turn = turn(id);
        ROW + u64::try_from(turn.input.len() + turn.output.len()).expect("a size")
    };
    assert_eq!([delete("b").await, delete("c").await], [true; 2]);
    assert_eq!(
        left(&archive).await,
        ["a", "b", "c", "d", "e"].map(row).iter().sum::<u64>() + body("a") + body("d") + body("e")
    );
    // c was kept for d alone, b is for e too
    assert!(delete("d").await);
    assert_eq!(
        left(&archive).await,
        ["a", "b", "e"].map(row).iter().sum::<u64>() + body("a") + body("e")
    );
    assert!(delete("e").await);
    assert_eq!(left(&archive).await, row("a") + body("a"));
    assert_eq!([delete("a").await, delete("a").await], [true, false]);
    assert_eq!(left(&archive).await, 0);
}

fn after(previous: &str, response: StoredResponse) -> StoredResponse {
    StoredResponse {
        previous: Some(previous.into()),
        ..response
    }
}

async fn put_all(archive: &ResponseArchive, responses: &[StoredResponse]) {
    for response in responses {
        archive.put(response).await.expect("kept");
    }
}

/// What all that is left counts for.
async fn left(archive: &ResponseArchive) -> u64 {
    archive.bytes().await.expect("read")
}

/// Ends a check: so many responses are left, and then none.
async fn forget(store: &Store, responses: u64) {
    let pruned = store.forget_responses().await.expect("pruned");
    assert_eq!((pruned.responses, pruned.more), (responses, false));
    let archive = ResponseArchive::new(store.clone(), LIMITS);
    assert_eq!(left(&archive).await, 0);
}
