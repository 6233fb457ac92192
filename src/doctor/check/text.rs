//! Text, and why it ends.

use byokey_types::Format;
use serde_json::{Value, json};

use super::{
    super::{
        Cell,
        cell::{Verdict, skip},
        dialect::{Ask, Heard, Stop, Turn},
        endpoint::Exchange,
    },
    Check, check, question,
};

pub(super) const CHECKS: &[Check] = &[
    check("text", &["U16"], |cell| Box::pin(whole(cell))),
    check("text, streamed", &["S07", "P01", "U10"], |cell| {
        Box::pin(streamed(cell))
    }),
    check("multi-byte text", &["P20", "H02"], |cell| {
        Box::pin(multi_byte(cell))
    }),
    check("system text", &["C05", "M03"], |cell| {
        Box::pin(system(cell))
    }),
    check("two turns", &["R02", "M01"], |cell| {
        Box::pin(two_turns(cell))
    }),
    check("stop sequence", &["C16", "M06", "U08"], |cell| {
        Box::pin(stop_sequence(cell))
    }),
    check("token limit", &["C07", "G16", "S17", "U07"], |cell| {
        Box::pin(limit(cell))
    }),
    check("structured output", &["R06", "G17"], |cell| {
        Box::pin(structured(cell))
    }),
    check("image", &["C13", "G18"], |cell| Box::pin(image(cell))),
    check("refusal", &["P03", "S17", "U07"], |cell| {
        Box::pin(refusal(cell))
    }),
    check("content filter", &["P03", "S17", "U07"], |cell| {
        Box::pin(filter(cell))
    }),
    check("usage with cache", &["U02", "R17"], |cell| {
        Box::pin(cached(cell))
    }),
];

const HELLO: &str = "Say hello.";
const MULTI_BYTE: &str =
    "ünïcødé — 日本語 🦀 👩‍👩‍👧 é\u{301} \u{202e}x\u{202c} \"quoted\" \\ / \u{7f}\ttab";
const STOP: &str = "ENOUGH";

/// An answer that says what was asked for; a stranger may say anything.
fn says(cell: &Cell<'_>, exchange: &Exchange, heard: &Heard, text: &str) -> Verdict {
    exchange.expect(heard.stop == Some(Stop::End), || {
        "an answer that is complete".to_owned()
    })?;
    let (_, echoes) = cell.any();
    exchange.expect(
        heard.text == text || (!echoes && !heard.text.is_empty()),
        || format!("the text `{text}`"),
    )?;
    let usage = heard.usage;
    exchange.expect(usage.input > 0 && usage.output > 0, || {
        "usage that counts both sides".to_owned()
    })
}

async fn whole(cell: &Cell<'_>) -> Verdict {
    let (exchange, heard) = cell.hear(&question(cell.any().0, HELLO)).await?;
    says(cell, &exchange, &heard, HELLO)
}

async fn streamed(cell: &Cell<'_>) -> Verdict {
    let ask = question(cell.any().0, HELLO);
    if cell.any().1 {
        let (exchange, _, heard) = cell.hear_both(&ask).await?;
        return says(cell, &exchange, &heard, HELLO);
    }
    let (exchange, heard) = cell
        .hear(&Ask {
            stream: true,
            ..ask
        })
        .await?;
    says(cell, &exchange, &heard, HELLO)
}

async fn multi_byte(cell: &Cell<'_>) -> Verdict {
    let model = cell.actor("echo")?;
    let (exchange, _, heard) = cell.hear_both(&question(model, MULTI_BYTE)).await?;
    says(cell, &exchange, &heard, MULTI_BYTE)
}

async fn system(cell: &Cell<'_>) -> Verdict {
    let ask = Ask {
        system: Some("You are brief — 短く."),
        ..question(cell.any().0, HELLO)
    };
    let (exchange, heard) = cell.hear(&ask).await?;
    says(cell, &exchange, &heard, HELLO)
}

async fn two_turns(cell: &Cell<'_>) -> Verdict {
    let mut ask = question(cell.any().0, "My name is Ada.");
    ask.turns.push(Turn::Assistant("Hello Ada."));
    ask.turns.push(Turn::User(HELLO.to_owned()));
    let (exchange, heard) = cell.hear(&ask).await?;
    says(cell, &exchange, &heard, HELLO)?;
    // and on from what came
    ask.turns.push(Turn::Echo(heard.echo));
    ask.turns.push(Turn::User("Say goodbye.".to_owned()));
    let (exchange, heard) = cell.hear(&ask).await?;
    says(cell, &exchange, &heard, "Say goodbye.")
}

