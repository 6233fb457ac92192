//! A generateContent stream put together again.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::client::Answer;

/// The responses of a stream of events; Google ends its lines with CR LF and says nothing at the end.
pub(crate) fn events(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    let frames = answer.text().strip_suffix("\r\n\r\n").unwrap();
    frames
        .split("\r\n\r\n")
        .map(|frame| serde_json::from_str(frame.strip_prefix("data: ").unwrap()).unwrap())
        .collect()
}

/// The responses of a stream that is one JSON array.
pub(crate) fn array(answer: &Answer) -> Vec<Value> {
    assert_eq!(
        answer.headers["content-type"],
        "application/json; charset=UTF-8"
    );
    answer.ok().as_array().unwrap().clone()
}

/// Streamed responses as one response would have said it.
pub(crate) fn fold(responses: &[Value]) -> Value {
    let mut folded = responses.last().unwrap().clone();
    let Some(ends) = folded.get("candidates").cloned() else {
        return folded;
    };
    let count = 1 + ends[0]["index"].as_u64().unwrap();
    let mut candidates: Vec<Value> = Vec::new();
    for index in 0..count {
        let said: Vec<_> = responses
            .iter()
            .map(|response| &response["candidates"][0])
            .filter(|candidate| candidate["index"] == index)
            .collect();
        let (end, middle) = said.split_last().unwrap();
        for candidate in middle {
            assert_eq!(candidate.get("finishReason"), None);
        }
        let mut candidate = (*end).clone();
        if candidate["content"].get("parts").is_some() {
            candidate["content"]["parts"] = parts(&said);
        }
        candidates.push(candidate);
    }
    folded["candidates"] = json!(candidates);
    folded
}

fn parts(said: &[&Value]) -> Value {
    let mut parts: Vec<Value> = Vec::new();
    let pieces = said
        .iter()
        .filter_map(|candidate| candidate["content"]["parts"].as_array())
        .flatten();
    for piece in pieces {
        let is_text = |part: &Value| part.get("text").is_some();
        match parts.last_mut() {
            Some(last)
                if is_text(last)
                    && is_text(piece)
                    && (last.get("thought") == piece.get("thought") || piece["text"] == "") =>
            {
                last["text"] = json!(
                    last["text"].as_str().unwrap().to_owned() + piece["text"].as_str().unwrap()
                );
                if let Some(signature) = piece.get("thoughtSignature") {
                    last["thoughtSignature"] = signature.clone();
                }
            }
            Some(last) if piece["text"] == "" => {
                assert_eq!(
                    (is_text(last), piece.get("thoughtSignature")),
                    (false, None)
                );
            }
            _another_part => parts.push(piece.clone()),
        }
    }
    parts.retain(|part| part["text"] != "");
    json!(parts)
}
