#!/usr/bin/env bash
# Fuzzes what reads bytes from outside: `scripts/fuzz.sh [seconds] [target ...]`, by default each target for 60 s.
#
# The seeds are the fixtures and fuzz/corpus; what is found on the way stays in .cache/fuzz. A finding is a file below
# fuzz/artifacts: mend its cause, then put it, as small as it gets, into fuzz/corpus, which `cargo test` runs through.
# Needs a C++ compiler and no nightly: byokey forbids `unsafe`, so no sanitizer is asked for.
# `SANITIZER=address scripts/fuzz.sh …` asks for one, and a nightly toolchain then.
set -euo pipefail
cd "$(dirname "$0")/.."

all=(chat_request messages_request responses_request gemini_request sse json)
seconds=${1:-60}
shift $(($# > 0 ? 1 : 0))
case "$seconds" in
    '' | *[!0-9]*) echo "fuzz: \`$seconds\` is no number of seconds; type: scripts/fuzz.sh 60 ${all[0]}" >&2; exit 2 ;;
esac
targets=("${@:-${all[@]}}")
sanitizer=${SANITIZER:-none}

version=0.13.2
root=$PWD/.cache/cargo-fuzz-$version
if [ ! -x "$root/bin/cargo-fuzz" ]; then
    echo "fuzz: building cargo-fuzz $version, once" >&2
    cargo install --quiet --locked --version "$version" --root "$root" cargo-fuzz
fi
export PATH="$root/bin:$PATH"

toolchain=()
if [ "$sanitizer" != none ]; then
    if ! cargo +nightly --version >/dev/null 2>&1; then
        echo "fuzz: the sanitizer \`$sanitizer\` needs a nightly toolchain" >&2
        echo 'fuzz: type: rustup toolchain install nightly --profile minimal' >&2
        exit 1
    fi
    toolchain=(+nightly)
fi

# seed FOLDER SELECTOR FILE: a copy of a fixture, behind the byte that selects what it is read as
seed() {
    local name=${3#crates/translate/tests/fixtures/}
    { printf %s "$2"; cat "$3"; } >"$1/$2-${name//\//-}"
}

for target in "${targets[@]}"; do
    format=${target%_request}
    case " ${all[*]} " in
        *" $target "*) ;;
        *) echo "fuzz: no target \`$target\`; there are: ${all[*]}" >&2; exit 2 ;;
    esac
    seeds=.cache/fuzz/seeds/$target
    found=.cache/fuzz/found/$target
    rm -rf "$seeds"
    mkdir -p "$seeds" "$found"
    fixtures=crates/translate/tests/fixtures/$format
    case "$target" in
        sse) for file in crates/translate/tests/fixtures/*/*/stream.sse; do seed "$seeds" 7 "$file"; done ;;
        json) for file in crates/translate/tests/fixtures/*/*/*.json; do seed "$seeds" '' "$file"; done ;;
        *)
            for file in "$fixtures"/*/request.json; do seed "$seeds" 0 "$file"; done
            for file in "$fixtures"/*/response.json; do seed "$seeds" 1 "$file"; done
            for file in "$fixtures"/*/stream.sse; do seed "$seeds" 2 "$file"; seed "$seeds" 3 "$file"; done ;;
    esac
    cargo ${toolchain[@]+"${toolchain[@]}"} fuzz run --sanitizer "$sanitizer" "$target" "$found" "fuzz/corpus/$target" "$seeds" -- \
        -dict="fuzz/dict/$target.dict" -max_len=65536 -len_control=10 -timeout=10 -rss_limit_mb=2048 -max_total_time="$seconds" -print_final_stats=1
done
