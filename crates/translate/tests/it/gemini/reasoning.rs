//! How much to think, in the words of a model of this format.

use byokey_translate::{Encoded, Target, chat::Chat, target::ReasoningFacts};
use byokey_types::Effort;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{body, everything, from, losses, plain, through};

/// A Chat request that says `more`, for `target`.
fn chat(more: &Value, target: &Target) -> Encoded {
    let mut request = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    for (key, value) in more.as_object().unwrap() {
        request[key] = value.clone();
    }
    from(&Chat, &request, target)
}

#[test]
fn reasoning_is_asked_for_in_the_models_own_way() {
    use Effort::{High, Low, Medium, Minimal};
    let facts = |levels: &[Effort], budget, off| Target {
        reasoning: ReasoningFacts {
            reasons: true,
            levels: levels.to_vec(),
            budget,
            off,
        },
        ..plain()
    };
    let levels = facts(&[Minimal, Low, Medium, High], None, true);
    let budget = facts(&[], Some((128, 32_768)), false);
    let unknown = facts(&[], None, true);
    let effort = |effort: &str| json!({"reasoning_effort": effort});
    let rows = [
        (
            effort("high"),
            &levels,
            json!({"thinkingLevel": "HIGH", "includeThoughts": true}),
            vec![],
        ),
        (
            effort("none"),
            &levels,
            json!({"thinkingLevel": "MINIMAL"}),
            vec!["reasoning=approximated"],
        ),
        (
            effort("medium"),
            &budget,
            json!({"thinkingBudget": 8192, "includeThoughts": true}),
            vec!["reasoning=approximated"],
        ),
        (
            effort("xhigh"),
            &unknown,
            json!({"thinkingLevel": "HIGH", "includeThoughts": true}),
            vec!["reasoning=approximated"],
        ),
        (
            effort("none"),
            &unknown,
            json!({"thinkingBudget": 0}),
            vec![],
        ),
        (
            effort("high"),
            &plain(),
            Value::Null,
            vec!["reasoning=dropped"],
        ),
        (json!({}), &levels, Value::Null, vec![]),
    ];
    for (given, target, expected, lost) in rows {
        let encoded = chat(&given, target);
        let found = body(&encoded)["generationConfig"]["thinkingConfig"].clone();
        assert_eq!(found, expected, "{given}");
        assert_eq!(losses(&encoded), lost, "{given}");
    }
    // what a client of this format asks is fitted to the model, too
    let asked = json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}], "generationConfig": {"thinkingConfig": {"thinkingBudget": 24_576}}});
    let encoded = through(&asked, &levels);
    assert_eq!(
        body(&encoded)["generationConfig"],
        json!({"thinkingConfig": {"thinkingLevel": "HIGH"}})
    );
    assert_eq!(losses(&encoded), ["reasoning=approximated"]);
}

#[test]
fn c08_a_budget_leaves_room_for_the_answer() {
    for (budget, limit, expected, lost) in [
        (8000, 1000, 750, vec!["reasoning=approximated"]),
        (8000, 100, 128, vec!["reasoning=approximated"]),
        (8000, 8001, 8000, vec![]),
    ] {
        let mut target = everything();
        target.reasoning.budget = Some((128, 32_768));
        let request = json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}],
            "generationConfig": {"maxOutputTokens": limit, "thinkingConfig": {"thinkingBudget": budget}}});
        let encoded = through(&request, &target);
        let found = &body(&encoded)["generationConfig"]["thinkingConfig"]["thinkingBudget"];
        assert_eq!(
            (found, losses(&encoded)),
            (
                &json!(expected),
                lost.iter().map(|&it| it.to_owned()).collect()
            )
        );
    }
}
