//! State of the Responses API: what was answered can be gone on from, shown, listed and deleted, whoever answered it.

use http::Method;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{
    byokey::Launch,
    client::{JSON, request, soon},
    responses_client::{
        PATH, about, assert_unknown, fault, get, heard, id, post, response, rows, text, tools,
    },
    stage::Stage,
};

#[tokio::test]
async fn conversations_go_on_by_id_across_formats_streams_and_a_restart() {
    let Stage {
        mut byokey,
        upstream,
    } = Stage::open().await;
    for stream in [false, true] {
        let ask = |model: &str, previous: &Value, input: Value| json!({"model": model, "stream": stream, "previous_response_id": previous, "input": input});
        let first = ask("up-msg/echo", &Value::Null, json!("one"));
        let first = response(&post(&byokey, &first).await);
        assert_eq!(
            (text(&first).as_str(), &first["store"]),
            ("one", &json!(true))
        );

        // the other format goes on at once, from items as well as from a string
        let input = json!([{"role": "user", "content": [{"type": "input_text", "text": "two"}]}]);
        let second = ask("up-chat/echo", &first["id"], input);
        let second = response(&post(&byokey, &second).await);
        assert_eq!(text(&second), "two");
        assert_eq!(second["previous_response_id"], first["id"]);

        byokey = byokey.restarted().await;
        upstream.sandbox.take_requests();
        let third = ask("up-msg/echo", &second["id"], json!("three"));
        let third = post(&byokey, &third).await;
        assert_eq!(third.header("x-byokey-losses"), "");
        assert_eq!(text(&response(&third)), "three");
        assert_eq!(
            heard(&upstream.only_request()),
            rows(&[
                ("user", "one"),
                ("assistant", "one"),
                ("user", "two"),
                ("assistant", "two"),
                ("user", "three"),
            ])
        );
        // what is shown is what was answered
        let id = id(&second);
        assert_eq!(get(&byokey, id).await.ok(), second);
    }
}

#[tokio::test]
async fn a_tool_loop_goes_on_by_id() {
    let stage = Stage::open().await;
    for (model, reasons) in [
        ("up-msg/think-tools", true),
        ("up-chat/tools", false),
        ("up-msg/tools", false),
    ] {
        for stream in [false, true] {
            let mut body = json!({"model": model, "stream": stream, "tools": tools(), "input": "go", "max_output_tokens": 32_000});
            if reasons {
                body["reasoning"] = json!({"effort": "medium"});
            }
            let first = response(&post(&stage.byokey, &body).await);
            let results: Vec<Value> = first["output"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|item| item["type"] == "function_call")
                .map(|call| json!({"type": "function_call_output", "call_id": call["call_id"], "output": format!("result of {}", call["name"].as_str().unwrap())}))
                .collect();
            assert!(!results.is_empty(), "{first}");
            body["previous_response_id"] = first["id"].clone();
            body["input"] = results.into();
            let answer = post(&stage.byokey, &body).await;
            let second = response(&answer);
            assert!(
                text(&second).starts_with("The tools said: “result of get_weather”"),
                "{model} {stream}: {second}"
            );
            assert_eq!(answer.header("x-byokey-losses"), "", "{model}");
        }
    }
}

#[tokio::test]
async fn nothing_is_kept_where_nothing_shall_be() {
    let stage = Stage::open().await;
    let model = "up-msg/echo";
    let not_stored = json!({"model": model, "store": false, "input": "secret-1"});
    let answer = post(&stage.byokey, &not_stored).await;
    assert_eq!(answer.header("x-byokey-losses"), "");
    let answer = answer.ok();
    assert_eq!(answer["store"], false);
    assert_eq!(get(&stage.byokey, id(&answer)).await.status, 404);
    let onward = json!({"model": model, "input": "x", "previous_response_id": answer["id"]});
    assert_unknown(&post(&stage.byokey, &onward).await, id(&answer));

    let off = stage
        .upstream
        .config(&json!({"responses": {"store": false}}));
    let off = Launch::serve(&off).start().await;
    let answer = post(&off, &json!({"model": model, "input": "x"}))
        .await
        .ok();
    assert_eq!(answer["store"], false);
    assert_eq!(get(&off, id(&answer)).await.status, 404);
    let onward = json!({"model": model, "input": "x", "previous_response_id": answer["id"]});
    assert_unknown(&post(&off, &onward).await, id(&answer));
}

