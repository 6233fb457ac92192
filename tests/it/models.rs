//! What is served now, in the shape of each client; liveness and readiness.

use http::Method;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{
    byokey::Launch,
    client::{Client, request},
    stage::Stage,
};

const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

fn ids(list: &Value) -> Vec<&str> {
    let data = list["data"].as_array().unwrap();
    data.iter()
        .map(|entry| entry["id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn the_list_has_the_client_s_shape() {
    let stage = Stage::open().await;
    let chat = stage.byokey.get("/v1/models", &[]).await.ok();
    assert_eq!(chat["object"], "list");
    let entry = |list: &Value, id: &str| {
        let data = list["data"].as_array().unwrap();
        data.iter().find(|entry| entry["id"] == id).cloned()
    };
    let expected = json!({
        "id": "up-msg/echo", "object": "model", "created": 0, "owned_by": "up-msg",
        "context_window": 200_000, "context_length": 200_000, "max_output_tokens": 64_000,
    });
    assert_eq!(entry(&chat, "up-msg/echo"), Some(expected.clone()));
    let one = stage.byokey.get("/v1/models/up-msg/echo", &[]).await;
    assert_eq!(one.ok(), expected);
    assert!(one.header("x-byokey-request-id").starts_with("req_"));

    let all = ids(&chat);
    for headers in [
        &[VERSION][..],
        &[("user-agent", "claude-cli/2.1 (external)")],
    ] {
        let list = stage
            .byokey
            .get("/v1/models?limit=1000", headers)
            .await
            .ok();
        assert_eq!(ids(&list), all);
        let ends = [&list["first_id"], &list["last_id"], &list["has_more"]];
        assert_eq!(
            ends,
            [&json!(all.first()), &json!(all.last()), &json!(false)]
        );
        let expected = json!({
            "type": "model", "id": "up-msg/echo", "display_name": "Echo", "created_at": "1970-01-01T00:00:00Z",
            "max_input_tokens": 200_000, "max_tokens": 64_000,
        });
        assert_eq!(entry(&list, "up-msg/echo"), Some(expected.clone()));
        assert_eq!(
            stage
                .byokey
                .get("/v1/models/up-msg/echo", headers)
                .await
                .ok(),
            expected
        );
    }
    // only those that are live: none of the built-in ones has a key
    let owners = chat["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["owned_by"].as_str().unwrap());
    let owners: std::collections::BTreeSet<_> = owners.collect();
    assert_eq!(
        owners.into_iter().collect::<Vec<_>>(),
        ["up-both", "up-chat", "up-msg"]
    );
    // unqualified where the name leads there anyway
    assert!(
        all.contains(&"echo") && all.contains(&"up-chat/echo"),
        "{all:?}"
    );
    for client in [(Client::Chat, &[][..]), (Client::Messages, &[VERSION])] {
        let answer = stage.byokey.get("/v1/models/up-msg/none", client.1).await;
        assert_eq!(client.0.fault(&answer).0, 404);
    }
}

#[tokio::test]
async fn the_list_is_paged() {
    let stage = Stage::open().await;
    let list = |query: String| {
        let path = format!("/v1/models{query}");
        let byokey = &stage.byokey;
        async move { byokey.get(&path, &[VERSION]).await }
    };
    let all = list("?limit=1000".to_owned()).await.ok();
    let all = ids(&all);
    let mut walked: Vec<String> = Vec::new();
    let mut more = true;
    while more {
        let after = walked
            .last()
            .map(|id| format!("&after_id={id}"))
            .unwrap_or_default();
        let page = list(format!("?limit=4{after}")).await.ok();
        walked.extend(ids(&page).iter().map(|id| (*id).to_owned()));
        more = page["has_more"].as_bool().unwrap();
        assert!(walked.len() <= all.len(), "{walked:?}");
    }
    assert_eq!(walked, all);
    let page = list(format!("?limit=2&before_id={}", all[5])).await.ok();
    assert_eq!(
        (ids(&page), &page["has_more"]),
        (all[3..5].to_vec(), &json!(true))
    );
    for query in ["?limit=x", "?after_id=nobody"] {
        let answer = list(query.to_owned()).await;
        assert_eq!(Client::Messages.fault(&answer).0, 400, "{query}");
    }
}

#[tokio::test]
async fn it_says_that_it_lives_and_whether_it_is_ready() {
    let stage = Stage::open().await;
    let told =
        |method: Method, path: &'static str| stage.byokey.ask(request(method, path, &[], ""));
    for (path, says) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = told(Method::GET, path).await;
        assert_eq!((answer.status, &answer.body[..]), (200, says.as_bytes()));
    }
    for method in [Method::HEAD, Method::GET] {
        let empty = method == Method::HEAD;
        let answer = told(method, "/").await;
        assert_eq!((answer.status, answer.body.is_empty()), (200, empty));
    }
    // nobody to send a request to
    let bare = Launch::new(&["serve", "--port", "0"]);
    let bare = bare
        .config("c.yaml", "providers:\n  ollama:\n    enabled: false\n")
        .start()
        .await;
    assert_eq!(bare.get("/healthz", &[]).await.status, 200);
    let answer = bare.get("/readyz", &[]).await;
    assert_eq!(
        (answer.status, &answer.body[..]),
        (503, &b"not ready: no provider is live\n"[..])
    );
    assert!(
        bare.stdout
            .text()
            .contains("none: set a key such as ANTHROPIC_API_KEY")
    );
}
