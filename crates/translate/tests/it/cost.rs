//! What translation costs: memory in proportion to the body, work in proportion to its size, for every pair.

use byokey_types::Format;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::fixture::{Variant, assert_none, codecs, target};

/// Of a body of four million bytes, at most so many times as much is held at once while it is translated, itself not counted.
const MOST_HELD: f64 = 5.0;

/// How much more than twice the work twice the body may be.
const SLACK: f64 = 1.15;

/// A conversation of about so many bytes: words, calls and results, an image.
fn conversation(format: Format, bytes: usize) -> Bytes {
    let words = "the quick brown fox — 日本 \"quoted\" \n".repeat(16);
    let image = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB".repeat(bytes / 4 / 32);
    let round = 3 * words.len() + 600;
    let rounds = (bytes - bytes / 4) / round;
    let mut turns: Vec<Value> = Vec::new();
    turns.extend(picture(format, &image));
    for at in 0..rounds {
        turns.extend(exchange(format, &words, &format!("call_{at}")));
    }
    let body = match format {
        Format::OpenAiChat => json!({"model": "m", "messages": turns}),
        Format::AnthropicMessages => json!({"model": "m", "max_tokens": 9, "messages": turns}),
        Format::OpenAiResponses => json!({"model": "m", "input": turns}),
        Format::Gemini => json!({"contents": turns}),
    };
    body.to_string().into()
}

fn picture(format: Format, image: &str) -> Vec<Value> {
    let url = format!("data:image/png;base64,{image}");
    match format {
        Format::OpenAiChat => vec![
            json!({"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": url}}]}),
            json!({"role": "assistant", "content": "I see"}),
        ],
        Format::AnthropicMessages => vec![
            json!({"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": image}}]}),
            json!({"role": "assistant", "content": "I see"}),
        ],
        Format::OpenAiResponses => vec![
            json!({"role": "user", "content": [{"type": "input_text", "text": "look"}, {"type": "input_image", "image_url": url}]}),
            json!({"role": "assistant", "content": "I see"}),
        ],
        Format::Gemini => vec![
            json!({"role": "user", "parts": [{"text": "look"}, {"inlineData": {"mimeType": "image/png", "data": image}}]}),
            json!({"role": "model", "parts": [{"text": "I see"}]}),
        ],
    }
}

fn exchange(format: Format, words: &str, id: &str) -> Vec<Value> {
    let input = json!({"path": "src/main.rs", "text": words});
    match format {
        Format::OpenAiChat => vec![
            json!({"role": "user", "content": words}),
            json!({"role": "assistant", "content": null, "tool_calls": [{"id": id, "type": "function", "function": {"name": "f", "arguments": input.to_string()}}]}),
            json!({"role": "tool", "tool_call_id": id, "content": words}),
            json!({"role": "assistant", "content": "done"}),
        ],
        Format::AnthropicMessages => vec![
            json!({"role": "user", "content": words}),
            json!({"role": "assistant", "content": [{"type": "tool_use", "id": id, "name": "f", "input": input}]}),
            json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": words}]}),
            json!({"role": "assistant", "content": "done"}),
        ],
        Format::OpenAiResponses => vec![
            json!({"role": "user", "content": words}),
            json!({"type": "function_call", "call_id": id, "name": "f", "arguments": input.to_string()}),
            json!({"type": "function_call_output", "call_id": id, "output": words}),
            json!({"role": "assistant", "content": "done"}),
        ],
        Format::Gemini => vec![
            json!({"role": "user", "parts": [{"text": words}]}),
            json!({"role": "model", "parts": [{"functionCall": {"id": id, "name": "f", "args": input}}]}),
            json!({"role": "user", "parts": [{"functionResponse": {"id": id, "name": "f", "response": {"output": words}}}]}),
            json!({"role": "model", "parts": [{"text": "done"}]}),
        ],
    }
}

/// What a translation allocates: the most at one time, and all of it together.
fn cost(from: Format, to: Format, body: &Bytes) -> (u64, u64) {
    let (client, upstream) = (
        byokey_translate::codec::codec(from),
        byokey_translate::codec::codec(to),
    );
    let target = target(to, Variant::Rich, "m");
    let info = allocation_counter::measure(|| {
        let request = client.decode_request(body).unwrap().value;
        let encoded = upstream.encode_request(&request, &target).unwrap();
        assert!(encoded.body.len() > body.len() / 2, "something was lost");
    });
    (info.bytes_max, info.bytes_total)
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "ratios of sizes far below 2^52")]
fn a_long_conversation_costs_in_proportion_to_its_size() {
    let mut problems = Vec::new();
    for from in codecs().iter().map(|codec| codec.format()) {
        let half = conversation(from, 2_000_000);
        let whole = conversation(from, 4_000_000);
        let grown = whole.len() as f64 / half.len() as f64;
        for to in codecs().iter().map(|codec| codec.format()) {
            let (_, less) = cost(from, to, &half);
            let (held, all) = cost(from, to, &whole);
            let held = held as f64 / whole.len() as f64;
            if held > MOST_HELD {
                problems.push(format!("{from} to {to}: {held:.1} times the body is held"));
            }
            let growth = all as f64 / less as f64;
            if growth > grown * SLACK {
                problems.push(format!(
                    "{from} to {to}: {grown:.2} times the body costs {growth:.2} times as much"
                ));
            }
        }
    }
    assert_none("costs", &problems);
}
