//! What upstreams were found not to take is remembered, for a time and within bounds.

use std::time::Duration;

use byokey_provider::{Learned, LearnedKey, Patched};
use byokey_types::{Format, ModelName, ProviderId, Timestamp};
use bytes::Bytes;
use pretty_assertions::assert_eq;

use crate::{
    classify::NOW,
    objection::objection,
    registry::{build, custom},
};

const BODY: &str = r#"{"model":"m","user":"u", "seed":1}"#;

const DAY: Duration = Duration::from_hours(24);

fn key(model: &str) -> LearnedKey {
    LearnedKey {
        provider: ProviderId::new("up").unwrap(),
        host: "127.0.0.1:9001".into(),
        model: model.into(),
        protocol: Format::OpenAiChat,
    }
}

fn learn(learned: &Learned, key: LearnedKey, field: &str, now: Timestamp) {
    let answer = format!(r#"{{"detail":"Unsupported parameter: {field}"}}"#);
    let sent = format!(r#"{{"{field}":1}}"#);
    let objection = objection(400, &answer, Format::OpenAiChat, &sent).unwrap();
    learned.learn(key, &objection, now);
}

fn stripped(learned: &Learned, key: &LearnedKey, body: &str, now: Timestamp) -> String {
    let Patched { body, .. } = learned.strip(key, vec![Bytes::from(body.to_owned())], now);
    String::from_utf8(body.concat()).unwrap()
}

#[test]
fn it_is_remembered_for_that_upstream_alone() {
    let learned = Learned::default();
    assert_eq!(stripped(&learned, &key("a"), BODY, NOW), BODY);
    learn(&learned, key("a"), "user", NOW);
    learn(&learned, key("a"), "seed", NOW);
    let patched = learned.strip(&key("a"), vec![Bytes::from(BODY)], NOW);
    let lost: Vec<_> = patched
        .changes
        .iter()
        .map(|change| change.path.as_str())
        .collect();
    assert_eq!(patched.body, [r#"{"model":"m"}"#]);
    assert_eq!(lost, ["user", "seed"]);
    let other_host = LearnedKey {
        host: "other".into(),
        ..key("a")
    };
    let other_format = LearnedKey {
        protocol: Format::OpenAiResponses,
        ..key("a")
    };
    for other in [key("b"), other_host, other_format] {
        assert_eq!(stripped(&learned, &other, BODY, NOW), BODY, "{other:?}");
    }
}

#[test]
fn an_upstream_that_takes_neither_name_is_sent_neither() {
    let learned = Learned::default();
    learn(&learned, key("a"), "max_tokens", NOW);
    let body = r#"{"max_tokens":1}"#;
    assert_eq!(
        stripped(&learned, &key("a"), body, NOW),
        r#"{"max_completion_tokens":1}"#
    );
    learn(&learned, key("a"), "max_completion_tokens", NOW);
    for body in [body, r#"{"max_completion_tokens":1}"#] {
        assert_eq!(stripped(&learned, &key("a"), body, NOW), "{}");
    }
}

#[test]
fn it_is_forgotten_after_a_day() {
    let learned = Learned::default();
    learn(&learned, key("a"), "user", NOW);
    let body = r#"{"user":"u"}"#;
    let just_before = Timestamp(NOW.plus(DAY).0 - 1);
    assert_eq!(stripped(&learned, &key("a"), body, just_before), "{}");
    assert_eq!(stripped(&learned, &key("a"), body, NOW.plus(DAY)), body);
    // and gives its room back when something else is learned
    learn(&learned, key("b"), "user", NOW.plus(DAY));
    assert_eq!(learned.len(), 1);
}

#[test]
fn its_size_is_bounded() {
    let learned = Learned::default();
    for at in 0..1100 {
        learn(
            &learned,
            key(&format!("m{at}")),
            "user",
            NOW.plus(Duration::from_millis(at)),
        );
    }
    assert_eq!(learned.len(), 1024);
    let body = r#"{"user":"u"}"#;
    let now = NOW.plus(Duration::from_secs(2));
    assert_eq!(stripped(&learned, &key("m75"), body, now), body);
    assert_eq!(stripped(&learned, &key("m76"), body, now), "{}");
    for at in 0..100 {
        learn(&learned, key("m1099"), &format!("f{at}"), now);
    }
    let many: Vec<String> = (0..100).map(|at| format!("\"f{at}\":1")).collect();
    let many = format!("{{{}}}", many.join(","));
    let left = stripped(&learned, &key("m1099"), &many, now);
    assert_eq!(left.matches(':').count(), 100 - 63);
}

#[test]
fn a_candidate_knows_its_key() {
    let registry = build(&[custom("up", Format::OpenAiChat, &["m1"])], &[], &[]).unwrap();
    let name = ModelName::parse("m1").unwrap();
    let candidate = registry.resolve(&name).unwrap().candidates.remove(0);
    assert_eq!(candidate.learned_key(Format::OpenAiChat), Some(key("m1")));
    assert_eq!(candidate.learned_key(Format::Gemini), None);
}
