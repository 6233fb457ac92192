//! The order and size of batches, on a paused clock.
#![expect(clippy::expect_used, reason = "tests")]

use std::sync::Mutex;

use byokey_types::{AccountId, Format, ProviderId, Timestamp, Usage, ports::Outcome};
use pretty_assertions::assert_eq;
use tokio::time::sleep;

use super::*;

/// Notes when it was written to and what; refuses as often as it is told to.
#[derive(Clone)]
struct Notebook {
    started: Instant,
    refusals: Arc<AtomicU64>,
    pages: Arc<Mutex<Vec<Page>>>,
}

/// One try: milliseconds since the start, request ids, whether it was accepted.
type Page = (u128, Vec<String>, bool);

impl Notebook {
    fn refusing(times: u64) -> Self {
        Self {
            started: Instant::now(),
            refusals: Arc::new(AtomicU64::new(times)),
            pages: Arc::default(),
        }
    }

    fn pages(&self) -> Vec<Page> {
        self.pages.lock().expect("no panic under the lock").clone()
    }
}

impl BatchTarget for Notebook {
    async fn write(&self, batch: &[UsageRecord]) -> Result<(), StoreError> {
        let refused = self
            .refusals
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .is_ok();
        let requests = batch.iter().map(|row| row.request.to_string()).collect();
        let page = (self.started.elapsed().as_millis(), requests, !refused);
        self.pages
            .lock()
            .expect("no panic under the lock")
            .push(page);
        if refused {
            return Err(StoreError::NotAFile {
                path: "notebook".into(),
            });
        }
        Ok(())
    }
}

const LIMITS: WriterLimits = WriterLimits {
    queue: 8,
    batch: 3,
    delay: Duration::from_millis(200),
};

fn page(at: u128, requests: &[&str], accepted: bool) -> Page {
    let requests = requests.iter().map(|&id| id.to_owned()).collect();
    (at, requests, accepted)
}

fn record(request: &str) -> UsageRecord {
    UsageRecord {
        at: Timestamp(1),
        request: request.into(),
        account: AccountId {
            provider: ProviderId::new("claude").expect("valid"),
            label: "env".into(),
        },
        asked: "m".into(),
        model: "m".into(),
        format: Format::OpenAiChat,
        stream: false,
        outcome: Outcome::Completed,
        usage: Some(Usage::default()),
        first_byte_ms: None,
        total_ms: 1,
    }
}

fn start(notebook: &Notebook) -> (UsageWriter, TaskTracker) {
    let tracker = TaskTracker::new();
    let writer = UsageWriter::start_on(notebook.clone(), &tracker, LIMITS);
    (writer, tracker)
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_written_when_it_is_full_or_its_first_record_has_waited() {
    let notebook = Notebook::refusing(0);
    let (writer, _tracker) = start(&notebook);
    for id in ["a", "b", "c", "d"] {
        writer.record(record(id));
    }
    sleep(Duration::from_millis(150)).await;
    writer.record(record("e"));
    sleep(Duration::from_mins(1)).await;
    assert_eq!(
        notebook.pages(),
        [
            page(0, &["a", "b", "c"], true),
            page(200, &["d", "e"], true)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn flush_and_close_do_not_wait_for_the_delay() {
    let notebook = Notebook::refusing(0);
    let (writer, tracker) = start(&notebook);
    writer.record(record("a"));
    writer.flush().await;
    writer.flush().await;
    for id in ["b", "c", "d", "e"] {
        writer.record(record(id));
    }
    writer.close().await;
    writer.record(record("too late"));
    writer.flush().await;
    tracker.close();
    tracker.wait().await;
    assert_eq!(
        notebook.pages(),
        [
            page(0, &["a"], true),
            page(0, &["b", "c", "d"], true),
            page(0, &["e"], true)
        ]
    );
    assert_eq!(writer.lost(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_writer_is_written_out() {
    let notebook = Notebook::refusing(0);
    let (writer, tracker) = start(&notebook);
    writer.record(record("a"));
    drop(writer);
    tracker.close();
    tracker.wait().await;
    assert_eq!(notebook.pages(), [page(0, &["a"], true)]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_batch_is_tried_again_a_few_times() {
    let notebook = Notebook::refusing(6);
    let (writer, _tracker) = start(&notebook);
    for id in ["a", "b", "c", "d"] {
        writer.record(record(id));
    }
    writer.flush().await;
    assert_eq!(
        notebook.pages(),
        [
            page(0, &["a", "b", "c"], false),
            page(100, &["a", "b", "c"], false),
            page(600, &["a", "b", "c"], false),
            page(2600, &["a", "b", "c"], false),
            page(2600, &["d"], false),
            page(2700, &["d"], false),
            page(3200, &["d"], true),
        ]
    );
    assert_eq!(writer.lost(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_closing_writer_tries_again_without_a_pause() {
    let notebook = Notebook::refusing(u64::MAX);
    let (writer, _tracker) = start(&notebook);
    writer.record(record("a"));
    writer.close().await;
    let tries: Vec<Page> = (0..4).map(|_| page(0, &["a"], false)).collect();
    assert_eq!(notebook.pages(), tries);
    assert_eq!(writer.lost(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_the_queue_is_counted() {
    let notebook = Notebook::refusing(0);
    let (writer, _tracker) = start(&notebook);
    // the task has not run yet: nothing leaves the queue
    for id in ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"] {
        writer.record(record(id));
    }
    assert_eq!(writer.lost(), 2);
    writer.close().await;
    assert_eq!(
        notebook.pages(),
        [
            page(0, &["1", "2", "3"], true),
            page(0, &["4", "5", "6"], true),
            page(0, &["7", "8"], true)
        ]
    );
    assert_eq!(writer.lost(), 2);
}
