//! What this format says, said again: nothing is lost, numbers keep their spelling.

use byokey_translate::{
    Codec, Reply,
    fold::fold,
    gemini::Gemini,
    ir::{AnnotationSource, Kind, Response},
};
use byokey_types::Usage;
use pretty_assertions::assert_eq;

use super::{canonical_bytes, events, everything, fixtures, home};

#[test]
fn requests_are_their_own_translation() {
    for fixture in fixtures::all() {
        let Some(request) = fixture.request else {
            continue;
        };
        let decoded = Gemini.decode_request(&request).unwrap();
        assert!(
            decoded.losses.is_empty(),
            "{}: {:?}",
            fixture.name,
            decoded.losses
        );
        let encoded = Gemini
            .encode_request(&decoded.value, &everything())
            .unwrap();
        let (found, expected) = (canonical_bytes(&encoded.body), canonical_bytes(&request));
        assert_eq!(found, expected, "{}", fixture.name);
        assert!(
            encoded.losses.is_empty(),
            "{}: {:?}",
            fixture.name,
            encoded.losses
        );
        let again = Gemini.decode_request(&encoded.body).unwrap().value;
        let once_more = Gemini.encode_request(&again, &everything()).unwrap();
        assert_eq!(once_more.body, encoded.body, "{}", fixture.name);
    }
}

#[test]
fn answers_are_their_own_translation() {
    for fixture in fixtures::all() {
        let Some(response) = fixture.response else {
            continue;
        };
        let decoded = Gemini.decode_response(&response, &home()).unwrap();
        assert!(
            decoded.losses.is_empty(),
            "{}: {:?}",
            fixture.name,
            decoded.losses
        );
        let (body, losses) = Gemini.encode_response(&decoded.value, &Reply::default());
        let (found, expected) = (canonical_bytes(&body), canonical_bytes(&response));
        assert_eq!(found, expected, "{}", fixture.name);
        assert!(losses.is_empty(), "{}: {losses:?}", fixture.name);
    }
}

/// What a stream and a whole answer must agree in: all but the members that are not modelled, which a stream tells in chunks,
/// and the counts as they were written.
fn agreeing(response: Response) -> Response {
    Response {
        ext: None,
        usage: response.usage.map(|usage| Usage { raw: None, ..usage }),
        ..response
    }
}

#[test]
fn streams_agree_with_whole_answers() {
    let mut paired = 0;
    for fixture in fixtures::all() {
        let (Some(response), Some(stream)) = (fixture.response, fixture.stream) else {
            continue;
        };
        paired += 1;
        let whole = Gemini.decode_response(&response, &home()).unwrap().value;
        let (folded, losses) = fold(events(&[&stream], &home())).unwrap();
        assert!(losses.is_empty(), "{}: {losses:?}", fixture.name);
        assert_eq!(agreeing(folded), agreeing(whole), "{}", fixture.name);
    }
    assert!(paired >= 14, "{paired}");
}

#[test]
fn streams_mean_the_same_in_any_chunks() {
    for fixture in fixtures::all() {
        let Some(stream) = fixture.stream else {
            continue;
        };
        let whole = events(&[&stream], &home());
        for at in 0..=stream.len() {
            let (head, tail) = stream.split_at(at);
            assert_eq!(
                events(&[head, tail], &home()),
                whole,
                "{} at {at}",
                fixture.name
            );
        }
    }
}

#[test]
fn grounding_becomes_annotations_counted_in_characters() {
    let fixtures = fixtures::all();
    let fixture = fixtures
        .iter()
        .find(|fixture| fixture.name == "answer_grounding")
        .unwrap();
    let response = fixture.response.clone().unwrap();
    let answer = Gemini.decode_response(&response, &home()).unwrap().value;
    let Kind::Text { annotations, .. } = &answer.blocks[0].kind else {
        panic!("{answer:?}");
    };
    let found: Vec<_> = annotations
        .iter()
        .map(|it| (it.span, it.source.clone(), it.title.as_deref()))
        .collect();
    let url = |url: &str| AnnotationSource::Url(url.to_owned());
    assert_eq!(
        found,
        [
            (Some((6, 10)), url("https://a.example/x"), Some("a")),
            (Some((6, 10)), url("https://b.example/"), None),
            (None, url("https://c.example/"), Some("c")),
        ]
    );
}
