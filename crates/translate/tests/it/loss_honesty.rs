//! Every encode reports exactly what it lost: what went missing is declared, and what is declared went missing.
//!
//! A request of format A is read, said in format B and read again; its [facts] before and after are laid side by side. A fact
//! that is gone or changed must lie at, under or over the path of a loss; a loss must have such a fact. Something new in the
//! conversation needs a loss that is no mere drop: moved, approximated or synthesised.

use byokey_translate::{Codec, Loss, LossKind, Target, ir::Request};
use byokey_types::{ByokError, Format, Raw, model::ReasoningReplay};
use proptest::{
    strategy::{Strategy, ValueTree as _},
    test_runner::TestRunner,
};

use crate::{
    facts::{self, Fact, Facts, Item},
    fixture::{self, Variant, assert_none, codecs, target},
    json::pretty,
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
    assert_none("refused encodings", &refused);
}

/// Members that a codec keeps only to spell again what the neutral form says, and the path of what they spell.
const SPELLINGS: [(&str, &str); 1] = [("thinking", "reasoning")];

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
    if encoded.reply.structured.is_some() {
        // the hidden tool is forced, and then there is no thinking in some formats; no other call is a call of no tool
        let choice = before.settings.facts.get("tool_choice");
        if choice.is_none_or(|choice| choice.value == "none") {
            before.settings.facts.remove("tool_choice");
            after.settings.facts.remove("tool_choice");
        }
    }
    if request.sampling.max_tokens.is_none() && again.sampling.max_tokens == target.max_output {
        // no limit, and a limit at what the model can do, are the same
        after.settings.facts.remove("max_tokens");
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

/// The declared losses, and which of them were seen to be true.
struct Ledger<'a> {
    losses: Vec<(&'a Loss, bool)>,
    problems: Vec<String>,
    added: Vec<String>,
}

impl<'a> Ledger<'a> {
    fn new(losses: &'a [Loss]) -> Self {
        Self {
            losses: losses.iter().map(|loss| (loss, false)).collect(),
            problems: Vec::new(),
            added: Vec::new(),
        }
    }

    /// An answer without reasoning is given an empty one where it is required, which says nothing.
    fn allow_empty_reasoning(&mut self) {
        for (loss, seen) in &mut self.losses {
            *seen |= loss.what == LossKind::Synthesised && loss.path.ends_with(".content");
        }
    }

    fn compare(&mut self, before: &Facts, after: &Facts) {
        self.item(&before.system, &after.system);
        self.item(&before.settings, &after.settings);
        self.items(&before.tools, &after.tools);
        self.items(&before.conversation, &after.conversation);
    }

    /// The problems: undeclared changes, unexplained additions, losses that are none.
    fn close(mut self) -> Vec<String> {
        let mut explanations = self
            .losses
            .iter_mut()
            .filter(|(loss, _)| loss.what != LossKind::Dropped)
            // a moved medium leaves a marker where it was and comes with one where it is
            .flat_map(|entry| {
                entry.1 = entry.1 || !self.added.is_empty();
                [(), ()]
            });
        for added in &self.added {
            if explanations.next().is_none() {
                self.problems
                    .push(format!("{added} was added, and no loss says so"));
            }
        }
        drop(explanations);
        let lies = self.losses.iter().filter(|(_, seen)| !seen);
        self.problems.extend(
            lies.map(|(loss, _)| format!("`{loss}` is declared, and nothing is lost there")),
        );
        self.problems
    }

    fn item(&mut self, before: &Item, after: &Item) {
        for (name, fact) in &before.facts {
            match after.facts.get(name) {
                Some(same) if same.value == fact.value => {
                    // how hard to try may be said while thinking is off
                    if fact.nuance || name == "reasoning" {
                        self.cover(&fact.path);
                    }
                }
                // a grammar that became a description changed it
                Some(_)
                    if name == "description" && self.cover(&format!("{}.grammar", before.path)) => {
                }
                other => self.lost(fact, other),
            }
        }
        for (name, fact) in &after.facts {
            let path = if before.path.is_empty() {
                &fact.path
            } else {
                &before.path
            };
            let described = name == "description" && before.facts.contains_key("kind");
            if !before.facts.contains_key(name) && !self.cover(path) && !fact.nuance && !described {
                self.problems
                    .push(format!("`{}` was added: {}", fact.path, fact.value));
            }
        }
    }

    fn parts(&mut self, before: &Item, after: &Item) {
        self.item(before, after);
        self.items(&before.parts, &after.parts);
    }

    fn items(&mut self, before: &[Item], after: &[Item]) {
        let (mut gone, mut added) = (Vec::new(), Vec::new());
        for step in aligned(before, after) {
            match step {
                Step::Both(a, b) => self.parts(a, b),
                Step::Gone(item) => gone.push(item),
                Step::Added(item) => added.push(item),
            }
        }
        let mut vanished = Vec::new();
        for item in gone {
            let found = added.iter().position(|other| other.is_again(item));
            match found.map(|found| added.remove(found)) {
                Some(moved) if self.moved(&item.path) => self.parts(item, moved),
                Some(moved) => {
                    added.push(moved);
                    vanished.push(item);
                }
                None => vanished.push(item),
            }
        }
        for item in vanished {
            if let Some(found) = added.iter().position(|other| stands_for(other, item)) {
                self.parts(item, added.remove(found));
                continue;
            }
            // who would have said it is no fact of its own
            for (_, fact) in item.facts.iter().filter(|(name, _)| *name != "role") {
                self.lost(fact, None);
            }
            self.items(&item.parts, &[]);
        }
        added.retain(|item| item.facts.values().any(|fact| !fact.nuance));
        self.added.extend(added.into_iter().map(summary));
    }

    /// Marks every move within the message that an item was in and says whether there is one.
    fn moved(&mut self, path: &str) -> bool {
        let message = path.split(".content.").next().unwrap_or(path);
        let mut moved = false;
        for (loss, seen) in &mut self.losses {
            if loss.what == LossKind::Moved && lies_at(&loss.path, message) {
                *seen = true;
                moved = true;
            }
        }
        moved
    }

    fn lost(&mut self, fact: &Fact, now: Option<&Fact>) {
        if self.cover(&fact.path) || fact.nuance {
            return;
        }
        self.problems.push(match now {
            Some(now) => format!(
                "`{}` changed undeclared: {} became {}",
                fact.path, fact.value, now.value
            ),
            None => format!("`{}` is gone undeclared: {}", fact.path, fact.value),
        });
    }

    /// Marks every loss at, under or over a path as true and says whether there is one.
    fn cover(&mut self, path: &str) -> bool {
        let mut covered = SPELLINGS
            .iter()
            .any(|(member, spelled)| *member == path && self.cover(spelled));
        for (loss, seen) in &mut self.losses {
            if lies_at(&loss.path, path) || lies_at(path, &loss.path) {
                *seen = true;
                covered = true;
            }
        }
        covered
    }
}

enum Step<'a> {
    Both(&'a Item, &'a Item),
    Gone(&'a Item),
    Added(&'a Item),
}

/// Lays two lists side by side with the fewest differing facts.
fn aligned<'a>(before: &'a [Item], after: &'a [Item]) -> Vec<Step<'a>> {
    let (rows, columns) = (before.len(), after.len());
    let mut cost = vec![vec![0; columns + 1]; rows + 1];
    for row in (0..=rows).rev() {
        for column in (0..=columns).rev() {
            cost[row][column] = match (before.get(row), after.get(column)) {
                (None, None) => 0,
                (Some(_), None) => ALONE + cost[row + 1][column],
                (None, Some(_)) => ALONE + cost[row][column + 1],
                (Some(a), Some(b)) => (ALONE + cost[row + 1][column])
                    .min(ALONE + cost[row][column + 1])
                    .min(distance(a, b) + cost[row + 1][column + 1]),
            };
        }
    }
    let (mut row, mut column, mut steps) = (0, 0, Vec::new());
    while row < rows || column < columns {
        match (before.get(row), after.get(column)) {
            (Some(a), Some(b))
                if cost[row][column] == distance(a, b) + cost[row + 1][column + 1] =>
            {
                steps.push(Step::Both(a, b));
                row += 1;
                column += 1;
            }
            (Some(a), _) if cost[row][column] == ALONE + cost[row + 1][column] => {
                steps.push(Step::Gone(a));
                row += 1;
            }
            (_, Some(b)) => {
                steps.push(Step::Added(b));
                column += 1;
            }
            _ => panic!("the table is complete"),
        }
    }
    steps
}

/// What it costs that an item stands alone: more than all that can differ between two that are the same thing.
const ALONE: usize = 20;

/// What it costs that two items are one.
fn distance(a: &Item, b: &Item) -> usize {
    if !a.is_again(b) {
        return 2 * ALONE + 1;
    }
    let differs = |(name, fact): &(&String, &Fact)| {
        b.facts
            .get(*name)
            .is_none_or(|other| other.value != fact.value)
    };
    a.facts.iter().filter(differs).count().min(ALONE)
}

/// Whether something new may stand for something that vanished: the same sort of thing, or words for what has no place.
fn stands_for(new: &Item, vanished: &Item) -> bool {
    let same = |name: &str| {
        let value = |item: &Item| item.facts.get(name).map(|fact| fact.value.clone());
        value(new) == value(vanished)
    };
    let in_words = new.sort == "text"
        && ["media", "refusal", "reasoning", "result", "native"].contains(&vanished.sort);
    let speaker = |item: &Item| item.facts.get("role").map(|fact| fact.value == "model");
    speaker(new) == speaker(vanished)
        && (in_words || (new.sort == vanished.sort && same("id") && same("result")))
}

fn lies_at(inner: &str, outer: &str) -> bool {
    inner == outer
        || inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.starts_with('.'))
}

fn summary(item: &Item) -> String {
    let facts: Vec<String> = item
        .facts
        .iter()
        .map(|(name, fact)| format!("{name} at {}: {}", fact.path, fact.value))
        .collect();
    format!("a {} ({})", item.sort, facts.join("; "))
}
