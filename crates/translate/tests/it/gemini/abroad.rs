//! Signatures that a client of any format echoes, streamed or whole, over two turns: each comes back to its part, and to nobody
//! else.

use byokey_translate::{
    Codec, Event, Reply, Target, chat::Chat, event::Delta, gemini::Gemini, ir::Response,
    messages::Messages, responses::Responses, unfold::unfold,
};
use byokey_types::{Effort, Format, ModelRow};
use bytes::BytesMut;
use pretty_assertions::assert_eq;
use serde_json::{Map, Value, json};

use super::{everything, home, json};
use crate::fixture::frames;

const CLIENTS: [&dyn Codec; 4] = [&Chat, &Messages, &Responses, &Gemini];

/// What the two answers of an upstream hold: calls made at one go, then words.
fn answers() -> [Value; 2] {
    let call =
        |n: u64| json!({"functionCall": {"id": format!("c{n}"), "name": "look", "args": {"n": n}}});
    let signed = |mut part: Value, seal: &str| {
        part["thoughtSignature"] = json!(seal);
        part
    };
    let answer = |parts: Value| {
        json!({"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1}})
    };
    [
        answer(json!([{"text": "hm", "thought": true}, signed(call(1), "Y2FsbA=="), call(2)])),
        answer(json!([signed(json!({"text": "done"}), "dGV4dA==")])),
    ]
}

/// The message, or the list of items, that a client keeps of an answer it got at once or in pieces.
fn kept(client: &dyn Codec, response: Response, streamed: bool) -> Value {
    let reply = Reply {
        model: "asked".into(),
        include_usage: true,
        ..Reply::default()
    };
    if !streamed {
        let (body, _) = client.encode_response(&response, &reply);
        let body: Value = serde_json::from_slice(&body).unwrap();
        return match client.format() {
            Format::OpenAiChat => body["choices"][0]["message"].clone(),
            Format::AnthropicMessages => json!({"role": "assistant", "content": body["content"]}),
            Format::OpenAiResponses => body["output"].clone(),
            Format::Gemini => body["candidates"][0]["content"].clone(),
        };
    }
    let mut out = BytesMut::new();
    let mut encoder = client.stream_encoder(&reply);
    for event in in_pieces(unfold(response)) {
        encoder.push(&event, &mut out);
    }
    let frames = frames(&out)
        .into_iter()
        .filter(|frame| frame.data != "[DONE]");
    let chunks: Vec<Value> = frames
        .map(|frame| serde_json::from_slice(&frame.data).unwrap())
        .collect();
    match client.format() {
        Format::OpenAiChat => gathered_deltas(&chunks),
        Format::AnthropicMessages => gathered_blocks(&chunks),
        Format::OpenAiResponses => gathered_items(&chunks),
        Format::Gemini => {
            let parts = chunks
                .iter()
                .flat_map(|chunk| {
                    chunk["candidates"][0]["content"]["parts"]
                        .as_array()
                        .unwrap()
                })
                .filter(|part| **part != json!({"text": ""}));
            json!({"role": "model", "parts": parts.collect::<Vec<_>>()})
        }
    }
}

/// As OpenAI's libraries gather: texts are joined, lists by their index, objects member by member.
fn gathered_deltas(chunks: &[Value]) -> Value {
    let mut message = json!({});
    for chunk in chunks {
        if let Some(delta) = chunk["choices"].get(0).map(|choice| &choice["delta"]) {
            join(&mut message, delta);
        }
    }
    for call in message["tool_calls"].as_array_mut().into_iter().flatten() {
        call.as_object_mut().unwrap().remove("index");
    }
    message
}

fn join(into: &mut Value, more: &Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (key, value) in more {
                match into.get_mut(key) {
                    Some(known) => join(known, value),
                    None => {
                        into.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (Value::Array(into), Value::Array(more)) => {
            for item in more {
                match into
                    .iter_mut()
                    .find(|known| known["index"] == item["index"])
                {
                    Some(known) => join(known, item),
                    None => into.push(item.clone()),
                }
            }
        }
        (Value::String(into), Value::String(more)) => into.push_str(more),
        (into, more) => *into = more.clone(),
    }
}

/// As OpenAI's libraries gather items: each is added, then done, at the next place; the last event says them all once more.
fn gathered_items(chunks: &[Value]) -> Value {
    let mut items: Vec<Value> = Vec::new();
    let mut added = None;
    for (number, chunk) in chunks.iter().enumerate() {
        assert_eq!(chunk["sequence_number"], json!(number));
        match chunk["type"].as_str().unwrap() {
            "response.output_item.added" => {
                assert_eq!(added.replace(chunk["item"]["id"].clone()), None);
                assert_eq!(chunk["output_index"], json!(items.len()));
            }
            "response.output_item.done" => {
                assert_eq!(added.take(), Some(chunk["item"]["id"].clone()));
                assert_eq!(chunk["output_index"], json!(items.len()));
                items.push(chunk["item"].clone());
            }
            _ => {}
        }
    }
    let items = json!(items);
    assert_eq!(chunks.last().unwrap()["response"]["output"], items);
    items
}

/// As Anthropic's libraries gather.
fn gathered_blocks(chunks: &[Value]) -> Value {
    let mut blocks: Vec<Value> = Vec::new();
    let mut input = String::new();
    for chunk in chunks {
        match chunk["type"].as_str().unwrap() {
            "content_block_start" => {
                input.clear();
                blocks.push(chunk["content_block"].clone());
            }
            "content_block_delta" => {
                let delta = chunk["delta"].as_object().unwrap();
                let block = blocks.last_mut().unwrap().as_object_mut().unwrap();
                gather(block, delta, &mut input);
            }
            _ => {}
        }
    }
    json!({"role": "assistant", "content": blocks})
}

fn gather(block: &mut Map<String, Value>, delta: &Map<String, Value>, input: &mut String) {
    for (key, value) in delta.iter().filter(|(key, _)| *key != "type") {
        if key == "partial_json" {
            input.push_str(value.as_str().unwrap());
            block.insert(
                "input".to_owned(),
                serde_json::from_str(input).unwrap_or(json!({})),
            );
        } else {
            join(block.get_mut(key).unwrap(), value);
        }
    }
}

/// Two rounds: a question, calls and their results, words, another question.
fn conversation(client: &dyn Codec, streamed: bool) -> Value {
    let [calls, words] = answers().map(|answer| {
        let response = Gemini.decode_response(&json(&answer), &home()).unwrap();
        kept(client, response.value, streamed)
    });
    match client.format() {
        Format::OpenAiChat => {
            let result = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": "ok"});
            json!({"model": "m", "messages": [{"role": "user", "content": "1"}, calls, result("c1"), result("c2"), words, {"role": "user", "content": "2"}]})
        }
        Format::AnthropicMessages => {
            let result =
                |id: &str| json!({"type": "tool_result", "tool_use_id": id, "content": "ok"});
            json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "1"}, calls,
                {"role": "user", "content": [result("c1"), result("c2")]}, words, {"role": "user", "content": "2"}]})
        }
        Format::OpenAiResponses => {
            let said = |text: &str| json!([{"role": "user", "content": text}]);
            let result =
                |id: &str| json!({"type": "function_call_output", "call_id": id, "output": "ok"});
            let results = json!([result("c1"), result("c2")]);
            json!({"model": "m", "input": flat(&[said("1"), calls, results, words, said("2")])})
        }
        Format::Gemini => {
            let result = |id: &str| json!({"functionResponse": {"id": id, "name": "look", "response": {"output": "ok"}}});
            let user = |parts: Value| json!({"role": "user", "parts": parts});
            json!({"contents": [user(json!([{"text": "1"}])), calls, user(json!([result("c1"), result("c2")])), words, user(json!([{"text": "2"}]))]})
        }
    }
}

