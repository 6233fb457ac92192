//! What this format says, said again: nothing is lost, numbers keep their spelling.

use byokey_translate::{Codec, Reply, responses::Responses};
use pretty_assertions::assert_eq;

use super::{canonical_bytes, everything, fixtures, home};

#[test]
fn requests_are_their_own_translation() {
    for fixture in fixtures::all() {
        let Some(request) = fixture.request else {
            continue;
        };
        let decoded = Responses.decode_request(&request).unwrap();
        assert!(decoded.losses.is_empty(), "{}", fixture.name);
        let target = everything(&decoded.value.model);
        let encoded = Responses.encode_request(&decoded.value, &target).unwrap();
        let (found, expected) = (canonical_bytes(&encoded.body), canonical_bytes(&request));
        assert_eq!(found, expected, "{}", fixture.name);
        assert_eq!(encoded.losses.as_slice(), [], "{}", fixture.name);
    }
}

#[test]
fn answers_are_their_own_translation() {
    for fixture in fixtures::all() {
        let Some(response) = fixture.response else {
            continue;
        };
        let decoded = Responses.decode_response(&response, &home()).unwrap();
        assert!(decoded.losses.is_empty(), "{}", fixture.name);
        let (body, losses) = Responses.encode_response(&decoded.value, &Reply::default());
        let (found, expected) = (canonical_bytes(&body), canonical_bytes(&response));
        assert_eq!(found, expected, "{}", fixture.name);
        assert_eq!(losses.as_slice(), [], "{}", fixture.name);
    }
}
