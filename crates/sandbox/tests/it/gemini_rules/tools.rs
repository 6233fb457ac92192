//! Tools: names, schemas, modes.

use serde_json::{Value, json};

use super::hold;

fn function(name: &str) -> Value {
    declared(&json!({"name": name}))
}

fn declared(function: &Value) -> Value {
    json!({"tools": [{"functionDeclarations": [function]}]})
}

fn schema(schema: &Value) -> Value {
    let parameters = json!({"type": "OBJECT", "properties": {"a": schema}});
    declared(&json!({"name": "f", "parameters": parameters}))
}

#[tokio::test]
async fn functions_are_declared_once_and_well() {
    let name = "The GenerateContentRequest proto is invalid:\n  * tools[0].function_declarations[0].name: [FIELD_INVALID] Invalid function name. Must start with a letter or an underscore. Must be a-z, A-Z, 0-9, or contain underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.";
    let object = json!({"type": "OBJECT", "properties": {"a": {"type": "STRING"}}});
    let full = json!({"type": "object", "$defs": {}, "additionalProperties": false, "properties": {"a": {"const": 1}}});
    hold(vec![
        (function(""), name, function("_")),
        (function("1st"), name, function("a1.b:c-d_e")),
        (function("mcp/x"), name, function("mcp__x")),
        (function(&"x".repeat(129)), name, function(&"x".repeat(128))),
        (
            json!({"tools": [{"functionDeclarations": [{"name": "f"}]}, {"functionDeclarations": [{"name": "f"}]}]}),
            "Duplicate function declaration found: f",
            json!({"tools": [{"functionDeclarations": [{"name": "f"}]}, {"functionDeclarations": [{"name": "g"}]}]}),
        ),
        (
            declared(&json!({"name": "f", "parameters": object, "parametersJsonSchema": full})),
            "* GenerateContentRequest.tools[0].function_declarations[0]: only one of parameters and parameters_json_schema can be set\n",
            declared(&json!({"name": "f", "parameters_json_schema": full})),
        ),
        (
            declared(&json!({"name": "f", "parameters": {"type": "STRING"}})),
            "f functionDeclaration parameters schema should be of type OBJECT.",
            declared(&json!({"name": "f", "parameters": object, "response": {"type": "STRING"}})),
        ),
        (
            json!({"tools": [{"type": "function", "function": {"name": "f"}}]}),
            "Invalid JSON payload received. Unknown name \"function\" at 'tools[0]': Cannot find field.\nInvalid JSON payload received. Unknown name \"type\" at 'tools[0]': Cannot find field.",
            json!({"tools": {"googleSearch": {}}}),
        ),
        (
            json!({"tools": [{"googleSearch": {}}, {"functionDeclarations": [{"name": "f"}]}]}),
            "Tool use with function calling is unsupported",
            json!({"tools": [{"googleSearch": {}, "codeExecution": {}}]}),
        ),
        (
            json!({"model": "g3-echo", "tools": [{"googleSearch": {}, "functionDeclarations": [{"name": "f"}]}]}),
            "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.",
            json!({"model": "g3-echo", "tools": [{"googleSearch": {}, "functionDeclarations": [{"name": "f"}]}],
                   "toolConfig": {"includeServerSideToolInvocations": true}}),
        ),
    ])
    .await;
}

