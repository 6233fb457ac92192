//! Web search that the provider runs, in every format that has one.

use byokey_translate::{Target, codec::codec, fold::fold, ir::Response, unfold::unfold};
use byokey_types::{Format, Kind as ErrorKind};
use bytes::Bytes;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::fixture::{self, Variant, reply, source};

use Format::{AnthropicMessages as Messages, OpenAiChat as Chat, OpenAiResponses as Responses};

#[test]
fn the_tool_keeps_its_limits_in_every_format() {
    let place = json!({"type": "approximate", "city": "Bern", "country": "CH"});
    let messages = json!({"type": "web_search_20250305", "name": "web_search", "allowed_domains": ["a.org"], "user_location": place});
    let responses = json!({"type": "web_search", "filters": {"allowed_domains": ["a.org"]}, "user_location": place});
    let chosen = json!({"type": "tool", "name": "web_search"});
    let (body, lost) = said(Messages, &asked(Messages, &messages, &chosen), Responses);
    assert_eq!(body["tools"], json!([responses]));
    assert_eq!(body["tool_choice"], json!({"type": "web_search"}));
    assert_eq!(
        body["include"],
        json!([
            "reasoning.encrypted_content",
            "web_search_call.action.sources"
        ])
    );
    assert_eq!(lost, "0;");

    let chosen = json!({"type": "web_search"});
    let (body, lost) = said(Responses, &asked(Responses, &responses, &chosen), Messages);
    assert_eq!(body["tools"], json!([messages]));
    assert_eq!(
        body["tool_choice"],
        json!({"type": "tool", "name": "web_search"})
    );
    assert_eq!(lost, "0;");
}

#[test]
fn what_a_format_cannot_say_is_declared() {
    let auto = json!("auto");
    let sized = json!({"type": "web_search_preview", "search_context_size": "low"});
    let (body, lost) = said(Responses, &asked(Responses, &sized, &auto), Messages);
    assert_eq!(
        body["tools"],
        json!([{"type": "web_search_20250305", "name": "web_search"}])
    );
    assert_eq!(lost, "1; tools.0.search_context_size=dropped");

    let often = json!({"type": "web_search_20250305", "name": "web_search", "max_uses": 3});
    let (body, lost) = said(
        Messages,
        &asked(Messages, &often, &json!({"type": "auto"})),
        Responses,
    );
    assert_eq!(body["tools"], json!([{"type": "web_search"}]));
    assert_eq!(lost, "1; tools.0.max_uses=dropped");

    // R14: no tool is left, so nothing is said of tools
    let cached = json!({"type": "web_search", "external_web_access": false});
    for (tool, format) in [(&cached, Messages), (&sized, Chat)] {
        let (body, lost) = said(Responses, &asked(Responses, tool, &auto), format);
        for member in ["tools", "tool_choice", "parallel_tool_calls"] {
            assert_eq!(body.get(member), None, "R14 {format}");
        }
        assert_eq!(
            lost, "2; tools.0=dropped, tool_choice=dropped",
            "R14 {format}"
        );
    }
}

#[test]
fn a_search_is_never_widened() {
    let blocked =
        json!({"type": "web_search_20250305", "name": "web_search", "blocked_domains": ["b.org"]});
    let request = asked(Messages, &blocked, &json!({"type": "auto"}));
    let decoded = codec(Messages).decode_request(&request).unwrap().value;
    let error = codec(Responses)
        .encode_request(&decoded, &able(Responses))
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidRequest);
    assert_eq!(error.param.as_deref(), Some("tools.0.blocked_domains"));
    assert_eq!(
        error.message(),
        "`tools.0` limits web search by `blocked_domains`, which this model's provider cannot do; \
         name the `allowed_domains` instead"
    );
    // a server that imitates the format does not search at all
    let guest = fixture::target(Responses, Variant::Plain, "model");
    let encoded = codec(Responses).encode_request(&decoded, &guest).unwrap();
    assert_eq!(
        encoded.losses.summary(999),
        "2; tools.0=dropped, tool_choice=dropped"
    );
}

#[test]
fn x08_a_function_of_the_name_stays_a_function() {
    let function =
        json!({"name": "web_search", "description": "mine", "input_schema": {"type": "object"}});
    let request = asked(
        Messages,
        &function,
        &json!({"type": "tool", "name": "web_search"}),
    );
    let (body, lost) = said(Messages, &request, Responses);
    assert_eq!(
        body["tools"],
        json!([{"type": "function", "name": "web_search", "description": "mine", "parameters": {"type": "object"}, "strict": false}])
    );
    assert_eq!(
        body["tool_choice"],
        json!({"type": "function", "name": "web_search"})
    );
    assert_eq!(lost, "0;");

    // two tools of one name are too many for Messages
    let mut body: Value = serde_json::from_slice(&asked(
        Responses,
        &json!({"type": "web_search"}),
        &json!("auto"),
    ))
    .unwrap();
    let mine = json!({"type": "function", "name": "web_search", "parameters": {"type": "object"}, "strict": null});
    body["tools"].as_array_mut().unwrap().push(mine);
    let (body, lost) = said(Responses, &body.to_string().into(), Messages);
    assert_eq!(
        body["tools"],
        json!([{"name": "web_search", "input_schema": {"type": "object"}}])
    );
    assert_eq!(lost, "1; tools.0=dropped");
}

