//! Thinking: what is asked of whom, and what it excludes.

use byokey_translate::{
    Codec, Target,
    ir::{Block, Choice, ReasoningRequest, Request, Role, Summary, Tool, Turn},
    messages::Messages,
    target::ReasoningFacts,
};
use byokey_types::{Effort, Raw, ReasoningAsk};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{body, everything, losses, through};

fn target(levels: &[Effort], budget: Option<(u64, u64)>) -> Target {
    Target {
        reasoning: ReasoningFacts {
            reasons: true,
            levels: levels.to_vec(),
            budget,
            off: true,
        },
        ..everything("m")
    }
}

fn adaptive() -> Target {
    target(&[Effort::Low, Effort::Medium, Effort::High], None)
}

fn budgeted() -> Target {
    target(&[], Some((1024, 60_000)))
}

fn asking(reasoning: ReasoningRequest) -> Request {
    let mut request = Request::new("m");
    request.turns = vec![Turn::new(Role::User, vec![Block::text("hi")])];
    request.sampling.max_tokens = Some(64_000);
    request.reasoning = reasoning;
    request
}

fn ask(ask: ReasoningAsk) -> ReasoningRequest {
    ReasoningRequest {
        ask: Some(ask),
        ..ReasoningRequest::default()
    }
}

fn enabled(tokens: u64) -> Value {
    json!({"type": "enabled", "budget_tokens": tokens})
}

/// What is written of thinking, effort and the limit.
fn settled(request: &Request, target: &Target) -> (Value, Value, u64, Vec<String>) {
    let encoded = Messages.encode_request(request, target).unwrap();
    let body = body(&encoded);
    let limit = body["max_tokens"].as_u64().unwrap();
    (
        body["thinking"].clone(),
        body["output_config"]["effort"].clone(),
        limit,
        losses(&encoded),
    )
}

#[test]
fn m18_wishes_in_the_words_of_the_model() {
    use ReasoningAsk::{Auto, Budget, Off};
    let (levels, budgets) = (adaptive(), budgeted());
    let unknown = target(&[], None);
    let on = json!({"type": "adaptive"});
    let off = json!({"type": "disabled"});
    let rows = [
        (
            ReasoningRequest::default(),
            &levels,
            Value::Null,
            Value::Null,
            "",
        ),
        (
            ask(ReasoningAsk::Effort(Effort::High)),
            &levels,
            on.clone(),
            json!("high"),
            "",
        ),
        (
            ask(ReasoningAsk::Effort(Effort::Max)),
            &levels,
            on.clone(),
            json!("high"),
            "approximated",
        ),
        (
            ask(Budget(8192)),
            &levels,
            on.clone(),
            json!("medium"),
            "approximated",
        ),
        (ask(Auto), &levels, on.clone(), Value::Null, ""),
        (ask(Off), &levels, off.clone(), Value::Null, ""),
        (
            ask(ReasoningAsk::Effort(Effort::Low)),
            &budgets,
            enabled(1024),
            Value::Null,
            "approximated",
        ),
        (ask(Budget(5000)), &budgets, enabled(5000), Value::Null, ""),
        (
            ask(Auto),
            &budgets,
            enabled(8192),
            Value::Null,
            "approximated",
        ),
        (ask(Off), &budgets, off, Value::Null, ""),
        (
            ask(Budget(7)),
            &unknown,
            enabled(1024),
            Value::Null,
            "approximated",
        ),
        (ask(Auto), &unknown, on.clone(), Value::Null, ""),
        (
            ask(ReasoningAsk::Effort(Effort::Minimal)),
            &unknown,
            on,
            json!("low"),
            "approximated",
        ),
    ];
    for (reasoning, target, thinking, effort, lost) in rows {
        let lost: Vec<String> = (!lost.is_empty())
            .then(|| format!("reasoning={lost}"))
            .into_iter()
            .collect();
        let expected = (thinking, effort, 64_000, lost);
        assert_eq!(
            settled(&asking(reasoning), target),
            expected,
            "{reasoning:?}"
        );
    }
}

