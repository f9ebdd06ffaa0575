#!/usr/bin/env bash
# Installs what building and testing Sinter needs, where it is missing (Debian and its relatives).
# SPDX-License-Identifier: MIT
#
#     scripts/setup.sh [build|mpi|docs|pages|fuzz|coverage|format|tidy|tsan]...      (default: build)
set -euo pipefail

declare -A why=(
    [gcc]="compiles Sinter"
    [libc6-dev]="the C library's headers"
    [make]="the front door: make demo, make test"
    [cmake]="describes the build"
    [ninja-build]="runs the build"
    [pkg-config]="finds the libraries below"
    [libfyaml-dev]="reads YAML and JSON files with locations"
    [libjansson-dev]="writes JSON reports"
    [libsqlite3-dev]="keeps the results of sweeps"
    [uthash-dev]="hash tables"
    [nodejs]="bundles the script of HTML pages, and draws figures"
    [npm]="installs what that script is made of"
    [libcmocka-dev]="unit tests"
    [libopenmpi-dev]="sweeps on many machines: sinter explore --mpi"
    [openmpi-bin]="mpirun, which starts them"
    [scdoc]="makes the manual pages"
    [mandoc]="checks them, and makes HTML of them"
    [cmark-gfm]="makes HTML of the guides"
    [python3]="puts the pages together, and checks their links"
    [clang-14]="compiler with libFuzzer and ThreadSanitizer"
    [libclang-rt-14-dev]="runtime of the sanitizers and of libFuzzer"
    [librsvg2-bin]="figures as PNG and PDF"
    [chromium]="opens HTML pages in tests"
    [gcovr]="coverage reports"
    [clang-format-14]="formats the source"
    [clang-tidy-14]="looks for bugs in the source"
)
build=(gcc libc6-dev make cmake ninja-build pkg-config libfyaml-dev libjansson-dev libsqlite3-dev uthash-dev libcmocka-dev
       nodejs npm)

wanted=("${build[@]}")
for topic in "$@"; do
    case $topic in
        build) ;;
        mpi) wanted+=(libopenmpi-dev openmpi-bin) ;;
        docs) wanted+=(scdoc mandoc cmark-gfm python3) ;;
        pages) wanted+=(chromium librsvg2-bin) ;;
        fuzz | tsan) wanted+=(clang-14 libclang-rt-14-dev) ;;
        coverage) wanted+=(gcovr) ;;
        format) wanted+=(clang-format-14) ;;
        tidy) wanted+=(clang-tidy-14) ;;
        *) echo "setup: unknown topic '$topic'; known: build mpi docs pages fuzz tsan coverage format tidy" >&2; exit 2 ;;
    esac
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    if command -v cmake >/dev/null && command -v ninja >/dev/null && pkg-config --exists libfyaml jansson sqlite3 cmocka; then
        echo "setup: this is not Debian, but what the build needs is there"
        exit 0
    fi
    echo "setup: this system has no apt-get, so nothing was installed. Please install the equivalents of:" >&2
    for package in "${wanted[@]}"; do
        printf '    %-20s %s\n' "$package" "${why[$package]}" >&2
    done
    exit 1
fi

missing=()
for package in "${wanted[@]}"; do
    # pkg-config is also provided by pkgconf, any C compiler serves, and Node.js comes from many places.
    case $package in
        nodejs) command -v node >/dev/null && continue ;;
        gcc | make | cmake | pkg-config | npm | python3) command -v "$package" >/dev/null && continue ;;
    esac
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "setup: everything is there"
    exit 0
fi

echo "setup: installing ${#missing[@]} missing package(s) with apt-get:"
for package in "${missing[@]}"; do
    printf '    %-20s %s\n' "$package" "${why[$package]}"
done
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: this needs root and there is no sudo; please run as root: apt-get install ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
install_missing() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
# The package lists may be old or empty: refresh them only when the first try fails.
if ! install_missing 2>/dev/null; then
    "${as_root[@]}" apt-get update -qq
    install_missing
fi
echo "setup: done"
