//! What an upstream says, once for each format: the same text, calls and counts, in its own words.
//!
//! Counts: 100 tokens of prompt, 40 of them cached; 50 of output, 20 of them for reasoning.

mod responses;

use byokey_types::Format;
use serde_json::{Value, json};

/// Which of two answers.
pub(super) enum Said {
    Text,
    Calls,
}

pub(super) const TEXT: &str = "ünïcødé — 日本語 🦀 👩‍👩‍👧 \"q\" \\";
pub(super) const THOUGHTS: &str = "Hm — 考える 🤔.";
pub(super) const INPUT: [&str; 2] = ["{\"city\":\"Zürich 🏔\"}", "{\"zone\":\"UTC\"}"];

/// The same in pieces.
pub(super) const ARGUMENTS: [[&str; 3]; 2] = [
    ["{\"ci", "ty\":\"Zür", "ich 🏔\"}"],
    ["{\"zone\"", ":\"U", "TC\"}"],
];
const NAMES: [&str; 2] = ["get_weather", "get_time"];

/// The answer as one body.
pub(super) fn whole(upstream: Format, said: &Said) -> Value {
    match upstream {
        Format::OpenAiChat => {
            let (message, reason) = match said {
                Said::Text => (
                    json!({"role": "assistant", "content": TEXT, "reasoning_content": THOUGHTS}),
                    "stop",
                ),
                Said::Calls => {
                    let calls = [0, 1].map(|at| {
                        json!({"id": id(at), "type": "function", "function": {"name": NAMES[at], "arguments": INPUT[at]}})
                    });
                    (
                        json!({"role": "assistant", "content": null, "tool_calls": calls}),
                        "tool_calls",
                    )
                }
            };
            json!({
                "id": "c1", "object": "chat.completion", "created": 1, "model": "m",
                "choices": [{"index": 0, "message": message, "finish_reason": reason}], "usage": chat_usage(),
            })
        }
        Format::OpenAiResponses => responses::response("completed", &responses::items(said)),
        Format::AnthropicMessages => {
            let (content, reason) = match said {
                Said::Text => (
                    json!([
                        {"type": "thinking", "thinking": THOUGHTS, "signature": "c2ln"},
                        {"type": "text", "text": TEXT},
                    ]),
                    "end_turn",
                ),
                Said::Calls => {
                    let call = |at: usize| json!({"type": "tool_use", "id": id(at), "name": NAMES[at], "input": input(at)});
                    (json!([call(0), call(1)]), "tool_use")
                }
            };
            json!({
                "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": content,
                "stop_reason": reason, "stop_sequence": null, "usage": messages_usage(50),
            })
        }
        Format::Gemini => {
            let parts = match said {
                Said::Text => json!([{"text": THOUGHTS, "thought": true}, {"text": TEXT}]),
                Said::Calls => json!([gemini_call(0), gemini_call(1)]),
            };
            gemini(&parts, Some("STOP"))
        }
    }
}

/// The answer as a stream.
pub(super) fn stream(upstream: Format, said: &Said) -> String {
    match (upstream, said) {
        (Format::OpenAiChat, Said::Text) => {
            let mut events = vec![delta(&json!({"role": "assistant", "content": ""}))];
            events.extend(halves(THOUGHTS).map(|text| delta(&json!({"reasoning_content": text}))));
            events.extend(halves(TEXT).map(|text| delta(&json!({"content": text}))));
            chat_end(events, "stop")
        }
        (Format::OpenAiChat, Said::Calls) => {
            let call = |value: Value| delta(&json!({"tool_calls": [value]}));
            let mut events = vec![delta(&json!({"role": "assistant", "content": null}))];
            for at in [0, 1] {
                events.push(call(json!({
                    "index": at, "id": id(at), "type": "function", "function": {"name": NAMES[at], "arguments": ""},
                })));
            }
            for piece in 0..3 {
                for (at, pieces) in ARGUMENTS.iter().enumerate() {
                    events.push(call(
                        json!({"index": at, "function": {"arguments": pieces[piece]}}),
                    ));
                }
            }
            chat_end(events, "tool_calls")
        }
        (Format::OpenAiResponses, said) => responses::stream(said),
        (Format::AnthropicMessages, Said::Text) => {
            let [think, more] = halves(THOUGHTS);
            let [text, rest] = halves(TEXT);
            let delta = |at: usize, delta: Value| json!({"type": "content_block_delta", "index": at, "delta": delta});
            named(&[
                message_start(),
                json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}}),
                delta(0, json!({"type": "thinking_delta", "thinking": think})),
                delta(0, json!({"type": "thinking_delta", "thinking": more})),
                delta(0, json!({"type": "signature_delta", "signature": "c2ln"})),
                json!({"type": "content_block_stop", "index": 0}),
                json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}),
                delta(1, json!({"type": "text_delta", "text": text})),
                delta(1, json!({"type": "text_delta", "text": rest})),
                json!({"type": "content_block_stop", "index": 1}),
                message_delta("end_turn"),
                json!({"type": "message_stop"}),
            ])
        }
        (Format::AnthropicMessages, Said::Calls) => {
            let mut events = vec![message_start()];
            for (at, pieces) in ARGUMENTS.iter().enumerate() {
                events.push(json!({
                    "type": "content_block_start", "index": at,
                    "content_block": {"type": "tool_use", "id": id(at), "name": NAMES[at], "input": {}},
                }));
                events.extend(pieces.map(|piece| {
                    json!({"type": "content_block_delta", "index": at, "delta": {"type": "input_json_delta", "partial_json": piece}})
                }));
                events.push(json!({"type": "content_block_stop", "index": at}));
            }
            events.extend([message_delta("tool_use"), json!({"type": "message_stop"})]);
            named(&events)
        }
        (Format::Gemini, Said::Text) => {
            let thought = |text: &str| gemini(&json!([{"text": text, "thought": true}]), None);
            let text = |text: &str, end| gemini(&json!([{"text": text}]), end);
            let ([think, more], [said, rest]) = (halves(THOUGHTS), halves(TEXT));
            unnamed(&[
                thought(think),
                thought(more),
                text(said, None),
                text(rest, Some("STOP")),
            ])
        }
        (Format::Gemini, Said::Calls) => unnamed(&[
            gemini(&json!([gemini_call(0)]), None),
            gemini(&json!([gemini_call(1)]), Some("STOP")),
        ]),
    }
}

