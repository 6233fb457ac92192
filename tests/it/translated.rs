//! One format on one side, the other on the other: text, streams, tools, thinking, and what could not be said.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Client, JSON, plain_body, request},
    stage::Stage,
};

fn tools(client: Client) -> Value {
    let schema = |member: &str| json!({"type": "object", "properties": {member: {"type": "string"}}, "required": [member]});
    let rows = [
        ("get_weather", schema("city")),
        ("get_time", schema("zone")),
    ];
    let tools = rows.map(|(name, schema)| match client {
        Client::Chat => json!({"type": "function", "function": {"name": name, "description": "d", "parameters": schema}}),
        Client::Messages => json!({"name": name, "description": "d", "input_schema": schema}),
    });
    json!({"tools": tools})
}

/// Ids and names of the calls in an answer.
fn calls(client: Client, answer: &Value) -> Vec<(String, String)> {
    let (list, name) = match client {
        Client::Chat => (
            &answer["choices"][0]["message"]["tool_calls"],
            "/function/name",
        ),
        Client::Messages => (&answer["content"], "/name"),
    };
    let text = |value: &Value, path: &str| Some(value.pointer(path)?.as_str()?.to_owned());
    list.as_array()
        .unwrap_or_else(|| panic!("no calls: {answer}"))
        .iter()
        .filter_map(|call| Some((text(call, "/id")?, text(call, name)?)))
        .collect()
}

/// The conversation behind `body` with the answer, as it came, and a result for each of its calls.
fn carried_on(client: Client, body: &Value, answer: &Value) -> Value {
    let calls = calls(client, answer);
    let result = |id: &String, name: &String| match client {
        Client::Chat => {
            json!({"role": "tool", "tool_call_id": id, "content": format!("result of {name}")})
        }
        Client::Messages => {
            json!({"type": "tool_result", "tool_use_id": id, "content": format!("result of {name}")})
        }
    };
    let results: Vec<Value> = calls.iter().map(|(id, name)| result(id, name)).collect();
    let mut body = body.clone();
    let messages = body["messages"].as_array_mut().unwrap();
    match client {
        Client::Chat => {
            messages.push(answer["choices"][0]["message"].clone());
            messages.extend(results);
        }
        Client::Messages => {
            messages.push(json!({"role": "assistant", "content": answer["content"]}));
            messages.push(json!({"role": "user", "content": results}));
        }
    }
    body
}

fn own(answer: &Answer) -> [&str; 3] {
    ["x-byokey-provider", "x-byokey-model", "x-byokey-losses"].map(|name| answer.header(name))
}

#[tokio::test]
async fn text_crosses() {
    let stage = Stage::open().await;
    for client in Client::ALL {
        let model = format!("{}/echo", client.abroad());
        // strict: nothing that can be said is refused
        let strict = [JSON, ("x-byokey-strict", "true")];
        let body = plain_body(&model, &json!({})).to_string();
        let plain = request(http::Method::POST, client.path(), &strict, body);
        let answer = stage.byokey.ask(plain).await;
        let body = answer.ok();
        assert_eq!(client.text(&body), "hi there");
        // the client asked for this name, and for nothing else
        assert_eq!(body["model"], model);
        assert_eq!(own(&answer), [client.abroad(), "echo", ""]);
        assert!(answer.header("x-byokey-request-id").starts_with("req_"));
        let (stop, spent) = match client {
            Client::Chat => (&body["choices"][0]["finish_reason"], "prompt_tokens"),
            Client::Messages => (&body["stop_reason"], "input_tokens"),
        };
        assert_eq!(
            stop,
            if client == Client::Chat {
                "stop"
            } else {
                "end_turn"
            }
        );
        assert!(body["usage"][spent].as_u64().unwrap() > 0, "{body}");
    }
}

