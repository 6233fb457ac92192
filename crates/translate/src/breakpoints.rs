//! Prompt-cache breakpoints for clients whose format has no word for them.
//!
//! Source: Anthropic, "Prompt caching": a breakpoint writes the prefix up to its block and reads the longest one written before;
//! the order is tools, system, messages.

use byokey_types::Raw;

use crate::ir::{Block, CacheMark, Kind, Request, Role, Tool};

/// Sets breakpoints behind the operator's text (or the last tool, when there is none), behind the last word of the user, and
/// behind the one before the model spoke last: at most three, so that each round reads what the one before has written.
///
/// A request with a breakpoint of its own is left as it is, and says `false`.
pub fn set(request: &mut Request) -> bool {
    if has_marks(request) {
        return false;
    }
    let head = request.head_len();
    let system = request.turns[..head]
        .iter_mut()
        .rev()
        .find_map(|turn| last_markable(&mut turn.blocks));
    match system.or_else(|| last_markable(&mut request.instructions)) {
        Some(block) => block.cache = Some(mark()),
        None => mark_last_tool(request),
    }
    let users = |range: &[crate::ir::Turn]| range.iter().rposition(|turn| turn.role == Role::User);
    let conversation = &request.turns[head..];
    let last = users(conversation);
    let spoke = conversation
        .iter()
        .rposition(|turn| turn.role == Role::Assistant);
    let before = spoke.and_then(|spoke| users(&conversation[..spoke]));
    for at in [last, before].into_iter().flatten() {
        if let Some(block) = last_markable(&mut request.turns[head + at].blocks) {
            block.cache = Some(mark());
        }
    }
    true
}

fn mark() -> CacheMark {
    let mut mark = byokey_types::RawObject::new();
    mark.set("type", Raw::string("ephemeral"));
    CacheMark(mark.to_raw())
}

fn mark_last_tool(request: &mut Request) {
    let tools = request.tools.as_deref_mut().unwrap_or_default();
    let last = tools.iter_mut().rev().find_map(|tool| match tool {
        Tool::Function { cache, .. } => Some(cache),
        Tool::Custom { .. } | Tool::Hosted { .. } => None,
    });
    if let Some(cache) = last {
        *cache = Some(mark());
    }
}

fn has_marks(request: &Request) -> bool {
    let marked = |blocks: &[Block]| blocks.iter().any(|block| block.cache.is_some());
    let tools = request
        .tools()
        .iter()
        .any(|tool| matches!(tool, Tool::Function { cache: Some(_), .. }));
    tools || marked(&request.instructions) || request.turns.iter().any(|turn| marked(&turn.blocks))
}

/// The last block that may carry a breakpoint: neither reasoning nor an empty text.
fn last_markable(blocks: &mut [Block]) -> Option<&mut Block> {
    blocks.iter_mut().rev().find(|block| match &block.kind {
        Kind::Text { text, .. } => !text.is_empty(),
        Kind::Media(_) | Kind::ToolCall(_) | Kind::ToolResult(_) => true,
        Kind::Reasoning(_) | Kind::Refusal { .. } | Kind::Native { .. } => false,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use byokey_types::Format;
    use bytes::Bytes;
    use pretty_assertions::assert_eq;
    use serde_json::{Value, json};

    use crate::{Target, codec::codec};

    /// Where the marks are in what an Anthropic upstream gets.
    fn marks(body: &Value) -> Vec<String> {
        let body = Bytes::from(body.to_string());
        let mut request = codec(Format::OpenAiChat)
            .decode_request(&body)
            .unwrap()
            .value;
        super::set(&mut request);
        let target = Target::messages(&byokey_types::ModelRow::unknown("m"), None);
        let encoded = codec(Format::AnthropicMessages)
            .encode_request(&request, &target)
            .unwrap();
        assert!(encoded.losses.is_empty(), "{:?}", encoded.losses);
        let mut found = Vec::new();
        walk(
            &serde_json::from_slice(&encoded.body).unwrap(),
            "",
            &mut found,
        );
        found
    }

    fn walk(value: &Value, path: &str, found: &mut Vec<String>) {
        if value.get("cache_control") == Some(&json!({"type": "ephemeral"})) {
            found.push(path.to_owned());
        }
        match value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(at, item)| walk(item, &format!("{path}/{at}"), found)),
            Value::Object(members) => members
                .iter()
                .for_each(|(key, item)| walk(item, &format!("{path}/{key}"), found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn each_round_reads_what_the_one_before_has_written() {
        let tool = json!({"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}});
        let call = |id: &str| json!({"role": "assistant", "tool_calls": [{"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}}]});
        let result = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": "r"});
        let (system, user) = (
            json!({"role": "system", "content": "s"}),
            json!({"role": "user", "content": "u"}),
        );
        let rows = [
            (json!([user]), vec!["/messages/0/content/0", "/tools/0"]),
            (
                json!([system, user]),
                vec!["/messages/0/content/0", "/system/0"],
            ),
            (
                json!([system, user, call("a"), result("a")]),
                vec![
                    "/messages/0/content/0",
                    "/messages/2/content/0",
                    "/system/0",
                ],
            ),
            (
                json!([system, user, call("a"), result("a"), call("b"), result("b")]),
                vec![
                    "/messages/2/content/0",
                    "/messages/4/content/0",
                    "/system/0",
                ],
            ),
        ];
        for (messages, expected) in rows {
            let body =
                json!({"model": "m", "max_tokens": 9, "messages": messages, "tools": [tool]});
            let mut found = marks(&body);
            found.sort();
            assert_eq!(found, expected, "{body}");
        }
    }

    #[test]
    fn a_clients_own_marks_are_respected() {
        let own = json!({"model": "m", "max_tokens": 9, "messages": [
            {"role": "user", "content": [{"type": "text", "text": "u", "cache_control": {"type": "ephemeral"}}]},
            {"role": "assistant", "content": "a"},
            {"role": "user", "content": "v"},
        ]});
        assert_eq!(marks(&own), ["/messages/0/content/0"]);
    }
}
