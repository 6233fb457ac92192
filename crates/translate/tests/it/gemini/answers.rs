//! Whole answers of other formats for a client of this one, and of this one for clients of others.

use byokey_translate::{
    Codec, Reply, chat::Chat, codec::Source, gemini::Gemini, ir::StopReason, messages::Messages,
};
use byokey_types::{Raw, Usage};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{home, json};

fn said(codec: &dyn Codec, answer: &Value) -> (Value, Vec<String>) {
    let source = Source {
        seed: "seed".into(),
        ..Source::default()
    };
    let response = codec.decode_response(&json(answer), &source).unwrap().value;
    let reply = Reply {
        model: "asked".into(),
        ..Reply::default()
    };
    let (body, losses) = Gemini.encode_response(&response, &reply);
    let losses = losses.as_slice().iter().map(ToString::to_string).collect();
    (serde_json::from_slice(&body).unwrap(), losses)
}

#[test]
fn a_messages_answer() {
    let (found, lost) = said(
        &Messages,
        &json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "c", "stop_reason": "tool_use", "stop_sequence": null,
        "content": [{"type": "thinking", "thinking": "hm", "signature": ""}, {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}}],
        "usage": {"input_tokens": 10, "cache_read_input_tokens": 80, "cache_creation_input_tokens": 9, "output_tokens": 7}}),
    );
    assert_eq!(
        found,
        json!({"candidates": [{"content": {"role": "model", "parts": [
                {"text": "hm", "thought": true}, {"text": "I look."}, {"functionCall": {"id": "toolu_1", "name": "f", "args": {"a": 1}}}]},
                "finishReason": "STOP", "index": 0}],
            "usageMetadata": {"promptTokenCount": 99, "cachedContentTokenCount": 80, "candidatesTokenCount": 7, "totalTokenCount": 106},
            "modelVersion": "asked", "responseId": "msg_1"})
    );
    assert_eq!(lost, ["usage.cache_write=dropped"]);
}

#[test]
fn a_chat_answer_with_links() {
    let (found, lost) = said(
        &Chat,
        &json!({
        "id": "c1", "object": "chat.completion", "created": 1, "model": "g",
        "choices": [{"index": 0, "finish_reason": "length", "message": {"role": "assistant", "content": "Grüße Welt.",
            "annotations": [{"type": "url_citation", "url_citation": {"url": "https://a.example/", "title": "A", "start_index": 6, "end_index": 10}}]}}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12, "completion_tokens_details": {"reasoning_tokens": 3}}}),
    );
    assert_eq!(
        found["candidates"],
        json!([{"content": {"role": "model", "parts": [{"text": "Grüße Welt."}]}, "finishReason": "MAX_TOKENS", "index": 0,
            "groundingMetadata": {"groundingChunks": [{"web": {"uri": "https://a.example/", "title": "A"}}],
                "groundingSupports": [{"segment": {"startIndex": 8, "endIndex": 12, "text": "Welt"}, "groundingChunkIndices": [0]}]}}])
    );
    assert_eq!(
        found["usageMetadata"],
        json!({"promptTokenCount": 5, "candidatesTokenCount": 4, "thoughtsTokenCount": 3, "totalTokenCount": 12})
    );
    assert_eq!(lost, Vec::<String>::new());
}

#[test]
fn finish_reasons() {
    use StopReason::{EndTurn, MaxTokens, Other, Refusal};
    for (word, reason, back) in [
        ("STOP", EndTurn, "STOP"),
        ("MAX_TOKENS", MaxTokens, "MAX_TOKENS"),
        ("SAFETY", Refusal, "SAFETY"),
        ("RECITATION", Refusal, "RECITATION"),
        ("BLOCKLIST", Refusal, "BLOCKLIST"),
        ("PROHIBITED_CONTENT", Refusal, "PROHIBITED_CONTENT"),
        ("SPII", Refusal, "SPII"),
        ("LANGUAGE", Other, "LANGUAGE"),
        ("SOMETHING_NEW", Other, "SOMETHING_NEW"),
        ("odd", Other, "OTHER"),
    ] {
        let answer =
            json!({"candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": word}]});
        let response = Gemini
            .decode_response(&json(&answer), &home())
            .unwrap()
            .value;
        assert_eq!(response.stop.as_ref().unwrap().reason, reason, "{word}");
        let (found, _) = said(&Gemini, &answer);
        assert_eq!(found["candidates"][0]["finishReason"], back);
    }
    for (word, back) in [
        ("end_turn", "STOP"),
        ("stop_sequence", "STOP"),
        ("tool_use", "STOP"),
        ("max_tokens", "MAX_TOKENS"),
        ("refusal", "SAFETY"),
        ("pause_turn", "STOP"),
        ("model_context_window_exceeded", "MAX_TOKENS"),
    ] {
        let answer = json!({"id": "m", "type": "message", "role": "assistant", "model": "c", "content": [], "stop_reason": word, "usage": {}});
        assert_eq!(
            said(&Messages, &answer).0["candidates"][0]["finishReason"],
            back,
            "{word}"
        );
    }
}

