//! Who may depend on whom, and on what.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use pretty_assertions::assert_eq;

use super::{Violations, assert_tidy, tree};

/// A crate, what it may rest on in the workspace, and what its tests may use beside that.
struct Edges {
    package: &'static str,
    normal: &'static [&'static str],
    tests: &'static [&'static str],
}

const fn edges(
    package: &'static str,
    normal: &'static [&'static str],
    tests: &'static [&'static str],
) -> Edges {
    Edges {
        package,
        normal,
        tests,
    }
}

/// The chart of docs/architecture.md.
const CHART: &[Edges] = &[
    edges("byokey-types", &[], &[]),
    edges("byokey-migrations", &[], &[]),
    edges("byokey-config", &["byokey-types"], &[]),
    edges("byokey-store", &["byokey-types", "byokey-migrations"], &[]),
    edges("byokey-auth", &["byokey-types"], &["byokey-sandbox"]),
    edges("byokey-translate", &["byokey-types"], &[]),
    edges("byokey-daemon", &["byokey-types"], &[]),
    edges("byokey-sandbox", &["byokey-types"], &[]),
    edges(
        "byokey-provider",
        &["byokey-types", "byokey-auth"],
        &["byokey-sandbox"],
    ),
    edges(
        "byokey-proxy",
        &[
            "byokey-types",
            "byokey-config",
            "byokey-auth",
            "byokey-provider",
            "byokey-translate",
        ],
        &["byokey-sandbox"],
    ),
    edges("byokey-bench", &["byokey-sandbox"], &[]),
    edges(
        "byokey",
        &[
            "byokey-types",
            "byokey-config",
            "byokey-store",
            "byokey-auth",
            "byokey-translate",
            "byokey-provider",
            "byokey-proxy",
            "byokey-daemon",
            "byokey-sandbox",
        ],
        &["byokey-migrations"],
    ),
];

/// Crates that do no I/O, and all they may rest on: nothing with a socket, a file, a clock or chance in it.
const PURE: &[(&str, &[&str])] = &[
    (
        "byokey-types",
        &[
            "async-trait",
            "bytes",
            "memchr",
            "serde",
            "serde_json",
            "smol_str",
            "thiserror",
            "zeroize",
        ],
    ),
    (
        "byokey-translate",
        &[
            "base64",
            "byokey-types",
            "bytes",
            "memchr",
            "serde",
            "serde_json",
            "smol_str",
            "thiserror",
        ],
    ),
];

/// External crates with one owner each: (crate, the only package that may name it, why).
const OWNED: &[(&str, &str, &str)] = &[
    (
        "wreq",
        "byokey-provider",
        "one HTTP client, behind crates/provider/src/client.rs",
    ),
    (
        "wreq-proto",
        "byokey-provider",
        "one HTTP client, behind crates/provider/src/client.rs",
    ),
    ("axum", "byokey-proxy", "HTTP is served by `proxy` alone"),
    (
        "sea-orm",
        "byokey-store",
        "the database stays behind the ports of `types`",
    ),
    (
        "figment",
        "byokey-config",
        "configuration is read in one place",
    ),
    ("clap", "byokey", "the command line is the binary's"),
    ("anyhow", "byokey", "libraries have typed errors"),
];

/// Programs, whose errors are for people: they may use what the binary uses.
const PROGRAMS: &[&str] = &["byokey", "byokey-bench"];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(tree::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("`cargo metadata` of the workspace")
}

fn chart(package: &str, dependencies: &[(&str, DependencyKind)]) -> Violations {
    let Some(row) = CHART.iter().find(|row| row.package == package) else {
        return vec![format!(
            "{package}: no row in `CHART`; draw it in docs/architecture.md first"
        )];
    };
    let refused = dependencies.iter().filter(|(name, kind)| {
        let ours = CHART.iter().any(|row| row.package == *name);
        let for_tests = *kind == DependencyKind::Development && row.tests.contains(name);
        ours && !row.normal.contains(name) && !for_tests
    });
    refused
        .map(|(name, kind)| format!("{package}: must not depend on `{name}` ({kind}); see the chart of docs/architecture.md"))
        .collect()
}

