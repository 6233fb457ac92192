//! Messages, ready to be written.

use std::borrow::Cow;

use byokey_types::{Raw, RawObject, Str};
use bytes::BytesMut;

use super::{
    lower::Call,
    piece::{Piece, write_content},
    reasoning_encode::{self, Said},
    seal,
    spelling::{ABSENT, EMPTY_CALLS, LEGACY, LIST, NO_ARGUMENTS, UNTYPED, inner, outer},
};
use crate::{
    ir::{Input, Seal},
    reply::FREEFORM_MEMBER,
    write::{Object, string},
};

/// A message.
#[derive(Debug, Default)]
pub(super) struct Message<'a> {
    pub(super) role: &'static str,
    pub(super) pieces: Vec<Piece<'a>>,
    pub(super) reasoning: Vec<Said<'a>>,
    pub(super) refusal: Option<&'a str>,
    pub(super) calls: Vec<Call<'a>>,
    /// The call whose result it is.
    pub(super) answers: Option<Cow<'a, str>>,
    pub(super) seal: Option<&'a Seal>,
    /// The cache mark that stands on the message.
    pub(super) mark: Option<&'a Raw>,
    pub(super) ext: Option<&'a RawObject>,
    /// Whether reasoning that this format keeps as text beside its entries must not be replayed.
    pub(super) mute: bool,
    /// Whether the target takes no cache marks.
    pub(super) unmarked: bool,
}

/// The member of a message that marks the end of a cached prefix.
pub(super) const MARK: &str = "cache_control";

/// The members in which a message repeats reasoning, left out for targets that want none back.
pub(super) const MUTED: [&str; 3] = ["reasoning", "reasoning_content", "reasoning_details"];

/// The inner objects of a message and of a call.
const INNER: [&str; 3] = ["extra_content", "function_call", "function"];
const CALL_INNER: [&str; 4] = ["extra_content", "function_call", "function", "custom"];

impl Message<'_> {
    /// Whether it says nothing.
    pub(super) const fn is_empty(&self) -> bool {
        self.pieces.is_empty()
            && self.reasoning.is_empty()
            && self.refusal.is_none()
            && self.calls.is_empty()
    }

    /// Writes the message.
    pub(super) fn write(&self, out: &mut BytesMut) {
        let mut message = Object::begin(out);
        let is_legacy_result = self.answers.is_some() && self.spelled(LEGACY);
        message.text(
            "role",
            if is_legacy_result {
                "function"
            } else {
                self.role
            },
        );
        if let Some(call) = self.answers.as_deref().filter(|_| !is_legacy_result) {
            message.text("tool_call_id", call);
        }
        self.write_content(&mut message);
        reasoning_encode::write(&mut message, &self.reasoning);
        message.text_some("refusal", self.refusal);
        self.write_calls(&mut message);
        message.raw_some(MARK, self.mark);
        seal::write_extra(&mut message, self.seal, self.ext);
        message.members(self.ext, |key| {
            outer(key, &INNER).filter(|key| self.replays(key))
        });
        message.end();
    }

    fn write_content(&self, message: &mut Object<'_>) {
        let list = self.spelled(LIST);
        if !self.pieces.is_empty() || list {
            write_content(&self.pieces, list, message.key("content"));
        } else if self.answers.is_some() {
            // a result must have content, if only an empty one
            message.text("content", "");
        } else if !self.spelled(ABSENT) {
            if self.calls.is_empty() && self.refusal.is_none() && !self.spelled("content") {
                message.text("content", "");
            } else {
                message.raw("content", &Raw::NULL);
            }
        }
    }

    fn write_calls(&self, message: &mut Object<'_>) {
        let (legacy, calls): (Vec<_>, Vec<_>) = self.calls.iter().partition(|call| call.legacy);
        if let Some(call) = legacy.first() {
            let mut object = message.object("function_call");
            call.write_function(&mut object, "function_call");
            object.end();
        }
        if calls.is_empty() && !self.spelled(EMPTY_CALLS) {
            return;
        }
        let mut array = message.array("tool_calls");
        for call in calls {
            let mut object = array.object();
            call.write(&mut object);
            object.end();
        }
        array.end();
    }

    fn replays(&self, key: &str) -> bool {
        key != "content" && !(self.mute && MUTED.contains(&key)) && !(self.unmarked && key == MARK)
    }

    fn spelled(&self, spelling: &str) -> bool {
        self.ext.is_some_and(|ext| ext.contains(spelling))
    }
}

impl Call<'_> {
    fn write(&self, object: &mut Object<'_>) {
        object.text("id", &self.id);
        let kind = if self.custom { "custom" } else { "function" };
        if !self.spelled(UNTYPED) {
            object.text("type", kind);
        }
        let mut inside = object.object(kind);
        if self.custom {
            inside.text("name", &self.name);
            inside.text("input", self.input.as_str());
            inside.members(self.ext, |key| inner(key, "custom"));
        } else {
            self.write_function(&mut inside, "function");
        }
        inside.end();
        object.raw_some("cache_control", self.cache);
        seal::write_extra(object, self.seal, self.ext);
        object.members(self.ext, |key| outer(key, &CALL_INNER));
    }

    fn write_function(&self, object: &mut Object<'_>, prefix: &str) {
        object.text("name", &self.name);
        match self.input {
            Input::Text(text) => string(&wrapped(text), object.key("arguments")),
            Input::Json(_) if self.spelled(ABSENT) => {}
            Input::Json(_) if self.spelled(NO_ARGUMENTS) => object.text("arguments", ""),
            Input::Json(_) | Input::Malformed(_) => {
                object.text("arguments", self.input.as_str());
            }
        }
        object.members(self.ext, |key| inner(key, prefix));
    }

    fn spelled(&self, spelling: &str) -> bool {
        self.ext.is_some_and(|ext| ext.contains(spelling))
    }
}

/// Free text as the one member of a function's input.
fn wrapped(text: &str) -> String {
    let object: RawObject = [(Str::new(FREEFORM_MEMBER), Raw::string(text))]
        .into_iter()
        .collect();
    object.to_raw().as_str().to_owned()
}
