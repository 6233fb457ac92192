//! What this format says, said again: nothing is lost, numbers keep their spelling.

use byokey_translate::{Codec, Reply, messages::Messages};
use byokey_types::{Raw, RawObject};
use pretty_assertions::assert_eq;

use super::{canonical_bytes, everything, fixtures, home};

#[test]
fn requests_are_their_own_translation() {
    for fixture in fixtures::all() {
        let Some(request) = fixture.request else {
            continue;
        };
        let decoded = Messages.decode_request(&request).unwrap();
        assert!(
            decoded.losses.is_empty(),
            "{}: {:?}",
            fixture.name,
            decoded.losses
        );
        let target = everything(&decoded.value.model);
        let encoded = Messages.encode_request(&decoded.value, &target).unwrap();
        let (found, expected) = (canonical_bytes(&encoded.body), canonical_bytes(&request));
        assert_eq!(found, expected, "{}", fixture.name);
        assert!(
            encoded.losses.is_empty(),
            "{}: {:?}",
            fixture.name,
            encoded.losses
        );
        let again = Messages.decode_request(&encoded.body).unwrap().value;
        let once_more = Messages.encode_request(&again, &target).unwrap();
        assert_eq!(once_more.body, encoded.body, "{}", fixture.name);
    }
}

#[test]
fn answers_are_their_own_translation() {
    for fixture in fixtures::all() {
        let Some(response) = fixture.response else {
            continue;
        };
        let decoded = Messages.decode_response(&response, &home()).unwrap();
        assert!(
            decoded.losses.is_empty(),
            "{}: {:?}",
            fixture.name,
            decoded.losses
        );
        let (body, losses) = Messages.encode_response(&decoded.value, &Reply::default());
        assert_eq!(
            canonical_bytes(&body),
            canonical_bytes(&response),
            "{}",
            fixture.name
        );
        assert!(losses.is_empty(), "{}: {losses:?}", fixture.name);
    }
}

#[test]
fn raw_values_keep_their_bytes() {
    let fixtures = fixtures::all();
    let numbers = fixtures
        .iter()
        .find(|fixture| fixture.name == "numbers")
        .unwrap();
    let request = numbers.request.clone().unwrap();
    let decoded = Messages.decode_request(&request).unwrap().value;
    let encoded = Messages
        .encode_request(&decoded, &everything("m"))
        .unwrap()
        .body;
    let at = |body: &bytes::Bytes| -> [Raw; 3] {
        let body = RawObject::parse(body.clone()).unwrap();
        let item = |list: &str, position: usize| {
            body.get(list).unwrap().array().unwrap()[position]
                .object()
                .unwrap()
        };
        let call = item("messages", 1).get("content").unwrap().array().unwrap()[0]
            .object()
            .unwrap();
        [
            call.get("input").unwrap().clone(),
            item("tools", 0).get("input_schema").unwrap().clone(),
            body.get("max_tokens").unwrap().clone(),
        ]
    };
    assert_eq!(at(&encoded), at(&request));
}
