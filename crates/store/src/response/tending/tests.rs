//! When passes are made, on a paused clock.
#![expect(clippy::expect_used, reason = "tests")]

use std::sync::Mutex;

use pretty_assertions::assert_eq;
use tokio::time::Instant;

use super::*;

/// Notes when it was pruned; answers as it is told to, and then that nothing is left.
#[derive(Clone)]
struct Notebook {
    started: Instant,
    /// Milliseconds since the start, and the clock's.
    passes: Arc<Mutex<Vec<(u128, i64)>>>,
    answers: Arc<Mutex<Vec<Answer>>>,
}

#[derive(Clone, Copy)]
enum Answer {
    More,
    Fault,
}

impl Notebook {
    fn answering(answers: &[Answer]) -> Self {
        Self {
            started: Instant::now(),
            passes: Arc::default(),
            answers: Arc::new(Mutex::new(answers.iter().rev().copied().collect())),
        }
    }

    fn passes(&self) -> Vec<(u128, i64)> {
        self.passes.lock().expect("no panic under the lock").clone()
    }
}

impl Prune for Notebook {
    async fn pass(&self, now: Timestamp) -> Result<Pruned, StoreError> {
        let page = (self.started.elapsed().as_millis(), now.0);
        self.passes
            .lock()
            .expect("no panic under the lock")
            .push(page);
        let answer = self.answers.lock().expect("no panic under the lock").pop();
        match answer {
            None => Ok(Pruned::default()),
            Some(Answer::More) => Ok(Pruned {
                responses: 1,
                bytes: 1,
                more: true,
            }),
            Some(Answer::Fault) => Err(StoreError::NotAFile {
                path: "notebook".into(),
            }),
        }
    }
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp(12)
    }
}

struct Running {
    put: Arc<Notify>,
    stop: CancellationToken,
    task: tokio_util::task::TaskTracker,
}

fn start(notebook: &Notebook) -> Running {
    let running = Running {
        put: Arc::default(),
        stop: CancellationToken::new(),
        task: tokio_util::task::TaskTracker::new(),
    };
    let put = Arc::clone(&running.put);
    let stop = running.stop.clone();
    running
        .task
        .spawn(tend(notebook.clone(), Arc::new(Noon), put, stop));
    running
}

#[tokio::test(start_paused = true)]
async fn a_round_is_made_at_the_start_then_after_puts_and_each_hour() {
    let notebook = Notebook::answering(&[]);
    let running = start(&notebook);
    sleep(Duration::from_secs(10)).await;
    // any number of puts, one round, a minute after the last
    running.put.notify_one();
    running.put.notify_one();
    sleep(Duration::from_mins(5)).await;
    running.put.notify_one();
    sleep(Duration::from_mins(70)).await;
    assert_eq!(
        notebook.passes(),
        [(0, 12), (60_000, 12), (310_000, 12), (3_910_000, 12)]
    );
}

#[tokio::test(start_paused = true)]
async fn a_round_goes_on_while_there_is_more_and_ends_at_a_fault() {
    let notebook = Notebook::answering(&[Answer::More, Answer::More, Answer::Fault]);
    let running = start(&notebook);
    sleep(Duration::from_secs(10)).await;
    running.put.notify_one();
    sleep(Duration::from_mins(2)).await;
    assert_eq!(notebook.passes(), [(0, 12), (0, 12), (0, 12), (60_000, 12)]);
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_it_is_told_to() {
    let notebook = Notebook::answering(&[]);
    let running = start(&notebook);
    sleep(Duration::from_secs(10)).await;
    running.stop.cancel();
    running.task.close();
    running.task.wait().await;
    assert_eq!(notebook.started.elapsed(), Duration::from_secs(10));
}
