//! W02, W06: WebSocket clients in front of upstreams that speak Responses over HTTP.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::{
    byokey::{Byokey, Launch},
    socket::Socket,
    teller::Teller,
};

async fn in_front_of(teller: &Teller) -> Byokey {
    let provider = json!({"protocol": "openai-responses", "base_url": teller.url(), "api_key": "key-of-up-resp-4"});
    Launch::serve(&json!({"providers": {"up-resp": provider}}))
        .start()
        .await
}

fn stream(events: &[Value]) -> String {
    let event = |event: &Value| {
        format!(
            "event: {}\ndata: {event}\n\n",
            event["type"].as_str().unwrap()
        )
    };
    events.iter().map(event).collect()
}

/// An upstream that keeps its responses hears what is new alone, and the call that it made is not said to it again.
#[tokio::test]
async fn w02_an_upstream_with_a_memory_hears_what_is_new() {
    let call = json!({"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}", "status": "completed"});
    let answer = |id: &str, items: &[Value]| {
        let mut events = vec![
            json!({"type": "response.created", "sequence_number": 0, "response": {"id": id, "status": "in_progress", "output": []}}),
        ];
        for item in items {
            events.push(json!({"type": "response.output_item.done", "sequence_number": 1, "output_index": 0, "item": item}));
        }
        events.push(json!({"type": "response.completed", "sequence_number": 2, "response": {"id": id, "status": "completed", "store": true, "output": items}}));
        stream(&events)
    };
    let teller = Teller::start(vec![
        (200, answer("resp_1", std::slice::from_ref(&call))),
        (200, answer("resp_2", &[])),
    ])
    .await;
    let byokey = in_front_of(&teller).await;
    let mut socket = Socket::open(&byokey).await;
    socket
        .completed(&json!({"model": "up-resp/m", "input": "go"}))
        .await;
    let result = json!([{"type": "function_call_output", "call_id": "call_1", "output": "done"}]);
    let onward = json!({"model": "up-resp/m", "previous_response_id": "resp_1", "input": result});
    assert_eq!(socket.completed(&onward).await["id"], "resp_2");
    let asked: Vec<_> = teller
        .asked()
        .into_iter()
        .map(|(_, body)| (body["previous_response_id"].clone(), body["input"].clone()))
        .collect();
    assert_eq!(
        asked,
        [(Value::Null, json!("go")), (json!("resp_1"), result)]
    );
}

/// What the request has done wrong is shown, and the connection goes on; where another try may help, it ends behind it.
#[tokio::test]
async fn w06_failures_are_shown_or_close_the_connection() {
    let shown = [400, 403, 404, 409, 413, 422];
    let ends = [
        (401, CloseCode::Policy),
        (408, CloseCode::Again),
        (429, CloseCode::Again),
        (500, CloseCode::Again),
        (502, CloseCode::Again),
        (503, CloseCode::Again),
    ];
    let failure = |status: u16| {
        let error = json!({"error": {"message": format!("no {status}"), "type": "some_error", "param": null, "code": "why"}});
        (status, error.to_string())
    };
    let statuses = shown.into_iter().chain(ends.map(|(status, _)| status));
    let teller = Teller::start(statuses.map(failure).collect()).await;
    let byokey = in_front_of(&teller).await;
    let ask = json!({"model": "up-resp/m", "input": "go"});
    let mut socket = Socket::open(&byokey).await;
    let told = async |socket: &mut Socket| {
        let [event] = &socket.ask(&ask).await[..] else {
            panic!("more than an error");
        };
        assert_eq!(event["type"], "error");
        (event["status"].clone(), event["error"]["message"].clone())
    };
    for status in shown {
        assert_eq!(
            told(&mut socket).await,
            (json!(status), json!(format!("no {status}")))
        );
    }
    for (status, code) in ends {
        assert_eq!(
            told(&mut socket).await,
            (json!(status), json!(format!("no {status}")))
        );
        assert_eq!(socket.next().await, Err(Some(code)), "{status}");
        socket = Socket::open(&byokey).await;
    }
    // each was asked once
    assert_eq!(teller.asked().len(), shown.len() + ends.len());
}
