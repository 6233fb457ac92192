//! What is wrong is named: where in a request, of what kind in an answer.

use byokey_translate::{Codec, Event, chat::Chat, event::StreamFault};
use byokey_types::{ByokError, Kind, UpstreamFault};
use bytes::Bytes;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{deltas, ending, events, json as parse, reply, source, written};

#[test]
fn errors_name_their_place() {
    let user = r#"{"role":"user","content":"a"}"#;
    let rows = [
        (r#"{"messages":[]}"#.to_owned(), "`model` is required"),
        (r#"{"model":"m"}"#.to_owned(), "`messages` is required"),
        (
            r#"{"model":"m","messages":[]}"#.to_owned(),
            "`messages` must not be empty",
        ),
        (
            r#"{"model":"m","messages":{}}"#.to_owned(),
            "`messages` must be an array, not an object",
        ),
        (
            r#"{"model":1,"messages":[]}"#.to_owned(),
            "`model` must be a string, not a number",
        ),
        (
            r#"{"model":"m","messages":[{"role":"bot","content":"a"}]}"#.to_owned(),
            "`messages.0.role` must be `system`, `developer`, `user`, `assistant` or `tool`",
        ),
        (
            r#"{"model":"m","messages":[{"role":"user"}]}"#.to_owned(),
            "`messages.0.content` is required",
        ),
        (
            r#"{"model":"m","messages":[{"role":"user","content":5}]}"#.to_owned(),
            "`messages.0.content` must be a string or an array, not a number",
        ),
        (
            format!(
                r#"{{"model":"m","messages":[{user},{{"role":"user","content":[{{"type":"text","text":"a"}},{{"type":"image_url","image_url":{{"url":5}}}}]}}]}}"#
            ),
            "`messages.1.content.1.image_url.url` must be a string, not a number",
        ),
        (
            format!(
                r#"{{"model":"m","messages":[{user},{{"role":"assistant","tool_calls":[{{"id":"c","function":{{"name":"f","arguments":{{}}}}}}]}}]}}"#
            ),
            "`messages.1.tool_calls.0.function.arguments` must be a string, not an object",
        ),
        (
            r#"{"model":"m","messages":[{"role":"tool","content":"a"}]}"#.to_owned(),
            "`messages.0.tool_call_id` is required",
        ),
        (
            format!(
                r#"{{"model":"m","messages":[{user}],"tools":[{{"type":"function","function":{{"name":""}}}}]}}"#
            ),
            "`tools.0.function.name` must not be empty",
        ),
        (
            format!(r#"{{"model":"m","messages":[{user}],"stop":[1]}}"#),
            "`stop.0` must be a string, not a number",
        ),
        (
            format!(r#"{{"model":"m","messages":[{user}],"max_tokens":-1}}"#),
            "`max_tokens` must be a whole number that is not negative",
        ),
        (
            format!(
                r#"{{"model":"m","messages":[{user}],"response_format":{{"type":"json_schema"}}}}"#
            ),
            "`response_format.json_schema` is required",
        ),
    ];
    for (body, expected) in rows {
        let error = Chat.decode_request(&Bytes::from(body.clone())).unwrap_err();
        assert_eq!(error.to_string(), expected, "{body}");
    }
}

#[test]
fn lone_surrogates_are_declared_and_do_no_harm() {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"cut \ud83d"},{"role":"assistant","content":[{"type":"text","text":"\udc00"}],"tool_calls":[{"id":"c","function":{"name":"f","arguments":"\ud800"}}]}]}"#;
    let decoded = Chat.decode_request(&Bytes::from(body)).unwrap();
    assert_eq!(
        decoded.losses.summary(500),
        "3; messages.0.content.0=approximated, messages.1.content.0=approximated, messages.1.content.1.input=approximated"
    );
    assert_eq!(
        decoded.value.turns[0].blocks[0].as_text(),
        Some("cut \u{fffd}")
    );
}

#[test]
fn errors_are_told_as_libraries_expect() {
    let told = |error: &ByokError| parse(&Chat.encode_error(error, "req-1"));
    assert_eq!(
        told(&ByokError::new(Kind::InvalidRequest, "`messages` is required").at("messages")),
        json!({"error": {"message": "`messages` is required", "type": "invalid_request_error", "param": "messages", "code": null}})
    );
    let answered = ByokError::new(Kind::RateLimited, "too fast").answered(UpstreamFault {
        status: 429,
        code: Some("tokens_per_min".into()),
        message: Some("slow down".to_owned()),
        param: None,
        body: Bytes::new(),
        content_type: None,
    });
    assert_eq!(
        told(&answered),
        json!({"error": {"message": "slow down", "type": "rate_limit_error", "param": null, "code": "tokens_per_min"}})
    );
    for (kind, tag, code) in [
        (
            Kind::Unauthorized,
            "authentication_error",
            json!("invalid_api_key"),
        ),
        (
            Kind::UnknownModel,
            "invalid_request_error",
            json!("model_not_found"),
        ),
        (
            Kind::QuotaExhausted,
            "insufficient_quota",
            json!("insufficient_quota"),
        ),
        (
            Kind::Overloaded,
            "server_error",
            json!("server_is_overloaded"),
        ),
        (Kind::Internal, "server_error", Value::Null),
    ] {
        let error = told(&ByokError::new(kind, "x"));
        assert_eq!(
            (&error["error"]["type"], &error["error"]["code"]),
            (&json!(tag), &code)
        );
    }
}

fn fault(stream: &str) -> StreamFault {
    match events(&[stream.as_bytes()]).pop() {
        Some(Event::Error(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn s12_errors_in_streams_end_them() {
    let begun = deltas(&[r#"{"content":"a"}"#]);
    for (frame, kind, code, message) in [
        (
            r#"data: {"error":{"message":"busy","type":"overloaded_error"}}"#,
            Kind::Overloaded,
            Some("overloaded_error"),
            "busy",
        ),
        (
            r#"data: {"error":{"message":"m","code":429}}"#,
            Kind::RateLimited,
            Some("429"),
            "m",
        ),
        (
            r#"data: {"error":{"message":"m","type":"invalid_request_error","code":null}}"#,
            Kind::InvalidRequest,
            Some("invalid_request_error"),
            "m",
        ),
        (
            r#"data: {"error":{"message":"m","type":"server_error","code":"invalid_api_key"}}"#,
            Kind::CredentialRejected,
            Some("invalid_api_key"),
            "m",
        ),
        (r#"data: {"error":"boom"}"#, Kind::BadUpstream, None, "boom"),
        (
            "event: error\ndata: {\"message\":\"m\",\"type\":\"rate_limit_error\"}",
            Kind::RateLimited,
            Some("rate_limit_error"),
            "m",
        ),
    ] {
        let stream = format!(
            "{begun}{frame}\n\n{}{}",
            deltas(&[r#"{"content":"late"}"#]),
            ending("stop")
        );
        let expected = StreamFault {
            kind,
            code: code.map(Into::into),
            message: message.to_owned(),
        };
        assert_eq!(fault(&stream), expected, "{frame}");
    }
}

#[test]
fn broken_frames_and_broken_ends_are_faults() {
    for (stream, kind) in [
        ("data: {\"choices\":[\n\n".to_owned(), Kind::BadUpstream),
        ("data: [1]\n\n".to_owned(), Kind::BadUpstream),
        ("data: {\"choices\":7}\n\n".to_owned(), Kind::BadUpstream),
        (deltas(&[r#"{"content":"a"}"#]), Kind::Truncated),
        (String::new(), Kind::Truncated),
        (": comment\n\n".to_owned(), Kind::Truncated),
    ] {
        assert_eq!(fault(&stream).kind, kind, "{stream}");
    }
}

#[test]
fn s04_a_call_that_is_never_named_is_a_fault() {
    let stream = deltas(&[
        r#"{"tool_calls":[{"index":0,"id":"c","function":{"name":"","arguments":""}}]}"#,
        r#"{"tool_calls":[{"index":0,"function":{"name":null,"arguments":"{}"}}]}"#,
    ]);
    let fault = fault(&format!("{stream}{}", ending("tool_calls")));
    assert_eq!(fault.kind, Kind::BadUpstream);
    assert_eq!(
        fault.message,
        "the upstream called a tool without naming it"
    );
}

#[test]
fn a_fault_is_the_last_that_a_client_sees() {
    let stream = format!(
        "{}data: {{\"error\":{{\"message\":\"busy\",\"type\":\"overloaded_error\"}}}}\n\n",
        deltas(&[r#"{"content":"a"}"#])
    );
    let out = written(&events(&[stream.as_bytes()]), &reply());
    let last = out.split_terminator("\n\n").last().unwrap();
    assert_eq!(
        parse(last.strip_prefix("data: ").unwrap().as_bytes()),
        json!({"error": {"message": "busy", "type": "server_error", "param": null, "code": "overloaded_error"}})
    );
}

#[test]
fn answers_that_are_none_name_their_place() {
    for (body, expected) in [
        (r#"{"id":"x"}"#, "`choices` is required"),
        (r#"{"choices":[]}"#, "`choices` must not be empty"),
        (
            r#"{"choices":[{"message":{"content":5}}]}"#,
            "`choices.0.message.content` must be an array, not a number",
        ),
        (
            r#"{"choices":[{"message":{"tool_calls":[{"function":{"arguments":"{}"}}]}}]}"#,
            "`choices.0.message.tool_calls.0.function.name` is required",
        ),
    ] {
        let error = Chat
            .decode_response(&Bytes::from(body), &source())
            .unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}
