//! Places of the neutral form, as losses name them; formatted only when something is lost.

use std::fmt;

use byokey_types::{Format, RawObject};

use crate::{
    ir::{Ext, own},
    loss::Losses,
    silent,
};

/// A block's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the system text.
    System(usize),
    /// In a turn of a request.
    Turn(usize, usize),
    /// In the result of a call: turn, block, and the block within.
    Inner(usize, usize, usize),
    /// In an answer.
    Answer(usize),
}

impl Place {
    /// The path of a fact of the block.
    pub(super) fn fact(self, fact: &str) -> String {
        format!("{self}.{fact}")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(block) => write!(f, "system.{block}"),
            Self::Turn(turn, block) => write!(f, "messages.{turn}.content.{block}"),
            Self::Inner(turn, block, inner) => {
                write!(f, "messages.{turn}.content.{block}.content.{inner}")
            }
            Self::Answer(block) => write!(f, "content.{block}"),
        }
    }
}

/// The members this format may replay; those of another format are declared as lost.
///
/// A `null` says nothing, and a member that begins with `~` only how its format spelled a fact: nothing is lost with them.
pub(super) fn replayed<'a>(
    ext: &'a Ext,
    place: impl Fn(&str) -> String,
    losses: &mut Losses,
) -> Option<&'a RawObject> {
    let format = Format::AnthropicMessages;
    if let Some(foreign) = ext.as_ref().filter(|ext| ext.format != format) {
        for (member, value) in foreign.fields.iter() {
            let path = place(member);
            let is_silent = path == **member && silent::says_nothing(foreign.format, member, value);
            if !value.is_null() && !member.starts_with('~') && !is_silent {
                losses.dropped(path);
            }
        }
    }
    own(ext, format)
}

/// Takes what `inner` lost and puts its paths under `place`.
pub(super) fn absorb_under(losses: &mut Losses, inner: &Losses, place: impl fmt::Display) {
    for loss in inner.as_slice() {
        losses.declare(format!("{place}.{}", loss.path), loss.what);
    }
}
