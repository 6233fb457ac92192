//! Every request ends, whatever its upstream leaves undone, and what it has cost is recorded.

use byokey_types::{Format, ports::Outcome};
use pretty_assertions::assert_eq;

use crate::stage::{CLIENT_KEY, STREAM, Stage, rest, soon, stream_of, until};

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";
const CONTENT: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"one\"}}]}\n\n";
const COUNTED: &str =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}\n\n";

/// More turns of the runtime than anything here takes.
const MOST_TURNS: usize = 1 << 20;

/// (outcome, input tokens, output tokens) of the next record.
async fn record(stage: &mut Stage) -> (Outcome, u64, Option<u64>) {
    let record = stage.record().await;
    let usage = record.usage.unwrap_or_default();
    (record.outcome, usage.input(), usage.output)
}

#[tokio::test]
async fn an_answer_that_is_whole_does_not_wait_for_its_upstream_to_close() {
    let done = [CONTENT, COUNTED, "data: [DONE]\n\n"].concat();
    let mut stage = Stage::open(Format::OpenAiChat, stream_of(&done)).await;
    for (path, end) in [(CHAT, "data: [DONE]"), (MESSAGES, "event: message_stop")] {
        let answer = rest(stage.ask(path, CLIENT_KEY, STREAM).await).await;
        assert_eq!(answer.matches(end).count(), 1, "{answer}");
        let expected = (Outcome::Completed, 5, Some(7));
        assert_eq!(record(&mut stage).await, expected);
    }
}

#[tokio::test]
async fn the_second_call_to_end_drops_streams_and_records_them() {
    let begun = [CONTENT, COUNTED].concat();
    let mut stage = Stage::open(Format::OpenAiChat, stream_of(&begun)).await;
    let mut open = stage.ask(CHAT, CLIENT_KEY, STREAM).await;
    until(&mut open, "one").await;
    stage.drain.begin.cancel();
    stage.drain.at_once.cancel();
    soon(&mut stage.serving).await.unwrap();
    let expected = (Outcome::Cancelled, 5, Some(7));
    assert_eq!(record(&mut stage).await, expected);
}

/// A caller who hangs up before any content has still cost the prompt.
#[tokio::test]
async fn what_a_handshake_has_cost_is_recorded() {
    let handshake = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":\"m\",\"usage\":{\"input_tokens\":55,\"output_tokens\":1}}}\n\n";
    let mut stage = Stage::open(Format::AnthropicMessages, stream_of(handshake)).await;
    for path in [CHAT, MESSAGES] {
        let hang_up_after = async |stage: &mut Stage, turns| {
            let asking = stage.ask(path, CLIENT_KEY, STREAM).await;
            stage.said(turns).await;
            drop(asking);
            record(stage).await
        };
        let mut turns = 100;
        let mut told = hang_up_after(&mut stage, turns).await;
        while told == (Outcome::Cancelled, 0, None) && turns < MOST_TURNS {
            turns *= 2;
            told = hang_up_after(&mut stage, turns).await;
        }
        assert_eq!(told, (Outcome::Cancelled, 55, Some(1)));
    }
}

#[tokio::test]
async fn half_an_error_is_an_error_when_the_time_is_up() {
    let head = "HTTP/1.1 429 Slow\r\nretry-after: 3\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"error\":";
    let cut_after = async |turns| {
        let mut stage = Stage::open(Format::OpenAiChat, head.into()).await;
        let asking = stage.ask(CHAT, CLIENT_KEY, STREAM).await;
        stage.said(turns).await;
        stage.app.cut.cancel();
        (rest(asking).await, record(&mut stage).await)
    };
    let mut turns = 100;
    let (mut answer, mut told) = cut_after(turns).await;
    while answer.starts_with("HTTP/1.1 503 ") && turns < MOST_TURNS {
        turns *= 2;
        (answer, told) = cut_after(turns).await;
    }
    assert!(answer.starts_with("HTTP/1.1 429 "), "{answer}");
    assert!(answer.contains("\r\nretry-after: 3\r\n"), "{answer}");
    assert_eq!(told, (Outcome::Failed(429), 0, None));
}

#[tokio::test]
async fn refusals_reach_those_who_send_a_lot() {
    let stage = Stage::open(Format::OpenAiChat, Vec::new()).await;
    let long = vec![b'x'; 16 << 20];
    for (path, key, status) in [
        (MESSAGES, "wrong", "401"),
        ("/v1/nothing", CLIENT_KEY, "404"),
        ("/v1/models", CLIENT_KEY, "405"),
    ] {
        let answer = rest(soon(stage.ask(path, key, &long)).await).await;
        assert_eq!(answer.get(9..12), Some(status), "{answer}");
    }
}
