//! What the keeper hands out, and what it says when it has nothing.

use std::sync::Arc;

use byokey_auth::Keeper;
use byokey_types::{ByokError, Kind, Secret, Token, ports::TokenStore, provider::KeyConfig};
use pretty_assertions::assert_eq;

use crate::sample::{account_id, claude, find, literal, variable};

fn said(error: &ByokError) -> (Kind, u16, String) {
    (error.kind, error.status(), error.to_string())
}

fn login_needed(message: &str) -> (Kind, u16, String) {
    (Kind::LoginNeeded, 401, message.to_owned())
}

#[tokio::test]
async fn tokens_are_shared_and_replaced() {
    let key = |text: &str| Token::api_key(Secret::new(text));
    let first = find(&[literal("a", "sk-1"), literal("b", "sk-2")], &[], false);
    let keeper = Keeper::new([(claude(), first)]);
    let held = keeper.get(&account_id("a")).expect("a token");
    let again = keeper.get(&account_id("a")).expect("a token");
    assert_eq!(held.as_deref(), Some(&key("sk-1")));
    assert!(matches!((&held, &again), (Some(one), Some(other)) if Arc::ptr_eq(one, other)));
    assert_eq!(
        keeper.token(&account_id("b")).await.expect("an answer"),
        Some(key("sk-2"))
    );

    keeper.replace([(claude(), find(&[literal("a", "sk-3")], &[], false))]);
    assert_eq!(
        keeper.get(&account_id("a")).expect("a token").as_deref(),
        Some(&key("sk-3"))
    );
    assert_eq!(
        keeper.token(&account_id("b")).await.expect("an answer"),
        None
    );
    assert_eq!(
        said(&keeper.get(&account_id("b")).expect_err("refused")),
        login_needed("`claude/b` is not an account any more; send the request again")
    );
    // a request that is under way keeps what it took
    assert_eq!(held.as_deref(), Some(&key("sk-1")));
}

#[test]
fn an_open_account_has_no_token_and_that_is_no_error() {
    let keeper = Keeper::new([(claude(), find(&[], &[], true))]);
    assert_eq!(keeper.get(&account_id("open")).expect("an answer"), None);
}

#[test]
fn what_is_missing_is_said_with_what_to_do() {
    let refusal = |keys: &[KeyConfig], key_env: &[&str]| {
        let keeper = Keeper::new([(claude(), find(keys, key_env, false))]);
        let error = keeper.get(&account_id("env")).expect_err("refused");
        assert_eq!(said(&error), said(&keeper.missing(&claude())));
        said(&error)
    };
    assert_eq!(
        refusal(&[], &["UNSET", "EMPTY"]),
        login_needed(
            "no key for `claude`: `$UNSET` is not set, `$EMPTY` is not set; type `export UNSET=…` and restart byokey"
        )
    );
    assert_eq!(
        refusal(&[variable("work", "UNSET")], &["FIRST"]),
        login_needed(
            "no key for `claude`: `$UNSET` is not set; type `export UNSET=…` and restart byokey"
        )
    );
    assert_eq!(
        refusal(&[], &[]),
        login_needed(
            "no key for `claude`: no key is configured; set `providers.claude.api_key` in the configuration"
        )
    );
    assert_eq!(
        refusal(&[], &["BROKEN"]),
        login_needed(
            "no key for `claude`: `$BROKEN` holds white space, which no key has; set `providers.claude.api_key` in the configuration"
        )
    );
    assert_eq!(
        said(&Keeper::default().missing(&claude())),
        login_needed(
            "no key for `claude`: no key is configured; set `providers.claude.api_key` in the configuration"
        )
    );
}