#[tokio::test]
async fn only_the_owner_sees_a_response() {
    let clients = json!({"clients": {"keys": [{"name": "a", "key": "client-key-of-a-1"}, {"name": "b", "key": "client-key-of-b-2"}]}});
    let stage = Stage::with(&clients).await;
    let ask = |key: &str, body: Value| {
        let bearer = format!("Bearer {key}");
        let headers = [JSON, ("authorization", bearer.as_str())];
        stage
            .byokey
            .ask(request(Method::POST, PATH, &headers, body.to_string()))
    };
    let (a, b) = ("client-key-of-a-1", "client-key-of-b-2");
    let made = ask(a, json!({"model": "up-msg/echo", "input": "mine"}))
        .await
        .ok();
    let id = id(&made);
    let onward = json!({"model": "up-msg/echo", "input": "x", "previous_response_id": id});
    assert_unknown(&ask(b, onward.clone()).await, id);
    for (method, under) in [
        (Method::GET, id.to_owned()),
        (Method::GET, format!("{id}/input_items")),
        (Method::POST, format!("{id}/cancel")),
        (Method::DELETE, id.to_owned()),
    ] {
        let answer = about(&stage.byokey, method.clone(), &under, b).await;
        assert_eq!(
            fault(&answer),
            (
                404,
                Value::Null,
                format!("Response with id '{id}' not found."),
                Value::Null
            ),
            "{method} {under}"
        );
        let answer = about(&stage.byokey, method, &under, "no-key").await;
        assert_eq!(answer.status, 401);
    }
    assert_eq!(about(&stage.byokey, Method::GET, id, a).await.ok(), made);
    assert_eq!(text(&ask(a, onward).await.ok()), "x");
}

#[tokio::test]
async fn a_deleted_response_is_gone_and_its_conversations_are_not() {
    let stage = Stage::open().await;
    let ask = |previous: Value, input: &str| json!({"model": "up-msg/echo", "previous_response_id": previous, "input": input});
    let first = post(&stage.byokey, &ask(Value::Null, "one")).await.ok();
    let second = post(&stage.byokey, &ask(first["id"].clone(), "two"))
        .await
        .ok();
    let deleted = about(&stage.byokey, Method::DELETE, id(&first), "any").await;
    assert_eq!(
        deleted.ok(),
        json!({"id": first["id"], "object": "response", "deleted": true})
    );
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(
            about(&stage.byokey, method, id(&first), "any").await.status,
            404
        );
    }
    assert_unknown(
        &post(&stage.byokey, &ask(first["id"].clone(), "x")).await,
        id(&first),
    );
    stage.upstream.sandbox.take_requests();
    post(&stage.byokey, &ask(second["id"].clone(), "three"))
        .await
        .ok();
    let said = heard(&stage.upstream.only_request());
    assert_eq!(said.first(), rows(&[("user", "one")]).first());
}

