//! What upstreams take of a body: the rules, and what the manifests say.

use byokey_provider::{
    Candidate, FieldChange, FieldChangeKind, Patched, Registry,
    fields::{self, Patch},
};
use byokey_types::{FieldRules, Format, ModelName};
use bytes::Bytes;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::registry::{build, config, custom};

fn rules(rules: Value) -> FieldRules {
    serde_json::from_value(rules).unwrap()
}

fn changes(dropped: &[&str], approximated: &[&str]) -> Vec<FieldChange> {
    let change = |what| {
        move |path: &&str| FieldChange {
            path: (*path).to_owned(),
            what,
        }
    };
    let dropped = dropped.iter().map(change(FieldChangeKind::Dropped));
    dropped
        .chain(
            approximated
                .iter()
                .map(change(FieldChangeKind::Approximated)),
        )
        .collect()
}

/// The text of the body, and what was lost on the way.
fn said(patched: Patched) -> (String, Vec<FieldChange>) {
    let text = String::from_utf8(patched.body.concat()).unwrap();
    (text, patched.changes)
}

fn applied(rule: Value, body: &str) -> (String, Vec<FieldChange>) {
    let patch = Patch::new(&rules(rule));
    let body = vec![Bytes::from(body.to_owned())];
    said(fields::apply([&patch], Format::OpenAiChat, body))
}

fn candidate(registry: &Registry, model: &str) -> Candidate {
    let name = ModelName::parse(model).unwrap();
    registry.resolve(&name).unwrap().candidates.remove(0)
}

fn patched(
    registry: &Registry,
    model: &str,
    format: Format,
    body: &str,
) -> (String, Vec<FieldChange>) {
    let body = vec![Bytes::from(body.to_owned())];
    said(candidate(registry, model).patch(format, body))
}

#[test]
fn every_kind_of_rule() {
    let rows = [
        // deny
        (
            json!({"deny": ["a"]}),
            r#"{"a":1,"b" : 1.0e2}"#,
            r#"{"b":1.0e2}"#,
            changes(&["a"], &[]),
        ),
        (
            json!({"deny": ["a.b"]}),
            r#"{"a":{"b":1,"c":[ 1 ]}}"#,
            r#"{"a":{"c":[ 1 ]}}"#,
            changes(&["a.b"], &[]),
        ),
        (
            json!({"deny": ["m.*.name"]}),
            r#"{"m":[{"name":"x","c":"\u00e9"},{"c":1},{"name":"y"}]}"#,
            r#"{"m":[{"c":"\u00e9"},{"c":1},{}]}"#,
            changes(&["m.*.name"], &[]),
        ),
        (
            json!({"deny": ["m.*(user).name"]}),
            r#"{"m":[{"role":"user","name":"x"},{"role":"tool","name":"x"}]}"#,
            r#"{"m":[{"role":"user"},{"role":"tool","name":"x"}]}"#,
            changes(&["m.*.name"], &[]),
        ),
        // a part of the body that is left empty goes, and what says how tools are used goes with them
        (
            json!({"deny": ["reasoning.effort"]}),
            r#"{"reasoning":{"effort":"low"},"x":{}}"#,
            r#"{"x":{}}"#,
            changes(&["reasoning.effort"], &[]),
        ),
        (
            json!({"deny": ["tools.*(x_search)"]}),
            r#"{"tools":[{"type":"x_search"}],"tool_choice":"auto","parallel_tool_calls":true}"#,
            "{}",
            changes(&["tools.*", "tool_choice", "parallel_tool_calls"], &[]),
        ),
        // of a member that is there twice, both
        (
            json!({"deny": ["a.b"]}),
            r#"{"a":{"b":1,"c":1},"a":{"b":2,"c":2}}"#,
            r#"{"a":{"c":1},"a":{"c":2}}"#,
            changes(&["a.b"], &[]),
        ),
        // allow
        (
            json!({"allow": ["model", "reasoning.effort"]}),
            r#"{"model":"m","x":1,"reasoning":{"effort":"low","summary":"auto"},"y":{"effort":1}}"#,
            r#"{"model":"m","reasoning":{"effort":"low"}}"#,
            changes(&["x", "reasoning.summary", "y"], &[]),
        ),
        (
            json!({"allow": ["m.*.role", "m.*(tool).name"]}),
            r#"{"m":[{"role":"tool","name":"n","x":1},{"role":"user","name":"n"}]}"#,
            r#"{"m":[{"role":"tool","name":"n"},{"role":"user"}]}"#,
            changes(&["m.*.x", "m.*.name"], &[]),
        ),
        (
            json!({"allow": ["a"], "deny": ["a.b"]}),
            r#"{"a":{"b":1,"c":1}}"#,
            r#"{"a":{"c":1}}"#,
            changes(&["a.b"], &[]),
        ),
        // rename
        (
            json!({"rename": {"a": "b"}}),
            r#"{"a":1e0,"c":1}"#,
            r#"{"c":1,"b":1e0}"#,
            changes(&[], &[]),
        ),
        (
            json!({"rename": {"a": "b"}}),
            r#"{"a":1,"b":2}"#,
            r#"{"b":2}"#,
            changes(&["a"], &[]),
        ),
        (
            json!({"rename": {"a": "o.b"}}),
            r#"{"a":1}"#,
            r#"{"o":{"b":1}}"#,
            changes(&[], &[]),
        ),
        (
            json!({"rename": {"a": "b"}, "allow": ["b"]}),
            r#"{"a":1}"#,
            r#"{"b":1}"#,
            changes(&[], &[]),
        ),
        // force, default
        (
            json!({"force": {"s": true}}),
            r#"{"s":false}"#,
            r#"{"s":true}"#,
            changes(&[], &["s"]),
        ),
        (
            json!({"force": {"s": true}}),
            "{}",
            r#"{"s":true}"#,
            changes(&[], &[]),
        ),
        (
            json!({"force": {"s": true}, "allow": ["a"]}),
            r#"{"a":1,"s":false}"#,
            r#"{"a":1,"s":true}"#,
            changes(&["s"], &[]),
        ),
        (
            json!({"default": {"o.s": ""}}),
            r#"{"o":{"s":"x"}}"#,
            r#"{"o":{"s":"x"}}"#,
            changes(&[], &[]),
        ),
        (
            json!({"default": {"o.s": []}}),
            "{}",
            r#"{"o":{"s":[]}}"#,
            changes(&[], &[]),
        ),
        // append
        (
            json!({"append": {"i": ["x", "y"]}}),
            r#"{"i":["y","z"]}"#,
            r#"{"i":["y","z","x"]}"#,
            changes(&[], &[]),
        ),
        (
            json!({"append": {"i": ["x"]}}),
            r#"{"i":null}"#,
            r#"{"i":["x"]}"#,
            changes(&[], &[]),
        ),
        (
            json!({"append": {"i": ["x"]}}),
            r#"{"i":5}"#,
            r#"{"i":5}"#,
            changes(&[], &[]),
        ),
    ];
    for (rule, body, expected, changes) in rows {
        assert_eq!(
            applied(rule.clone(), body),
            (expected.to_owned(), changes),
            "{rule} {body}"
        );
    }
}

