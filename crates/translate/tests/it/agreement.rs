//! A stream and a whole answer say the same, on the way in and on the way out.

use byokey_translate::{
    fold::fold,
    ir::{Input, Kind, ReasoningPart, Response, Runs, Stop, StopReason},
    reply::FREEFORM_MEMBER,
};
use byokey_types::{Raw, Str, Usage};
use pretty_assertions::{Comparison, assert_eq};

use crate::fixture::{self, assert_known, assert_none, codecs, reply, source, streamed};

#[test]
fn paired_recordings_mean_the_same() {
    let (mut problems, mut pairs) = (Vec::new(), 0);
    for fixture in fixture::all() {
        let (Some(body), Some(stream)) = (fixture.response(), fixture.stream()) else {
            continue;
        };
        pairs += 1;
        let codec = fixture.codec();
        let whole = codec
            .decode_response(&body, &source(fixture.format))
            .unwrap();
        match fold(fixture::events(codec, &stream)) {
            Ok((folded, _)) => compare(
                &fixture.name(),
                &recorded(folded),
                &recorded(whole.value),
                &mut problems,
            ),
            Err(fault) => problems.push(format!("{}: {fault:?}", fixture.name())),
        }
    }
    assert_none("disagreements", &problems);
    assert!(pairs > 0 || codecs().is_empty(), "no pairs");
}

#[test]
fn an_answer_survives_its_own_format() {
    let mut problems = Vec::new();
    for fixture in fixture::all() {
        let Some(response) = fixture.answer() else {
            continue;
        };
        let codec = fixture.codec();
        let reply = reply(response.model.as_deref().unwrap_or("model"));
        let (body, losses) = codec.encode_response(&response, &reply);
        let whole = codec
            .decode_response(&body, &source(fixture.format))
            .unwrap_or_else(|e| panic!("{}: {e}", fixture.name()));
        let stream = streamed(codec, &response, &reply);
        let (folded, _) = fold(fixture::events(codec, &stream)).unwrap();
        if !losses.is_empty() {
            continue;
        }
        let mut expected = unnamed(response.clone());
        let whole = in_words_of(&expected, unnamed(whole.value));
        compare(
            &format!("{} whole", fixture.name()),
            &whole,
            &expected,
            &mut problems,
        );

        // chunks have no place for members around the message
        expected = recorded(ended(expected));
        expected.ext = None;
        let mut folded = in_words_of(&expected, recorded(unnamed(folded)));
        folded.ext = None;
        compare(
            &format!("{} streamed", fixture.name()),
            &folded,
            &expected,
            &mut problems,
        );
    }
    let known = [
        // an answer in the older spelling of calls is said in the newer one, and its stop reason's word with it
        "chat/legacy whole",
        "chat/legacy streamed",
    ];
    assert_known("changed answers", problems, &known);
}

#[test]
fn clients_of_any_format_get_the_same_streamed_or_whole() {
    let mut problems = Vec::new();
    for fixture in fixture::all() {
        let Some(response) = fixture.answer().map(ended) else {
            continue;
        };
        for codec in codecs() {
            let name = format!("{} to {}", fixture.name(), codec.format());
            let reply = reply("asked");
            let (body, _) = codec.encode_response(&response, &reply);
            let whole = codec
                .decode_response(&body, &source(codec.format()))
                .unwrap_or_else(|e| panic!("{name}: {e}"));
            let stream = streamed(codec, &response, &reply);
            match fold(fixture::events(codec, &stream)) {
                // the order among text, reasoning and calls is for formats that have one
                Ok((folded, _)) => {
                    let (streamed, whole) = (Gist::of(&folded), Gist::of(&whole.value));
                    if streamed != whole {
                        problems.push(format!("{name}: streamed {streamed:?}\n  whole {whole:?}"));
                    }
                }
                Err(fault) => problems.push(format!("{name}: {fault:?}")),
            }
        }
    }
    assert_none("disagreements", &problems);
}

#[test]
fn the_words_the_calls_and_the_counts_reach_every_client() {
    for fixture in fixture::all() {
        let Some(response) = fixture.answer().map(ended) else {
            continue;
        };
        for codec in codecs() {
            let (body, losses) = codec.encode_response(&response, &reply("asked"));
            let got = codec
                .decode_response(&body, &source(codec.format()))
                .unwrap()
                .value;
            let declared = |path: &str| losses.as_slice().iter().any(|loss| loss.path == path);
            let (mut got, mut expected) = (Gist::of(&got), Gist::of(&response).without_reasoning());
            for (at, block) in response.blocks.iter().enumerate() {
                if matches!(block.kind, Kind::Media(_)) && declared(&format!("content.{at}")) {
                    // what stands for a medium is no word of the model's
                    got.text = got.text.replacen(OMITTED, "", 1);
                }
            }
            if got.stop == expected.stop.map(nearest) {
                expected.stop = got.stop;
            }
            if let Some(usage) = expected
                .usage
                .as_mut()
                .filter(|_| declared("usage.reasoning"))
            {
                usage.reasoning = None;
            }
            // a format without a word for it counts what was written to a cache as fresh
            if let Some(usage) = expected
                .usage
                .as_mut()
                .filter(|_| declared("usage.cache_write"))
            {
                let written = usage.cache_write.take().unwrap_or_default();
                usage.fresh = Some(usage.fresh.unwrap_or_default() + written);
            }
            // formats that must count say zero where nothing was counted
            if let (Some(expected), Some(0)) = (
                expected
                    .usage
                    .as_mut()
                    .filter(|usage| usage.output.is_none()),
                got.usage.as_ref().and_then(|usage| usage.output),
            ) {
                expected.output = Some(0);
            }
            if expected.usage.is_none()
                && got.usage.as_ref().is_some_and(|usage| usage.total() == 0)
            {
                expected.usage.clone_from(&got.usage);
            }
            if let (Some(expected), Some(got)) = (&mut expected.usage, &got.usage) {
                for (expected, got) in [
                    (&mut expected.cache_read, got.cache_read),
                    (&mut expected.reasoning, got.reasoning),
                ] {
                    *expected = expected.or(got.filter(|count| *count == 0));
                }
            }
            assert_eq!(
                got.without_reasoning(),
                expected,
                "{} to {}, losses {:?}",
                fixture.name(),
                codec.format(),
                losses.as_slice()
            );
        }
    }
}

