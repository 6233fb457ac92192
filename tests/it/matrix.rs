//! Every client format with every upstream format, before an upstream that follows a script.
//!
//! What an upstream says is written once for its format ([`scripts`]), what a client must hear once for all.

mod scripts;
mod verbatim;

use byokey_sandbox::{Ending, Script};
use byokey_types::Format;
use http::Method;
use pretty_assertions::assert_eq;
use serde_json::json;

use self::scripts::{ARGUMENTS, INPUT, Said, TEXT, THOUGHTS};
use crate::{
    byokey::Launch,
    client::{Answer, JSON, request},
    examination::dialect::{self, Ask, Heard, Stop, Tool, Turn, Usage},
    stage::{Stage, Upstream},
};

const WEATHER: Tool = Tool {
    name: "get_weather",
    argument: "city",
};
const TIME: Tool = Tool {
    name: "get_time",
    argument: "zone",
};

/// byokey before one provider for each format.
async fn stage() -> Stage {
    let upstream = Upstream::open().await;
    let url = upstream.sandbox.url();
    let provider = |format: Format, base: &str| json!({"protocol": format.protocol(), "base_url": format!("{url}{base}"), "api_key": "k-of-the-matrix"});
    let more = json!({"providers": {
        "m-chat": provider(Format::OpenAiChat, "/v1"),
        "m-responses": provider(Format::OpenAiResponses, "/v1"),
        "m-messages": provider(Format::AnthropicMessages, ""),
        "m-gemini": provider(Format::Gemini, "/v1beta"),
    }});
    let byokey = Launch::serve(&upstream.config(&more)).start().await;
    Stage { byokey, upstream }
}

fn cells() -> impl Iterator<Item = (Format, Format)> {
    let clients = Format::ALL.into_iter();
    clients.flat_map(|client| Format::ALL.map(|upstream| (client, upstream)))
}

/// Plays a script to a client that thinks and has two tools.
async fn play(
    stage: &Stage,
    (client, upstream): (Format, Format),
    script: Script,
    stream: bool,
) -> Answer {
    stage.upstream.sandbox.script("matrix", [script]);
    let ask = Ask {
        model: format!("m-{upstream}/raw-matrix"),
        stream,
        turns: vec![Turn::User("hi there".to_owned())],
        tools: vec![WEATHER, TIME],
        ..Ask::default()
    };
    let path = dialect::paths(client, &ask).swap_remove(0);
    let body = dialect::body(client, &ask).to_string();
    stage
        .byokey
        .ask(request(Method::POST, &path, &[JSON], body))
        .await
}

#[track_caller]
fn read(cell: (Format, Format), answer: &Answer, stream: bool) -> Heard {
    let read = if stream {
        dialect::stream(cell.0, &answer.body)
    } else {
        dialect::whole(cell.0, &answer.body)
    };
    read.unwrap_or_else(|wrong| {
        panic!(
            "{cell:?}, stream {stream}: {wrong}\n{} {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        )
    })
}

/// The counts of [`scripts`], as far as the upstream tells and the client's format knows them.
fn usage((client, upstream): (Format, Format)) -> Usage {
    let told = upstream != Format::AnthropicMessages;
    Usage {
        input: 100,
        cached: Some(40),
        output: 50,
        reasoning: (client != Format::AnthropicMessages).then_some(if told { 20 } else { 0 }),
    }
}

fn script(upstream: Format, said: &Said, stream: bool) -> Script {
    if stream {
        Script::events([scripts::stream(upstream, said)])
    } else {
        Script::json(200, scripts::whole(upstream, said).to_string())
    }
}

/// Multi-byte text and thoughts, the stream split at every byte; exact counts in the client's own members.
#[tokio::test]
async fn text_thoughts_and_counts() {
    let stage = stage().await;
    for cell in cells() {
        for (stream, split) in [(false, false), (true, false), (false, true), (true, true)] {
            let script = script(cell.1, &Said::Text, stream);
            let script = if split { script.byte_by_byte() } else { script };
            let answer = play(&stage, cell, script, stream).await;
            let heard = read(cell, &answer, stream);
            assert_eq!(
                (
                    heard.text.as_str(),
                    heard.thoughts.as_str(),
                    heard.stop,
                    heard.usage
                ),
                (TEXT, THOUGHTS, Some(Stop::End), usage(cell)),
                "{cell:?}, stream {stream}, split {split}"
            );
        }
    }
}

/// Two calls at once; their arguments come in turns where the upstream's format lets them.
#[tokio::test]
async fn parallel_calls_with_interleaved_arguments() {
    let stage = stage().await;
    for cell in cells() {
        for stream in [false, true] {
            if stream && cell == (Format::OpenAiResponses, Format::OpenAiResponses) {
                // bytes pass; the strict reader wants one item after the other
                continue;
            }
            let answer = play(&stage, cell, script(cell.1, &Said::Calls, stream), stream).await;
            let heard = read(cell, &answer, stream);
            let calls: Vec<_> = heard
                .calls
                .iter()
                .map(|call| (call.name.as_str(), &call.arguments))
                .collect();
            let inputs = INPUT.map(|input| serde_json::from_str(input).unwrap());
            assert_eq!(
                (calls, heard.stop, heard.usage),
                (
                    vec![("get_weather", &inputs[0]), ("get_time", &inputs[1])],
                    Some(Stop::Tools),
                    usage(cell)
                ),
                "{cell:?}, stream {stream}"
            );
            let ids: Vec<_> = heard.calls.iter().map(|call| call.id.as_str()).collect();
            let nameless = cell.0 == Format::Gemini && cell.1 == Format::Gemini;
            assert!(
                nameless || (ids[0] != ids[1] && !ids.contains(&"")),
                "{cell:?}: {ids:?}"
            );
        }
    }
    assert_eq!(ARGUMENTS.map(|pieces| pieces.concat()), INPUT);
}

/// An error in the middle is told in the client's words, and nothing follows it.
#[tokio::test]
async fn errors_in_the_stream() {
    let stage = stage().await;
    for cell in cells() {
        for split in [false, true] {
            let stream = scripts::broken(cell.1);
            let script = Script::events([stream]);
            let script = if split { script.byte_by_byte() } else { script };
            let answer = play(&stage, cell, script, true).await;
            assert_eq!(answer.status, 200, "{cell:?}");
            let fault = read(cell, &answer, true).fault;
            let message = fault
                .unwrap_or_else(|| panic!("{cell:?}: {answer:?}"))
                .message;
            assert!(
                message.contains("the sky has fallen"),
                "{cell:?}: {message}"
            );
        }
    }
}

/// A stream without its end is an error, however the connection ends.
#[tokio::test]
async fn truncated_streams() {
    let stage = stage().await;
    for cell in cells() {
        for ending in [Ending::Complete, Ending::Cut] {
            let script = Script::events([scripts::truncated(cell.1)]).ending(ending);
            let answer = play(&stage, cell, script, true).await;
            assert_eq!(answer.status, 200, "{cell:?}");
            let heard = read(cell, &answer, true);
            let fault = heard
                .fault
                .unwrap_or_else(|| panic!("{cell:?}: {answer:?}"));
            assert!(!fault.message.is_empty(), "{cell:?}");
        }
    }
}
