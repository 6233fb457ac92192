//! How much to think, and how much may be said: settled together, since the API ties one to the other.
//!
//! Source: Messages API, "Extended thinking" and "Adaptive thinking": a budget is at least 1024 tokens and below `max_tokens`;
//! thinking excludes a forced tool choice; with a budget, the answer being continued must begin with thinking.

use byokey_types::{Effort, Format, JsonError, Raw, ReasoningAsk};

use super::{
    arrange::{Message, Speaker},
    piece::Piece,
};
use crate::write::Object;
use crate::{
    fields::Fields,
    ir::{ReasoningRequest, Request, Summary, own},
    loss::Losses,
    reasoning::{self, Settled, settle},
    target::{ReasoningFacts, Target},
};

const LEAST_BUDGET: u64 = 1024;
/// The longest answer asked for when nobody says one.
const USUAL_ANSWER: u64 = 4096;

/// What `thinking` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thinking {
    Off,
    Adaptive,
    Budget(u64),
}

/// What was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decided {
    pub(super) thinking: Option<Thinking>,
    pub(super) effort: Option<Effort>,
    pub(super) max_tokens: u64,
}

/// Reads `thinking`: what is asked, and what is to be seen of it. A type that is not known asks for nothing.
///
/// # Errors
/// A [`JsonError`] with its path below the object.
pub(super) fn read(raw: &Raw) -> Result<(Option<ReasoningAsk>, Option<Summary>), JsonError> {
    let mut fields = Fields::open(raw)?;
    let tag = fields.required_name("type")?;
    let budget = fields.whole("budget_tokens")?;
    let ask = match tag.as_str() {
        "enabled" => Some(budget.map_or(ReasoningAsk::Auto, ReasoningAsk::Budget)),
        "adaptive" => Some(ReasoningAsk::Auto),
        "disabled" => Some(ReasoningAsk::Off),
        _ => None,
    };
    let display = fields.peek("display").and_then(|raw| raw.text().ok());
    let summary = match display.as_deref() {
        Some("omitted") => Some(Summary::None),
        Some("summarized") => Some(Summary::Auto),
        Some(_) | None => None,
    };
    Ok((ask, summary))
}

/// Whether `thinking` says more than the neutral form holds of it.
pub(super) fn says_more(raw: &Raw, ask: Option<ReasoningAsk>, summary: Option<Summary>) -> bool {
    let thinking = match ask {
        Some(ReasoningAsk::Off) => Thinking::Off,
        Some(ReasoningAsk::Auto) => Thinking::Adaptive,
        Some(ReasoningAsk::Budget(tokens)) => Thinking::Budget(tokens),
        Some(ReasoningAsk::Effort(_)) | None => return true,
    };
    let value = |raw: &Raw| raw.decode::<serde_json::Value>().ok();
    value(&spelled(thinking, summary)) != value(raw)
}

