//! Every model on Messages: what it says, and that its stream says the same.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{
    client::{Stage, patched},
    messages_fold::{fold, without_ids},
};

const ECHOED: &str = "Grüße — 日本 🦀 \"quoted\"\nand a second line";
const THOUGHT: &str =
    "The user wants an answer — “日本 🦀”. First I look at the question, then I answer it.";

fn body(model: &str) -> Value {
    json!({"model": model, "max_tokens": 4096, "messages": [{"role": "user", "content": ECHOED}]})
}

fn tools() -> Value {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
                        "required": ["city", "days"]});
    let tool = |name: &str| json!({"name": name, "input_schema": schema});
    json!([tool("weather"), tool("clock")])
}

async fn both_ways(stage: &Stage, body: &Value) -> Value {
    let whole = without_ids(stage.messages(body).await.ok());
    let events = stage
        .messages(&patched(body, &json!({"stream": true})))
        .await
        .events();
    assert_eq!(without_ids(fold(&events)), whole, "{body}");
    whole
}

fn text(text: &str) -> Value {
    json!([{"type": "text", "text": text}])
}

#[tokio::test]
async fn a_message_in_full() {
    let stage = Stage::open().await;
    let said = both_ways(&stage, &body("echo")).await;
    assert_eq!(
        said,
        json!({
            "id": "an id", "type": "message", "role": "assistant", "model": "echo", "content": text(ECHOED),
            "stop_reason": "end_turn", "stop_sequence": null, "stop_details": null,
            "usage": {"input_tokens": 10, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
                      "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
                      "output_tokens": 10, "output_tokens_details": {"thinking_tokens": 0}, "service_tier": "standard"}
        })
    );
}

#[tokio::test]
async fn every_model_says_the_same_streamed_and_not() {
    let stage = Stage::open().await;
    let format = json!({"type": "json_schema", "schema": {"type": "object", "properties": {"ok": {"type": "boolean"}},
                        "required": ["ok"], "additionalProperties": false}});
    let cases = [
        ("echo", json!({}), text(ECHOED), json!(["end_turn", null])),
        (
            "slow-start-1",
            json!({}),
            text(ECHOED),
            json!(["end_turn", null]),
        ),
        (
            "lorem-3",
            json!({}),
            text("lorem ipsum dolor "),
            json!(["end_turn", null]),
        ),
        (
            "lorem-3-10000",
            json!({"max_tokens": 2}),
            text("lorem ipsum "),
            json!(["max_tokens", null]),
        ),
        (
            "echo",
            json!({"max_tokens": 2}),
            text("Grüße — "),
            json!(["max_tokens", null]),
        ),
        (
            "echo",
            json!({"stop_sequences": ["quoted", "🦀"]}),
            text("Grüße — 日本 "),
            json!(["stop_sequence", "🦀"]),
        ),
        (
            "stop",
            json!({"stop_sequences": ["\nEND"]}),
            text(&format!("{ECHOED} ")),
            json!(["stop_sequence", "\nEND"]),
        ),
        (
            "long",
            json!({"max_tokens": 3}),
            text("and on and o"),
            json!(["max_tokens", null]),
        ),
        (
            "refuse",
            json!({}),
            text("I can’t help with that."),
            json!(["refusal", null]),
        ),
        (
            "filter",
            json!({}),
            text("The first half of something"),
            json!(["refusal", null]),
        ),
        (
            "vision",
            json!({}),
            text("I see no image and no document."),
            json!(["end_turn", null]),
        ),
        (
            "structured",
            json!({"output_config": {"format": format}}),
            text("{\"ok\":true}"),
            json!(["end_turn", null]),
        ),
    ];
    for (model, patch, content, stop) in cases {
        let said = both_ways(&stage, &patched(&body(model), &patch)).await;
        assert_eq!(
            (
                &said["content"],
                json!([said["stop_reason"], said["stop_sequence"]])
            ),
            (&content, stop),
            "{model}"
        );
    }
    assert_eq!(stage.messages(&body("flaky")).await.status, 529);
    assert_eq!(
        stage.messages(&body("flaky")).await.ok()["content"],
        text(ECHOED)
    );
}

