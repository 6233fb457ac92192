//! Which core does what, and a fresh start of this process with its core and file descriptors.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};
use serde::Serialize;

use crate::{memory, options::PREPARED};

/// The cores in use, by the system's numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Cores {
    /// Has byokey to itself.
    pub(crate) byokey: usize,
    /// Shared by the load generator and the upstream.
    pub(crate) load: usize,
}

/// Two of the cores that this process may use; `None` when there is one only, or no `taskset`.
pub(crate) fn choose() -> Option<Cores> {
    let found = Command::new("taskset")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !found.is_ok_and(|status| status.success()) {
        return None;
    }
    let online = fs::read_to_string("/sys/devices/system/cpu/online").ok()?;
    // once prepared, this process's own mask is one core only
    let mask = std::env::var(MASK).or_else(|_unset| allowed()).ok()?;
    let online = parse_list(&online);
    let usable: Vec<usize> = parse_list(&mask)
        .into_iter()
        .filter(|core| online.contains(core))
        .collect();
    match usable[..] {
        [byokey, load, ..] => Some(Cores { byokey, load }),
        [_] | [] => None,
    }
}

/// Replaces this process by itself on its core and with enough file descriptors; children inherit both.
///
/// # Errors
/// When the system does not let it; on success there is no return.
pub(crate) fn prepare(cores: Option<&Cores>, arguments: &[String]) -> anyhow::Result<()> {
    let program = std::env::current_exe().context("this program does not know its own path")?;
    let mut command = Command::new("sh");
    // a soft limit of 1,024, which is Debian's, is too few for as many streams
    let script = format!(
        "ulimit -n {} 2>/dev/null || ulimit -n \"$(ulimit -H -n)\"; exec \"$@\"",
        memory::FILE_DESCRIPTORS
    );
    command.args(["-c", &script, "sh"]);
    if let Some(cores) = cores {
        command.args(["taskset", "--cpu-list", &cores.load.to_string()]);
        command.env(MASK, format!("{},{}", cores.byokey, cores.load));
    }
    let error = command.arg(program).args(arguments).arg(PREPARED).exec();
    Err(error).context("cannot start `sh`")
}

/// Whether as many descriptors are available as the 1,000 streams need.
///
/// # Errors
/// When they are not.
pub(crate) fn require_descriptors() -> anyhow::Result<()> {
    let Ok(limits) = fs::read_to_string("/proc/self/limits") else {
        // not Linux; opening will tell
        return Ok(());
    };
    let soft = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))
        .and_then(|line| line.split_whitespace().next());
    let enough = soft.is_none_or(|soft| {
        soft.parse()
            .map_or(soft == "unlimited", |limit: u64| limit >= memory::NEEDED)
    });
    ensure!(
        enough,
        "{} open files are allowed and {} needed; raise the limit with `ulimit -n`",
        soft.unwrap_or_default(),
        memory::NEEDED
    );
    Ok(())
}

/// The choice, told to the process that replaces this one.
const MASK: &str = "BYOKEY_BENCH_CORES";

fn allowed() -> anyhow::Result<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
        .context("no `Cpus_allowed_list` in /proc/self/status")?;
    Ok(list.trim().to_owned())
}

/// The kernel's list notation, `0-2,5`; what is no number is left out.
fn parse_list(list: &str) -> Vec<usize> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.trim().parse().ok()?..=last.trim().parse().ok()?)
    };
    list.split(',').filter_map(range).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn lists_of_cores_are_read() {
        assert_eq!(parse_list("0-2,5\n"), [0, 1, 2, 5]);
        assert_eq!(parse_list("7"), [7]);
        assert_eq!(parse_list(""), [0; 0]);
    }
}
