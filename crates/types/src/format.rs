//! The four wire formats.

use std::{fmt, str::FromStr};

/// A wire format, on the client's side or on the provider's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// OpenAI Chat Completions.
    OpenAiChat,
    /// OpenAI Responses.
    OpenAiResponses,
    /// Anthropic Messages.
    AnthropicMessages,
    /// Gemini `generateContent`.
    Gemini,
}

/// A protocol name that is none of the four.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a protocol; expected `openai`, `openai-responses`, `anthropic` or `gemini`")]
pub struct UnknownProtocol(pub String);

impl Format {
    /// Every format, in the order of preference that tables use.
    pub const ALL: [Self; 4] = [
        Self::OpenAiChat,
        Self::OpenAiResponses,
        Self::AnthropicMessages,
        Self::Gemini,
    ];

    /// The name that configuration and manifests use (`protocol:`).
    pub const fn protocol(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai",
            Self::OpenAiResponses => "openai-responses",
            Self::AnthropicMessages => "anthropic",
            Self::Gemini => "gemini",
        }
    }

    /// The short name that people and reports use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAiChat => "chat",
            Self::OpenAiResponses => "responses",
            Self::AnthropicMessages => "messages",
            Self::Gemini => "gemini",
        }
    }

    /// The family whose opaque seals travel bare in this format.
    ///
    /// See `docs/translation.md`, "Seals".
    pub const fn home_family(self) -> &'static str {
        match self {
            Self::OpenAiChat | Self::OpenAiResponses => "openai",
            Self::AnthropicMessages => "anthropic",
            Self::Gemini => "google",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownProtocol;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.protocol() == text)
            .ok_or_else(|| UnknownProtocol(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocol_names_round_trip() {
        for format in Format::ALL {
            assert_eq!(format.protocol().parse(), Ok(format));
        }
        assert_eq!(
            "chat".parse::<Format>(),
            Err(UnknownProtocol("chat".to_owned()))
        );
    }
}
