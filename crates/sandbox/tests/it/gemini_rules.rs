//! Every rule of generateContent: a request that breaks it, the refusal, and the nearest request that does not.

mod config;
mod contents;
mod signatures;
mod tools;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::client::{Stage, patched};

/// What breaks a rule, the refusal, what keeps it; `model` in a patch names the model.
type Rule = (Value, &'static str, Value);

fn base() -> Value {
    json!({"model": "echo", "contents": [user("hi")]})
}

fn user(text: &str) -> Value {
    json!({"role": "user", "parts": [{"text": text}]})
}

fn model(part: &Value) -> Value {
    json!({"role": "model", "parts": [part]})
}

fn responses(names: &[&str]) -> Value {
    let parts = names
        .iter()
        .map(|name| json!({"functionResponse": {"name": name, "response": {"output": "done"}}}));
    json!({"role": "user", "parts": parts.collect::<Vec<_>>()})
}

fn parts(part: &Value) -> Value {
    json!({"contents": [{"role": "user", "parts": [part]}]})
}

async fn hold(rules: Vec<Rule>) {
    let stage = Stage::open().await;
    let ask = async |patch: &Value| {
        let mut body = patched(&base(), patch);
        let model = body["model"].take();
        body.as_object_mut().unwrap().remove("model");
        let call = format!("{}:generateContent", model.as_str().unwrap());
        let answer = stage.gemini(&call, &body).await;
        (answer.status, answer.message())
    };
    for (breaks, message, keeps) in rules {
        assert_eq!(ask(&breaks).await, (400, message.to_owned()), "{breaks}");
        assert_eq!(ask(&keeps).await, (200, "no error".to_owned()), "{keeps}");
    }
}
