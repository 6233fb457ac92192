//! Calls and their results, paired as upstreams demand: every call is answered before the model speaks again, every result
//! has its call.
//!
//! A call's results are looked for between the model's turn (neighbouring turns of the model count as one) and its next one.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use byokey_types::Str;

use crate::{
    ir::{Block, CallId, Kind, Role, Runs, ToolResult, Turn},
    loss::Losses,
};

/// What stands for a result that nobody recorded.
const UNRECORDED: &str = "[no result was recorded for this call]";

/// Repairs a conversation; one that needs no repair is borrowed.
///
/// Calls of one round that share an id are told apart: the later ones, and their results in the order they stand, get ids
/// derived from it. A result without a call becomes marked text of the user. Of several results of one call the last one counts and stands
/// where the first one stood. A call without a result, the conversation having gone on, gets an error result, at the end of
/// the next turn of the user; only where there is no such turn one is added. Each repair is declared.
pub fn repair<'a>(turns: &'a [Turn], losses: &mut Losses) -> Cow<'a, [Turn]> {
    let rounds = rounds(turns);
    if rounds.iter().all(|round| round.is_paired(turns)) {
        return Cow::Borrowed(turns);
    }
    let mut repaired = turns.to_vec();
    // from the end, so that an added turn does not move what is still to be repaired
    for round in rounds.into_iter().rev() {
        round.separate(&mut repaired, losses);
        round.repair(&mut repaired, losses);
    }
    Cow::Owned(repaired)
}

/// What the model said at one go and what was said until it spoke again.
struct Round {
    asked: Range<usize>,
    answered: Range<usize>,
}

/// A result's place: its turn and its block.
type At = (usize, usize);

fn rounds(turns: &[Turn]) -> Vec<Round> {
    let mut rounds = Vec::new();
    let mut at = 0;
    while at < turns.len() {
        let run = |from: usize, of_model: bool| {
            let rest = turns[from..].iter();
            from + rest
                .take_while(|turn| (turn.role == Role::Assistant) == of_model)
                .count()
        };
        let spoke = run(at, true);
        let end = run(spoke, false);
        rounds.push(Round {
            asked: at..spoke,
            answered: spoke..end,
        });
        at = end;
    }
    rounds
}

impl Round {
    /// The calls that the client has to answer, in their order.
    fn calls(&self, turns: &[Turn]) -> Vec<Str> {
        let blocks = turns[self.asked.clone()]
            .iter()
            .flat_map(|turn| &turn.blocks);
        blocks
            .filter_map(|block| match &block.kind {
                Kind::ToolCall(call) if call.runs == Runs::Client => Some(call.id.id.clone()),
                _ => None,
            })
            .collect()
    }

    /// The results by their call, each in the order they stand.
    fn results(&self, turns: &[Turn]) -> BTreeMap<Str, Vec<At>> {
        let mut results: BTreeMap<Str, Vec<At>> = BTreeMap::new();
        for turn in self.answered.clone() {
            for (block, it) in turns[turn].blocks.iter().enumerate() {
                if let Kind::ToolResult(result) = &it.kind {
                    let found = results.entry(result.call.id.clone()).or_default();
                    found.push((turn, block));
                }
            }
        }
        results
    }

    fn is_paired(&self, turns: &[Turn]) -> bool {
        let calls = self.calls(turns);
        let known: BTreeSet<&Str> = calls.iter().collect();
        let results = self.results(turns);
        let answered = calls.iter().all(|call| results.contains_key(call));
        let asked = results
            .iter()
            .all(|(call, found)| found.len() == 1 && known.contains(call));
        known.len() == calls.len() && asked && (answered || self.answered.is_empty())
    }

