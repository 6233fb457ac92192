//! Requests to upstreams of this format: messages.

use byokey_translate::ir::{
    Block, CacheMark, Kind, MediaKind, MediaSource, Reasoning, ReasoningPart, Role, Tool, Turn,
};
use byokey_types::{Format, Raw, model::ReasoningReplay};
use pretty_assertions::assert_eq;
use serde_json::json;

use super::{
    ask, body, call, encode, foreign, function, losses, media, messages, plain, result, rich, user,
};

#[test]
fn m01_results_come_first_then_one_message_of_the_user() {
    let request = foreign(vec![
        user("go"),
        Turn::new(Role::Assistant, vec![call("a"), call("b")]),
        Turn::new(
            Role::User,
            vec![
                Block::text("before"),
                result("b", vec![Block::text("2")]),
                result("a", vec![Block::text("1")]),
                Block::text("after"),
            ],
        ),
    ]);
    let encoded = encode(&request, &plain());
    assert_eq!(
        body(&encoded)["messages"],
        json!([
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                {"id": "b", "type": "function", "function": {"name": "f", "arguments": "{}"}},
            ]},
            {"role": "tool", "tool_call_id": "a", "content": "1"},
            {"role": "tool", "tool_call_id": "b", "content": "2"},
            {"role": "user", "content": [{"type": "text", "text": "before"}, {"type": "text", "text": "after"}]},
        ])
    );
    assert_eq!(losses(&encoded), "1; messages.2.content.0=moved");
}

#[test]
fn m03_system_text_in_the_middle_stays_in_its_place() {
    let mid = |role| {
        foreign(vec![
            user("a"),
            Turn::new(role, vec![Block::text("note")]),
            user("b"),
        ])
    };
    let mut strict = plain();
    strict.system_in_place = false;
    let mut newer = rich();
    newer.developer_role = true;
    let wrapped = "<system-reminder>\nnote\n</system-reminder>";
    let approximated = "1; messages.1.role=approximated";
    for (role, target, as_role, text, declared) in [
        (Role::System, &plain(), "system", "note", "0;"),
        (Role::System, &strict, "user", wrapped, approximated),
        (Role::Developer, &strict, "user", wrapped, approximated),
        (Role::Developer, &plain(), "system", "note", approximated),
    ] {
        let encoded = encode(&mid(role), target);
        assert_eq!(
            (body(&encoded)["messages"][1].clone(), losses(&encoded)),
            (
                json!({"role": as_role, "content": text}),
                declared.to_owned()
            )
        );
    }
    let developer = messages(&mid(Role::Developer), &newer)[1]["role"].clone();
    assert_eq!(developer, json!("developer"));
}

#[test]
fn m04_m11_system_text_is_one_message_without_the_attribution_line() {
    let line = "x-anthropic-billing-header: cc_version=1; cch=a1b2c;";
    let mut target = plain();
    for (blocks, family, expected, declared) in [
        (
            vec![line, "Be kind.", "Be brief."],
            "guest",
            json!("Be kind.\nBe brief."),
            "1; system.0=dropped",
        ),
        (
            vec![&format!("{line}\nBe kind.")],
            "guest",
            json!("Be kind."),
            "1; system.0=dropped",
        ),
        (
            vec!["Be kind.", line],
            "guest",
            json!(format!("Be kind.\n{line}")),
            "0;",
        ),
        (
            vec![line, "Be kind."],
            "anthropic",
            json!(format!("{line}\nBe kind.")),
            "0;",
        ),
    ] {
        target.family = Some(family.into());
        let mut request = foreign(vec![user("hi")]);
        request.instructions = blocks.into_iter().map(Block::text).collect();
        let encoded = encode(&request, &target);
        assert_eq!(
            (body(&encoded)["messages"][0].clone(), losses(&encoded)),
            (
                json!({"role": "system", "content": expected}),
                declared.to_owned()
            )
        );
    }
}

