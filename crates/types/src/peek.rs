//! One cheap scan over a request body: what routing needs, and where it stands.

use std::{fmt, ops::Range};

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{JsonError, JsonKind, Raw};

/// A top-level member that the scan kept, and the place of its value in the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The value, borrowing the body.
    pub value: Raw,
    /// The bytes of the body that hold it.
    pub span: Range<usize>,
}

/// What one scan of a request body found; nothing but the top level is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Peek {
    /// `model`.
    pub model: Option<Member>,
    /// `stream`.
    pub stream: Option<Member>,
    /// `stream_options`.
    pub stream_options: Option<Member>,
    /// `metadata`, which may hold a session.
    pub metadata: Option<Raw>,
    /// `prompt_cache_key`, a session hint.
    pub prompt_cache_key: Option<Raw>,
    /// `session_id`, a session hint.
    pub session_id: Option<Raw>,
    /// `conversation`, a session hint, and where Responses may keep a conversation.
    pub conversation: Option<Raw>,
    /// `previous_response_id` (Responses).
    pub previous_response_id: Option<Raw>,
    /// `store` (Chat, Responses).
    pub store: Option<Raw>,
    /// `background` (Responses).
    pub background: Option<Raw>,
    /// Whether there is `messages` (Chat, Messages).
    pub has_messages: bool,
    /// Whether there is `input` (Responses).
    pub has_input: bool,
    /// Whether there is `contents` (Gemini).
    pub has_contents: bool,
    /// Just behind the opening brace: where a member can be inserted.
    pub head: usize,
    /// Whether the object has no member at all.
    pub is_empty: bool,
}

/// A replacement of a span of a body; an empty span inserts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// The bytes to replace.
    pub span: Range<usize>,
    /// What to put there.
    pub with: Bytes,
}

impl Peek {
    /// Scans a body.
    ///
    /// # Errors
    /// [`JsonError::Syntax`] when it is no JSON, [`JsonError::WrongType`] when it is no object,
    /// [`JsonError::Invalid`] when `model` or `stream` occurs twice: readers disagree on which one counts.
    pub fn scan(body: &Bytes) -> Result<Self, JsonError> {
        let Ok(text) = std::str::from_utf8(body) else {
            // the parser skips the strings that nobody asked for, and would let them pass
            let error = serde_json::from_slice::<&RawValue>(body).err();
            return Err(error.map_or_else(not_utf8, JsonError::from));
        };
        let seen: Seen<'_> = match serde_json::from_str(text) {
            Ok(seen) => seen,
            Err(error) => {
                Raw::parse(body.clone())?.expect_kind(JsonKind::Object)?;
                return Err(error.into());
            }
        };
        let mut peek = Self {
            has_messages: seen.has_messages,
            has_input: seen.has_input,
            has_contents: seen.has_contents,
            is_empty: seen.is_empty,
            head: memchr::memchr(b'{', body).map_or(0, |at| at + 1),
            ..Self::default()
        };
        for (key, value) in seen.kept {
            let member = member(body, value)?;
            match key {
                Kept::Model => once(&mut peek.model, member, "model")?,
                Kept::Stream => once(&mut peek.stream, member, "stream")?,
                Kept::StreamOptions => once(&mut peek.stream_options, member, "stream_options")?,
                Kept::Metadata => peek.metadata = Some(member.value),
                Kept::PromptCacheKey => peek.prompt_cache_key = Some(member.value),
                Kept::SessionId => peek.session_id = Some(member.value),
                Kept::Conversation => peek.conversation = Some(member.value),
                Kept::PreviousResponse => peek.previous_response_id = Some(member.value),
                Kept::Store => peek.store = Some(member.value),
                Kept::Background => peek.background = Some(member.value),
            }
        }
        Ok(peek)
    }

    /// The name in `model`.
    ///
    /// # Errors
    /// [`JsonError::Missing`] or [`JsonError::WrongType`], with path `model`.
    pub fn model_text(&self) -> Result<String, JsonError> {
        let member = self.model.as_ref().ok_or_else(|| JsonError::Missing {
            path: "model".to_owned(),
        })?;
        member.value.text().map_err(|error| error.under("model"))
    }

    /// Whether a stream was asked for; absent and `null` mean no.
    ///
    /// # Errors
    /// [`JsonError::WrongType`] with path `stream`.
    pub fn wants_stream(&self) -> Result<bool, JsonError> {
        match &self.stream {
            Some(member) if !member.value.is_null() => member
                .value
                .boolean()
                .map_err(|error| error.under("stream")),
            Some(_) | None => Ok(false),
        }
    }
}

