//! The real binary as a process: a home of its own, no ambient keys, everything it says on record.

use std::{
    ffi::OsString,
    fs,
    io::{BufRead as _, BufReader, Read},
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::client::soon;

/// A command line to be.
pub(crate) struct Launch {
    home: Arc<TempDir>,
    command: Command,
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A running server; killed when dropped.
pub(crate) struct Byokey {
    child: Child,
    pub(crate) addr: SocketAddr,
    pub(crate) stdout: Said,
    pub(crate) stderr: Said,
    /// What drives the connections of the tests' clients.
    pub(crate) tasks: TaskTracker,
    home: Arc<TempDir>,
    args: Vec<OsString>,
}

/// What a process has said on one of its pipes.
#[derive(Clone)]
pub(crate) struct Said(watch::Receiver<Text>);

#[derive(Default)]
struct Text {
    so_far: String,
    ended: bool,
}

impl Launch {
    /// `byokey` with these arguments, in an empty home and an empty environment.
    pub(crate) fn new(args: &[&str]) -> Self {
        let home = Arc::new(tempfile::tempdir().unwrap());
        Self::at(home, args.iter().map(OsString::from).collect())
    }

    fn at(home: Arc<TempDir>, args: Vec<OsString>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_byokey"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home.path())
            .env("BYOKEY_HOME", home.path().join("state"))
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self { home, command }
    }

    /// `byokey serve` on a free port, with this configuration.
    pub(crate) fn serve(config: &Value) -> Self {
        Self::new(&["serve", "--port", "0"]).config("config.json", &config.to_string())
    }

    /// With a configuration file.
    pub(crate) fn config(mut self, name: &str, text: &str) -> Self {
        let path = self.home.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        self.command.arg("--config").arg(path);
        self
    }

    /// With a variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs a command that ends by itself.
    pub(crate) fn run(mut self) -> Ended {
        let output = self.command.output().unwrap();
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts a server and waits until it listens.
    pub(crate) async fn start(mut self) -> Byokey {
        let mut child = self.command.spawn().unwrap();
        let stdout = Said::listen(child.stdout.take().unwrap());
        let stderr = Said::listen(child.stderr.take().unwrap());
        let mut byokey = Byokey {
            child,
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            stdout,
            stderr,
            tasks: TaskTracker::new(),
            args: self.command.get_args().map(OsString::from).collect(),
            home: self.home,
        };
        // the hint is the last paragraph: once it is here, all of the banner is
        let banner = soon(
            byokey
                .stdout
                .until(|text| text.contains("ANTHROPIC_BASE_URL")),
        )
        .await;
        let Some(banner) = banner else {
            panic!("it did not start: {}", byokey.stderr.text());
        };
        let line = banner
            .lines()
            .find_map(|line| line.strip_prefix("listening on http://"));
        byokey.addr = line.unwrap().parse().unwrap();
        byokey
    }
}

impl Byokey {
    /// Where it keeps its state.
    pub(crate) fn state(&self) -> PathBuf {
        self.home.path().join("state")
    }

    /// The directory in which everything of it is.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it well, and starts it again in the same home.
    pub(crate) async fn restarted(mut self) -> Self {
        self.signal("TERM");
        assert_eq!(self.exited().await, Some(0), "{}", self.stderr.text());
        let launch = Launch::at(Arc::clone(&self.home), self.args.clone());
        launch.start().await
    }

    /// Sends a signal by its name, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for the process to end, and gives its exit code.
    pub(crate) async fn exited(&mut self) -> Option<i32> {
        soon(self.stdout.ended()).await;
        soon(self.stderr.ended()).await;
        // both pipes are closed: the process is as good as gone
        self.child.wait().unwrap().code()
    }
}

impl Drop for Byokey {
    fn drop(&mut self) {
        // one that has ended already cannot be killed
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Said {
    /// What was said so far.
    pub(crate) fn text(&self) -> String {
        self.0.borrow().so_far.clone()
    }

    /// Waits until what was said satisfies a condition, and gives it; `None` when the pipe ends before.
    pub(crate) async fn until(&self, holds: impl Fn(&str) -> bool) -> Option<String> {
        let mut watch = self.0.clone();
        let text = watch
            .wait_for(|text| text.ended || holds(&text.so_far))
            .await
            .unwrap();
        holds(&text.so_far).then(|| text.so_far.clone())
    }

    async fn ended(&self) {
        let mut watch = self.0.clone();
        drop(watch.wait_for(|text| text.ended).await.unwrap());
    }

    fn listen(pipe: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = watch::channel(Text::default());
        std::thread::spawn(move || {
            let mut lines = BufReader::new(pipe);
            let mut line = Vec::new();
            while lines
                .read_until(b'\n', &mut line)
                .is_ok_and(|read| read > 0)
            {
                sender.send_modify(|text| text.so_far.push_str(&String::from_utf8_lossy(&line)));
                line.clear();
            }
            // who listens reads this value, also when the sender is gone
            sender.send_modify(|text| text.ended = true);
        });
        Self(receiver)
    }
}
