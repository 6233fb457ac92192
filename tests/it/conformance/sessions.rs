//! K12: the hints of a session have an order, and without any of them the beginning of the conversation tells.

use http::Method;
use pretty_assertions::{assert_eq, assert_ne};
use serde_json::{Value, json};

use crate::{
    client::{Client, JSON, request},
    stage::Stage,
};

/// A place in a request: a header, or a member of the body.
#[derive(Clone, Copy)]
enum Hint {
    Header(&'static str, &'static str),
    Member(&'static str, &'static str),
}

/// Strongest first; the members are JSON.
const HINTS: [Hint; 9] = [
    Hint::Header("x-claude-code-session-id", "of-claude-code"),
    Hint::Member(
        "metadata",
        r#"{"user_id":"user_1_account__session_of-metadata"}"#,
    ),
    Hint::Header("session_id", "of-codex"),
    Hint::Header("session-id", "of-newer-codex"),
    Hint::Header("x-session-id", "of-others"),
    Hint::Header("x-session-affinity", "of-the-rest"),
    Hint::Member("session_id", r#""of-the-body""#),
    Hint::Member("prompt_cache_key", r#""of-the-cache""#),
    Hint::Member("conversation", r#"{"id":"of-the-conversation"}"#),
];

/// The name of the session that the upstream hears.
async fn heard(stage: &Stage, hints: &[Hint], text: &str) -> String {
    let mut body = json!({"model": "up-chat/echo", "max_tokens": 9, "messages": [{"role": "user", "content": text}]});
    let mut headers = vec![JSON];
    for hint in hints {
        match hint {
            Hint::Header(name, value) => headers.push((name, value)),
            Hint::Member(name, value) => body[*name] = serde_json::from_str(value).unwrap(),
        }
    }
    let path = Client::Messages.path();
    let asked = request(Method::POST, path, &headers, body.to_string());
    stage.byokey.ask(asked).await.ok();
    let sent: Value = serde_json::from_slice(&stage.upstream.only_request().body).unwrap();
    let name = sent["prompt_cache_key"].as_str();
    name.unwrap_or_else(|| panic!("no session: {sent}"))
        .to_owned()
}

#[tokio::test]
async fn k12_hints_have_an_order_on_the_wire() {
    let stage = Stage::open().await;
    let mut names = Vec::new();
    for at in 0..HINTS.len() {
        // the conversation and every weaker hint change nothing
        let alone = heard(&stage, &HINTS[at..=at], "one").await;
        assert_eq!(heard(&stage, &HINTS[at..], "two").await, alone, "hint {at}");
        names.push(alone);
    }
    let beginning = heard(&stage, &[], "one").await;
    assert_eq!(heard(&stage, &[], "one").await, beginning);
    assert_ne!(heard(&stage, &[], "two").await, beginning);
    names.push(beginning);
    for name in &names {
        // a digest: nothing of what the client said is told
        let digits = name.strip_prefix("session_").unwrap();
        assert!(
            digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{name}"
        );
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), HINTS.len() + 1);
}
