//! Which keys are found, in which order, and what is said about the others.

use byokey_auth::{
    ConfiguredAccount, KeyProblem, Keys,
    keys::{KeyFlaw, KeyPlace},
};
use byokey_types::provider::KeyConfig;
use pretty_assertions::assert_eq;

use crate::sample::{account, find, literal, open_account, variable};

fn only(account: ConfiguredAccount) -> Keys {
    Keys {
        accounts: vec![account],
        problems: Vec::new(),
    }
}

fn none(problems: Vec<KeyProblem>) -> Keys {
    Keys {
        accounts: Vec::new(),
        problems,
    }
}

fn not_set(variable: &str) -> KeyProblem {
    KeyProblem::NotSet {
        variable: variable.to_owned(),
    }
}

#[test]
fn the_manifest_names_variables_and_the_first_that_is_set_counts() {
    assert_eq!(
        find(&[], &["UNSET", "EMPTY", "SECOND", "FIRST"], false),
        only(account("env", "$SECOND", "sk-second"))
    );
    assert_eq!(
        find(&[], &["UNSET", "EMPTY"], false),
        none(vec![not_set("UNSET"), not_set("EMPTY")])
    );
    assert_eq!(find(&[], &[], false), none(vec![KeyProblem::NotConfigured]));
}

#[test]
fn configured_keys_come_in_their_order_and_alone() {
    let elsewhere = KeyConfig {
        base_url: Some("https://eu.example/v1".to_owned()),
        weight: 3,
        ..variable("eu", "SECOND")
    };
    let keys = [
        literal("work", "sk-work"),
        elsewhere,
        variable("gone", "UNSET"),
    ];
    assert_eq!(
        find(&keys, &["FIRST"], true),
        Keys {
            accounts: vec![
                account("work", "config", "sk-work"),
                ConfiguredAccount {
                    base_url: Some("https://eu.example/v1".to_owned()),
                    weight: 3,
                    ..account("eu", "$SECOND", "sk-second")
                },
            ],
            problems: vec![not_set("UNSET")],
        }
    );
    // a key that was configured and is not there is not replaced by another, nor by none
    assert_eq!(
        find(&[variable("gone", "UNSET")], &["FIRST"], true),
        none(vec![not_set("UNSET")])
    );
}

#[test]
fn an_open_provider_needs_no_key_but_takes_one() {
    assert_eq!(find(&[], &["UNSET"], true), only(open_account()));
    assert_eq!(
        find(&[], &["FIRST"], true),
        only(account("env", "$FIRST", "sk-first"))
    );
}

#[test]
fn one_label_is_one_account() {
    let keys = [literal("a", "sk-1"), literal("a", "sk-2")];
    assert_eq!(
        find(&keys, &[], false),
        Keys {
            accounts: vec![account("a", "config", "sk-1")],
            problems: vec![KeyProblem::SameLabel { label: "a".into() }],
        }
    );
}

#[test]
fn a_text_that_is_no_key_is_refused_by_its_place() {
    for (key, flaw) in [
        ("sk-1 sk-2", KeyFlaw::WhiteSpace),
        ("sk-1\r\nx-evil: 1", KeyFlaw::WhiteSpace),
        ("sk-\u{0}1", KeyFlaw::Control),
        ("sk-\u{7f}", KeyFlaw::Control),
        ("sk–1", KeyFlaw::NonAscii),
        ("\u{feff}sk-1", KeyFlaw::NonAscii),
    ] {
        let place = KeyPlace::Configuration("a".into());
        assert_eq!(
            find(&[literal("a", key)], &["FIRST"], true),
            none(vec![KeyProblem::Malformed { place, flaw }])
        );
    }
    assert_eq!(
        find(&[literal("a", " ")], &["FIRST"], true),
        none(vec![KeyProblem::Empty { label: "a".into() }])
    );
    // nor is a broken variable passed over for the next
    assert_eq!(
        find(&[], &["BROKEN", "FIRST"], true),
        none(vec![KeyProblem::Malformed {
            place: KeyPlace::Variable("BROKEN".to_owned()),
            flaw: KeyFlaw::WhiteSpace,
        }])
    );
}

#[test]
fn problems_name_the_place_and_never_the_key() {
    let keys = [
        literal("a", "sk secret"),
        literal("b", ""),
        literal("b", "sk-secret"),
        variable("c", "BROKEN"),
        variable("d", "UNSET"),
    ];
    let found = find(&keys, &[], false);
    let said: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "the key `a` in the configuration holds white space, which no key has",
            "the key `b` in the configuration is empty",
            "the configuration has two keys with the label `b`; give each its own",
            "`$BROKEN` holds white space, which no key has",
            "`$UNSET` is not set",
        ]
    );
    let shown = format!(
        "{found:?} {:?}",
        find(&[literal("a", "sk-secret")], &[], false)
    );
    assert!(!shown.contains("secret"), "{shown}");
}
