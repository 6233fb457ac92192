#!/usr/bin/env bash
# Installs what the build needs and the machine lacks. Does nothing, at once, when everything is there.
#
# BoringSSL, inside the HTTP client, wants cmake and a C++ compiler, and git to apply the patches of its crate; its bindings
# want libclang and clang's own headers. SQLite wants a C compiler.
# With `--with-python` also the venv module, for the SDK tests and shellcheck.
set -euo pipefail

with_python=false
for argument in "$@"; do
    case "$argument" in
        --with-python) with_python=true ;;
        *) echo "install-build-deps: unknown option \`$argument\`; the only one is \`--with-python\`" >&2; exit 2 ;;
    esac
done

say() { printf 'install-build-deps: %s\n' "$*" >&2; }

has_libclang() {
    [ -n "${LIBCLANG_PATH:-}" ] && return 0
    local found
    for found in /usr/lib/llvm-*/lib/libclang.so* /usr/lib*/libclang.so* /usr/lib/*-linux-*/libclang.so* \
        /usr/lib/*-linux-*/libclang-*.so* /usr/local/lib*/libclang.so* /opt/homebrew/opt/llvm/lib/libclang.dylib \
        /usr/local/opt/llvm/lib/libclang.dylib /Library/Developer/CommandLineTools/usr/lib/libclang.dylib \
        /Applications/Xcode.app/Contents/Developer/Toolchains/XcodeDefault.xctoolchain/usr/lib/libclang.dylib; do
        [ -e "$found" ] && return 0
    done
    return 1
}

# libclang without its own headers (`stddef.h` and the like) compiles nothing. macOS ships both together.
has_clang_headers() {
    [ "$(uname -s)" != Linux ] && return 0
    [ -n "${LIBCLANG_PATH:-}" ] && return 0
    local found
    for found in /usr/lib/llvm-*/lib/clang/*/include/stddef.h /usr/lib*/clang/*/include/stddef.h; do
        [ -e "$found" ] && return 0
    done
    return 1
}

has_venv() { python3 -c 'import ensurepip, venv' 2>/dev/null; }

missing=()    # what the user reads
packages=()   # what apt reads
need() { missing+=("$1"); packages+=("${@:2}"); }

{ command -v cc >/dev/null && command -v c++ >/dev/null; } || need "a C and C++ compiler" build-essential
command -v cmake >/dev/null || need cmake cmake
command -v git >/dev/null || need git git
{ has_libclang && has_clang_headers; } || need libclang libclang-dev
if "$with_python"; then
    { command -v python3 >/dev/null && has_venv; } || need "python3 with venv" python3 python3-venv
fi

if [ "${#missing[@]}" -eq 0 ] && command -v cargo >/dev/null; then
    exit 0
fi

if [ "${#missing[@]}" -gt 0 ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing ${packages[*]}"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq </dev/null
        apt-get install -y -qq --no-install-recommends "${packages[@]}" </dev/null >&2
    else
        for name in "${missing[@]}"; do say "missing: $name"; done
        case "$(uname -s)" in
            Darwin) say 'type: xcode-select --install; brew install cmake llvm python3' ;;
            Linux)
                if command -v apt-get >/dev/null; then
                    say "type: sudo apt-get update && sudo apt-get install -y ${packages[*]}"
                elif command -v dnf >/dev/null; then
                    say 'type: sudo dnf install -y gcc gcc-c++ make cmake git clang-devel python3'
                elif command -v pacman >/dev/null; then
                    say 'type: sudo pacman -S --needed base-devel cmake git clang python'
                else
                    say 'install them with your package manager'
                fi ;;
            *) say 'install them with your package manager' ;;
        esac
        exit 1
    fi
fi

if ! command -v cargo >/dev/null; then
    say 'missing: cargo (Rust 1.94 or newer)'
    say 'type: curl --proto =https --tlsv1.2 -sSf https://sh.rustup.rs | sh'
    exit 1
fi
