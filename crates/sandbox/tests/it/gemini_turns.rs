//! Models of generateContent that call tools and think.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{
    client::{Stage, patched},
    gemini_models::{ECHOED, body, config, text, three_ways, unsigned},
};

const THOUGHT: &str =
    "The user wants an answer — “日本 🦀”. First I look at the question, then I answer it.";

fn tools() -> Value {
    let parameters = json!({"type": "OBJECT", "properties": {"city": {"type": "STRING"}, "days": {"type": "INTEGER"}},
                            "required": ["city", "days"]});
    let tool = |name: &str| json!({"name": name, "parameters": parameters});
    json!([{"functionDeclarations": [tool("weather"), tool("clock")]}])
}

fn call(name: &str) -> Value {
    json!({"functionCall": {"name": name, "args": {"city": "value of \"city\" — ünïcødé 日本 🦀", "days": 7}}})
}

#[tokio::test]
async fn tools_are_called_as_the_mode_allows() {
    let stage = Stage::open().await;
    let mode = |mode: Value| json!({"toolConfig": {"functionCallingConfig": mode}});
    let cases = [
        (json!({}), json!([call("weather"), call("clock")])),
        (
            mode(json!({"mode": "ANY"})),
            json!([call("weather"), call("clock")]),
        ),
        (
            mode(json!({"mode": "ANY", "allowedFunctionNames": ["clock"]})),
            json!([call("clock")]),
        ),
        (
            mode(json!({"mode": "VALIDATED", "allowed_function_names": ["clock"]})),
            json!([call("clock")]),
        ),
        (
            mode(json!({"mode": "none"})),
            text(&format!("No tool was called. {ECHOED}")),
        ),
    ];
    for (patch, parts) in cases {
        let body = patched(&patched(&body(), &json!({"tools": tools()})), &patch);
        let said = three_ways(&stage, "tools", &body).await;
        let candidate = &said["candidates"][0];
        assert_eq!(
            (&candidate["content"]["parts"], &candidate["finishReason"]),
            (&parts, &json!("STOP")),
            "{patch}"
        );
    }
    // a full JSON schema makes the same arguments
    let lowered = tools().to_string();
    let full = lowered
        .replace("parameters", "parametersJsonSchema")
        .replace("OBJECT", "object")
        .replace("STRING", "string")
        .replace("INTEGER", "integer");
    let full: Value = serde_json::from_str(&full).unwrap();
    let said = three_ways(&stage, "tools", &patched(&body(), &json!({"tools": full}))).await;
    assert_eq!(
        said["candidates"][0]["content"]["parts"],
        json!([call("weather"), call("clock")])
    );
}

#[tokio::test]
async fn only_some_models_give_ids_to_their_calls() {
    let stage = Stage::open().await;
    let body = patched(&body(), &json!({"tools": tools()}));
    let said = three_ways(&stage, "ids-tools", &body).await;
    let parts = said["candidates"][0]["content"]["parts"].clone();
    let ids: Vec<_> = parts
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["functionCall"]["id"].as_str().unwrap())
        .collect();
    assert_eq!((ids.len(), ids[0].len()), (2, 8));
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_tool_loop_goes_round_with_signatures() {
    let stage = Stage::open().await;
    let thinking = config(&json!({"thinkingConfig": {"includeThoughts": true}}));
    for model in ["g3-tools", "g3-ids-tools", "think-tools", "g3-think-tools"] {
        let mut history = patched(&patched(&body(), &json!({"tools": tools()})), &thinking);
        let asked = three_ways(&stage, model, &history).await["candidates"][0]["content"].clone();
        let calls: Vec<_> = asked["parts"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|part| part.get("functionCall").is_some())
            .cloned()
            .collect();
        let signed: Vec<_> = calls
            .iter()
            .map(|part| part.get("thoughtSignature").is_some())
            .collect();
        assert_eq!(signed[0], true, "{model}");
        assert_eq!(signed[1..].contains(&true), false, "{model}");
        let contents = history["contents"].as_array_mut().unwrap();
        contents.push(asked);
        let answers = ["sunny ☀", "noon"].iter().zip(&calls).map(|(said, part)| {
            let call = &part["functionCall"];
            json!({"functionResponse": {"name": call["name"], "id": call["id"], "response": {"output": said}}})
        });
        contents.push(json!({"role": "user", "parts": answers.collect::<Vec<_>>()}));
        let said = three_ways(&stage, model, &history).await;
        let told = said["candidates"][0]["content"]["parts"][0]["text"].clone();
        let both = "The tools said: “sunny ☀”, “noon”.";
        let one = "The tools said: “sunny ☀”.";
        assert_eq!(told, if calls.len() == 2 { both } else { one }, "{model}");
    }
}

#[tokio::test]
async fn thoughts_are_counted_always_and_told_on_request() {
    let stage = Stage::open().await;
    let thinking =
        |thinking: Value| patched(&body(), &config(&json!({"thinkingConfig": thinking})));
    let thought = json!({"text": THOUGHT, "thought": true});
    let signed = json!({"text": ECHOED, "thoughtSignature": "signed"});
    let cases = [
        (
            thinking(json!({"includeThoughts": true})),
            json!([thought, signed]),
            json!(21),
        ),
        (
            thinking(json!({"thinkingBudget": 512})),
            json!([signed]),
            json!(21),
        ),
        (body(), json!([signed]), json!(21)),
        (
            thinking(json!({"thinking_budget": 0})),
            text(ECHOED),
            Value::Null,
        ),
    ];
    for (body, parts, tokens) in cases {
        let said = three_ways(&stage, "think", &body).await;
        assert_eq!(
            (
                unsigned(said["candidates"][0]["content"]["parts"].clone()),
                &said["usageMetadata"]["thoughtsTokenCount"]
            ),
            (parts, &tokens),
            "{body}"
        );
    }
    let told = thinking(json!({"includeThoughts": true}));
    assert_eq!(
        three_ways(&stage, "think", &told).await["usageMetadata"],
        json!({"promptTokenCount": 10, "candidatesTokenCount": 10, "totalTokenCount": 41, "thoughtsTokenCount": 21,
               "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 10}]})
    );
}
