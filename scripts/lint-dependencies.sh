#!/usr/bin/env bash
# Checks licences, duplicates and sources with a pinned cargo-deny, built once into .cache (three minutes on two cores).
#
# Advisories need the RustSec database from GitHub; .github/workflows/ci.yml checks them, this script only on request:
# `scripts/lint-dependencies.sh advisories`.
set -euo pipefail
cd "$(dirname "$0")/.."

version=0.20.2
root=.cache/cargo-deny-$version
if [ ! -x "$root/bin/cargo-deny" ]; then
    echo "lint-dependencies: building cargo-deny $version, once" >&2
    cargo install --quiet --locked --version "$version" --root "$root" cargo-deny
fi
if [ "$#" -eq 0 ]; then set -- bans licenses sources; fi
"$root/bin/cargo-deny" --log-level warn check --hide-inclusion-graph "$@"
