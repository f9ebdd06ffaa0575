#!/usr/bin/env bash
# The command line: runs tests/golden/*/cmd and compares stdout, stderr and exit code.
# SPDX-License-Identifier: MIT
#
# A case is a folder: `cmd` is a bash text in which $SINTER is the command and $T an empty folder; `stdout`, `stderr` and
# `code` say what it must do. UPDATE=1 writes them anew: read the difference before you keep it.
set -u
cd "$(dirname "$0")/.."
: "${SINTER:?set SINTER to the path of the command}"
export SINTER LC_ALL=C TERM=dumb
unset NO_COLOR ARGP_HELP_FMT COLUMNS

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
n_cases=0
n_failed=0
for folder in tests/golden/*/; do
    folder=${folder%/}
    [ -f "$folder/cmd" ] || continue
    case $folder in
        */page-*) [ -f "$(dirname "$SINTER")/web/bundle/page.js" ] || continue ;; # this build has no pages
    esac
    n_cases=$((n_cases + 1))
    T=$scratch/$(basename "$folder")
    mkdir "$T"
    export T
    bash "$folder/cmd" >"$scratch/stdout" 2>"$scratch/stderr.raw" </dev/null
    echo $? >"$scratch/code"
    sed "s|$scratch|T|g" "$scratch/stderr.raw" >"$scratch/stderr"
    for stream in stdout stderr code; do
        if [ -n "${UPDATE:-}" ]; then
            cp "$scratch/$stream" "$folder/$stream"
        elif ! diff -u "$folder/$stream" "$scratch/$stream"; then
            echo "FAILED: $folder ($stream)" >&2
            n_failed=$((n_failed + 1))
        fi
    done
done
if [ "$n_cases" -eq 0 ]; then
    echo "no case was found" >&2
    exit 1
fi
[ "$n_failed" -eq 0 ] || exit 1
echo "$n_cases cases behave as written"
