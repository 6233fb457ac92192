//! A checker of the event grammar, for tests and debug builds.

use std::collections::BTreeSet;

use crate::event::{Delta, Event, Head};

/// Follows a stream and says where it leaves the grammar.
#[derive(Debug, Default)]
pub struct Checker {
    phase: Phase,
    next: u32,
    open: BTreeSet<(u32, Sort)>,
}

/// A sentence that is not one.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Violation {
    /// Something came before the beginning.
    #[error("`{0}` before `start`")]
    NotStarted(&'static str),
    /// Something came behind the end.
    #[error("`{0}` after the end")]
    Ended(&'static str),
    /// Something came behind the stop reason that must not.
    #[error("`{0}` after `stop`")]
    Stopped(&'static str),
    /// A second beginning.
    #[error("a second `start`")]
    StartedTwice,
    /// A block opened out of order.
    #[error("block {found} opened where {expected} is next")]
    OutOfOrder {
        /// The index that is next.
        expected: u32,
        /// The index that came.
        found: u32,
    },
    /// A delta or an end for a block that is not open.
    #[error("`{what}` for block {index}, which is not open")]
    NotOpen {
        /// Which event.
        what: &'static str,
        /// Which block.
        index: u32,
    },
    /// A delta that does not fit its block.
    #[error("`{delta}` in a {head} block")]
    WrongDelta {
        /// Which delta.
        delta: &'static str,
        /// What the block is.
        head: &'static str,
    },
    /// The stop reason came while blocks were open.
    #[error("`stop` while block {0} is open")]
    StillOpen(u32),
    /// The end came without a stop reason.
    #[error("`end` without `stop`")]
    NoStop,
    /// The stream ran out.
    #[error("no terminal event")]
    Unfinished,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    New,
    Running,
    Stopped,
    Ended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Text,
    Reasoning,
    Call,
    Refusal,
    Media,
    Native,
}

impl Checker {
    /// Takes the next event.
    ///
    /// # Errors
    /// The [`Violation`], if the grammar does not allow it here.
    pub fn check(&mut self, event: &Event) -> Result<(), Violation> {
        let name = name(event);
        match (self.phase, event) {
            (Phase::Ended, _) => return Err(Violation::Ended(name)),
            (_, Event::Error(_)) | (Phase::Stopped, Event::End) => {
                self.phase = Phase::Ended;
                return Ok(());
            }
            (Phase::New, Event::Start(_)) => {
                self.phase = Phase::Running;
                return Ok(());
            }
            (Phase::New, _) => return Err(Violation::NotStarted(name)),
            (_, Event::Start(_)) => return Err(Violation::StartedTwice),
            (Phase::Stopped, _) => return Err(Violation::Stopped(name)),
            (Phase::Running, _) => {}
        }
        match event {
            Event::Open { index, head, .. } => self.open(*index, head),
            Event::Delta { index, delta } => self.delta(*index, delta),
            Event::Close { index } => match self.find(*index) {
                Some(block) => {
                    self.open.remove(&block);
                    Ok(())
                }
                None => Err(Violation::NotOpen {
                    what: name,
                    index: *index,
                }),
            },
            Event::Stop(_) => {
                if let Some((index, _)) = self.open.first() {
                    return Err(Violation::StillOpen(*index));
                }
                self.phase = Phase::Stopped;
                Ok(())
            }
            Event::End => Err(Violation::NoStop),
            Event::Usage(_) | Event::Start(_) | Event::Error(_) => Ok(()),
        }
    }

    /// Says whether the stream has ended.
    ///
    /// # Errors
    /// [`Violation::Unfinished`] when it has not.
    pub fn finish(&self) -> Result<(), Violation> {
        if self.phase == Phase::Ended {
            Ok(())
        } else {
            Err(Violation::Unfinished)
        }
    }

    fn find(&self, index: u32) -> Option<(u32, Sort)> {
        self.open.iter().find(|(open, _)| *open == index).copied()
    }

    fn open(&mut self, index: u32, head: &Head) -> Result<(), Violation> {
        if index != self.next {
            return Err(Violation::OutOfOrder {
                expected: self.next,
                found: index,
            });
        }
        self.next += 1;
        self.open.insert((index, sort(head)));
        Ok(())
    }

    fn delta(&self, index: u32, delta: &Delta) -> Result<(), Violation> {
        let Some((_, sort)) = self.find(index) else {
            return Err(Violation::NotOpen {
                what: "delta",
                index,
            });
        };
        let (fits, delta) = match delta {
            Delta::Text(_) => (matches!(sort, Sort::Text | Sort::Refusal), "text"),
            Delta::Reasoning(_) => (sort == Sort::Reasoning, "reasoning"),
            Delta::Summary { .. } => (sort == Sort::Reasoning, "summary"),
            Delta::Input(_) => (sort == Sort::Call, "input"),
            Delta::Annotation(_) => (sort == Sort::Text, "annotation"),
            Delta::Seal(_) => (true, "seal"),
            Delta::Native(_) => (sort == Sort::Native, "native"),
            Delta::Ext(_) => (true, "ext"),
        };
        if fits {
            Ok(())
        } else {
            Err(Violation::WrongDelta {
                delta,
                head: sort.name(),
            })
        }
    }
}

impl Sort {
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Reasoning => "reasoning",
            Self::Call => "tool call",
            Self::Refusal => "refusal",
            Self::Media => "media",
            Self::Native => "native",
        }
    }
}

const fn sort(head: &Head) -> Sort {
    match head {
        Head::Text => Sort::Text,
        Head::Reasoning { .. } => Sort::Reasoning,
        Head::ToolCall { .. } => Sort::Call,
        Head::Refusal => Sort::Refusal,
        Head::Media(_) => Sort::Media,
        Head::Native { .. } => Sort::Native,
    }
}

const fn name(event: &Event) -> &'static str {
    match event {
        Event::Start(_) => "start",
        Event::Open { .. } => "open",
        Event::Delta { .. } => "delta",
        Event::Close { .. } => "close",
        Event::Usage(_) => "usage",
        Event::Stop(_) => "stop",
        Event::End => "end",
        Event::Error(_) => "error",
    }
}
