//! The end of the server: open requests finish or are told, usage is written, the exit code is 0.

use byokey_store::{Location, Store};
use byokey_types::{Timestamp, ports::UsageStore as _};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::{
    client::{Client, soon},
    stage::Stage,
};

fn drain(duration: &str) -> Value {
    json!({"shutdown": {"drain": duration}})
}

/// (model, requests, output tokens) of everything that is on record.
async fn usage(stage: &Stage) -> Vec<(String, u64, u64)> {
    let file = stage.byokey.state().join("byokey.db");
    let store = Store::open(&Location::File(file), None).await.unwrap();
    let totals = store.totals_by_model(Timestamp(0)).await.unwrap();
    store.close().await.unwrap();
    let mut rows: Vec<_> = totals
        .into_iter()
        .map(|(model, totals)| (model.to_string(), totals.requests, totals.output))
        .collect();
    rows.sort();
    rows
}

#[tokio::test]
async fn open_streams_may_finish() {
    for signal in ["TERM", "INT"] {
        let mut stage = Stage::with(&drain("30s")).await;
        let mut open = Vec::new();
        for client in Client::ALL {
            let model = format!("{}/lorem-30-10", client.home());
            let mut coming = stage.byokey.open(client.plain(&model, true)).await;
            coming.until("lorem ").await;
            open.push((client, coming));
        }
        stage.byokey.signal(signal);
        let said = stage
            .byokey
            .stderr
            .until(|log| log.contains("shutting down"));
        assert!(soon(said).await.is_some());
        // new callers are turned away while the others are served
        let refused = async {
            while TcpStream::connect(stage.byokey.addr).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        soon(refused).await;
        assert_eq!(stage.upstream.sandbox.open_streams(), 2);
        for (client, coming) in open {
            let events = coming.whole().await.events();
            assert_eq!(client.terminals(&events), [client.good_end()]);
            assert_eq!(client.streamed_text(&events).matches("lorem").count(), 2);
        }
        assert_eq!(stage.byokey.exited().await, Some(0));
        assert_eq!(usage(&stage).await, [("lorem-30-10".to_owned(), 2, 60)]);
    }
}

#[tokio::test]
async fn at_the_deadline_streams_are_told() {
    let mut stage = Stage::with(&drain("300ms")).await;
    let mut streams = Vec::new();
    for client in Client::ALL {
        for provider in [client.home(), client.abroad()] {
            let plain = client.plain(&format!("{provider}/stall-mid"), true);
            let mut coming = stage.byokey.open(plain).await;
            coming.until("one ").await;
            streams.push((client, coming));
        }
    }
    // requests that have nothing yet, neither a head nor content
    let sandbox = &stage.upstream.sandbox;
    let waiting: Vec<_> = Client::ALL
        .into_iter()
        .flat_map(|client| ["stall-head", "stall"].map(|model| (client, model)))
        .map(|(client, model)| {
            let asking = stage
                .byokey
                .ask(client.plain(&format!("{}/{model}", client.home()), true));
            async move { (client, asking.await) }
        })
        .collect();
    let all = async {
        let mut answers = Vec::new();
        let mut waiting: Vec<_> = waiting.into_iter().map(Box::pin).collect();
        // all of them have been asked before the signal
        let asked = sandbox.until(|gauges| gauges.read == 8);
        tokio::pin!(asked);
        std::future::poll_fn(|cx| {
            for one in &mut waiting {
                assert!(
                    one.as_mut().poll(cx).is_pending(),
                    "an answer before the signal"
                );
            }
            asked.as_mut().poll(cx)
        })
        .await;
        stage.byokey.signal("TERM");
        for one in waiting {
            answers.push(one.await);
        }
        answers
    };
    for (client, answer) in soon(all).await {
        let (status, _, message) = client.fault(&answer);
        assert_eq!(
            (status, message.as_str()),
            (503, "byokey is shutting down; send the request again")
        );
    }
    for (client, coming) in streams {
        let events = coming.whole().await.events();
        assert_eq!(client.terminals(&events), ["error"]);
        let message = events.last().unwrap()["error"]["message"].as_str();
        assert_eq!(
            message,
            Some("byokey is shutting down; send the request again")
        );
    }
    assert_eq!(stage.byokey.exited().await, Some(0));
    let requests: Vec<_> = usage(&stage)
        .await
        .into_iter()
        .map(|(model, requests, _)| (model, requests))
        .collect();
    let row = |model: &str, requests| (model.to_owned(), requests);
    assert_eq!(
        requests,
        [row("stall", 2), row("stall-head", 2), row("stall-mid", 4)]
    );
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let mut stage = Stage::with(&drain("1h")).await;
    let mut coming = stage
        .byokey
        .open(Client::Chat.plain("up-chat/stall-mid", true))
        .await;
    coming.until("one ").await;
    stage.byokey.signal("TERM");
    let said = stage
        .byokey
        .stderr
        .until(|log| log.contains("shutting down"));
    assert!(soon(said).await.is_some());
    stage.byokey.signal("INT");
    assert_eq!(stage.byokey.exited().await, Some(0));
}

#[tokio::test]
async fn idle_connections_do_not_hold_it_up() {
    let mut stage = Stage::with(&drain("1h")).await;
    // one that has said nothing, and one that is kept alive behind an answer
    let mut idle = Vec::new();
    idle.push(stage.byokey.write(b"").await);
    let mut kept = stage
        .byokey
        .write(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    let mut heard = Vec::new();
    while !crate::client::contains(&heard, "ok\n") {
        soon(tokio::io::AsyncReadExt::read_buf(&mut kept, &mut heard))
            .await
            .unwrap();
    }
    idle.push(kept);
    stage.byokey.signal("TERM");
    assert_eq!(stage.byokey.exited().await, Some(0));
}
