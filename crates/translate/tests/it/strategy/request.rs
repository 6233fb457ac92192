//! Generated requests: what any client may ask, in the neutral form, and upstreams of any ability.

use byokey_translate::{
    Target,
    ir::{
        Block, CacheMark, CallId, Ext, Extensions, Input, Issuer, Kind, Media, MediaKind,
        MediaSource, Reasoning, ReasoningPart, Request, Role, Runs, Seal, ToolCall, ToolResult,
        Turn,
    },
};
use byokey_types::{
    Effort, Format, Modality, ModelRow, Raw, RawObject, Str,
    model::{ReasoningBudget, ReasoningReplay},
};
use proptest::prelude::*;

use super::ask::{choice, output, reasoning, sampling, tool};
use crate::fixture::of_format;

/// Who wrote the extensions: a format that none of the codecs under proof is.
pub(crate) const WRITER: Format = Format::Gemini;

/// One round: a question, an answer, the results of its calls.
#[derive(Clone, Debug)]
struct Round {
    operator: Option<(Role, Block)>,
    asked: Vec<Block>,
    answered: Vec<Block>,
    /// Results of the calls, in their order, and what the user says beside them.
    results: Vec<(Vec<Block>, Option<bool>)>,
    beside: Vec<Block>,
    ext: Ext,
}

/// A request whose calls and results pair up.
pub(crate) fn request() -> impl Strategy<Value = Request> {
    let head = (
        prop::collection::vec(marked(words()), 0..3),
        prop::collection::vec(
            (
                prop_oneof![Just(Role::System), Just(Role::Developer)],
                marked(words()),
            ),
            0..2,
        ),
    );
    let ask = (
        prop::option::of(prop::collection::vec(tool(), 0..4)),
        prop::option::of(choice()),
        prop::option::of(any::<bool>()),
        sampling(),
        reasoning(),
        prop::option::weighted(0.3, output()),
        prop::option::weighted(0.3, "[a-z]{1,8}"),
        prop::option::of(any::<bool>()),
        ext(),
    );
    (head, prop::collection::vec(round(), 1..4), ask).prop_map(
        |((instructions, operators), rounds, ask)| {
            let (tools, choice, parallel, sampling, reasoning, output, end_user, stream, ext) = ask;
            let mut turns: Vec<Turn> = operators
                .into_iter()
                .map(|(role, block)| Turn::new(role, vec![block]))
                .collect();
            let mut calls = 0;
            for round in rounds {
                turns.extend(said(round, &mut calls));
            }
            Request {
                instructions,
                turns,
                tools,
                choice,
                parallel,
                sampling,
                reasoning,
                output,
                end_user,
                stream,
                ext,
                ..Request::new("asked")
            }
        },
    )
}

/// An upstream of a format, with any abilities.
pub(crate) fn target(format: Format) -> impl Strategy<Value = Target> {
    let abilities = (
        any::<[bool; 6]>(),
        prop::sample::subsequence(Effort::ALL.to_vec(), 0..=6),
        prop::option::of((0u64..4096, 4096u64..70_000)),
        prop::option::of(prop_oneof![Just(512u64), Just(4096), Just(64_000)]),
        prop::sample::subsequence(
            vec![
                Modality::Image,
                Modality::Pdf,
                Modality::Audio,
                Modality::Video,
            ],
            0..=4,
        ),
        prop::sample::select(vec![
            ReasoningReplay::Never,
            ReasoningReplay::Accepted,
            ReasoningReplay::Required,
        ]),
        prop::sample::select(vec!["anthropic", "openai", "google", "guest"]),
        0usize..6,
    );
    abilities.prop_map(
        move |(
            [reasons, off, temperature, structured, in_place, known],
            levels,
            budget,
            output,
            modalities,
            replay,
            family,
            marks,
        )| {
            let row = ModelRow {
                output,
                reasoning: reasons,
                reasoning_levels: levels,
                reasoning_budget: budget.map(|(min, max)| ReasoningBudget { min, max }),
                reasoning_off: off,
                reasoning_replay: replay,
                modalities: [vec![Modality::Text], modalities].concat(),
                temperature,
                system_in_place: known.then_some(in_place),
                structured_output: structured,
                structured_with_tools: marks % 2 == 0,
                ..ModelRow::unknown("model")
            };
            let mut target = of_format(format, &row, Some(family.to_owned()));
            target.cache_marks = target.cache_marks.min(marks);
            target
        },
    )
}

