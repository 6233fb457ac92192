//! What a provider speaks and where, and what holds for all its models.

use byokey_provider::Registry;
use byokey_types::{
    Format,
    model::{CallIds, ReasoningField, ReasoningReplay},
};
use pretty_assertions::assert_eq;

use super::{build, config, urls};

#[test]
fn the_most_telling_format_comes_first() {
    use Format::{
        AnthropicMessages as Messages, Gemini, OpenAiChat as Chat, OpenAiResponses as Responses,
    };
    let registry = build(&[config("ollama"), config("github-models")], &[], &[]).unwrap();
    let rows: [(&str, &[Format]); 10] = [
        ("claude", &[Messages]),
        ("codex", &[Responses, Chat]),
        ("gemini", &[Gemini, Chat]),
        ("xai", &[Responses, Chat]),
        ("deepseek", &[Chat, Messages]),
        ("groq", &[Chat, Responses]),
        ("mistral", &[Chat]),
        ("openrouter", &[Chat, Responses, Messages]),
        ("minimax", &[Messages, Chat]),
        ("ollama", &[Chat, Responses, Messages]),
    ];
    for (provider, expected) in rows {
        assert_eq!(formats(&registry, provider), expected, "{provider}");
    }
    assert_eq!(
        urls(&registry, "gemini"),
        [
            "https://generativelanguage.googleapis.com/v1beta/models/m:generateContent",
            "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions"
        ]
    );
    // a variable that is set for other reasons makes no provider
    assert!(
        build(&[], &["GITHUB_TOKEN"], &[])
            .unwrap()
            .provider("github-models")
            .is_none()
    );
}

#[test]
fn one_base_url_serves_every_format_of_the_sandbox() {
    for base in ["http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1/"] {
        let mut sandbox = config("sandbox");
        sandbox.base_url = Some(base.into());
        let registry = build(&[sandbox], &[], &[]).unwrap();
        assert_eq!(
            urls(&registry, "sandbox"),
            [
                "http://127.0.0.1:1/v1/chat/completions",
                "http://127.0.0.1:1/v1/messages",
                "http://127.0.0.1:1/v1/responses",
                "http://127.0.0.1:1/v1beta/models/m:generateContent"
            ]
        );
    }
    let mut gemini = config("gemini");
    gemini.base_url = Some("http://127.0.0.1:1/v1beta".into());
    assert_eq!(
        urls(&build(&[gemini], &[], &[]).unwrap(), "gemini"),
        [
            "http://127.0.0.1:1/v1beta/models/m:generateContent",
            "http://127.0.0.1:1/v1beta/openai/chat/completions"
        ]
    );
}

#[test]
fn what_a_provider_says_holds_for_models_without_a_row() {
    let registry = build(&[], &[], &[]).unwrap();
    let row = |provider: &str, model: &str| {
        let row = registry.provider(provider).unwrap().model_or_unknown(model);
        (
            row.call_ids,
            row.include_usage,
            row.reasoning_field,
            row.reasoning_replay,
        )
    };
    assert_eq!(
        row("mistral", "new"),
        (
            Some(CallIds::NineAlphanumeric),
            Some(false),
            None,
            ReasoningReplay::Never
        )
    );
    let deepseek = (
        None,
        None,
        Some(ReasoningField::Thinking),
        ReasoningReplay::Required,
    );
    assert_eq!(row("deepseek", "new"), deepseek);
    assert_eq!(row("deepseek", "deepseek-v4-pro"), deepseek);
    assert_eq!(
        row("openrouter", "a/b"),
        (
            None,
            None,
            Some(ReasoningField::Reasoning),
            ReasoningReplay::Accepted
        )
    );
}

#[test]
fn protocols_and_bases_replace_those_of_the_manifest() {
    let mut both = config("openrouter");
    both.protocols = vec![Format::AnthropicMessages];
    let registry = build(&[both.clone()], &[], &[]).unwrap();
    assert_eq!(
        urls(&registry, "openrouter"),
        ["https://openrouter.ai/api/v1/messages"]
    );
    both.protocols.insert(0, Format::OpenAiResponses);
    both.base_url = Some("http://127.0.0.1:1/v1".into());
    let registry = build(&[both], &[], &[]).unwrap();
    assert_eq!(
        urls(&registry, "openrouter"),
        [
            "http://127.0.0.1:1/v1/responses",
            "http://127.0.0.1:1/v1/messages"
        ]
    );
}

/// The formats of a provider, best first.
fn formats(registry: &Registry, provider: &str) -> Vec<Format> {
    let provider = registry.provider(provider).unwrap();
    let endpoints = provider.endpoints.iter();
    endpoints.map(|endpoint| endpoint.protocol()).collect()
}
