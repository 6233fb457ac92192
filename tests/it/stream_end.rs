//! How streams end, exactly once; and how a silent one is kept alive.

use std::time::{Duration, Instant};

use byokey_sandbox::{Ending, RawEnding, RawReply, Script, Step};
use bytes::Bytes;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{
    byokey::Launch,
    client::{Client, events},
    stage::Stage,
};

/// The providers that speak a client's format, and the other one.
fn ways(client: Client) -> [&'static str; 2] {
    [client.home(), client.abroad()]
}

#[tokio::test]
async fn k08_s12_a_stream_that_breaks_ends_in_one_error() {
    let stage = Stage::open().await;
    for client in Client::ALL {
        for provider in ways(client) {
            for (model, says) in [
                ("cut", ""),
                ("error-mid", "The server had an error|Overloaded"),
            ] {
                let answer = stage
                    .byokey
                    .ask(client.plain(&format!("{provider}/{model}"), true))
                    .await;
                let events = answer.events();
                let shown = format!("{client:?} {provider}/{model}: {:?}", answer.body);
                assert_eq!(client.terminals(&events), ["error"], "{shown}");
                let text = client.streamed_text(&events);
                assert!(text.starts_with("one "), "{shown}");
                let error = events.last().unwrap();
                let message = error["error"]["message"].as_str().unwrap();
                assert!(
                    says.split('|').any(|says| message.contains(says)),
                    "{shown}"
                );
                assert!(answer.body.ends_with(b"\n\n"), "{shown}");
            }
        }
    }
    stage.byokey.serves().await;
}

/// A reset connection, which the kernel reports and HTTP does not.
#[tokio::test]
async fn a_stream_that_is_reset_ends_in_one_error() {
    let stage = Stage::open().await;
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let echo = stage
        .byokey
        .ask(Client::Messages.plain("up-msg/lorem-9", true))
        .await
        .body;
    let text = std::str::from_utf8(&echo).unwrap();
    let half = &text[..text.find("event: content_block_stop").unwrap()];
    let reply =
        RawReply::new(format!("{head}{:x}\r\n{half}\r\n", half.len())).ending(RawEnding::Reset);
    let server = stage.upstream.raw(vec![reply]).await;
    let provider = json!({"providers": {"reset": {"protocol": "anthropic", "base_url": server.url(), "api_key": "k"}}});
    let byokey = Launch::serve(&stage.upstream.config(&provider))
        .start()
        .await;
    for client in Client::ALL {
        let answer = byokey.ask(client.plain("reset/m", true)).await;
        let events = answer.events();
        assert_eq!(client.terminals(&events), ["error"], "{:?}", answer.body);
        assert!(
            client.streamed_text(&events).starts_with("lorem "),
            "{:?}",
            answer.body
        );
    }
}

/// An upstream that closes in good order, but before it has said how it ended, has not ended well.
#[tokio::test]
async fn a_stream_without_an_end_is_no_success() {
    let stage = Stage::open().await;
    let compact = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"half\"},\"finish_reason\":null}]}\n\n";
    // as `json.dumps` of Python spells it
    let spaced = compact
        .replace(':', ": ")
        .replace("data: : ", "data: ")
        .replace(',', ", ");
    let unfinished = compact.replace(",\"finish_reason\":null", "");
    let started = concat!(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":\"m\",\"stop_reason\":null,\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}\n\n",
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"half\"}}\n\n",
    );
    let rows = [
        ("up-chat", compact),
        ("up-chat", &spaced),
        ("up-chat", &unfinished),
        ("up-msg", started),
    ];
    for (provider, stream) in rows {
        for script in [
            Script::events([stream.to_owned()]),
            Script::events([stream.to_owned()]).byte_by_byte(),
            // and in the middle of the next event
            Script::events([stream.to_owned(), "data: {\"cho".to_owned()]),
        ] {
            stage.upstream.sandbox.script("half", [script]);
            for client in Client::ALL {
                let answer = stage
                    .byokey
                    .ask(client.plain(&format!("{provider}/raw-half"), true))
                    .await;
                let events = answer.events();
                let told = (client.streamed_text(&events), client.terminals(&events));
                assert_eq!(
                    told,
                    ("half".to_owned(), vec!["error"]),
                    "{client:?} {stream}"
                );
            }
        }
    }
}

