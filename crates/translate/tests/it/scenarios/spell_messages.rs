//! The scenarios as a Messages upstream spells them.

/// The stream of a scenario, if this format can spell it.
pub(super) fn spell(name: &str) -> Option<String> {
    let text = |deltas: &[&str]| {
        block(
            0,
            r#"{"type":"text","text":""}"#,
            "text_delta",
            "text",
            deltas,
        )
    };
    let hello = text(&["hel", "lo"]);
    let end = format!("{}{}", stop("end_turn"), END);
    let read = |index| call(index, "read", &[r#"{\"pa"#, r#"th\":\"a\"}"#]);
    let list = |index| call(index, "list", &[r#"{\"n\":1"#, ".0e2}"]);
    let tools = format!("{}{}", stop("tool_use"), END);
    let open = opened(0, r#"{"type":"text","text":""}"#) + &delta(0, "text_delta", "text", "hel");
    let error = |kind: &str| {
        format!(
            "event: error\ndata: {{\"type\":\"error\",\"error\":{{\"type\":\"{kind}\",\"message\":\"no\"}}}}\n\n"
        )
    };
    Some(match name {
        "text" => format!("{START}{hello}{end}"),
        "multi-byte" => format!("{START}{}{end}", text(&["grü", r"\u00dfe \ud83d\ude00"])),
        "half a surrogate pair" => format!("{START}{}{end}", text(&["x", r"\ud83d"])),
        "nothing said" => format!("{START}{end}"),
        "reasoning then text" => {
            let thought = opened(0, r#"{"type":"thinking","thinking":"","signature":""}"#)
                + &delta(0, "thinking_delta", "thinking", "let me ")
                + &delta(0, "thinking_delta", "thinking", "see")
                + &delta(0, "signature_delta", "signature", "c2ln")
                + &closed(0);
            let said = block(
                1,
                r#"{"type":"text","text":""}"#,
                "text_delta",
                "text",
                &["hello"],
            );
            format!("{START}{thought}{said}{end}")
        }
        "usage absent" => format!("{START}{hello}{end}")
            .replace(r#","usage":{"input_tokens":7,"output_tokens":1}"#, "")
            .replace(r#","usage":{"output_tokens":3}"#, ""),
        "usage null" => format!("{START}{hello}{end}")
            .replace(r#"{"input_tokens":7,"output_tokens":1}"#, "null")
            .replace(r#"{"output_tokens":3}"#, "null"),
        "unknown events and members" => {
            let unknown = frame(
                "content_block_dream",
                r#"{"type":"content_block_dream","index":9}"#,
            );
            format!("{START}{unknown}{hello}{unknown}{end}")
                .replace("\"type\":", "\"x_new\":{\"type\":\"error\"},\"type\":")
        }
        "comments and pings" => {
            let ping = frame("ping", r#"{"type":"ping"}"#);
            format!(": hi\n\n{ping}{START}{ping}{hello}: hi\n\n{ping}{end}")
        }
        "carriage returns" => format!("{START}{hello}{end}").replace('\n', "\r\n"),
        "end marker missing" => format!("{START}{hello}{}", stop("end_turn")),
        "last blank line missing" => format!("{START}{hello}{end}").trim_end().to_owned(),
        "end marker twice" => format!("{START}{hello}{end}{END}"),
        "frames behind the end" => {
            format!("{START}{hello}{end}{START}{hello}{}", error("api_error"))
        }
        "stop reason missing" => format!(
            "{START}{hello}{}{END}",
            stop("end_turn").replace("\"end_turn\"", "null")
        ),
        "max tokens" => format!("{START}{}{}{END}", text(&["hel"]), stop("max_tokens")),
        "context window" => format!(
            "{START}{}{}{END}",
            text(&["hel"]),
            stop("model_context_window_exceeded")
        ),
        "refusal" => format!("{START}{}{}{END}", text(&["no"]), stop("refusal")),
        "one tool" => format!("{START}{}{tools}", read(0)),
        "text then tool" => format!("{START}{hello}{}{tools}", read(1)),
        "empty tool input" => format!("{START}{}{tools}", call(0, "now", &[""])),
        "input in one piece" => {
            let whole = opened(
                0,
                r#"{"type":"tool_use","id":"toolu_0","name":"read","input":{"path":"a"}}"#,
            );
            format!("{START}{whole}{}{tools}", closed(0))
        }
        "parallel tools" => format!("{START}{}{}{tools}", read(0), list(1)),
        "interleaved tools" => {
            let input = |index, text: &str| delta(index, "input_json_delta", "partial_json", text);
            let begin = |index, name: &str| opened(index, &tool_use(index, name));
            [
                START.to_owned(),
                begin(0, "read"),
                input(0, r#"{\"pa"#),
                begin(1, "list"),
                input(1, r#"{\"n\":1"#),
                input(0, r#"th\":\"a\"}"#),
                closed(0),
                input(1, ".0e2}"),
                closed(1),
                tools,
            ]
            .concat()
        }
        "nothing at all" => String::new(),
        "cut within text" => format!("{START}{open}"),
        "cut within a frame" => {
            let cut = delta(0, "text_delta", "text", "lo");
            format!("{START}{open}{}", &cut[..cut.len() - 9])
        }
        "cut within tool input" => {
            let begin = opened(0, &tool_use(0, "read"));
            format!(
                "{START}{begin}{}",
                delta(0, "input_json_delta", "partial_json", r#"{\"pa"#)
            )
        }
        "frame that is no JSON" => {
            format!("{START}{open}{}", frame("content_block_delta", "<html>"))
        }
        "frame that is no object" => {
            format!("{START}{open}{}", frame("content_block_delta", "[1]"))
        }
        "overloaded within" => format!("{START}{open}{}", error("overloaded_error")),
        "rate limit at once" => error("rate_limit_error"),
        "invalid request at once" => error("invalid_request_error"),
        "credential refused at once" => error("authentication_error"),
        "unknown error within" => format!("{START}{open}{}{end}", error("gremlin_error")),
        _ => return None,
    })
}

const START: &str = concat!(
    "event: message_start\n",
    r#"data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"#,
    r#""stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":1}}}"#,
    "\n\n"
);

const END: &str = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

fn frame(event: &str, data: &str) -> String {
    format!("event: {event}\ndata: {data}\n\n")
}

fn stop(reason: &str) -> String {
    frame(
        "message_delta",
        &format!(
            r#"{{"type":"message_delta","delta":{{"stop_reason":"{reason}","stop_sequence":null}},"usage":{{"output_tokens":3}}}}"#
        ),
    )
}

fn opened(index: u32, block: &str) -> String {
    frame(
        "content_block_start",
        &format!(r#"{{"type":"content_block_start","index":{index},"content_block":{block}}}"#),
    )
}

fn delta(index: u32, kind: &str, member: &str, text: &str) -> String {
    frame(
        "content_block_delta",
        &format!(
            r#"{{"type":"content_block_delta","index":{index},"delta":{{"type":"{kind}","{member}":"{text}"}}}}"#
        ),
    )
}

fn closed(index: u32) -> String {
    frame(
        "content_block_stop",
        &format!(r#"{{"type":"content_block_stop","index":{index}}}"#),
    )
}

fn block(index: u32, head: &str, kind: &str, member: &str, deltas: &[&str]) -> String {
    let deltas: String = deltas
        .iter()
        .map(|text| delta(index, kind, member, text))
        .collect();
    format!("{}{deltas}{}", opened(index, head), closed(index))
}

fn tool_use(index: u32, name: &str) -> String {
    format!(r#"{{"type":"tool_use","id":"toolu_{index}","name":"{name}","input":{{}}}}"#)
}

fn call(index: u32, name: &str, inputs: &[&str]) -> String {
    block(
        index,
        &tool_use(index, name),
        "input_json_delta",
        "partial_json",
        inputs,
    )
}
