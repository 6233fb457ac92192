//! Items of every kind, given and made.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{ARGUMENTS, ECHOED, body, both_ways, call, message, tools};
use crate::client::{Stage, patched};

#[tokio::test]
async fn tools_of_every_kind_are_called_as_what_they_are() {
    let stage = Stage::open().await;
    let custom = json!({"type": "custom", "name": "exec", "format": {"type": "grammar", "syntax": "lark", "definition": "start: /.*/"}});
    let namespace = |name: &str, tools: Value| json!({"type": "namespace", "name": name, "description": "d", "tools": tools});
    let function = json!({"type": "function", "name": "wait", "parameters": {"type": "object"}});
    let freeform = json!({"id": "ctc", "type": "custom_tool_call", "status": "completed", "call_id": "call_id", "name": "exec",
                          "input": "value of \"exec\" — ünïcødé 日本 🦀"});
    let spaced = patched(&call("wait", "{}"), &json!({"namespace": "agents"}));
    let search = json!({"type": "tool_search", "execution": "client", "description": "d",
                        "parameters": {"type": "object", "properties": {"limit": {"type": "number"}}, "required": ["limit"]}});
    let searched = json!({"id": "tsc", "type": "tool_search_call", "status": "completed", "call_id": "call_id",
                          "execution": "client", "arguments": {"limit": 7}});
    let deferred = patched(&function, &json!({"defer_loading": true}));
    let cases = [
        (json!([custom]), vec![freeform.clone()]),
        (
            json!([namespace("functions", json!([custom, function]))]),
            vec![freeform.clone(), call("wait", "{}")],
        ),
        (
            json!([namespace("agents", json!([function]))]),
            vec![spaced.clone()],
        ),
        (json!([search, deferred]), vec![searched]),
    ];
    for (tools, output) in cases {
        let said = both_ways(&stage, &patched(&body("tools"), &json!({"tools": tools}))).await;
        assert_eq!(said["output"], json!(output), "{tools}");
    }
    let brought = json!({"model": "tools", "input": [
        {"type": "additional_tools", "role": "developer", "tools": [namespace("agents", json!([function])), {"type": "function", "name": "weather"}]},
        {"role": "user", "content": "go"}], "tools": tools(), "parallel_tool_calls": true});
    let said = both_ways(&stage, &brought).await;
    assert_eq!(
        said["output"],
        json!([call("weather", ARGUMENTS), call("clock", ARGUMENTS)])
    );
    let loaded = json!({"model": "tools", "tools": [search], "input": [
        {"role": "user", "content": "go"},
        {"type": "tool_search_call", "call_id": "s", "execution": "client", "arguments": {}},
        {"type": "tool_search_output", "call_id": "s", "execution": "client", "tools": [deferred]}],
        "tool_choice": {"type": "function", "name": "wait"}});
    assert_eq!(
        both_ways(&stage, &loaded).await["output"],
        json!([call("wait", "{}")])
    );
}

#[tokio::test]
async fn the_web_is_searched_when_there_is_nothing_else() {
    let stage = Stage::open().await;
    let mut said = message(ECHOED);
    said["content"][0]["annotations"] = json!([{
        "type": "url_citation", "start_index": 0, "end_index": 39, "title": "The sky 🦀", "url": "https://example.com/sky"
    }]);
    let searched = |action: Value| json!({"id": "ws", "type": "web_search_call", "status": "completed", "action": action});
    let plain = json!({"type": "search", "query": ECHOED});
    let listed = patched(
        &plain,
        &json!({"sources": [{"type": "url", "url": "https://example.com/sky"}]}),
    );
    for (tool, include, action) in [
        ("web_search", json!([]), plain.clone()),
        (
            "web_search_preview",
            json!(["web_search_call.action.sources"]),
            listed,
        ),
    ] {
        let patch = json!({"tools": [{"type": tool}], "include": include});
        let answer = both_ways(&stage, &patched(&body("tools"), &patch)).await;
        assert_eq!(answer["output"], json!([searched(action), said]));
    }
    let beside = patched(
        &body("tools"),
        &json!({"tools": [{"type": "web_search"}, tools()[0]]}),
    );
    assert_eq!(
        both_ways(&stage, &beside).await["output"],
        json!([call("weather", ARGUMENTS)])
    );
}

#[tokio::test]
async fn results_come_back_and_media_is_seen() {
    let stage = Stage::open().await;
    let png = "data:image/png;base64,iVBORw0KGgo=";
    let done = json!({"model": "tools", "tools": tools(), "input": [
        {"role": "user", "content": "go"},
        {"type": "function_call", "call_id": "a", "name": "weather", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "b", "name": "exec", "input": "x"},
        {"type": "custom_tool_call_output", "call_id": "b", "output": [{"type": "input_text", "text": "two"}]},
        {"type": "function_call_output", "call_id": "a", "output": "one"},
        {"role": "developer", "content": "go on"}]});
    assert_eq!(
        both_ways(&stage, &done).await["output"],
        json!([message("The tools said: “two”, “one”.")])
    );
    let seen = json!({"model": "vision", "input": [{"role": "user", "content": [
        {"type": "input_image", "image_url": png, "detail": "low"}, {"type": "input_image", "image_url": "https://x.test/a.png"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"},
        {"type": "input_file", "file_url": "https://x.test/a.pdf"}, {"type": "input_file", "file_id": "file-1"}]}]});
    let described = "I see: image image/png 8 bytes; image https://x.test/a.png; file application/pdf 3 bytes; \
                     file https://x.test/a.pdf; file file file-1.";
    assert_eq!(
        both_ways(&stage, &seen).await["output"],
        json!([message(described)])
    );
}

#[tokio::test]
async fn a_compaction_is_one_sealed_item() {
    let stage = Stage::open().await;
    let body = json!({"model": "echo", "input": [{"role": "user", "content": "much"}, {"type": "compaction_trigger"}]});
    let compaction =
        json!({"id": "cmp", "type": "compaction", "encrypted_content": "encrypted_content"});
    assert_eq!(
        both_ways(&stage, &body).await["output"],
        json!([compaction])
    );
    let item = stage.responses(&body).await.ok()["output"][0].clone();
    let after = json!({"model": "echo", "input": [item, {"role": "user", "content": "and now?"}]});
    assert_eq!(
        both_ways(&stage, &after).await["output"],
        json!([message("and now?")])
    );
    let tampered = json!({"model": "echo", "input": [
        {"type": "compaction", "encrypted_content": "gAAAAAbcdef"}, {"role": "user", "content": "and now?"}]});
    assert_eq!(
        stage.responses(&tampered).await.json()["error"]["code"],
        "invalid_encrypted_content"
    );
}
