//! One format on both sides: the bytes of each side reach the other.

use byokey_sandbox::{Script, Step};
use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use http_body_util::Full;
use pretty_assertions::assert_eq;
use serde_json::json;

use crate::{
    client::{Client, JSON, events, plain_body, request},
    stage::{BOTH_KEY, CHAT_KEY, MESSAGES_KEY, Stage},
};

/// What no reader and writer of JSON would give back: spacing, order, spellings, doublets, members nobody knows.
const ODD: &str = concat!(
    " {\r\n\t\"temperature\" : 1.0e0,\"x_unknown\":{\"b\":1,\"a\":[ 1 , 2.50,-0.0 ],\"a\":2},\n",
    " \"model\"\n:\t\"MODEL\" , \"seed\":12345678901234567890123, \"messages\":[ {\"content\":\"a\\u00e9\\/é\",",
    "\"role\":\"user\",\"model\":\"inner\"}],\"max_tokens\":0.5E+2 }\n ",
);

/// An answer as odd as that.
const ODD_ANSWER: &str =
    "{ \"x\" : 1.0e2 ,\r\n\"id\":\"\\u0061\",\"usage\":{\"big\":12345678901234567890123}\t}\n\n";

fn asked(body: &str, model: &str) -> String {
    body.replace("\"MODEL\"", &format!("\"{model}\""))
}

#[tokio::test]
async fn bodies_are_passed_on_as_they_are() {
    let stage = Stage::open().await;
    let sandbox = &stage.upstream.sandbox;
    sandbox.script("odd", [Script::json(200, ODD_ANSWER)]);
    // beyond this size a body goes out in pieces
    let long = ODD.replace("inner", &"x".repeat(100_000));
    for (client, provider) in [
        (Client::Chat, "up-chat"),
        (Client::Messages, "up-msg"),
        (Client::Chat, "up-both"),
        (Client::Messages, "up-both"),
    ] {
        for body in [ODD, &long] {
            let answer = stage
                .byokey
                .ask(client.ask(asked(body, &format!("{provider}/raw-odd"))))
                .await;
            assert_eq!(
                (answer.status, answer.body),
                (200, Bytes::from(ODD_ANSWER)),
                "{client:?} {provider}"
            );
            let expected = asked(body, "raw-odd");
            assert!(
                stage.upstream.only_request().body == expected,
                "{client:?} {provider}"
            );
        }
    }
}

/// The sandbox refuses them, as every reader of JSON may; that is the upstream's to say.
#[tokio::test]
async fn lone_surrogates_are_passed_on() {
    let stage = Stage::open().await;
    for client in Client::ALL {
        let body =
            r#"{"model":"MODEL","max_tokens":9,"messages":[{"role":"user","content":"a\ud800b"}]}"#;
        let model = format!("{}/echo", client.home());
        let answer = stage.byokey.ask(client.ask(asked(body, &model))).await;
        assert_eq!(answer.status, 400);
        assert_eq!(stage.upstream.only_request().body, asked(body, "echo"));
    }
}

/// Comments, CRLF, lines without a space, several data lines, unknown events and members, a last event without its blank line.
const MESSAGES_STREAM: &str = concat!(
    ": hello\n\nevent: message_start\r\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",",
    "\"content\":[],\"model\":\"m\",\"usage\":{\"input_tokens\":5,\"output_tokens\":1},\"x\":1.0}}\r\n\r\n",
    "event: what_is_this\ndata: { \"type\" : \"what_is_this\" }\n\n",
    "event: content_block_start\ndata:{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\ndata: \"delta\":{\"type\":\"text_delta\",\"text\":\"日本 \\u00e9\"}}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":7}}\n\n",
    "id: 9\nretry: 5\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
);

const CHAT_STREAM_HEAD: &str = concat!(
    ": PROCESSING\n\ndata: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\r\n\r\n",
    "data:{ \"x_vendor\":1.0e0, \"choices\":[{\"index\":0,\"delta\":{\"content\":\"日本\"},\"finish_reason\":null}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n",
);
const CHAT_STREAM_USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7,\"total_tokens\":12}}\n\n";
const CHAT_STREAM_END: &str = "data: [DONE]\n\n";

