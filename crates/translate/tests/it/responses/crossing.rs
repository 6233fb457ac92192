//! What crosses between Responses and the other formats, row by row of the conformance cases.

use byokey_translate::{Target, codec::codec};
use byokey_types::Format;
use bytes::Bytes;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::fixture::{self, Variant, reply, source};

use Format::{AnthropicMessages as Messages, OpenAiChat as Chat, OpenAiResponses as Responses};

fn said_to(from: Format, body: &Value, to: Format, target: &Target) -> (Value, String) {
    let body = Bytes::from(body.to_string());
    let request = codec(from).decode_request(&body).unwrap().value;
    let encoded = codec(to).encode_request(&request, target).unwrap();
    let body = serde_json::from_slice(&encoded.body).unwrap();
    (body, encoded.losses.summary(999))
}

fn said(from: Format, body: &Value, to: Format) -> (Value, String) {
    said_to(from, body, to, &fixture::target(to, Variant::Rich, "model"))
}

/// An answer of one format for a client of another: whole, and as a stream gathered again.
fn told(from: Format, answer: &Value, client: Format) -> [Value; 2] {
    let body = Bytes::from(answer.to_string());
    let decoded = codec(from)
        .decode_response(&body, &source(from))
        .unwrap()
        .value;
    let whole = codec(client).encode_response(&decoded, &reply("asked")).0;
    let stream = fixture::streamed(codec(client), &decoded, &reply("asked"));
    let events = fixture::events(codec(client), &stream);
    let folded = byokey_translate::fold::fold(events).unwrap().0;
    let again = codec(client).encode_response(&folded, &reply("asked")).0;
    [whole, again].map(|body| serde_json::from_slice(&body).unwrap())
}

fn answer(output: &Value, more: &Value) -> Value {
    let mut answer = json!({"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "m", "output": output});
    for (key, value) in more.as_object().unwrap() {
        answer[key] = value.clone();
    }
    answer
}

#[test]
fn r02_neighbouring_items_of_the_model_are_one_message() {
    let call =
        |id: &str| json!({"type": "function_call", "call_id": id, "name": "f", "arguments": "{}"});
    let output = |id: &str| json!({"type": "function_call_output", "call_id": id, "output": id});
    let request = json!({"model": "m", "input": [
        {"role": "user", "content": "go"},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "why"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "let me"}]},
        call("a"), call("b"), output("b"), output("a"),
        {"role": "user", "content": "more"},
        call("c"), output("c"),
    ]});
    let (body, lost) = said(Responses, &request, Chat);
    let shown = |id: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}});
    assert_eq!(
        body["messages"],
        json!([
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": "let me", "reasoning_content": "why", "tool_calls": [shown("a"), shown("b")]},
            {"role": "tool", "tool_call_id": "b", "content": "b"},
            {"role": "tool", "tool_call_id": "a", "content": "a"},
            {"role": "user", "content": "more"},
            {"role": "assistant", "content": null, "tool_calls": [shown("c")]},
            {"role": "tool", "tool_call_id": "c", "content": "c"},
        ])
    );
    assert_eq!(lost, "0;");
}

#[test]
fn r02_what_chat_says_in_another_order_is_declared() {
    let reasoning = |id: &str| json!({"type": "reasoning", "id": id, "summary": [{"type": "summary_text", "text": id}]});
    let call =
        |id: &str| json!({"type": "function_call", "call_id": id, "name": "f", "arguments": "{}"});
    let output = |id: &str| json!({"type": "function_call_output", "call_id": id, "output": id});
    let request = json!({"model": "m", "input": [
        {"role": "user", "content": "go"},
        reasoning("one"), call("a"), reasoning("two"), call("b"), output("a"), output("b"),
    ]});
    let (body, lost) = said(Responses, &request, Chat);
    assert_eq!(body["messages"][1]["reasoning_content"], "one\n\ntwo");
    assert_eq!(lost, "1; messages.3.content.0=moved");
}

