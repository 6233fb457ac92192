//! Retention and room.

use byokey_store::{LARGEST_RESPONSE, Pruned, ResponseArchive, ResponseLimits, Store};
use byokey_types::{
    Kind, Timestamp,
    ports::{Chain, ResponseStore, StoredResponse},
};
use pretty_assertions::assert_eq;

use super::{LIMITS, ROW, forget, left};
use crate::sample::{response, turn};

pub(super) async fn suite(store: &Store) {
    what_has_expired_is_pruned(store).await;
    the_oldest_make_room(store).await;
    what_is_too_large_is_refused(store).await;
}

async fn what_has_expired_is_pruned(store: &Store) {
    let archive = ResponseArchive::new(store.clone(), LIMITS);
    // more than go in one transaction
    let count = 600;
    for at in 0..count {
        let one = response(&format!("resp_{at}"), 1_000 + at);
        archive.put(&one).await.expect("kept");
    }
    // ten seconds after the first, and not a millisecond more
    assert_eq!(
        archive.prune(Timestamp(11_000)).await.expect("pruned"),
        Pruned::default()
    );
    assert_eq!(
        archive.prune(Timestamp(11_598)).await.expect("pruned"),
        Pruned {
            responses: 598,
            bytes: (0..598).map(|at| weight(&format!("resp_{at}"))).sum(),
            more: false
        }
    );
    assert_eq!(left(&archive).await, 2 * weight("resp_598"));
    let chain = archive.chain("resp_598", None, u64::MAX).await;
    assert_eq!(chain.expect("read"), Chain::Whole(vec![turn("resp_598")]));
    assert_eq!(archive.get("resp_597", None).await.expect("read"), None);
    forget(store, 2).await;
}

async fn the_oldest_make_room(store: &Store) {
    let row = weight("resp_1");
    let limits = ResponseLimits {
        max_size: 3 * row,
        ..LIMITS
    };
    let archive = ResponseArchive::new(store.clone(), limits);
    for (id, at) in [("resp_1", 3), ("resp_2", 1), ("resp_3", 2)] {
        archive.put(&response(id, at)).await.expect("kept");
    }
    let kept = async || {
        let mut kept = Vec::new();
        for id in ["resp_1", "resp_2", "resp_3", "resp_4", "resp_5"] {
            if archive.get(id, None).await.expect("read").is_some() {
                kept.push(id);
            }
        }
        kept
    };
    assert_eq!(kept().await, ["resp_1", "resp_2", "resp_3"]);
    // a replacement takes the room of what it replaces
    archive.put(&response("resp_1", 3)).await.expect("kept");
    assert_eq!(kept().await, ["resp_1", "resp_2", "resp_3"]);
    archive.put(&response("resp_4", 4)).await.expect("kept");
    assert_eq!(kept().await, ["resp_1", "resp_3", "resp_4"]);
    let large = StoredResponse {
        body: vec![b' '; usize::try_from(row).expect("a size")].into(),
        ..response("resp_5", 5)
    };
    archive.put(&large).await.expect("kept");
    assert_eq!(kept().await, ["resp_4", "resp_5"]);

    // a smaller limit, as after a change of the configuration
    let limits = ResponseLimits {
        max_size: row,
        ..LIMITS
    };
    let smaller = ResponseArchive::new(store.clone(), limits);
    let pruned = smaller.prune(Timestamp(0)).await.expect("pruned");
    assert_eq!((pruned.responses, pruned.more), (2, false));
    assert_eq!(kept().await, Vec::<&str>::new());
    assert_eq!(left(&archive).await, 0);
}

async fn what_is_too_large_is_refused(store: &Store) {
    let sized = |bytes: u64| StoredResponse {
        input: vec![b' '; usize::try_from(bytes).expect("a size")].into(),
        output: b""[..].into(),
        body: b""[..].into(),
        ..response("resp_1", 1)
    };
    let small = ResponseLimits {
        max_size: 2_000,
        ..LIMITS
    };
    let archive = ResponseArchive::new(store.clone(), small);
    let refused = async |archive: &ResponseArchive, bytes| {
        let error = archive.put(&sized(bytes)).await.expect_err("refused");
        assert_eq!(archive.get("resp_1", None).await.expect("read"), None);
        (error.kind, error.to_string())
    };
    assert_eq!(
        refused(&archive, 2_001 - ROW).await,
        (
            Kind::TooLarge,
            "the response `resp_1` has 1489 bytes and at most 1488 may be kept; send `\"store\": false`, or raise \
             `responses.max_size`"
                .to_owned()
        )
    );
    let large = ResponseArchive::new(store.clone(), LIMITS);
    assert_eq!(
        refused(&large, LARGEST_RESPONSE + 1).await,
        (
            Kind::TooLarge,
            "the response `resp_1` has 67108865 bytes and at most 67108864 may be kept; send `\"store\": false`"
                .to_owned()
        )
    );
    archive.put(&sized(2_000 - ROW)).await.expect("kept");
    assert_eq!(left(&archive).await, 2_000);
    large.put(&sized(LARGEST_RESPONSE)).await.expect("kept");
    let kept = large.get("resp_1", None).await.expect("read");
    assert!(kept == Some(sized(LARGEST_RESPONSE)));
    forget(store, 1).await;
}

/// What [`response`] of this id counts for.
fn weight(id: &str) -> u64 {
    let response = response(id, 1);
    let content = response.input.len() + response.output.len() + response.body.len();
    ROW + u64::try_from(content).expect("a size")
}