/// The items of all lists.
fn flat<const N: usize>(lists: &[Value; N]) -> Vec<Value> {
    let items = lists.iter().filter_map(Value::as_array).flatten();
    items.cloned().collect()
}

/// A model with levels: it wants a signature on the first call of each step.
fn levelled() -> Target {
    let mut target = everything();
    target.reasoning.budget = None;
    target.reasoning.levels = vec![Effort::Low, Effort::High];
    target.reasoning_replay = byokey_types::model::ReasoningReplay::Never;
    target
}

/// The seal of an answer's last words. Clients of Messages take the last block for what the answer says, so no carrier may stand
/// behind it; the maker does not insist on this seal.
fn last_words(client: &dyn Codec) -> Value {
    match client.format() {
        Format::AnthropicMessages => Value::Null,
        Format::OpenAiChat | Format::OpenAiResponses | Format::Gemini => json!("dGV4dA=="),
    }
}

#[test]
fn g03_signatures_come_back_to_their_parts_through_every_client() {
    for client in CLIENTS {
        for streamed in [false, true] {
            let name = format!("{} streamed {streamed}", client.format());
            let decoded = client
                .decode_request(&json(&conversation(client, streamed)))
                .unwrap();
            assert_eq!(decoded.losses.as_slice(), [], "{name}");
            let encoded = Gemini.encode_request(&decoded.value, &levelled()).unwrap();
            let body: Value = serde_json::from_slice(&encoded.body).unwrap();
            let said = |at: usize| {
                let parts = body["contents"][at]["parts"].as_array().unwrap().iter();
                parts
                    .filter(|part| part["thought"] != true)
                    .map(|part| {
                        (
                            part["functionCall"]["id"].clone(),
                            part["text"].clone(),
                            part["thoughtSignature"].clone(),
                        )
                    })
                    .collect::<Vec<_>>()
            };
            assert_eq!(
                (said(1), said(3)),
                (
                    vec![
                        (json!("c1"), Value::Null, json!("Y2FsbA==")),
                        (json!("c2"), Value::Null, Value::Null)
                    ],
                    vec![(Value::Null, json!("done"), last_words(client))]
                ),
                "{name}: {body:#}"
            );
        }
    }
}

