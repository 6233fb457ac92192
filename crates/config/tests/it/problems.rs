//! What is wrong is told with file, line, path and a way out; the whole text is compared.

mod sense;
mod shape;

use pretty_assertions::assert_eq;

use crate::home::Home;

#[test]
fn each_problem_is_told_whole() {
    for (yaml, line, message) in shape::ROWS.iter().chain(sense::ROWS) {
        assert_eq!(
            Home::with_yaml(yaml).error(),
            format!("~/.config/byokey/config.yaml:{line}: {message}"),
            "{yaml}"
        );
    }
}

#[test]
fn all_problems_are_told_at_once_in_the_order_of_the_file() {
    let home = Home::with_yaml(
        "prot: 1\nproviders:\n  z: { enabled: 1 }\n  a:\n    models:\n      - { id: 1 }\n      - { nmae: x }\nlog: { level: x }\n",
    );
    assert_eq!(
        home.error(),
        "~/.config/byokey/config.yaml:1: unknown key `prot`; did you mean `port`?\n\
         ~/.config/byokey/config.yaml:3: `providers.z.enabled`: expected `true` or `false`, found a number\n\
         ~/.config/byokey/config.yaml:6: `providers.a.models[0].id`: expected text, found a number; put it in quotes\n\
         ~/.config/byokey/config.yaml:7: `providers.a.models[1].id` is missing\n\
         ~/.config/byokey/config.yaml:7: unknown key `providers.a.models[1].nmae`; did you mean `name`?\n\
         ~/.config/byokey/config.yaml:8: `log.level`: expected `off`, `error`, `warn`, `info`, `debug` or `trace`, found `x`"
    );
    let home =
        Home::with_yaml("host: ''\nshutdown: { drain: x }\nproviders:\n  b: { base_url: x }\n");
    assert_eq!(home.error().lines().count(), 3);
}

#[test]
fn json_and_toml_have_lines_too() {
    let home = Home::new();
    for (name, text) in [
        ("c.json", "{\n  \"log\": {\n    \"levle\": \"info\"\n  }\n}"),
        ("c.toml", "\n[log]\nlevle = 'info'\n"),
    ] {
        let error = home.load_file(home.write(name, text)).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("~/{name}:3: unknown key `log.levle`; did you mean `level`?")
        );
    }
}
