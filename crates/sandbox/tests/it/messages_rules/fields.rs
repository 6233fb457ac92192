//! Rules of single fields, cache marks and media.

use serde_json::{Value, json};

use super::{image, marked, text, user};

pub(super) fn rules() -> Vec<(Value, &'static str, Value)> {
    vec![
        (
            json!({"max_tokens": null}),
            "max_tokens: Field required",
            json!({"max_tokens": 1}),
        ),
        (
            json!({"max_tokens": 0}),
            "max_tokens: Input should be greater than or equal to 1",
            json!({"max_tokens": 1}),
        ),
        (
            json!({"max_tokens": 128_001}),
            "max_tokens: 128001 > 128000, which is the maximum allowed number of output tokens for echo",
            json!({"max_tokens": 128_000}),
        ),
        (
            json!({"max_tokens": 1.5}),
            "max_tokens: Input should be a valid integer",
            json!({"max_tokens": 2}),
        ),
        (json!({"model": null}), "model: Field required", json!({})),
        (
            json!({"frequency_penalty": 1}),
            "frequency_penalty: Extra inputs are not permitted",
            json!({"top_k": 4}),
        ),
        (
            json!({"context_management": {"edits": []}}),
            "context_management: Extra inputs are not permitted",
            json!({"service_tier": "auto"}),
        ),
        (
            json!({"metadata": {"team": "x"}}),
            "metadata.team: Extra inputs are not permitted",
            json!({"metadata": {"user_id": "u"}}),
        ),
        (
            json!({"temperature": 1.5}),
            "temperature: Input should be less than or equal to 1",
            json!({"temperature": 1}),
        ),
        (
            json!({"temperature": -0.5}),
            "temperature: Input should be greater than or equal to 0",
            json!({"temperature": 0}),
        ),
        (
            json!({"stop_sequences": ["x", " \n"]}),
            "stop_sequences: each stop sequence must contain non-whitespace",
            json!({"stop_sequences": ["x", " y"]}),
        ),
        (
            json!({"stop_sequences": "x"}),
            "stop_sequences: Input should be a valid list",
            json!({"stop_sequences": []}),
        ),
        (
            json!({"stream": "yes"}),
            "stream: Input should be a valid boolean",
            json!({"stream": false}),
        ),
        (
            json!({"output_config": {"effort": "extreme"}}),
            "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
            json!({"output_config": {"effort": "max"}}),
        ),
        (
            json!({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}),
            "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
            json!({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object", "additionalProperties": false}}}}),
        ),
        (
            json!({"system": [text("")]}),
            "system: text content blocks must be non-empty",
            json!({"system": [text("x")]}),
        ),
        (
            json!({"system": [{"type": "image"}]}),
            "system.0: Input tag 'image' found using 'type' does not match any of the expected tags: 'text'",
            json!({"system": "be brief"}),
        ),
        (
            json!({"system": [marked(&json!("2h"))]}),
            "system.0.text.cache_control.ephemeral.ttl: Input should be '5m' or '1h'",
            json!({"system": [marked(&json!("1h"))]}),
        ),
        (
            json!({"system": [marked(&json!("5m")), marked(&json!("1h"))]}),
            "system.1.text.cache_control.ephemeral.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
            json!({"system": [marked(&json!("1h")), marked(&json!("5m"))]}),
        ),
        (
            json!({"system": vec![marked(&json!("5m")); 3], "messages": [{"role": "user", "content": vec![marked(&json!("5m")); 2]}]}),
            "A maximum of 4 blocks with cache_control may be provided. Found 5.",
            json!({"system": vec![marked(&json!("5m")); 2], "messages": [{"role": "user", "content": vec![marked(&json!("5m")); 2]}]}),
        ),
        (
            image(&json!({"type": "base64", "media_type": "image/tiff", "data": "aGk="})),
            "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'",
            image(&json!({"type": "base64", "media_type": "image/webp", "data": "aGk="})),
        ),
        (
            image(
                &json!({"type": "base64", "media_type": "image/png", "data": "data:image/png;base64,aGk="}),
            ),
            "messages.0.content.0.image.source.base64.data: invalid base64 data",
            image(&json!({"type": "base64", "media_type": "image/png", "data": "aGk="})),
        ),
        (
            image(&json!({"type": "url", "url": "file:///etc/passwd"})),
            "messages.0.content.0.image.source.url.url: Only HTTP(S) URLs are supported.",
            image(&json!({"type": "url", "url": "https://example.com/x.png"})),
        ),
        (
            user(
                &json!([{"type": "document", "source": {"type": "base64", "media_type": "text/plain", "data": "aGk="}}]),
            ),
            "messages.0.content.0.document.source.base64.media_type: Input should be 'application/pdf'",
            user(
                &json!([{"type": "document", "title": "t", "citations": {"enabled": true},
                          "source": {"type": "text", "media_type": "text/plain", "data": "hi"}}]),
            ),
        ),
    ]
}
