//! Seals: to their issuers only.

use byokey_translate::{
    Codec,
    carrier::{Placement, wrap},
    chat::Chat,
    codec::SealSlot,
    ir::{Issuer, Kind, Seal},
};
use byokey_types::RawObject;
use pretty_assertions::assert_eq;
use serde_json::json;

use super::{ask, body, encode, json as parse, losses, plain, rich};

fn envelope(family: &str) -> String {
    wrap(
        &Seal {
            issuer: Issuer::family(family),
            payload: "opaque".to_owned(),
        },
        Placement::Here,
    )
}

fn history(signature: &str) -> String {
    format!(
        r#"[{{"role":"user","content":"a"}},
        {{"role":"assistant","content":"b","reasoning_details":[{{"type":"reasoning.text","text":"t","signature":"{signature}","index":0}}],
          "tool_calls":[{{"id":"c1","type":"function","function":{{"name":"f","arguments":"{{}}"}},"extra_content":{{"byokey":{{"seal":"{signature}"}}}}}}]}},
        {{"role":"tool","tool_call_id":"c1","content":"r"}}]"#
    )
}

#[test]
fn a_seal_reaches_its_issuer_bare_and_nobody_else() {
    for (family, reaches) in [("guest", true), ("acme", false), ("anthropic", false)] {
        let request = ask(&history(&envelope(family)), "");
        let encoded = encode(&request, &plain());
        let text = String::from_utf8(encoded.body.to_vec()).unwrap();
        let details = &body(&encoded)["messages"][1]["reasoning_details"];
        if reaches {
            assert_eq!(
                details,
                &json!([{"type": "reasoning.text", "text": "t", "signature": "opaque", "index": 0}])
            );
        } else {
            assert_eq!(details, &json!(null), "{family}");
            assert!(!text.contains("opaque"), "{text}");
        }
        assert!(!text.contains("Ynlva2V5"), "{text}");
    }
}

#[test]
fn damaged_envelopes_belong_to_nobody() {
    let body = format!(
        r#"{{"model":"m","messages":{}}}"#,
        history("Ynlva2V5garbage")
    );
    let decoded = Chat.decode_request(&body.into()).unwrap();
    assert_eq!(
        decoded.losses.summary(500),
        "1; messages.1.content.0.seal=dropped"
    );
    for block in &decoded.value.turns[1].blocks {
        assert_eq!(block.seal, None);
    }
}

#[test]
fn a_seal_of_a_neighbour_is_not_taken_for_ones_own() {
    let seal = Seal {
        issuer: Issuer::family("guest"),
        payload: "opaque".to_owned(),
    };
    let request = ask(&history(&wrap(&seal, Placement::Next)), "");
    for block in &request.turns[1].blocks {
        assert_eq!(block.seal, None);
    }
}

#[test]
fn home_seals_are_bare_and_have_no_slot_of_their_own() {
    let request = ask(&history("sig"), "");
    assert_eq!(
        request.turns[1].blocks[0].seal,
        Some(Seal {
            issuer: Issuer::family("openai"),
            payload: "sig".to_owned()
        })
    );
    // spelled by the client in this very format: it goes back as it came
    let encoded = encode(&request, &rich());
    let entry = &body(&encoded)["messages"][1]["reasoning_details"][0];
    assert_eq!(entry["signature"], json!("sig"));
    // from elsewhere: no slot
    let mut foreign = request;
    foreign.turns[1].blocks[0].ext = None;
    let encoded = encode(&foreign, &rich());
    assert_eq!(
        losses(&encoded),
        "2; messages.1.content.0.seal=dropped, messages.1.content.2.seal=dropped"
    );
}