async fn stop_sequence(cell: &Cell<'_>) -> Verdict {
    if [Some(cell.client), cell.spoken()].contains(&Some(Format::OpenAiResponses)) {
        return skip("Responses has no stop sequences");
    }
    let ask = Ask {
        stop: Some(STOP),
        ..question(cell.actor("stop")?, "Go on until you stop.")
    };
    let (exchange, _, heard) = cell.hear_both(&ask).await?;
    let stopped = matches!(heard.stop, Some(Stop::End | Stop::Sequence));
    exchange.expect(
        stopped && heard.text.trim_end() == "Go on until you stop.",
        || format!("text that ends before `{STOP}`, and a stop that is none of the limit"),
    )?;
    let told = cell.client == Format::AnthropicMessages
        && cell.spoken() == Some(Format::AnthropicMessages);
    exchange.expect(!told || heard.stop == Some(Stop::Sequence), || {
        format!("the stop sequence `{STOP}`")
    })
}

async fn limit(cell: &Cell<'_>) -> Verdict {
    let ask = Ask {
        limit: Some(20),
        ..question(cell.actor("long")?, "Go on and on.")
    };
    let (exchange, _, heard) = cell.hear_both(&ask).await?;
    exchange.expect(
        heard.stop == Some(Stop::Limit) && heard.usage.output == 20,
        || "20 tokens, and the limit as the reason for the end".to_owned(),
    )
}

async fn structured(cell: &Cell<'_>) -> Verdict {
    let schema = json!({
        "type": "object", "properties": {"city": {"type": "string"}, "sunny": {"type": "boolean"}},
        "required": ["city", "sunny"], "additionalProperties": false,
    });
    let ask = Ask {
        schema: Some(schema),
        ..question(cell.actor("structured")?, "How is the weather?")
    };
    let (exchange, _, heard) = cell.hear_both(&ask).await?;
    let answer: Value =
        exchange.read(serde_json::from_str(&heard.text).map_err(|error| error.to_string()))?;
    exchange.expect(
        answer["city"].is_string() && answer["sunny"].is_boolean(),
        || "JSON that satisfies the schema".to_owned(),
    )
}

async fn image(cell: &Cell<'_>) -> Verdict {
    let ask = Ask {
        turns: vec![Turn::Picture("What is this?")],
        ..question(cell.actor("vision")?, "")
    };
    let (exchange, heard) = cell.hear(&ask).await?;
    exchange.expect(heard.text == "I see: image image/png 70 bytes.", || {
        "the text `I see: image image/png 70 bytes.`".to_owned()
    })
}

async fn refusal(cell: &Cell<'_>) -> Verdict {
    let ask = question(cell.actor("refuse")?, "Do harm.");
    let (exchange, _, heard) = cell.hear_both(&ask).await?;
    let declined = heard.stop == Some(Stop::Declined) || !heard.refusal.is_empty();
    exchange.expect(declined && heard.calls.is_empty(), || {
        "a refusal that is told as one".to_owned()
    })
}

async fn filter(cell: &Cell<'_>) -> Verdict {
    let ask = question(cell.actor("filter")?, "Say something.");
    let (exchange, _, heard) = cell.hear_both(&ask).await?;
    exchange.expect(heard.stop == Some(Stop::Declined), || {
        "an end by the content filter".to_owned()
    })?;
    exchange.expect(heard.text.starts_with("The first half"), || {
        "the text so far".to_owned()
    })
}

async fn cached(cell: &Cell<'_>) -> Verdict {
    if cell.spoken().unwrap_or(cell.client) == Format::AnthropicMessages {
        return skip("Messages caches what is marked, and not every client has marks");
    }
    let long = "A long prompt is read from the cache. ".repeat(200);
    let (exchange, _, heard) = cell
        .hear_both(&question(cell.actor("lorem")?, &long))
        .await?;
    let usage = heard.usage;
    let counts = usage
        .cached
        .is_some_and(|cached| cached >= 1024 && cached <= usage.input);
    exchange.expect(counts && usage.output == 64, || {
        format!("at least 1,024 cached tokens among those of the prompt, and 64 of output, not {usage:?}")
    })
}