#[tokio::test]
async fn a_refusal_says_why() {
    let stage = Stage::open().await;
    let details = json!({"type": "refusal", "category": "general_harms",
                         "explanation": "This request may concern general harms."});
    assert_eq!(
        both_ways(&stage, &body("refuse")).await["stop_details"],
        details
    );
}

#[tokio::test]
async fn citations_keep_their_places() {
    let stage = Stage::open().await;
    let said = both_ways(&stage, &body("cite")).await;
    let index = said["content"][3]["citations"][0]["encrypted_index"].clone();
    assert_eq!(
        said["content"],
        json!([
            {"type": "text", "text": "Laut dem Dokument — "},
            {"type": "text", "text": "das Gras ist grün", "citations": [
                {"type": "char_location", "cited_text": "The grass is green.", "document_index": 0, "file_id": null,
                 "document_title": "My Document — ünïcødé", "start_char_index": 0, "end_char_index": 19}]},
            {"type": "text", "text": " und "},
            {"type": "text", "text": "空は青い", "citations": [
                {"type": "web_search_result_location", "cited_text": "Le ciel est bleu — 空は青い", "title": "The sky 🦀",
                 "url": "https://example.com/sky", "encrypted_index": index}]},
            {"type": "text", "text": "."},
        ])
    );
}

#[tokio::test]
async fn tools_are_called_in_parallel() {
    let stage = Stage::open().await;
    let input = json!({"city": "value of \"city\" — ünïcødé 日本 🦀", "days": 7});
    let call =
        |name: &str| json!({"type": "tool_use", "id": "an id", "name": name, "input": input});
    let with = |patch: &Value| patched(&patched(&body("tools"), &json!({"tools": tools()})), patch);
    let cases = [
        (json!({}), json!([call("weather"), call("clock")])),
        (
            json!({"tool_choice": {"type": "auto", "disable_parallel_tool_use": true}}),
            json!([call("weather")]),
        ),
        (
            json!({"tool_choice": {"type": "any"}}),
            json!([call("weather"), call("clock")]),
        ),
        (
            json!({"tool_choice": {"type": "tool", "name": "clock"}}),
            json!([call("clock")]),
        ),
    ];
    for (patch, calls) in cases {
        let said = both_ways(&stage, &with(&patch)).await;
        assert_eq!(
            (&said["content"], &said["stop_reason"]),
            (&calls, &json!("tool_use"))
        );
    }
    let none = both_ways(&stage, &with(&json!({"tool_choice": {"type": "none"}}))).await;
    assert_eq!(
        none["content"],
        text(&format!("No tool was called. {ECHOED}"))
    );
}

