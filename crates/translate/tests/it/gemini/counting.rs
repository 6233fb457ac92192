//! `countTokens`: what is to be counted, and the count.

use byokey_translate::{
    Codec,
    gemini::{Gemini, count_answer, count_request},
};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::json;

#[test]
fn both_shapes_are_the_request_they_mean() {
    let content = json!([{"role": "user", "parts": [{"text": "hi"}]}]);
    let request = json!({"contents": content, "systemInstruction": {"parts": [{"text": "s"}]}, "tools": [{"functionDeclarations": [{"name": "f"}]}]});
    let with_model = |model: &str| {
        let mut request = request.clone();
        request["model"] = json!(model);
        request
    };
    let rows = [
        (request.clone(), ""),
        (with_model("models/gemini-2.5-flash"), "gemini-2.5-flash"),
        (
            json!({"generateContentRequest": with_model("models/g")}),
            "g",
        ),
        (json!({"generate_content_request": with_model("g")}), "g"),
    ];
    for (body, model) in rows {
        let mut expected = Gemini.decode_request(&json(&request)).unwrap().value;
        expected.model = model.to_owned();
        assert_eq!(
            count_request(&json(&body)).unwrap().value,
            expected,
            "{body}"
        );
    }
    let beside = json!({"contents": content, "generateContentRequest": {"model": "models/g"}});
    assert_eq!(count_request(&json(&beside)).unwrap().value.turns.len(), 1);
}

#[test]
fn bad_bodies_are_refused_by_name() {
    for (body, expected) in [
        (json!({}), "`contents` is required"),
        (
            json!({"generateContentRequest": {}}),
            "`generateContentRequest.contents` is required",
        ),
        (
            json!({"generateContentRequest": 3}),
            "`generateContentRequest` must be an object, not a number",
        ),
        (
            json!({"contents": [{"parts": 3}]}),
            "`contents.0.parts` must be an array, not a number",
        ),
    ] {
        let error = count_request(&json(&body)).unwrap_err();
        assert_eq!(error.to_string(), expected, "{body}");
    }
}

#[test]
fn the_answer_is_the_count() {
    let answer: Value = serde_json::from_slice(&count_answer(12)).unwrap();
    assert_eq!(answer, json!({"totalTokens": 12}));
}