#[test]
fn p19_searches_reach_clients_of_messages_as_pairs() {
    let (whole, streamed) = told(&found(), Messages);
    let pair = |id: &Value, query: &str, content: Value| {
        [
            json!({"type": "server_tool_use", "id": id, "name": "web_search", "input": {"query": query}}),
            json!({"type": "web_search_tool_result", "tool_use_id": id, "content": content}),
        ]
    };
    let result = |url: &str, title: &str| json!({"type": "web_search_result", "url": url, "title": title, "encrypted_content": "", "page_age": null});
    let content = whole["content"].as_array().unwrap();
    let (first, second) = (&content[0]["id"], &content[2]["id"]);
    assert_ne!(first, second);
    let sources = json!([
        result("https://a.org/1", "One"),
        result("https://a.org/2", "https://a.org/2")
    ]);
    let failed = json!({"type": "web_search_tool_result_error", "error_code": "unavailable"});
    let mut expected = pair(first, "ä rust", sources).to_vec();
    expected.extend(pair(second, "again", failed));
    expected.push(json!({"type": "text", "text": "grüße 😀 a"}));
    assert_eq!(content, &expected);
    assert_eq!(
        whole["usage"]["server_tool_use"],
        json!({"web_search_requests": 2})
    );
    assert_eq!(streamed["content"], whole["content"]);
    assert_eq!(
        streamed["usage"]["server_tool_use"],
        json!({"web_search_requests": 2})
    );

    // sent back, they are no marks of Anthropic's, and nobody is told that they are
    let echo = json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": "q"}, {"role": "assistant", "content": content}, {"role": "user", "content": "on"},
    ]});
    let echo = Bytes::from(echo.to_string());
    assert!(byokey_translate::carrier::may_hold_envelope(&echo));
    let (body, lost) = said(Messages, &echo, Messages);
    assert_eq!(
        body["messages"][1]["content"],
        json!([{"type": "text", "text": "grüße 😀 a"}])
    );
    assert_eq!(
        lost,
        "4; messages.1.content.0=dropped, messages.1.content.1=dropped, messages.1.content.2=dropped, messages.1.content.3=dropped"
    );
}

#[test]
fn p12_hidden_searches_leave_no_gap_and_p20_ranges_count_characters() {
    let (whole, streamed) = told(&found(), Chat);
    let annotation = json!({"type": "url_citation", "url_citation": {"start_index": 0, "end_index": 5, "url": "https://a.org/1", "title": "One"}});
    assert_eq!(whole["choices"][0]["message"]["content"], "grüße 😀 a");
    assert_eq!(
        whole["choices"][0]["message"]["annotations"],
        json!([annotation]),
        "P20"
    );
    assert_eq!(
        streamed["choices"][0]["message"], whole["choices"][0]["message"],
        "P20"
    );

    let hidden = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn", "content": [
        {"type": "text", "text": "a"},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
        {"type": "text", "text": "b"},
    ]});
    let decoded = codec(Messages)
        .decode_response(&hidden.to_string().into(), &source(Messages))
        .unwrap();
    let stream = fixture::streamed(codec(Responses), &decoded.value, &reply("asked"));
    let indexes: Vec<u64> = fixture::frames(&stream)
        .iter()
        .filter_map(|frame| {
            serde_json::from_slice::<Value>(&frame.data).unwrap()["output_index"].as_u64()
        })
        .collect();
    let mut distinct = indexes.clone();
    distinct.dedup();
    assert_eq!(distinct, [0, 1], "P12");
}

fn found() -> Bytes {
    let answer = json!({"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "m", "output": [
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "ä rust", "sources": [
            {"type": "url", "url": "https://a.org/1", "title": "One"}, {"type": "url", "url": "https://a.org/2"},
        ]}},
        {"type": "web_search_call", "id": "ws_2", "status": "failed", "action": {"type": "search", "queries": ["again"]}},
        {"type": "web_search_call", "id": "ws_3", "status": "completed", "action": {"type": "open_page", "url": "https://a.org/1"}},
        {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [{"type": "output_text", "text": "grüße 😀 a", "logprobs": [], "annotations": [
            {"type": "url_citation", "start_index": 0, "end_index": 5, "url": "https://a.org/1", "title": "One"},
        ]}]},
    ], "usage": {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}});
    answer.to_string().into()
}

/// What a client is told of a Responses answer: whole, and streamed and gathered again.
fn told(answer: &Bytes, client: Format) -> (Value, Value) {
    let decoded = codec(Responses)
        .decode_response(answer, &source(Responses))
        .unwrap()
        .value;
    let whole = encoded(&decoded, client);
    let stream = fixture::streamed(codec(client), &decoded, &reply("asked"));
    let gathered = fold(fixture::events(codec(client), &stream)).unwrap().0;
    assert_eq!(fold(unfold(decoded.clone())).unwrap().0, decoded);
    (whole, encoded(&gathered, client))
}

fn encoded(answer: &Response, client: Format) -> Value {
    let (body, _) = codec(client).encode_response(answer, &reply("asked"));
    serde_json::from_slice(&body).unwrap()
}

fn asked(format: Format, tool: &Value, choice: &Value) -> Bytes {
    let mut body = json!({"model": "m", "tools": [tool], "tool_choice": choice});
    let question = json!([{"role": "user", "content": "q"}]);
    if format == Responses {
        body["input"] = question;
    } else {
        body["messages"] = question;
        body["max_tokens"] = json!(64_000);
    }
    body.to_string().into()
}

fn said(from: Format, body: &Bytes, to: Format) -> (Value, String) {
    let request = codec(from).decode_request(body).unwrap().value;
    let encoded = codec(to).encode_request(&request, &able(to)).unwrap();
    let body = serde_json::from_slice(&encoded.body).unwrap();
    (body, encoded.losses.summary(999))
}

fn able(format: Format) -> Target {
    fixture::target(format, Variant::Rich, "model")
}