/// Some upstreams close behind the reason, without `[DONE]`: that is an end.
#[tokio::test]
async fn a_reason_to_stop_is_an_end() {
    let stage = Stage::open().await;
    let stream = concat!(
        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"all\"},\"finish_reason\":null}]}\n\n",
        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    );
    stage
        .upstream
        .sandbox
        .script("all", [Script::events([stream])]);
    let answer = stage
        .byokey
        .ask(Client::Chat.plain("up-chat/raw-all", true))
        .await;
    assert_eq!(answer.body, stream);
    let answer = stage
        .byokey
        .ask(Client::Messages.plain("up-chat/raw-all", true))
        .await;
    assert_eq!(
        Client::Messages.terminals(&answer.events()),
        ["message_stop"]
    );
}

/// What comes behind the end of a stream is not the client's to hear as another end.
#[tokio::test]
async fn nothing_follows_the_end() {
    let stage = Stage::open().await;
    let echo = stage
        .byokey
        .ask(Client::Messages.plain("up-msg/echo", true))
        .await;
    let late = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"late\"}}\n\n";
    let script =
        Script::events([echo.body, Bytes::from_static(late.as_bytes())]).ending(Ending::Cut);
    stage.upstream.sandbox.script("late", [script]);
    let answer = stage
        .byokey
        .ask(Client::Chat.plain("up-msg/raw-late", true))
        .await;
    assert_eq!(Client::Chat.terminals(&answer.events()), ["[DONE]"]);
}

#[tokio::test]
async fn whole_answers_that_break_are_errors() {
    let stage = Stage::open().await;
    for client in Client::ALL {
        for provider in ways(client) {
            for model in ["cut", "cut-head"] {
                let answer = stage
                    .byokey
                    .ask(client.plain(&format!("{provider}/{model}"), false))
                    .await;
                assert_eq!(client.fault(&answer).0, 502, "{provider}/{model}");
            }
        }
    }
}

/// A body that must not be streamed and is, and the reverse.
#[tokio::test]
async fn streams_and_wholes_are_turned_into_each_other() {
    let stage = Stage::open().await;
    for client in Client::ALL {
        let model = format!("{}/echo", client.home());
        let stream = stage.byokey.ask(client.plain(&model, true)).await.body;
        let whole = stage.byokey.ask(client.plain(&model, false)).await.body;
        stage
            .upstream
            .sandbox
            .script("stream", [Script::events([stream])]);
        stage
            .upstream
            .sandbox
            .script("whole", [Script::json(200, whole)]);
        for reader in Client::ALL {
            let answer = stage
                .byokey
                .ask(reader.plain(&format!("{}/raw-stream", client.home()), false))
                .await;
            assert_eq!(
                reader.text(&answer.ok()),
                "hi there",
                "{client:?} {reader:?}"
            );
            let answer = stage
                .byokey
                .ask(reader.plain(&format!("{}/raw-whole", client.home()), true))
                .await;
            assert_eq!(answer.header("content-type"), "text/event-stream");
            let events = answer.events();
            assert_eq!(
                reader.streamed_text(&events),
                "hi there",
                "{client:?} {reader:?}"
            );
            assert_eq!(reader.terminals(&events), [reader.good_end()]);
        }
    }
}

fn keepalive(duration: &str) -> Value {
    json!({"streaming": {"keepalive": duration}})
}

