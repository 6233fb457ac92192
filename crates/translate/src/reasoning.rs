//! The one table between effort levels and token budgets, and the one place that fits a wish to a model.

use byokey_types::{Effort, ReasoningAsk};

use crate::{loss::Losses, target::ReasoningFacts};

/// Effort levels and the budget, in tokens, that stands for each.
const TABLE: [(Effort, u64); 6] = [
    (Effort::Minimal, 512),
    (Effort::Low, 1_024),
    (Effort::Medium, 8_192),
    (Effort::High, 24_576),
    (Effort::XHigh, 32_768),
    (Effort::Max, 128_000),
];

/// What is asked of a model, in words it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Say nothing.
    Unsaid,
    /// Switch it off.
    Off,
    /// Leave it to the model.
    Auto,
    /// A level it declares.
    Effort(Effort),
    /// A budget within its limits.
    Budget(u64),
}

/// The level that stands for a budget: the weakest whose budget is not smaller.
pub fn level(budget: u64) -> Effort {
    TABLE
        .iter()
        .find(|(_, tokens)| budget <= *tokens)
        .map_or(Effort::Max, |(effort, _)| *effort)
}

/// The budget that stands for a level.
pub const fn budget(effort: Effort) -> u64 {
    let mut row = 0;
    while row < TABLE.len() {
        if TABLE[row].0 as u8 == effort as u8 {
            return TABLE[row].1;
        }
        row += 1;
    }
    0
}

/// Fits a wish to a model; what had to change is declared under `reasoning`.
///
/// A model of which nothing is declared is taken to know what it was asked: levels as levels, budgets as budgets.
pub fn settle(asked: Option<ReasoningAsk>, facts: &ReasoningFacts, losses: &mut Losses) -> Settled {
    let Some(asked) = asked else {
        return Settled::Unsaid;
    };
    if !facts.reasons {
        if asked != ReasoningAsk::Off {
            losses.dropped("reasoning");
        }
        return Settled::Unsaid;
    }
    match asked {
        ReasoningAsk::Off if facts.off => Settled::Off,
        ReasoningAsk::Off => {
            losses.approximated("reasoning");
            facts
                .levels
                .first()
                .map_or(Settled::Unsaid, |weakest| Settled::Effort(*weakest))
        }
        ReasoningAsk::Auto => Settled::Auto,
        ReasoningAsk::Effort(effort) => match facts.budget {
            Some(limits) if facts.levels.is_empty() => {
                losses.approximated("reasoning");
                Settled::Budget(clamp(budget(effort), limits))
            }
            Some(_) | None => Settled::Effort(nearest(effort, &facts.levels, losses)),
        },
        ReasoningAsk::Budget(tokens) => match facts.budget {
            Some(limits) => {
                let fitted = clamp(tokens, limits);
                if fitted != tokens {
                    losses.approximated("reasoning");
                }
                Settled::Budget(fitted)
            }
            None if facts.levels.is_empty() => Settled::Budget(tokens),
            None => {
                losses.approximated("reasoning");
                Settled::Effort(nearest(
                    level(tokens),
                    &facts.levels,
                    &mut Losses::default(),
                ))
            }
        },
    }
}

/// The declared level nearest to the wish, the weaker one of two.
fn nearest(wish: Effort, levels: &[Effort], losses: &mut Losses) -> Effort {
    let distance = |level: &Effort| (*level as i8 - wish as i8).unsigned_abs();
    let found = levels
        .iter()
        .min_by_key(|level| distance(level))
        .copied()
        .unwrap_or(wish);
    if found != wish {
        losses.approximated("reasoning");
    }
    found
}

fn clamp(tokens: u64, (min, max): (u64, u64)) -> u64 {
    tokens.clamp(min, max.max(min))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn wishes_are_fitted() {
        use Effort::{High, Low, Max, Medium, XHigh};
        let facts = |levels: &[Effort], budget, off| ReasoningFacts {
            reasons: true,
            levels: levels.to_vec(),
            budget,
            off,
        };
        let effort = facts(&[Low, Medium, High], None, false);
        let budgeted = facts(&[], Some((1024, 64_000)), true);
        let unknown = facts(&[], None, true);
        let none = ReasoningFacts::default();
        let rows = [
            (None, &effort, Settled::Unsaid, false),
            (
                Some(ReasoningAsk::Budget(1024)),
                &effort,
                Settled::Effort(Low),
                true,
            ),
            (
                Some(ReasoningAsk::Budget(8192)),
                &effort,
                Settled::Effort(Medium),
                true,
            ),
            (
                Some(ReasoningAsk::Budget(24576)),
                &effort,
                Settled::Effort(High),
                true,
            ),
            (
                Some(ReasoningAsk::Budget(32768)),
                &effort,
                Settled::Effort(High),
                true,
            ),
            (
                Some(ReasoningAsk::Effort(High)),
                &effort,
                Settled::Effort(High),
                false,
            ),
            (
                Some(ReasoningAsk::Effort(Max)),
                &effort,
                Settled::Effort(High),
                true,
            ),
            (Some(ReasoningAsk::Off), &effort, Settled::Effort(Low), true),
            (Some(ReasoningAsk::Off), &budgeted, Settled::Off, false),
            (
                Some(ReasoningAsk::Effort(XHigh)),
                &budgeted,
                Settled::Budget(32_768),
                true,
            ),
            (
                Some(ReasoningAsk::Effort(Max)),
                &budgeted,
                Settled::Budget(64_000),
                true,
            ),
            (
                Some(ReasoningAsk::Budget(100)),
                &budgeted,
                Settled::Budget(1024),
                true,
            ),
            (
                Some(ReasoningAsk::Budget(5000)),
                &budgeted,
                Settled::Budget(5000),
                false,
            ),
            (Some(ReasoningAsk::Auto), &budgeted, Settled::Auto, false),
            (
                Some(ReasoningAsk::Effort(High)),
                &unknown,
                Settled::Effort(High),
                false,
            ),
            (
                Some(ReasoningAsk::Budget(7)),
                &unknown,
                Settled::Budget(7),
                false,
            ),
            (
                Some(ReasoningAsk::Effort(High)),
                &none,
                Settled::Unsaid,
                true,
            ),
            (Some(ReasoningAsk::Off), &none, Settled::Unsaid, false),
        ];
        for (asked, facts, settled, lossy) in rows {
            let mut losses = Losses::default();
            assert_eq!(
                (settle(asked, facts, &mut losses), !losses.is_empty()),
                (settled, lossy),
                "{asked:?} {facts:?}"
            );
        }
    }

    #[test]
    fn the_table_is_its_own_inverse() {
        for (effort, tokens) in TABLE {
            assert_eq!((level(tokens), budget(effort)), (effort, tokens));
        }
    }
}
