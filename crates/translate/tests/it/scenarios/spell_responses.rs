//! The scenarios as a Responses upstream spells them.

/// The stream of a scenario, if this format can spell it.
pub(super) fn spell(name: &str) -> Option<String> {
    let hello = message(0, &["hel", "lo"]);
    let end = completed(USAGE);
    let open = begun(0) + &said(0, "hel");
    let read = |at| call(at, "read", &[r#"{\"pa"#, r#"th\":\"a\"}"#]);
    let list = |at| call(at, "list", &[r#"{\"n\":1"#, ".0e2}"]);
    let failed = |code: &str| {
        let error = format!(r#"{{"code":"{code}","message":"no"}}"#);
        answer("response.failed", "failed", "null")
            .replace("\"error\":null", &format!("\"error\":{error}"))
    };
    let error = |code: &str| {
        frame(
            "error",
            &format!(r#""code":"{code}","message":"no","param":null"#),
        )
    };
    let cut_off = |reason: &str| {
        answer("response.incomplete", "incomplete", USAGE).replace(
            "\"incomplete_details\":null",
            &format!("\"incomplete_details\":{{\"reason\":\"{reason}\"}}"),
        )
    };
    let start = start();
    Some(match name {
        "text" => format!("{start}{hello}{end}"),
        "multi-byte" => format!(
            "{start}{}{end}",
            message(0, &["grü", r"\u00dfe \ud83d\ude00"])
        ),
        "half a surrogate pair" => format!("{start}{}{end}", message(0, &["x", r"\ud83d"])),
        "nothing said" => format!("{start}{end}"),
        "reasoning then text" => format!(
            "{start}{}{}{end}",
            thought(0, &["let me ", "see"]),
            message(1, &["hello"])
        ),
        "usage absent" => {
            format!(
                "{start}{hello}{}",
                completed("null").replace(",\"usage\":null", "")
            )
        }
        "usage null" => format!("{start}{hello}{}", completed("null")),
        "unknown events and members" => {
            let unknown = frame("codex.rate_limits", "\"x\":1")
                + &frame("response.dream", "\"item_id\":\"x\"");
            format!("{unknown}{start}{unknown}{hello}{unknown}{end}").replace(
                "\"output_index\"",
                "\"x_new\":{\"error\":null},\"output_index\"",
            )
        }
        "comments and pings" => {
            let ping = frame("keepalive", "\"sequence_number\":1");
            format!(": hi\n\n{ping}{start}{ping}{hello}: hi\n\n{ping}{end}")
        }
        "carriage returns" => format!("{start}{hello}{end}").replace('\n', "\r\n"),
        // P16
        "last blank line missing" => format!("{start}{hello}{end}").trim_end().to_owned(),
        "end marker twice" => format!("{start}{hello}{end}{end}"),
        "frames behind the end" => {
            format!("{start}{hello}{end}{start}{hello}{}", error("server_error"))
        }
        "stop reason missing" => {
            format!(
                "{start}{hello}{}",
                end.replace("\"status\":\"completed\",", "")
            )
        }
        "max tokens" => format!(
            "{start}{}{}",
            message(0, &["hel"]),
            cut_off("max_output_tokens")
        ),
        "refusal" => format!("{start}{}{}", refusal(0, "no"), cut_off("content_filter")),
        "one tool" => format!("{start}{}{end}", read(0)),
        "text then tool" => format!("{start}{hello}{}{end}", read(1)),
        "empty tool input" => format!("{start}{}{end}", call(0, "now", &[])),
        "input in one piece" => {
            format!(
                "{start}{}{end}",
                added(0, &function(0, "read", ""))
                    + &done(0, &function(0, "read", r#"{\"path\":\"a\"}"#))
            )
        }
        "parallel tools" => format!("{start}{}{}{end}", read(0), list(1)),
        "interleaved tools" => [
            start,
            added(0, &function(0, "read", "")),
            input(0, r#"{\"pa"#),
            added(1, &function(1, "list", "")),
            input(1, r#"{\"n\":1"#),
            input(0, r#"th\":\"a\"}"#),
            input(1, ".0e2}"),
            done(1, &function(1, "list", r#"{\"n\":1.0e2}"#)),
            done(0, &function(0, "read", r#"{\"path\":\"a\"}"#)),
            end,
        ]
        .concat(),
        "id missing" => format!(
            "{start}{}{end}",
            read(0).replace("\"call_id\":\"call_0\",", "")
        ),
        "name never said" => {
            format!(
                "{start}{}{end}",
                read(0).replace("\"name\":\"read\"", "\"name\":\"\"")
            )
        }
        "nothing at all" => String::new(),
        "cut within text" => format!("{start}{open}"),
        "cut within a frame" => {
            let cut = said(0, "lo");
            format!("{start}{open}{}", &cut[..cut.len() - 9])
        }
        "cut within tool input" => {
            format!(
                "{start}{}{}",
                added(0, &function(0, "read", "")),
                input(0, r#"{\"pa"#)
            )
        }
        "frame that is no JSON" => format!("{start}{open}event: x\ndata: <html>\n\n"),
        "frame that is no object" => format!("{start}{open}event: x\ndata: [1]\n\n"),
        "overloaded within" => format!("{start}{open}{}", failed("server_is_overloaded")),
        "rate limit at once" => error("rate_limit_exceeded"),
        "invalid request at once" => error("invalid_prompt"),
        "credential refused at once" => error("invalid_api_key"),
        "unknown error within" => format!("{start}{open}{}{end}", failed("gremlin")),
        _ => return None,
    })
}

const USAGE: &str = r#"{"input_tokens":7,"input_tokens_details":{"cached_tokens":0},"output_tokens":3,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":10}"#;

fn frame(name: &str, members: &str) -> String {
    format!("event: {name}\ndata: {{\"type\":\"{name}\",{members}}}\n\n")
}

fn start() -> String {
    answer("response.created", "in_progress", "null")
        + &answer("response.in_progress", "in_progress", "null")
}

fn completed(usage: &str) -> String {
    answer("response.completed", "completed", usage)
}

fn answer(name: &str, status: &str, usage: &str) -> String {
    frame(
        name,
        &format!(
            "\"response\":{{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1,\"status\":\"{status}\",\"error\":null,\
             \"incomplete_details\":null,\"model\":\"m\",\"output\":[],\"usage\":{usage}}}"
        ),
    )
}

fn added(at: u32, item: &str) -> String {
    frame(
        "response.output_item.added",
        &format!("\"output_index\":{at},\"item\":{item}"),
    )
}

fn done(at: u32, item: &str) -> String {
    frame(
        "response.output_item.done",
        &format!("\"output_index\":{at},\"item\":{item}"),
    )
}

fn begun(at: u32) -> String {
    added(
        at,
        &format!(
            r#"{{"type":"message","id":"msg_{at}","status":"in_progress","role":"assistant","content":[]}}"#
        ),
    ) + &frame(
        "response.content_part.added",
        &format!(
            r#""item_id":"msg_{at}","output_index":{at},"content_index":0,"part":{{"type":"output_text","text":"","annotations":[]}}"#
        ),
    )
}

fn said(at: u32, text: &str) -> String {
    frame(
        "response.output_text.delta",
        &format!(r#""item_id":"msg_{at}","output_index":{at},"content_index":0,"delta":"{text}""#),
    )
}

fn message(at: u32, deltas: &[&str]) -> String {
    let pieces: String = deltas.iter().map(|text| said(at, text)).collect();
    let text = deltas.concat();
    let part =
        format!(r#"{{"type":"output_text","text":"{text}","annotations":[],"logprobs":[]}}"#);
    let place = format!(r#""item_id":"msg_{at}","output_index":{at},"content_index":0"#);
    [
        begun(at),
        pieces,
        frame("response.output_text.done", &format!(r#"{place},"text":"{text}""#)),
        frame("response.content_part.done", &format!(r#"{place},"part":{part}"#)),
        done(at, &format!(r#"{{"type":"message","id":"msg_{at}","status":"completed","role":"assistant","content":[{part}]}}"#)),
    ]
    .concat()
}

fn refusal(at: u32, text: &str) -> String {
    let place = format!(r#""item_id":"msg_{at}","output_index":{at},"content_index":0"#);
    [
        added(at, &format!(r#"{{"type":"message","id":"msg_{at}","status":"in_progress","role":"assistant","content":[]}}"#)),
        frame("response.refusal.delta", &format!(r#"{place},"delta":"{text}""#)),
        frame("response.refusal.done", &format!(r#"{place},"refusal":"{text}""#)),
        done(
            at,
            &format!(
                r#"{{"type":"message","id":"msg_{at}","status":"incomplete","role":"assistant","content":[{{"type":"refusal","refusal":"{text}"}}]}}"#
            ),
        ),
    ]
    .concat()
}

fn thought(at: u32, deltas: &[&str]) -> String {
    let place = format!(r#""item_id":"rs_{at}","output_index":{at},"summary_index":0"#);
    let pieces: String = deltas
        .iter()
        .map(|text| {
            frame(
                "response.reasoning_summary_text.delta",
                &format!(r#"{place},"delta":"{text}""#),
            )
        })
        .collect();
    let text = deltas.concat();
    let item = |summary: &str, seal: &str| {
        format!(
            r#"{{"type":"reasoning","id":"rs_{at}","summary":[{summary}],"encrypted_content":{seal}}}"#
        )
    };
    let part = format!(r#"{{"type":"summary_text","text":"{text}"}}"#);
    [
        added(at, &item("", "null")),
        pieces,
        frame(
            "response.reasoning_summary_text.done",
            &format!(r#"{place},"text":"{text}""#),
        ),
        done(at, &item(&part, "\"c2VhbA\"")),
    ]
    .concat()
}

fn function(at: u32, name: &str, arguments: &str) -> String {
    format!(
        r#"{{"type":"function_call","id":"fc_{at}","status":"in_progress","call_id":"call_{at}","name":"{name}","arguments":"{arguments}"}}"#
    )
}

fn input(at: u32, text: &str) -> String {
    frame(
        "response.function_call_arguments.delta",
        &format!(r#""item_id":"fc_{at}","output_index":{at},"delta":"{text}""#),
    )
}

fn call(at: u32, name: &str, inputs: &[&str]) -> String {
    let pieces: String = inputs.iter().map(|text| input(at, text)).collect();
    let whole = function(at, name, &inputs.concat());
    added(at, &function(at, name, "")) + &pieces + &done(at, &whole)
}
