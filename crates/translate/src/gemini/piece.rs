//! Parts in the words of this format, ready to be written: what requests and answers share.

use std::borrow::Cow;

use byokey_types::{Raw, RawObject};
use bytes::BytesMut;

use super::{
    media,
    place::Place,
    result,
    spelling::{self, is_marked},
};
use crate::{
    loss::Losses,
    write::{Array, Object},
};

/// A part of this format.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    pub(super) place: Place,
    pub(super) wire: Wire<'a>,
    /// The text for its slot.
    pub(super) seal: Option<Cow<'a, str>>,
    pub(super) ext: Option<&'a RawObject>,
}

/// What the part says.
#[derive(Debug)]
pub(super) enum Wire<'a> {
    Text(Cow<'a, str>),
    /// Nothing but its seal.
    Nothing,
    Thought(Cow<'a, str>),
    /// A thought that is nothing but its seal.
    OnlyThought,
    Media {
        title: Option<&'a str>,
        source: media::Wire<'a>,
    },
    Call {
        /// The id, if the upstream is told one.
        id: Option<Cow<'a, str>>,
        /// The id as the conversation knows it.
        key: &'a str,
        name: Cow<'a, str>,
        args: Raw,
    },
    Result {
        id: Option<Cow<'a, str>>,
        key: &'a str,
        name: Cow<'a, str>,
        text: Cow<'a, str>,
        is_error: bool,
        nested: Vec<Piece<'a>>,
    },
    Native(&'a Raw),
}

impl<'a> Piece<'a> {
    /// A plain text.
    pub(super) fn text(place: Place, text: impl Into<Cow<'a, str>>) -> Self {
        Self {
            place,
            wire: Wire::Text(text.into()),
            seal: None,
            ext: None,
        }
    }

    /// The text, when it is one.
    pub(super) fn words(&self) -> Option<&str> {
        match &self.wire {
            Wire::Text(text) => Some(text),
            Wire::Nothing
            | Wire::Thought(_)
            | Wire::OnlyThought
            | Wire::Media { .. }
            | Wire::Call { .. }
            | Wire::Result { .. }
            | Wire::Native(_) => None,
        }
    }

    /// Declares what stands beside its words, which are joined with others.
    pub(super) fn forget_beside(&self, losses: &mut Losses) {
        if self.seal.is_some() {
            losses.dropped(self.place.fact("seal"));
        }
        for (member, _) in spelling::plain(self.ext) {
            losses.dropped(self.place.fact(&format!("ext.{member}")));
        }
    }

    /// The conversation's id of the call, when it is one.
    pub(super) fn call(&self) -> Option<&str> {
        match &self.wire {
            Wire::Call { key, .. } => Some(key),
            Wire::Text(_)
            | Wire::Nothing
            | Wire::Thought(_)
            | Wire::OnlyThought
            | Wire::Media { .. }
            | Wire::Result { .. }
            | Wire::Native(_) => None,
        }
    }

    /// The conversation's id of the call it answers, when it is a result.
    pub(super) fn answers(&self) -> Option<&str> {
        match &self.wire {
            Wire::Result { key, .. } => Some(key),
            Wire::Text(_)
            | Wire::Nothing
            | Wire::Thought(_)
            | Wire::OnlyThought
            | Wire::Media { .. }
            | Wire::Call { .. }
            | Wire::Native(_) => None,
        }
    }

    pub(super) fn write(&self, out: &mut BytesMut) {
        let mut part = Object::begin(out);
        match &self.wire {
            Wire::Text(text) => part.text("text", text),
            Wire::Nothing => {}
            Wire::OnlyThought => part.boolean("thought", true),
            Wire::Thought(text) => {
                part.text("text", text);
                part.boolean("thought", true);
            }
            Wire::Media { title, source } => media::write(&mut part, source, *title, self.ext),
            Wire::Call { id, name, args, .. } => {
                let mut call = part.object("functionCall");
                call.text_some("id", id.as_deref());
                call.text("name", name);
                if !(is_marked(self.ext, "functionCall.args") && args.as_str() == "{}") {
                    call.raw("args", args);
                }
                for (key, value) in spelling::members(self.ext, "functionCall") {
                    call.raw(key, value);
                }
                call.end();
            }
            Wire::Result { .. } => self.write_result(&mut part),
            Wire::Native(value) => {
                for (key, value) in value.object().ok().into_iter().flatten() {
                    part.raw(&key, &value);
                }
            }
        }
        part.text_some("thoughtSignature", self.seal.as_deref());
        for (key, value) in spelling::plain(self.ext) {
            part.raw(key, value);
        }
        part.end();
    }

    fn write_result(&self, part: &mut Object<'_>) {
        let Wire::Result {
            id,
            name,
            text,
            is_error,
            nested,
            ..
        } = &self.wire
        else {
            return;
        };
        let mut response = part.object("functionResponse");
        response.text_some("id", id.as_deref());
        response.text("name", name);
        result::write(&mut response, text, *is_error, self.ext);
        if result::is_nested(self.ext) {
            write_parts(nested, response.key("parts"));
        }
        for (key, value) in spelling::members(self.ext, "functionResponse") {
            response.raw(key, value);
        }
        response.end();
    }
}

/// Writes a list of parts.
pub(super) fn write_parts(pieces: &[Piece<'_>], out: &mut BytesMut) {
    let mut array = Array::begin(out);
    for piece in pieces {
        piece.write(array.item());
    }
    array.end();
}