#[test]
fn c08_the_budget_leaves_room_for_the_answer() {
    let rows = [
        (Some(1000), 8000, None, 1000, "dropped"),
        (Some(4096), 8000, Some(3072), 4096, "approximated"),
        (Some(8000), 8000, Some(6000), 8000, "approximated"),
        (Some(8001), 8000, Some(8000), 8001, ""),
        (None, 8000, Some(8000), 64_000, ""),
    ];
    for (limit, budget, expected, max_tokens, lost) in rows {
        let mut request = asking(ask(ReasoningAsk::Budget(budget)));
        request.sampling.max_tokens = limit;
        let (thinking, _, found, mut losses) = settled(&request, &budgeted());
        losses.retain(|loss| loss.starts_with("reasoning"));
        let lost: Vec<String> = (!lost.is_empty())
            .then(|| format!("reasoning={lost}"))
            .into_iter()
            .collect();
        assert_eq!(
            (thinking, found, losses),
            (expected.map_or(Value::Null, enabled), max_tokens, lost),
            "{limit:?}"
        );
    }
    let mut request = asking(ask(ReasoningAsk::Budget(8000)));
    request.sampling.max_tokens = None;
    let unbounded = Target {
        max_output: None,
        ..budgeted()
    };
    let (thinking, _, found, _) = settled(&request, &unbounded);
    assert_eq!((thinking, found), (enabled(8000), 12_096));
}

#[test]
fn thinking_excludes_a_forced_choice_and_narrows_sampling() {
    let mut request = asking(ask(ReasoningAsk::Effort(Effort::High)));
    request.tools = Some(vec![Tool::Function {
        name: "f".into(),
        description: None,
        schema: Some(Raw::parse(r#"{"type":"object"}"#).unwrap()),
        strict: None,
        cache: None,
        ext: None,
    }]);
    for (choice, thinks) in [
        (Choice::Auto, true),
        (Choice::None, true),
        (Choice::Required, false),
        (Choice::Tool("f".into()), false),
    ] {
        request.choice = Some(choice.clone());
        let (thinking, _, _, lost) = settled(&request, &adaptive());
        let expected = if thinks {
            (json!({"type": "adaptive"}), vec![])
        } else {
            (Value::Null, vec!["reasoning=dropped".to_owned()])
        };
        assert_eq!((thinking, lost), expected, "{choice:?}");
    }
    request.choice = None;
    let number = |text: &str| Some(Raw::parse(text.to_owned()).unwrap());
    for (temperature, top_p, kept) in [
        ("1", "0.95", json!([1, 0.95, null])),
        ("0.5", "0.5", json!([null, null, null])),
    ] {
        request.sampling.temperature = number(temperature);
        request.sampling.top_p = number(top_p);
        request.sampling.top_k = number("5");
        let encoded = Messages.encode_request(&request, &adaptive()).unwrap();
        let body = body(&encoded);
        assert_eq!(
            json!([body["temperature"], body["top_p"], body["top_k"]]),
            kept
        );
        assert_eq!(
            losses(&encoded).len(),
            if temperature == "1" { 1 } else { 3 }
        );
    }
}

#[test]
fn an_answer_that_goes_on_begins_with_thinking_or_does_not_think() {
    let conversation = |first: Value| {
        json!({
            "model": "m", "max_tokens": 9000, "thinking": {"type": "enabled", "budget_tokens": 2000},
            "messages": [
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": [first, {"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "r"}]},
            ],
        })
    };
    let sealed = json!({"type": "thinking", "thinking": "x", "signature": "s"});
    let unsealed = json!({"type": "thinking", "thinking": "x"});
    let text = json!({"type": "text", "text": "x"});
    let lost =
        |encoded: &byokey_translate::Encoded| (body(encoded)["thinking"].clone(), losses(encoded));
    assert_eq!(
        lost(&through(&conversation(sealed.clone()), &budgeted())),
        (enabled(2000), vec![])
    );
    assert_eq!(
        lost(&through(&conversation(unsealed), &budgeted())),
        (
            Value::Null,
            vec![
                "messages.1.content.0=dropped".to_owned(),
                "reasoning=dropped".to_owned()
            ]
        )
    );
    assert_eq!(
        lost(&through(&conversation(text.clone()), &budgeted())),
        (Value::Null, vec!["reasoning=dropped".to_owned()])
    );
    // between the calls of one answer the model need not think again
    for (first, thinking) in [(sealed, enabled(2000)), (text.clone(), Value::Null)] {
        let mut longer = conversation(first);
        longer["messages"].as_array_mut().unwrap().extend([
            json!({"role": "assistant", "content": [{"type": "tool_use", "id": "u", "name": "f", "input": {}}]}),
            json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "u", "content": "r"}]}),
        ]);
        assert_eq!(body(&through(&longer, &budgeted()))["thinking"], thinking);
    }
    // an operator's word in its place neither begins nor ends an answer
    for (first, at, thinking) in [
        (text.clone(), 3, Value::Null),
        (text.clone(), 1, enabled(2000)),
    ] {
        let mut told = conversation(first);
        let messages = told["messages"].as_array_mut().unwrap();
        messages.truncate(at);
        messages.push(json!({"role": "system", "content": "s"}));
        assert_eq!(body(&through(&told, &budgeted()))["thinking"], thinking);
    }
    // the API asks this of budgets only
    let mut adapting = conversation(text);
    adapting["thinking"] = json!({"type": "adaptive"});
    assert_eq!(
        lost(&through(&adapting, &adaptive())),
        (json!({"type": "adaptive"}), vec![])
    );
    // a turn that is answered is no turn that goes on
    let mut answered = conversation(json!({"type": "text", "text": "x"}));
    answered["messages"].as_array_mut().unwrap().extend([
        json!({"role": "assistant", "content": "done"}),
        json!({"role": "user", "content": "more"}),
    ]);
    assert_eq!(
        lost(&through(&answered, &budgeted())),
        (enabled(2000), vec![])
    );
}