/// The first text of a stream, then an error.
pub(super) fn broken(upstream: Format) -> String {
    let error = match upstream {
        Format::OpenAiChat => unnamed(&[
            json!({"error": {"message": "the sky has fallen", "type": "server_error", "param": null, "code": null}}),
        ]),
        Format::OpenAiResponses => {
            let mut failed = responses::response("failed", &json!([]));
            failed["error"] = json!({"code": "server_error", "message": "the sky has fallen"});
            named(&[json!({"type": "response.failed", "sequence_number": 900, "response": failed})])
        }
        Format::AnthropicMessages => named(&[
            json!({"type": "error", "error": {"type": "api_error", "message": "the sky has fallen"}}),
        ]),
        Format::Gemini => unnamed(&[
            json!({"error": {"code": 500, "message": "the sky has fallen", "status": "INTERNAL"}}),
        ]),
    };
    truncated(upstream) + &error
}

/// Whole events up to the first half of the text.
pub(super) fn truncated(upstream: Format) -> String {
    let text = stream(upstream, &Said::Text);
    let [said, _] = halves(TEXT);
    let spelled = json!(said).to_string();
    let place = text.find(&spelled).unwrap();
    let end = place + text[place..].find("\n\n").unwrap() + 2;
    text[..end].to_owned()
}

fn id(at: usize) -> String {
    format!("call_{at}")
}

fn input(at: usize) -> Value {
    serde_json::from_str(INPUT[at]).unwrap()
}

/// In two, between two characters.
fn halves(text: &str) -> [&str; 2] {
    let (middle, _) = text.char_indices().nth(text.chars().count() / 2).unwrap();
    [&text[..middle], &text[middle..]]
}

fn unnamed(events: &[Value]) -> String {
    let texts: Vec<String> = events
        .iter()
        .map(|event| format!("data: {event}\n\n"))
        .collect();
    texts.concat()
}

fn named(events: &[Value]) -> String {
    let name = |event: &Value| event["type"].as_str().unwrap().to_owned();
    let texts: Vec<String> = events
        .iter()
        .map(|event| format!("event: {}\ndata: {event}\n\n", name(event)))
        .collect();
    texts.concat()
}

fn chat_usage() -> Value {
    json!({
        "prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
        "prompt_tokens_details": {"cached_tokens": 40}, "completion_tokens_details": {"reasoning_tokens": 20},
    })
}

fn delta(delta: &Value) -> Value {
    json!({
        "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": null}],
    })
}

fn chat_end(mut events: Vec<Value>, reason: &str) -> String {
    let mut last = delta(&json!({}));
    last["choices"][0]["finish_reason"] = reason.into();
    let mut usage = delta(&json!({}));
    usage["choices"] = json!([]);
    usage["usage"] = chat_usage();
    events.extend([last, usage]);
    unnamed(&events) + "data: [DONE]\n\n"
}

fn messages_usage(output: u64) -> Value {
    json!({"input_tokens": 60, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 0, "output_tokens": output})
}

fn message_start() -> Value {
    json!({"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": messages_usage(1),
    }})
}

fn message_delta(reason: &str) -> Value {
    json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null}, "usage": {"output_tokens": 50}})
}

fn gemini(parts: &Value, end: Option<&str>) -> Value {
    let mut chunk = json!({
        "candidates": [{"index": 0, "content": {"role": "model", "parts": parts}}], "modelVersion": "m", "responseId": "r1",
        "usageMetadata": {
            "promptTokenCount": 100, "cachedContentTokenCount": 40, "candidatesTokenCount": 30,
            "thoughtsTokenCount": 20, "totalTokenCount": 150,
        },
    });
    if let Some(end) = end {
        chunk["candidates"][0]["finishReason"] = end.into();
    }
    chunk
}

fn gemini_call(at: usize) -> Value {
    json!({"functionCall": {"name": NAMES[at], "args": input(at)}})
}