#[test]
fn a_body_that_no_rule_is_about_keeps_its_bytes() {
    let rule = json!({
        "allow": ["a", "m.*.role", "s", "i"],
        "deny": ["a.b.c", "m.*.name"],
        "rename": {"x": "y"},
        "force": {"s": true},
        "default": {"s": false},
        "append": {"i": ["x"]},
    });
    let patch = Patch::new(&rules(rule));
    let bodies = [
        "{ \"a\" : {\"b\":[1, 2]} ,\n \"m\":[ {\"role\": \"user\"}, 5 ], \"s\":true, \"i\":[ \"x\" ] }",
        "[]",
        "no json",
        "",
    ];
    for body in bodies {
        // in pieces they stay the pieces they were
        let (head, tail) = body.split_at(body.len() / 2);
        let pieces = vec![
            Bytes::copy_from_slice(head.as_bytes()),
            Bytes::copy_from_slice(tail.as_bytes()),
        ];
        let places: Vec<_> = pieces.iter().map(|piece| piece.as_ptr()).collect();
        let patched = fields::apply([&patch], Format::OpenAiChat, pieces);
        assert_eq!(patched.changes, []);
        let after: Vec<_> = patched.body.iter().map(|piece| piece.as_ptr()).collect();
        assert_eq!(after, places);
        assert_eq!(patched.body.concat(), body.as_bytes());
    }
    let (head, tail) = (
        Bytes::from_static(b"{\"x\""),
        Bytes::from_static(b":1,\"s\":true,\"i\":[\"x\"]}"),
    );
    let patched = fields::apply([&patch], Format::OpenAiChat, vec![head, tail]);
    assert_eq!(
        said(patched),
        (r#"{"s":true,"i":["x"]}"#.to_owned(), changes(&["y"], &[]))
    );
}

#[test]
fn both_spellings_of_googles_are_one() {
    let patch = Patch::new(&rules(
        json!({"allow": ["contents", "generationConfig.topK"]}),
    ));
    let body = r#"{"contents":[],"generation_config":{"top_k":1,"seed":2}}"#;
    let patch = |format| said(fields::apply([&patch], format, vec![Bytes::from(body)]));
    assert_eq!(
        patch(Format::Gemini),
        (
            r#"{"contents":[],"generation_config":{"top_k":1}}"#.to_owned(),
            changes(&["generation_config.seed"], &[])
        )
    );
    assert_eq!(
        patch(Format::OpenAiChat),
        (
            r#"{"contents":[]}"#.to_owned(),
            changes(&["generation_config"], &[])
        )
    );
}

/// The work grows with the body, not with its square; and however many places change, each is told once.
#[test]
fn a_long_conversation_is_walked_once() {
    let message = r#"{"role":"user","name":"n","content":"c"},"#;
    let body = format!(
        r#"{{"messages":[{}{{"role":"user"}}]}}"#,
        message.repeat(50_000)
    );
    let (text, lost) = applied(json!({"deny": ["messages.*.name"]}), &body);
    assert_eq!(text.len(), body.len() - 50_000 * r#""name":"n","#.len());
    assert_eq!(lost, changes(&["messages.*.name"], &[]));
}

#[test]
fn what_the_manifests_know() {
    use Format::{AnthropicMessages, Gemini, OpenAiChat, OpenAiResponses};
    let keys = [
        "OPENAI_API_KEY",
        "XAI_API_KEY",
        "MISTRAL_API_KEY",
        "GROQ_API_KEY",
        "GEMINI_API_KEY",
        "DEEPSEEK_API_KEY",
        "MOONSHOT_API_KEY",
        "CEREBRAS_API_KEY",
        "ANTHROPIC_API_KEY",
    ];
    let registry = build(&[], &keys, &[]).unwrap();
    let rows = [
        // M21
        (
            "deepseek/deepseek-v4-pro",
            AnthropicMessages,
            r#"{"model":"m","messages":[],"max_tokens":1,"context_management":{},"speed":"fast","thinking":{}}"#,
            r#"{"model":"m","messages":[],"max_tokens":1,"thinking":{}}"#,
            changes(&["context_management", "speed"], &[]),
        ),
        (
            "claude/claude-sonnet-4-6",
            AnthropicMessages,
            r#"{ "context_management":{}, "speed":"fast", "temperature":0.5 }"#,
            r#"{ "context_management":{}, "speed":"fast", "temperature":0.5 }"#,
            changes(&[], &[]),
        ),
        // C10
        (
            "claude/claude-opus-5",
            AnthropicMessages,
            r#"{"messages":[],"temperature":0.5,"top_p":1}"#,
            r#"{"messages":[]}"#,
            changes(&["temperature", "top_p"], &[]),
        ),
        (
            "codex/gpt-4.1",
            OpenAiResponses,
            r#"{"input":"x","temperature":0.5,"previous_response_id":"r","unheard_of":1}"#,
            r#"{"input":"x","temperature":0.5,"previous_response_id":"r","unheard_of":1}"#,
            changes(&[], &[]),
        ),
        (
            "mistral/m",
            OpenAiChat,
            r#"{"model":"m","messages":[{"role":"user","content":"x","name":"u"},{"role":"assistant","content":"y","reasoning_content":"r"},{"role":"tool","name":"t","tool_call_id":"123456789","content":"z"}],"max_completion_tokens":9,"seed":7,"stream":true,"stream_options":{"include_usage":true},"logit_bias":{}}"#,
            r#"{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"},{"role":"tool","name":"t","tool_call_id":"123456789","content":"z"}],"stream":true,"max_tokens":9,"random_seed":7}"#,
            changes(
                &[
                    "messages.*.name",
                    "messages.*.reasoning_content",
                    "stream_options",
                    "logit_bias",
                ],
                &[],
            ),
        ),
        (
            "groq/m",
            OpenAiChat,
            r#"{"messages":[{"role":"user","name":"u"}],"logprobs":true,"n":2}"#,
            r#"{"messages":[{"role":"user"}],"n":2}"#,
            changes(&["messages.*.name", "logprobs"], &[]),
        ),
        (
            "grok/grok-4.6",
            OpenAiResponses,
            r#"{"input":[],"safety_identifier":"s","stop":["x"],"presence_penalty":0,"tools":[{"type":"web_search","external_web_access":true}],"reasoning":{"effort":"low"}}"#,
            r#"{"input":[],"tools":[{"type":"web_search"}],"reasoning":{"effort":"low"}}"#,
            changes(
                &[
                    "safety_identifier",
                    "stop",
                    "tools.*.external_web_access",
                    "presence_penalty",
                ],
                &[],
            ),
        ),
        (
            "grok/grok-build-0.1",
            OpenAiChat,
            r#"{"messages":[],"reasoning_effort":"low"}"#,
            r#"{"messages":[]}"#,
            changes(&["reasoning_effort"], &[]),
        ),
        (
            "gemini/gemini-3.6-flash",
            Gemini,
            r#"{"contents":[],"system_instruction":{"parts":[]},"labels":{"a":"b"}}"#,
            r#"{"contents":[],"system_instruction":{"parts":[]}}"#,
            changes(&["labels"], &[]),
        ),
        (
            "moonshot/kimi-k2.7-code",
            OpenAiChat,
            r#"{"messages":[],"temperature":1,"n":1}"#,
            r#"{"messages":[]}"#,
            changes(&["temperature", "n"], &[]),
        ),
        (
            "moonshot/moonshot-v1-8k",
            OpenAiChat,
            r#"{"messages":[],"temperature":1,"n":1}"#,
            r#"{"messages":[],"temperature":1,"n":1}"#,
            changes(&[], &[]),
        ),
        (
            "cerebras/m",
            OpenAiChat,
            r#"{"messages":[],"store":false}"#,
            r#"{"messages":[]}"#,
            changes(&["store"], &[]),
        ),
    ];
    for (model, format, body, expected, lost) in rows {
        assert_eq!(
            patched(&registry, model, format, body),
            (expected.to_owned(), lost),
            "{model}"
        );
    }
    assert!(!candidate(&registry, "codex/gpt-5.5").streams_always(OpenAiResponses));
}

/// X01, X02, R15: what the ChatGPT backend must have and must not have, once an account is a login.
#[test]
fn a_login_has_rules_of_its_own() {
    let registry = build(&[], &["OPENAI_API_KEY"], &[]).unwrap();
    let mut candidate = candidate(&registry, "codex/gpt-4.1");
    let mut account = (*candidate.account).clone();
    account.kind = byokey_types::AccountKind::Login;
    candidate.account = account.into();
    let format = Format::OpenAiResponses;
    assert!(candidate.streams_always(format));
    let patch = |body: &'static str| said(candidate.patch(format, vec![Bytes::from(body)]));
    let (text, lost) = patch(r#"{"model":"m","input":[]}"#);
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap(),
        json!({
            "model": "m", "input": [], "instructions": "", "tools": [], "store": false, "stream": true,
            "include": ["reasoning.encrypted_content"],
        })
    );
    assert_eq!(lost, changes(&[], &[]));
    let (text, lost) = patch(
        r#"{"model":"m","input":[],"instructions":"i","tools":[{}],"include":["reasoning.encrypted_content"],"store":true,"stream":false,"max_output_tokens":5,"temperature":1,"top_p":1,"user":"u","metadata":{},"truncation":"auto","prompt_cache_retention":"24h","service_tier":"priority"}"#,
    );
    assert_eq!(
        text,
        r#"{"model":"m","input":[],"instructions":"i","tools":[{}],"include":["reasoning.encrypted_content"],"store":false,"stream":true,"service_tier":"priority"}"#
    );
    assert_eq!(
        lost,
        changes(
            &[
                "max_output_tokens",
                "temperature",
                "top_p",
                "user",
                "metadata",
                "truncation",
                "prompt_cache_retention",
            ],
            &["store", "stream"],
        )
    );
}

#[test]
fn the_users_rules_come_after_the_manifests() {
    let mut mistral = config("mistral");
    mistral.fields = rules(json!({"deny": ["random_seed"], "force": {"safe_prompt": true}}));
    let mut own = custom("own", Format::OpenAiChat, &["m1"]);
    own.fields = rules(json!({"allow": ["model", "messages"]}));
    let registry = build(&[mistral, own], &["MISTRAL_API_KEY"], &[]).unwrap();
    assert_eq!(
        patched(
            &registry,
            "mistral/m",
            Format::OpenAiChat,
            r#"{"model":"m","seed":1}"#
        ),
        (
            r#"{"model":"m","safe_prompt":true}"#.to_owned(),
            changes(&["random_seed"], &[])
        )
    );
    assert_eq!(
        patched(
            &registry,
            "m1",
            Format::OpenAiChat,
            r#"{"model":"m","user":"u"}"#
        ),
        (r#"{"model":"m"}"#.to_owned(), changes(&["user"], &[]))
    );
}
