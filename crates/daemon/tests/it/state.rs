//! The state directory, on a real file system.

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, chown, lchown, symlink},
    path::{Path, PathBuf},
};

use byokey_daemon::{StateDir, StateDirError};
use byokey_types::{Secret, ports::Environment};
use pretty_assertions::assert_eq;

struct Variables(BTreeMap<&'static str, &'static str>);

impl Environment for Variables {
    fn var(&self, name: &str) -> Option<Secret> {
        self.0.get(name).map(|&value| Secret::new(value))
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("there").permissions().mode() & 0o7777
}

fn make(path: &Path, mode: u32) {
    fs::create_dir(path).expect("made");
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("changed");
}

fn refused(path: &Path) -> String {
    StateDir::open(path).expect_err("refused").to_string()
}

#[test]
fn it_is_where_the_environment_says() {
    let path = |variables: &[(&'static str, &'static str)]| {
        StateDir::default_path(&Variables(variables.iter().copied().collect()))
            .map_err(|error| error.to_string())
    };
    let hint = "type `export BYOKEY_HOME=/path/to/directory`";
    assert_eq!(
        [
            path(&[("BYOKEY_HOME", "/srv/byokey"), ("HOME", "/home/ann")]),
            path(&[("HOME", "/home/ann")]),
            path(&[]),
            path(&[("BYOKEY_HOME", "/srv/\u{fffd}"), ("HOME", "/home/ann")]),
        ],
        [
            Ok(PathBuf::from("/srv/byokey")),
            Ok(PathBuf::from("/home/ann/.byokey")),
            Err(format!("neither `$BYOKEY_HOME` nor `$HOME` is set; {hint}")),
            Err(format!("`$BYOKEY_HOME` is not UTF-8; {hint}")),
        ]
    );
}

#[test]
fn a_missing_one_is_made_private() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a/b");
    let state = StateDir::open(&path).expect("open");
    assert_eq!(
        (state.path(), state.database(), state.log()),
        (
            path.as_path(),
            path.join("byokey.db"),
            path.join("server.log")
        )
    );
    assert_eq!([mode(&path), mode(&directory.path().join("a"))], [0o700; 2]);
    assert_eq!(StateDir::open(&path).expect("open"), state);
}

#[test]
fn another_mode_is_corrected() {
    let directory = tempfile::tempdir().expect("a directory");
    for before in [0o755, 0o777, 0o2770, 0o500] {
        let path = directory.path().join(before.to_string());
        make(&path, before);
        StateDir::open(&path).expect("open");
        assert_eq!(mode(&path), 0o700, "from {before:o}");
    }
}

#[test]
fn what_is_no_directory_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("file");
    fs::write(&file, "text").expect("written");
    let link = directory.path().join("link");
    symlink(&file, &link).expect("linked");
    let message = format!(
        "`{}` is not a directory; move it away, or set `$BYOKEY_HOME` to another path",
        file.display()
    );
    assert_eq!([refused(&file), refused(&link)], [message.clone(), message]);
    assert_eq!(fs::read_to_string(&file).expect("text"), "text");

    let dangling = directory.path().join("dangling");
    symlink(directory.path().join("nowhere"), &dangling).expect("linked");
    assert_eq!(
        refused(&dangling),
        format!(
            "cannot follow the link `{}`; set `$BYOKEY_HOME` to a directory that you may write",
            dangling.display()
        )
    );
}

#[test]
fn ones_own_link_is_followed() {
    let directory = tempfile::tempdir().expect("a directory");
    let real = directory.path().join("real");
    make(&real, 0o755);
    let link = directory.path().join("link");
    symlink(&real, &link).expect("linked");
    let state = StateDir::open(&link).expect("open");
    assert_eq!(state.path(), fs::canonicalize(&real).expect("a path"));
    assert_eq!(mode(&real), 0o700);
}

/// Only root can give a file away; elsewhere there is no other user's directory to test with but `/`.
#[test]
fn what_is_another_users_is_refused_and_left_alone() {
    let user = rustix::process::geteuid().as_raw();
    if user != 0 {
        let error = StateDir::open(Path::new("/")).expect_err("refused");
        assert!(
            matches!(error, StateDirError::NotOwned { owner: 0, .. }),
            "{error}"
        );
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let theirs = directory.path().join("theirs");
    make(&theirs, 0o755);
    chown(&theirs, Some(4242), None).expect("given away");
    let message = |path: &Path| {
        format!(
            "`{0}` belongs to the user 4242, and byokey runs as 0; type `chown 0 {0}`, or set `$BYOKEY_HOME` to another path",
            path.display()
        )
    };
    assert_eq!(refused(&theirs), message(&theirs));
    assert_eq!(mode(&theirs), 0o755);

    let mine = directory.path().join("mine");
    make(&mine, 0o755);
    let link = directory.path().join("link");
    symlink(&mine, &link).expect("linked");
    lchown(&link, Some(4242), None).expect("given away");
    assert_eq!(refused(&link), message(&link));
    assert_eq!(mode(&mine), 0o755);
}
