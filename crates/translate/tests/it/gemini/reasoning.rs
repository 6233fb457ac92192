//! How much to think, in the words of a model of this format.

use byokey_translate::{
    Codec, Encoded, Target, chat::Chat, messages::Messages, target::ReasoningFacts,
};
use byokey_types::Effort;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{body, decoded, everything, from, losses, plain, through};

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

/// What is known of a model, as its row says it.
fn model(levels: &[Effort], budget: Option<(u64, u64)>, off: bool) -> Target {
    Target {
        reasoning: ReasoningFacts {
            reasons: true,
            levels: levels.to_vec(),
            budget,
            off,
        },
        ..plain()
    }
}

#[test]
fn every_ask_to_every_kind_of_model() {
    use Effort::{High, Low, Medium, Minimal};
    let pro = model(&[], Some((128, 32_768)), false);
    let flash = model(&[], Some((0, 24_576)), true);
    let levels = model(&[Minimal, Low, Medium, High], None, false);
    let coarse = model(&[Low, Medium, High], None, false);
    let budget = |tokens: i64| json!({"thinkingBudget": tokens});
    let level = |name: &str| json!({"thinkingLevel": name});
    let shown = json!({});
    // an ask, and what a budgeted model that always thinks, one that need not, and levelled ones are told; `!` is declared
    let rows = [
        (
            "off",
            [
                (budget(128), "!"),
                (budget(0), ""),
                (level("MINIMAL"), "!"),
                (level("LOW"), "!"),
            ],
        ),
        (
            "auto",
            [
                (budget(-1), ""),
                (budget(-1), ""),
                (shown.clone(), ""),
                (shown.clone(), ""),
            ],
        ),
        (
            "minimal",
            [
                (budget(512), "!"),
                (budget(512), "!"),
                (level("MINIMAL"), ""),
                (level("LOW"), "!"),
            ],
        ),
        (
            "low",
            [
                (budget(1024), "!"),
                (budget(1024), "!"),
                (level("LOW"), ""),
                (level("LOW"), ""),
            ],
        ),
        (
            "medium",
            [
                (budget(8192), "!"),
                (budget(8192), "!"),
                (level("MEDIUM"), ""),
                (level("MEDIUM"), ""),
            ],
        ),
        (
            "high",
            [
                (budget(24_576), "!"),
                (budget(24_576), "!"),
                (level("HIGH"), ""),
                (level("HIGH"), ""),
            ],
        ),
        (
            "xhigh",
            [
                (budget(32_768), "!"),
                (budget(24_576), "!"),
                (level("HIGH"), "!"),
                (level("HIGH"), "!"),
            ],
        ),
        (
            "max",
            [
                (budget(32_768), "!"),
                (budget(24_576), "!"),
                (level("HIGH"), "!"),
                (level("HIGH"), "!"),
            ],
        ),
        (
            "100",
            [
                (budget(128), "!"),
                (budget(100), ""),
                (level("MINIMAL"), "!"),
                (level("LOW"), "!"),
            ],
        ),
        (
            "5000",
            [
                (budget(5000), ""),
                (budget(5000), ""),
                (level("MEDIUM"), "!"),
                (level("MEDIUM"), "!"),
            ],
        ),
        (
            "64000",
            [
                (budget(32_768), "!"),
                (budget(24_576), "!"),
                (level("HIGH"), "!"),
                (level("HIGH"), "!"),
            ],
        ),
    ];
    for (ask, expected) in rows {
        let mut thinking =
            json!({"type": "enabled", "budget_tokens": ask.parse::<u64>().unwrap_or_default()});
        let mut request = json!({"model": "m", "max_tokens": 64_000, "messages": [{"role": "user", "content": "hi"}]});
        match ask {
            "off" => thinking = json!({"type": "disabled"}),
            "auto" => thinking = json!({"type": "adaptive"}),
            _ if ask.parse::<u64>().is_err() => {
                thinking = json!({"type": "adaptive"});
                request["output_config"] = json!({"effort": ask});
            }
            _ => {}
        }
        request["thinking"] = thinking;
        for (target, (mut told, declared)) in
            [&pro, &flash, &levels, &coarse].into_iter().zip(expected)
        {
            // in the other formats thinking that is asked for is shown
            if ask != "off" {
                told["includeThoughts"] = json!(true);
            }
            let encoded = from(&Messages, &request, target);
            let found = &body(&encoded)["generationConfig"]["thinkingConfig"];
            let lost = match declared {
                "!" => vec!["reasoning=approximated".to_owned()],
                _ => vec![],
            };
            assert_eq!(
                (found, losses(&encoded)),
                (&told, lost),
                "{ask} to {:?}",
                target.reasoning
            );
        }
    }
}

#[test]
fn what_a_client_of_this_format_asks_of_others() {
    let effort = |name: &str| json!({"reasoning_effort": name});
    let budget = |tokens: u64| json!({"thinking": {"type": "enabled", "budget_tokens": tokens, "display": "omitted"}});
    let adaptive = |effort: Option<&str>| match effort {
        Some(effort) => {
            json!({"thinking": {"type": "adaptive", "display": "omitted"}, "output_config": {"effort": effort}})
        }
        None => json!({"thinking": {"type": "adaptive", "display": "omitted"}}),
    };
    let rows = [
        (
            json!({"thinkingBudget": 0}),
            effort("none"),
            json!({"thinking": {"type": "disabled"}}),
        ),
        (json!({"thinkingBudget": -1}), json!({}), adaptive(None)),
        (
            json!({"thinkingBudget": 512}),
            effort("minimal"),
            budget(1024),
        ),
        (
            json!({"thinkingBudget": 8192}),
            effort("medium"),
            budget(8192),
        ),
        (
            json!({"thinkingLevel": "LOW"}),
            effort("low"),
            adaptive(Some("low")),
        ),
        (
            json!({"thinkingLevel": "HIGH"}),
            effort("high"),
            adaptive(Some("high")),
        ),
        (
            json!({"thinkingLevel": "medium"}),
            effort("medium"),
            adaptive(Some("medium")),
        ),
        // a level that is not known is nobody's
        (json!({"thinkingLevel": "HUGE"}), json!({}), json!({})),
    ];
    let row = |levels: &[Effort], budget| byokey_types::ModelRow {
        reasoning: true,
        reasoning_levels: levels.to_vec(),
        reasoning_budget: budget,
        output: Some(64_000),
        ..byokey_types::ModelRow::unknown("m")
    };
    let chat = Target::chat(&row(&Effort::ALL, None), Some("openai".into()));
    let both = byokey_types::model::ReasoningBudget {
        min: 1024,
        max: 63_999,
    };
    let messages = Target::messages(&row(&Effort::ALL, Some(both)), None);
    for (mut ask, to_chat, to_messages) in rows {
        ask["includeThoughts"] = json!(false);
        let request = decoded(
            &json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}], "generationConfig": {"thinkingConfig": ask}}),
        );
        for (codec, target, expected) in [
            (&Chat as &dyn Codec, &chat, to_chat),
            (&Messages, &messages, to_messages),
        ] {
            let encoded = codec.encode_request(&request, target).unwrap();
            let mut found = body(&encoded);
            found.as_object_mut().unwrap().retain(|key, _| {
                ["reasoning_effort", "thinking", "output_config"].contains(&key.as_str())
            });
            assert_eq!(found, expected, "{ask} to {}", codec.format());
        }
    }
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