#[tokio::test]
async fn a_thinking_tool_loop_must_bring_its_thoughts_back() {
    let stage = Stage::open().await;
    let ask = patched(
        &body("think-tools"),
        &json!({"tools": tools(), "thinking": {"type": "enabled", "budget_tokens": 1024}}),
    );
    let said = both_ways(&stage, &ask).await;
    let kinds: Vec<_> = said["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|block| block["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        (kinds, &said["content"][0]["thinking"]),
        (vec!["thinking", "text", "tool_use"], &json!(THOUGHT))
    );

    let content = stage.messages(&ask).await.ok()["content"].clone();
    let then = |content: &Value| {
        let mut next = ask.clone();
        let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}});
        let id = content.as_array().unwrap().last().unwrap()["id"].clone();
        next["messages"].as_array_mut().unwrap().extend([
            json!({"role": "assistant", "content": content}),
            json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": [{"type": "text", "text": "sunny"}, image]}]}),
        ]);
        next
    };
    assert_eq!(
        both_ways(&stage, &then(&content)).await["content"],
        text("The tools said: “sunny”.")
    );
    let echo = patched(&then(&content), &json!({"model": "echo"}));
    assert_eq!(
        both_ways(&stage, &echo).await["content"],
        text("sunny\n[image image/png 2 bytes]")
    );

    let mut altered = content.clone();
    altered[0]["thinking"] = json!("something else");
    let mut unsigned = content.clone();
    unsigned[0]["signature"] = json!("");
    let mut bare = content.clone();
    bare.as_array_mut().unwrap().remove(0);
    let refusals = [
        (
            altered,
            "messages.1.content.0: Invalid `signature` in `thinking` block",
        ),
        (
            unsigned,
            "messages.1.content.0: Invalid `signature` in `thinking` block",
        ),
        (
            bare,
            "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`.",
        ),
    ];
    for (content, message) in refusals {
        let refused = stage.messages(&then(&content)).await;
        assert_eq!(
            (refused.status, &refused.message()[..message.len()]),
            (400, message)
        );
    }
}

#[tokio::test]
async fn thoughts_are_sealed_redacted_omitted_or_off() {
    let stage = Stage::open().await;
    let said = both_ways(&stage, &body("think-redacted")).await;
    let kinds: Vec<_> = said["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|block| block["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["thinking", "redacted_thinking", "text"]);
    let mut next = body("echo");
    next["messages"].as_array_mut().unwrap().extend([
        json!({"role": "assistant", "content": said["content"]}),
        json!({"role": "user", "content": "and on"}),
    ]);
    assert_eq!(both_ways(&stage, &next).await["content"], text("and on"));
    next["messages"][1]["content"][1]["data"] = json!("RW1wdHk=");
    assert_eq!(
        stage.messages(&next).await.message(),
        "messages.1.content.1: Invalid `data` in `redacted_thinking` block"
    );

    let omitted = patched(
        &body("think"),
        &json!({"thinking": {"type": "adaptive", "display": "omitted"}}),
    );
    let said = both_ways(&stage, &omitted).await;
    assert_eq!(
        (&said["content"][0]["thinking"], &said["content"][1]),
        (&json!(""), &text(ECHOED)[0])
    );
    let off = patched(&body("think"), &json!({"thinking": {"type": "disabled"}}));
    assert_eq!(both_ways(&stage, &off).await["content"], text(ECHOED));
}

#[tokio::test]
async fn marks_decide_what_was_cached() {
    let stage = Stage::open().await;
    let marked = |chars: usize, ttl: &str| json!({"type": "text", "text": "x".repeat(chars), "cache_control": {"type": "ephemeral", "ttl": ttl}});
    let usage = async |system: Value| {
        let usage = stage
            .messages(&patched(&body("echo"), &json!({"system": system})))
            .await
            .ok()["usage"]
            .clone();
        [
            "input_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
        ]
        .map(|name| usage[name].as_u64().unwrap())
    };
    assert_eq!(usage(json!("x".repeat(400))).await, [110, 0, 0]);
    assert_eq!(usage(json!([marked(400, "5m")])).await, [10, 0, 100]);
    assert_eq!(
        usage(json!([marked(400, "1h"), marked(80, "5m")])).await,
        [10, 100, 20]
    );
}

#[tokio::test]
async fn media_are_described() {
    let stage = Stage::open().await;
    let content = json!([
        {"type": "image", "source": {"type": "base64", "media_type": "image/gif", "data": "R0lGODlh"}},
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}},
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
        {"type": "text", "text": "look"},
    ]);
    let ask = patched(
        &body("vision"),
        &json!({"messages": [{"role": "user", "content": content}]}),
    );
    assert_eq!(
        both_ways(&stage, &ask).await["content"],
        text(
            "I see: image image/gif 6 bytes; document application/pdf 5 bytes; image https://example.com/a.png."
        )
    );
}
