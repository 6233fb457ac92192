//! Counters for `/metrics`, in the OpenMetrics text format. Labels are formats, kinds and the ids of configured providers, never
//! anything a caller chooses.

use byokey_translate::{LossKind, loss::Losses};
use byokey_types::{Format, ProviderId, Usage, ports::Outcome};
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

/// The content type of the text.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is counted since the start.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    tokens: Family<TokenLabels, Counter>,
    losses: Family<LossLabels, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    format: &'static str,
    provider: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TokenLabels {
    provider: String,
    sort: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LossLabels {
    from: &'static str,
    to: &'static str,
    kind: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let (requests, tokens, losses) = (Family::default(), Family::default(), Family::default());
        registry.register(
            "byokey_requests",
            "Model requests by the caller's format, provider and status",
            Family::clone(&requests),
        );
        registry.register(
            "byokey_tokens",
            "Tokens that upstreams reported",
            Family::clone(&tokens),
        );
        registry.register(
            "byokey_losses",
            "What requests said that their upstream's format could not",
            Family::clone(&losses),
        );
        Self {
            registry,
            requests,
            tokens,
            losses,
        }
    }
}

impl Metrics {
    /// Counts a request that has ended.
    pub fn served(
        &self,
        format: Format,
        provider: &ProviderId,
        outcome: Outcome,
        usage: Option<&Usage>,
    ) {
        let labels = RequestLabels {
            format: format.name(),
            provider: provider.to_string(),
            status: status(outcome),
        };
        self.requests.get_or_create(&labels).inc();
        let Some(usage) = usage else { return };
        let rows = [
            ("fresh", usage.fresh),
            ("cache_read", usage.cache_read),
            ("cache_write", usage.cache_write),
            ("output", usage.output),
            ("reasoning", usage.reasoning),
        ];
        for (sort, count) in rows {
            if let Some(count) = count.filter(|count| *count > 0) {
                let labels = TokenLabels {
                    provider: provider.to_string(),
                    sort,
                };
                self.tokens.get_or_create(&labels).inc_by(count);
            }
        }
    }

    /// Counts what one request lost on its way from a format to another.
    pub fn lost(&self, from: Format, to: Format, losses: &Losses) {
        for kind in [
            LossKind::Dropped,
            LossKind::Approximated,
            LossKind::Moved,
            LossKind::Synthesised,
        ] {
            let count = losses
                .as_slice()
                .iter()
                .filter(|loss| loss.what == kind)
                .count();
            if count > 0 {
                let labels = LossLabels {
                    from: from.name(),
                    to: to.name(),
                    kind: kind.name(),
                };
                self.losses.get_or_create(&labels).inc_by(count as u64);
            }
        }
    }

    /// The text for a scraper.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // writing to a string does not fail
        text::encode(&mut text, &self.registry).unwrap_or_default();
        text
    }
}

/// The status that a record of a request shows; 499 for a caller who hung up, as nginx has it.
pub const fn status(outcome: Outcome) -> u16 {
    match outcome {
        Outcome::Completed => 200,
        Outcome::Failed(status) => status,
        Outcome::Cancelled => 499,
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn what_is_counted_is_shown() {
        let metrics = Metrics::default();
        let mut losses = Losses::default();
        losses.dropped("top_k");
        losses.dropped("seed");
        losses.moved("system.0");
        metrics.lost(Format::OpenAiChat, Format::Gemini, &losses);
        let usage = Usage {
            fresh: Some(3),
            output: Some(0),
            ..Usage::default()
        };
        if let Ok(provider) = ProviderId::new("mine") {
            metrics.served(
                Format::OpenAiChat,
                &provider,
                Outcome::Completed,
                Some(&usage),
            );
            metrics.served(Format::OpenAiChat, &provider, Outcome::Cancelled, None);
        }
        let text = metrics.text();
        let mut lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        lines.sort_unstable();
        assert_eq!(
            lines,
            [
                r#"byokey_losses_total{from="chat",to="gemini",kind="dropped"} 2"#,
                r#"byokey_losses_total{from="chat",to="gemini",kind="moved"} 1"#,
                r#"byokey_requests_total{format="chat",provider="mine",status="200"} 1"#,
                r#"byokey_requests_total{format="chat",provider="mine",status="499"} 1"#,
                r#"byokey_tokens_total{provider="mine",sort="fresh"} 3"#,
            ]
        );
    }
}
