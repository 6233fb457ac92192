//! Verbatim or translated: the most native way to an upstream.

use byokey_types::Format;

/// How a request reaches an upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// In the client's own format, as the bytes that arrived.
    Verbatim {
        /// Which of the upstream's endpoints, counted from 0.
        endpoint: usize,
    },
    /// Through the neutral form.
    Translate {
        /// Which of the upstream's endpoints, counted from 0.
        endpoint: usize,
        /// In which format.
        format: Format,
    },
}

/// Plans a request: the upstream's first endpoint in the client's format, else its first endpoint of all.
///
/// Whether the body may go verbatim also depends on the seals in it: an envelope names its issuer, and only that one may see
/// what is inside.
///
/// `None` when the upstream has no endpoint.
pub fn plan(client: Format, upstream: &[Format]) -> Option<Plan> {
    let native = upstream.iter().position(|format| *format == client);
    let endpoint = native.unwrap_or(0);
    let format = *upstream.get(endpoint)?;
    if native.is_some() {
        return Some(Plan::Verbatim { endpoint });
    }
    Some(Plan::Translate { endpoint, format })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_native_endpoint_wins() {
        use Format::{AnthropicMessages as Messages, OpenAiChat as Chat};
        assert_eq!(
            plan(Chat, &[Messages, Chat]),
            Some(Plan::Verbatim { endpoint: 1 })
        );
        assert_eq!(
            plan(Chat, &[Messages]),
            Some(Plan::Translate {
                endpoint: 0,
                format: Messages
            })
        );
        assert_eq!(plan(Chat, &[]), None);
    }
}