fn said(round: Round, calls: &mut usize) -> Vec<Turn> {
    let mut turns = Vec::new();
    turns.extend(
        round
            .operator
            .map(|(role, block)| Turn::new(role, vec![block])),
    );
    let mut asked = Turn::new(Role::User, round.asked);
    asked.ext = round.ext;
    turns.push(asked);
    let mut answered = Turn::new(Role::Assistant, round.answered);
    let mut results = round.results.into_iter();
    let mut found = Vec::new();
    // one thought and one refusal a message, the refusal last: what formats with one slot for them make of more is for the fixtures
    let mut seen = (false, false);
    answered.blocks.retain(|block| match block.kind {
        Kind::Reasoning(_) => !std::mem::replace(&mut seen.0, true),
        Kind::Refusal { .. } => !std::mem::replace(&mut seen.1, true),
        _ => true,
    });
    answered
        .blocks
        .sort_by_key(|block| matches!(block.kind, Kind::Refusal { .. }));
    for block in &mut answered.blocks {
        if let Kind::ToolCall(call) = &mut block.kind {
            *calls += 1;
            call.id = CallId::new(format!("{}{calls}", call.id.id));
            // what a provider's own tools found is native
            if call.runs == Runs::Server {
                continue;
            }
            let (content, is_error) = results.next().unwrap_or_default();
            found.push(Block::new(Kind::ToolResult(ToolResult {
                call: call.id.clone(),
                content,
                bare: false,
                is_error,
            })));
        }
    }
    turns.push(answered);
    if !found.is_empty() {
        found.extend(round.beside);
        turns.push(Turn::new(Role::User, found));
    }
    turns
}

fn round() -> impl Strategy<Value = Round> {
    let asked = prop_oneof![3 => words(), 1 => media()];
    let answered = prop_oneof![
        3 => words(),
        2 => thought(),
        3 => call(),
        1 => "[a-z]{1,6}".prop_map(|text| Block::new(Kind::Refusal { text })),
        1 => native(),
    ];
    let result = prop_oneof![3 => words(), 1 => media(), 1 => native()];
    (
        prop::option::weighted(
            0.2,
            (
                prop_oneof![Just(Role::System), Just(Role::Developer)],
                marked(words()),
            ),
        ),
        prop::collection::vec(marked(asked), 1..3),
        prop::collection::vec(marked(answered), 1..4),
        prop::collection::vec(
            (
                prop::collection::vec(marked(result), 0..3),
                prop::option::of(any::<bool>()),
            ),
            4,
        ),
        prop::collection::vec(marked(words()), 0..2),
        ext(),
    )
        .prop_map(|(operator, asked, answered, results, beside, ext)| Round {
            operator,
            asked,
            answered,
            results,
            beside,
            ext,
        })
}

/// The block with a cache mark or an extension, now and then.
fn marked(block: impl Strategy<Value = Block>) -> impl Strategy<Value = Block> {
    (block, prop::option::weighted(0.2, mark()), ext()).prop_map(|(mut block, cache, ext)| {
        block.cache = cache;
        if !matches!(block.kind, Kind::Native { .. }) {
            block.ext = ext;
        }
        block
    })
}

