//! Responses over a WebSocket.

mod endings;

use byokey_sandbox::{Outcome, Phase};
use futures_util::{SinkExt as _, StreamExt as _};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _},
};

use crate::{
    client::{Stage, patched, soon},
    responses_fold::{fold, pieces, without_ids},
};

type Line = WebSocketStream<TcpStream>;

async fn connect(stage: &Stage, path: &str, key: &str) -> Result<Line, Error> {
    let stream = TcpStream::connect(stage.sandbox.addr()).await.unwrap();
    let mut handshake = format!("ws://{}{path}", stage.sandbox.addr())
        .into_client_request()
        .unwrap();
    let headers = handshake.headers_mut();
    headers.insert("authorization", format!("Bearer {key}").parse().unwrap());
    headers.insert(
        "openai-beta",
        "responses_websockets=2026-02-06".parse().unwrap(),
    );
    client_async(handshake, stream).await.map(|(line, _)| line)
}

async fn open(stage: &Stage) -> Line {
    connect(stage, "/v1/responses", "any").await.unwrap()
}

async fn send(line: &mut Line, body: &Value) {
    line.send(Message::text(body.to_string())).await.unwrap();
}

async fn receive(line: &mut Line) -> Value {
    match soon(line.next()).await.unwrap().unwrap() {
        Message::Text(text) => serde_json::from_str(&text).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Everything up to the event that ends a response.
async fn ask(line: &mut Line, body: &Value) -> Vec<Value> {
    send(line, body).await;
    let mut events = Vec::new();
    loop {
        let event = receive(line).await;
        let kind = event["type"].as_str().unwrap().to_owned();
        events.push(event);
        if [
            "response.completed",
            "response.incomplete",
            "response.failed",
            "error",
        ]
        .contains(&kind.as_str())
        {
            return events;
        }
    }
}

fn create(model: &str, input: &Value) -> Value {
    json!({"type": "response.create", "model": model, "store": false, "input": input})
}

#[tokio::test]
async fn a_frame_is_the_data_of_an_event() {
    let stage = Stage::open().await;
    let mut line = open(&stage).await;
    let tools = json!([{"type": "function", "name": "f"}]);
    for (model, patch) in [
        ("echo", json!({})),
        (
            "think-tools",
            json!({"tools": tools, "reasoning": {"summary": "auto"}}),
        ),
        ("lorem-9", json!({})),
        ("long", json!({})),
    ] {
        let body = patched(&create(model, &json!("Grüße — 日本 🦀")), &patch);
        let said = without_ids(fold(&ask(&mut line, &body).await));
        let body = patched(&body, &json!({"type": null, "stream": true}));
        let events = stage.responses(&body).await.events();
        assert_eq!(said, without_ids(fold(&events)));
    }
    line.close(None).await.unwrap();
}

#[tokio::test]
async fn a_turn_continues_what_the_connection_remembers() {
    let stage = Stage::open().await;
    let mut line = open(&stage).await;
    let tools = json!([{"type": "custom", "name": "exec"}]);
    let developer = json!([{"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "d"}]}]);
    let warm = patched(
        &create("tools", &developer),
        &json!({"generate": false, "tools": tools}),
    );
    let warmed = ask(&mut line, &warm).await;
    let kinds: Vec<_> = warmed.iter().map(|event| &event["type"]).collect();
    assert_eq!(
        kinds,
        [
            "response.created",
            "response.in_progress",
            "response.completed"
        ]
    );
    let warmed = fold(&warmed);
    assert_eq!(
        (&warmed["output"], &warmed["usage"]["output_tokens"]),
        (&json!([]), &json!(0))
    );
    let next = |previous: &Value, input: Value| {
        patched(
            &create("tools", &input),
            &json!({"previous_response_id": previous, "tools": tools}),
        )
    };
    let called = fold(
        &ask(
            &mut line,
            &next(&warmed["id"], json!([{"role": "user", "content": "go"}])),
        )
        .await,
    );
    let call = called["output"][0].clone();
    assert_eq!(call["type"], "custom_tool_call");
    let result =
        json!([{"type": "custom_tool_call_output", "call_id": call["call_id"], "output": "done"}]);
    let finished = fold(&ask(&mut line, &next(&called["id"], result.clone())).await);
    assert_eq!(
        finished["output"][0]["content"][0]["text"],
        "The tools said: “done”."
    );
    // elsewhere nobody remembers
    let mut other = open(&stage).await;
    let error = ask(&mut other, &next(&called["id"], result)).await;
    let id = called["id"].as_str().unwrap();
    assert_eq!(
        error,
        [json!({"type": "error", "status": 400, "error": {
            "type": "invalid_request_error", "code": "previous_response_not_found", "param": "previous_response_id",
            "message": format!("Previous response with id '{id}' not found.")}})]
    );
    // and a turn that fails is forgotten
    let failing = patched(
        &next(&finished["id"], json!("x")),
        &json!({"model": "fail-500"}),
    );
    assert_eq!(ask(&mut line, &failing).await[0]["status"], 500);
    let again = ask(&mut line, &next(&finished["id"], json!("x"))).await;
    assert_eq!(again[0]["error"]["code"], "previous_response_not_found");
}

#[tokio::test]
async fn what_is_wrong_with_a_frame_is_told_in_a_frame() {
    let stage = Stage::open().await;
    let mut line = open(&stage).await;
    let cases = [
        (
            json!({"type": "response.cancel"}),
            400,
            "Invalid value: 'response.cancel'. Supported values are: 'response.create'.",
        ),
        (json!([]), 400, "We could not parse"),
        (
            create("nope", &json!("x")),
            400,
            "The requested model 'nope' does not exist.",
        ),
        (
            create(
                "echo",
                &json!([{"type": "function_call_output", "call_id": "c", "output": ""}]),
            ),
            400,
            "No tool call found for function call output with call_id c.",
        ),
        (
            create("fail-429", &json!("x")),
            429,
            "Rate limit reached for fail-429",
        ),
        (
            create("fail-503", &json!("x")),
            503,
            "That model is currently overloaded",
        ),
        (
            patched(
                &create("codex-echo", &json!([])),
                &json!({"instructions": ""}),
            ),
            400,
            "One of \"input\"",
        ),
        (
            create("codex-echo", &json!([])),
            400,
            "Instructions are required",
        ),
    ];
    for (body, status, message) in cases {
        let error = ask(&mut line, &body).await.remove(0);
        assert_eq!(
            (&error["type"], &error["status"]),
            (&json!("error"), &json!(status)),
            "{body}"
        );
        let told = error["error"]["message"].as_str().unwrap();
        assert!(told.starts_with(message), "{told}");
    }
    // the connection has survived all of them
    assert_eq!(
        fold(&ask(&mut line, &create("echo", &json!("x"))).await)["status"],
        "completed"
    );
}

#[tokio::test]
async fn the_backend_takes_previous_ids_here() {
    let stage = Stage::open().await;
    let mut line = connect(&stage, "/backend-api/codex/responses", "any")
        .await
        .unwrap();
    let user = json!([{"role": "user", "content": "x"}]);
    let body = patched(&create("echo", &user), &json!({"instructions": "i"}));
    let first = ask(&mut line, &body).await;
    assert_eq!(first[0]["type"], "codex.rate_limits");
    let id = &first.last().unwrap()["response"]["id"];
    let next = patched(&body, &json!({"previous_response_id": id}));
    let second = ask(&mut line, &next).await;
    assert_eq!(pieces(&second[1..])[0]["content"][0]["text"], "x");
}

#[tokio::test]
async fn every_frame_is_on_record() {
    let stage = Stage::open().await;
    let mut line = connect(&stage, "/v1/responses?a=b", "any").await.unwrap();
    let body = create("echo", &json!("x"));
    ask(&mut line, &body).await;
    send(&mut line, &create("stall-mid", &json!("y"))).await;
    receive(&mut line).await;
    drop(line);
    let hangup = soon(stage.sandbox.disconnected()).await;
    assert_eq!((hangup.number, hangup.phase), (3, Phase::Body));
    let seen: Vec<_> = stage
        .sandbox
        .requests()
        .into_iter()
        .map(|seen| {
            let body = serde_json::from_slice(&seen.body).unwrap_or(Value::Null);
            assert_eq!(
                seen.headers["openai-beta"],
                "responses_websockets=2026-02-06"
            );
            (
                seen.method.to_string(),
                seen.target,
                body["model"].clone(),
                seen.outcome,
            )
        })
        .collect();
    let entry = |model: Value, outcome| {
        (
            "GET".to_owned(),
            "/v1/responses?a=b".to_owned(),
            model,
            outcome,
        )
    };
    assert_eq!(
        seen,
        [
            entry(Value::Null, Outcome::Completed),
            entry(json!("echo"), Outcome::Completed),
            entry(json!("stall-mid"), Outcome::Disconnected(Phase::Body)),
        ]
    );
    assert_eq!(stage.sandbox.gauges().open_streams, 0);
}

#[tokio::test]
async fn requests_wait_their_turn() {
    let stage = Stage::open().await;
    let mut line = open(&stage).await;
    send(&mut line, &create("slow-start-20", &json!("one"))).await;
    send(&mut line, &create("echo", &json!("two"))).await;
    let mut said = Vec::new();
    while said.len() < 2 {
        let event = receive(&mut line).await;
        if event["type"] == "response.output_text.done" {
            said.push(event["text"].clone());
        }
    }
    assert_eq!(said, ["one", "two"]);
}