#[test]
fn what_the_reader_sees_of_it() {
    for (summary, display, lost) in [
        (Summary::None, "omitted", vec![]),
        (Summary::Auto, "summarized", vec![]),
        (
            Summary::Detailed,
            "summarized",
            vec!["reasoning.summary=approximated".to_owned()],
        ),
    ] {
        let mut reasoning = ask(ReasoningAsk::Effort(Effort::Low));
        reasoning.summary = Some(summary);
        let (thinking, _, _, found) = settled(&asking(reasoning), &adaptive());
        assert_eq!(
            (thinking, found),
            (json!({"type": "adaptive", "display": display}), lost)
        );
    }
    let reasoning = ReasoningRequest {
        summary: Some(Summary::Auto),
        ..ReasoningRequest::default()
    };
    let (thinking, _, _, found) = settled(&asking(reasoning), &adaptive());
    assert_eq!(
        (thinking, found),
        (Value::Null, vec!["reasoning.summary=dropped".to_owned()])
    );
}

#[test]
fn a_wish_changed_on_the_way_beats_the_clients_spelling() {
    let value = json!({"model": "m", "max_tokens": 9000, "thinking": {"type": "enabled", "budget_tokens": 2000, "mood": 1}, "messages": [{"role": "user", "content": "a"}]});
    let mut request = super::decoded(&value);
    request.reasoning.ask = Some(ReasoningAsk::Budget(3000));
    let (thinking, _, _, lost) = settled(&request, &budgeted());
    assert_eq!(
        (thinking, lost),
        (enabled(3000), vec!["thinking=dropped".to_owned()])
    );
}