#[test]
fn m11_no_cache_mark_reaches_a_target_that_takes_none() {
    let mark = || {
        Some(CacheMark(
            Raw::parse(r#"{"type":"ephemeral","ttl":"1h"}"#).unwrap(),
        ))
    };
    let marked = |mut block: Block| {
        block.cache = mark();
        block
    };
    let mut request = foreign(vec![
        Turn::new(Role::User, vec![marked(Block::text("a")), Block::text("b")]),
        Turn::new(Role::Assistant, vec![marked(call("c"))]),
        Turn::new(
            Role::User,
            vec![marked(result("c", vec![marked(Block::text("r"))]))],
        ),
    ]);
    request.instructions = vec![marked(Block::text("s"))];
    let mut tool = function("f");
    if let Tool::Function { cache, .. } = &mut tool {
        *cache = mark();
    }
    request.tools = Some(vec![tool]);
    let encoded = encode(&request, &plain());
    assert!(!body(&encoded).to_string().contains("cache_control"));
    assert_eq!(
        losses(&encoded),
        "6; system.0.cache=dropped, messages.0.content.0.cache=dropped, messages.1.content.0.cache=dropped, \
         messages.2.content.0.content.0.cache=dropped, messages.2.content.0.cache=dropped, tools.0.cache=dropped"
    );
    // a target that takes some keeps the head's and the latest; a result and its last part share one slot
    let mut target = plain();
    target.cache_marks = 4;
    let encoded = encode(&request, &target);
    assert_eq!(
        body(&encoded).to_string().matches("cache_control").count(),
        3
    );
    assert_eq!(
        losses(&encoded),
        "3; messages.0.content.0.cache=dropped, messages.1.content.0.cache=dropped, messages.2.content.0.cache=dropped"
    );
}

#[test]
fn media_of_results_move_behind_all_results() {
    let image = media(
        MediaKind::Image,
        MediaSource::Inline {
            media_type: Some("image/png".into()),
            data: "AAAA".to_owned(),
        },
    );
    let request = foreign(vec![
        Turn::new(Role::Assistant, vec![call("a"), call("b")]),
        Turn::new(Role::User, vec![result("a", vec![image])]),
        Turn::new(Role::User, vec![result("b", vec![Block::text("2")])]),
    ]);
    let encoded = encode(&request, &plain());
    assert_eq!(
        body(&encoded)["messages"].as_array().unwrap()[1..],
        [
            json!({"role": "tool", "tool_call_id": "a", "content": "[shown below]"}),
            json!({"role": "tool", "tool_call_id": "b", "content": "2"}),
            json!({"role": "user", "content": [
                {"type": "text", "text": "[from the result of tool call a]"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            ]}),
        ]
    );
    assert_eq!(losses(&encoded), "1; messages.1.content.0.content.0=moved");
}

#[test]
fn media_in_the_words_of_the_target() {
    let inline = |media_type: &str, data: &str| MediaSource::Inline {
        media_type: Some(media_type.into()),
        data: data.to_owned(),
    };
    let url = |url: &str| MediaSource::Url {
        url: url.to_owned(),
    };
    let text = |text: &str| json!({"type": "text", "text": text});
    let gone = "1; messages.0.content.1=dropped";
    let close = "1; messages.0.content.1=approximated";
    let own = MediaSource::File {
        owner: Format::OpenAiResponses,
        id: "file-1".to_owned(),
    };
    let others = MediaSource::File {
        owner: Format::AnthropicMessages,
        id: "file_1".to_owned(),
    };
    let rows = [
        (
            MediaKind::Document,
            inline("application/pdf", "AAAA"),
            json!({"type": "file", "file": {"filename": "document.pdf", "file_data": "data:application/pdf;base64,AAAA"}}),
            "1; messages.0.content.1.title=synthesised",
        ),
        (
            MediaKind::Document,
            inline("text/plain", "aGk="),
            text("[document]\nhi"),
            close,
        ),
        (
            MediaKind::Document,
            MediaSource::PlainText {
                text: "hi".to_owned(),
            },
            text("[document]\nhi"),
            close,
        ),
        (
            MediaKind::Document,
            url("https://example.com/a.pdf"),
            text("[document at https://example.com/a.pdf]"),
            close,
        ),
        (
            MediaKind::Document,
            own,
            json!({"type": "file", "file": {"file_id": "file-1"}}),
            "0;",
        ),
        (
            MediaKind::Document,
            others,
            text("[document left out: it cannot be sent to this model]"),
            gone,
        ),
        (
            MediaKind::Audio,
            inline("audio/mpeg", "AAAA"),
            json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}}),
            "0;",
        ),
        (
            MediaKind::Image,
            url("https://example.com/a.png"),
            json!({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}),
            "0;",
        ),
    ];
    for (kind, source, expected, declared) in rows {
        let turn = Turn::new(
            Role::User,
            vec![Block::text("see"), media(kind, source.clone())],
        );
        let encoded = encode(&foreign(vec![turn.clone()]), &rich());
        assert_eq!(
            body(&encoded)["messages"][0]["content"][1],
            expected,
            "{source:?}"
        );
        assert_eq!(losses(&encoded), declared, "{source:?}");
        // a model that takes text only is told of what it cannot see, and never in base64
        let mut deaf = rich();
        deaf.modalities.clear();
        let encoded = encode(&foreign(vec![turn]), &deaf);
        let part = &body(&encoded)["messages"][0]["content"][1];
        assert_eq!(part["type"], json!("text"), "{source:?}");
        assert!(!part.to_string().contains("AAAA"), "{part}");
        assert!(!encoded.losses.is_empty(), "{source:?}");
    }
}

