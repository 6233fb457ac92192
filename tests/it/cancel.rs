//! A client that hangs up: its upstream is let go in every phase, and nothing is made of it.

use byokey_sandbox::{Hangup, Phase};
use pretty_assertions::assert_eq;
use serde_json::json;
use tokio::io::AsyncReadExt as _;

use crate::{
    client::{Client, bytes_of, plain_body, soon},
    stage::Stage,
};

/// (model, streamed, what the client waits for, how far the upstream had come)
const PHASES: [(&str, bool, &str, Phase); 6] = [
    ("stall-head", true, "", Phase::Head),
    ("stall", true, "", Phase::Body),
    ("stall-mid", true, "one ", Phase::Body),
    ("lorem-1000000", true, "ipsum", Phase::Body),
    ("stall-head", false, "", Phase::Head),
    ("stall-mid", false, "", Phase::Body),
];

#[tokio::test]
async fn k08_hanging_up_lets_the_upstream_go() {
    let stage = Stage::open().await;
    let sandbox = &stage.upstream.sandbox;
    let mut number = 0;
    for client in Client::ALL {
        for provider in [client.home(), client.abroad()] {
            for (model, stream, awaited, phase) in PHASES {
                number += 1;
                // more than the buffers on the way can hold
                let more = json!({"stream": stream, "max_tokens": 128_000});
                let body = plain_body(&format!("{provider}/{model}"), &more);
                let request = bytes_of(client.path(), &body.to_string());
                let mut connection = stage.byokey.write(&request).await;
                soon(sandbox.until(|gauges| match phase {
                    Phase::Body => gauges.open_streams == 1,
                    Phase::Head | Phase::Request => gauges.read == number,
                }))
                .await;
                let mut heard = Vec::new();
                while !crate::client::contains(&heard, awaited) {
                    assert!(soon(connection.read_buf(&mut heard)).await.unwrap() > 0);
                }
                drop(connection);
                let hangup = soon(sandbox.disconnected()).await;
                assert_eq!(
                    hangup,
                    Hangup { number, phase },
                    "{client:?} {provider}/{model} {stream}"
                );
                soon(sandbox.until(|gauges| gauges.open_streams == 0)).await;
            }
        }
    }
    stage.byokey.serves().await;
    // each of them is on record as what it was: the client's own doing
    let cancelled =
        |log: &str| log.matches("status=499").count() == usize::try_from(number).unwrap();
    assert!(soon(stage.byokey.stderr.until(cancelled)).await.is_some());
}