/// Settles thinking, effort and the longest answer.
pub(super) fn decide(
    request: &Request,
    target: &Target,
    forced: bool,
    messages: &[Message<'_>],
    losses: &mut Losses,
) -> Decided {
    let (mut thinking, effort) = wished(request, &target.reasoning, losses);
    if is_on(thinking) && forced {
        losses.dropped("reasoning");
        thinking = None;
    }
    if matches!(thinking, Some(Thinking::Budget(_))) && continues_without_thinking(messages) {
        losses.dropped("reasoning");
        thinking = None;
    }
    let said = request.sampling.max_tokens;
    let mut max_tokens = match (said, target.max_output) {
        (Some(said), Some(most)) if said > most => {
            losses.approximated("max_tokens");
            most
        }
        (Some(said), _) => said,
        // no limit is what the model can do; where that is not known, a limit is made up
        (None, Some(most)) => most,
        (None, None) => {
            losses.synthesised("max_tokens");
            USUAL_ANSWER
        }
    };
    if let Some(Thinking::Budget(budget)) = thinking
        && budget >= max_tokens
    {
        if said.is_none() && target.max_output.is_none() {
            // nobody's limit: make room for the answer behind the thinking
            max_tokens = budget.saturating_add(USUAL_ANSWER);
        } else {
            thinking = lowered(max_tokens);
            if thinking.is_some() {
                losses.approximated("reasoning");
            } else {
                losses.dropped("reasoning");
            }
        }
    }
    Decided {
        thinking,
        effort,
        max_tokens,
    }
}

/// Writes `thinking`, as the client spelled it where that says the same.
pub(super) fn write(
    body: &mut Object<'_>,
    request: &Request,
    decided: Decided,
    losses: &mut Losses,
) {
    let own = own(&request.ext, Format::AnthropicMessages);
    let own = own
        .and_then(|ext| ext.get("thinking"))
        .filter(|raw| !raw.is_null());
    let summary = request.reasoning.summary;
    let Some(thinking) = decided.thinking else {
        // a type that is not known: nothing of it was settled, so nothing speaks against it
        if let Some(raw) = own.filter(|raw| read(raw).is_ok_and(|(ask, _)| ask.is_none())) {
            body.raw("thinking", raw);
        }
        if own.is_none() && summary.is_some() {
            losses.dropped("reasoning.summary");
        }
        return;
    };
    let same = |raw: &&Raw| {
        let ask = match thinking {
            Thinking::Off => ReasoningAsk::Off,
            Thinking::Adaptive => ReasoningAsk::Auto,
            Thinking::Budget(tokens) => ReasoningAsk::Budget(tokens),
        };
        read(raw).is_ok_and(|said| said == (Some(ask), summary))
    };
    if let Some(raw) = own.filter(same) {
        body.raw("thinking", raw);
        return;
    }
    if own.is_some() {
        losses.dropped("thinking");
    }
    if matches!(summary, Some(Summary::Concise | Summary::Detailed)) {
        losses.approximated("reasoning.summary");
    }
    body.raw("thinking", &spelled(thinking, summary));
}

/// Whether the model will think.
pub(super) const fn is_on(thinking: Option<Thinking>) -> bool {
    matches!(thinking, Some(Thinking::Adaptive | Thinking::Budget(_)))
}

fn wished(
    request: &Request,
    facts: &ReasoningFacts,
    losses: &mut Losses,
) -> (Option<Thinking>, Option<Effort>) {
    let wish: &ReasoningRequest = &request.reasoning;
    let own = own(&request.ext, Format::AnthropicMessages);
    // this format's effort does not switch thinking on; its decoder leaves a `null` to say so
    let effort_alone = own
        .and_then(|ext| ext.get("thinking"))
        .is_some_and(Raw::is_null);
    let takes_both = facts.budget.is_some() && !facts.levels.is_empty();
    match (wish.ask, wish.effort) {
        (None, Some(_)) if effort_alone => (None, level(wish, facts, losses)),
        (Some(ask @ ReasoningAsk::Off), Some(_)) => {
            let (thinking, weakest) = switched(settle(Some(ask), facts, losses), facts, losses);
            (thinking, weakest.or_else(|| level(wish, facts, losses)))
        }
        (Some(ask @ ReasoningAsk::Budget(_)), Some(_)) if takes_both => {
            let (thinking, _) = switched(settle(Some(ask), facts, losses), facts, losses);
            (thinking, level(wish, facts, losses))
        }
        _ => switched(settle(wish.asked(), facts, losses), facts, losses),
    }
}

/// The effort given in its own field, if the model takes one.
fn level(wish: &ReasoningRequest, facts: &ReasoningFacts, losses: &mut Losses) -> Option<Effort> {
    let asked = wish.effort.map(ReasoningAsk::Effort);
    switched(settle(asked, facts, losses), facts, losses).1
}

fn switched(
    settled: Settled,
    facts: &ReasoningFacts,
    losses: &mut Losses,
) -> (Option<Thinking>, Option<Effort>) {
    match settled {
        Settled::Unsaid => (None, None),
        Settled::Off => (Some(Thinking::Off), None),
        Settled::Auto => match facts.budget {
            Some((least, most)) if facts.levels.is_empty() => {
                losses.approximated("reasoning");
                let medium = reasoning::budget(Effort::Medium);
                let budget = medium.clamp(least, most.max(least));
                (Some(Thinking::Budget(budget.max(LEAST_BUDGET))), None)
            }
            Some(_) | None => (Some(Thinking::Adaptive), None),
        },
        // the API's weakest level is `low`
        Settled::Effort(Effort::Minimal) if facts.levels.is_empty() => {
            losses.approximated("reasoning");
            (Some(Thinking::Adaptive), Some(Effort::Low))
        }
        Settled::Effort(effort) => (Some(Thinking::Adaptive), Some(effort)),
        Settled::Budget(tokens) => {
            if tokens < LEAST_BUDGET {
                losses.approximated("reasoning");
            }
            (Some(Thinking::Budget(tokens.max(LEAST_BUDGET))), None)
        }
    }
}

/// Three quarters of the answer for thinking, if that is enough to think at all.
fn lowered(max_tokens: u64) -> Option<Thinking> {
    let budget = max_tokens - max_tokens / 4;
    (budget >= LEAST_BUDGET && budget < max_tokens).then_some(Thinking::Budget(budget))
}

/// Whether the conversation ends in an answer that goes on, after tool results or from a prefill, and that did not begin with
/// thinking.
///
/// One answer is all that was said since the user last spoke for himself; between its calls the model need not think again.
fn continues_without_thinking(messages: &[Message<'_>]) -> bool {
    let mut said = messages
        .iter()
        .rev()
        .take_while(|message| message.role != Speaker::User || message.has_results())
        .filter(|message| message.role == Speaker::Assistant)
        .peekable();
    said.peek().is_some()
        && !said.any(|message| message.pieces.first().is_some_and(Piece::is_thinking))
}

fn spelled(thinking: Thinking, summary: Option<Summary>) -> Raw {
    let mut out = bytes::BytesMut::new();
    let mut object = Object::begin(&mut out);
    match thinking {
        Thinking::Off => object.text("type", "disabled"),
        Thinking::Adaptive => object.text("type", "adaptive"),
        Thinking::Budget(tokens) => {
            object.text("type", "enabled");
            object.number("budget_tokens", tokens);
        }
    }
    if is_on(Some(thinking))
        && let Some(summary) = summary
    {
        let display = match summary {
            Summary::None => "omitted",
            Summary::Auto | Summary::Concise | Summary::Detailed => "summarized",
        };
        object.text("display", display);
    }
    object.end();
    // written by the line above, so it is JSON
    Raw::parse(out.freeze()).unwrap_or(Raw::NULL)
}
