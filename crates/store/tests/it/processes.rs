//! Several processes at one database: this test binary, started again for one test.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use byokey_store::{UsageWriter, WriterLimits};
use byokey_types::{
    Timestamp,
    ports::{AccountStore, UsageSink, UsageStore},
};
use pretty_assertions::assert_eq;
use tokio_util::task::TaskTracker;

use crate::sample::{account, open, place, raw, record, scalar, totals};

/// In the environment of a child: the database.
const DATABASE: &str = "BYOKEY_TEST_DATABASE";
/// In the environment of a child: its name.
const NAME: &str = "BYOKEY_TEST_NAME";

/// This binary again, running only `test`; its input and output are pipes.
fn child(test: &str, database: &Path, name: &str) -> Child {
    Command::new(std::env::current_exe().expect("this binary"))
        .args([test, "--exact", "--nocapture"])
        .env(DATABASE, database)
        .env(NAME, name)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child")
}

/// Waits for a line that ends so: the test harness may have begun it.
fn wait_for(line: &str, child: &mut Child) {
    let output = child.stdout.as_mut().expect("a pipe");
    let found = BufReader::new(output)
        .lines()
        .any(|read| read.expect("text").ends_with(line));
    assert!(found, "the child ended before it said `{line}`");
}

fn say(line: &str) {
    let mut output = std::io::stdout();
    writeln!(output, "{line}").expect("written");
    output.flush().expect("written");
}

const OPENERS: u64 = 6;
const RECORDS: u64 = 40;

#[tokio::test]
async fn all_may_open_a_new_database_at_once() {
    if let (Some(database), Ok(name)) = (std::env::var_os(DATABASE), std::env::var(NAME)) {
        return open_and_write(Path::new(&database), &name).await;
    }
    for _ in 0..5 {
        let (_directory, path) = place();
        let test = "processes::all_may_open_a_new_database_at_once";
        let mut children: Vec<Child> = (0..OPENERS)
            .map(|number| child(test, &path, &format!("child-{number}")))
            .collect();
        for child in &mut children {
            wait_for("ready", child);
        }
        for child in &mut children {
            let mut input = child.stdin.take().expect("a pipe");
            writeln!(input, "go").expect("written");
        }
        for mut child in children {
            assert!(child.wait().expect("an end").success());
        }

        let store = open(&path).await;
        let accounts: Vec<String> = store
            .accounts()
            .await
            .expect("accounts")
            .into_iter()
            .map(|row| row.id.to_string())
            .collect();
        let expected: Vec<String> = (0..OPENERS)
            .map(|number| format!("claude/child-{number}"))
            .collect();
        assert_eq!(accounts, expected);
        assert_eq!(
            store.totals_by_model(Timestamp(0)).await.expect("totals"),
            [("m".into(), totals(OPENERS * RECORDS))]
        );
    }
}

async fn open_and_write(database: &Path, name: &str) {
    say("ready");
    let mut go = String::new();
    std::io::stdin().read_line(&mut go).expect("a line");
    let store = open(database).await;
    store
        .put_account(&account("claude", name, 1))
        .await
        .expect("written");
    let tracker = TaskTracker::new();
    let limits = WriterLimits {
        batch: 5,
        ..WriterLimits::default()
    };
    let writer = UsageWriter::start(store.clone(), &tracker, limits);
    for _ in 0..RECORDS {
        writer.record(record("m", 1));
    }
    writer.close().await;
    assert_eq!(writer.lost(), 0);
    store.close().await.expect("closed");
}

#[tokio::test]
async fn a_killed_process_leaves_a_sound_database() {
    if let Some(database) = std::env::var_os(DATABASE) {
        return write_until_killed(Path::new(&database)).await;
    }
    for _ in 0..3 {
        let (_directory, path) = place();
        let test = "processes::a_killed_process_leaves_a_sound_database";
        let mut child = child(test, &path, "victim");
        wait_for("busy", &mut child);
        child.kill().expect("killed");
        child.wait().expect("an end");

        let store = open(&path).await;
        let found = store.totals_by_model(Timestamp(0)).await.expect("totals");
        let kept = found.iter().find(|(model, _)| model == "flushed");
        assert_eq!(kept, Some(&("flushed".into(), totals(RECORDS))));
        let db = raw(&path).await;
        let check: String = scalar(&db, "PRAGMA integrity_check").await;
        assert_eq!(check, "ok");
        let count = "SELECT count(*) FROM usage WHERE model = 'in full batches'";
        let written: i64 = scalar(&db, count).await;
        assert!(written > 0);
        assert_eq!(written % 256, 0, "a batch was written in part");
    }
}

/// Never stops: batches are always full, and one of them is being written at almost any moment.
async fn write_until_killed(database: &Path) {
    let tracker = TaskTracker::new();
    let limits = WriterLimits {
        delay: Duration::from_hours(1),
        ..WriterLimits::default()
    };
    let store = open(database).await;
    let writer = UsageWriter::start(store.clone(), &tracker, limits);
    for _ in 0..RECORDS {
        writer.record(record("flushed", 1));
    }
    writer.flush().await;
    let mut busy = false;
    loop {
        for _ in 0..limits.batch {
            writer.record(record("in full batches", 1));
        }
        let found = store.totals_by_model(Timestamp(0)).await.expect("totals");
        if found.len() == 2 && !busy {
            busy = true;
            say("busy");
        }
    }
}
