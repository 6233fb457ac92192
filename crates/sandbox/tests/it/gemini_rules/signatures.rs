//! Thought signatures: where the third generation wants them, and which it takes.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{hold, responses, user};
use crate::client::Stage;

const MISSING: &str = "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call `default_api:f` , position 2. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.";
const SKIP: &str = "skip_thought_signature_validator";

fn call(signature: Option<&str>) -> Value {
    let mut part = json!({"functionCall": {"name": "f", "args": {}}});
    if let Some(signature) = signature {
        part["thoughtSignature"] = json!(signature);
    }
    part
}

fn step(parts: &[Value]) -> Value {
    json!({"role": "model", "parts": parts})
}

fn talk(model: &str, contents: &[Value]) -> Value {
    json!({"model": model, "contents": contents})
}

#[tokio::test]
async fn the_first_call_of_each_step_of_the_turn_is_signed() {
    let both = responses(&["f", "f"]);
    let (hi, done) = (user("hi"), responses(&["f"]));
    let (bare, signed) = (step(&[call(None)]), step(&[call(Some(SKIP))]));
    hold(vec![
        (
            talk("g3-echo", &[hi.clone(), bare.clone(), done.clone()]),
            MISSING,
            talk("echo", &[hi.clone(), bare.clone(), done.clone()]),
        ),
        (
            talk("g3-echo", &[hi.clone(), step(&[call(None), call(Some(SKIP))]), both.clone()]),
            MISSING,
            talk("g3-echo", &[hi.clone(), step(&[call(Some(SKIP)), call(None)]), both]),
        ),
        (
            talk(
                "g3-echo",
                &[hi.clone(), bare.clone(), done.clone(), signed.clone(), done.clone()],
            ),
            MISSING,
            // what came before the user spoke again is not looked at
            talk("g3-echo", &[hi.clone(), bare, done.clone(), hi.clone()]),
        ),
        (
            talk("g3-echo", &[hi.clone(), step(&[call(Some("ZmFrZXNpZw=="))]), done.clone()]),
            "Corrupted thought signature.",
            talk("g3-echo", &[hi.clone(), step(&[call(Some("context_engineering_is_the_way_to_go"))]), done.clone()]),
        ),
        (
            talk("echo", &[hi.clone(), step(&[call(Some("%"))]), done.clone()]),
            "Invalid value at 'contents[1].parts[0].thought_signature' (TYPE_BYTES), Base64 decoding failed for \"%\"",
            talk("echo", &[hi, signed, done]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_signature_is_taken_where_it_was_given_and_nowhere_else() {
    let stage = Stage::open().await;
    let declared = json!([{"functionDeclarations": [{"name": "f"}, {"name": "g"}]}]);
    let mut asked = json!({"contents": [user("hi")], "tools": declared});
    let said = stage.gemini("g3-tools:generateContent", &asked).await.ok();
    let mut answer = said["candidates"][0]["content"].clone();
    let ask = async |answer: &Value, mut asked: Value| {
        let contents = asked["contents"].as_array_mut().unwrap();
        contents.extend([answer.clone(), responses(&["f", "g"])]);
        let said = stage.gemini("g3-tools:generateContent", &asked).await;
        (said.status, said.message())
    };
    assert_eq!(
        ask(&answer, asked.clone()).await,
        (200, "no error".to_owned())
    );
    // a client may spell base64 for the web
    let signature = answer["parts"][0]["thoughtSignature"].clone();
    let signature = signature.as_str().unwrap();
    let web = signature.replace('+', "-").replace('/', "_");
    answer["parts"][0]["thoughtSignature"] = json!(web.trim_end_matches('='));
    assert_eq!(ask(&answer, asked.clone()).await.0, 200);

    let invalid = (400, "Thought signature is not valid.".to_owned());
    answer["parts"][0]["functionCall"]["name"] = json!("g");
    assert_eq!(ask(&answer, asked.clone()).await, invalid);
    answer["parts"][0]["functionCall"]["name"] = json!("f");
    let mut tampered = signature.to_owned().into_bytes();
    tampered[30] = if tampered[30] == b'A' { b'B' } else { b'A' };
    answer["parts"][0]["thoughtSignature"] = json!(String::from_utf8(tampered).unwrap());
    assert_eq!(ask(&answer, asked.clone()).await, invalid);

    // the end of an answer in text is signed, too, as a part of its own in a stream
    let greeting = json!({"contents": [user("hi")]});
    let said = stage.gemini("g3-echo:generateContent", &greeting);
    let signature =
        said.await.ok()["candidates"][0]["content"]["parts"][0]["thoughtSignature"].clone();
    let said = json!({"role": "model", "parts": [{"text": "hi"}, {"text": "", "thoughtSignature": signature}]});
    asked["contents"] = json!([user("hi"), said, user("go on")]);
    assert_eq!(
        stage.gemini("g3-echo:generateContent", &asked).await.status,
        200
    );
}