#[tokio::test]
async fn input_items_are_listed_page_by_page() {
    let stage = Stage::open().await;
    let input = json!([
        {"role": "user", "content": "one"},
        {"type": "message", "id": "msg_own", "role": "user", "content": [{"type": "input_text", "text": "two"}]},
        {"role": "assistant", "content": "three"},
        {"role": "user", "content": "four"},
    ]);
    let made = post(
        &stage.byokey,
        &json!({"model": "up-msg/echo", "input": input}),
    )
    .await
    .ok();
    let id = id(&made);
    let page = async |query: &str| {
        get(&stage.byokey, &format!("{id}/input_items{query}"))
            .await
            .ok()
    };
    let all = page("?order=asc").await;
    let part = |tag: &str, text: &str| json!([{"type": tag, "text": text}]);
    let shown: Vec<_> = all["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            (
                item["type"].clone(),
                item["role"].clone(),
                item["content"].clone(),
            )
        })
        .collect();
    let row = |role: &str, content: Value| (json!("message"), json!(role), content);
    assert_eq!(
        shown,
        [
            row("user", part("input_text", "one")),
            row("user", part("input_text", "two")),
            row("assistant", part("output_text", "three")),
            row("user", part("input_text", "four")),
        ]
    );
    assert_eq!(
        (&all["object"], &all["has_more"]),
        (&json!("list"), &json!(false))
    );
    assert_eq!(all["data"][1]["id"], "msg_own");
    // newest first, and the ids stay
    let newest = page("?limit=3").await;
    assert_eq!(newest["data"][0], all["data"][3]);
    assert_eq!(
        (&newest["first_id"], &newest["last_id"], &newest["has_more"]),
        (&all["data"][3]["id"], &json!("msg_own"), &json!(true))
    );
    let rest = page("?limit=3&after=msg_own").await;
    assert_eq!(rest["data"], json!([all["data"][0]]));
    assert_eq!(rest["has_more"], false);
    for query in ["?limit=0", "?limit=101", "?order=up", "?after=nobody"] {
        assert_eq!(
            get(&stage.byokey, &format!("{id}/input_items{query}"))
                .await
                .status,
            400,
            "{query}"
        );
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_said_in_openais_words() {
    let stage = Stage::open().await;
    let made = post(
        &stage.byokey,
        &json!({"model": "up-msg/echo", "input": "x"}),
    )
    .await
    .ok();
    let made = id(&made);
    let cancelled = about(
        &stage.byokey,
        Method::POST,
        &format!("{made}/cancel"),
        "any",
    )
    .await;
    assert_eq!(
        fault(&cancelled),
        (
            400,
            Value::Null,
            "Cannot cancel a synchronous response.".to_owned(),
            Value::Null
        )
    );
    assert_eq!(
        get(&stage.byokey, &format!("{made}?stream=true"))
            .await
            .status,
        400
    );
    let put = about(&stage.byokey, Method::PUT, made, "any").await;
    assert_eq!(
        (put.status, put.header("allow")),
        (405, "GET, HEAD, DELETE")
    );
    for prefix in ["", "/v1/v1"] {
        let answer = stage
            .byokey
            .get(&format!("{prefix}/responses/{made}"), &[])
            .await;
        assert_eq!(answer.status, 200);
    }
    let refused = [
        (json!({"conversation": "conv_1"}), "conversation"),
        (json!({"background": true}), "background"),
    ];
    for (more, field) in refused {
        let mut body = json!({"model": "up-msg/echo", "input": "x"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let (status, _, _, param) = fault(&post(&stage.byokey, &body).await);
        assert_eq!((status, param), (400, json!(field)));
    }
    let body = json!({"model": "up-msg/echo", "input": "x", "previous_response_id": 5});
    let (status, _, _, param) = fault(&post(&stage.byokey, &body).await);
    assert_eq!((status, param), (400, json!("previous_response_id")));
    for odd in ["no%00thing", "a%2Fb", "..%2f..", "%F0%9F%A6%80"] {
        assert_eq!(get(&stage.byokey, odd).await.status, 404, "{odd}");
    }
    let compact = request(
        Method::POST,
        "/v1/responses/compact",
        &[JSON],
        json!({"model": "up-msg/echo", "input": []}).to_string(),
    );
    let (status, _, message, _) = fault(&stage.byokey.ask(compact).await);
    assert_eq!(status, 400);
    assert!(message.contains("openai-responses"), "{message}");
    assert_eq!(stage.upstream.sandbox.take_requests().len(), 1);
}

#[tokio::test]
async fn what_breaks_off_is_not_kept() {
    let stage = Stage::open().await;
    let body = json!({"model": "up-msg/stall-mid", "stream": true, "input": "x"});
    let asked = request(Method::POST, PATH, &[JSON], body.to_string());
    let mut coming = stage.byokey.open(asked).await;
    coming.until("one ").await;
    let seen = crate::client::events(&coming.seen);
    let id = id(&seen[0]["response"]).to_owned();
    drop(coming);
    soon(stage.upstream.sandbox.disconnected()).await;
    assert_eq!(get(&stage.byokey, &id).await.status, 404);
}