/// Bodies below this size are joined into one piece: a copy is cheaper than a second write.
const JOIN_BELOW: usize = 64 * 1024;

/// The body with the splices made, as pieces that borrow it; everything outside the spans is the very bytes that arrived.
///
/// The splices may come in any order; spans that overlap are a caller's mistake and the later one is left out.
pub fn splice(body: &Bytes, mut splices: Vec<Splice>) -> Vec<Bytes> {
    if splices.is_empty() {
        return vec![body.clone()];
    }
    splices.sort_by_key(|splice| splice.span.start);
    let mut pieces = Vec::with_capacity(splices.len() * 2 + 1);
    let mut at = 0;
    for Splice { span, with } in splices {
        if span.start < at || span.end > body.len() {
            continue;
        }
        pieces.push(body.slice(at..span.start));
        pieces.push(with);
        at = span.end;
    }
    pieces.push(body.slice(at..));
    if body.len() < JOIN_BELOW {
        return vec![pieces.concat().into()];
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

fn not_utf8() -> JsonError {
    JsonError::Invalid {
        path: "$".to_owned(),
        what: "must be UTF-8".to_owned(),
    }
}

fn once(slot: &mut Option<Member>, member: Member, key: &str) -> Result<(), JsonError> {
    if slot.replace(member).is_some() {
        return Err(JsonError::Invalid {
            path: key.to_owned(),
            what: "occurs more than once".to_owned(),
        });
    }
    Ok(())
}

fn member(body: &Bytes, value: &RawValue) -> Result<Member, JsonError> {
    let value = Raw::parse(body.slice_ref(value.get().as_bytes()))?;
    let start = value.bytes().as_ptr() as usize - body.as_ptr() as usize;
    let span = start..start + value.bytes().len();
    Ok(Member { value, span })
}

#[derive(Clone, Copy)]
enum Kept {
    Model,
    Stream,
    StreamOptions,
    Metadata,
    PromptCacheKey,
    SessionId,
    Conversation,
    PreviousResponse,
    Store,
    Background,
}

enum Key {
    Kept(Kept),
    Messages,
    Input,
    Contents,
    Other,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = Key;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_str<E>(self, key: &str) -> Result<Key, E> {
                Ok(match key {
                    "model" => Key::Kept(Kept::Model),
                    "stream" => Key::Kept(Kept::Stream),
                    "stream_options" => Key::Kept(Kept::StreamOptions),
                    "metadata" => Key::Kept(Kept::Metadata),
                    "prompt_cache_key" => Key::Kept(Kept::PromptCacheKey),
                    "session_id" => Key::Kept(Kept::SessionId),
                    "conversation" => Key::Kept(Kept::Conversation),
                    "previous_response_id" => Key::Kept(Kept::PreviousResponse),
                    "store" => Key::Kept(Kept::Store),
                    "background" => Key::Kept(Kept::Background),
                    "messages" => Key::Messages,
                    "input" => Key::Input,
                    "contents" => Key::Contents,
                    _ => Key::Other,
                })
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

#[derive(Default)]
struct Seen<'a> {
    kept: Vec<(Kept, &'a RawValue)>,
    has_messages: bool,
    has_input: bool,
    has_contents: bool,
    is_empty: bool,
}

impl<'de> Deserialize<'de> for Seen<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SeenVisitor;
        impl<'de> Visitor<'de> for SeenVisitor {
            type Value = Seen<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut seen = Seen {
                    is_empty: true,
                    ..Seen::default()
                };
                while let Some(key) = map.next_key()? {
                    seen.is_empty = false;
                    if let Key::Kept(kept) = key {
                        seen.kept.push((kept, map.next_value()?));
                        continue;
                    }
                    match key {
                        Key::Messages => seen.has_messages = true,
                        Key::Input => seen.has_input = true,
                        Key::Contents => seen.has_contents = true,
                        Key::Kept(_) | Key::Other => {}
                    }
                    map.next_value::<IgnoredAny>()?;
                }
                Ok(seen)
            }
        }
        deserializer.deserialize_map(SeenVisitor)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use pretty_assertions::assert_eq;

    use super::*;

    fn spliced(body: &str, with: &str) -> String {
        let body = Bytes::from(body.to_owned());
        let peek = Peek::scan(&body).unwrap();
        let splice_model = Splice {
            span: peek.model.unwrap().span,
            with: Bytes::from(with.to_owned()),
        };
        String::from_utf8(splice(&body, vec![splice_model]).concat()).unwrap()
    }

    #[test]
    fn only_the_value_of_model_changes() {
        let body = r#" {"n": 1.0e2, "model" : "a\u0062" ,"messages":[{"model":"inner"}], "x":12345678901234567890123} "#;
        assert_eq!(
            spliced(body, "\"z\""),
            body.replace(r#""a\u0062""#, "\"z\"")
        );
        let long = format!(r#"{{"model":"a","messages":"{}"}}"#, "y".repeat(JOIN_BELOW));
        assert_eq!(spliced(&long, "\"z\""), long.replace("\"a\"", "\"z\""));
    }

    #[test]
    fn bad_bodies_are_named() {
        let rows = [
            ("", "not valid JSON at line 1, column 0"),
            ("{\"model\":\"a\"", "not valid JSON at line 1, column 12"),
            ("[]", "`$` must be an object, not an array"),
            (
                r#"{"model":"a","model":"b"}"#,
                "`model` occurs more than once",
            ),
        ];
        for (body, message) in rows {
            let error = Peek::scan(&Bytes::from_static(body.as_bytes())).unwrap_err();
            assert_eq!(error.to_string(), message, "{body}");
        }
        let scan = |body: &'static str| Peek::scan(&Bytes::from_static(body.as_bytes())).unwrap();
        assert_eq!(
            scan(r#"{"model":5}"#).model_text().unwrap_err().to_string(),
            "`model` must be a string, not a number"
        );
        assert_eq!(
            scan("{}").model_text().unwrap_err().to_string(),
            "`model` is required"
        );
        assert_eq!(scan(r#"{"stream":null}"#).wants_stream(), Ok(false));
        assert_eq!(scan(r#"{"stream":true}"#).wants_stream(), Ok(true));
        assert_eq!(
            scan(r#"{"stream":"yes"}"#)
                .wants_stream()
                .unwrap_err()
                .to_string(),
            "`stream` must be a boolean, not a string"
        );
    }

    #[test]
    fn text_that_is_no_utf8_is_no_json() {
        for body in [
            &b"{\"model\":\"a\",\"messages\":\"\xbc\"}"[..],
            b"{\"model\":\"a\xf0\"}",
            b"{\"\xff\":1}",
        ] {
            let error = Peek::scan(&Bytes::from_static(body)).unwrap_err();
            let of_object = crate::RawObject::parse(body).unwrap_err();
            assert_eq!(error, of_object);
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = format!(
            r#"{{"model":"a","x":{}1{}}}"#,
            "[".repeat(200_000),
            "]".repeat(200_000)
        );
        assert_eq!(
            Peek::scan(&Bytes::from(deep))
                .unwrap()
                .model_text()
                .unwrap(),
            "a"
        );
    }
}