/// What stands for an image in formats whose answers hold none.
const OMITTED: &str = "[image omitted: it cannot be sent to this model]";

/// The word of formats that have none of its own for a reason.
const fn nearest(reason: StopReason) -> StopReason {
    match reason {
        StopReason::ContextWindow => StopReason::MaxTokens,
        StopReason::StopSequence | StopReason::Pause | StopReason::Other => StopReason::EndTurn,
        same @ (StopReason::EndTurn
        | StopReason::MaxTokens
        | StopReason::ToolCall
        | StopReason::Refusal) => same,
    }
}

/// What no client may miss, whatever its format.
#[derive(Debug, PartialEq)]
struct Gist {
    text: String,
    reasoning: String,
    seals: Vec<String>,
    calls: Vec<(String, String, String)>,
    stop: Option<StopReason>,
    usage: Option<Usage>,
}

impl Gist {
    fn of(response: &Response) -> Self {
        let mut gist = Self {
            text: String::new(),
            reasoning: String::new(),
            seals: Vec::new(),
            calls: Vec::new(),
            stop: response.stop.as_ref().map(|stop| stop.reason),
            usage: response.usage.as_ref().map(counts),
        };
        for block in &response.blocks {
            gist.seals
                .extend(block.seal.iter().map(|seal| seal.payload.clone()));
            match &block.kind {
                Kind::Text { text, .. } => gist.text.push_str(text),
                // an answer that refuses ends in a refusal, in formats where only the reason says so
                Kind::Refusal { text } => {
                    gist.text.push_str(text);
                    gist.stop = gist.stop.map(|reason| match reason {
                        StopReason::EndTurn => StopReason::Refusal,
                        other => other,
                    });
                }
                Kind::ToolCall(call) if call.runs == Runs::Client => gist.calls.push((
                    call.id.id.to_string(),
                    call.name.to_string(),
                    input(&call.input),
                )),
                // parts are paragraphs, in formats that have one text for all of them
                Kind::Reasoning(reasoning) => {
                    for text in reasoning.parts.iter().map(ReasoningPart::text) {
                        let gap = if gist.reasoning.is_empty() {
                            ""
                        } else {
                            "\n\n"
                        };
                        gist.reasoning.push_str(gap);
                        gist.reasoning.push_str(text);
                    }
                }
                // what the provider runs is no business of the client
                Kind::ToolCall(_) | Kind::Media(_) | Kind::ToolResult(_) | Kind::Native { .. } => {}
            }
        }
        gist
    }
}

/// The input of a call; free text may be said as the one member of an object.
fn input(input: &Input) -> String {
    let member = match input {
        Input::Json(raw) => raw.object().ok().filter(|object| object.len() == 1),
        Input::Text(_) | Input::Malformed(_) => None,
    };
    let text = member.and_then(|object| object.get(FREEFORM_MEMBER)?.text().ok());
    text.unwrap_or_else(|| input.as_str().to_owned())
}

impl Gist {
    fn without_reasoning(mut self) -> Self {
        self.reasoning.clear();
        self.seals.clear();
        self
    }
}

/// The answer without what a stream and a whole answer may spell differently: the raw usage object; what stands around the
/// content of a Gemini candidate, which comes with the last chunk, when the beginning has long been told.
fn recorded(mut response: Response) -> Response {
    if let Some(usage) = &mut response.usage {
        usage.raw = None;
    }
    if let Some(mut ext) = response
        .ext
        .take_if(|ext| ext.format == byokey_types::Format::Gemini)
    {
        let fields = ext.fields.into_iter();
        ext.fields = fields
            .filter(|(key, _)| !key.starts_with("candidates"))
            .collect();
        response.ext = (!ext.fields.is_empty()).then_some(ext);
    }
    response
}

/// The answer without what the client's side names anew, and the order of members of the raw usage object.
fn unnamed(mut response: Response) -> Response {
    response.created = None;
    if let Some(raw) = response.usage.as_mut().and_then(|usage| usage.raw.as_mut()) {
        let mut members: Vec<(Str, Raw)> = std::mem::take(raw).into_iter().collect();
        members.sort_by(|(a, _), (b, _)| a.cmp(b));
        *raw = members.into_iter().collect();
    }
    response
}

/// The answer without a word for its stop reason where there was none to keep.
fn in_words_of(expected: &Response, mut response: Response) -> Response {
    let kept = expected.stop.as_ref().is_none_or(|stop| stop.raw.is_some());
    if let Some(stop) = response.stop.as_mut().filter(|_| !kept) {
        stop.raw = None;
    }
    response
}

/// The answer with the stop reason that every stream ends in; a whole answer may lack one.
fn ended(mut response: Response) -> Response {
    response.stop.get_or_insert(Stop::bare(StopReason::EndTurn));
    response
}

fn counts(usage: &Usage) -> Usage {
    Usage {
        raw: None,
        ..usage.clone()
    }
}

fn compare(name: &str, got: &Response, expected: &Response, problems: &mut Vec<String>) {
    if got != expected {
        problems.push(format!(
            "{name} (got < > expected)\n{}",
            Comparison::new(got, expected)
        ));
    }
}
