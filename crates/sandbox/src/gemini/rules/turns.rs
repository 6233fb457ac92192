//! The order of contents: roles, calls and their responses, signatures of the current turn.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{
    contents::{self, Said},
    invalid,
};
use crate::{
    ask::Ask,
    fault::Fault,
    gemini::{proto, signature},
    json_path::At,
    model::Model,
};

/// What a content is in the order of turns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    User,
    Model,
    /// So many calls by the model.
    Calls(usize),
    Responses(usize),
}

const ORDER_OF_CALLS: &str = "Please ensure that function call turn comes immediately after a user turn or after a function response turn.";
const ORDER_OF_RESPONSES: &str =
    "Please ensure that function response turn comes immediately after a function call turn.";
const COUNT_OF_RESPONSES: &str = "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.";

/// Checks `contents`, fills in what the conversation says, and counts its characters.
pub(super) fn check<'a>(
    top: &'a Map<String, Value>,
    model: &Model<'_>,
    ask: &mut Ask<'a>,
) -> Result<usize, Fault> {
    let at = At::ROOT.field("contents");
    let contents = proto::list(top, "contents");
    if contents.is_empty() {
        return Err(invalid(&at, "contents is not specified"));
    }
    let mut speakers: Vec<bool> = Vec::with_capacity(contents.len());
    let mut all_said: Vec<Said<'a>> = Vec::with_capacity(contents.len());
    for (index, content) in contents.iter().filter_map(Value::as_object).enumerate() {
        let of_model = match proto::text(content, "role") {
            None | Some("" | "user") => false,
            Some("model") => true,
            Some(_) => return Err(Fault::bad("Please use a valid role: user, model.")),
        };
        let said = contents::check(content, &at.index(index), ask)?;
        match all_said.last_mut() {
            // the sessions of Google's own SDKs keep a content for each chunk of a stream
            Some(before) if of_model && speakers.last() == Some(&true) => before.go_on(said),
            _ => {
                speakers.push(of_model);
                all_said.push(said);
            }
        }
    }
    let turns = speakers
        .iter()
        .zip(&all_said)
        .map(|(of_model, said)| turn(*of_model, said))
        .collect::<Result<Vec<Turn>, Fault>>()?;
    order(&turns)?;
    if model.generation3 && matches!(turns.last(), Some(Turn::Model)) {
        return Err(Fault::bad(
            "Requests ending with a model turn are not supported unless the last part is a function response.",
        ));
    }
    genuine(&all_said)?;
    if model.generation3 {
        signed(&turns, &all_said)?;
    }
    let chars = all_said.iter().map(|said| said.chars).sum();
    listen(&turns, all_said, ask);
    Ok(chars)
}

fn turn(of_model: bool, said: &Said<'_>) -> Result<Turn, Fault> {
    let (calls, results) = (said.calls.len(), said.results.len());
    match (of_model, calls, results) {
        (true, 0, 0) => Ok(Turn::Model),
        (true, calls, 0) => Ok(Turn::Calls(calls)),
        (false, 0, 0) => Ok(Turn::User),
        (false, 0, results) => Ok(Turn::Responses(results)),
        (false, _, _) => Err(Fault::bad(ORDER_OF_CALLS)),
        (true, _, _) => Err(Fault::bad(ORDER_OF_RESPONSES)),
    }
}

fn order(turns: &[Turn]) -> Result<(), Fault> {
    if turns.first() == Some(&Turn::Model) {
        return Err(Fault::bad(
            "Please ensure that multiturn requests begin with a user turn.",
        ));
    }
    let before = std::iter::once(None).chain(turns.iter().map(Some));
    let after = turns.iter().map(Some).chain([None]);
    for (before, after) in before.zip(after) {
        let broken = match (before, after) {
            (Some(Turn::Calls(calls)), Some(Turn::Responses(responses))) => {
                (calls != responses).then_some(COUNT_OF_RESPONSES)
            }
            (None | Some(Turn::Model | Turn::Calls(_)), Some(Turn::Calls(_))) => {
                Some(ORDER_OF_CALLS)
            }
            (Some(Turn::Calls(_)), _) => Some(COUNT_OF_RESPONSES),
            (_, Some(Turn::Responses(_))) => Some(ORDER_OF_RESPONSES),
            _any_other_order => None,
        };
        if let Some(message) = broken {
            return Err(Fault::bad(message));
        }
    }
    Ok(())
}

/// Every signature is one of ours, for what it stands beside.
fn genuine(all_said: &[Said<'_>]) -> Result<(), Fault> {
    for said in all_said {
        let beside_calls = said
            .calls
            .iter()
            .filter_map(|(name, signature)| signature.map(|signature| (*name, signature)));
        let elsewhere = said.signatures.iter().map(|signature| ("", *signature));
        for (subject, given) in beside_calls.chain(elsewhere) {
            signature::check(given, subject)?;
        }
    }
    Ok(())
}

/// The first call of every step since the user last spoke has a signature
/// (<https://ai.google.dev/gemini-api/docs/thought-signatures>).
fn signed(turns: &[Turn], all_said: &[Said<'_>]) -> Result<(), Fault> {
    let spoken = turns
        .iter()
        .zip(all_said)
        .rposition(|(turn, said)| *turn == Turn::User || (is_responses(*turn) && said.speaks));
    let start = spoken.unwrap_or(0);
    for (index, said) in all_said.iter().enumerate().skip(start) {
        if let Some((name, None)) = said.calls.first() {
            return Err(signature::missing(name, index + 1));
        }
    }
    Ok(())
}

fn is_responses(turn: Turn) -> bool {
    matches!(turn, Turn::Responses(_))
}

fn listen<'a>(turns: &[Turn], all_said: Vec<Said<'a>>, ask: &mut Ask<'a>) {
    for (turn, said) in turns.iter().zip(all_said) {
        match turn {
            Turn::User => {
                ask.text = match said.texts.as_slice() {
                    [] => Cow::Borrowed(""),
                    [one] => Cow::Borrowed(one),
                    many => Cow::Owned(many.join("\n")),
                };
                ask.results.clear();
            }
            Turn::Model | Turn::Calls(_) => ask.results.clear(),
            Turn::Responses(_) => ask.results.extend(said.results),
        }
    }
}