/// The same stream in every way that an upstream may cut it.
fn cuts(stream: &str) -> Vec<Script> {
    let whole = Script::events([stream.to_owned()]);
    let mut cuts = vec![whole.clone(), whole.byte_by_byte()];
    for length in [2, 7, 64] {
        let chunks = stream.as_bytes().chunks(length);
        cuts.push(Script::events(chunks.map(Bytes::copy_from_slice)));
    }
    cuts
}

#[tokio::test]
async fn messages_streams_are_passed_on_as_they_are() {
    let stage = Stage::open().await;
    let cuts = cuts(MESSAGES_STREAM);
    let count = cuts.len();
    stage.upstream.sandbox.script("odd", cuts);
    for cut in 0..count {
        let provider = ["up-msg", "up-both"][cut % 2];
        let plain = Client::Messages.plain(&format!("{provider}/raw-odd"), true);
        let answer = stage.byokey.ask(plain).await;
        let told = (
            answer.status,
            answer.header("content-type"),
            &answer.body[..],
        );
        let expected = (
            200,
            "text/event-stream; charset=utf-8",
            MESSAGES_STREAM.as_bytes(),
        );
        assert_eq!(told, expected, "cut {cut}");
    }
}

#[tokio::test]
async fn chat_streams_show_usage_to_those_who_ask() {
    let stage = Stage::open().await;
    let upstream = [CHAT_STREAM_HEAD, CHAT_STREAM_USAGE, CHAT_STREAM_END].concat();
    let withheld = [CHAT_STREAM_HEAD, CHAT_STREAM_END].concat();
    // (what the client says, what the upstream hears, whether the usage chunk is for the client)
    let rows = [
        (
            r#"{ "stream":true, "model":"MODEL", "messages":[]}"#,
            r#"{"stream_options":{"include_usage":true}, "stream":true, "model":"MODEL", "messages":[]}"#,
            false,
        ),
        (
            r#"{"model":"MODEL","stream":true,"stream_options":{"x":1.0,"include_usage":false},"messages":[]}"#,
            r#"{"model":"MODEL","stream":true,"stream_options":{"x":1.0,"include_usage":true},"messages":[]}"#,
            false,
        ),
        (
            r#"{"model":"MODEL","stream":true,"stream_options":{ "include_usage" : true },"messages":[]}"#,
            r#"{"model":"MODEL","stream":true,"stream_options":{ "include_usage" : true },"messages":[]}"#,
            true,
        ),
    ];
    for (said, heard, shown) in rows {
        let cuts = cuts(&upstream);
        let count = cuts.len();
        stage.upstream.sandbox.script("odd", cuts);
        for cut in 0..count {
            let body = asked(said, "up-chat/raw-odd");
            let answer = stage.byokey.ask(Client::Chat.ask(body)).await;
            let expected = if shown { &upstream } else { &withheld };
            assert_eq!(&answer.body, expected.as_bytes(), "cut {cut} of {said}");
            let body = stage.upstream.only_request().body;
            assert_eq!(body, asked(heard, "raw-odd"));
        }
    }
}

/// A stream that asks for no usage is not held up by the look for it: an event goes on as soon as it is whole.
#[tokio::test]
async fn events_are_passed_on_at_once() {
    let stage = Stage::open().await;
    let (first, second) = CHAT_STREAM_HEAD.split_at(CHAT_STREAM_HEAD.len() - 20);
    let mut script = Script::events([first.to_owned()]).ending(byokey_sandbox::Ending::Hang);
    script.steps.push(Step::Send(Bytes::from(second)));
    stage.upstream.sandbox.script("odd", [script]);
    let mut coming = stage
        .byokey
        .open(Client::Chat.plain("up-chat/raw-odd", true))
        .await;
    coming.until("\"finish_reason\":\"stop\"").await;
    assert_eq!(
        String::from_utf8(coming.seen.clone()).unwrap(),
        CHAT_STREAM_HEAD
    );
    assert_eq!(events(&coming.seen).len(), 3);
}

/// All headers of a request but those that every HTTP client sends.
fn heard(stage: &Stage) -> (String, Vec<(String, String)>) {
    let request = stage.upstream.only_request();
    let mut headers: Vec<_> = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .filter(|(name, _)| !["host", "content-length", "accept-encoding"].contains(&name.as_str()))
        .collect();
    headers.sort();
    (request.target, headers)
}

