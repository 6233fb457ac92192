//! Tools: calls, their results, and what a result may hold.

use byokey_types::Format;
use serde_json::Value;

use super::{
    super::{
        Cell,
        cell::{Verdict, skip},
        dialect::{Ask, Call, Heard, Stop, Tool, ToolResult, Turn},
        endpoint::Exchange,
    },
    Check, check, question,
};

pub(super) const CHECKS: &[Check] = &[
    check("tool round", &["C01", "G03", "M13"], |cell| {
        Box::pin(round(cell))
    }),
    check(
        "parallel calls",
        &["C02", "P04", "S01", "U11", "G04"],
        |cell| Box::pin(parallel(cell)),
    ),
    check(
        "parallel calls, streamed",
        &["S03", "S06", "S18", "P06"],
        |cell| Box::pin(parallel_streamed(cell)),
    ),
    check("text beside tools", &["S15", "U17"], |cell| {
        Box::pin(text_beside(cell))
    }),
    check("tool result with an image", &["U11", "G18"], |cell| {
        Box::pin(picture(cell))
    }),
];

pub(super) const WEATHER: Tool = Tool {
    name: "get_weather",
    argument: "city",
};
const TIME: Tool = Tool {
    name: "get_time",
    argument: "zone",
};

/// A result for each call.
pub(super) fn results(calls: &[Call], picture: bool) -> Turn {
    let result = |call: &Call| ToolResult {
        call: call.clone(),
        text: format!("result of {}", call.name),
        picture,
    };
    Turn::Results(calls.iter().map(result).collect())
}

/// Demands these calls, with ids of their own and the arguments that were asked for.
pub(super) fn demand(exchange: &Exchange, heard: &Heard, tools: &[Tool]) -> Verdict {
    let names: Vec<&str> = heard.calls.iter().map(|call| call.name.as_str()).collect();
    let wanted: Vec<&str> = tools.iter().map(|tool| tool.name).collect();
    exchange.expect(names == wanted, || {
        format!("calls of {wanted:?}, in this order")
    })?;
    exchange.expect(heard.stop == Some(Stop::Tools), || {
        "a stop that says that tools are called".to_owned()
    })?;
    for (at, (call, tool)) in heard.calls.iter().zip(tools).enumerate() {
        let argument = call
            .arguments
            .get(tool.argument)
            .is_some_and(Value::is_string);
        exchange.expect(argument, || {
            format!(
                "the argument `{}` in the call of `{}`",
                tool.argument, tool.name
            )
        })?;
        let twin = heard.calls[..at]
            .iter()
            .any(|other| !call.id.is_empty() && other.id == call.id);
        exchange.expect(!twin, || {
            format!(
                "an id of its own for each call, and `{}` comes twice",
                call.id
            )
        })?;
    }
    Ok(())
}

fn asking(cell: &Cell<'_>, part: &str, tools: &[Tool]) -> Verdict<Ask> {
    Ok(Ask {
        tools: tools.to_vec(),
        ..question(cell.actor(part)?, "What is it like outside?")
    })
}

/// Gives the results, and demands that the model has them.
async fn answer(cell: &Cell<'_>, mut ask: Ask, heard: Heard) -> Verdict {
    let said: Vec<String> = heard
        .calls
        .iter()
        .map(|call| format!("“result of {}”", call.name))
        .collect();
    let expected = format!("The tools said: {}.", said.join(", "));
    let results = results(&heard.calls, false);
    ask.turns.extend([Turn::Echo(heard.echo), results]);
    let (exchange, heard) = cell.hear(&ask).await?;
    exchange.expect(
        heard.text == expected && heard.stop == Some(Stop::End),
        || format!("the text `{expected}`"),
    )
}

async fn round(cell: &Cell<'_>) -> Verdict {
    let ask = asking(cell, "tools", &[WEATHER])?;
    let (exchange, heard) = cell.hear(&ask).await?;
    demand(&exchange, &heard, &[WEATHER])?;
    answer(cell, ask, heard).await
}

async fn parallel(cell: &Cell<'_>) -> Verdict {
    let ask = asking(cell, "tools", &[WEATHER, TIME])?;
    let (exchange, heard) = cell.hear(&ask).await?;
    demand(&exchange, &heard, &[WEATHER, TIME])?;
    answer(cell, ask, heard).await
}

async fn parallel_streamed(cell: &Cell<'_>) -> Verdict {
    let ask = asking(cell, "tools", &[WEATHER, TIME])?;
    let (exchange, _, heard) = cell.hear_both(&ask).await?;
    demand(&exchange, &heard, &[WEATHER, TIME])?;
    answer(
        cell,
        Ask {
            stream: true,
            ..ask
        },
        heard,
    )
    .await
}

async fn text_beside(cell: &Cell<'_>) -> Verdict {
    let ask = asking(cell, "think-tools", &[WEATHER])?;
    let (exchange, _, heard) = cell.hear_both(&ask).await?;
    demand(&exchange, &heard, &[WEATHER])?;
    exchange.expect(heard.text == "I call a tool — gleich.", || {
        "the text before the call".to_owned()
    })
}

async fn picture(cell: &Cell<'_>) -> Verdict {
    if cell.client == Format::OpenAiChat && cell.spoken().is_none_or(|spoken| spoken == cell.client)
    {
        return skip("a result is text in this format, which nothing translates here");
    }
    let mut ask = asking(cell, "tools", &[WEATHER])?;
    let (_, heard) = cell.hear(&ask).await?;
    let results = results(&heard.calls, true);
    ask.turns.extend([Turn::Echo(heard.echo), results]);
    ask.model = cell.actor("echo")?;
    let (exchange, heard) = cell.hear(&ask).await?;
    exchange.expect(heard.text.contains("image/png 70 bytes"), || {
        "a text that tells of the image of 70 bytes".to_owned()
    })
}
