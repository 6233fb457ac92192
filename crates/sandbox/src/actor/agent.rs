//! The models `agent` and `agent-think`: a coding agent with one plan, whatever tools its client offers.
//!
//! The plan is to write [`FILE`], to run a command that reads it, and to say so. How far it has come is read from the
//! conversation: the calls that it made, and what the command can only have printed when it really ran.

use serde_json::{Value, json};

use super::{calls, structured, text};
use crate::{
    ask::{Ask, Choice, Output, Tool},
    scene::{Block, Stop},
    schema,
};

const FILE: &str = "hello.txt";
const CONTENT: &str = "proxied hello";
/// Reads the file, and prints [`RAN`], which its own text does not contain.
const COMMAND: &str = "cat hello.txt && printf AGENT-SHELL-%d 42";
const ORDERED: &str = "AGENT-SHELL-%d";
const RAN: &str = "AGENT-SHELL-42";
const DONE: &str = "AGENT-DONE all steps finished.";

/// Names of tools that write a file.
const WRITERS: [&str; 3] = ["write", "write_file", "create_file"];
/// Names of tools that run a command.
const SHELLS: [&str; 6] = [
    "bash",
    "exec_command",
    "run_shell_command",
    "shell_command",
    "shell",
    "local_shell",
];
const PATHS: [&str; 3] = ["file_path", "filePath", "path"];
const COMMANDS: [&str; 2] = ["command", "cmd"];
/// Where a tool that takes free text takes it once a translation has made a function of it.
const TEXTS: [&str; 3] = ["input", "patchText", "patch"];

/// The next step of the plan, or its end.
pub(super) fn act(ask: &Ask<'_>, body: &Value) -> (Vec<Block>, Stop) {
    if ask.tools.is_empty() || ask.choice == Choice::None {
        let said = match ask.output {
            Output::Text => "A file and a shell".to_owned(),
            Output::Json | Output::Schema(_) => structured(ask),
        };
        return (vec![text(said)], Stop::End);
    }
    if matches!(ask.choice, Choice::Named(_)) {
        return calls(ask, 1);
    }
    let step = if says(body, RAN) {
        return (vec![text(DONE)], Stop::End);
    } else if says(body, ORDERED) {
        let said = "AGENT-FAILED the command did not run or its output did not arrive.";
        return (vec![text(said)], Stop::End);
    } else if says(body, CONTENT) {
        run(ask, COMMAND)
    } else {
        write(ask, body)
    };
    step.map_or_else(
        || {
            let names: Vec<_> = ask.tools.iter().map(|tool| tool.name).collect();
            let said = format!("AGENT-FAILED no tool fits among {}.", names.join(", "));
            (vec![text(said)], Stop::End)
        },
        |call| {
            (
                vec![text("I do the next step — gleich."), call],
                Stop::Tools,
            )
        },
    )
}

fn write(ask: &Ask<'_>, body: &Value) -> Option<Block> {
    if let Some(tool) = find(ask, &WRITERS) {
        let path = find_text(body, &directory).map_or_else(
            || FILE.to_owned(),
            |directory| format!("{}/{FILE}", directory.trim_end_matches('/')),
        );
        let given = [
            (PATHS.as_slice(), json!(path)),
            (&["content"], json!(CONTENT)),
        ];
        return Some(call(tool, &given));
    }
    if let Some(tool) = find(ask, &["apply_patch"]) {
        let patch = format!("*** Begin Patch\n*** Add File: {FILE}\n+{CONTENT}\n*** End Patch\n");
        return Some(free(tool, &patch));
    }
    run(ask, &format!("printf '{CONTENT}' > {FILE}"))
}

fn run(ask: &Ask<'_>, command: &str) -> Option<Block> {
    if let Some(tool) = find(ask, &SHELLS) {
        let listed = COMMANDS
            .iter()
            .any(|name| property(tool, name).is_some_and(|schema| schema["type"] == "array"));
        let command = if listed {
            json!(["bash", "-lc", command])
        } else {
            json!(command)
        };
        return Some(call(tool, &[(&COMMANDS, command)]));
    }
    let script = format!(
        "const r = await tools.exec_command({{cmd: {}}}); text(JSON.stringify(r));",
        json!(command)
    );
    find(ask, &["exec"]).map(|tool| free(tool, &script))
}

/// The offered tool with the first of these names, whatever its case and the namespace before it.
fn find<'a, 'b>(ask: &'b Ask<'a>, names: &[&str]) -> Option<&'b Tool<'a>> {
    names.iter().find_map(|wanted| {
        ask.tools.iter().find(|tool| {
            let name = tool.name.rsplit("__").next().unwrap_or(tool.name);
            let name = name.rsplit('.').next().unwrap_or(name);
            name.eq_ignore_ascii_case(wanted)
        })
    })
}

fn property<'a>(tool: &Tool<'a>, name: &str) -> Option<&'a Value> {
    tool.schema?.get("properties")?.get(name)
}

/// A call with these arguments, each under the first of its names that the tool knows; other required ones are made up.
fn call(tool: &Tool<'_>, given: &[(&[&str], Value)]) -> Block {
    let mut arguments = tool
        .schema
        .map_or_else(|| json!({}), |schema| schema::example(schema, tool.name));
    if !arguments.is_object() {
        arguments = json!({});
    }
    for (names, value) in given {
        let known = names.iter().find(|name| property(tool, name).is_some());
        let name = known.or(names.first()).copied().unwrap_or_default();
        arguments[name] = value.clone();
    }
    Block::Call {
        name: tool.name.to_owned(),
        arguments: arguments.to_string(),
    }
}

