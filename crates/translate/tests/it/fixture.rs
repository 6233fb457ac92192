//! The fixtures, and the names every proof uses for codecs, targets and replies.

use std::{fs, path::PathBuf};

use byokey_translate::{
    Codec, Event, Reply, Target,
    codec::{Source, codec},
    ir::Response,
    sse,
    target::ReasoningFacts,
    unfold::unfold,
};
use byokey_types::{Effort, Format, Frame, Modality, ModelRow, model::ReasoningReplay};
use bytes::{Bytes, BytesMut};

use crate::core::assert_grammatical;

/// One folder of fixtures: a request, an answer, the same answer as a stream; any subset.
pub(crate) struct Fixture {
    /// The format it is in.
    pub(crate) format: Format,
    /// The folder's name.
    pub(crate) case: String,
    folder: PathBuf,
}

/// What an upstream can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variant {
    /// Everything its format has a word for.
    Rich,
    /// A server that imitates the format and declares nothing.
    Plain,
}

impl Fixture {
    /// `chat/text`.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.format, self.case)
    }

    /// The codec of its format.
    pub(crate) fn codec(&self) -> &'static dyn Codec {
        codec(self.format)
    }

    /// The request, if the folder has one.
    pub(crate) fn request(&self) -> Option<Bytes> {
        self.part("request.json")
    }

    /// The answer, if the folder has one.
    pub(crate) fn response(&self) -> Option<Bytes> {
        self.part("response.json")
    }

    /// The stream, if the folder has one.
    pub(crate) fn stream(&self) -> Option<Bytes> {
        self.part("stream.sse")
    }

    /// The answer in the neutral form, from the whole one or from the stream.
    pub(crate) fn answer(&self) -> Option<Response> {
        let codec = self.codec();
        if let Some(body) = self.response() {
            let decoded = codec.decode_response(&body, &source(self.format));
            return Some(
                decoded
                    .unwrap_or_else(|e| panic!("{}: {e}", self.name()))
                    .value,
            );
        }
        let events = events(codec, &self.stream()?);
        byokey_translate::fold::fold(events)
            .ok()
            .map(|(response, _)| response)
    }

    fn part(&self, file: &str) -> Option<Bytes> {
        let path = self.folder.join(file);
        path.exists().then(|| fs::read(path).unwrap().into())
    }
}

/// Every fixture of every format that has a codec, in order.
pub(crate) fn all() -> Vec<Fixture> {
    let mut found = Vec::new();
    for codec in codecs() {
        let format = codec.format();
        let Ok(folders) = fs::read_dir(root().join(format.name())) else {
            continue;
        };
        let mut folders: Vec<PathBuf> = folders.map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        found.extend(folders.into_iter().map(|folder| Fixture {
            format,
            case: folder.file_name().unwrap().to_string_lossy().into_owned(),
            folder,
        }));
    }
    found
}

/// Where the fixtures are.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// Every codec there is.
pub(crate) fn codecs() -> Vec<&'static dyn Codec> {
    Format::ALL.into_iter().map(codec).collect()
}

/// An upstream of a format's home family.
pub(crate) fn source(format: Format) -> Source {
    Source {
        family: Some(format.home_family().into()),
        account: None,
        seed: "req-1".into(),
    }
}

/// A model of which all is known, and which can do all.
pub(crate) fn able_row(model: &str) -> ModelRow {
    ModelRow {
        context: Some(200_000),
        output: Some(64_000),
        reasoning: true,
        reasoning_levels: Effort::ALL.to_vec(),
        reasoning_budget: Some(byokey_types::model::ReasoningBudget {
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
        ..ModelRow::unknown(model)
    }
}

/// An upstream of a format.
pub(crate) fn target(format: Format, variant: Variant, model: &str) -> Target {
    match variant {
        Variant::Rich => of_format(
            format,
            &able_row(model),
            Some(format.home_family().to_owned()),
        ),
        Variant::Plain => of_format(format, &ModelRow::unknown(model), Some("guest".to_owned())),
    }
}

/// An upstream that refuses nothing of its own format, whatever real ones do.
pub(crate) fn accepting(format: Format, model: &str) -> Target {
    let anything = byokey_translate::ids::NameRule {
        longest: 4096,
        dots: true,
        exact: false,
    };
    let able = target(format, Variant::Rich, model);
    Target {
        max_output: None,
        reasoning: ReasoningFacts {
            budget: Some((0, u64::MAX)),
            ..able.reasoning
        },
        reasoning_replay: ReasoningReplay::Accepted,
        tool_names: anything,
        call_ids: anything,
        cache_marks: usize::MAX,
        system_in_place: true,
        developer_role: true,
        ..able
    }
}

/// An upstream of a format that serves a model.
pub(crate) fn of_format(format: Format, row: &ModelRow, family: Option<String>) -> Target {
    let family = family.map(Into::into);
    match format {
        Format::OpenAiChat => Target::chat(row, family),
        Format::AnthropicMessages => Target::messages(row, family),
        Format::OpenAiResponses => Target::responses(row, family),
        Format::Gemini => Target::gemini(row, family),
    }
}

/// What the answers of the proofs are told of their question.
pub(crate) fn reply(model: &str) -> Reply {
    Reply {
        model: model.into(),
        seed: "req-1".into(),
        now: 1_760_000_000,
        include_usage: true,
        ..Reply::default()
    }
}

/// The frames of a stream.
pub(crate) fn frames(stream: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut decoder = sse::Decoder::default();
    decoder
        .push(&Bytes::copy_from_slice(stream), &mut frames)
        .unwrap();
    decoder.finish(&mut frames).unwrap();
    frames
}

/// What an upstream's frames say.
pub(crate) fn said(codec: &dyn Codec, frames: &[Frame]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut decoder = codec.stream_decoder(&source(codec.format()));
    for frame in frames {
        decoder.push(frame, &mut events);
    }
    decoder.finish(&mut events);
    events
}

/// What an upstream's stream says, checked against the grammar.
pub(crate) fn events(codec: &dyn Codec, stream: &[u8]) -> Vec<Event> {
    let events = said(codec, &frames(stream));
    assert_grammatical(&events);
    events
}

/// An answer as the stream a client of a format gets.
pub(crate) fn streamed(codec: &dyn Codec, response: &Response, reply: &Reply) -> Bytes {
    written(codec, &unfold(response.clone()), reply)
}

/// Events as the stream a client of a format gets.
pub(crate) fn written(codec: &dyn Codec, events: &[Event], reply: &Reply) -> Bytes {
    let mut out = BytesMut::new();
    let mut encoder = codec.stream_encoder(reply);
    for event in events {
        encoder.push(event, &mut out);
    }
    out.freeze()
}

/// Fails with every problem that is not known, and with every known one (told by how it begins) that is gone.
pub(crate) fn assert_known(what: &str, mut problems: Vec<String>, known: &[&str]) {
    for expected in known {
        let before = problems.len();
        problems.retain(|problem| !problem.starts_with(expected));
        if problems.len() == before {
            problems.push(format!("known, and gone: {expected}"));
        }
    }
    assert_none(what, &problems);
}

/// Fails with every problem at once, so that one run shows them all.
pub(crate) fn assert_none(what: &str, problems: &[String]) {
    assert!(
        problems.is_empty(),
        "{} {what}:\n{}",
        problems.len(),
        problems.join("\n")
    );
}
