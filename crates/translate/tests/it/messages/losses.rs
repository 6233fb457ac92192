//! Limits, sampling, cache breakpoints and extensions: what is said, and what is declared.

use byokey_translate::{
    Codec, Target,
    ir::{Block, CacheMark, Extensions, Request, Role, Sampling, Turn},
    messages::Messages,
};
use byokey_types::{Format, Raw, RawObject};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{body, everything, losses, through};

fn hello() -> Request {
    let mut request = Request::new("m");
    request.turns = vec![Turn::new(Role::User, vec![Block::text("hi")])];
    request.sampling.max_tokens = Some(50);
    request
}

fn number(text: &str) -> Raw {
    Raw::parse(text.to_owned()).unwrap()
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

#[test]
fn c07_the_limit_of_tokens() {
    let bounded = everything("m");
    let unbounded = Target {
        max_output: None,
        ..everything("m")
    };
    let rows = [
        (Some(50), &bounded, 50, vec![]),
        (
            Some(100_000),
            &bounded,
            64_000,
            vec!["max_tokens=approximated"],
        ),
        (Some(100_000), &unbounded, 100_000, vec![]),
        (None, &bounded, 64_000, vec![]),
        (None, &unbounded, 4096, vec!["max_tokens=synthesised"]),
    ];
    for (said, target, expected, lost) in rows {
        let mut request = hello();
        request.sampling.max_tokens = said;
        let encoded = Messages.encode_request(&request, target).unwrap();
        assert_eq!(
            (&body(&encoded)["max_tokens"], losses(&encoded)),
            (&json!(expected), strings(&lost)),
            "{said:?}"
        );
    }
}

#[test]
fn c10_c16_sampling() {
    let mut request = hello();
    request.sampling = Sampling {
        temperature: Some(number("1.5")),
        top_p: Some(number("0.50")),
        top_k: Some(number("4")),
        presence_penalty: Some(number("0")),
        frequency_penalty: Some(number("1")),
        seed: Some(number("7")),
        max_tokens: Some(50),
        stop: strings(&["x", " \n", "y"]),
    };
    let encoded = Messages.encode_request(&request, &everything("m")).unwrap();
    let found = body(&encoded);
    let expected = json!([1, 0.50, 4, ["x", "y"]]);
    assert_eq!(
        json!([
            found["temperature"],
            found["top_p"],
            found["top_k"],
            found["stop_sequences"]
        ]),
        expected
    );
    assert_eq!(
        losses(&encoded),
        [
            "presence_penalty=dropped",
            "frequency_penalty=dropped",
            "seed=dropped",
            "temperature=approximated",
            "stop=dropped"
        ]
    );

    let picky = Target {
        temperature: false,
        ..everything("m")
    };
    let encoded = Messages.encode_request(&request, &picky).unwrap();
    let found = body(&encoded);
    assert_eq!(
        json!([found["temperature"], found["top_p"], found["top_k"]]),
        json!([null, null, null])
    );
    assert_eq!(
        losses(&encoded)[3..6],
        ["temperature=dropped", "top_p=dropped", "top_k=dropped"]
    );
}

#[test]
fn c14_breakpoints_beyond_the_limit_go_from_the_messages_first() {
    let mark = json!({"type": "ephemeral"});
    let text = |text: &str| json!({"type": "text", "text": text, "cache_control": mark});
    let value = json!({
        "model": "m", "max_tokens": 9,
        "system": [text("a"), text("b")],
        "tools": [{"name": "f", "input_schema": {"type": "object"}, "cache_control": mark}, {"type": "bash_20250124", "name": "bash", "cache_control": mark}],
        "messages": [
            {"role": "user", "content": [text("c"), {"type": "hologram", "cache_control": mark}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [text("d")]}, text("e")]},
        ],
    });
    let kept = |encoded: &byokey_translate::Encoded| {
        body(encoded).to_string().matches("cache_control").count()
    };
    let rows = [
        (8, vec![]),
        (
            5,
            vec![
                "messages.0.content.0.cache=dropped",
                "messages.0.content.1.cache=dropped",
                "messages.2.content.0.content.0.cache=dropped",
            ],
        ),
        (
            4,
            vec![
                "messages.0.content.0.cache=dropped",
                "messages.0.content.1.cache=dropped",
                "messages.2.content.0.content.0.cache=dropped",
                "tools.0.cache=dropped",
            ],
        ),
        (
            3,
            vec![
                "messages.0.content.0.cache=dropped",
                "messages.0.content.1.cache=dropped",
                "messages.2.content.0.content.0.cache=dropped",
                "tools.0.cache=dropped",
                "tools.1.cache=dropped",
            ],
        ),
    ];
    for (limit, lost) in rows {
        let target = Target {
            cache_marks: limit,
            ..everything("m")
        };
        let encoded = through(&value, &target);
        assert_eq!(
            (kept(&encoded), losses(&encoded)),
            (limit.min(8), strings(&lost)),
            "{limit}"
        );
        let all = body(&encoded);
        assert_eq!(all["messages"][2]["content"][1]["cache_control"], mark);
    }
}

