//! Error answers that name a member, in the shapes of the real ones, and what is to be left out.

use byokey_provider::Objection;
use byokey_types::Format;
use bytes::Bytes;
use pretty_assertions::assert_eq;

use crate::classify::classified;

pub(crate) fn objection(
    status: u16,
    answer: &str,
    format: Format,
    sent: &str,
) -> Option<Objection> {
    let error = classified(status, &[], answer);
    let fault = error.upstream.unwrap();
    Objection::read(&fault, format, &[Bytes::from(sent.to_owned())])
}

/// The body of the second try; `None` when there is none.
fn second(status: u16, answer: &str, format: Format, sent: &str) -> Option<String> {
    let objection = objection(status, answer, format, sent)?;
    let patched = objection.strip(vec![Bytes::from(sent.to_owned())]);
    Some(String::from_utf8(patched.body.concat()).unwrap())
}

use Format::{
    AnthropicMessages as Messages, Gemini, OpenAiChat as Chat, OpenAiResponses as Responses,
};

#[test]
fn every_shape_in_which_a_member_is_refused() {
    let rows: &[(u16, &str, Format, &str, &str)] = &[
        // OpenAI; the limit goes on under the name that is taken
        (
            400,
            r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}"#,
            Chat,
            r#"{"model":"m","max_tokens":9}"#,
            r#"{"model":"m","max_completion_tokens":9}"#,
        ),
        (
            400,
            r#"{"error":{"message":"Unknown parameter: 'reasoning'.","type":"invalid_request_error","param":"reasoning","code":"unknown_parameter"}}"#,
            Chat,
            r#"{"model":"m","reasoning":{}}"#,
            r#"{"model":"m"}"#,
        ),
        (
            400,
            r#"{"error":{"message":"Unknown parameter: 'input[1].action.query'.","type":"invalid_request_error","param":"input[1].action.query","code":"unknown_parameter"}}"#,
            Responses,
            r#"{"input":[{"type":"message"},{"type":"web_search_call","action":{"query":"q","type":"search"}}]}"#,
            r#"{"input":[{"type":"message"},{"type":"web_search_call","action":{"type":"search"}}]}"#,
        ),
        // Copilot: no `param`
        (
            400,
            r#"{"error":{"message":"Unknown parameter: 'input[0].internal_chat_message_metadata_passthrough'.","code":"invalid_request_body"}}"#,
            Responses,
            r#"{"input":[{"internal_chat_message_metadata_passthrough":1,"role":"user"},{"internal_chat_message_metadata_passthrough":2}]}"#,
            r#"{"input":[{"role":"user"},{}]}"#,
        ),
        (
            400,
            r#"{"error":{"message":"Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.","type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}"#,
            Chat,
            r#"{"model":"m","temperature":0}"#,
            r#"{"model":"m"}"#,
        ),
        (
            400,
            r#"{"error":{"message":"Unrecognized request arguments supplied: foo, bar","type":"invalid_request_error","param":null,"code":null}}"#,
            Chat,
            r#"{"model":"m","foo":1,"bar":2}"#,
            r#"{"model":"m"}"#,
        ),
        // the ChatGPT backend
        (
            400,
            r#"{"detail":"Unsupported parameter: truncation"}"#,
            Responses,
            r#"{"model":"m","truncation":"auto"}"#,
            r#"{"model":"m"}"#,
        ),
        // Google: both of its spellings are those of the client
        (
            400,
            r#"{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"fooBar\" at 'generation_config': Cannot find field.\nInvalid JSON payload received. Unknown name \"labels\": Cannot find field.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.BadRequest"}]}}"#,
            Gemini,
            r#"{"generationConfig":{"fooBar":1,"topK":1},"labels":{}}"#,
            r#"{"generationConfig":{"topK":1}}"#,
        ),
        (
            400,
            r#"[{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"id\" at 'contents[1].parts[0].function_response': Cannot find field.","status":"INVALID_ARGUMENT"}}]"#,
            Gemini,
            r#"{"contents":[{"parts":[]},{"parts":[{"functionResponse":{"id":"1","name":"n"}}]}]}"#,
            r#"{"contents":[{"parts":[]},{"parts":[{"functionResponse":{"name":"n"}}]}]}"#,
        ),
        // Anthropic
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"context_management: Extra inputs are not permitted"},"request_id":"r"}"#,
            Messages,
            r#"{"model":"m","context_management":{}}"#,
            r#"{"model":"m"}"#,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"tools.1.custom.defer_loading: Extra inputs are not permitted"}}"#,
            Messages,
            r#"{"tools":[{"type":"mcp_toolset","defer_loading":true},{"name":"a","defer_loading":true},{"type":"custom","defer_loading":true}]}"#,
            r#"{"tools":[{"type":"mcp_toolset","defer_loading":true},{"name":"a"},{"type":"custom"}]}"#,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"`temperature` is deprecated for this model."}}"#,
            Messages,
            r#"{"model":"m","temperature":1}"#,
            r#"{"model":"m"}"#,
        ),
        // pydantic, as vLLM and others pass it on
        (
            422,
            r#"{"detail":[{"type":"extra_forbidden","loc":["body","top_a"],"msg":"Extra inputs are not permitted","input":1},{"type":"missing","loc":["body","messages"],"msg":"Field required"}]}"#,
            Chat,
            r#"{"model":"m","top_a":1}"#,
            r#"{"model":"m"}"#,
        ),
        // Mistral: flat, and the same as text inside
        (
            422,
            r#"{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","messages",1,"assistant","reasoning_content"],"msg":"Extra inputs are not permitted","input":"r"}]},"type":"invalid_request_error","param":null,"code":null}"#,
            Chat,
            r#"{"messages":[{"role":"user","reasoning_content":"u"},{"role":"assistant","reasoning_content":"r"},{"role":"assistant","reasoning_content":"s"}]}"#,
            r#"{"messages":[{"role":"user","reasoning_content":"u"},{"role":"assistant"},{"role":"assistant"}]}"#,
        ),
        (
            422,
            r#"{"object":"error","message":"{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":[\"body\",\"frequency_penalty\"],\"msg\":\"Extra inputs are not permitted\",\"input\":0.0}]}","type":"internal_error_proxy","param":null,"code":"1000"}"#,
            Chat,
            r#"{"model":"m","frequency_penalty":0}"#,
            r#"{"model":"m"}"#,
        ),
        (
            422,
            r#"{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","max_completion_tokens"],"msg":"Extra inputs are not permitted","input":32000}]},"type":"invalid_request_error","param":null,"code":null}"#,
            Chat,
            r#"{"model":"m","max_completion_tokens":9}"#,
            r#"{"model":"m","max_tokens":9}"#,
        ),
        // Groq, Cerebras
        (
            400,
            r#"{"error":{"message":"property 'store' is unsupported, did you mean 'stop'?","type":"invalid_request_error"}}"#,
            Chat,
            r#"{"model":"m","store":true}"#,
            r#"{"model":"m"}"#,
        ),
        (
            400,
            r#"{"error":{"message":"'messages.0' : for 'role:user' the following must be satisfied[('messages.0' : property 'name' is unsupported)]","type":"invalid_request_error"}}"#,
            Chat,
            r#"{"messages":[{"role":"user","name":"n"}]}"#,
            r#"{"messages":[{"role":"user"}]}"#,
        ),
        (
            400,
            r#"{"message":"messages.1.assistant.reasoning_content: property 'messages.1.assistant.reasoning_content' is unsupported\nbody.store: property 'body.store' is unsupported","type":"invalid_request_error","param":"validation_error","code":"wrong_api_format"}"#,
            Chat,
            r#"{"messages":[{},{"role":"assistant","reasoning_content":"r"}],"store":true}"#,
            r#"{"messages":[{},{"role":"assistant"}]}"#,
        ),
        // xAI
        (
            400,
            r#"{"code":"Client specified an invalid argument","error":"Argument not supported on this model: presencePenalty"}"#,
            Chat,
            r#"{"model":"m","presence_penalty":0}"#,
            r#"{"model":"m"}"#,
        ),
        (
            400,
            r#"{"code":"x","error":"Model grok-4.6 does not support parameter presencePenalty."}"#,
            Chat,
            r#"{"model":"m","presence_penalty":0}"#,
            r#"{"model":"m"}"#,
        ),
        // NVIDIA
        (
            400,
            r#"{"message":"Validation: Unsupported parameter(s): `prompt_cache_key`, `user`","type":"Bad Request","code":400}"#,
            Chat,
            r#"{"model":"m","prompt_cache_key":"k","user":"u"}"#,
            r#"{"model":"m"}"#,
        ),
        (
            422,
            r#"{"type":"urn:inference-service:problem-details:unprocessable-entity","title":"Unprocessable Entity","status":422,"detail":"body -> frequency_penalty\n  Extra inputs are not permitted (type=extra_forbidden)\nbody -> n\n  Extra inputs are not permitted (type=extra_forbidden)"}"#,
            Chat,
            r#"{"model":"m","n":1,"frequency_penalty":0}"#,
            r#"{"model":"m"}"#,
        ),
        // servers in Go and Rust, validators of JSON Schema, Fireworks
        (
            400,
            r#"{"error":"json: unknown field \"top_a\""}"#,
            Chat,
            r#"{"model":"m","top_a":1}"#,
            r#"{"model":"m"}"#,
        ),
        (
            400,
            r#"{"error":{"message":"Additional properties are not allowed ('top_a', 'top_b' were unexpected)"}}"#,
            Chat,
            r#"{"model":"m","top_a":1,"top_b":1}"#,
            r#"{"model":"m"}"#,
        ),
        (
            400,
            r#"{"error":{"message":"Extra inputs are not permitted, field: 'top_a', value: 1"}}"#,
            Chat,
            r#"{"model":"m","top_a":1}"#,
            r#"{"model":"m"}"#,
        ),
    ];
    for (status, answer, format, sent, expected) in rows {
        assert_eq!(
            second(*status, answer, *format, sent).as_deref(),
            Some(*expected),
            "{answer}"
        );
    }
}