#[test]
fn r17_streams_of_chat_report_usage() {
    let ask = |stream: Value| json!({"model": "m", "input": "x", "stream": stream});
    let (body, _) = said(Responses, &ask(json!(true)), Chat);
    assert_eq!(body["stream_options"], json!({"include_usage": true}));
    for stream in [json!(false), json!(null)] {
        let (body, _) = said(Responses, &ask(stream), Chat);
        assert_eq!(body.get("stream_options"), None);
    }
}

#[test]
fn x12_a_session_has_one_cache_key_and_the_clients_own_wins() {
    let question = json!([{"role": "user", "content": "x"}]);
    let asked = [
        (
            Messages,
            json!({"model": "m", "max_tokens": 9, "messages": question}),
        ),
        (Chat, json!({"model": "m", "messages": question})),
        (Responses, json!({"model": "m", "input": question})),
    ];
    for upstream in [Responses, Chat] {
        let mut target = fixture::target(upstream, Variant::Rich, "model");
        for (client, body) in &asked {
            target.session = Some("session-1".into());
            let (said, _) = said_to(*client, body, upstream, &target);
            assert_eq!(
                said["prompt_cache_key"], "session-1",
                "{client} to {upstream}"
            );
            target.session = None;
            let (said, _) = said_to(*client, body, upstream, &target);
            assert_eq!(
                said.get("prompt_cache_key"),
                None,
                "{client} to {upstream}: never random"
            );
        }
        target.session = Some("session-1".into());
        for client in [Chat, Responses] {
            let mut body = asked
                .iter()
                .find(|(format, _)| *format == client)
                .unwrap()
                .1
                .clone();
            body["prompt_cache_key"] = json!("mine");
            let (said, lost) = said_to(client, &body, upstream, &target);
            assert_eq!(said["prompt_cache_key"], "mine", "{client} to {upstream}");
            assert_eq!(lost, "0;");
        }
    }
}

#[test]
fn what_one_provider_knows_in_both_formats_is_kept() {
    let shared = [
        ("metadata", json!({"a": "1"})),
        ("prompt_cache_retention", json!("24h")),
        ("safety_identifier", json!("s")),
        ("service_tier", json!("flex")),
        ("store", json!(true)),
    ];
    let mut chat = json!({"model": "model", "messages": [{"role": "user", "content": "x"}], "verbosity": "low"});
    let mut responses = json!({"model": "model", "input": [{"type": "message", "role": "user", "content": "x"}], "text": {"verbosity": "low"}});
    for (key, value) in shared {
        chat[key] = value.clone();
        responses[key] = value;
    }
    let (body, lost) = said(Responses, &responses, Chat);
    assert_eq!((body, lost.as_str()), (chat.clone(), "0;"));
    responses["include"] = json!(["reasoning.encrypted_content"]);
    let (body, lost) = said(Chat, &chat, Responses);
    assert_eq!((body, lost.as_str()), (responses.clone(), "0;"));

    // a server that imitates a format knows none of them, and no other format does
    responses["truncation"] = json!("auto");
    responses["max_tool_calls"] = json!(3);
    responses["previous_response_id"] = json!("resp_0");
    let guest = fixture::target(Chat, Variant::Plain, "model");
    let (body, lost) = said_to(Responses, &responses, Chat, &guest);
    assert_eq!(
        body,
        json!({"model": "model", "messages": [{"role": "user", "content": "x"}]})
    );
    for member in [
        "metadata",
        "service_tier",
        "store",
        "truncation",
        "max_tool_calls",
        "previous_response_id",
        "text.verbosity",
    ] {
        assert!(
            lost.contains(&format!(" {member}=dropped")),
            "{member}: {lost}"
        );
    }
    // sealed reasoning goes round without being asked for
    assert!(!lost.contains("include"), "{lost}");
}