#[test]
fn a_failed_answer_is_a_fault() {
    let answer = json!({"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "secret"}]});
    let error = Gemini.decode_response(&json(&answer), &home()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`candidates.0.finishReason` is `MALFORMED_FUNCTION_CALL`: the model failed to form its answer"
    );
    let error = Gemini
        .decode_response(&json(&json!({"x": 1})), &home())
        .unwrap_err();
    assert_eq!(error.to_string(), "`candidates` is required");
    for nothing in [
        json!({"candidates": []}),
        json!({"candidates": null, "usageMetadata": {"promptTokenCount": 3}}),
        json!({"usageMetadata": {"promptTokenCount": 3}}),
    ] {
        let error = Gemini
            .decode_response(&json(&nothing), &home())
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "`candidates` holds no answer, and nothing says why",
            "{nothing}"
        );
    }
}

#[test]
fn a_failed_answer_breaks_every_clients_stream_off() {
    let failed = json!({"candidates": [{"content": {"parts": [{"text": "I"}]}}, {"index": 1}]});
    let word = json!({"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL"}]});
    let events = super::events(&[&super::stream_of(&[failed, word])], &home());
    for client in crate::fixture::codecs() {
        let stream = crate::fixture::written(client, &events, &crate::fixture::reply("asked"));
        let again = crate::fixture::events(client, &stream);
        let Some(byokey_translate::Event::Error(fault)) = again.last() else {
            panic!("{}: {again:?}", client.format());
        };
        assert_eq!(
            fault.message,
            "the upstream's model failed to form its answer: `MALFORMED_FUNCTION_CALL`"
        );
    }
}

#[test]
fn a_blocked_prompt_is_a_refusal_everywhere() {
    let answer = json!({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 4}});
    let response = Gemini
        .decode_response(&json(&answer), &home())
        .unwrap()
        .value;
    let word = |codec: &dyn Codec, at: &str| {
        let (body, _) = codec.encode_response(&response, &Reply::default());
        let body: Value = serde_json::from_slice(&body).unwrap();
        body.pointer(at).unwrap().clone()
    };
    assert_eq!(
        [
            word(&Messages, "/stop_reason"),
            word(&Chat, "/choices/0/finish_reason")
        ],
        [json!("refusal"), json!("content_filter")]
    );
}

#[test]
fn u06_counts_are_read_as_they_are() {
    let rows = [
        (
            json!({"promptTokenCount": 100, "cachedContentTokenCount": 80, "candidatesTokenCount": 20, "thoughtsTokenCount": 30, "toolUsePromptTokenCount": 6}),
            [Some(26), Some(80), Some(50), Some(30)],
        ),
        (
            json!({"prompt_token_count": 3, "candidates_token_count": 4}),
            [Some(3), None, Some(4), None],
        ),
        (
            json!({"promptTokenCount": 3, "cachedContentTokenCount": 9}),
            [Some(0), Some(9), None, None],
        ),
        (
            json!({"promptTokenCount": "3", "candidatesTokenCount": null}),
            [None; 4],
        ),
        (json!({}), [None; 4]),
    ];
    for (given, [fresh, cache_read, output, reasoning]) in rows {
        let found = Gemini.read_usage(&Raw::of(&given)).unwrap();
        let expected = Usage {
            fresh,
            cache_read,
            cache_write: None,
            output,
            reasoning,
            raw: None,
        };
        assert_eq!(Usage { raw: None, ..found }, expected, "{given}");
    }
    assert_eq!(Gemini.read_usage(&Raw::NULL), None);
    let body = json(&json!({"usageMetadata": {"promptTokenCount": 3}}));
    let seen = byokey_translate::observe::usage(&Gemini, &body).unwrap();
    assert_eq!(seen.fresh, Some(3));
}