#[tokio::test]
async fn schemas_are_the_subset() {
    let at = "tools[0].function_declarations[0].parameters";
    let text = json!({"type": "STRING"});
    let unknown = |name: &str| {
        let message: &'static str = format!(
            "Invalid JSON payload received. Unknown name \"{name}\" at '{at}.properties[0].value': Cannot find field."
        )
        .leak();
        message
    };
    let invalid = |place: &str, reason: &str| {
        let message: &'static str =
            format!("* GenerateContentRequest.{at}{place}: {reason}\n").leak();
        message
    };
    hold(vec![
        (
            schema(&json!({"type": "STRING", "const": "x"})),
            unknown("const"),
            schema(&json!({"type": "STRING", "enum": ["x"]})),
        ),
        (
            schema(&json!({"$ref": "#/$defs/a"})),
            unknown("$ref"),
            schema(&text),
        ),
        (
            schema(&json!({"type": "OBJECT", "properties": {"b": text}, "additionalProperties": false})),
            unknown("additionalProperties"),
            schema(&json!({"type": "object", "properties": {"b": text}, "propertyOrdering": ["b"]})),
        ),
        (
            schema(&json!({"type": "INTEGER", "exclusiveMinimum": 1})),
            unknown("exclusiveMinimum"),
            schema(&json!({"type": "INTEGER", "minimum": 2, "format": "int32"})),
        ),
        (
            schema(&json!({"type": ["STRING", "NULL"]})),
            "Invalid JSON payload received. Unknown name \"type\" at 'tools[0].function_declarations[0].parameters.properties[0].value': Proto field is not repeating, cannot start list.",
            schema(&json!({"type": "STRING", "nullable": true})),
        ),
        (
            schema(&json!({"description": "anything"})),
            invalid(".properties[a].type", "must be specified"),
            schema(&json!({"anyOf": [text, {"type": "NUMBER", "format": "double"}]})),
        ),
        (
            schema(&json!({"anyOf": [{"type": "ARRAY"}]})),
            invalid(".properties[a].any_of[0].items", "missing field."),
            schema(&json!({"type": "ARRAY", "items": text, "minItems": "1"})),
        ),
        (
            schema(&json!({"type": "INTEGER", "enum": ["1"]})),
            invalid(".properties[a].enum", "only allowed for STRING type"),
            schema(&json!({"type": "STRING", "format": "enum", "enum": ["1"]})),
        ),
        (
            schema(&json!({"type": "INTEGER", "enum": [1]})),
            "Invalid value at 'tools[0].function_declarations[0].parameters.properties[0].value.enum[0]' (TYPE_STRING), 1",
            schema(&json!({"type": "INTEGER"})),
        ),
        (
            schema(&json!({"type": "STRING", "enum": ["x", ""]})),
            invalid(".properties[a].enum[1]", "cannot be empty"),
            schema(&json!({"type": "STRING", "enum": ["x", " "]})),
        ),
        (
            schema(&json!({"type": "STRING", "format": "uri"})),
            invalid(
                ".properties[a].format",
                "only 'enum' and 'date-time' are supported for STRING type",
            ),
            schema(&json!({"type": "STRING", "format": "date-time"})),
        ),
        (
            schema(&json!({"type": "STRING", "items": text})),
            invalid(".properties[a].items", "only allowed for ARRAY type"),
            schema(&text),
        ),
        (
            schema(&json!({"type": "STRING", "required": ["b"]})),
            invalid(".properties[a].required", "only allowed for OBJECT type"),
            schema(&text),
        ),
        (
            schema(&json!({"type": "OBJECT", "properties": {}})),
            invalid(
                ".properties[a].properties",
                "should be non-empty for OBJECT type",
            ),
            schema(&json!({"type": "OBJECT", "properties": {"b": text}, "required": ["b"]})),
        ),
        (
            schema(&json!({"type": "OBJECT", "properties": {"b": text}, "required": ["b", "c"]})),
            invalid(".properties[a].required[1]", "property is not defined"),
            schema(&json!({"type": "OBJECT", "properties": {"b": text}, "required": ["b"]})),
        ),
    ])
    .await;
}

#[tokio::test]
async fn modes_and_allowed_names_fit_the_declarations() {
    let with = |mode: Value| {
        json!({"tools": [{"functionDeclarations": [{"name": "f"}, {"name": "g"}]}],
               "toolConfig": {"functionCallingConfig": mode}})
    };
    hold(vec![
        (
            json!({"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}),
            "Function calling config is set without function_declarations.",
            json!({"toolConfig": {"functionCallingConfig": {"mode": "AUTO"}}}),
        ),
        (
            with(json!({"mode": "REQUIRED"})),
            "Invalid value at 'tool_config.function_calling_config.mode' (type.googleapis.com/google.ai.generativelanguage.v1beta.FunctionCallingConfig.Mode), \"REQUIRED\"",
            with(json!({"mode": "ANY"})),
        ),
        (
            with(json!({"mode": "AUTO", "allowedFunctionNames": ["f"]})),
            "Please set allowed_function_names only when function calling mode is ANY.",
            with(json!({"mode": "VALIDATED", "allowedFunctionNames": ["f"]})),
        ),
        (
            with(json!({"mode": "ANY", "allowedFunctionNames": ["f", "h"]})),
            "The allowed_function_names contains a function that is not declared: h",
            with(json!({"mode": "ANY", "allowedFunctionNames": ["f", "g"]})),
        ),
    ])
    .await;
}
