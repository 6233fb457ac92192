//! Every rule of Responses: a request that breaks it, and its neighbour that does not.

mod items;
mod parameters;
mod tools;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::client::{Stage, patched};

/// (what breaks the rule, the refusal, what keeps it)
type Rule = (Value, &'static str, Value);

fn base() -> Value {
    json!({"model": "echo", "input": "hi"})
}

fn tool(patch: &Value) -> Value {
    let tool = json!({"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}});
    json!({"tools": [patched(&tool, patch)]})
}

async fn hold(rules: Vec<Rule>) {
    let stage = Stage::open().await;
    let kept = stage.responses(&base()).await.ok()["output"][0]["id"].clone();
    for (broken, refusal, kept_rule) in rules {
        let refused = stage.responses(&patched(&base(), &broken)).await;
        let message = refused.message();
        let told = if refusal.ends_with("'tool_result'.") {
            &message[..refusal.len()]
        } else {
            &message
        };
        assert_eq!((refused.status, told), (400, refusal), "{broken}");
        let fitting = kept_rule
            .to_string()
            .replace("KEPT", kept.as_str().unwrap());
        let fitting = patched(&base(), &serde_json::from_str(&fitting).unwrap());
        let taken = stage.responses(&fitting).await;
        assert_eq!(taken.status, 200, "{fitting} {}", taken.text());
    }
}

#[tokio::test]
async fn parameters_are_checked() {
    hold(parameters::rules()).await;
}

#[tokio::test]
async fn tools_are_checked() {
    hold(tools::rules()).await;
}

#[tokio::test]
async fn items_are_checked() {
    hold(items::rules()).await;
}