fn from_client(client: Client, model: &str) -> http::Request<Full<Bytes>> {
    let headers = [
        JSON,
        ("anthropic-version", "2023-01-01"),
        ("anthropic-beta", "one-2025-01-01,two-2025-01-01"),
        ("user-agent", "my-tool/1.2 (x)"),
        ("authorization", "Bearer key-of-the-client"),
        ("x-api-key", "key-of-the-client"),
        ("cookie", "session=1"),
        ("x-forwarded-for", "10.1.2.3"),
        ("x-private", "1"),
    ];
    let body = plain_body(model, &json!({})).to_string();
    let path = format!("{}?beta=true", client.path());
    request(http::Method::POST, &path, &headers, body)
}

#[tokio::test]
async fn h06_headers_go_where_they_are_understood() {
    let stage = Stage::open().await;
    let own_name = concat!("byokey/", env!("CARGO_PKG_VERSION"));
    let told = |rows: &[(&str, &str)]| -> Vec<(String, String)> {
        let mut all = vec![
            ("accept".to_owned(), "application/json".to_owned()),
            ("content-type".to_owned(), "application/json".to_owned()),
        ];
        all.extend(
            rows.iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        all.sort();
        all
    };
    let bearer = |key: &str| format!("Bearer {key}");
    let messages_at_home = |key| {
        told(&[
            ("anthropic-beta", "one-2025-01-01,two-2025-01-01"),
            ("anthropic-version", "2023-01-01"),
            ("user-agent", "my-tool/1.2 (x)"),
            ("x-api-key", key),
        ])
    };
    let chat_at_home = |key| {
        told(&[
            ("authorization", &bearer(key)),
            ("user-agent", "my-tool/1.2 (x)"),
        ])
    };
    let rows = [
        (
            Client::Messages,
            "up-msg",
            "/v1/messages?beta=true",
            messages_at_home(MESSAGES_KEY),
        ),
        (
            Client::Messages,
            "up-both",
            "/v1/messages?beta=true",
            messages_at_home(BOTH_KEY),
        ),
        (
            Client::Chat,
            "up-chat",
            "/v1/chat/completions",
            chat_at_home(CHAT_KEY),
        ),
        (
            Client::Chat,
            "up-both",
            "/v1/chat/completions",
            chat_at_home(BOTH_KEY),
        ),
        (
            Client::Messages,
            "up-chat",
            "/v1/chat/completions",
            told(&[
                ("authorization", &bearer(CHAT_KEY)),
                ("user-agent", own_name),
            ]),
        ),
        (
            Client::Chat,
            "up-msg",
            "/v1/messages",
            told(&[
                ("anthropic-version", "2023-06-01"),
                ("user-agent", own_name),
                ("x-api-key", MESSAGES_KEY),
            ]),
        ),
    ];
    for (client, provider, target, headers) in rows {
        let model = format!("{provider}/echo");
        let answer = stage.byokey.ask(from_client(client, &model)).await;
        // an answer of any status: what counts is what was asked
        assert!(
            answer.header("x-byokey-request-id").starts_with("req_"),
            "{answer:?}"
        );
        assert_eq!(
            heard(&stage),
            (target.to_owned(), headers),
            "{client:?} {provider}"
        );
    }
}

#[tokio::test]
async fn limits_of_the_upstream_are_told() {
    let stage = Stage::open().await;
    let mut script = Script::json(
        200,
        r#"{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"x"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}"#,
    );
    let shown = [
        ("anthropic-ratelimit-requests-remaining", "41"),
        ("x-ratelimit-remaining-tokens", "42"),
        ("retry-after", "3"),
        ("request-id", "req_upstream"),
    ];
    let hidden = [
        ("set-cookie", "a=b"),
        ("server", "cloud"),
        ("anthropic-organization-id", "org"),
    ];
    for (name, value) in shown.iter().chain(&hidden) {
        script = script.header(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    stage.upstream.sandbox.script("limits", [script]);
    for client in Client::ALL {
        let answer = stage
            .byokey
            .ask(client.plain("up-msg/raw-limits", false))
            .await;
        assert_eq!(client.text(&answer.ok()), "x");
        assert_eq!(
            shown.map(|(name, _)| (name, answer.header(name))),
            shown,
            "{client:?}"
        );
        assert_eq!(
            hidden.map(|(name, _)| answer.header(name)),
            [""; 3],
            "{client:?}"
        );
        let own = ["x-byokey-provider", "x-byokey-model", "x-byokey-losses"];
        assert_eq!(
            own.map(|name| answer.header(name)),
            ["up-msg", "raw-limits", ""]
        );
    }
}
