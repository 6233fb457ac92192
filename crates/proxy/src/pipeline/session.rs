//! Which conversation a request belongs to, for upstreams that want a stable name of the end user and for prompt caches.

use byokey_translate::{
    ids,
    ir::{Request, Role},
};
use byokey_types::{Raw, RawObject, Str};
use http::HeaderMap;

use super::Inbound;

/// Headers that name a session, strongest first. spec/routing.md, "Accounts and pools".
const HEADERS: [&str; 5] = [
    "x-claude-code-session-id",
    "session_id",
    "session-id",
    "x-session-id",
    "x-session-affinity",
];

/// A name for the session of a request: the same for every request of a conversation, another for another one.
///
/// It is a digest, so it tells an upstream nothing but that.
pub fn name(inbound: &Inbound, request: &Request) -> Str {
    let key = hinted(inbound).unwrap_or_else(|| beginning(request));
    let digest = |salt| ids::digest(&[salt, &key]);
    Str::from(format!("session_{:016x}{:016x}", digest("a"), digest("b")))
}

fn hinted(inbound: &Inbound) -> Option<String> {
    let claude_code = || header(&inbound.headers, HEADERS[0]);
    let others = || {
        HEADERS[1..]
            .iter()
            .find_map(|name| header(&inbound.headers, name))
    };
    let peek = &inbound.peek;
    claude_code()
        .or_else(|| in_metadata(peek.metadata.as_ref()?))
        .or_else(others)
        .or_else(|| text(peek.session_id.as_ref()?))
        .or_else(|| text(peek.prompt_cache_key.as_ref()?))
        .or_else(|| {
            let conversation = peek.conversation.as_ref()?;
            // a name, or an object that holds one
            text(conversation).or_else(|| text(conversation.object().ok()?.get("id")?))
        })
}

/// `metadata.user_id`: a JSON object in a string with `session_id`, or the older `user_…_session_<id>`.
fn in_metadata(metadata: &Raw) -> Option<String> {
    let user = text(metadata.object().ok()?.get("user_id")?)?;
    if let Ok(inner) = RawObject::parse(user.clone()) {
        return text(inner.get("session_id")?);
    }
    let (_, session) = user.rsplit_once("_session_")?;
    (!session.is_empty()).then(|| session.to_owned())
}

/// Without a hint: what every later request of the conversation repeats.
fn beginning(request: &Request) -> String {
    let mut key = String::new();
    let system = request.turns.iter().take(request.head_len());
    let first_user = request.turns.iter().find(|turn| turn.role == Role::User);
    let blocks = request
        .instructions
        .iter()
        .chain(system.chain(first_user).flat_map(|turn| &turn.blocks));
    for block in blocks {
        key.push_str(block.as_text().unwrap_or("\u{0}"));
        key.push('\u{0}');
    }
    key
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (!value.is_empty()).then(|| value.to_owned())
}

fn text(raw: &Raw) -> Option<String> {
    raw.text().ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::time::Instant;

    use byokey_translate::ir::{Block, Turn};
    use byokey_types::{Format, ModelName, Peek, Timestamp};
    use bytes::Bytes;
    use pretty_assertions::{assert_eq, assert_ne};

    use super::*;

    type Headers = [(&'static str, &'static str)];

    fn inbound(body: &str, headers: &Headers) -> Inbound {
        let body = Bytes::from(body.to_owned());
        Inbound {
            id: "req".into(),
            format: Format::OpenAiChat,
            body_format: Format::OpenAiChat,
            at: Timestamp(0),
            started: Instant::now(),
            headers: headers
                .iter()
                .map(|(name, value)| {
                    let name = http::HeaderName::from_static(name);
                    (name, http::HeaderValue::from_static(value))
                })
                .collect(),
            query: None,
            peek: Peek::scan(&body).unwrap(),
            body,
            model: ModelName::parse("m").unwrap(),
            stream: false,
            json_array: false,
            strict: false,
            under: None,
            thread: crate::state::Thread::default(),
        }
    }

    #[test]
    fn k12_hints_have_an_order() {
        let all = r#"{"metadata":{"user_id":"{\"session_id\":\"in-metadata\"}"},"session_id":"in-body","prompt_cache_key":"cache","conversation":{"id":"conv"}}"#;
        let rows: [(&str, &Headers, Option<&str>); 7] = [
            (
                all,
                &[("x-session-id", "x"), ("x-claude-code-session-id", "cc")],
                Some("cc"),
            ),
            (all, &[("x-session-id", "x")], Some("in-metadata")),
            (
                r#"{"metadata":{"user_id":"user_1_account__session_old"}}"#,
                &[],
                Some("old"),
            ),
            (
                r#"{"session_id":"in-body"}"#,
                &[("session-id", "h")],
                Some("h"),
            ),
            (
                r#"{"prompt_cache_key":"cache","conversation":"conv"}"#,
                &[],
                Some("cache"),
            ),
            (
                r#"{"conversation":{"id":"conv"},"metadata":{"user_id":"plain"}}"#,
                &[],
                Some("conv"),
            ),
            (
                r#"{"metadata":5,"session_id":""}"#,
                &[("x-session-id", "")],
                None,
            ),
        ];
        for (body, headers, expected) in rows {
            assert_eq!(
                hinted(&inbound(body, headers)).as_deref(),
                expected,
                "{body}"
            );
        }
    }

    #[test]
    fn conversations_are_told_apart_by_their_beginning() {
        let request = |texts: &[&str]| {
            let mut request = Request::new("m");
            let turn = |text: &&str| Turn::new(Role::User, vec![Block::text(*text)]);
            request.turns = texts.iter().map(turn).collect();
            request
        };
        let bare = inbound("{}", &[]);
        let first = name(&bare, &request(&["hello"]));
        assert_eq!(first, name(&bare, &request(&["hello", "more"])));
        assert_ne!(first, name(&bare, &request(&["other"])));
        assert_eq!(first.len(), "session_".len() + 32);
    }
}
