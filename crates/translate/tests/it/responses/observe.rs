//! A look at streams that are passed on verbatim.

use byokey_translate::{Codec, event::StreamFault, observe::Observation, responses::Responses};
use byokey_types::{Frame, Kind, Usage};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{fixtures, frames};

fn seen(frames: &[Frame]) -> Observation {
    let mut seen = Observation::default();
    for frame in frames {
        Responses.observe(frame, &mut seen);
    }
    seen
}

fn of(data: &Value) -> Observation {
    let kind = data["type"].as_str().map(str::to_owned);
    let data = data.to_string();
    seen(&[match kind {
        Some(kind) => Frame::named(kind, data),
        None => Frame::data(data),
    }])
}

fn fault(kind: Kind, code: Option<&str>, message: &str) -> StreamFault {
    StreamFault {
        kind,
        code: code.map(Into::into),
        message: message.to_owned(),
    }
}

#[test]
fn an_observed_stream_shows_what_its_answer_says() {
    let mut streams = 0;
    for fixture in fixtures::all() {
        let Some(stream) = fixture.stream else {
            continue;
        };
        streams += 1;
        let shown = seen(&frames(&[&stream]));
        let events = super::events(&[&stream]);
        let usage = events.iter().find_map(|event| match event {
            byokey_translate::Event::Usage(usage) => Some(usage.clone()),
            _ => None,
        });
        // the last number said, read by a parse where the look only searches
        let sequence = frames(&[&stream])
            .iter()
            .filter_map(|frame| {
                serde_json::from_slice::<Value>(&frame.data).ok()?["sequence_number"].as_u64()
            })
            .next_back();
        let expected = Observation {
            usage,
            stopped: true,
            ended: true,
            sequence,
            fault: None,
        };
        assert_eq!(shown, expected, "{}", fixture.name);
    }
    assert!(streams > 0);
}

#[test]
fn ends_and_faults_are_seen_however_they_are_said() {
    let ended = Observation {
        stopped: true,
        ended: true,
        ..Observation::default()
    };
    for name in ["response.completed", "response.done", "response.incomplete"] {
        assert_eq!(of(&json!({"type": name, "response": {}})), ended, "{name}");
        let once = [Frame::named(name, "{\"response\":{}}")];
        assert_eq!(seen(&once), ended, "{name} by its event alone");
    }
    let counted = json!({"type": "response.incomplete", "response": {"usage": {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 2}}});
    let usage = of(&counted).usage.map(|usage| Usage { raw: None, ..usage });
    assert_eq!(
        usage,
        Some(Usage {
            fresh: Some(5),
            cache_read: Some(4),
            output: Some(2),
            ..Usage::default()
        })
    );
    let failed = json!({"type": "response.failed", "response": {"error": {"code": "server_is_overloaded", "message": "busy"}}});
    assert_eq!(
        of(&failed),
        Observation {
            ended: true,
            fault: Some(fault(
                Kind::Overloaded,
                Some("server_is_overloaded"),
                "busy"
            )),
            ..Observation::default()
        }
    );
    for error in [
        json!({"type": "error", "code": "rate_limit_exceeded", "message": "slow"}),
        json!({"type": "error", "error": {"code": "rate_limit_exceeded", "message": "slow"}}),
        json!({"error": {"code": "rate_limit_exceeded", "message": "slow"}}),
    ] {
        let expected = fault(Kind::RateLimited, Some("rate_limit_exceeded"), "slow");
        assert_eq!(of(&error).fault, Some(expected), "{error}");
    }
}

#[test]
fn nothing_else_is_taken_for_an_end() {
    for data in [
        json!({"type": "response.output_text.delta", "delta": "{\"type\":\"response.completed\",\"error\":\"x\"}"}),
        json!({"type": "response.created", "response": {"error": null, "usage": null}}),
        json!({"type": "response.output_item.done", "item": {"type": "mcp_call", "error": "x"}}),
        json!({"type": "response.dream", "name": "response.completed"}),
        json!([1]),
    ] {
        assert_eq!(of(&data), Observation::default(), "{data}");
    }
    assert_eq!(
        seen(&[Frame::data("{\"response.completed\"")]),
        Observation::default()
    );
}