pub(super) fn mark() -> impl Strategy<Value = CacheMark> {
    prop_oneof![
        Just(r#"{"type":"ephemeral"}"#),
        Just(r#"{"type":"ephemeral","ttl":"1h"}"#)
    ]
    .prop_map(|text| CacheMark(Raw::parse(text).unwrap()))
}

fn words() -> impl Strategy<Value = Block> {
    prop_oneof![
        "[a-z]{1,6}( [a-zü😀]{1,6}){0,2}",
        "[a-z]{1,6}",
        "[a-z]{3,6} "
    ]
    .prop_map(Block::text)
}

fn native() -> impl Strategy<Value = Block> {
    Just(Block::new(Kind::Native {
        format: WRITER,
        tag: "x".into(),
        value: Raw::parse(r#"{"x":1}"#).unwrap(),
    }))
}

fn media() -> impl Strategy<Value = Block> {
    let kind = prop::sample::select(vec![
        (MediaKind::Image, "image/png"),
        (MediaKind::Image, "image/tiff"),
        (MediaKind::Document, "application/pdf"),
        (MediaKind::Document, "application/zip"),
        (MediaKind::Audio, "audio/wav"),
        (MediaKind::Video, "video/mp4"),
    ]);
    let source = prop_oneof![
        4 => Just(0), 1 => Just(1), 2 => Just(2), 1 => Just(3), 1 => Just(4)
    ];
    (kind, source, prop::option::of("[a-z]{1,5}")).prop_map(
        |((kind, media_type), source, title)| {
            let source = match source {
                0 => MediaSource::Inline {
                    media_type: Some(media_type.into()),
                    data: "AAAA".to_owned(),
                },
                1 if kind == MediaKind::Document => MediaSource::PlainText {
                    text: "plain".to_owned(),
                },
                1 | 2 => MediaSource::Url {
                    url: "https://example.com/x".to_owned(),
                },
                3 => MediaSource::File {
                    owner: WRITER,
                    id: "file-1".to_owned(),
                },
                _ => MediaSource::Native {
                    format: WRITER,
                    value: Raw::parse(r#"{"y":2}"#).unwrap(),
                },
            };
            let title = title.filter(|_| kind == MediaKind::Document);
            Block::new(Kind::Media(Media {
                kind,
                source,
                title,
            }))
        },
    )
}

fn thought() -> impl Strategy<Value = Block> {
    let family = prop::sample::select(vec!["anthropic", "openai", "guest"]);
    let part = prop_oneof![
        "[a-z]{1,6}".prop_map(ReasoningPart::Full),
        "[a-z]{1,6}".prop_map(ReasoningPart::Summary)
    ];
    (
        prop::option::of(part),
        prop::option::of(family),
        any::<bool>(),
    )
        .prop_map(|(part, family, redacted)| {
            let seal = family.map(|family| Seal {
                issuer: Issuer::family(family),
                payload: "c2VhbA".to_owned(),
            });
            // withheld reasoning has no words, and some seal
            let redacted = redacted && part.is_none() && seal.is_some();
            let mut block = Block::new(Kind::Reasoning(Reasoning {
                parts: part.into_iter().collect(),
                redacted,
            }));
            block.seal = seal;
            block
        })
}

fn call() -> impl Strategy<Value = Block> {
    let input = prop_oneof![
        4 => Just(Input::Json(Raw::parse(r#"{"a": 1.0e2}"#).unwrap())),
        1 => Just(Input::Json(Raw::parse("[1]").unwrap())),
        1 => Just(Input::Text("free".to_owned())),
        1 => Just(Input::Malformed("{\"a\"".to_owned())),
    ];
    let runs = prop_oneof![9 => Just(Runs::Client), 1 => Just(Runs::Server)];
    let id = prop::sample::select(vec!["call_", "fs.read:", "toolu_"]);
    (id, name(), input, runs).prop_map(|(id, name, input, runs)| {
        Block::new(Kind::ToolCall(ToolCall {
            id: CallId::new(id),
            name,
            input,
            runs,
        }))
    })
}

pub(super) fn name() -> impl Strategy<Value = Str> {
    prop::sample::select(vec!["read", "mcp.server/list", "patch"]).prop_map(Str::new)
}

pub(super) fn ext() -> impl Strategy<Value = Ext> {
    prop::option::weighted(0.15, Just(())).prop_map(|some| {
        some.map(|()| {
            let fields: RawObject = [(Str::new("vendor"), Raw::TRUE)].into_iter().collect();
            Box::new(Extensions {
                format: WRITER,
                fields,
            })
        })
    })
}
