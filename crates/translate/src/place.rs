//! Places of the neutral form, as losses name them; formatted only when something is lost.

use std::fmt;

/// A block's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
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
    pub(crate) fn fact(self, fact: &str) -> String {
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
