//! The diagonal: one format on both sides, and every byte of each side reaches the other.

use byokey_sandbox::Script;
use byokey_types::Format;
use bytes::Bytes;
use http::Method;
use pretty_assertions::assert_eq;

use super::stage;
use crate::client::{JSON, request};

/// What no reader and writer of JSON would give back; `MODEL` stands for the model where the body names it.
const fn body(format: Format) -> &'static str {
    match format {
        Format::OpenAiChat => concat!(
            " {\r\n\t\"temperature\" : 1.0e0,\"x_unknown\":{\"b\":1,\"a\":[ 1 , 2.50,-0.0 ],\"a\":2},\n \"model\"\n:\t\"MODEL\" ,",
            "\"stream_options\":{ \"include_usage\" :true},\"seed\":12345678901234567890123,",
            "\"messages\":[ {\"content\":\"a\\u00e9\\/é\",\"role\":\"user\",\"model\":\"inner\"}] }\n "
        ),
        Format::OpenAiResponses => concat!(
            "{ \"input\":[{\"role\":\"user\",\"content\":\"a\\u00e9\\/é\",\"x\":1.50}\t],\"x_unknown\" : [ 1e2,{}],\r\n",
            "\"model\":\"MODEL\",\"metadata\":{\"model\":\"inner\"},\"store\" : false,\"top_p\":0.10e1}\n\n"
        ),
        Format::AnthropicMessages => concat!(
            "\n{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"\\ud83e\\udd80\",\"x\":0.50 }]}],",
            "\"max_tokens\":0.5E+2 , \"model\" : \"MODEL\",\"x_unknown\":{\"a\":1,\"a\":2}}"
        ),
        Format::Gemini => concat!(
            "{\"contents\" :[{\"parts\":[{\"text\":\"a\\u00e9\\/é\"}],\"role\":\"user\",\"x\":1.0}],\r\n",
            "\"generationConfig\":{\"topK\":4.0e1 , \"x_unknown\":[]},\"x_unknown\":{\"b\":1,\"a\":12345678901234567890123} }\t"
        ),
    }
}

/// A whole answer as odd as that; nobody reads it.
const ANSWER: &str =
    "{ \"x\" : 1.0e2 ,\r\n\"id\":\"\\u0061\",\"usage\":{\"big\":12345678901234567890123}\t}\n\n";

/// Comments, CRLF, lines without a space, several data lines, unknown events and members, and a good end.
const fn stream(format: Format) -> &'static str {
    match format {
        Format::OpenAiChat => concat!(
            ": PROCESSING\n\ndata: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\r\n\r\n",
            "data:{ \"x_vendor\":1.0e0, \"choices\":[{\"index\":0,\"delta\":{\"content\":\"日本\"},\"finish_reason\":null}]}\n\n",
            "event: what_is_this\ndata: {\"choices\":[],\"x\":[ ]}\n\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n",
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7,\"total_tokens\":12}}\n\ndata: [DONE]\n\n"
        ),
        Format::OpenAiResponses => concat!(
            "event: response.created\r\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"r\" }}\r\n\r\n",
            "event: codex.rate_limits\ndata: { \"type\" : \"codex.rate_limits\" , \"x\":1.0}\n\n: comment\n\n",
            "event:response.output_text.delta\ndata:{\"type\":\"response.output_text.delta\",\ndata: \"delta\":\"日本 \\u00e9\",\"sequence_number\":7}\n\n",
            "id: 9\nretry: 5\nevent: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"status\":\"completed\",\"usage\":{\"input_tokens\":5e0,\"output_tokens\":7}}}\n\n"
        ),
        Format::AnthropicMessages => concat!(
            ": hello\n\nevent: message_start\r\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":5},\"x\":1.0}}\r\n\r\n",
            "event: what_is_this\ndata: { \"type\" : \"what_is_this\" }\n\n",
            "event: content_block_start\ndata:{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\ndata: \"delta\":{\"type\":\"text_delta\",\"text\":\"日本 \\u00e9\"}}\n\n",
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":7}}\n\n",
            "id: 9\nretry: 5\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
        ),
        Format::Gemini => concat!(
            "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"日本 \\u00e9\",\"x\":1.0}],\"role\": \"model\"}}]}\r\n\r\n",
            ": comment\n\nevent: what_is_this\ndata:{\"x_unknown\" : 1e0}\n\n",
            "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"\"}]},\"finishReason\": \"STOP\"}],\ndata: \"usageMetadata\": {\"promptTokenCount\": 5}}\r\n\r\n"
        ),
    }
}

fn paths(format: Format, model: &str, streamed: bool) -> String {
    let route = match format {
        Format::OpenAiChat => "chat/completions",
        Format::OpenAiResponses => "responses",
        Format::AnthropicMessages => "messages",
        Format::Gemini if streamed => {
            return format!("/v1beta/models/{model}:streamGenerateContent?alt=sse");
        }
        Format::Gemini => return format!("/v1beta/models/{model}:generateContent"),
    };
    format!("/v1/{route}")
}

/// The body for a model, streamed or not.
fn asked(format: Format, model: &str, streamed: bool) -> String {
    let body = body(format).replace("\"MODEL\"", &format!("\"{model}\""));
    if !streamed || format == Format::Gemini {
        return body;
    }
    body.replacen('{', "{ \"stream\"\t: true,", 1)
}

#[tokio::test]
async fn the_diagonal_is_byte_identical() {
    let stage = stage().await;
    for format in Format::ALL {
        for streamed in [false, true] {
            let (script, answer) = if streamed {
                (Script::events([stream(format)]), stream(format))
            } else {
                (Script::json(200, ANSWER), ANSWER)
            };
            for script in [script.clone(), script.byte_by_byte()] {
                stage.upstream.sandbox.script("odd", [script]);
                let model = format!("m-{format}/raw-odd");
                let path = paths(format, &model, streamed);
                let ask = request(
                    Method::POST,
                    &path,
                    &[JSON],
                    asked(format, &model, streamed),
                );
                let heard = stage.byokey.ask(ask).await;
                assert_eq!(
                    (heard.status, heard.body),
                    (200, Bytes::from(answer)),
                    "{format}, streamed {streamed}"
                );
                let reached = stage.upstream.only_request();
                let text = String::from_utf8(reached.body.to_vec()).unwrap();
                assert_eq!(
                    (reached.target, text),
                    (
                        paths(format, "raw-odd", streamed),
                        asked(format, "raw-odd", streamed)
                    ),
                    "{format}, streamed {streamed}"
                );
            }
        }
    }
}
