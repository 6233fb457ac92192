//! The scenarios as a `generateContent` upstream spells them.

/// The stream of a scenario, if this format can spell it.
pub(super) fn spell(name: &str) -> Option<String> {
    let text = |text: &str| chunk(&format!(r#"{{"text":"{text}"}}"#), None);
    let hello = format!("{}{}", text("hel"), text("lo"));
    let hel = text("hel");
    let end = finish("STOP");
    let read = call("read", r#"{"path":"a"}"#);
    let list = call("list", r#"{"n":1.0e2}"#);
    let error = |code: u32, status: &str| {
        frame(&format!(
            r#"{{"error":{{"code":{code},"message":"no","status":"{status}"}}}}"#
        ))
    };
    Some(match name {
        // nothing but the end of the bytes ends this format's streams
        "text" | "end marker missing" => format!("{hello}{end}"),
        "multi-byte" => format!("{}{}{end}", text("grü"), text(r"\u00dfe \ud83d\ude00")),
        "half a surrogate pair" => format!("{}{}{end}", text("x"), text(r"\ud83d")),
        "nothing said" => end,
        "reasoning then text" => {
            let thought =
                |text: &str| chunk(&format!(r#"{{"text":"{text}","thought":true}}"#), None);
            format!(
                "{}{}{}{end}",
                thought("let me "),
                thought("see"),
                text("hello")
            )
        }
        "usage absent" => format!("{hello}{}", end.replace(USAGE, "")),
        "usage null" => {
            let null = r#","usageMetadata":null"#;
            format!("{hello}{end}").replace(USAGE, null)
        }
        "unknown events and members" => {
            let unknown = format!("event: dream\n{}", frame(r#"{"xNew":1,"candidates":[]}"#));
            format!("{unknown}{hello}{unknown}{end}").replace(
                "\"index\":0",
                "\"xNew\":{\"error\":null,\"finishReason\":\"SAFETY\"},\"index\":0",
            )
        }
        "comments and pings" => format!(": hi\n\n{}: hi\n\n{}: hi\n\n{end}", hel, text("lo")),
        "carriage returns" => format!("{hello}{end}").replace('\n', "\r\n"),
        "last blank line missing" => format!("{hello}{end}").trim_end().to_owned(),
        // what guests add that know the marker from another format
        "end marker twice" => format!("{hello}{end}{DONE}{DONE}"),
        "frames behind the end" => format!("{hello}{end}{DONE}{hello}{}", error(500, "INTERNAL")),
        "stop reason missing" => {
            format!(
                "{hello}{}{DONE}",
                end.replace(",\"finishReason\":\"STOP\"", "")
            )
        }
        "end marker twice within usage" => format!("{hello}{}{end}", end.replace(USAGE, "")),
        "max tokens" => format!("{hel}{}", finish("MAX_TOKENS")),
        "refusal" => format!("{}{}", text("no"), finish("SAFETY")),
        // calls have no ids unless a client gave them some
        "one tool" | "id missing" => format!("{read}{end}"),
        "text then tool" => format!("{hello}{read}{end}"),
        "empty tool input" => {
            let bare = r#"{"functionCall":{"name":"now"}}"#;
            format!("{}{end}", chunk(bare, None))
        }
        "input in one piece" => {
            format!("{}{end}", read.replace("\"name\"", "\"id\":\"x\",\"name\""))
        }
        "parallel tools" => format!("{read}{list}{end}"),
        "name never said" => format!("{}{end}", call("", r#"{"path":"a"}"#)),
        "nothing at all" => String::new(),
        "cut within text" => hel,
        "cut within a frame" => {
            let cut = text("lo");
            format!("{hel}{}", &cut[..cut.len() - 9])
        }
        "frame that is no JSON" => format!("{hel}{}", frame("<html>")),
        "frame that is no object" => format!("{hel}{}", frame("[1]")),
        "overloaded within" => format!("{hel}{}", error(503, "UNAVAILABLE")),
        "rate limit at once" => error(429, "RESOURCE_EXHAUSTED"),
        "invalid request at once" => error(400, "INVALID_ARGUMENT"),
        "credential refused at once" => error(401, "UNAUTHENTICATED"),
        "unknown error within" => format!("{hel}{}{end}", error(418, "GREMLIN")),
        _ => return None,
    })
}

const DONE: &str = "data: [DONE]\n\n";

const USAGE: &str =
    r#","usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":3,"totalTokenCount":10}"#;

fn frame(data: &str) -> String {
    format!("data: {data}\n\n")
}

fn chunk(part: &str, finish: Option<&str>) -> String {
    let finish = finish.map(|word| format!(",\"finishReason\":\"{word}\""));
    let (finish, usage) = match finish {
        Some(finish) => (finish, USAGE),
        None => (String::new(), ""),
    };
    frame(&format!(
        "{{\"candidates\":[{{\"content\":{{\"parts\":[{part}],\"role\":\"model\"}}{finish},\"index\":0}}]{usage},\
         \"modelVersion\":\"m\",\"responseId\":\"r\"}}"
    ))
}

fn finish(word: &str) -> String {
    chunk(r#"{"text":""}"#, Some(word))
}

fn call(name: &str, args: &str) -> String {
    let part = format!(r#"{{"functionCall":{{"name":"{name}","args":{args}}}}}"#);
    chunk(&part, None)
}