#[test]
fn what_says_nothing_to_a_model_is_no_loss() {
    let codex = json!({"model": "model", "input": [{"type": "message", "role": "user", "content": "x"}], "store": false,
        "include": ["reasoning.encrypted_content"], "prompt_cache_key": "session", "client_metadata": {"a": "b"}});
    for format in [Chat, Format::AnthropicMessages, Format::Gemini] {
        let target = fixture::target(format, Variant::Plain, "model");
        assert_eq!(
            said_to(Responses, &codex, format, &target)
                .1
                .replace("1; max_tokens=synthesised", "0;"),
            "0;",
            "{format}"
        );
    }
    let mut asking = codex;
    asking["store"] = json!(true);
    asking["include"] = json!([
        "reasoning.encrypted_content",
        "message.output_text.logprobs"
    ]);
    let target = fixture::target(Format::Gemini, Variant::Plain, "model");
    let (_, lost) = said_to(Responses, &asking, Format::Gemini, &target);
    assert_eq!(lost, "2; include=dropped, store=dropped");
}

#[test]
fn u14_broken_arguments_are_found_unless_the_answer_was_cut() {
    let call = json!([{"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{\"a\":", "status": "completed"}]);
    let cut =
        json!({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}});
    for (more, broken) in [(json!({}), true), (cut.clone(), false)] {
        let body = Bytes::from(answer(&call, &more).to_string());
        let decoded = codec(Responses)
            .decode_response(&body, &source(Responses))
            .unwrap()
            .value;
        assert_eq!(decoded.malformed_call().is_some(), broken, "{more}");
    }
    let [whole, _] = told(Responses, &answer(&call, &cut), Messages);
    assert_eq!(whole["content"][0]["input"], json!({}));
}

#[test]
fn u16_an_empty_answer_is_empty_and_never_null() {
    let empty = answer(&json!([]), &json!({}));
    for told in told(Responses, &empty, Messages) {
        assert_eq!(told["content"], json!([]));
    }
    for told in told(Responses, &empty, Chat) {
        assert_eq!(told["choices"][0]["message"]["content"], json!(""));
    }
    for told in told(
        Messages,
        &json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": "end_turn"}),
        Responses,
    ) {
        assert_eq!(
            (&told["output"], &told["status"]),
            (&json!([]), &json!("completed"))
        );
    }
}

#[test]
fn u17_the_order_of_blocks_is_kept() {
    let content = json!([
        {"type": "thinking", "thinking": "t", "signature": "c2ln"}, {"type": "text", "text": "a"},
        {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}, {"type": "text", "text": "b"},
    ]);
    let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": content, "stop_reason": "tool_use"});
    for told in told(Messages, &message, Responses) {
        let kinds: Vec<&str> = told["output"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["type"].as_str().unwrap())
            .collect();
        assert_eq!(kinds, ["reasoning", "message", "function_call", "message"]);
    }
}

#[test]
fn images_that_were_made_are_items_and_come_back() {
    let made = json!({"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "QUJD", "output_format": "webp", "revised_prompt": "a cat", "size": "1x1"});
    for told in told(Responses, &answer(&json!([made]), &json!({})), Responses) {
        assert_eq!(told["output"], json!([made]));
    }
    // in the conversation
    let request = json!({"model": "model", "input": [{"type": "message", "role": "user", "content": "x"}, made], "store": false});
    assert_eq!(
        said(Responses, &request, Responses),
        (request.clone(), "0;".to_owned())
    );
    let (body, lost) = said(Responses, &request, Messages);
    assert_eq!(
        body["messages"][1]["content"],
        json!([{"type": "text", "text": "[image omitted: it cannot be sent to this model]"}])
    );
    assert!(lost.contains("messages.1.content.0=dropped"), "{lost}");
}

#[test]
fn log_probabilities_survive_a_stream() {
    let logprobs = json!([{"token": "a", "logprob": -0.1, "bytes": [97], "top_logprobs": []}]);
    let said = json!([{"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [{"type": "output_text", "text": "a", "annotations": [], "logprobs": logprobs}]}]);
    for told in told(Responses, &answer(&said, &json!({})), Responses) {
        assert_eq!(told["output"], said);
    }
}
