//! What could not be said in the target's format.

use std::{collections::HashSet, fmt};

/// How a fact changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LossKind {
    /// It is gone.
    Dropped,
    /// Something close to it was said.
    Approximated,
    /// It is said in another place.
    Moved,
    /// Something was added that nobody said, because the target needs it.
    Synthesised,
}

impl LossKind {
    /// The word used in `x-byokey-losses` and in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Approximated => "approximated",
            Self::Moved => "moved",
            Self::Synthesised => "synthesised",
        }
    }
}

/// One declared loss.
///
/// Paths name places of the neutral request in the words the wire formats share: `system.0.cache`, `messages.2.content.0.seal`
/// (turn and block, counted from 0), `tools.1.strict`, and plain names for the rest: `top_k`, `stop`, `reasoning`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Loss {
    /// Where.
    pub path: String,
    /// How.
    pub what: LossKind,
}

/// The losses of one request or answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    list: Vec<Loss>,
    known: HashSet<Loss>,
}

impl Losses {
    /// Declares a loss; the same one twice counts once.
    pub fn declare(&mut self, path: impl Into<String>, what: LossKind) {
        let loss = Loss {
            path: path.into(),
            what,
        };
        if self.known.insert(loss.clone()) {
            self.list.push(loss);
        }
    }

    /// Declares that something is gone.
    pub fn dropped(&mut self, path: impl Into<String>) {
        self.declare(path, LossKind::Dropped);
    }

    /// Declares that something close to it was said.
    pub fn approximated(&mut self, path: impl Into<String>) {
        self.declare(path, LossKind::Approximated);
    }

    /// Declares that it is said in another place.
    pub fn moved(&mut self, path: impl Into<String>) {
        self.declare(path, LossKind::Moved);
    }

    /// Declares that something was added.
    pub fn synthesised(&mut self, path: impl Into<String>) {
        self.declare(path, LossKind::Synthesised);
    }

    /// Takes all of `other`.
    pub fn absorb(&mut self, other: Self) {
        for loss in other.list {
            self.declare(loss.path, loss.what);
        }
    }

    /// The losses in the order they were declared.
    pub fn as_slice(&self) -> &[Loss] {
        &self.list
    }

    /// Whether nothing was lost.
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The value of `x-byokey-losses`: `<count>; <path>=<kind>, …`, at most `limit` bytes, visible ASCII only.
    pub fn summary(&self, limit: usize) -> String {
        const CUT: &str = ", ...";
        let mut out = format!("{};", self.list.len());
        for (position, loss) in self.list.iter().enumerate() {
            let entry = format!("{} {loss}", if position > 0 { "," } else { "" });
            if out.len() + entry.len() + CUT.len() > limit {
                out.push_str(CUT);
                break;
            }
            out.push_str(&entry);
        }
        out.replace(|c: char| !(' '..='~').contains(&c), "?")
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.path, self.what.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_bounded() {
        let mut losses = Losses::default();
        losses.dropped("top_k");
        losses.dropped("top_k");
        losses.moved("messages.0.content.1");
        assert_eq!(
            losses.summary(1024),
            "2; top_k=dropped, messages.0.content.1=moved"
        );
        for n in 0..500 {
            losses.dropped(format!("tools.{n}.é"));
        }
        for limit in 100..1024 {
            let summary = losses.summary(limit);
            assert!(
                summary.len() <= limit && summary.is_ascii() && summary.ends_with(", ..."),
                "{limit}: {summary}"
            );
        }
    }
}
