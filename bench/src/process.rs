//! The processes of a run: the upstream and byokey, in a home of its own, each stopped and waited for.

use std::{
    fs::{self, File},
    io::Write as _,
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::{Instant, timeout},
};

use crate::{
    call::{KEY, Wire},
    cores::Cores,
};

/// A server that answers.
#[derive(Debug)]
pub(crate) struct Server {
    /// Where it listens, on loopback.
    pub(crate) address: SocketAddr,
    /// The system's number for it.
    pub(crate) pid: u32,
    /// When it was started.
    pub(crate) begun: Instant,
    name: &'static str,
    child: Child,
    log: PathBuf,
    /// Kept open, so that whatever else it prints finds a reader.
    _stdout: Lines<BufReader<ChildStdout>>,
}

/// What a server prints before its address.
pub(crate) const LISTENING: &str = "listening on http://";

const START_LIMIT: Duration = Duration::from_secs(20);
const STOP_LIMIT: Duration = Duration::from_secs(20);
/// Lines of a server's log that an error quotes.
const QUOTED_LINES: usize = 12;

impl Server {
    /// Starts this program again as the upstream.
    ///
    /// # Errors
    /// When it does not listen within 20 s.
    pub(crate) async fn upstream(logs: &Path) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("this program does not know its own path")?;
        let mut command = Command::new(program);
        command.args(["upstream", "--port", "0"]);
        Self::start("the upstream", command, logs.join("upstream.log")).await
    }

    /// Starts byokey with `home` as its state directory and `upstream` as its two providers; nothing of the caller's
    /// environment or configuration reaches it.
    ///
    /// # Errors
    /// When it does not listen within 20 s.
    pub(crate) async fn byokey(
        binary: &Path,
        home: &Path,
        upstream: SocketAddr,
        cores: Option<&Cores>,
    ) -> anyhow::Result<Self> {
        let configuration = home.join("config.yaml");
        File::options()
            .write(true)
            .create(true)
            .truncate(true)
            // it holds a key
            .mode(0o600)
            .open(&configuration)
            .and_then(|mut file| file.write_all(configure(upstream).as_bytes()))
            .context("cannot write a configuration")?;
        let mut command = match cores {
            Some(cores) => {
                let mut taskset = Command::new("taskset");
                taskset
                    .args(["--cpu-list", &cores.byokey.to_string()])
                    .arg(binary);
                taskset
            }
            None => Command::new(binary),
        };
        command
            .args(["serve", "--port", "0", "-c"])
            .arg(configuration);
        command
            .env_clear()
            .env("BYOKEY_HOME", home)
            .env("HOME", home);
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        Self::start("byokey", command, home.join("bench-stderr.log")).await
    }

    async fn start(name: &'static str, mut command: Command, log: PathBuf) -> anyhow::Result<Self> {
        let stderr = File::create(&log).context("cannot write a log")?;
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .kill_on_drop(true);
        let begun = Instant::now();
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {name}: {command:?}"))?;
        let stdout = child.stdout.take().context("a child without stdout")?;
        let mut lines = BufReader::new(stdout).lines();
        let address = timeout(START_LIMIT, address(&mut lines))
            .await
            .context("it took too long")
            .flatten()
            .with_context(|| format!("{name} did not say where it listens; its {}", quote(&log)))?;
        ensure!(
            address.ip().is_loopback(),
            "{name} listens on {address}, beyond loopback"
        );
        Ok(Self {
            address,
            pid: child.id().context("a child without a number")?,
            begun,
            name,
            child,
            log,
            _stdout: lines,
        })
    }

    /// Closes its stdin and asks it to end, as a service manager would, and waits.
    ///
    /// # Errors
    /// When it does not end in 20 s, or not well.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let stdin = self.child.stdin.take();
        if self.name == "byokey" {
            // `kill` is built into every shell, and not installed everywhere
            let asked = Command::new("sh")
                .args(["-c", "kill -TERM \"$1\"", "sh", &self.pid.to_string()])
                .status()
                .await
                .context("cannot start `sh`")?;
            ensure!(
                asked.success(),
                "{} had ended already; its {}",
                self.name,
                quote(&self.log)
            );
        }
        drop(stdin);
        let ended = timeout(STOP_LIMIT, self.child.wait())
            .await
            .with_context(|| format!("{} does not end; its {}", self.name, quote(&self.log)))?
            .with_context(|| format!("cannot wait for {}", self.name))?;
        ensure!(
            ended.success(),
            "{} ended with {ended}; its {}",
            self.name,
            quote(&self.log)
        );
        Ok(())
    }

    /// The error, under what was being done, whether the server lives, and the last of what it said.
    pub(crate) fn blame(&mut self, doing: &str, error: anyhow::Error) -> anyhow::Error {
        let state = match self.child.try_wait() {
            Ok(None) => "still runs".to_owned(),
            Ok(Some(status)) => format!("ended with {status}"),
            Err(error) => format!("is in an unknown state ({error})"),
        };
        let log = quote(&self.log);
        error.context(format!("{doing}; {} {state}, its {log}", self.name))
    }
}

async fn address(lines: &mut Lines<BufReader<ChildStdout>>) -> anyhow::Result<SocketAddr> {
    while let Some(line) = lines.next_line().await.context("its stdout failed")? {
        if let Some(address) = line.strip_prefix(LISTENING) {
            return address
                .parse()
                .with_context(|| format!("`{address}` is not an address"));
        }
    }
    anyhow::bail!("it ended")
}

/// The configuration as a user would write it; the database is the default, a file.
fn configure(upstream: SocketAddr) -> String {
    let (chat, messages) = (Wire::Chat.provider(), Wire::Messages.provider());
    format!(
        "log:
  level: warn
providers:
  {chat}:
    protocol: openai
    base_url: http://{upstream}/v1
    api_key: {KEY}
  {messages}:
    protocol: anthropic
    base_url: http://{upstream}
    api_key: {KEY}
"
    )
}

fn quote(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    if lines.is_empty() {
        return "log is empty".to_owned();
    }
    let last = &lines[lines.len().saturating_sub(QUOTED_LINES)..];
    format!("log ends in:\n    {}", last.join("\n    "))
}
