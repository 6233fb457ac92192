//! Model names and what they ask for.

use std::time::Duration;

/// A model name, understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Model<'a> {
    /// As the client wrote it.
    pub(crate) name: &'a str,
    pub(crate) dialect: Dialect,
    /// Whether generateContent treats it as it treats its third generation.
    pub(crate) generation3: bool,
    /// Whether generateContent gives ids to its calls.
    pub(crate) call_ids: bool,
    pub(crate) kind: Kind<'a>,
}

/// Whose rules a model follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Strict,
    DeepSeek,
    /// The ChatGPT backend, on Responses.
    Codex,
}

/// The behaviours of the crate's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    Echo,
    Lorem {
        tokens: u32,
        per_second: Option<u32>,
    },
    Tools,
    Think {
        redacted: bool,
        tools: bool,
    },
    Agent {
        think: bool,
    },
    Vision,
    Refuse,
    Filter,
    Cite,
    Structured,
    Stop,
    Long,
    Fail(u16),
    Flaky,
    SlowStart(Duration),
    StallHead,
    Stall,
    StallMid,
    CutHead,
    Cut,
    ErrorMid,
    Raw(&'a str),
    Odd(Oddity),
    /// Makes vectors only.
    Embed,
}

/// Answers that only generateContent has a word for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// The prompt is blocked, and there is no candidate.
    Blocked,
    /// Stopped because it recites.
    Recite,
    /// Stopped by a call that could not be read.
    Malformed,
    /// Runs code before it answers.
    Code,
}

/// What `/v1/models` lists; names with a parameter stand for their family.
pub(crate) const LISTED: &[&str] = &[
    "echo",
    "lorem",
    "lorem-1000",
    "lorem-1000-50",
    "tools",
    "think",
    "think-redacted",
    "think-tools",
    "agent",
    "agent-think",
    "vision",
    "refuse",
    "filter",
    "cite",
    "structured",
    "stop",
    "long",
    "fail-400",
    "fail-401",
    "fail-403",
    "fail-404",
    "fail-429",
    "fail-500",
    "fail-503",
    "fail-529",
    "flaky",
    "slow-start",
    "stall-head",
    "stall",
    "stall-mid",
    "cut-head",
    "cut",
    "error-mid",
    "blocked",
    "recite",
    "malformed",
    "code",
    "embed",
    "ds-echo",
    "ds-tools",
    "ds-think",
    "ds-think-tools",
    "g3-echo",
    "g3-tools",
    "g3-think",
    "g3-think-tools",
    "ids-tools",
    "codex-echo",
    "codex-tools",
    "codex-think",
    "codex-think-tools",
];

const LOREM_TOKENS: u32 = 64;
const MOST_LOREM_TOKENS: u32 = 1_000_000;
const SLOW_START: Duration = Duration::from_millis(300);

impl<'a> Model<'a> {
    /// Reads a name; `None` when there is no such model.
    pub(crate) fn parse(name: &'a str) -> Option<Self> {
        let (dialect, bare) = match name.split_once('-') {
            Some(("ds", bare)) => (Dialect::DeepSeek, bare),
            Some(("codex", bare)) => (Dialect::Codex, bare),
            Some(_) | None => (Dialect::Strict, name),
        };
        let (generation3, bare) = stripped(bare, "g3-");
        let (call_ids, bare) = stripped(bare, "ids-");
        let kind = Kind::parse(bare)?;
        Some(Self {
            name,
            dialect,
            generation3,
            call_ids,
            kind,
        })
    }
}

impl<'a> Kind<'a> {
    fn parse(name: &'a str) -> Option<Self> {
        let kind = match name {
            "echo" => Self::Echo,
            "lorem" => Self::Lorem {
                tokens: LOREM_TOKENS,
                per_second: None,
            },
            "tools" => Self::Tools,
            "think" => Self::Think {
                redacted: false,
                tools: false,
            },
            "think-redacted" => Self::Think {
                redacted: true,
                tools: false,
            },
            "think-tools" => Self::Think {
                redacted: false,
                tools: true,
            },
            "agent" => Self::Agent { think: false },
            "agent-think" => Self::Agent { think: true },
            "vision" => Self::Vision,
            "refuse" => Self::Refuse,
            "filter" => Self::Filter,
            "cite" => Self::Cite,
            "structured" => Self::Structured,
            "stop" => Self::Stop,
            "long" => Self::Long,
            "flaky" => Self::Flaky,
            "slow-start" => Self::SlowStart(SLOW_START),
            "stall-head" => Self::StallHead,
            "stall" => Self::Stall,
            "stall-mid" => Self::StallMid,
            "cut-head" => Self::CutHead,
            "cut" => Self::Cut,
            "error-mid" => Self::ErrorMid,
            "blocked" => Self::Odd(Oddity::Blocked),
            "recite" => Self::Odd(Oddity::Recite),
            "malformed" => Self::Odd(Oddity::Malformed),
            "code" => Self::Odd(Oddity::Code),
            "embed" => Self::Embed,
            parameterised => return Self::parse_parameter(parameterised),
        };
        Some(kind)
    }

    fn parse_parameter(name: &'a str) -> Option<Self> {
        if let Some(script) = name.strip_prefix("raw-") {
            return Some(Self::Raw(script));
        }
        if let Some(status) = name.strip_prefix("fail-") {
            let status = status
                .parse()
                .ok()
                .filter(|status| (400..600).contains(status));
            return status.map(Self::Fail);
        }
        if let Some(millis) = name.strip_prefix("slow-start-") {
            return millis
                .parse()
                .ok()
                .map(|ms| Self::SlowStart(Duration::from_millis(ms)));
        }
        let (tokens, per_second) = match name.strip_prefix("lorem-")?.split_once('-') {
            Some((tokens, rate)) => (tokens, Some(rate.parse().ok().filter(|rate| *rate > 0)?)),
            None => (name.strip_prefix("lorem-")?, None),
        };
        let tokens = tokens
            .parse()
            .ok()
            .filter(|tokens| (1..=MOST_LOREM_TOKENS).contains(tokens))?;
        Some(Self::Lorem { tokens, per_second })
    }
}

fn stripped<'a>(name: &'a str, prefix: &str) -> (bool, &'a str) {
    match name.strip_prefix(prefix) {
        Some(bare) => (true, bare),
        None => (false, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn every_listed_name_is_understood() {
        let unknown: Vec<_> = LISTED
            .iter()
            .filter(|name| Model::parse(name).is_none())
            .collect();
        assert_eq!(unknown, Vec::<&&str>::new());
    }

    #[test]
    fn parameters_are_bounded() {
        let lorem = |tokens, per_second| Some(Kind::Lorem { tokens, per_second });
        assert_eq!(
            [
                "lorem-5",
                "lorem-5-9",
                "lorem-0",
                "lorem-5-0",
                "lorem-x",
                "fail-399",
                "fail-600",
                "fail-418",
                "nope"
            ]
            .map(Kind::parse),
            [
                lorem(5, None),
                lorem(5, Some(9)),
                None,
                None,
                None,
                None,
                None,
                Some(Kind::Fail(418)),
                None
            ]
        );
    }
}
