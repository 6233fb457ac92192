//! Upstreams that speak Responses themselves: what they keep is theirs to remember, what they do not is said again.

use http::Method;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{
    byokey::{Byokey, Launch},
    client::{JSON, request},
    responses_client::{about, assert_unknown, fault, id, post, response},
    stage::Upstream,
    teller::Teller,
};

/// An answer of the upstream; `output` is one message that says `says`, behind reasoning if there is any.
fn answer(id: &str, store: bool, says: &str, reasoning: Option<Value>) -> Value {
    let message = json!({
        "id": format!("msg_of_{id}"), "type": "message", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": says, "annotations": []}],
    });
    let output: Vec<Value> = reasoning.into_iter().chain([message]).collect();
    json!({
        "id": id, "object": "response", "created_at": 1, "status": "completed", "model": "m", "store": store,
        "output": output, "usage": {"input_tokens": 3, "output_tokens": 1, "total_tokens": 4},
    })
}

fn user(text: &str) -> Value {
    json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]})
}

async fn in_front_of(teller: &Teller, more: &[&Teller]) -> Byokey {
    let keys: Vec<Value> = [teller]
        .iter()
        .chain(more)
        .enumerate()
        .map(|(at, teller)| json!({"label": format!("account-{at}"), "api_key": format!("key-of-account-{at}"), "base_url": teller.url()}))
        .collect();
    let config = json!({"providers": {
        "up-resp": {"protocol": "openai-responses", "base_url": teller.url(), "api_keys": keys},
    }});
    Launch::serve(&config).start().await
}

fn ask(previous: &str, input: &str) -> Value {
    let mut body = json!({"model": "up-resp/m", "input": input});
    if !previous.is_empty() {
        body["previous_response_id"] = previous.into();
    }
    body
}

/// What reached the upstream: the id that was passed on, and the input.
fn gone(teller: &Teller) -> Vec<(Value, Value)> {
    let rows = teller.asked().into_iter();
    rows.map(|(line, body)| {
        assert_eq!(line, "POST /v1/responses");
        (body["previous_response_id"].clone(), body["input"].clone())
    })
    .collect()
}

#[tokio::test]
async fn w02_an_id_is_passed_on_to_the_upstream_that_keeps_it() {
    let said = [
        answer("resp_1", true, "a", None),
        answer("resp_2", true, "b", None),
        answer("resp_3", true, "c", None),
    ];
    let teller = Teller::start(said.iter().map(|body| (200, body.to_string())).collect()).await;
    let byokey = in_front_of(&teller, &[]).await;
    assert_eq!(post(&byokey, &ask("", "one")).await.ok(), said[0]);
    assert_eq!(post(&byokey, &ask("resp_1", "two")).await.ok(), said[1]);
    // one that byokey has never seen may be known there
    assert_eq!(post(&byokey, &ask("resp_else", "x")).await.ok(), said[2]);
    assert_eq!(
        gone(&teller),
        [
            (Value::Null, json!("one")),
            (json!("resp_1"), json!("two")),
            (json!("resp_else"), json!("x")),
        ]
    );
}

