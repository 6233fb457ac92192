//! The scenarios as a Chat Completions upstream spells them.

/// The stream of a scenario, if this format can spell it.
pub(super) fn spell(name: &str) -> Option<String> {
    let text = |text: &str| delta(&format!(r#"{{"content":"{text}"}}"#));
    let role = delta(r#"{"role":"assistant","content":""}"#);
    let hello = format!("{role}{}{}", text("hel"), text("lo"));
    let hel = format!("{role}{}", text("hel"));
    let end = format!("{}{USAGE}{DONE}", finish("stop"));
    let tools = format!("{}{USAGE}{DONE}", finish("tool_calls"));
    let read = |index| {
        begin(index, "read", "") + &input(index, r#"{\"pa"#) + &input(index, r#"th\":\"a\"}"#)
    };
    let list =
        |index| begin(index, "list", "") + &input(index, r#"{\"n\":1"#) + &input(index, ".0e2}");
    let error = |kind: &str, code: &str| {
        format!(
            "data: {{\"error\":{{\"message\":\"no\",\"type\":\"{kind}\",\"code\":{code},\"param\":null}}}}\n\n"
        )
    };
    Some(match name {
        "text" => format!("{hello}{end}"),
        "multi-byte" => format!(
            "{role}{}{}{end}",
            text("grü"),
            text(r"\u00dfe \ud83d\ude00")
        ),
        "half a surrogate pair" => format!("{role}{}{}{end}", text("x"), text(r"\ud83d")),
        "nothing said" => format!("{role}{end}"),
        "reasoning then text" => {
            let thought = |text: &str| delta(&format!(r#"{{"reasoning_content":"{text}"}}"#));
            format!(
                "{role}{}{}{}{end}",
                thought("let me "),
                thought("see"),
                text("hello")
            )
        }
        "usage absent" => format!("{hello}{}{DONE}", finish("stop")),
        "usage null" => format!("{hello}{}{DONE}", finish("stop"))
            .replace("\"choices\"", "\"usage\":null,\"choices\""),
        "unknown events and members" => {
            let unknown = "event: dream\ndata: {\"x_new\":1,\"choices\":[]}\n\n";
            format!("{unknown}{hello}{unknown}{end}")
                .replace("\"index\":0", "\"x_new\":{\"error\":null},\"index\":0")
        }
        "comments and pings" => format!(
            ": OPENROUTER PROCESSING\n\n{role}: hi\n\n{}{}: hi\n\n{end}",
            text("hel"),
            text("lo")
        ),
        "carriage returns" => format!("{hello}{end}").replace('\n', "\r\n"),
        "end marker missing" => format!("{hello}{}{USAGE}", finish("stop")),
        "last blank line missing" => format!("{hello}{end}").trim_end().to_owned(),
        "end marker twice" => format!("{hello}{end}{DONE}"),
        "end marker twice within usage" => {
            format!("{hello}{}{}{USAGE}{DONE}", finish("stop"), finish("stop"))
        }
        "frames behind the end" => format!("{hello}{end}{hello}{}", error("server_error", "null")),
        "stop reason missing" => format!("{hello}{USAGE}{DONE}"),
        "max tokens" => format!("{hel}{}{USAGE}{DONE}", finish("length")),
        "refusal" => {
            let refused = delta(r#"{"refusal":"no"}"#);
            format!("{role}{refused}{}{USAGE}{DONE}", finish("content_filter"))
        }
        "one tool" => format!("{role}{}{tools}", read(0)),
        "text then tool" => format!("{hello}{}{tools}", read(0)),
        "empty tool input" => format!("{role}{}{}{tools}", begin(0, "now", ""), input(0, "")),
        "input in one piece" => format!("{role}{}{tools}", begin(0, "read", r#"{\"path\":\"a\"}"#)),
        "parallel tools" => format!("{role}{}{}{tools}", read(0), list(1)),
        "interleaved tools" => [
            role,
            begin(0, "read", ""),
            input(0, r#"{\"pa"#),
            begin(1, "list", r#"{\"n\":1"#),
            input(0, r#"th\":\"a\"}"#),
            input(1, ".0e2}"),
            tools,
        ]
        .concat(),
        "name repeated as nothing" => {
            let unnamed = |name: &str| {
                input(0, r#"th\":\"a\"}"#)
                    .replace("\"arguments\"", &format!("\"name\":{name},\"arguments\""))
            };
            format!(
                "{role}{}{}{}{}{tools}",
                begin(0, "read", ""),
                input(0, r#"{\"pa"#),
                unnamed("null"),
                input(0, "").replace("\"arguments\"", "\"name\":\"\",\"arguments\"")
            )
        }
        "id missing" => format!("{role}{}{tools}", read(0).replace("\"id\":\"call_0\",", "")),
        "name never said" => format!(
            "{role}{}{tools}",
            read(0).replace("\"name\":\"read\"", "\"name\":\"\"")
        ),
        "nothing at all" => String::new(),
        "cut within text" => hel,
        "cut within a frame" => {
            let cut = text("lo");
            format!("{hel}{}", &cut[..cut.len() - 9])
        }
        "cut within tool input" => {
            format!("{role}{}{}", begin(0, "read", ""), input(0, r#"{\"pa"#))
        }
        "frame that is no JSON" => format!("{hel}data: <html>\n\n"),
        "frame that is no object" => format!("{hel}data: [1]\n\n"),
        "overloaded within" => format!("{hel}{}", error("overloaded_error", "503")),
        "rate limit at once" => error("requests", "\"rate_limit_exceeded\""),
        "invalid request at once" => error("invalid_request_error", "null"),
        "credential refused at once" => error("authentication_error", "\"invalid_api_key\""),
        "unknown error within" => format!("{hel}{}{DONE}", error("gremlin_error", "null")),
        _ => return None,
    })
}

const DONE: &str = "data: [DONE]\n\n";

const USAGE: &str = concat!(
    r#"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"#,
    r#""usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}"#,
    "\n\n"
);

fn delta(delta: &str) -> String {
    chunk(delta, "null")
}

fn finish(reason: &str) -> String {
    chunk("{}", &format!("\"{reason}\""))
}

fn chunk(delta: &str, reason: &str) -> String {
    format!(
        "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\
         \"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{reason}}}]}}\n\n"
    )
}

fn begin(index: u32, name: &str, input: &str) -> String {
    delta(&format!(
        r#"{{"tool_calls":[{{"index":{index},"id":"call_{index}","type":"function","function":{{"name":"{name}","arguments":"{input}"}}}}]}}"#
    ))
}

fn input(index: u32, text: &str) -> String {
    delta(&format!(
        r#"{{"tool_calls":[{{"index":{index},"function":{{"arguments":"{text}"}}}}]}}"#
    ))
}
