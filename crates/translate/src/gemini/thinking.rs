//! How much to think.
//!
//! Source: Gemini API, `ThinkingConfig`: a budget (Gemini 2.5; 0 is none, -1 is as the model sees fit) or a level (Gemini 3),
//! never both. Thoughts are shown only when that is asked for.

use byokey_types::{Effort, Raw, RawObject, ReasoningAsk};

use super::spelling::{self, is_marked};
use crate::{
    Target,
    ir::{Request, Summary},
    loss::Losses,
    reasoning::{Settled, settle},
    write::Object,
};

const OUTER: &str = "generationConfig.thinkingConfig";

/// Writes `thinkingConfig`, if there is anything to say, or the client said an empty one.
pub(super) fn write(
    config: &mut Object<'_>,
    request: &Request,
    target: &Target,
    own: Option<&RawObject>,
    losses: &mut Losses,
) {
    let wish = &request.reasoning;
    let settled = settle(wish.asked(), &target.reasoning, losses);
    if wish.ask == Some(ReasoningAsk::Off) && wish.effort.is_some() {
        // how hard to think is not said beside that there is to be no thinking
        losses.dropped("reasoning");
    }
    let mut out = bytes::BytesMut::new();
    let mut thinking = Object::begin(&mut out);
    let has_levels = !target.reasoning.levels.is_empty();
    // the least there is, where there is no switch; to say nothing would leave it to the model
    let least = target
        .reasoning
        .budget
        .map(|(least, _)| least)
        .filter(|_| target.reasoning.reasons && wish.asked() == Some(ReasoningAsk::Off));
    let thinks = match settled {
        Settled::Unsaid => {
            if let Some(least) = least {
                thinking.number("thinkingBudget", least);
            }
            false
        }
        Settled::Off if has_levels && target.reasoning.budget.is_none() => {
            // a model with levels cannot be switched off
            losses.approximated("reasoning");
            let weakest = target.reasoning.levels.first().copied();
            thinking.text("thinkingLevel", level(weakest.unwrap_or(Effort::Minimal)));
            false
        }
        Settled::Off => {
            thinking.number("thinkingBudget", 0);
            false
        }
        Settled::Auto => {
            if target.reasoning.budget.is_some() || !has_levels {
                thinking.raw("thinkingBudget", &Raw::of(&-1));
            }
            true
        }
        Settled::Effort(effort) => {
            if matches!(effort, Effort::XHigh | Effort::Max) {
                losses.approximated("reasoning");
            }
            thinking.text("thinkingLevel", level(effort));
            // the weakest level stands for none at all, which nobody wants to see
            wish.asked() != Some(ReasoningAsk::Off)
        }
        Settled::Budget(tokens) => {
            let fitted = within(tokens, request.sampling.max_tokens, target);
            if fitted < tokens {
                losses.approximated("reasoning");
            }
            thinking.number("thinkingBudget", fitted);
            true
        }
    };
    let own_words = is_marked(own, OUTER);
    let shown = match wish.summary {
        Some(Summary::None) => Some(false),
        Some(Summary::Auto | Summary::Concise | Summary::Detailed) => Some(true),
        // in the other formats thinking that is asked for is shown
        None => (thinks && !own_words).then_some(true),
    };
    if let Some(shown) = shown.filter(|shown| own_words || (*shown && target.reasoning.reasons)) {
        thinking.boolean("includeThoughts", shown);
        if matches!(wish.summary, Some(Summary::Concise | Summary::Detailed)) {
            losses.approximated("reasoning.summary");
        }
    } else if shown == Some(true) {
        losses.dropped("reasoning.summary");
    }
    for (key, value) in spelling::members(own, OUTER) {
        thinking.raw(key, value);
    }
    thinking.end();
    if &out[..] != b"{}" || own_words {
        config.key("thinkingConfig").extend_from_slice(&out);
    }
}

/// A budget that leaves room for an answer: thoughts count against the limit, too.
fn within(tokens: u64, limit: Option<u64>, target: &Target) -> u64 {
    let Some(limit) = limit.filter(|limit| tokens >= *limit) else {
        return tokens;
    };
    let least = target.reasoning.budget.map_or(0, |(least, _)| least);
    (limit - limit / 4).max(least).min(tokens)
}

/// The API's word for a level; it has none beyond `HIGH`.
const fn level(effort: Effort) -> &'static str {
    match effort {
        Effort::Minimal => "MINIMAL",
        Effort::Low => "LOW",
        Effort::Medium => "MEDIUM",
        Effort::High | Effort::XHigh | Effort::Max => "HIGH",
    }
}