fn purity(package: &str, dependencies: &[(&str, DependencyKind)]) -> Violations {
    let Some((_, allowed)) = PURE.iter().find(|(name, _)| *name == package) else {
        return Vec::new();
    };
    dependencies
        .iter()
        .filter(|(name, kind)| *kind != DependencyKind::Development && !allowed.contains(name))
        .map(|(name, _)| format!("{package}: is pure; `{name}` joins `PURE` only if it has no I/O, clock or randomness"))
        .collect()
}

fn ownership(package: &str, dependencies: &[(&str, DependencyKind)]) -> Violations {
    let mut found = Vec::new();
    for (name, _) in dependencies {
        let rule = OWNED.iter().find(|(owned, ..)| owned == name);
        if let Some((_, owner, why)) = rule
            && *owner != package
            && !(PROGRAMS.contains(owner) && PROGRAMS.contains(&package))
        {
            found.push(format!("{package}: `{name}` belongs to {owner}: {why}"));
        }
    }
    found
}

fn lints(package: &str, manifest: &str) -> Violations {
    if manifest.contains("[lints]\nworkspace = true\n") {
        return Vec::new();
    }
    vec![format!(
        "{package}: its Cargo.toml lacks `[lints]` with `workspace = true`"
    )]
}

fn test_binaries(package: &str, binaries: &[&str]) -> Violations {
    binaries
        .iter()
        .filter(|name| **name != "it")
        .map(|name| {
            format!("{package}: the test binary `{name}` belongs into tests/it/main.rs as a module")
        })
        .collect()
}

fn dependencies(package: &Package) -> Vec<(&str, DependencyKind)> {
    package
        .dependencies
        .iter()
        .map(|d| (d.name.as_str(), d.kind))
        .collect()
}

#[test]
fn crates_depend_as_the_chart_says() {
    let metadata = metadata();
    let mut found = Vec::new();
    for package in metadata.workspace_packages() {
        let (name, dependencies) = (package.name.as_str(), dependencies(package));
        found.extend(chart(name, &dependencies));
        found.extend(purity(name, &dependencies));
        found.extend(ownership(name, &dependencies));
    }
    assert_tidy(&found);
}

#[test]
fn manifests_share_the_lints_and_have_one_test_binary() {
    let metadata = metadata();
    let mut found = Vec::new();
    for package in metadata.workspace_packages() {
        let manifest =
            std::fs::read_to_string(&package.manifest_path).expect("a readable manifest");
        found.extend(lints(&package.name, &manifest));
        let tests = package.targets.iter().filter(|target| target.is_test());
        let names: Vec<_> = tests.map(|target| target.name.as_str()).collect();
        found.extend(test_binaries(&package.name, &names));
    }
    assert_tidy(&found);
}

#[test]
fn the_guards_fire() {
    use DependencyKind::{Development, Normal};
    assert_eq!(
        [
            chart("byokey-provider", &[("byokey-translate", Normal)]).len(),
            chart("byokey-proxy", &[("byokey-store", Development)]).len(),
            chart("byokey-sandbox", &[("byokey-proxy", Normal)]).len(),
            chart("byokey-unknown", &[]).len(),
            chart(
                "byokey-proxy",
                &[("byokey-sandbox", Development), ("tokio", Normal)]
            )
            .len(),
        ],
        [1, 1, 1, 1, 0]
    );
    assert_eq!(
        [
            purity(
                "byokey-translate",
                &[("tokio", Normal), ("rand", Normal), ("insta", Development)]
            )
            .len(),
            purity("byokey-types", &[("http", Normal)]).len(),
            purity("byokey-proxy", &[("tokio", Normal)]).len(),
        ],
        [2, 1, 0]
    );
    assert_eq!(
        [
            ownership("byokey-proxy", &[("wreq", Normal)]).len(),
            ownership("byokey-store", &[("anyhow", Development)]).len(),
            ownership("byokey-bench", &[("anyhow", Normal)]).len(),
        ],
        [1, 1, 0]
    );
    assert_eq!(
        [
            lints("a", "[package]\nname = \"a\"\n\n[lints]\n").len(),
            lints("a", "[lints]\nworkspace = true\n\n[dependencies]\n").len(),
            test_binaries("a", &["it", "other"]).len(),
        ],
        [1, 0, 1]
    );
}
