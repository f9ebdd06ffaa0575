#!/usr/bin/env bash
# Includes point downward: fails when a room includes a room above it or beside it.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/.."

# The rooms from the ground up. Rooms of one floor may not include each other.
floors=(
    "base"
    "cascade"
    "workload accel"
    "schedule"
    "cost"
    "program"
    "sim exec"
    "search"
    "explore"
    "report"
    "page"
    "cli"
)

declare -A floor_of
for i in "${!floors[@]}"; do
    for room in ${floors[$i]}; do
        floor_of[$room]=$i
    done
done

errors=0
n_includes=0
complain() {
    echo "$1" >&2
    errors=$((errors + 1))
}

# check ROOM FILE...: every #include "sinter/X.h" or "X/..." of the files names a room below, or the room itself.
check() {
    local room=$1 where line included
    shift
    while IFS=: read -r where line included; do
        included=${included#*\"}
        included=${included%%\"*}
        case $included in
            sinter/*) included=${included#sinter/} && included=${included%.h} ;;
            */*) included=${included%%/*} ;;
            *) continue ;; # beside the file itself
        esac
        n_includes=$((n_includes + 1))
        if [ -z "${floor_of[$included]+x}" ]; then
            complain "$where:$line: includes '$included', which is no room; is it missing in tests/check_house.sh?"
        elif [ "$included" != "$room" ] && [ "${floor_of[$included]}" -ge "${floor_of[$room]}" ]; then
            complain "$where:$line: room '$room' includes room '$included', which is not below it"
        fi
    done < <(grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$@")
}

for folder in src/*/; do
    room=$(basename "$folder")
    if [ -z "${floor_of[$room]+x}" ]; then
        complain "$folder: room '$room' has no floor in tests/check_house.sh"
        continue
    fi
    files=$(find "$folder" -name '*.[ch]' | sort)
    [ -z "$files" ] || check "$room" $files
    if [ -f "include/sinter/$room.h" ]; then
        check "$room" "include/sinter/$room.h"
    fi
done
for header in include/sinter/*.h; do
    room=$(basename "$header" .h)
    [ -n "${floor_of[$room]+x}" ] || complain "$header: a public header without a room"
done

if [ "$n_includes" -eq 0 ]; then
    complain "no include was checked: are the folders where this script expects them?"
fi
[ "$errors" -eq 0 ] || exit 1
echo "$n_includes includes point downward"