#[tokio::test]
async fn streams_cross() {
    let stage = Stage::open().await;
    for client in Client::ALL {
        let whole = |model: String, stream| stage.byokey.ask(client.plain(&model, stream));
        let model = format!("{}/lorem-200", client.abroad());
        let answer = whole(model.clone(), true).await;
        assert_eq!(answer.header("content-type"), "text/event-stream");
        assert_eq!(own(&answer), [client.abroad(), "lorem-200", ""]);
        let events = answer.events();
        let said = whole(model, false).await.ok();
        assert_eq!(client.streamed_text(&events), client.text(&said));
        assert_eq!(client.terminals(&events), [client.good_end()]);
        let kinds: Vec<_> = events
            .iter()
            .filter_map(|event| event["type"].as_str())
            .collect();
        if client == Client::Messages {
            assert_eq!(kinds[..2], ["message_start", "content_block_start"]);
            assert_eq!(
                kinds[kinds.len() - 3..],
                ["content_block_stop", "message_delta", "message_stop"]
            );
        } else {
            let finish = &events[events.len() - 2]["choices"][0]["finish_reason"];
            assert_eq!(
                (finish, events.last().unwrap()),
                (&json!("stop"), &json!("[DONE]"))
            );
            // nobody asked for it
            assert!(
                events
                    .iter()
                    .all(|event| event.get("usage").is_none_or(Value::is_null))
            );
        }
    }
}

#[tokio::test]
async fn a_chat_client_is_told_usage_when_it_asks() {
    let stage = Stage::open().await;
    let more = json!({"stream": true, "stream_options": {"include_usage": true}});
    let body = plain_body("up-msg/echo", &more).to_string();
    let events = stage.byokey.ask(Client::Chat.ask(body)).await.events();
    let [.., usage, done] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((done, &usage["choices"]), (&json!("[DONE]"), &json!([])));
    assert!(
        usage["usage"]["completion_tokens"].as_u64().unwrap() > 0,
        "{usage}"
    );
}

#[tokio::test]
async fn a_tool_loop_crosses() {
    let stage = Stage::open().await;
    for client in Client::ALL {
        let body = plain_body(&format!("{}/tools", client.abroad()), &tools(client));
        let answer = stage.byokey.ask(client.ask(body.to_string())).await.ok();
        let names: Vec<_> = calls(client, &answer)
            .into_iter()
            .map(|(_, name)| name)
            .collect();
        assert_eq!(names, ["get_weather", "get_time"], "{answer}");
        let body = carried_on(client, &body, &answer);
        let answer = stage.byokey.ask(client.ask(body.to_string())).await;
        assert_eq!(
            client.text(&answer.ok()),
            "The tools said: “result of get_weather”, “result of get_time”."
        );
        assert_eq!(answer.header("x-byokey-losses"), "");
    }
}

#[tokio::test]
async fn streamed_calls_cross() {
    let stage = Stage::open().await;
    for client in Client::ALL {
        let mut more = tools(client);
        more["stream"] = true.into();
        let body = plain_body(&format!("{}/tools", client.abroad()), &more).to_string();
        let events = stage.byokey.ask(client.ask(body)).await.events();
        let mut arguments = [String::new(), String::new()];
        for event in &events {
            let (index, piece) = match client {
                Client::Chat => {
                    let call = &event["choices"][0]["delta"]["tool_calls"][0];
                    (&call["index"], &call["function"]["arguments"])
                }
                Client::Messages => (&event["index"], &event["delta"]["partial_json"]),
            };
            if let (Some(index), Some(piece)) = (index.as_u64(), piece.as_str()) {
                arguments[usize::try_from(index).unwrap()].push_str(piece);
            }
        }
        let members = arguments.map(|text| {
            let arguments: Value = serde_json::from_str(&text).unwrap();
            arguments
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<String>()
        });
        assert_eq!(members, ["city", "zone"]);
        assert_eq!(client.terminals(&events), [client.good_end()]);
    }
}

