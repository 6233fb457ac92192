//! How much to reason, written by the member that the upstream knows.

use byokey_types::{Effort, RawObject, ReasoningAsk, model::ReasoningField};

use super::{
    lower::Lowering,
    spelling::{FORMAT, REASONING_NONE, REASONING_OBJECT, has_inner, inner, spelled},
};
use crate::{
    ir::{Request, Summary, own},
    reasoning::{Settled, settle},
    target::ReasoningFacts,
    write::Object,
};

/// Writes what the request asks of reasoning.
pub(super) fn write(request: &Request, body: &mut Object<'_>, lowering: &mut Lowering<'_>) {
    let target = lowering.target;
    let facts = &target.reasoning;
    let asked = request.reasoning;
    if asked
        .summary
        .is_some_and(|summary| summary != Summary::None)
    {
        lowering.losses.dropped("reasoning.summary");
    }
    if asked.ask == Some(ReasoningAsk::Off) && asked.effort.is_some() {
        // how hard to try, said beside a switch that is off
        lowering.losses.approximated("reasoning");
    }
    let mut settled = settle(asked.asked(), facts, &mut lowering.losses);
    let field = target.reasoning_field.unwrap_or_else(|| {
        if spelled(&request.ext, REASONING_OBJECT) {
            ReasoningField::Reasoning
        } else {
            ReasoningField::ReasoningEffort
        }
    });
    let by_level = matches!(
        field,
        ReasoningField::ReasoningEffort | ReasoningField::Thinking
    );
    if by_level && matches!(settled, Settled::Budget(_)) && !facts.levels.is_empty() {
        // this format has no word for budgets, so the level that stands for it must do
        let by_level = ReasoningFacts {
            budget: None,
            ..facts.clone()
        };
        settled = settle(asked.asked(), &by_level, &mut lowering.losses);
    }
    if field != ReasoningField::Reasoning {
        for (member, _) in own(&request.ext, FORMAT)
            .into_iter()
            .flat_map(RawObject::iter)
        {
            if inner(member, "reasoning").is_some() {
                lowering.losses.dropped(member.as_str());
            }
        }
    }
    match field {
        ReasoningField::ReasoningEffort => write_effort(settled, body, lowering),
        ReasoningField::Thinking => write_thinking(request, settled, body, lowering),
        ReasoningField::EnableThinking => write_switch(request, settled, body, lowering),
        ReasoningField::Reasoning => write_reasoning_object(request, settled, body),
    }
}

fn write_effort(settled: Settled, body: &mut Object<'_>, lowering: &mut Lowering<'_>) {
    match settled {
        Settled::Unsaid | Settled::Auto => {}
        Settled::Effort(effort) => body.text("reasoning_effort", effort.name()),
        Settled::Off if lowering.at_home() && !lowering.target.reasoning.levels.is_empty() => {
            body.text("reasoning_effort", "none");
        }
        Settled::Off | Settled::Budget(_) => lowering.losses.dropped("reasoning"),
    }
}

/// Writes `thinking.type`, and the level where the model has levels.
fn write_thinking(
    request: &Request,
    settled: Settled,
    body: &mut Object<'_>,
    lowering: &mut Lowering<'_>,
) {
    let is_on = match settled {
        Settled::Unsaid => return,
        Settled::Off => false,
        Settled::Auto => true,
        Settled::Effort(effort) => {
            if lowering.target.reasoning.levels.is_empty() {
                lowering.losses.approximated("reasoning");
            } else {
                body.text("reasoning_effort", effort.name());
            }
            true
        }
        Settled::Budget(_) => {
            lowering.losses.approximated("reasoning");
            true
        }
    };
    // a client that knows the upstream may have said it
    if !says(request, "thinking") {
        let mut thinking = body.object("thinking");
        thinking.text("type", if is_on { "enabled" } else { "disabled" });
        thinking.end();
    }
}

/// Writes `enable_thinking` and `thinking_budget`.
fn write_switch(
    request: &Request,
    settled: Settled,
    body: &mut Object<'_>,
    lowering: &mut Lowering<'_>,
) {
    let is_on = match settled {
        Settled::Unsaid => return,
        Settled::Off => false,
        Settled::Auto => true,
        Settled::Effort(_) => {
            lowering.losses.approximated("reasoning");
            true
        }
        Settled::Budget(tokens) => {
            if !says(request, "thinking_budget") {
                body.number("thinking_budget", tokens);
            }
            true
        }
    };
    if !says(request, "enable_thinking") {
        body.boolean("enable_thinking", is_on);
    }
}

fn says(request: &Request, member: &str) -> bool {
    own(&request.ext, FORMAT).is_some_and(|ext| ext.contains(member))
}

/// Writes `reasoning` as the client spelled it, with what the target takes.
fn write_reasoning_object(request: &Request, settled: Settled, body: &mut Object<'_>) {
    let ext = own(&request.ext, FORMAT);
    if settled == Settled::Unsaid && !has_inner(ext, "reasoning") {
        return;
    }
    let effort = request.reasoning.effort;
    let mut object = body.object("reasoning");
    match settled {
        Settled::Off if spelled(&request.ext, REASONING_NONE) => object.text("effort", "none"),
        Settled::Off => object.boolean("enabled", false),
        Settled::Auto => object.boolean("enabled", true),
        Settled::Effort(level) => {
            object.text("effort", level.name());
            beside_effort(request, level, effort, &mut object);
        }
        Settled::Budget(tokens) => object.number("max_tokens", tokens),
        Settled::Unsaid => {}
    }
    object.members(ext, |key| inner(key, "reasoning"));
    object.end();
}

/// What the client said beside a level that is sent as asked.
fn beside_effort(request: &Request, level: Effort, asked: Option<Effort>, object: &mut Object<'_>) {
    if asked != Some(level) {
        return;
    }
    match request.reasoning.ask {
        Some(ReasoningAsk::Budget(tokens)) => object.number("max_tokens", tokens),
        Some(ReasoningAsk::Auto) => object.boolean("enabled", true),
        Some(ReasoningAsk::Off | ReasoningAsk::Effort(_)) | None => {}
    }
}
