//! What costs more than it is long: nests, repetition, and what repeats in every event. The fuzzers' bounds judge.

use std::thread;

use byokey_types::Raw;
use pretty_assertions::assert_eq;

use crate::{corpus::fuzzers, fixture};

#[test]
fn results_within_results_cost_no_stack() {
    const DEEP: usize = 10_000;
    let deep = format!(
        r#"{{"max_tokens":1,"messages":[{{"role":"assistant","content":[{{"type":"tool_use","id":"a","name":"f","input":{{}}}}]}},{{"role":"user","content":[{}{}]}}]}}"#,
        r#"{"type":"tool_result","tool_use_id":"a","content":["#.repeat(DEEP),
        "]}".repeat(DEEP)
    );
    // a stack as small as threads of a runtime may have
    let small = thread::Builder::new().stack_size(1 << 20);
    let run = small.spawn(move || judge("messages_request", '0', &deep));
    run.unwrap().join().unwrap();
}

#[test]
fn a_result_within_a_result_stays_at_home_as_it_came() {
    let inner =
        r#"{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"x"}]}"#;
    let body = format!(
        r#"{{"model":"m","max_tokens":1,"messages":[{{"role":"user","content":"x"}},{{"role":"assistant","content":[{{"type":"tool_use","id":"a","name":"f","input":{{}}}}]}},{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"a","content":[{inner}]}}]}}]}}"#
    );
    let format = byokey_types::Format::AnthropicMessages;
    let codec = byokey_translate::codec::codec(format);
    let request = codec.decode_request(&body.clone().into()).unwrap().value;
    let target = fixture::accepting(format, "m");
    let encoded = codec.encode_request(&request, &target).unwrap();
    assert_eq!(
        Raw::parse(encoded.body).unwrap().as_str(),
        body,
        "{:?}",
        encoded.losses
    );
}

#[test]
fn an_id_that_every_event_repeats_is_short() {
    let id = "i".repeat(60_000);
    let events = 700;
    let deltas = |delta: &str| format!("data: {delta}\n\n").repeat(events);
    let chat = format!(
        "data: {{\"id\":\"{id}\",\"choices\":[]}}\n\n{}data: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"stop\"}}]}}\n\ndata: [DONE]\n\n",
        deltas(r#"{"choices":[{"index":0,"delta":{"content":"x"}}]}"#)
    );
    judge("chat_request", '2', &chat);
    let responses = format!(
        "data: {{\"type\":\"response.created\",\"response\":{{\"id\":\"{id}\"}}}}\n\ndata: {{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{{\"type\":\"function_call\",\"id\":\"{id}\",\"call_id\":\"c\",\"name\":\"f\"}}}}\n\n{}data: {{\"type\":\"response.completed\",\"response\":{{\"status\":\"completed\"}}}}\n\n",
        deltas(r#"{"type":"response.function_call_arguments.delta","output_index":0,"delta":"1"}"#)
    );
    judge("responses_request", '2', &responses);
}

#[test]
fn a_source_that_is_cited_often_is_short_or_not_named() {
    for (uri, indices) in [("u".repeat(20_000), "0"), ("u".to_owned(), "0")] {
        let indices = vec![indices; 2_000].join(",");
        let once = r#"{"segment":{"endIndex":1},"groundingChunkIndices":[0]}"#;
        let often = vec![once; 500].join(",");
        let answer = format!(
            r#"{{"candidates":[{{"content":{{"parts":[{{"text":"x"}}]}},"finishReason":"STOP","groundingMetadata":{{"groundingChunks":[{{"web":{{"uri":"{uri}"}}}}],"groundingSupports":[{often},{{"groundingChunkIndices":[{indices}]}}]}}}}]}}"#
        );
        judge("gemini_request", '1', &answer);
    }
}

#[test]
fn a_schema_that_repeats_what_it_refers_to_is_cut() {
    let refers: Vec<String> = (0..500)
        .map(|at| format!(r##""p{at}":{{"$ref":"#/$defs/long"}}"##))
        .collect();
    let long = "y".repeat(100_000);
    let repeated = format!(
        r#"{{"type":"object","properties":{{{}}},"$defs":{{"long":{{"type":"string","description":"{long}"}}}}}}"#,
        refers.join(",")
    );
    let request = format!(
        r#"{{"messages":[{{"role":"user","content":"x"}}],"tools":[{{"type":"function","function":{{"name":"f","parameters":{repeated}}}}}]}}"#
    );
    judge("chat_request", '0', &request);
}

/// Fails when a fuzzer would.
fn judge(fuzzer: &str, selector: char, body: &str) {
    for variant in 0..4 {
        let selector = selector as u8 + 4 * variant;
        let data = [&[selector][..], body.as_bytes()].concat();
        assert!(fuzzers::run(fuzzer, &data), "no fuzzer `{fuzzer}`");
    }
}
