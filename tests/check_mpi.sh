#!/usr/bin/env bash
# Sweeps by several ranks: the same bytes as one process writes, also when a rank is killed or the sweep is interrupted.
# SPDX-License-Identifier: MIT
#
# Says so and succeeds where there is no mpirun, or the build has no MPI. When a signal comes in is not exact, and need not
# be: whenever it is, the result is the same.
set -u
cd "$(dirname "$0")/.."
: "${SINTER:?set SINTER to the path of the command}"
export SINTER LC_ALL=C TERM=dumb
# MPI keeps memory to the end; as root, and on fewer cores than ranks, mpirun wants to be told that this is meant.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1

scratch=$(mktemp -d)
n_failed=0
trap 'rm -rf "$scratch"' EXIT
fail() {
    echo "FAILED: $1" >&2
    [ ! -s "$scratch/messages" ] || sed 's/^/    /' "$scratch/messages" >&2
    n_failed=$((n_failed + 1))
}

small=(explore -m mamba-130m -L 8 --effort 10 --axis buffer.capacity=64KiB..4MiB:geo:8
    --axis dram.bandwidth=64GB/s..512GB/s:geo:20 --all)
large=(explore -m mamba-130m -L 64 --effort 20 --axis buffer.capacity=64KiB..4MiB:geo:12
    --axis dram.bandwidth=64GB/s..512GB/s:geo:20 --all)

"$SINTER" "${small[@]}" --mpi --threads 2 >/dev/null 2>"$scratch/messages"
[ $? -eq 2 ] && grep -q 'each rank has one thread' "$scratch/messages" || fail "--threads beside --mpi is refused"
if "$SINTER" "${small[@]}" --mpi --print 2>&1 | grep -q 'this build has no MPI'; then
    echo "skipped: this build has no MPI"
    exit 0
fi
# Its code runs in test_team under the sanitizers; here they would only slow every rank down.
if grep -q __asan_init "$SINTER"; then
    echo "skipped: this build has sanitizers; the one without them is checked"
    exit 0
fi
if ! command -v mpirun >/dev/null; then
    echo "skipped: there is no mpirun"
    exit 0
fi
if ! mpirun -n 1 true 2>/dev/null; then
    echo "skipped: mpirun does not run here"
    exit 0
fi

# Ranks in the background leave their processes in files of the folder $pids.
pids=$scratch/pids
forget_pids() {
    rm -rf "$pids"
    mkdir "$pids"
}
forget_pids
# ranks NUMBER [OPTION OF MPIRUN]... -- ARGUMENTS
ranks() {
    local n=$1 options=()
    shift
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    PIDS=$pids timeout 60 mpirun "${options[@]}" -n "$n" bash -c \
        'rank=$OMPI_COMM_WORLD_RANK; echo $$ >"$PIDS/new.$rank" && mv "$PIDS/new.$rank" "$PIDS/$rank" && exec "$SINTER" "$@"' \
        rank "$@" </dev/null
}
# The process of a rank, when it is there.
rank_pid() {
    for _ in $(seq 200); do
        [ -f "$pids/$1" ] && cat "$pids/$1" && return
        sleep 0.05
    done
    echo 0
}
same() { # WHAT FILE FILE
    cmp -s "$2" "$3" || fail "$1"
}

# ---- one to four ranks

"$SINTER" "${small[@]}" --format json -o "$scratch/plain.json" || fail "the plain sweep"
"$SINTER" "${small[@]}" --format csv -o "$scratch/plain.csv" || fail "the plain sweep, as CSV"
for n in 1 2 3 4; do
    ranks $n -- "${small[@]}" --mpi --format json -o "$scratch/$n.json" >"$scratch/messages" 2>&1 || fail "$n ranks"
    same "$n ranks write what one process does" "$scratch/plain.json" "$scratch/$n.json"
done
ranks 3 -- "${small[@]}" --mpi --format csv --store "$scratch/store" >"$scratch/store.csv" 2>"$scratch/messages" ||
    fail "ranks with a store"
same "ranks with a store write what one process does" "$scratch/plain.csv" "$scratch/store.csv"
"$SINTER" explore --query --store "$scratch/store" --format csv --all >"$scratch/query.csv"
same "all is in the store" "$scratch/plain.csv" "$scratch/query.csv"
"$SINTER" "${small[@]}" --mpi --format csv >"$scratch/alone.csv" 2>"$scratch/messages" || fail "without mpirun"
same "without mpirun, --mpi is one rank" "$scratch/plain.csv" "$scratch/alone.csv"

# ---- errors come from rank 0, once

ranks 3 -- explore "$scratch/none.yaml" --mpi >"$scratch/messages" 2>&1
[ $? -eq 3 ] && [ "$(grep -c 'cannot open the file' "$scratch/messages")" -eq 1 ] || fail "one message, exit status 3"
mpirun -n 1 "$SINTER" "${small[@]}" --mpi : -n 1 "$SINTER" "${small[@]}" --gap 3 --mpi >"$scratch/messages" 2>&1
[ $? -eq 3 ] && grep -q 'error: rank 1 would compute something else' "$scratch/messages" ||
    fail "a rank with another command line is refused"

# ---- a rank is killed, or leaves; a sweep is interrupted

"$SINTER" "${large[@]}" --format csv >"$scratch/large.csv" || fail "the large sweep"
for signal in KILL TERM; do
    forget_pids
    ranks 3 --enable-recovery -- "${large[@]}" --mpi=2 --format csv >"$scratch/lost.csv" 2>"$scratch/messages" &
    sweep=$!
    victim=$(rank_pid 2)
    sleep 0.8
    kill -$signal "$victim" 2>/dev/null || echo "note: the sweep was over before SIG$signal came"
    wait $sweep || fail "a rank gets SIG$signal"
    same "a rank gets SIG$signal: the result is the same" "$scratch/large.csv" "$scratch/lost.csv"
done
for resumed in "" --mpi; do
    rm -f "$scratch"/store*
    forget_pids
    ranks 3 -- "${large[@]}" --mpi --format csv --store "$scratch/store" >/dev/null 2>"$scratch/messages" &
    sweep=$!
    leader=$(rank_pid 0)
    sleep 0.8
    kill -INT "$(ps -o ppid= -p "$leader" | tr -d ' ')" 2>/dev/null || echo "note: the sweep was over before SIGINT came"
    wait $sweep
    if [ -z "$resumed" ]; then
        "$SINTER" "${large[@]}" --format csv --store "$scratch/store" >"$scratch/resumed.csv" 2>"$scratch/messages"
    else
        ranks 3 -- "${large[@]}" --mpi --format csv --store "$scratch/store" >"$scratch/resumed.csv" 2>"$scratch/messages"
    fi || fail "a sweep goes on ${resumed:-without ranks}"
    same "interrupted and resumed ${resumed:-without ranks}: the result is the same" "$scratch/large.csv" "$scratch/resumed.csv"
done

[ $n_failed -eq 0 ] || exit 1
echo "ranks agree with one process"