#[tokio::test]
async fn w03_what_an_upstream_does_not_keep_is_said_again() {
    let thought =
        json!({"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "c2VhbA"});
    let unsealed = json!({"id": "rs_2", "type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]});
    let said = [
        answer("resp_1", false, "a", Some(thought.clone())),
        answer("resp_2", false, "b", Some(unsealed)),
        answer("resp_3", false, "c", None),
    ];
    let teller = Teller::start(said.iter().map(|body| (200, body.to_string())).collect()).await;
    let byokey = in_front_of(&teller, &[]).await;
    post(&byokey, &ask("", "one")).await.ok();
    let mut second = ask("resp_1", "two");
    second["input"] = json!([user("two"), {"type": "compaction_trigger"}]);
    post(&byokey, &second).await.ok();
    post(&byokey, &ask("resp_2", "three")).await.ok();
    let first = [
        user("one"),
        thought,
        said[0]["output"][1].clone(),
        user("two"),
    ];
    let asked = gone(&teller);
    // a trigger that has been obeyed is not said again, nor what nobody can read any more
    let mut all = first.to_vec();
    all.extend([said[1]["output"][1].clone(), user("three")]);
    assert_eq!(asked[2], (Value::Null, json!(all)));
}

#[tokio::test]
async fn an_upstream_that_has_forgotten_hears_it_again() {
    let forgotten = json!({"error": {
        "message": "Previous response with id 'resp_1' not found.", "type": "invalid_request_error",
        "param": "previous_response_id", "code": "previous_response_not_found",
    }});
    let said = answer("resp_1", true, "a", None);
    let again = answer("resp_2", true, "b", None);
    let teller = Teller::start(vec![
        (200, said.to_string()),
        (400, forgotten.to_string()),
        (200, again.to_string()),
        (400, forgotten.to_string().replace("resp_1", "resp_else")),
    ])
    .await;
    let byokey = in_front_of(&teller, &[]).await;
    post(&byokey, &ask("", "one")).await.ok();
    assert_eq!(post(&byokey, &ask("resp_1", "two")).await.ok(), again);
    assert_unknown(&post(&byokey, &ask("resp_else", "x")).await, "resp_else");
    let asked = gone(&teller);
    assert_eq!(asked[1].0, "resp_1");
    assert_eq!(
        asked[2],
        (
            Value::Null,
            json!([user("one"), said["output"][0], user("two")])
        )
    );
}

/// The order of accounts rotates: the one that made the response is asked all the same.
#[tokio::test]
async fn a_conversation_stays_with_its_account() {
    let rows = |from: u32| {
        (from..from + 6)
            .map(|at| {
                (
                    200,
                    answer(&format!("resp_{at}"), true, "x", None).to_string(),
                )
            })
            .collect()
    };
    let (one, other) = (Teller::start(rows(1)).await, Teller::start(rows(101)).await);
    let byokey = in_front_of(&one, &[&other]).await;
    let mut previous = String::new();
    for input in ["a", "b", "c", "d"] {
        let made = post(&byokey, &ask(&previous, input)).await.ok();
        previous = id(&made).to_owned();
    }
    let asked = [gone(&one), gone(&other)];
    let ids: Vec<_> = asked
        .iter()
        .map(|rows| rows.iter().filter(|(id, _)| !id.is_null()).count())
        .collect();
    assert!(ids == [3, 0] || ids == [0, 3], "{asked:?}");
}

/// A stream whose last event says nothing of what was said: it is in the items that were done.
#[tokio::test]
async fn streams_are_kept_as_the_client_got_them() {
    let whole = answer("resp_1", false, "a", None);
    let mut bare = whole.clone();
    bare["output"] = json!([]);
    let events = [
        json!({"type": "response.created", "sequence_number": 0, "response": {"id": "resp_1", "status": "in_progress", "output": []}}),
        json!({"type": "response.output_item.done", "sequence_number": 1, "output_index": 0, "item": whole["output"][0]}),
        json!({"type": "response.completed", "sequence_number": 2, "response": bare}),
    ];
    let event = |event: &Value| {
        format!(
            "event: {}\ndata: {event}\n\n",
            event["type"].as_str().unwrap()
        )
    };
    let stream: String = events.iter().map(event).collect();
    let cut: String = events[..2].iter().map(event).collect();
    let teller = Teller::start(vec![
        (200, stream.clone()),
        (200, answer("resp_2", true, "b", None).to_string()),
        (200, cut.replace("resp_1", "resp_cut")),
    ])
    .await;
    let byokey = in_front_of(&teller, &[]).await;
    let mut body = ask("", "one");
    body["stream"] = true.into();
    assert_eq!(post(&byokey, &body).await.body, stream);
    assert_eq!(
        about(&byokey, Method::GET, "resp_1", "any").await.ok(),
        whole
    );
    post(&byokey, &ask("resp_1", "two")).await.ok();
    assert_eq!(
        gone(&teller)[1].1,
        json!([user("one"), whole["output"][0], user("two")])
    );
    post(&byokey, &body).await;
    assert_eq!(
        about(&byokey, Method::GET, "resp_cut", "any").await.status,
        404
    );
}

#[tokio::test]
async fn what_runs_in_the_background_is_asked_for_where_it_runs() {
    let at = |status: &str| {
        let mut response = answer("resp_1", true, "", None);
        response["status"] = status.into();
        response["output"] = json!([]);
        response["background"] = true.into();
        response
    };
    let deleted = json!({"id": "resp_1", "object": "response", "deleted": true});
    let failing = json!({"error": {"message": "not now", "type": "server_error", "param": null, "code": null}});
    let teller = Teller::start(vec![
        (200, at("queued").to_string()),
        (200, at("in_progress").to_string()),
        (200, at("cancelled").to_string()),
        (503, failing.to_string()),
        (200, deleted.to_string()),
    ])
    .await;
    let byokey = in_front_of(&teller, &[]).await;
    let mut body = ask("", "one");
    body["background"] = true.into();
    assert_eq!(post(&byokey, &body).await.ok(), at("queued"));
    let one = async |method, under| about(&byokey, method, under, "any").await;
    assert_eq!(one(Method::GET, "resp_1").await.ok(), at("in_progress"));
    assert_eq!(
        one(Method::POST, "resp_1/cancel").await.ok(),
        at("cancelled")
    );
    // it is gone when it is gone there, too
    assert_eq!(fault(&one(Method::DELETE, "resp_1").await).0, 503);
    assert_eq!(one(Method::DELETE, "resp_1").await.ok(), deleted);
    assert_eq!(one(Method::GET, "resp_1").await.status, 404);
    let lines: Vec<String> = teller.asked().into_iter().map(|(line, _)| line).collect();
    assert_eq!(
        lines,
        [
            "POST /v1/responses",
            "GET /v1/responses/resp_1",
            "POST /v1/responses/resp_1/cancel",
            "DELETE /v1/responses/resp_1",
            "DELETE /v1/responses/resp_1",
        ]
    );
}

#[tokio::test]
async fn compaction_is_passed_on() {
    let compacted = json!({"id": "resp_9", "object": "response.compaction", "output": [{"type": "compaction", "encrypted_content": "x"}], "usage": {"input_tokens": 5, "output_tokens": 2}});
    let teller = Teller::start(vec![(200, compacted.to_string())]).await;
    let byokey = in_front_of(&teller, &[]).await;
    let body = json!({"model": "up-resp/m", "instructions": "i", "input": [user("one")]});
    let asked = request(
        Method::POST,
        "/v1/responses/compact",
        &[JSON],
        body.to_string(),
    );
    assert_eq!(byokey.ask(asked).await.ok(), compacted);
    let (line, mut heard) = teller.asked().remove(0);
    heard["model"] = "up-resp/m".into();
    assert_eq!((line.as_str(), heard), ("POST /v1/responses/compact", body));
}

/// A conversation that began elsewhere goes on at an upstream that keeps what it hears, and is known there from then on.
#[tokio::test]
async fn a_conversation_moves_in() {
    let upstream = Upstream::open().await;
    let said = [
        answer("resp_1", true, "b", None),
        answer("resp_2", true, "c", None),
    ];
    let teller = Teller::start(said.iter().map(|body| (200, body.to_string())).collect()).await;
    let config = upstream.config(&json!({"providers": {
        "up-resp": {"protocol": "openai-responses", "base_url": teller.url(), "api_key": "key-of-up-resp-4"},
    }}));
    let byokey = Launch::serve(&config).start().await;
    let first = post(&byokey, &json!({"model": "up-msg/echo", "input": "one"})).await;
    let first = response(&first);
    post(&byokey, &ask(id(&first), "two")).await.ok();
    post(&byokey, &ask("resp_1", "three")).await.ok();
    assert_eq!(
        gone(&teller),
        [
            (
                Value::Null,
                json!([user("one"), first["output"][0], user("two")])
            ),
            (json!("resp_1"), json!("three")),
        ]
    );
}