#[test]
fn m15_m17_reasoning_goes_back_only_to_those_who_want_it() {
    let thought = Block::new(Kind::Reasoning(Reasoning {
        parts: vec![ReasoningPart::Full("hm".to_owned())],
        redacted: false,
    }));
    let request = foreign(vec![
        user("a"),
        Turn::new(Role::Assistant, vec![thought.clone()]),
        user("b"),
        Turn::new(Role::Assistant, vec![thought, Block::text("c"), call("t")]),
    ]);
    let mut home = rich();
    home.reasoning_replay = ReasoningReplay::Never;
    let encoded = encode(&request, &home);
    assert_eq!(body(&encoded)["messages"].as_array().unwrap().len(), 3);
    assert!(!body(&encoded).to_string().contains("hm"));
    assert_eq!(
        losses(&encoded),
        "2; messages.1.content.0=dropped, messages.3.content.0=dropped"
    );
    let mut wanting = plain();
    wanting.reasoning_replay = ReasoningReplay::Required;
    let encoded = encode(&request, &wanting);
    assert_eq!(
        body(&encoded)["messages"][3]["reasoning_content"],
        json!("hm")
    );
    assert_eq!(losses(&encoded), "0;");
    // an upstream that insists gets an empty thought where there is none
    let request = foreign(vec![user("a"), Turn::new(Role::Assistant, vec![call("t")])]);
    let encoded = encode(&request, &wanting);
    assert_eq!(
        body(&encoded)["messages"][1]["reasoning_content"],
        json!("")
    );
    assert_eq!(losses(&encoded), "1; messages.1.content=synthesised");
}

#[test]
fn calls_and_results_that_do_not_pair_are_repaired() {
    let request = foreign(vec![
        Turn::new(Role::User, vec![result("x", vec![Block::text("lost")])]),
        Turn::new(Role::Assistant, vec![call("a"), call("b")]),
        Turn::new(
            Role::User,
            vec![
                result("a", vec![Block::text("old")]),
                result("a", vec![Block::text("new")]),
            ],
        ),
    ]);
    let encoded = encode(&request, &plain());
    let tool =
        |id: &str, content: &str| json!({"role": "tool", "tool_call_id": id, "content": content});
    let messages = body(&encoded)["messages"].clone();
    assert_eq!(
        messages[0],
        json!({"role": "user", "content": "[result of the unknown tool call x]\nlost"})
    );
    assert_eq!(messages[2], tool("a", "new"));
    assert_eq!(
        messages[3],
        tool("b", "[no result was recorded for this call]")
    );
    assert_eq!(
        losses(&encoded),
        "4; messages.2.content.0=dropped, messages.2.content.1=synthesised, \
         messages.0.content.0=approximated, messages.2.content.1.is_error=dropped"
    );
}

#[test]
fn a_message_with_calls_refuses_once_and_the_second_refusal_is_declared() {
    let request = ask(
        r#"[{"role":"user","content":"u"},
        {"role":"assistant","content":null,"refusal":"no","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},
        {"role":"assistant","content":null,"refusal":"never"},
        {"role":"tool","tool_call_id":"c1","content":"r"}]"#,
        "",
    );
    let encoded = encode(&request, &plain());
    let said = &body(&encoded)["messages"][1];
    assert_eq!(
        (&said["refusal"], losses(&encoded)),
        (
            &json!("no"),
            "2; messages.2.content.0=moved, messages.2.content.0=dropped".to_owned()
        )
    );
}
