//! How much a model is asked to reason.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A level of reasoning effort, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// `minimal`
    Minimal,
    /// `low`
    Low,
    /// `medium`
    Medium,
    /// `high`
    High,
    /// `xhigh`
    XHigh,
    /// `max`
    Max,
}

impl Effort {
    /// Every level, weakest first.
    pub const ALL: [Self; 6] = [
        Self::Minimal,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::XHigh,
        Self::Max,
    ];

    /// The name that all providers use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::XHigh => "xhigh",
            Self::Max => "max",
        }
    }
}

/// A text that names no effort level.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no effort level; expected `minimal`, `low`, `medium`, `high`, `xhigh` or `max`")]
pub struct UnknownEffort(pub String);

impl FromStr for Effort {
    type Err = UnknownEffort;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|effort| effort.name() == text)
            .ok_or_else(|| UnknownEffort(text.to_owned()))
    }
}

/// What was asked of a model's reasoning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReasoningAsk {
    /// No reasoning.
    Off,
    /// As much as the model sees fit.
    Auto,
    /// A level.
    Effort(Effort),
    /// At most this many tokens.
    Budget(u64),
}

impl FromStr for ReasoningAsk {
    type Err = UnknownEffort;

    /// Reads the text of a model suffix: `none`, `auto`, `-1`, a level or a number of tokens.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" | "0" => Ok(Self::Off),
            "auto" | "-1" => Ok(Self::Auto),
            _ => match text.parse() {
                Ok(tokens) => Ok(Self::Budget(tokens)),
                Err(_) => text.parse().map(Self::Effort),
            },
        }
    }
}
