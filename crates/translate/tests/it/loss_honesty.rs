//! Every encode reports exactly what it lost: what went missing is declared, and what is declared went missing.
//!
//! A request of format A is read, said in format B and read again; its [facts] before and after are laid side by side. A fact
//! that is gone or changed must lie at, under or over the path of a loss; a loss must have such a fact. Something new in the
//! conversation needs a loss that is no mere drop: moved, approximated or synthesised.

use byokey_translate::{Codec, Target, ir::Request};
use byokey_types::{ByokError, Format, Raw, model::ReasoningReplay};
use proptest::{
    strategy::{Strategy, ValueTree as _},
    test_runner::TestRunner,
};

use crate::{
    facts,
    fixture::{self, Variant, assert_known, assert_none, codecs, target},
    json::pretty,
    ledger::Ledger,
    strategy::request::{self as strategy, WRITER},
};

#[test]
fn losses_are_what_was_lost() {
    let (mut problems, mut refused) = (Vec::new(), Vec::new());
    for fixture in fixture::all() {
        let Some(body) = fixture.request() else {
            continue;
        };
        let request = fixture
            .codec()
            .decode_request(&body)
            .unwrap_or_else(|e| panic!("{}: {e}", fixture.name()))
            .value;
        for codec in codecs() {
            for variant in [Variant::Rich, Variant::Plain] {
                let name = format!("{} to {variant:?} {}", fixture.name(), codec.format());
                let target = target(codec.format(), variant, "model");
                match dishonesties(&request, fixture.format, codec, &target) {
                    Ok(found) => problems.extend(found.iter().map(|p| format!("{name}: {p}"))),
                    Err(error) => refused.push(format!("{name}: {error}")),
                }
            }
        }
    }
    assert_none("dishonest encodings", &problems);
    let known = [
        // which pages may be searched is never widened
        "messages/server_tools to Rich responses: `tools.0` limits web search by `blocked_domains`",
        "messages/server_tools to Rich gemini: `tools.0` limits web search by `blocked_domains`",
    ];
    assert_known("refused encodings", refused, &known);
}

#[test]
fn losses_are_what_was_lost_of_any_request() {
    // always the same requests, so that a build does not fail by chance
    let mut runner = TestRunner::deterministic();
    let mut problems = Vec::new();
    for _ in 0..1500 {
        let (request, targets) = anything().new_tree(&mut runner).unwrap().current();
        for (codec, target) in codecs().into_iter().zip(targets) {
            let found = match dishonesties(&request, WRITER, codec, &target) {
                Ok(found) => found,
                Err(error) => vec![format!("refused: {error}")],
            };
            let format = codec.format().name();
            for problem in found {
                let said = said(codec, &request, &target);
                problems.push(format!(
                    "to {format}: {problem}\n{request:?}\n{target:?}\n{said}"
                ));
            }
        }
    }
    problems.sort_by_key(String::len);
    problems.truncate(5);
    assert_none("dishonest encodings (the shortest)", &problems);
}

fn anything() -> impl Strategy<Value = (Request, Vec<Target>)> {
    let targets: Vec<_> = codecs()
        .iter()
        .map(|codec| strategy::target(codec.format()))
        .collect();
    (strategy::request(), targets)
}

fn said(codec: &dyn Codec, request: &Request, target: &Target) -> String {
    let encoded = codec.encode_request(request, target).unwrap();
    let losses: Vec<String> = encoded
        .losses
        .as_slice()
        .iter()
        .map(ToString::to_string)
        .collect();
    format!(
        "{}\n{}",
        pretty(&Raw::parse(encoded.body).unwrap()),
        losses.join("\n")
    )
}

/// Where the losses of one encoding are not what was lost.
fn dishonesties(
    request: &Request,
    format: Format,
    codec: &dyn Codec,
    target: &Target,
) -> Result<Vec<String>, ByokError> {
    let encoded = codec.encode_request(request, target)?;
    let again = match codec.decode_request(&encoded.body) {
        Ok(decoded) => issued_by(target, codec.format(), decoded.value),
        Err(error) => return Ok(vec![format!("the body is no request: {error}")]),
    };
    let mut before = facts::facts(request, format, &encoded.reply, target.call_ids);
    if !target.reasoning.reasons {
        // a model that does not reason obeys
        before.settings.facts.retain(|name, fact| {
            !matches!(
                (name.as_str(), fact.value.as_str()),
                ("reasoning", "Off") | ("summary", "None")
            )
        });
    }
    let mut after = facts::facts(&again, format, &encoded.reply, target.call_ids);
    if codec.format() == Format::Gemini {
        // the path says whether to stream; thoughts that are asked for are shown elsewhere without a word
        before.settings.facts.remove("stream");
        if !before.settings.facts.contains_key("summary") {
            let shown = |fact: &facts::Fact| fact.value == "Auto";
            after
                .settings
                .facts
                .retain(|name, fact| !(name == "summary" && shown(fact)));
        }
    }
    if !before.settings.facts.contains_key("max_tokens") {
        // a limit that must be said, and is the model's own, limits nothing
        let own = target.max_output.map(|limit| limit.to_string());
        after
            .settings
            .facts
            .retain(|name, fact| name != "max_tokens" || Some(&fact.value) != own.as_ref());
    }
    if encoded.reply.structured.is_some() {
        // the hidden tool is forced, and then there is no thinking in some formats; no other call is a call of no tool
        let choice = before.settings.facts.get("tool_choice");
        if choice.is_none_or(|choice| choice.value == "none") {
            before.settings.facts.remove("tool_choice");
            after.settings.facts.remove("tool_choice");
        }
    }
    let mut ledger = Ledger::new(encoded.losses.as_slice());
    if target.reasoning_replay == ReasoningReplay::Required {
        ledger.allow_empty_reasoning();
    }
    ledger.compare(&before, &after);
    Ok(ledger.close())
}

/// The request as its upstream reads it: what is bare is its own.
fn issued_by(target: &Target, format: Format, mut request: Request) -> Request {
    let blocks = request.turns.iter_mut().flat_map(|turn| &mut turn.blocks);
    for seal in blocks.filter_map(|block| block.seal.as_mut()) {
        if let Some(family) = target
            .family
            .as_ref()
            .filter(|_| seal.issuer.family == format.home_family())
        {
            seal.issuer.family = family.clone();
        }
    }
    request
}
