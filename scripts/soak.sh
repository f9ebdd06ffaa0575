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
tests=(law program retile sim sim_twin)

echo "seeds $first to $((first + cases - 1)), each through: ${tests[*]}"
for ((done = 0; done < cases; done += stretch)); do
    n=$((cases - done < stretch ? cases - done : stretch))
    seed=$((first + done))
    for name in "${tests[@]}"; do
        if ! output=$(SINTER_SEED=$seed SINTER_CASES=$n "build/release/tests/test_$name" 2>&1); then
            printf '%s\n\nrepeat with: SINTER_SEED=%s SINTER_CASES=%s build/release/tests/test_%s\n' "$output" "$seed" "$n" "$name"
            exit 1
        fi
    done
    printf '%d of %d seeds (%d s)\n' $((done + n)) "$cases" "$SECONDS"
done