#[test]
fn seals_of_calls_and_texts_travel_to_clients_and_back() {
    for (family, slot) in [
        ("google", json!({"google": {"thought_signature": "opaque"}})),
        ("guest", json!({"byokey": {"seal": envelope("guest")}})),
    ] {
        let mut response = super::said(
            r#"{"content":"t","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}"#,
            "\"tool_calls\"",
        );
        let seal = Seal {
            issuer: Issuer::family(family),
            payload: "opaque".to_owned(),
        };
        for block in &mut response.blocks {
            block.seal = Some(seal.clone());
        }
        let (written, lost) = Chat.encode_response(&response, &super::reply());
        assert!(lost.is_empty());
        let message = parse(&written)["choices"][0]["message"].clone();
        assert_eq!(message["extra_content"], slot);
        assert_eq!(message["tool_calls"][0]["extra_content"], slot);
        let request = ask(&format!("[{message}]"), "");
        for block in &request.turns[0].blocks {
            assert!(matches!(block.kind, Kind::Text { .. } | Kind::ToolCall(_)));
            assert_eq!(block.seal, Some(seal.clone()));
        }
    }
}

#[test]
fn all_slots_are_visited_and_nothing_else_is_touched() {
    let body = r#"{"a": 1e3,"messages":[{"role":"user","content":"x"},{"reasoning_details":[{"type":"reasoning.text","text":"t","signature":"s1"},{"type":"reasoning.encrypted","data":"s2"}],"extra_content":{"google":{"thought_signature":"s3"}},"tool_calls":[{"id":"c","extra_content":{"byokey":{"seal":"s4"}}}]}],"choices":[{"delta":{"tool_calls":[{"extra_content":{"google":{"thought_signature":"s5"}}}]}},{"message":{"reasoning_details":[{"signature":"s6"}]}}]}"#;
    let visit = |map: &mut dyn FnMut(SealSlot<'_>) -> Option<String>| {
        let mut object = RawObject::parse(body).unwrap();
        let changed = Chat.map_seals(&mut object, map);
        (
            changed,
            String::from_utf8(object.to_bytes().to_vec()).unwrap(),
        )
    };
    let (mut seen, mut named) = (Vec::new(), Vec::new());
    let (changed, same) = visit(&mut |slot| {
        named.extend(slot.named.map(|family| (slot.text.to_owned(), family)));
        seen.push(slot.text.to_owned());
        Some(slot.text.to_owned())
    });
    seen.sort();
    assert_eq!(seen, ["s1", "s2", "s3", "s4", "s5", "s6"]);
    let named: Vec<(&str, &str)> = named
        .iter()
        .map(|(seal, family)| (seal.as_str(), *family))
        .collect();
    assert_eq!(named, [("s3", "google"), ("s5", "google")]);
    assert_eq!(
        (changed, same.replace(r#""a":1e3"#, r#""a": 1e3"#)),
        (false, body.to_owned())
    );
    let (changed, mapped) = visit(&mut |slot| Some(format!("<{}>", slot.text)));
    let mut expected = body.replace(r#""a": 1e3"#, r#""a":1e3"#);
    for seal in &seen {
        expected = expected.replace(&format!("\"{seal}\""), &format!("\"<{seal}>\""));
    }
    assert_eq!((changed, mapped), (true, expected));
    let (changed, removed) = visit(&mut |_| None);
    assert!(changed);
    for seal in &seen {
        assert!(!removed.contains(seal.as_str()), "{removed}");
    }
    assert_eq!(
        parse(removed.as_bytes())["messages"][1]["reasoning_details"],
        json!([{"type": "reasoning.text", "text": "t"}])
    );
}

#[test]
fn reasoning_kept_as_text_beside_its_entries_is_muted_with_them() {
    let request = ask(
        r#"[{"role":"assistant","content":"a","reasoning":"other words","reasoning_details":[{"type":"reasoning.text","text":"t"}]}]"#,
        "",
    );
    let encoded = encode(&request, &plain());
    assert_eq!(
        body(&encoded)["messages"],
        json!([{"role": "assistant", "content": "a"}])
    );
    assert_eq!(
        losses(&encoded),
        "2; messages.0.ext.reasoning=dropped, messages.0.content.0=dropped"
    );
}