#[test]
fn what_is_no_such_objection_is_left_alone() {
    let unsupported = |field: &str| {
        format!(
            r#"{{"error":{{"message":"Unsupported parameter: '{field}'.","param":"{field}","code":"unsupported_parameter"}}}}"#
        )
    };
    let extra = |place: &str| {
        format!(
            r#"{{"type":"error","error":{{"type":"invalid_request_error","message":"{place}: Extra inputs are not permitted"}}}}"#
        )
    };
    let rows: &[(u16, String, Format, &str)] = &[
        // a wrong value of a member that is known
        (
            400,
            r#"{"error":{"message":"Invalid value: 'x'","param":"temperature","code":"invalid_value"}}"#.to_owned(),
            Chat,
            r#"{"temperature":9}"#,
        ),
        (
            400,
            r#"{"error":{"message":"Unsupported value: 'reasoning.effort' does not support 'max' with this model. Supported values are: 'low'.","param":"reasoning.effort","code":"unsupported_value"}}"#.to_owned(),
            Responses,
            r#"{"reasoning":{"effort":"max"}}"#,
        ),
        (
            422,
            r#"{"detail":[{"type":"missing","loc":["body","max_tokens"],"msg":"Field required"}]}"#.to_owned(),
            Chat,
            r#"{"max_tokens":null}"#,
        ),
        // another status
        (500, unsupported("user"), Chat, r#"{"user":"u"}"#),
        (429, unsupported("user"), Chat, r#"{"user":"u"}"#),
        // a member that was not sent
        (400, unsupported("user"), Chat, r#"{"model":"m"}"#),
        (400, unsupported("messages.5.name"), Chat, r#"{"messages":[{"name":"n"}]}"#),
        // what the answer cannot do without
        (400, unsupported("model"), Chat, r#"{"model":"m"}"#),
        (400, unsupported("messages"), Chat, r#"{"messages":[]}"#),
        (400, unsupported("tools"), Chat, r#"{"tools":[]}"#),
        (400, unsupported("tool_choice"), Chat, r#"{"tool_choice":"auto"}"#),
        (400, unsupported("response_format"), Chat, r#"{"response_format":{}}"#),
        (400, unsupported("input"), Responses, r#"{"input":[]}"#),
        (400, unsupported("instructions"), Responses, r#"{"instructions":"i"}"#),
        (400, unsupported("previous_response_id"), Responses, r#"{"previous_response_id":"r"}"#),
        (400, extra("max_tokens"), Messages, r#"{"max_tokens":1}"#),
        (400, extra("system"), Messages, r#"{"system":"s"}"#),
        (400, extra("messages.0.content"), Messages, r#"{"messages":[{"content":"c"}]}"#),
        // not even in the item that objects: all its like would lose their text
        (
            400,
            extra("messages.0.content.0.tool_use.text"),
            Messages,
            r#"{"messages":[{"content":[{"type":"tool_use","text":"t"}]}]}"#,
        ),
        (
            400,
            extra("tools.0.custom.input_schema.x"),
            Messages,
            r#"{"tools":[{"input_schema":{"x":1}}]}"#,
        ),
        (
            400,
            r#"{"error":{"message":"Invalid JSON payload received. Unknown name \"ref\" at 'tools[0].function_declarations[0].parameters.properties[0].value': Cannot find field."}}"#.to_owned(),
            Gemini,
            r#"{"tools":[{"functionDeclarations":[{"parameters":{"properties":{"a":{"ref":"x"}}}}]}]}"#,
        ),
        // an item, not a member
        (400, unsupported("tools.0"), Chat, r#"{"tools":[{}]}"#),
        // no JSON
        (400, "Unsupported parameter: user".to_owned(), Chat, "user"),
        (400, "<html>".to_owned(), Chat, "{}"),
    ];
    for (status, answer, format, sent) in rows {
        assert_eq!(
            second(*status, answer, *format, sent),
            None,
            "{answer} {sent}"
        );
    }
}

/// However much an answer names, the work stays bounded.
#[test]
fn a_hostile_answer_is_read_in_part() {
    let names: Vec<String> = (0..5000).map(|n| format!("f{n}")).collect();
    let members: Vec<String> = names.iter().map(|name| format!("\"{name}\":1")).collect();
    let sent = format!("{{{}}}", members.join(","));
    let answer = format!(
        r#"{{"error":{{"message":"Unrecognized request arguments supplied: {}"}}}}"#,
        names.join(", ")
    );
    let objection = objection(400, &answer, Chat, &sent).unwrap();
    assert_eq!(objection.remedies().len(), 64);
    let nested = format!("{}1{}", r#"{"detail":["#.repeat(2000), "]}".repeat(2000));
    assert_eq!(second(422, &nested, Chat, "{}"), None);
}
