//! Thinking, and what must come back in the next turn.

use byokey_types::Format;

use super::{
    super::{
        Cell,
        cell::{Verdict, skip},
        dialect::{self, Ask, Stop, Turn},
    },
    Check, check, question,
    tools::{WEATHER, demand, results},
};

pub(super) const CHECKS: &[Check] = &[
    check("thinking", &["S14", "M18"], |cell| Box::pin(thoughts(cell))),
    check(
        "thinking over two turns",
        &["X05", "G03", "P10", "P11"],
        |cell| Box::pin(two_turns(cell, false, false)),
    ),
    check("… streamed", &["X05", "P10"], |cell| {
        Box::pin(two_turns(cell, true, false))
    }),
    check(
        "… echoing standard members only",
        &["W07", "M15"],
        |cell| Box::pin(two_turns(cell, false, true)),
    ),
];

const THOUGHT: &str =
    "The user wants an answer — “日本 🦀”. First I look at the question, then I answer it.";

async fn thoughts(cell: &Cell<'_>) -> Verdict {
    let ask = Ask {
        think: true,
        ..question(cell.actor("think")?, "Think.")
    };
    let (exchange, _, heard) = cell.hear_both(&ask).await?;
    // Chat has no word to ask for summaries, and Responses tells none unasked
    let untold =
        (cell.client, cell.spoken()) == (Format::OpenAiChat, Some(Format::OpenAiResponses));
    exchange.expect(heard.thoughts == THOUGHT || untold, || {
        format!("the thoughts `{THOUGHT}`, not `{}`", heard.thoughts)
    })?;
    exchange.expect(heard.text == "Think.", || "the text `Think.`".to_owned())?;
    let counted = heard.usage.reasoning.is_none_or(|reasoning| reasoning > 0);
    let known = cell.spoken() != Some(Format::AnthropicMessages);
    exchange.expect(counted || !known, || {
        "a count of reasoning tokens".to_owned()
    })
}

/// The model of the sandbox that wants its thoughts back.
fn demanding(cell: &Cell<'_>) -> &'static str {
    match cell.spoken() {
        Some(Format::OpenAiChat) => "ds-think-tools",
        Some(Format::Gemini) => "g3-think-tools",
        Some(Format::OpenAiResponses | Format::AnthropicMessages) | None => "think-tools",
    }
}

async fn two_turns(cell: &Cell<'_>, stream: bool, forgetful: bool) -> Verdict {
    let mut ask = Ask {
        think: true,
        stream,
        tools: vec![WEATHER],
        ..question(cell.actor(demanding(cell))?, "Think, then call.")
    };
    let (exchange, heard) = cell.hear(&ask).await?;
    demand(&exchange, &heard, &[WEATHER])?;
    let echo = if forgetful {
        match dialect::forgetful(cell.client, &heard.echo) {
            Some(echo) => echo,
            None => return skip("thoughts are standard members of this format"),
        }
    } else {
        heard.echo
    };
    if forgetful
        && cell.client == Format::OpenAiChat
        && cell.spoken().is_none_or(|spoken| spoken == cell.client)
    {
        return skip(
            "nothing stands between this client and an upstream that wants its own members back",
        );
    }
    ask.turns
        .extend([Turn::Echo(echo), results(&heard.calls, false)]);
    let (exchange, heard) = cell.hear(&ask).await?;
    exchange.expect(
        heard.text.contains("result of get_weather") && heard.stop == Some(Stop::End),
        || "an answer that knows the result of the call".to_owned(),
    )
}