/// The sandbox refuses a thinking block whose signature is not its own: a 200 proves that it came back whole.
#[tokio::test]
async fn thinking_survives_a_chat_client() {
    let stage = Stage::open().await;
    let mut more = tools(Client::Chat);
    more["reasoning_effort"] = "medium".into();
    let body = plain_body("up-msg/think-tools", &more);
    let answer = stage
        .byokey
        .ask(Client::Chat.ask(body.to_string()))
        .await
        .ok();
    let thought = answer["choices"][0]["message"]["reasoning_content"].as_str();
    assert!(thought.unwrap().contains("日本 🦀"), "{answer}");
    stage.upstream.only_request();

    let body = carried_on(Client::Chat, &body, &answer);
    let answer = stage.byokey.ask(Client::Chat.ask(body.to_string())).await;
    assert_eq!(
        Client::Chat.text(&answer.ok()),
        "The tools said: “result of get_weather”."
    );
    assert_eq!(answer.header("x-byokey-losses"), "");
    let heard: Value = serde_json::from_slice(&stage.upstream.only_request().body).unwrap();
    let blocks = heard["messages"][1]["content"].as_array().unwrap();
    let kinds: Vec<_> = blocks.iter().map(|block| &block["type"]).collect();
    assert_eq!(kinds, ["thinking", "text", "tool_use"]);
    assert_eq!(blocks[0]["thinking"].as_str(), thought);
}

/// An upstream that wants its reasoning back, as text, gets it from a client that carries it as a thinking block.
#[tokio::test]
async fn thinking_survives_a_messages_client() {
    let stage = Stage::open().await;
    let client = Client::Messages;
    let body = plain_body("up-chat/ds-think-tools", &tools(client));
    let answer = stage.byokey.ask(client.ask(body.to_string())).await.ok();
    let thought = answer["content"][0]["thinking"].as_str();
    assert!(thought.unwrap().contains("日本 🦀"), "{answer}");
    stage.upstream.only_request();

    let body = carried_on(client, &body, &answer);
    let answer = stage.byokey.ask(client.ask(body.to_string())).await.ok();
    assert_eq!(
        client.text(&answer),
        "The tools said: “result of get_weather”."
    );
    let heard: Value = serde_json::from_slice(&stage.upstream.only_request().body).unwrap();
    assert_eq!(heard["messages"][1]["reasoning_content"].as_str(), thought);
}

#[tokio::test]
async fn losses_are_declared_or_refused() {
    let stage = Stage::open().await;
    let rows = [
        (
            Client::Chat,
            json!({"x_unknown": 1}),
            "1; x_unknown=dropped",
        ),
        (Client::Messages, json!({"top_k": 5}), "1; top_k=dropped"),
    ];
    for (client, more, losses) in rows {
        let model = format!("{}/echo", client.abroad());
        let body = plain_body(&model, &more).to_string();
        let answer = stage.byokey.ask(client.ask(body.clone())).await;
        assert_eq!(client.text(&answer.ok()), "hi there");
        assert_eq!(answer.header("x-byokey-losses"), losses);
        stage.upstream.only_request();

        let strict = [JSON, ("x-byokey-strict", "true")];
        let strictly = request(http::Method::POST, client.path(), &strict, body);
        let (status, kind, message) = client.fault(&stage.byokey.ask(strictly).await);
        assert_eq!((status, kind.as_str()), (422, "invalid_request_error"));
        assert!(message.ends_with(losses), "{message}");
        assert_eq!(stage.upstream.sandbox.requests().len(), 0);
    }
}

#[tokio::test]
async fn models_are_found_by_every_name() {
    let more = json!({"model_alias": {"fast": "up-msg/echo"}});
    let stage = Stage::with(&more).await;
    // (name, provider, the upstream's name): qualified, unqualified at the first provider that has it, alias, unknown to us
    let rows = [
        ("up-msg/echo", "up-msg", "echo"),
        ("echo", "up-both", "echo"),
        ("fast", "up-msg", "echo"),
        ("up-chat/lorem-3", "up-chat", "lorem-3"),
    ];
    for (name, provider, model) in rows {
        let answer = stage.byokey.ask(Client::Chat.plain(name, false)).await;
        answer.ok();
        assert_eq!(own(&answer), [provider, model, ""], "{name}");
    }
}