#[test]
fn breakpoints_that_mean_nothing_are_declared() {
    let mut request = hello();
    let mark = |raw: &str| Some(CacheMark(Raw::parse(raw.to_owned()).unwrap()));
    request.turns[0].blocks[0].cache = mark(r#"{"type":"persistent"}"#);
    request.turns[0].blocks.push(Block {
        cache: mark(r#"{"type":"ephemeral"}"#),
        ..Block::text("")
    });
    let encoded = Messages.encode_request(&request, &everything("m")).unwrap();
    assert_eq!(
        body(&encoded)["messages"][0]["content"],
        json!([{"type": "text", "text": "hi"}])
    );
    assert_eq!(
        losses(&encoded),
        [
            "messages.0.content.0.cache=dropped",
            "messages.0.content.1.cache=dropped"
        ]
    );
}

#[test]
fn extensions_of_another_format_are_declared_one_by_one() {
    let ext = |members: Value| {
        Some(Box::new(Extensions {
            format: Format::OpenAiChat,
            fields: RawObject::parse(members.to_string()).unwrap(),
        }))
    };
    let mut request = hello();
    request.ext = ext(json!({"logit_bias": {}, "n": 2, "store": null}));
    request.turns[0].ext = ext(json!({"name": "x"}));
    request.turns[0].blocks[0].ext = ext(json!({"detail": "low"}));
    request.instructions = vec![Block {
        ext: ext(json!({"a": 1})),
        ..Block::text("s")
    }];
    let encoded = Messages.encode_request(&request, &everything("m")).unwrap();
    assert_eq!(
        losses(&encoded),
        [
            "logit_bias=dropped",
            "n=dropped",
            "system.0.ext.a=dropped",
            "messages.0.ext.name=dropped",
            "messages.0.content.0.ext.detail=dropped"
        ]
    );
    let expected = json!({"model": "m", "max_tokens": 50, "system": [{"type": "text", "text": "s"}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]});
    assert_eq!(body(&encoded), expected);
}

#[test]
fn c15_the_end_user_is_the_callers_or_the_sessions() {
    let session = Target {
        session: Some("session-1".into()),
        ..everything("m")
    };
    let rows = [
        (Some("ada"), &session, json!({"user_id": "ada"}), vec![]),
        (None, &session, json!({"user_id": "session-1"}), vec![]),
        (None, &everything("m"), Value::Null, vec![]),
    ];
    for (user, target, expected, lost) in rows {
        let mut request = hello();
        request.end_user = user.map(str::to_owned);
        let encoded = Messages.encode_request(&request, target).unwrap();
        assert_eq!(
            (&body(&encoded)["metadata"], losses(&encoded)),
            (&expected, strings(&lost))
        );
    }
}
