//! Which file is read.

use std::path::PathBuf;

use byokey_config::{Env, Located, NamedBy, Overrides, Source, load, locate};
use pretty_assertions::assert_eq;

use crate::home::Home;

#[test]
fn the_first_that_names_a_file_wins() {
    let all = [
        ("BYOKEY_CONFIG", "~/mine.toml"),
        ("XDG_CONFIG_HOME", "/xdg"),
        ("HOME", "/home/u"),
    ];
    let flag = Source {
        config: Some("x.yaml".into()),
    };
    let none = Source::default();
    let located = |path: &str, named_by| {
        Some(Located {
            path: PathBuf::from(path),
            named_by,
        })
    };
    let rows = [
        (&flag, &all[..], located("x.yaml", NamedBy::Flag)),
        (
            &none,
            &all[..],
            located("/home/u/mine.toml", NamedBy::Variable),
        ),
        (
            &none,
            &all[1..],
            located("/xdg/byokey/config.yaml", NamedBy::Default),
        ),
        (
            &none,
            &all[2..],
            located("/home/u/.config/byokey/config.yaml", NamedBy::Default),
        ),
        (
            &none,
            &[("XDG_CONFIG_HOME", "relative"), ("HOME", "/h")],
            located("/h/.config/byokey/config.yaml", NamedBy::Default),
        ),
        (
            &none,
            &[("BYOKEY_CONFIG", ""), ("HOME", "/h")],
            located("/h/.config/byokey/config.yaml", NamedBy::Default),
        ),
        (&none, &[], None),
    ];
    for (source, variables, expected) in rows {
        let env: Env = variables.iter().copied().collect();
        assert_eq!(locate(source, &env), expected, "{variables:?}");
    }
}

#[test]
fn a_default_file_may_be_missing_and_a_named_one_may_not() {
    let home = Home::new();
    let loaded = home.load().unwrap();
    assert_eq!((loaded.path, loaded.settings), (None, home.defaults()));

    let error = home.load_file(home.path().join("no.yaml")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`~/no.yaml`, named by `--config`, does not exist; create it or name another"
    );
    let home = home.variable("BYOKEY_CONFIG", "~/no.yaml");
    assert_eq!(
        home.error(),
        "`~/no.yaml`, named by `$BYOKEY_CONFIG`, does not exist; create it or name another"
    );
}

#[test]
fn what_cannot_be_read_keeps_its_cause() {
    let home = Home::new();
    let error = home.load_file(home.path().to_owned()).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `~/`");
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(
        cause.downcast_ref::<std::io::Error>().unwrap().kind(),
        std::io::ErrorKind::IsADirectory
    );
}

#[test]
fn without_a_home_only_a_state_directory_is_needed() {
    let bare = |env: Env| load(&Source::default(), &Overrides::default(), &env);
    assert_eq!(
        bare(Env::default()).unwrap_err().to_string(),
        "configuration: there is no place for the state directory; set `HOME` or `BYOKEY_HOME`"
    );
    let env: Env = [("BYOKEY_HOME", "/var/lib/byokey")].into_iter().collect();
    assert_eq!(
        bare(env).unwrap().settings,
        byokey_config::Settings::defaults("/var/lib/byokey".into())
    );
}