    /// Gives the calls that share an id with an earlier one ids of their own, and so their results.
    fn separate(&self, turns: &mut [Turn], losses: &mut Losses) {
        let mut ids: BTreeSet<Str> = self.calls(turns).into_iter().collect();
        let results = self.results(turns);
        let mut renames: Vec<(At, Str)> = Vec::new();
        let mut seen: BTreeMap<Str, usize> = BTreeMap::new();
        for at in self.asked.clone() {
            for (position, block) in turns[at].blocks.iter_mut().enumerate() {
                let Kind::ToolCall(call) = &mut block.kind else {
                    continue;
                };
                if call.runs != Runs::Client {
                    continue;
                }
                let earlier = seen.entry(call.id.id.clone()).or_default();
                *earlier += 1;
                if *earlier == 1 {
                    continue;
                }
                let shared = call.id.id.clone();
                let own = derived(&shared, *earlier, &mut ids);
                losses.approximated(format!("{}.id", path((at, position))));
                call.id.id = own.clone();
                // of several results of the id, this call's is the one at its place
                if let Some(found) = results.get(&shared).and_then(|all| all.get(*earlier - 1)) {
                    renames.push((*found, own));
                }
            }
        }
        for (found, own) in renames {
            losses.approximated(path(found));
            if let Kind::ToolResult(result) = &mut turns[found.0].blocks[found.1].kind {
                result.call.id = own;
            }
        }
    }

    fn repair(&self, turns: &mut Vec<Turn>, losses: &mut Losses) {
        let calls = self.calls(turns);
        let known: BTreeSet<&Str> = calls.iter().collect();
        let results = self.results(turns);
        let mut gone: BTreeSet<At> = BTreeSet::new();
        for (call, found) in &results {
            if !known.contains(call) {
                for at in found {
                    losses.approximated(path(*at));
                    as_text(turns, *at);
                }
            } else if let [first, between @ .., last] = found.as_slice() {
                losses.dropped(path(*first));
                for at in between {
                    losses.dropped(path(*at));
                }
                gone.extend(between);
                gone.insert(*last);
                turns[first.0].blocks[first.1] = turns[last.0].blocks[last.1].clone();
            }
        }
        if !gone.is_empty() {
            for turn in self.answered.clone() {
                let mut position = 0;
                turns[turn].blocks.retain(|_| {
                    position += 1;
                    !gone.contains(&(turn, position - 1))
                });
            }
        }
        let unanswered = calls.iter().filter(|call| !results.contains_key(*call));
        let unanswered: Vec<Str> = unanswered.cloned().collect();
        self.answer(turns, unanswered, losses);
    }

    fn answer(&self, turns: &mut Vec<Turn>, unanswered: Vec<Str>, losses: &mut Losses) {
        if unanswered.is_empty() || self.answered.is_empty() {
            return;
        }
        let mut answered = self.answered.clone();
        let user = answered.find(|at| turns[*at].role == Role::User);
        let user = user.unwrap_or_else(|| {
            let at = self.asked.end;
            turns.insert(at, Turn::new(Role::User, Vec::new()));
            at
        });
        let blocks = &mut turns[user].blocks;
        for call in unanswered {
            losses.synthesised(path((user, blocks.len())));
            blocks.push(Block::new(Kind::ToolResult(ToolResult {
                call: CallId::new(call),
                content: vec![Block::text(UNRECORDED)],
                bare: true,
                is_error: Some(true),
            })));
        }
    }
}

/// Makes a result without a call text of the user; media in it go to the end of the turn.
fn as_text(turns: &mut [Turn], (turn, block): At) {
    let blocks = &mut turns[turn].blocks;
    let Kind::ToolResult(result) = &mut blocks[block].kind else {
        return;
    };
    let mut text = format!("[result of the unknown tool call {}]", result.call.id);
    let mut others = Vec::new();
    for inner in std::mem::take(&mut result.content) {
        match inner.as_text() {
            Some(words) => {
                text.push('\n');
                text.push_str(words);
            }
            None => others.push(inner),
        }
    }
    blocks[block] = Block::text(text);
    blocks.append(&mut others);
    turns[turn].bare = false;
}

/// An id for the `number`th call of a shared id, which no other call has.
fn derived(shared: &Str, number: usize, ids: &mut BTreeSet<Str>) -> Str {
    let mut own = Str::from(format!("{shared}_{number}"));
    while !ids.insert(own.clone()) {
        own = Str::from(format!("{own}_"));
    }
    own
}

fn path((turn, block): At) -> String {
    format!("messages.{turn}.content.{block}")
}

#[cfg(test)]
mod tests;
