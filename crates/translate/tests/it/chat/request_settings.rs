//! Requests to upstreams of this format: limits, sampling, reasoning, the shape of the answer.

use byokey_translate::{Codec, Target, chat::Chat, ir::OutputFormat, target::ReasoningFacts};
use byokey_types::{Effort, Raw, ReasoningAsk, model::ReasoningField};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{ask, body, encode, foreign, function, losses, member, plain, rich, user};

#[test]
fn m06_c16_stop_texts_are_a_list_of_at_most_four() {
    let mut request = foreign(vec![user("x")]);
    request.sampling.stop = vec!["a".to_owned()];
    assert_eq!(member(&request, &plain(), "stop"), json!(["a"]));
    request.sampling.stop = "abcdef".chars().map(String::from).collect();
    let encoded = encode(&request, &plain());
    assert_eq!(body(&encoded)["stop"], json!(["a", "b", "c", "d"]));
    assert_eq!(losses(&encoded), "1; stop=approximated");
    for (text, bare) in [
        (r#","stop":"x""#, json!("x")),
        (r#","stop":["x","y"]"#, json!(["x", "y"])),
    ] {
        let request = ask(r#"[{"role":"user","content":"a"}]"#, text);
        assert_eq!(member(&request, &plain(), "stop"), bare);
    }
}

#[test]
fn limits_on_the_answer() {
    let limit = |rest: &str, target: &Target| {
        let encoded = encode(&ask(r#"[{"role":"user","content":"a"}]"#, rest), target);
        let body = body(&encoded);
        (
            body.get("max_tokens").cloned(),
            body.get("max_completion_tokens").cloned(),
            losses(&encoded),
        )
    };
    let (old, new) = (r#","max_tokens":50"#, r#","max_completion_tokens":60"#);
    let none = "0;".to_owned();
    assert_eq!(limit(old, &rich()), (Some(json!(50)), None, none.clone()));
    assert_eq!(limit(new, &plain()), (None, Some(json!(60)), none.clone()));
    let mut capped = plain();
    capped.max_output = Some(40);
    capped.max_tokens_field = Some("max_tokens".into());
    assert_eq!(
        limit(new, &capped),
        (
            Some(json!(40)),
            None,
            "1; max_tokens=approximated".to_owned()
        )
    );
    let mut foreign = foreign(vec![user("x")]);
    foreign.sampling.max_tokens = Some(9);
    assert_eq!(member(&foreign, &plain(), "max_tokens"), json!(9));
    assert_eq!(member(&foreign, &rich(), "max_completion_tokens"), json!(9));
    // C07: both
    let text = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"a"}}]{old}{new}}}"#);
    let decoded = Chat.decode_request(&text.into()).unwrap();
    assert_eq!(decoded.value.sampling.max_tokens, Some(50));
    assert_eq!(decoded.losses.summary(99), "1; max_tokens=approximated");
}

#[test]
fn c10_sampling_that_a_model_rejects_is_removed() {
    let rest = r#","temperature":0.5,"top_p":0.9,"seed":1"#;
    let mut request = ask(r#"[{"role":"user","content":"a"}]"#, rest);
    request.sampling.top_k = Some(Raw::number(3));
    let mut target = plain();
    target.temperature = false;
    let encoded = encode(&request, &target);
    assert_eq!(
        body(&encoded),
        json!({"model": "m-1", "messages": [{"role": "user", "content": "a"}], "seed": 1})
    );
    assert_eq!(
        losses(&encoded),
        "3; temperature=dropped, top_p=dropped, top_k=dropped"
    );
}

#[test]
fn m18_r12_reasoning_in_levels() {
    let asked = |ask, effort| {
        let mut request = foreign(vec![user("x")]);
        request.reasoning.ask = ask;
        request.reasoning.effort = effort;
        request
    };
    let mut levels = rich();
    levels.reasoning.levels = vec![Effort::Low, Effort::High];
    let mut guest = levels.clone();
    guest.family = Some("guest".into());
    let mut budgets = rich();
    budgets.reasoning.levels.clear();
    let approximated = "1; reasoning=approximated";
    for (request, target, expected, declared) in [
        (
            asked(Some(ReasoningAsk::Budget(1024)), None),
            &levels,
            json!("low"),
            approximated,
        ),
        (
            asked(Some(ReasoningAsk::Budget(32_768)), None),
            &levels,
            json!("high"),
            approximated,
        ),
        (
            asked(Some(ReasoningAsk::Budget(9)), Some(Effort::High)),
            &levels,
            json!("high"),
            "0;",
        ),
        (
            asked(Some(ReasoningAsk::Auto), Some(Effort::Max)),
            &levels,
            json!("high"),
            approximated,
        ),
        (
            asked(Some(ReasoningAsk::Auto), None),
            &levels,
            Value::Null,
            "0;",
        ),
        (
            asked(Some(ReasoningAsk::Off), None),
            &levels,
            json!("none"),
            "0;",
        ),
        (
            asked(Some(ReasoningAsk::Off), None),
            &guest,
            Value::Null,
            "1; reasoning=dropped",
        ),
        (
            asked(Some(ReasoningAsk::Budget(2000)), None),
            &budgets,
            Value::Null,
            "1; reasoning=dropped",
        ),
        (
            asked(None, Some(Effort::High)),
            &plain(),
            Value::Null,
            "1; reasoning=dropped",
        ),
    ] {
        let encoded = encode(&request, target);
        assert_eq!(
            (body(&encoded)["reasoning_effort"].clone(), losses(&encoded)),
            (expected, declared.to_owned()),
            "{:?}",
            request.reasoning
        );
    }
}

#[test]
fn r17_streams_report_usage_always_and_clients_get_it_when_they_asked() {
    for (rest, options, asked) in [
        (r#","stream":true"#, json!({"include_usage": true}), false),
        (
            r#","stream":true,"stream_options":null"#,
            json!({"include_usage": true}),
            false,
        ),
        (
            r#","stream":true,"stream_options":{"include_usage":false,"x":1}"#,
            json!({"include_usage": true, "x": 1}),
            false,
        ),
        (
            r#","stream":true,"stream_options":{"include_usage":true}"#,
            json!({"include_usage": true}),
            true,
        ),
        (r#","stream":false"#, Value::Null, false),
        ("", Value::Null, false),
    ] {
        let encoded = encode(&ask(r#"[{"role":"user","content":"a"}]"#, rest), &plain());
        assert_eq!(
            (
                body(&encoded)["stream_options"].clone(),
                encoded.reply.include_usage
            ),
            (options, asked),
            "{rest}"
        );
    }
}

#[test]
fn r06_shapes_of_the_answer() {
    let mut request = foreign(vec![user("x")]);
    request.output = Some(OutputFormat::JsonSchema {
        name: None,
        description: None,
        schema: Raw::parse(r#"{"type":"object"}"#).unwrap(),
        strict: None,
    });
    assert_eq!(
        member(&request, &plain(), "response_format"),
        json!({"type": "json_schema", "json_schema": {"name": "response", "schema": {"type": "object"}}})
    );
    // a model that does not know schemas fills in a form
    let mut target = plain();
    target.structured_output = false;
    request.tools = Some(vec![function("respond")]);
    let encoded = encode(&request, &target);
    let body = body(&encoded);
    assert_eq!(body.get("response_format"), None);
    assert_eq!(body["tools"][1]["function"]["name"], json!("respond_"));
    assert_eq!(
        body["tools"][1]["function"]["parameters"],
        json!({"type": "object"})
    );
    assert_eq!(body["tool_choice"], json!("required"));
    assert_eq!(encoded.reply.structured.as_deref(), Some("respond_"));
    assert_eq!(losses(&encoded), "1; output_format=approximated");
    request.tools = None;
    assert_eq!(
        member(&request, &target, "tool_choice"),
        json!({"type": "function", "function": {"name": "respond"}})
    );
}

#[test]
fn reasoning_is_asked_for_by_the_member_that_the_upstream_knows() {
    use ReasoningField::{EnableThinking, Reasoning, ReasoningEffort, Thinking};
    let levels = ReasoningFacts {
        reasons: true,
        levels: vec![Effort::Low, Effort::High],
        budget: None,
        off: true,
    };
    let switch = ReasoningFacts {
        levels: vec![],
        ..levels.clone()
    };
    let budget = ReasoningFacts {
        budget: Some((128, 32_768)),
        ..switch.clone()
    };
    let high = Some(ReasoningAsk::Effort(Effort::High));
    let off = Some(ReasoningAsk::Off);
    let auto = Some(ReasoningAsk::Auto);
    let tokens = Some(ReasoningAsk::Budget(1000));
    let rows = [
        (
            ReasoningEffort,
            &levels,
            high,
            json!({"reasoning_effort": "high"}),
            "",
        ),
        (
            ReasoningEffort,
            &levels,
            tokens,
            json!({"reasoning_effort": "low"}),
            "reasoning=approximated",
        ),
        (
            Thinking,
            &levels,
            high,
            json!({"reasoning_effort": "high", "thinking": {"type": "enabled"}}),
            "",
        ),
        (
            Thinking,
            &levels,
            off,
            json!({"thinking": {"type": "disabled"}}),
            "",
        ),
        (Thinking, &levels, None, json!({}), ""),
        (
            Thinking,
            &switch,
            auto,
            json!({"thinking": {"type": "enabled"}}),
            "",
        ),
        (
            Thinking,
            &switch,
            high,
            json!({"thinking": {"type": "enabled"}}),
            "reasoning=approximated",
        ),
        (
            Thinking,
            &switch,
            tokens,
            json!({"thinking": {"type": "enabled"}}),
            "reasoning=approximated",
        ),
        (
            EnableThinking,
            &budget,
            off,
            json!({"enable_thinking": false}),
            "",
        ),
        (
            EnableThinking,
            &budget,
            tokens,
            json!({"thinking_budget": 1000, "enable_thinking": true}),
            "",
        ),
        (
            EnableThinking,
            &budget,
            high,
            json!({"thinking_budget": 24_576, "enable_thinking": true}),
            "reasoning=approximated",
        ),
        (
            EnableThinking,
            &switch,
            high,
            json!({"enable_thinking": true}),
            "reasoning=approximated",
        ),
        (
            Reasoning,
            &levels,
            high,
            json!({"reasoning": {"effort": "high"}}),
            "",
        ),
        (
            Reasoning,
            &budget,
            tokens,
            json!({"reasoning": {"max_tokens": 1000}}),
            "",
        ),
        (
            Reasoning,
            &levels,
            off,
            json!({"reasoning": {"enabled": false}}),
            "",
        ),
    ];
    for (field, facts, ask, expected, lost) in rows {
        let mut request = foreign(vec![user("x")]);
        request.reasoning.ask = ask;
        if let Some(ReasoningAsk::Effort(effort)) = ask {
            request.reasoning.ask = None;
            request.reasoning.effort = Some(effort);
        }
        let target = Target {
            reasoning: facts.clone(),
            reasoning_field: Some(field),
            ..plain()
        };
        let encoded = encode(&request, &target);
        let mut found = body(&encoded);
        let members = found.as_object_mut().unwrap();
        members.retain(|key, _| !["model", "messages"].contains(&key.as_str()));
        let lost = match lost {
            "" => "0;".to_owned(),
            path => format!("1; {path}"),
        };
        assert_eq!(
            (found, losses(&encoded)),
            (expected, lost),
            "{field:?} {ask:?}"
        );
    }
}
