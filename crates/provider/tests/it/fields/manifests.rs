//! What the manifests know of their upstreams, and where the user's rules come in.

use byokey_provider::{Candidate, FieldChange, Registry};
use byokey_types::{AccountKind, Format, ModelName};
use bytes::Bytes;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{changes, rules, said};
use crate::registry::{build, config, custom};

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
    account.kind = AccountKind::Login;
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
