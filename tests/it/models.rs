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
async fn google_s_clients_get_google_s_list() {
    let stage = Stage::open().await;
    let byokey = &stage.byokey;
    let all = byokey.get("/v1/models", &[]).await.ok();
    let all: Vec<String> = ids(&all).iter().map(|id| format!("models/{id}")).collect();
    let names = |list: &Value| -> Vec<String> {
        let models = list["models"].as_array().unwrap().iter();
        models
            .map(|entry| entry["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let expected = json!({
        "name": "models/up-msg/echo", "displayName": "Echo", "inputTokenLimit": 200_000, "outputTokenLimit": 64_000,
        "supportedGenerationMethods": ["generateContent", "countTokens"], "thinking": false,
    });
    let sdk = ("user-agent", "google-genai-sdk/3.4.0 gl-python/3.11.7");
    for (prefix, headers) in [
        ("/v1beta", &[][..]),
        ("/v1", &[sdk]),
        ("/v1", &[("x-goog-api-key", "k")]),
    ] {
        let list = byokey.get(&format!("{prefix}/models"), headers).await.ok();
        assert_eq!(names(&list), all);
        assert_eq!(list["nextPageToken"], Value::Null);
        // a slash in a name, as it is and escaped
        for name in ["up-msg/echo", "up-msg%2Fecho"] {
            let path = format!("{prefix}/models/{name}");
            assert_eq!(byokey.get(&path, headers).await.ok(), expected, "{path}");
        }
        let answer = byokey.get(&format!("{prefix}/models/none"), headers).await;
        let error = answer.json();
        assert_eq!(answer.status, 404);
        assert_eq!(
            (&error["error"]["code"], &error["error"]["status"]),
            (&json!(404), &json!("NOT_FOUND"))
        );
    }
    let mut walked = Vec::new();
    let mut token = String::new();
    loop {
        let path = format!("/v1beta/models?pageSize=4&pageToken={token}");
        let page = byokey.get(&path, &[]).await.ok();
        assert!(names(&page).len() <= 4);
        walked.extend(names(&page));
        let Some(next) = page["nextPageToken"].as_str() else {
            break;
        };
        next.clone_into(&mut token);
        assert!(walked.len() <= all.len(), "{walked:?}");
    }
    assert_eq!(walked, all);
    for query in ["pageSize=x", "pageSize=-1", "pageToken=nobody"] {
        let answer = byokey.get(&format!("/v1beta/models?{query}"), &[]).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.json()["error"]["status"], "INVALID_ARGUMENT");
    }
    let answer = byokey
        .ask(request(Method::PUT, "/v1beta/models", &[], ""))
        .await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"));
    assert_eq!(answer.json()["error"]["code"], 405);
}

#[tokio::test]
async fn names_with_slashes_are_found_in_every_shape() {
    let stage = Stage::open().await;
    for headers in [&[][..], &[VERSION]] {
        for name in ["up-msg/echo", "up-msg%2Fecho", "up-msg%2fecho"] {
            let answer = stage
                .byokey
                .get(&format!("/v1/models/{name}"), headers)
                .await;
            assert_eq!(answer.ok()["id"], "up-msg/echo", "{name}");
        }
    }
    let answer = stage.byokey.get("/v1/models/up-msg%2F%ff", &[]).await;
    assert_eq!(Client::Chat.fault(&answer).0, 400);
}

#[tokio::test]
async fn the_catalogue_says_how_to_behave() {
    let stage = Stage::open().await;
    let all = stage.byokey.get("/v1/models", &[]).await.ok();
    let list = stage
        .byokey
        .get(
            "/v1/models?client_version=0.169.0",
            &[("version", "0.169.0")],
        )
        .await
        .ok();
    let models = list["models"].as_array().unwrap();
    let slugs: Vec<_> = models
        .iter()
        .map(|model| model["slug"].as_str().unwrap())
        .collect();
    assert_eq!(slugs, ids(&all));
    let entry = |slug: &str| models.iter().find(|model| model["slug"] == slug).unwrap();
    // what the client's reader cannot do without
    for model in models {
        for (member, is_there) in [
            ("display_name", model["display_name"].is_string()),
            (
                "supported_reasoning_levels",
                model["supported_reasoning_levels"].is_array(),
            ),
            ("shell_type", model["shell_type"] == "default"),
            ("visibility", model["visibility"] == "list"),
            ("supported_in_api", model["supported_in_api"] == true),
            ("priority", model["priority"].is_u64()),
            (
                "base_instructions",
                model["base_instructions"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
            ),
            (
                "supports_reasoning_summaries",
                model["supports_reasoning_summaries"].is_boolean(),
            ),
            ("support_verbosity", model["support_verbosity"] == false),
            (
                "truncation_policy",
                model["truncation_policy"] == json!({"mode": "bytes", "limit": 10_000}),
            ),
            (
                "supports_parallel_tool_calls",
                model["supports_parallel_tool_calls"] == true,
            ),
            (
                "experimental_supported_tools",
                model["experimental_supported_tools"] == json!([]),
            ),
            (
                "input_modalities",
                model["input_modalities"] == json!(["text", "image"]),
            ),
        ] {
            assert!(is_there, "{member}: {model}");
        }
    }
    let echo = entry("up-msg/echo");
    assert_eq!(
        (
            &echo["display_name"],
            &echo["context_window"],
            &echo["default_reasoning_level"]
        ),
        (&json!("Echo"), &json!(200_000), &Value::Null)
    );
    let think = entry("up-msg/think");
    assert_eq!(think["default_reasoning_level"], "medium");
    let efforts: Vec<_> = think["supported_reasoning_levels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|level| level["effort"].as_str().unwrap())
        .collect();
    assert_eq!(efforts, ["low", "medium", "high"]);
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
