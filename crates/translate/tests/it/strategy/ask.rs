//! Generated tools and settings.

use byokey_translate::ir::{Choice, OutputFormat, ReasoningRequest, Sampling, Summary, Tool};
use byokey_types::{Effort, Raw, ReasoningAsk};
use proptest::prelude::*;

use super::request::{WRITER, ext, mark, name};

pub(super) fn tool() -> impl Strategy<Value = Tool> {
    let schema = prop::sample::select(vec![
        None,
        Some(r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"#),
        Some(
            r#"{"anyOf":[{"type":"object","properties":{"a":{}}},{"type":"object","properties":{"b":{}}}]}"#,
        ),
        Some(r#"{"type":"string"}"#),
    ]);
    let function = (
        name(),
        prop::option::of("[a-z ]{1,8}[a-z]"),
        schema,
        prop::option::of(any::<bool>()),
        prop::option::weighted(0.2, mark()),
        ext(),
    )
        .prop_map(
            |(name, description, schema, strict, cache, ext)| Tool::Function {
                name,
                description,
                schema: schema.map(|text| Raw::parse(text).unwrap()),
                strict,
                cache,
                ext,
            },
        );
    prop_oneof![
        5 => function,
        1 => (prop::option::of("[a-z]{1,8}"), any::<bool>()).prop_map(|(description, grammar)| Tool::Custom {
            name: "patch".into(),
            description,
            grammar: grammar.then(|| Raw::parse(r#"{"type":"text"}"#).unwrap()),
            ext: None,
        }),
        1 => Just(Tool::Hosted { format: WRITER, tag: "search".into(), value: Raw::parse(r#"{"search":{}}"#).unwrap() }),
    ]
}

pub(super) fn choice() -> impl Strategy<Value = Choice> {
    prop_oneof![
        Just(Choice::Auto),
        Just(Choice::None),
        Just(Choice::Required),
        Just(Choice::Tool("read".into())),
        Just(Choice::Native {
            format: WRITER,
            value: Raw::parse("{}").unwrap()
        }),
    ]
}

pub(super) fn sampling() -> impl Strategy<Value = Sampling> {
    let number = |texts: &[&'static str]| {
        prop::option::weighted(0.3, prop::sample::select(texts.to_vec()))
            .prop_map(|text| text.map(|text| Raw::parse(text).unwrap()))
    };
    (
        number(&["0.5", "1", "1.0", "1.7"]),
        number(&["0.5", "0.97"]),
        number(&["40"]),
        number(&["0.1"]),
        number(&["0.2"]),
        number(&["7", "12345678901234567890123"]),
        prop::option::of(prop_oneof![Just(100u64), Just(3000), Just(100_000)]),
        prop::collection::vec(
            prop_oneof![3 => "[a-z]{1,3}", 1 => Just("\n".to_owned())],
            0..6,
        ),
    )
        .prop_map(
            |(
                temperature,
                top_p,
                top_k,
                presence_penalty,
                frequency_penalty,
                seed,
                max_tokens,
                stop,
            )| Sampling {
                temperature,
                top_p,
                top_k,
                presence_penalty,
                frequency_penalty,
                seed,
                max_tokens,
                stop,
            },
        )
}

pub(super) fn reasoning() -> impl Strategy<Value = ReasoningRequest> {
    let ask = prop_oneof![
        Just(ReasoningAsk::Off),
        Just(ReasoningAsk::Auto),
        prop_oneof![Just(500u64), Just(2000), Just(50_000)].prop_map(ReasoningAsk::Budget),
    ];
    let summary = prop::sample::select(vec![
        Summary::None,
        Summary::Auto,
        Summary::Concise,
        Summary::Detailed,
    ]);
    (
        prop::option::weighted(0.3, prop::sample::select(Effort::ALL.to_vec())),
        prop::option::weighted(0.4, ask),
        prop::option::weighted(0.2, summary),
    )
        .prop_map(|(effort, ask, summary)| ReasoningRequest {
            // a level beside a switch that is off is for the fixtures
            effort: effort.filter(|_| ask != Some(ReasoningAsk::Off)),
            ask,
            summary,
        })
}

pub(super) fn output() -> impl Strategy<Value = OutputFormat> {
    prop_oneof![
        Just(OutputFormat::Text),
        Just(OutputFormat::JsonObject),
        (
            prop::option::of("[a-z]{1,5}"),
            prop::option::of("[a-z]{1,5}"),
            prop::option::of(any::<bool>())
        )
            .prop_map(|(name, description, strict)| OutputFormat::JsonSchema {
                name,
                description,
                schema: Raw::parse(r#"{"type":"object","properties":{}}"#).unwrap(),
                strict,
            }),
    ]
}
