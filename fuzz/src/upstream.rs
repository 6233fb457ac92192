//! Upstreams and questions to translate for.

use byokey_translate::{Codec, Reply, Target, codec::Source, codec::codec, ir::Namespaced};
use byokey_types::{
    Effort, Format, Modality, ModelRow, Str, model::ReasoningBudget, model::ReasoningReplay,
};

/// For whom something is translated.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Whether the question changed what its answer must restore; of a request, whether it gets cache marks.
    pub special: bool,
    /// Whether the upstream is a guest in its format, of whom nothing is known.
    pub foreign: bool,
}

/// Every codec there is.
pub fn codecs() -> impl Iterator<Item = &'static dyn Codec> {
    Format::ALL.into_iter().map(codec)
}

/// An upstream that can do everything its format has a word for, or one that declares nothing.
pub fn target(format: Format, variant: Variant) -> Target {
    if variant.foreign {
        return of_format(format, &ModelRow::unknown("plain"), "guest".into());
    }
    let able = ModelRow {
        context: Some(200_000),
        output: Some(64_000),
        reasoning: true,
        reasoning_levels: Effort::ALL.to_vec(),
        reasoning_budget: Some(ReasoningBudget {
            min: 1024,
            max: 200_000,
        }),
        reasoning_replay: ReasoningReplay::Accepted,
        modalities: vec![
            Modality::Text,
            Modality::Image,
            Modality::Pdf,
            Modality::Audio,
            Modality::Video,
        ],
        system_in_place: Some(true),
        ..ModelRow::unknown("able")
    };
    of_format(format, &able, format.home_family().into())
}

/// An upstream of the home family, or a guest.
pub fn source(format: Format, variant: Variant) -> Source {
    let family = if variant.foreign {
        "guest"
    } else {
        format.home_family()
    };
    Source {
        family: Some(family.into()),
        account: None,
        seed: "seed".into(),
    }
}

/// What answers may be told of their question: nothing special, or everything at once.
pub fn reply(variant: Variant) -> Reply {
    let plain = Reply {
        model: "asked".into(),
        seed: "seed".into(),
        now: 1_760_000_000,
        include_usage: true,
        ..Reply::default()
    };
    if !variant.special {
        return plain;
    }
    Reply {
        include_usage: false,
        json_array: true,
        renamed: [("get_weather".into(), "get.weather".into())].into(),
        namespaces: [(
            "lookup".into(),
            Namespaced {
                namespace: "space".into(),
                name: "look".into(),
            },
        )]
        .into(),
        freeform: ["apply_patch".into()].into(),
        structured: Some("answer".into()),
        ..plain
    }
}

fn of_format(format: Format, row: &ModelRow, family: Str) -> Target {
    match format {
        Format::OpenAiChat => Target::chat(row, Some(family)),
        Format::AnthropicMessages => Target::messages(row, Some(family)),
        Format::OpenAiResponses => Target::responses(row, Some(family)),
        Format::Gemini => Target::gemini(row, Some(family)),
    }
}