/// Signs of life in what was seen: comments for Chat, `ping` events for Messages.
fn signs(client: Client, seen: &[u8]) -> usize {
    let text = String::from_utf8(seen.to_vec()).unwrap();
    match client {
        Client::Chat => text.lines().filter(|line| line.starts_with(':')).count(),
        Client::Messages => events(seen)
            .iter()
            .filter(|event| event["type"] == "ping")
            .count(),
    }
}

#[tokio::test]
async fn h03_silence_is_filled_once_the_answer_is_committed() {
    let interval = Duration::from_millis(400);
    let stage = Stage::with(&keepalive("400ms")).await;
    for client in Client::ALL {
        for provider in ways(client) {
            // silent from the start: the head comes only when the client needs bytes
            let asked = Instant::now();
            let mut coming = stage
                .byokey
                .open(client.plain(&format!("{provider}/stall"), true))
                .await;
            assert!(asked.elapsed() >= interval, "{:?}", asked.elapsed());
            assert_eq!(coming.status, 200);
            while signs(client, &coming.seen) < 2 {
                coming.more().await.unwrap().unwrap();
            }
            assert!(asked.elapsed() >= interval * 3);
            assert_eq!(signs_only(client, &coming.seen), "");
            drop(coming);
            // silent in the middle: content first, at once
            let mut coming = stage
                .byokey
                .open(client.plain(&format!("{provider}/stall-mid"), true))
                .await;
            coming.until("one ").await;
            let (silent, before) = (Instant::now(), signs(client, &coming.seen));
            while signs(client, &coming.seen) < before + 2 {
                coming.more().await.unwrap().unwrap();
            }
            assert!(silent.elapsed() >= interval);
        }
    }
}

/// What is left of a stream without its signs of life.
fn signs_only(client: Client, seen: &[u8]) -> String {
    let text = String::from_utf8(seen.to_vec()).unwrap();
    match client {
        Client::Chat => text.lines().filter(|line| !line.starts_with(':')).collect(),
        Client::Messages => {
            let lines = text.lines().filter(|line| *line != "event: ping");
            lines
                .filter(|line| !line.replace(' ', "").contains("{\"type\":\"ping\"}"))
                .collect()
        }
    }
}

#[tokio::test]
async fn no_sign_of_life_without_need_or_against_the_will() {
    for duration in ["0s", "1h"] {
        let stage = Stage::with(&keepalive(duration)).await;
        for client in Client::ALL {
            for provider in ways(client) {
                let asked = Instant::now();
                let mut coming = stage
                    .byokey
                    .open(client.plain(&format!("{provider}/slow-start-300"), true))
                    .await;
                // the handshake alone commits nothing
                assert!(asked.elapsed() >= Duration::from_millis(300));
                coming.until("hi th").await;
                let answer = coming.whole().await;
                assert_eq!(client.terminals(&answer.events()), [client.good_end()]);
                // this upstream sends one of its own
                let upstream_s = usize::from(provider == "up-msg" && client == Client::Messages);
                assert_eq!(signs(client, &answer.body), upstream_s, "{provider}");
            }
        }
    }
}

/// A sign of life never stands inside an event.
#[tokio::test]
async fn a_half_event_is_not_interrupted() {
    let stage = Stage::with(&keepalive("100ms")).await;
    for client in Client::ALL {
        let whole = stage
            .byokey
            .ask(client.plain(&format!("{}/echo", client.home()), true))
            .await
            .body;
        let at = whole
            .windows(5)
            .position(|window| window == b"hi th")
            .unwrap()
            + 3;
        let mut script = Script::events([whole.slice(..at)]);
        script.steps.push(Step::Wait(Duration::from_millis(700)));
        script.steps.push(Step::Send(whole.slice(at..)));
        stage.upstream.sandbox.script("half", [script]);
        let answer = stage
            .byokey
            .ask(client.plain(&format!("{}/raw-half", client.home()), true))
            .await;
        assert_eq!(client.streamed_text(&answer.events()), "hi there");
        assert_eq!(client.terminals(&answer.events()), [client.good_end()]);
    }
}
