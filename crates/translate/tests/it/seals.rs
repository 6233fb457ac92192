//! A seal reaches its issuer and nobody else, whatever the client and whatever happens in between.

use byokey_translate::{
    carrier::{self, MAGIC_TEXT},
    ir::{
        Block, CallId, Input, Issuer, Kind, Reasoning, ReasoningPart, Response, Runs, Seal, Stop,
        StopReason, ToolCall,
    },
};
use byokey_types::{Format, Raw, RawObject, Str};
use bytes::Bytes;
use pretty_assertions::assert_eq;
use proptest::prelude::*;

use crate::fixture::{self, able_row, codecs, reply, streamed};

const FAMILIES: [&str; 4] = ["anthropic", "openai", "google", "guest"];

proptest! {
    #[test]
    fn a_seal_reaches_its_issuer_only(payload in "[A-Za-z0-9+/]{24,60}", words in "[a-z ]{1,20}", sort in 0usize..4) {
        for family in FAMILIES {
            for client in codecs() {
                let seal = Seal { issuer: Issuer::family(family), payload: payload.clone() };
                let answer = answer(&seal, &words, sort);
                let (body, losses) = client.encode_response(&answer, &reply("asked"));
                let stream = streamed(client, &answer, &reply("asked"));
                // calls and texts have no slot of their own in some formats, and what carries their seal says so
                let slotless = [Format::AnthropicMessages, Format::OpenAiResponses];
                let carried_apart = slotless.contains(&client.format()) && sort >= 2;
                let home = client.format().home_family() == family && !carried_apart;
                for (what, seen) in [("whole", &body), ("streamed", &stream)] {
                    // a slot may name its issuer itself; bare is at home there
                    let named = format!("\"{family}\":{{\"thought_signature\":\"{payload}\"");
                    let home = home || holds(seen, &named);
                    let carried = if home { holds(seen, &payload) } else { holds(seen, MAGIC_TEXT) };
                    prop_assert!(carried || !losses.is_empty(), "{family} to {what} {}: neither carried nor declared", client.format());
                    prop_assert!(home || !holds(seen, &payload), "{family} to {what} {}: bare", client.format());
                    prop_assert!(!home || !holds(seen, MAGIC_TEXT), "{family} to {what} {}: wrapped at home", client.format());
                }
                let carried = holds(&body, MAGIC_TEXT) || holds(&body, &payload);

                let request = client.decode_request(&echo(client.format(), &body)).unwrap();
                prop_assert!(request.losses.is_empty());
                for upstream in codecs() {
                    for other in FAMILIES {
                        let target = of(upstream.format(), other);
                        let encoded = upstream.encode_request(&request.value, &target).unwrap();
                        let name = format!("{family} by {} to {other} in {}: {}", client.format(), upstream.format(), String::from_utf8_lossy(&encoded.body));
                        prop_assert!(!holds(&encoded.body, MAGIC_TEXT), "an envelope left: {name}");
                        let arrived = holds(&encoded.body, &payload);
                        prop_assert!(other == family || !arrived, "at a stranger's: {name}");
                        let declared = encoded.losses.as_slice().iter().any(|loss| {
                            ["messages.1", "messages.1.content.0", "messages.1.content.1"].contains(&loss.path.trim_end_matches(".seal"))
                        });
                        prop_assert!(!carried || arrived || declared, "lost undeclared: {name}");
                        prop_assert!(!arrived || upstream.format() != Format::AnthropicMessages || !declared, "declared and arrived: {name}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_home_family_gets_its_signature_back_through_every_client() {
    let seal = Seal {
        issuer: Issuer::family("anthropic"),
        payload: "c2lnbmF0dXJlLW9mLWFudGhyb3BpYw".to_owned(),
    };
    for client in codecs() {
        for sort in [0, 1] {
            let (body, _) = client.encode_response(&answer(&seal, "why", sort), &reply("asked"));
            let request = client
                .decode_request(&echo(client.format(), &body))
                .unwrap();
            for upstream in codecs()
                .into_iter()
                .filter(|codec| codec.format() == Format::AnthropicMessages)
            {
                let target = of(upstream.format(), "anthropic");
                let encoded = upstream.encode_request(&request.value, &target).unwrap();
                assert!(
                    holds(&encoded.body, &seal.payload),
                    "{} {sort}: {:?}",
                    client.format(),
                    encoded.body
                );
            }
        }
    }
}

#[test]
fn mapping_seals_finds_each_and_touches_nothing_else() {
    let seal = Seal {
        issuer: Issuer::family("guest"),
        payload: "c2VhbC1vZi1hLWd1ZXN0LWZhbWlseQ".to_owned(),
    };
    let text = carrier::wrap(&seal, carrier::Placement::Here);
    for codec in codecs() {
        let (body, _) = codec.encode_response(&answer(&seal, "why", 0), &reply("asked"));
        let stream = streamed(codec, &answer(&seal, "why", 0), &reply("asked"));
        let frames = fixture::frames(&stream).into_iter().map(|frame| frame.data);
        let bodies = [body.clone(), echo(codec.format(), &body)];
        let mut found = Vec::new();
        for document in bodies.into_iter().chain(frames) {
            let Ok(mut object) = RawObject::parse(document) else {
                continue;
            };
            let before = object.clone();
            let mut seen = Vec::new();
            let changed = codec.map_seals(&mut object, &mut |slot| {
                seen.push(slot.text.to_owned());
                Some(slot.text.to_owned())
            });
            assert_eq!((changed, &object), (false, &before), "{}", codec.format());
            assert_eq!(seen.contains(&text), holds(&before.to_bytes(), &text));
            found.extend(seen.clone());

            let changed = codec.map_seals(&mut object, &mut |slot| {
                carrier::open(slot.text).map(|opened| opened.seal.payload)
            });
            assert_eq!(changed, !seen.is_empty(), "{}", codec.format());
            let bytes = object.to_bytes();
            assert!(!holds(&bytes, &text), "{bytes:?}");
            let changed = codec.map_seals(&mut object, &mut |_| None);
            assert_eq!(changed, !seen.is_empty(), "{}", codec.format());
            assert!(!holds(&object.to_bytes(), &seal.payload), "{object:?}");
        }
        found.retain(|seen| *seen == text);
        assert!(
            found.len() >= 3,
            "{}: whole, echoed, streamed",
            codec.format()
        );
    }
}

/// An answer that holds a seal: on reasoning, on withheld reasoning, on a call, on a text.
fn answer(seal: &Seal, words: &str, sort: usize) -> Response {
    let parts = match sort {
        0 => vec![ReasoningPart::Full(words.to_owned())],
        _ => Vec::new(),
    };
    let mut sealed = Block::new(if sort == 3 {
        Kind::Text {
            text: words.to_owned(),
            annotations: Vec::new(),
        }
    } else if sort == 2 {
        Kind::ToolCall(ToolCall {
            id: CallId::new("toolu_2"),
            name: "read".into(),
            input: Input::Json(Raw::EMPTY_OBJECT),
            runs: Runs::Client,
        })
    } else {
        Kind::Reasoning(Reasoning {
            parts,
            redacted: sort == 1,
        })
    });
    sealed.seal = Some(seal.clone());
    Response {
        id: Some("msg_1".into()),
        model: Some("model".into()),
        blocks: vec![sealed, Block::text("said")],
        stop: Some(Stop::bare(if sort == 2 {
            StopReason::ToolCall
        } else {
            StopReason::EndTurn
        })),
        ..Response::default()
    }
}

/// What a client of a format sends next: the answer as it got it, between two questions.
fn echo(format: Format, answer: &Bytes) -> Bytes {
    let answer = RawObject::parse(answer.clone()).unwrap();
    let question =
        |text: &str| Raw::parse(format!("{{\"role\":\"user\",\"content\":\"{text}\"}}")).unwrap();
    let said = match format {
        Format::OpenAiChat => {
            let choice = answer.get("choices").unwrap().array().unwrap()[0].clone();
            choice.object().unwrap().get("message").unwrap().clone()
        }
        Format::AnthropicMessages => {
            let mut message = RawObject::new();
            message.set("role", Raw::string("assistant"));
            message.set("content", answer.get("content").unwrap().clone());
            message.to_raw()
        }
        Format::OpenAiResponses => {
            let mut items = vec![question("before")];
            items.extend(answer.get("output").unwrap().array().unwrap());
            items.push(question("after"));
            let mut request = RawObject::new();
            request.set("model", Raw::string("asked"));
            request.set("input", Raw::array_of(items));
            return request.to_bytes();
        }
        Format::Gemini => {
            let candidate = answer.get("candidates").unwrap().array().unwrap()[0].clone();
            let said = candidate.object().unwrap().get("content").unwrap().clone();
            let question = |text: &str| {
                Raw::parse(format!(
                    "{{\"role\":\"user\",\"parts\":[{{\"text\":\"{text}\"}}]}}"
                ))
                .unwrap()
            };
            let contents = Raw::array_of([question("before"), said, question("after")]);
            return RawObject::from_iter([("contents".into(), contents)]).to_bytes();
        }
    };
    let mut request = RawObject::new();
    request.set("model", Raw::string("asked"));
    request.set("max_tokens", Raw::number(100));
    request.set(
        "messages",
        Raw::array_of([question("before"), said, question("after")]),
    );
    request.to_bytes()
}

fn of(format: Format, family: &str) -> byokey_translate::Target {
    byokey_translate::Target {
        family: Some(Str::new(family)),
        model: able_row("model").id,
        ..fixture::target(format, fixture::Variant::Rich, "model")
    }
}

fn holds(body: &[u8], text: &str) -> bool {
    body.windows(text.len())
        .any(|window| window == text.as_bytes())
}
