//! What clients get wrong: what is forgiven, and what is told.

use std::time::Duration;

use byokey_translate::{Codec, gemini::Gemini, ir::Role};
use byokey_types::{ByokError, Kind, Retry, UpstreamFault};
use bytes::Bytes;
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{body, decoded, fixtures, home, json, plain, through};

#[test]
fn wrong_shapes_are_named() {
    let rows = [
        (json!([]), "`$` must be an object, not an array"),
        (json!({}), "`contents` is required"),
        (
            json!({"contents": 1}),
            "`contents` must be an array, not a number",
        ),
        (
            json!({"contents": [{"role": "tool"}]}),
            "`contents.0.role` must be `user` or `model`",
        ),
        (
            json!({"contents": [{"parts": [{"text": 1}]}]}),
            "`contents.0.parts.0.text` must be a string, not a number",
        ),
        (
            json!({"contents": [{"parts": [{"functionCall": {}}]}]}),
            "`contents.0.parts.0.functionCall.name` is required",
        ),
        (
            json!({"contents": [], "tools": [{"functionDeclarations": [{}]}]}),
            "`tools.0.functionDeclarations.0.name` is required",
        ),
        (
            json!({"contents": [], "generationConfig": {"maxOutputTokens": "x"}}),
            "`generationConfig.maxOutputTokens` must be a number, not a string",
        ),
        (
            json!({"contents": [], "generationConfig": {"thinkingConfig": {"thinkingBudget": -2}}}),
            "`generationConfig.thinkingConfig.thinkingBudget` must be a whole number that is not negative",
        ),
    ];
    for (given, expected) in rows {
        let error = Gemini.decode_request(&json(&given)).unwrap_err();
        assert_eq!(error.to_string(), expected, "{given}");
    }
}

#[test]
fn short_spellings_are_understood() {
    let request = decoded(&json!({"contents": "hi", "systemInstruction": "s"}));
    assert_eq!(request.turns[0].blocks[0].as_text(), Some("hi"));
    assert_eq!(request.turns[0].role, Role::User);
    let request = json!({"contents": [{"parts": {"text": "hi"}}, {"role": "user"}], "generationConfig": null, "tools": null});
    let encoded = through(&request, &plain());
    assert_eq!(
        body(&encoded),
        json!({"contents": [{"parts": [{"text": "hi"}]}]})
    );
}

#[test]
fn lone_surrogates_are_declared() {
    let request = Bytes::from_static(br#"{"contents":[{"parts":[{"text":"a\ud800b"}]}]}"#);
    let decoded = Gemini.decode_request(&request).unwrap();
    let lost: Vec<String> = decoded
        .losses
        .as_slice()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(lost, ["messages.0.content.0.text=approximated"]);
    assert_eq!(
        decoded.value.turns[0].blocks[0].as_text(),
        Some("a\u{fffd}b")
    );
}

#[test]
fn errors_are_named_as_the_sdks_expect() {
    let said = |error: &ByokError| -> Value {
        let body = Gemini.encode_error(error, "req_1");
        serde_json::from_slice(&body).unwrap()
    };
    let id = json!({"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": "req_1"});
    let invalid = ByokError::new(Kind::InvalidRequest, "no").at("contents");
    assert_eq!(
        said(&invalid),
        json!({"error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT", "details": [
            id, {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"field": "contents"}]}]}})
    );
    let limited = ByokError::new(Kind::RateLimited, "slow")
        .advise(Retry::Later(Some(Duration::from_millis(1500))));
    assert_eq!(
        said(&limited),
        json!({"error": {"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED", "details": [
            id, {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.5s"}]}})
    );
    let overloaded = ByokError::new(Kind::Overloaded, "busy").answered(UpstreamFault {
        status: 529,
        code: None,
        message: Some("their words".to_owned()),
        param: None,
        body: Bytes::new(),
        content_type: None,
    });
    assert_eq!(
        said(&overloaded),
        json!({"error": {"code": 529, "message": "their words", "status": "UNAVAILABLE", "details": [id]}})
    );
    for (kind, code, status) in [
        (Kind::Unauthorized, 401, "UNAUTHENTICATED"),
        (Kind::Forbidden, 403, "PERMISSION_DENIED"),
        (Kind::UnknownModel, 404, "NOT_FOUND"),
        (Kind::MethodNotAllowed, 405, "UNIMPLEMENTED"),
        (Kind::TooLarge, 413, "INVALID_ARGUMENT"),
        (Kind::WouldLose, 422, "INVALID_ARGUMENT"),
        (Kind::Internal, 500, "INTERNAL"),
        (Kind::BadUpstream, 502, "UNAVAILABLE"),
        (Kind::Timeout, 504, "DEADLINE_EXCEEDED"),
    ] {
        let found = said(&ByokError::new(kind, "x"));
        assert_eq!(
            (&found["error"]["code"], &found["error"]["status"]),
            (&json!(code), &json!(status))
        );
    }
}

proptest! {
    /// Whatever stands where, nothing panics, and what is read is written as JSON.
    #[test]
    fn damaged_bodies_are_read_or_refused(fixture in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), with in prop::sample::select(vec!["null", "1", "-1", "\"x\"", "[]", "{}", "[[1]]", "true", "{\"a\":{}}"])) {
        let fixtures: Vec<Bytes> = fixtures::all().into_iter().filter_map(|it| it.request.or(it.response)).collect();
        let whole: &Bytes = fixture.get(&fixtures);
        let whole: Value = serde_json::from_slice(whole).unwrap();
        let mut paths = Vec::new();
        pointers(&whole, "", &mut paths);
        let mut damaged = whole.clone();
        let path: &String = at.get(&paths);
        *damaged.pointer_mut(path).unwrap() = serde_json::from_str(with).unwrap();
        if let Ok(request) = Gemini.decode_request(&json(&damaged)) {
            let encoded = Gemini.encode_request(&request.value, &plain()).unwrap();
            prop_assert!(serde_json::from_slice::<Value>(&encoded.body).is_ok());
        }
        if let Ok(response) = Gemini.decode_response(&json(&damaged), &home()) {
            let (body, _) = Gemini.encode_response(&response.value, &byokey_translate::Reply::default());
            prop_assert!(serde_json::from_slice::<Value>(&body).is_ok());
        }
    }
}

fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{n}"), found);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                pointers(member, &format!("{at}/{key}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
