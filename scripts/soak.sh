#!/usr/bin/env bash
# Runs the law tests of the release build on many seeds, a stretch of them at a time, and says how far it is.
# SPDX-License-Identifier: MIT
#
#     scripts/soak.sh [CASES [SEED]]      (default: 1000000 from a random seed)
#
# Stops at the first stretch that fails, with its output and the command that repeats it.
set -euo pipefail

cases=${1:-1000000}
first=${2:-$((RANDOM * 32768 + RANDOM))}
stretch=10000
tests=(law lattice mapper program retile sim sim_twin execute mutations)
per_case=(golden_execute floor optimal) # these draw so many schedules for each stored case: a hundredth of the seeds

run() { # NAME SEED CASES
    if ! output=$(SINTER_SEED=$2 SINTER_CASES=$3 "build/release/tests/test_$1" 2>&1); then
        printf '%s\n\nrepeat with: SINTER_SEED=%s SINTER_CASES=%s build/release/tests/test_%s\n' "$output" "$2" "$3" "$1"
        exit 1
    fi
}

echo "seeds $first to $((first + cases - 1)), each through: ${tests[*]}; some through: ${per_case[*]}"
for ((done = 0; done < cases; done += stretch)); do
    n=$((cases - done < stretch ? cases - done : stretch))
    seed=$((first + done))
    for name in "${tests[@]}"; do
        run "$name" "$seed" "$n"
    done
    for name in "${per_case[@]}"; do
        run "$name" "$seed" $(((n + 99) / 100))
    done
    printf '%d of %d seeds (%d s)\n' $((done + n)) "$cases" "$SECONDS"
done
