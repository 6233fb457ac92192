//! A client of the Responses API, and what its answers and its upstreams' requests hold.

use byokey_sandbox::Recorded;
use http::Method;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{
    byokey::Byokey,
    client::{Answer, JSON, request},
};

pub(crate) const PATH: &str = "/v1/responses";

pub(crate) fn tools() -> Value {
    let tool = |name: &str, argument: &str| {
        json!({
            "type": "function", "name": name, "description": name,
            "parameters": {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]},
        })
    };
    json!([tool("get_weather", "city"), tool("get_time", "zone")])
}

pub(crate) async fn post(byokey: &Byokey, body: &Value) -> Answer {
    byokey
        .ask(request(Method::POST, PATH, &[JSON], body.to_string()))
        .await
}

pub(crate) async fn about(byokey: &Byokey, method: Method, under: &str, key: &str) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str())];
    byokey
        .ask(request(method, &format!("{PATH}/{under}"), &headers, ""))
        .await
}

pub(crate) async fn get(byokey: &Byokey, under: &str) -> Answer {
    about(byokey, Method::GET, under, "any").await
}

/// The response object of an answer, streamed or not.
#[track_caller]
pub(crate) fn response(answer: &Answer) -> Value {
    if answer.header("content-type") == "text/event-stream" {
        let events = answer.events();
        return events.last().unwrap()["response"].clone();
    }
    answer.ok()
}

pub(crate) fn id(response: &Value) -> &str {
    response["id"].as_str().unwrap()
}

pub(crate) fn text(response: &Value) -> String {
    let items = response["output"].as_array().unwrap().iter();
    items
        .flat_map(|item| item["content"].as_array().cloned().unwrap_or_default())
        .filter_map(|part| part["text"].as_str().map(str::to_owned))
        .collect()
}

/// (status, code, message, param) of an error.
#[track_caller]
pub(crate) fn fault(answer: &Answer) -> (u16, Value, String, Value) {
    let error = answer.json()["error"].clone();
    let message = error["message"].as_str().unwrap().to_owned();
    (
        answer.status,
        error["code"].clone(),
        message,
        error["param"].clone(),
    )
}

#[track_caller]
pub(crate) fn assert_unknown(answer: &Answer, id: &str) {
    assert_eq!(
        fault(answer),
        (
            400,
            json!("previous_response_not_found"),
            format!("Previous response with id '{id}' not found."),
            json!("previous_response_id")
        )
    );
}

/// Who said what in the messages that an upstream heard: (role, its text or the names of its calls).
pub(crate) fn heard(request: &Recorded) -> Vec<(String, String)> {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let messages = body["messages"].as_array().unwrap().iter();
    messages
        .map(|message| {
            let content = match &message["content"] {
                Value::String(text) => text.clone(),
                Value::Array(parts) => parts
                    .iter()
                    .map(|part| match part["type"].as_str().unwrap() {
                        "tool_use" => format!("[{}]", part["name"].as_str().unwrap()),
                        "tool_result" => "[result]".to_owned(),
                        "thinking" => "[thinking]".to_owned(),
                        _ => part["text"].as_str().unwrap_or_default().to_owned(),
                    })
                    .collect(),
                _ => String::new(),
            };
            let calls = message["tool_calls"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let names = calls
                .iter()
                .map(|call| call["function"]["name"].as_str().unwrap());
            let calls: String = names.flat_map(|name| ["[", name, "]"]).collect();
            (
                message["role"].as_str().unwrap().to_owned(),
                content + &calls,
            )
        })
        .collect()
}

pub(crate) fn rows(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter()
        .map(|(role, text)| ((*role).to_owned(), (*text).to_owned()))
        .collect()
}