/// A call of a tool that takes free text, or would if it were not described as a function.
fn free(tool: &Tool<'_>, given: &str) -> Block {
    if TEXTS.iter().any(|name| property(tool, name).is_some()) {
        return call(tool, &[(&TEXTS, json!(given))]);
    }
    Block::Call {
        name: tool.name.to_owned(),
        arguments: json!(given).to_string(),
    }
}

fn says(value: &Value, wanted: &str) -> bool {
    find_text(value, &|text| text.contains(wanted).then_some(())).is_some()
}

/// The first thing that `look` sees in any string.
fn find_text<'a, T>(value: &'a Value, look: &impl Fn(&'a str) -> Option<T>) -> Option<T> {
    match value {
        Value::String(text) => look(text),
        Value::Array(values) => values.iter().find_map(|value| find_text(value, look)),
        Value::Object(members) => members.values().find_map(|value| find_text(value, look)),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// The directory that a prompt calls the working directory.
fn directory(prompt: &str) -> Option<&str> {
    let (before, _) = prompt.split_once("orking directory: /")?;
    let path = &prompt[before.len() + "orking directory: ".len()..];
    let end = path
        .find(|at: char| at.is_control() || matches!(at, '<' | '"'))
        .unwrap_or(path.len());
    Some(path[..end].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    /// The answer's last block: a call's name and arguments, or `text` and what it says.
    fn answer(tools: &[(&str, Value)], body: &Value) -> (String, Value) {
        let tools = tools.iter().map(|(name, schema)| Tool {
            name,
            schema: schema.is_object().then_some(schema),
        });
        let ask = Ask {
            tools: tools.collect(),
            ..Ask::default()
        };
        let (mut blocks, _) = act(&ask, body);
        match blocks.pop() {
            Some(Block::Call { name, arguments }) => {
                (name, serde_json::from_str(&arguments).unwrap_or_default())
            }
            Some(Block::Text { text, .. }) => ("text".to_owned(), json!(text)),
            other => ("neither".to_owned(), json!(format!("{other:?}"))),
        }
    }

    fn object(required: &[&str]) -> Value {
        let text = json!({"type": "string"});
        let properties: serde_json::Map<_, _> = required
            .iter()
            .map(|name| ((*name).to_owned(), text.clone()))
            .collect();
        json!({"type": "object", "properties": properties, "required": required})
    }

    #[test]
    fn the_plan_follows_the_conversation() {
        let tools = [
            ("Write", object(&["file_path", "content"])),
            ("Bash", object(&["command"])),
        ];
        let prompt = "Primary working directory: /tmp/a b\n - more";
        let ordered = json!({"arguments": json!({"command": COMMAND}).to_string()});
        let conversations = [
            json!([prompt]),
            json!([prompt, CONTENT]),
            json!([prompt, CONTENT, ordered, "denied"]),
            json!([prompt, CONTENT, ordered, "proxied hello AGENT-SHELL-42"]),
        ];
        assert_eq!(
            conversations.map(|conversation| answer(&tools, &conversation)),
            [
                (
                    "Write".to_owned(),
                    json!({"file_path": "/tmp/a b/hello.txt", "content": "proxied hello"})
                ),
                ("Bash".to_owned(), json!({"command": COMMAND})),
                (
                    "text".to_owned(),
                    json!("AGENT-FAILED the command did not run or its output did not arrive.")
                ),
                ("text".to_owned(), json!("AGENT-DONE all steps finished.")),
            ]
        );
    }

    #[test]
    fn each_client_s_tools_are_found() {
        let write = "printf 'proxied hello' > hello.txt";
        let patch = "*** Begin Patch\n*** Add File: hello.txt\n+proxied hello\n*** End Patch\n";
        let script = "const r = await tools.exec_command({cmd: \"printf 'proxied hello' > hello.txt\"}); \
                      text(JSON.stringify(r));";
        let mut list = object(&["command"]);
        list["properties"]["command"] = json!({"type": "array", "items": {"type": "string"}});
        let cases = [
            ("exec_command", object(&["cmd"]), json!({ "cmd": write })),
            ("shell", list, json!({"command": ["bash", "-lc", write]})),
            ("apply_patch", json!({"type": "string"}), json!(patch)),
            (
                "apply_patch",
                object(&["patchText"]),
                json!({ "patchText": patch }),
            ),
            ("exec", json!({"type": "string"}), json!(script)),
            (
                "functions__exec",
                object(&["input"]),
                json!({ "input": script }),
            ),
            (
                "write",
                object(&["filePath", "content"]),
                json!({"filePath": "hello.txt", "content": "proxied hello"}),
            ),
        ];
        for (name, schema, arguments) in cases {
            let tools = [("read", Value::Null), (name, schema)];
            assert_eq!(
                answer(&tools, &json!("Create it")),
                (name.to_owned(), arguments)
            );
        }
    }

    #[test]
    fn without_a_fitting_tool_it_talks() {
        let tools = [("read", Value::Null)];
        let text = |said: &str| ("text".to_owned(), json!(said));
        assert_eq!(
            [answer(&tools, &json!("hi")), answer(&[], &json!("hi"))],
            [
                text("AGENT-FAILED no tool fits among read."),
                text("A file and a shell")
            ]
        );
    }
}
