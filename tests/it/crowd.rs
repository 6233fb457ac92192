//! Many at once: those who dawdle, and those who read slowly, keep nobody from being served.

use pretty_assertions::assert_eq;
use serde_json::json;

use crate::{
    client::{Client, bytes_of, plain_body, soon},
    stage::Stage,
};

#[tokio::test]
async fn h12_half_requests_hold_up_nobody() {
    let stage = Stage::open().await;
    let mut dawdlers = Vec::new();
    let body = plain_body("up-chat/echo", &json!({})).to_string();
    let whole = bytes_of("/v1/chat/completions", &body);
    for at in 0..50 {
        // nothing, a part of the first line, a part of the head, a part of the body
        let length = [0, 9, 60, whole.len() - 7][at % 4];
        dawdlers.push(stage.byokey.write(&whole[..length]).await);
    }
    for _ in 0..5 {
        stage.byokey.serves().await;
    }
    assert_eq!(stage.upstream.sandbox.requests().len(), 10);
    drop(dawdlers);
    stage.byokey.serves().await;
}

/// A reader that takes nothing slows its upstream instead of filling memory here.
#[tokio::test]
async fn a_slow_reader_slows_its_upstream() {
    let stage = Stage::open().await;
    for client in Client::ALL {
        for provider in [client.home(), client.abroad()] {
            let body = plain_body(
                &format!("{provider}/lorem-1000000"),
                &json!({"stream": true, "max_tokens": 128_000}),
            );
            let connection = stage
                .byokey
                .write(&bytes_of(client.path(), &body.to_string()))
                .await;
            soon(
                stage
                    .upstream
                    .sandbox
                    .until(|gauges| gauges.open_streams == 1),
            )
            .await;
            // it cannot end: some 20 MB do not fit into the buffers on the way
            for _ in 0..20 {
                stage.byokey.serves().await;
            }
            assert_eq!(
                stage.upstream.sandbox.open_streams(),
                1,
                "{client:?} {provider}"
            );
            let status =
                std::fs::read_to_string(format!("/proc/{}/status", stage.byokey.id())).unwrap();
            let resident = status
                .lines()
                .find_map(|line| line.strip_prefix("VmRSS:"))
                .unwrap();
            let kilobytes: u64 = resident.trim().trim_end_matches(" kB").parse().unwrap();
            assert!(kilobytes < 300 << 10, "{kilobytes} kB");
            drop(connection);
            soon(stage.upstream.sandbox.disconnected()).await;
        }
    }
}
