//! What Responses remembers: fetched, listed, continued, deleted.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::client::{Answer, JSON, Stage, patched, request};

async fn delete(stage: &Stage, path: &str) -> Answer {
    stage
        .ask(request(http::Method::DELETE, path, &[], ""))
        .await
}

async fn post(stage: &Stage, path: &str, body: &Value) -> Answer {
    stage
        .ask(request(http::Method::POST, path, JSON, body.to_string()))
        .await
}

fn path(response: &Value, rest: &str) -> String {
    format!("/v1/responses/{}{rest}", response["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_response_is_kept_until_it_is_deleted() {
    let stage = Stage::open().await;
    let said = stage
        .responses(&json!({"model": "echo", "input": "hi"}))
        .await
        .ok();
    assert_eq!(stage.get(&path(&said, ""), &[]).await.ok(), said);
    let streamed = stage.get(&path(&said, "?stream=true"), &[]).await;
    assert_eq!(
        (streamed.status, streamed.message().as_str()),
        (
            400,
            "This response cannot be streamed because it was not created with background=true."
        )
    );
    let cancelled = post(&stage, &path(&said, "/cancel"), &json!({})).await;
    assert_eq!(
        (cancelled.status, cancelled.message().as_str()),
        (400, "Cannot cancel a synchronous response.")
    );
    assert_eq!(
        delete(&stage, &path(&said, "")).await.ok(),
        json!({"id": said["id"], "object": "response", "deleted": true})
    );
    let message = format!(
        "Response with id '{}' not found.",
        said["id"].as_str().unwrap()
    );
    let gone = [
        stage.get(&path(&said, ""), &[]).await,
        stage.get(&path(&said, "/input_items"), &[]).await,
        delete(&stage, &path(&said, "")).await,
        post(&stage, &path(&said, "/cancel"), &json!({})).await,
    ];
    for gone in gone {
        assert_eq!((gone.status, gone.message()), (404, message.clone()));
    }
    let unkept = json!({"model": "echo", "input": "hi", "store": false});
    let unkept = stage.responses(&unkept).await.ok();
    assert_eq!(stage.get(&path(&unkept, ""), &[]).await.status, 404);
}

#[tokio::test]
async fn a_streamed_response_is_kept_as_a_whole_one_is() {
    let stage = Stage::open().await;
    let streamed = stage
        .responses(&json!({"model": "lorem-5", "input": "hi", "stream": true}))
        .await
        .events();
    let last = &streamed.last().unwrap()["response"];
    assert_eq!(&stage.get(&path(last, ""), &[]).await.ok(), last);
}

#[tokio::test]
async fn a_background_response_is_queued_and_then_there() {
    let stage = Stage::open().await;
    let body = json!({"model": "echo", "input": "hi", "background": true});
    let queued = stage.responses(&body).await.ok();
    assert_eq!(
        (
            &queued["status"],
            &queued["output"],
            &queued["usage"],
            &queued["background"]
        ),
        (&json!("queued"), &json!([]), &Value::Null, &json!(true))
    );
    let done = stage.get(&path(&queued, ""), &[]).await.ok();
    assert_eq!(
        (&done["status"], &done["output"][0]["content"][0]["text"]),
        (&json!("completed"), &json!("hi"))
    );
    assert_eq!(
        post(&stage, &path(&queued, "/cancel"), &json!({}))
            .await
            .ok(),
        done
    );
    let streamed = stage
        .responses(&patched(&body, &json!({"stream": true})))
        .await
        .events();
    let statuses: Vec<_> = streamed[..3]
        .iter()
        .map(|event| (&event["type"], &event["response"]["status"]))
        .collect();
    assert_eq!(
        statuses,
        [
            (&json!("response.created"), &json!("queued")),
            (&json!("response.queued"), &json!("queued")),
            (&json!("response.in_progress"), &json!("in_progress"))
        ]
    );
}

#[tokio::test]
async fn input_items_are_listed_in_pages() {
    let stage = Stage::open().await;
    let input = json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
                       {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
                       {"type": "function_call_output", "call_id": "c", "output": "d"}]);
    let said = stage
        .responses(&json!({"model": "echo", "input": input}))
        .await
        .ok();
    let list = async |query: &str| {
        let list = stage
            .get(&path(&said, &format!("/input_items{query}")), &[])
            .await;
        list.ok()
    };
    let all = list("?order=asc").await;
    let ids: Vec<_> = all["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect();
    let prefixes: Vec<_> = ids.iter().map(|id| id.split('_').next().unwrap()).collect();
    assert_eq!(prefixes, ["msg", "msg", "fc", "fco"]);
    assert_eq!(
        all["data"][1],
        json!({"id": ids[1], "type": "message", "role": "assistant", "status": "completed",
               "content": [{"type": "output_text", "text": "b"}]})
    );
    assert_eq!(
        (
            &all["object"],
            &all["has_more"],
            &all["first_id"],
            &all["last_id"]
        ),
        (
            &json!("list"),
            &json!(false),
            &json!(ids[0]),
            &json!(ids[3])
        )
    );
    let page = list("?limit=2").await;
    assert_eq!(
        (&page["first_id"], &page["last_id"], &page["has_more"]),
        (&json!(ids[3]), &json!(ids[2]), &json!(true))
    );
    let rest = list(&format!("?limit=2&after={}", ids[2])).await;
    assert_eq!(
        (&rest["first_id"], &rest["last_id"], &rest["has_more"]),
        (&json!(ids[1]), &json!(ids[0]), &json!(false))
    );
    for query in ["?limit=0", "?limit=101", "?order=up"] {
        let refused = stage
            .get(&path(&said, &format!("/input_items{query}")), &[])
            .await;
        assert_eq!(refused.status, 400);
    }
}

#[tokio::test]
async fn a_conversation_is_continued_by_id() {
    let stage = Stage::open().await;
    let tool = json!({"type": "function", "name": "f"});
    let first = stage
        .responses(&json!({"model": "think-tools", "input": "go", "tools": [tool]}))
        .await
        .ok();
    let call = &first["output"][2]["call_id"];
    let alone = json!({"model": "echo", "previous_response_id": first["id"], "input": "and?"});
    let refused = stage.responses(&alone).await;
    assert_eq!(
        refused.message(),
        format!(
            "No tool output found for function call {}.",
            call.as_str().unwrap()
        )
    );
    let result = json!({"type": "function_call_output", "call_id": call, "output": "done"});
    let second = stage
        .responses(&json!({"model": "think-tools", "previous_response_id": first["id"], "input": [result]}))
        .await
        .ok();
    assert_eq!(
        second["output"][0]["content"][0]["text"],
        "The tools said: “done”."
    );
    assert_eq!(second["previous_response_id"], first["id"]);
    let third = stage
        .responses(&json!({"model": "echo", "previous_response_id": second["id"], "input": []}))
        .await
        .ok();
    assert_eq!(third["output"][0]["content"][0]["text"], "go");
    assert!(third["usage"]["input_tokens"].as_u64() > first["usage"]["input_tokens"].as_u64());
    // its beginning is gone, and with it the chain
    assert_eq!(delete(&stage, &path(&first, "")).await.status, 200);
    let refused = stage
        .responses(&json!({"model": "echo", "previous_response_id": second["id"], "input": "x"}))
        .await;
    assert_eq!(
        refused.json()["error"]["code"],
        "previous_response_not_found"
    );
}

#[tokio::test]
async fn kept_items_are_known_by_their_ids() {
    let stage = Stage::open().await;
    let first = stage
        .responses(&json!({"model": "think", "input": "go"}))
        .await
        .ok();
    let reasoning = &first["output"][0];
    assert_eq!(reasoning.get("encrypted_content"), None);
    let body = |reasoning: &Value| json!({"model": "echo", "input": [reasoning, {"id": first["output"][1]["id"]}, {"role": "user", "content": "and?"}]});
    assert_eq!(
        stage.responses(&body(reasoning)).await.ok()["output"][0]["content"][0]["text"],
        "and?"
    );
    let unknown = patched(reasoning, &json!({"id": "rs_unknown"}));
    let refused = stage.responses(&body(&unknown)).await;
    assert_eq!(
        (refused.status, refused.message().as_str()),
        (404, "Item with id 'rs_unknown' not found.")
    );
    let refused = stage
        .responses(&json!({"model": "echo", "store": false, "input": [{"type": "item_reference", "id": "msg_unknown"}]}))
        .await;
    assert_eq!(
        (refused.status, refused.message().as_str()),
        (
            404,
            "Item with id 'msg_unknown' not found. Items are not persisted when `store` is set to false. Try again with \
               `store` set to true, or remove this item from your input."
        )
    );
}

#[tokio::test]
async fn a_conversation_is_compacted_and_counted() {
    let stage = Stage::open().await;
    let input = json!([{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}, {"role": "user", "content": "three"}]);
    let body = json!({"model": "echo", "input": input, "instructions": "i"});
    let compacted = post(&stage, "/v1/responses/compact", &body).await.ok();
    let kinds: Vec<_> = compacted["output"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (&item["type"], item["content"][0]["text"].as_str()))
        .collect();
    let (message, compaction) = (json!("message"), json!("compaction"));
    assert_eq!(
        kinds,
        [
            (&message, Some("one")),
            (&message, Some("three")),
            (&compaction, None)
        ]
    );
    assert_eq!(compacted["object"], "response.compaction");
    let mut next: Vec<Value> = serde_json::from_value(compacted["output"].clone()).unwrap();
    next.push(json!({"role": "user", "content": "four"}));
    let said = stage
        .responses(&json!({"model": "echo", "input": next}))
        .await
        .ok();
    assert_eq!(said["output"][0]["content"][0]["text"], "four");
    let counted = post(&stage, "/v1/responses/input_tokens", &body).await.ok();
    assert_eq!(
        counted,
        json!({"object": "response.input_tokens", "input_tokens": compacted["usage"]["input_tokens"]})
    );
    let refused = post(
        &stage,
        "/v1/responses/compact",
        &json!({"model": "echo", "input": [{"type": "x"}]}),
    )
    .await;
    assert_eq!(refused.status, 400);
}
