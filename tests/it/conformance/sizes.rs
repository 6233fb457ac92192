//! H10: a body of 30 MB is a request like any other.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{client::Client, stage::Stage};

const LONG: usize = 30 << 20;

#[tokio::test]
async fn h10_thirty_megabytes_are_accepted() {
    let stage = Stage::open().await;
    let client = Client::Messages;
    for provider in [client.home(), client.abroad()] {
        let text = "x".repeat(LONG);
        let body = json!({
            "model": format!("{provider}/lorem-3"), "max_tokens": 9,
            "messages": [{"role": "user", "content": text}],
        });
        let answer = stage.byokey.ask(client.ask(body.to_string())).await;
        assert_eq!(client.text(&answer.ok()).split(' ').next(), Some("lorem"));
        let sent: Value = serde_json::from_slice(&stage.upstream.only_request().body).unwrap();
        let content = &sent["messages"][0]["content"];
        let said = content.as_str().or_else(|| content[0]["text"].as_str());
        assert!(
            said == Some(text.as_str()),
            "{provider}: the text has changed"
        );
    }
}
