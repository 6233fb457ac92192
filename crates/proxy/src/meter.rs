//! The drop guard that follows a request to its end: whatever happens, one usage record is written.

use std::{sync::Arc, time::Instant};

use byokey_types::{
    AccountId, Format, Str, Timestamp, Usage,
    ports::{Outcome, UsageRecord, UsageSink},
};

use crate::metrics::{self, Metrics};

/// Records one request when it is dropped; a request that was not settled by then was cancelled.
pub struct Meter {
    sink: Arc<dyn UsageSink>,
    metrics: Arc<Metrics>,
    started: Instant,
    record: Option<UsageRecord>,
    provider: Str,
}

/// What is known when the meter starts.
#[derive(Clone, Debug)]
pub struct Begin {
    /// When the request arrived.
    pub at: Timestamp,
    /// The same on the monotonic clock.
    pub started: Instant,
    /// Its id.
    pub request: Str,
    /// Who serves it.
    pub account: AccountId,
    /// The model as asked.
    pub asked: Str,
    /// The upstream's name of it.
    pub model: Str,
    /// The client's format.
    pub format: Format,
    /// Whether it is a stream.
    pub stream: bool,
}

impl Meter {
    /// Starts to follow a request.
    pub fn new(sink: Arc<dyn UsageSink>, metrics: Arc<Metrics>, begin: Begin) -> Self {
        Self {
            sink,
            metrics,
            started: begin.started,
            provider: begin.account.provider.as_str().into(),
            record: Some(UsageRecord {
                at: begin.at,
                request: begin.request,
                account: begin.account,
                asked: begin.asked,
                model: begin.model,
                format: begin.format,
                stream: begin.stream,
                outcome: Outcome::Cancelled,
                usage: None,
                first_byte_ms: None,
                total_ms: 0,
            }),
        }
    }

    /// Notes that the answer has begun; the first time counts.
    pub fn first_byte(&mut self) {
        let elapsed = millis(self.started);
        if let Some(record) = &mut self.record {
            record.first_byte_ms.get_or_insert(elapsed);
        }
    }

    /// Notes what the upstream reported so far.
    pub fn usage(&mut self, usage: Usage) {
        if let Some(record) = &mut self.record {
            match &mut record.usage {
                Some(known) => known.merge(usage),
                None => record.usage = Some(usage),
            }
        }
    }

    /// Notes how the request ended; the first time counts.
    pub fn settle(&mut self, outcome: Outcome) {
        if let Some(record) = &mut self.record
            && record.outcome == Outcome::Cancelled
        {
            record.outcome = outcome;
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        let Some(mut record) = self.record.take() else {
            return;
        };
        record.total_ms = millis(self.started);
        self.metrics.served(
            record.format,
            &record.account.provider,
            record.outcome,
            record.usage.as_ref(),
        );
        tracing::info!(
            request = %record.request,
            provider = %self.provider,
            account = %record.account.label,
            model = %record.model,
            format = record.format.name(),
            stream = record.stream,
            status = metrics::status(record.outcome),
            input = record.usage.as_ref().map(Usage::input),
            output = record.usage.as_ref().and_then(|usage| usage.output),
            ms = record.total_ms,
            "served"
        );
        self.sink.record(record);
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