#[test]
fn signatures_reach_no_other_family() {
    for client in CLIENTS {
        for streamed in [false, true] {
            let decoded = client
                .decode_request(&json(&conversation(client, streamed)))
                .unwrap();
            for (upstream, target) in [
                (
                    &Chat as &dyn Codec,
                    Target::chat(&ModelRow::unknown("m"), Some("openai".into())),
                ),
                (
                    &Messages,
                    Target::messages(&ModelRow::unknown("m"), Some("anthropic".into())),
                ),
                (
                    &Gemini,
                    Target::gemini(&ModelRow::unknown("m"), Some("guest".into())),
                ),
            ] {
                let encoded = upstream.encode_request(&decoded.value, &target).unwrap();
                let body = String::from_utf8(encoded.body.to_vec()).unwrap();
                let name = format!(
                    "{} by {} streamed {streamed}",
                    upstream.format(),
                    client.format()
                );
                for secret in [
                    "Y2FsbA==",
                    "dGV4dA==",
                    byokey_translate::carrier::MAGIC_TEXT,
                    "\"thinking\"",
                ] {
                    assert!(!body.contains(secret), "{name}: {body}");
                }
                let seals = encoded
                    .losses
                    .as_slice()
                    .iter()
                    .filter(|loss| loss.path.rsplit('.').next() == Some("seal"));
                let carried = if last_words(client).is_null() { 1 } else { 2 };
                assert_eq!(seals.count(), carried, "{name}: {:?}", encoded.losses);
            }
        }
    }
}

/// A signature is of all the words it was made with: clients get them in pieces, and its maker needs them whole. Words that were
/// not shown are not words that were withheld.
#[test]
fn thoughts_of_others_are_whole_again_through_every_client() {
    let answer = json!({"id": "m", "type": "message", "role": "assistant", "model": "c", "stop_reason": "end_turn", "stop_sequence": null,
        "content": [{"type": "thinking", "thinking": "let me see", "signature": "c2ln"}, {"type": "redacted_thinking", "data": "ZGF0YQ=="},
            {"type": "thinking", "thinking": "", "signature": "b21pdHRlZA=="}, {"type": "text", "text": "so"}], "usage": {}});
    let source = byokey_translate::codec::Source {
        family: Some("anthropic".into()),
        ..home()
    };
    let response = Messages
        .decode_response(&json(&answer), &source)
        .unwrap()
        .value;
    for client in CLIENTS {
        for streamed in [false, true] {
            let said = kept(client, response.clone(), streamed);
            let request = match client.format() {
                Format::OpenAiResponses => {
                    let user = |text: &str| json!([{"role": "user", "content": text}]);
                    json!({"model": "m", "input": flat(&[user("1"), said, user("2")])})
                }
                Format::Gemini => {
                    let user = |text: &str| json!({"role": "user", "parts": [{"text": text}]});
                    json!({"contents": [user("1"), said, user("2")]})
                }
                Format::OpenAiChat | Format::AnthropicMessages => {
                    let user = |text: &str| json!({"role": "user", "content": text});
                    json!({"model": "m", "max_tokens": 9, "messages": [user("1"), said, user("2")]})
                }
            };
            let decoded = client.decode_request(&json(&request)).unwrap();
            let target = Target::messages(&ModelRow::unknown("m"), Some("anthropic".into()));
            let encoded = Messages.encode_request(&decoded.value, &target).unwrap();
            let body: Value = serde_json::from_slice(&encoded.body).unwrap();
            let found = &body["messages"][1]["content"];
            assert_eq!(
                found,
                &answer["content"],
                "{} streamed {streamed}",
                client.format()
            );
        }
    }
}

/// Thoughts as they come: a few words at a time.
fn in_pieces(events: Vec<Event>) -> Vec<Event> {
    let mut pieces = Vec::new();
    for event in events {
        match event {
            Event::Delta {
                index,
                delta: Delta::Reasoning(text),
            } => {
                for word in text.split_inclusive(' ') {
                    let delta = Delta::Reasoning(word.to_owned());
                    pieces.push(Event::Delta { index, delta });
                }
            }
            other => pieces.push(other),
        }
    }
    pieces
}
