//! Losses as claims to be checked: each change of a fact needs one, and each one needs a change.

use byokey_translate::{Loss, LossKind};

use crate::facts::{Fact, Facts, Item};

/// Members that a codec keeps only to spell again what the neutral form says, and the path of what they spell.
const SPELLINGS: [(&str, &str); 1] = [("thinking", "reasoning")];

/// The declared losses, and which of them were seen to be true.
pub(crate) struct Ledger<'a> {
    losses: Vec<(&'a Loss, bool)>,
    problems: Vec<String>,
    added: Vec<String>,
}

impl<'a> Ledger<'a> {
    /// Opens a ledger of declared losses.
    pub(crate) fn new(losses: &'a [Loss]) -> Self {
        Self {
            losses: losses.iter().map(|loss| (loss, false)).collect(),
            problems: Vec::new(),
            added: Vec::new(),
        }
    }

    /// An answer without reasoning is given an empty one where it is required, which says nothing.
    pub(crate) fn allow_empty_reasoning(&mut self) {
        for (loss, seen) in &mut self.losses {
            *seen |= loss.what == LossKind::Synthesised && loss.path.ends_with(".content");
        }
    }

    /// Lays the facts before and after side by side.
    pub(crate) fn compare(&mut self, before: &Facts, after: &Facts) {
        self.item(&before.system, &after.system);
        self.item(&before.settings, &after.settings);
        self.items(&before.tools, &after.tools);
        self.items(&before.conversation, &after.conversation);
    }

    /// The problems: undeclared changes, unexplained additions, losses that are none.
    pub(crate) fn close(mut self) -> Vec<String> {
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
    // a mark that is gone makes nothing another thing
    let differs = |(name, fact): &(&String, &Fact)| {
        *name != "cache"
            && b.facts
                .get(*name)
                .is_none_or(|other| other.value != fact.value)
    };
    let is_new = |name: &&String| !a.facts.contains_key(*name);
    let new = b.facts.keys().filter(is_new).count();
    (a.facts.iter().filter(differs).count() + new).min(ALONE)
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
