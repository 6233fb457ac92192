//! Responses over WebSocket, as Codex speaks it: a connection, a request at a time, each going on from the one before.

use futures_util::SinkExt as _;
use http::{HeaderMap, Method};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

use crate::{
    byokey::Launch,
    client::{JSON, request, soon},
    responses_client::{about, heard, id, post, text, tools},
    socket::{Headers, Socket},
    stage::Stage,
    teller::Teller,
};

/// An event as it stands in a stream.
fn as_event(event: &Value) -> String {
    format!(
        "event: {}\ndata: {event}\n\n",
        event["type"].as_str().unwrap()
    )
}

fn user(text: &str) -> Value {
    json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]})
}

/// A turn as Codex takes it: nothing stored, what is new alone.
fn turn(model: &str, previous: &Value, input: impl Into<Value>) -> Value {
    let input: Value = input.into();
    let mut turn =
        json!({"model": model, "stream": true, "store": false, "input": input, "tools": tools()});
    if !previous.is_null() {
        turn["previous_response_id"] = previous.clone();
    }
    turn
}

#[tokio::test]
async fn w03_w05_codex_warms_up_and_works() {
    let stage = Stage::open().await;
    for model in ["up-msg/tools", "up-chat/tools"] {
        let mut socket = Socket::open(&stage.byokey).await;
        let developer = json!([{"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "be kind"}]}]);
        let mut warm = turn(model, &Value::Null, developer);
        warm["generate"] = false.into();
        let warm = socket.completed(&warm).await;
        assert_eq!(
            (&warm["output"], &warm["model"]),
            (&json!([]), &json!(model))
        );
        assert_eq!(stage.upstream.sandbox.take_requests().len(), 0);

        let first = socket
            .completed(&turn(model, &warm["id"], json!([user("go")])))
            .await;
        let results: Vec<Value> = first["output"].as_array().unwrap().iter()
            .filter(|item| item["type"] == "function_call")
            .map(|call| json!({"type": "function_call_output", "call_id": call["call_id"], "output": "done"}))
            .collect();
        assert_eq!(results.len(), 2, "{first}");
        stage.upstream.sandbox.take_requests();
        let second = socket.completed(&turn(model, &first["id"], results)).await;
        assert_eq!(text(&second), "The tools said: “done”, “done”.");
        let said: String = heard(&stage.upstream.only_request())
            .into_iter()
            .map(|(_, said)| said)
            .collect();
        assert!(
            said.contains("go") && said.contains("[get_weather][get_time]"),
            "{said}"
        );
        // it is this connection that remembers, and nobody else
        assert_eq!(
            about(&stage.byokey, Method::GET, id(&second), "any")
                .await
                .status,
            404
        );
        let events = Socket::open(&stage.byokey)
            .await
            .ask(&turn(model, &second["id"], json!([])))
            .await;
        assert_eq!(
            events[0]["error"],
            json!({
                "code": "previous_response_not_found", "type": "invalid_request_error", "param": "previous_response_id",
                "message": format!("Previous response with id '{}' not found.", id(&second)),
            })
        );
        assert_eq!(
            (&events[0]["type"], &events[0]["status"]),
            (&json!("error"), &json!(400))
        );
        // a transcript of its own stands for everything before
        stage.upstream.sandbox.take_requests();
        socket
            .completed(&turn(model, &Value::Null, json!([user("compacted")])))
            .await;
        let said = heard(&stage.upstream.only_request());
        assert_eq!(said, [("user".to_owned(), "compacted".to_owned())]);
    }
}

#[tokio::test]
async fn what_is_stored_goes_on_over_http_and_back() {
    let stage = Stage::open().await;
    let mut socket = Socket::open(&stage.byokey).await;
    let ask = |previous: Value, input: &str| json!({"model": "up-msg/echo", "previous_response_id": previous, "input": input});
    let first = socket.completed(&ask(Value::Null, "one")).await;
    let second = post(&stage.byokey, &ask(first["id"].clone(), "two"))
        .await
        .ok();
    stage.upstream.sandbox.take_requests();
    let mut third = ask(second["id"].clone(), "three");
    third["store"] = false.into();
    let third = socket.completed(&third).await;
    assert_eq!(heard(&stage.upstream.only_request()).len(), 5);
    socket.completed(&ask(third["id"].clone(), "four")).await;
    assert_eq!(heard(&stage.upstream.only_request()).len(), 7);
}

#[tokio::test]
async fn a_verbatim_upstream_hears_it_whole_and_its_events_pass_untouched() {
    let item = |at: usize| json!({"id": format!("msg_{at}"), "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "a", "annotations": []}]});
    let answer = |at: usize| {
        let events = [
            json!({"type": "response.created", "sequence_number": 0, "response": {"id": format!("resp_{at}"), "status": "in_progress", "output": []}}),
            json!({"type": "response.output_item.done", "sequence_number": 1, "output_index": 0, "item": item(at)}),
            json!({"type": "response.completed", "sequence_number": 2, "response": {"id": format!("resp_{at}"), "status": "completed", "store": false, "output": []}}),
        ];
        let text: Vec<String> = events.iter().map(as_event).collect();
        let text = text.concat();
        (events.to_vec(), text)
    };
    let overloaded = json!({"error": {"message": "busy", "type": "server_error", "param": null, "code": "server_is_overloaded"}});
    let teller = Teller::start(vec![
        (200, answer(1).1),
        (200, answer(2).1),
        (422, json!({"error": {"message": "no", "type": "invalid_request_error", "param": "x", "code": null}}).to_string()),
        (503, overloaded.to_string()),
    ])
    .await;
    let config = json!({"providers": {"up-resp": {"protocol": "openai-responses", "base_url": teller.url(), "api_key": "key-of-up-resp-4"}}});
    let byokey = Launch::serve(&config).start().await;
    let mut socket = Socket::open(&byokey).await;
    let turn = |previous: Value, input: Value| json!({"model": "up-resp/m", "store": false, "previous_response_id": previous, "input": input, "client_metadata": {"k": 1.0}});
    assert_eq!(
        socket.ask(&turn(Value::Null, json!([user("one")]))).await,
        answer(1).0
    );
    assert_eq!(
        socket
            .ask(&turn(json!("resp_1"), json!([user("two")])))
            .await,
        answer(2).0
    );
    let asked: Vec<Value> = teller.asked().into_iter().map(|(_, body)| body).collect();
    assert_eq!(
        asked[1],
        json!({"model": "m", "store": false, "stream": true, "input": [user("one"), item(1), user("two")], "client_metadata": {"k": 1.0}})
    );
    // what the request has done wrong is told, and the connection goes on
    let refused = socket.ask(&turn(json!("resp_2"), json!([]))).await;
    assert_eq!(
        (&refused[0]["status"], &refused[0]["error"]["param"]),
        (&json!(422), &json!("x"))
    );
    // what may be better on another connection is told, and this one ends
    let refused = socket.ask(&turn(json!("resp_2"), json!([]))).await;
    assert_eq!(
        (&refused[0]["status"], &refused[0]["error"]),
        (&json!(503), &overloaded["error"])
    );
    assert!(refused[0]["headers"]["x-byokey-request-id"].is_string());
    assert_eq!(socket.next().await, Err(Some(CloseCode::Again)));
}

#[tokio::test]
async fn bad_frames_are_told() {
    let stage = Stage::open().await;
    let mut socket = Socket::open(&stage.byokey).await;
    for bad in [
        "nonsense",
        "[]",
        "{}",
        r#"{"type":"response.cancel"}"#,
        r#"{"type":"response.create","generate":5}"#,
        r#"{"type":"response.create"}"#,
        r#"{"type":"response.create","model":"nobody/knows","input":"x"}"#,
    ] {
        socket.say(bad).await;
        let event = socket.next().await.unwrap();
        let status = if bad.contains("nobody") { 404 } else { 400 };
        assert_eq!(
            (&event["type"], &event["status"]),
            (&json!("error"), &json!(status)),
            "{bad}: {event}"
        );
        assert!(event["error"]["message"].is_string(), "{event}");
    }
    socket.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(
        socket.next().await.unwrap()["error"]["code"],
        "invalid_frame"
    );
    let answer = socket
        .completed(&json!({"model": "up-msg/echo", "input": "still here"}))
        .await;
    assert_eq!(text(&answer), "still here");
}

#[tokio::test]
async fn one_request_runs_and_one_waits() {
    let stage = Stage::open().await;
    let mut socket = Socket::open(&stage.byokey).await;
    let create = |input: &str, model: &str| {
        json!({"type": "response.create", "model": model, "input": input}).to_string()
    };
    socket.say(create("first", "up-msg/lorem-30-10")).await;
    socket.say(create("second", "up-msg/echo")).await;
    socket.say(create("third", "up-msg/echo")).await;
    let events = socket.answer().await;
    let (refused, events) = if events.last().unwrap()["type"] == "error" {
        (events, socket.answer().await)
    } else {
        panic!("{events:?}")
    };
    let refused = refused.last().unwrap();
    assert_eq!(
        (&refused["status"], &refused["error"]["code"]),
        (&json!(409), &json!("response_already_in_flight"))
    );
    assert!(text(&events.last().unwrap()["response"]).starts_with("lorem"));
    assert_eq!(
        text(&socket.answer().await.last().unwrap()["response"]),
        "second"
    );
}

#[tokio::test]
async fn k08_hanging_up_lets_the_upstream_go() {
    let stage = Stage::open().await;
    for (model, closes) in [
        ("up-msg/stall-mid", true),
        ("up-chat/stall-mid", false),
        ("up-msg/stall-head", false),
    ] {
        let mut socket = Socket::open(&stage.byokey).await;
        let create = json!({"type": "response.create", "model": model, "input": "x"});
        socket.say(create.to_string()).await;
        if model.ends_with("mid") {
            socket.until("one ").await;
        } else {
            soon(stage.upstream.sandbox.until(|gauges| gauges.read == 3)).await;
        }
        if closes {
            socket.0.close(None).await.unwrap();
        }
        drop(socket);
        soon(stage.upstream.sandbox.disconnected()).await;
    }
    stage.byokey.serves().await;
    // each is on record as the client's own doing
    let cancelled = |log: &str| log.matches("status=499").count() == 3;
    assert!(soon(stage.byokey.stderr.until(cancelled)).await.is_some());
}

#[tokio::test]
async fn h10_what_is_too_long_ends_the_connection() {
    let stage = Stage::with(&json!({"body_limit": "64KiB"})).await;
    let mut socket = Socket::open(&stage.byokey).await;
    let fits = json!({"model": "up-msg/echo", "store": false, "input": "x".repeat(40 << 10)});
    let made = socket.completed(&fits).await;
    // so does a conversation that cannot be said again; the connection remembers as much as a request may hold
    let mut onward = fits.clone();
    onward["previous_response_id"] = made["id"].clone();
    let refused = socket.ask(&onward).await;
    assert_eq!(refused[0]["error"]["param"], "previous_response_id");
    socket.say("x".repeat(65 << 10)).await;
    assert_eq!(socket.next().await, Err(Some(CloseCode::Size)));
}

#[tokio::test]
async fn whoever_may_not_ask_may_not_open() {
    let more = json!({"clients": {"keys": [{"name": "a", "key": "client-key-of-a-1"}]}});
    let stage = Stage::with(&more).await;
    let own = format!("http://{}", stage.byokey.addr);
    let key = ("authorization", "Bearer client-key-of-a-1");
    let rows: [(Headers, Option<u16>); 7] = [
        (&[key], None),
        (&[key, ("origin", &own)], None),
        (&[], Some(401)),
        (&[("authorization", "Bearer wrong")], Some(401)),
        (&[key, ("host", "evil.example")], Some(403)),
        (&[key, ("origin", "http://evil.example")], Some(403)),
        (&[key, ("origin", "null")], Some(403)),
    ];
    for (headers, refused) in rows {
        let opened = Socket::with(&stage.byokey, headers).await;
        assert_eq!(opened.err(), refused, "{headers:?}");
    }
    // what is no whole upgrade is told to come over HTTP
    let upgrade = [("upgrade", "websocket"), ("connection", "upgrade"), key];
    let answer = stage
        .byokey
        .ask(request(Method::GET, "/v1/responses", &upgrade, ""))
        .await;
    assert_eq!(
        (answer.status, answer.header("upgrade")),
        (426, "websocket")
    );
    let answer = stage
        .byokey
        .ask(request(Method::GET, "/v1/responses", &[JSON, key], ""))
        .await;
    assert_eq!(answer.status, 405);
}

#[tokio::test]
async fn the_end_of_the_server_is_told() {
    let mut stage = Stage::with(&json!({"shutdown": {"drain": "300ms"}})).await;
    let mut idle = Socket::open(&stage.byokey).await;
    idle.completed(&json!({"model": "up-msg/echo", "input": "x"}))
        .await;
    let mut busy = Socket::open(&stage.byokey).await;
    busy.say(
        json!({"type": "response.create", "model": "up-msg/stall-mid", "input": "x"}).to_string(),
    )
    .await;
    busy.until("one ").await;
    stage.byokey.signal("TERM");
    assert_eq!(idle.next().await, Err(Some(CloseCode::Away)));
    let told = busy.answer().await;
    assert_eq!(told.last().unwrap()["type"], "response.failed", "{told:?}");
    assert_eq!(busy.next().await, Err(Some(CloseCode::Away)));
    drop((idle, busy));
    assert_eq!(stage.byokey.exited().await, Some(0));
}

/// What the upstream hears of the connection: Codex's own headers, and nothing of the transport.
#[tokio::test]
async fn the_headers_of_the_upgrade_go_with_each_request() {
    let stage = Stage::open().await;
    let headers: HeaderMap = {
        let mut socket = Socket::open(&stage.byokey).await;
        socket
            .completed(&json!({"model": "up-chat/echo", "input": "x"}))
            .await;
        stage.upstream.only_request().headers.clone()
    };
    for gone in ["openai-beta", "sec-websocket-key", "upgrade", "origin"] {
        assert!(!headers.contains_key(gone), "{gone}");
    }
}
