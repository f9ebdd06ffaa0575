#!/usr/bin/env bash
# Runs the commands of the documentation and compares what they print with what the documentation shows.
# SPDX-License-Identifier: MIT
#
#     SINTER=build/release/sinter tests/check_docs.sh              checks README.md, docs/*.md and docs/man
#     SINTER=build/release/sinter tests/check_docs.sh --update     rewrites the shown lines from what is printed now
#
# In a block marked ```console a line `$ sinter ...` is run, with the examples at hand, in a folder of its own for each
# page; so is `$ ./NAME ...`, if examples/NAME was built beside the command. Other commands (`$ make demo`) are not run. A
# line `# exits N` below it states an exit status other than 0. Each line shown below must be printed, in that order; a line
# `...` stands for lines left out. A block whose head says `title=NAME` is a file: it is compared with the file of that name
# if the project has one, else written for the commands that follow.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
root=$PWD
update=0
[ "${1:-}" = --update ] && update=1

sinter=$(realpath "${SINTER:-build/release/sinter}") || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$sinter" "$work/bin/sinter"
export PATH=$work/bin:$PATH NO_COLOR=1
errors=0
n_commands=0
processes=()

complain() {
    echo "$1" >&2
    errors=$((errors + 1))
}

# match EXPECTED ACTUAL: prints the expected lines as they should be; complains on standard error about those that the
# command does not print. To update, a line is found by what is left of it without numbers, or by its first words.
match() {
    awk -v update="$update" -v actual="$2" -v where="$3" '
        function trim(s) { sub(/[ \t\r]+$/, "", s); return s }
        function bones(s) {
            gsub(/[ \t]+/, " ", s)
            gsub(/-?[0-9][0-9.,]*( ([kMGTmun]|[kMGT]?i?B|[mun]?s|[mun]?J)($| ))?/, "0 ", s)
            gsub(/[#-]+/, "-", s)
            gsub(/ +/, " ", s)
            return trim(s)
        }
        function head(s) {
            sub(/[0-9].*/, "", s)
            gsub(/[ \t]+/, " ", s)
            return s ~ /[A-Za-z]/ ? trim(s) : ""
        }
        BEGIN { while ((getline line < actual) > 0) real[++n] = trim(line); at = 1 }
        {
            shown = trim($0)
            if (shown == "" || shown == "...") { print; next }
            for (i = at; i <= n && real[i] != shown; i++) {}
            if (i > n && update)
                for (i = at; i <= n && bones(real[i]) != bones(shown); i++) {}
            if (i > n && update && head(shown) != "")
                for (i = at; i <= n && head(real[i]) != head(shown); i++) {}
            if (i > n) {
                printf "%s: not printed: %s\n", where, shown > "/dev/stderr"
                bad = 1
                print
                next
            }
            print real[i]
            at = i + 1
        }
        END { exit bad }' "$1"
}

# finish: runs the command that was gathered and compares.
finish() {
    if [ -n "$command" ]; then
        local status=0
        (cd "$folder" && bash -o pipefail -c "$command") >"$tmp/actual" 2>&1 </dev/null || status=$?
        n_commands=$((n_commands + 1))
        if [ "$status" -ne "$exits" ]; then
            complain "$page:$line_of_command: exit status $status instead of $exits: $command"
            sed 's/^/    /' "$tmp/actual" >&2
        fi
        match "$tmp/expected" "$tmp/actual" "$page:$line_of_command" >"$tmp/matched" || errors=$((errors + 1))
        cat "$tmp/matched" >>"$tmp/page"
    elif [ -s "$tmp/expected" ]; then
        cat "$tmp/expected" >>"$tmp/page"
    fi
    command=
    exits=0
    : >"$tmp/expected"
}

# file_block: a file that a page shows is complete: the project's own, or one for the commands that follow.
file_block() {
    if [ -e "$root/$title" ]; then
        if ! cmp -s "$tmp/block" "$root/$title"; then
            if [ "$update" = 1 ]; then
                cp "$root/$title" "$tmp/block"
            else
                complain "$page: shows '$title' other than it is:"
                diff "$tmp/block" "$root/$title" >&2
            fi
        fi
    else
        mkdir -p "$(dirname "$folder/$title")"
        cp "$tmp/block" "$folder/$title"
    fi
    cat "$tmp/block" >>"$tmp/page"
}

check_page() {
    page=$1
    folder=$tmp/folder
    mkdir -p "$folder"
    ln -s "$root/examples" "$root/data" "$folder/"
    for program in "${sinter%/*}"/examples/*; do
        [ -f "$program" ] && [ -x "$program" ] && ln -s "$program" "$folder/"
    done
    local kind='' line number=0 continued=0
    command=
    exits=0
    : >"$tmp/page"
    : >"$tmp/expected"
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        case $kind:$line in
            :'```console'*) kind=console && echo "$line" >>"$tmp/page" ;;
            :'```'*title=*)
                kind=file title=${line##*title=}
                : >"$tmp/block"
                echo "$line" >>"$tmp/page"
                ;;
            :'```'*) kind=other && echo "$line" >>"$tmp/page" ;;
            :*) echo "$line" >>"$tmp/page" ;;
            console:'```') finish && kind='' && echo "$line" >>"$tmp/page" ;;
            file:'```') file_block && kind='' && echo "$line" >>"$tmp/page" ;;
            other:'```') kind='' && echo "$line" >>"$tmp/page" ;;
            file:*) echo "$line" >>"$tmp/block" ;;
            console:*)
                if [ "$continued" = 1 ]; then
                    [ -z "$command" ] || command+=$'\n'$line
                    echo "$line" >>"$tmp/page"
                elif [[ $line == '$ '* ]]; then
                    finish
                    line_of_command=$number
                    local program=${line#'$ ./'}
                    if [[ $line == '$ sinter'* ]] || [ -x "$folder/${program%% *}" ]; then
                        command=${line#'$ '}
                    fi
                    echo "$line" >>"$tmp/page"
                elif [[ $line =~ ^'# exits '([0-9]+)$ ]]; then
                    exits=${BASH_REMATCH[1]}
                    echo "$line" >>"$tmp/page"
                else
                    echo "$line" >>"$tmp/expected"
                fi
                continued=0
                [[ $line == *\\ ]] && continued=1
                ;;
            *) echo "$line" >>"$tmp/page" ;;
        esac
    done <"$page"
    [ -z "$kind" ] || complain "$page: a block is not closed"
    if [ "$update" = 1 ] && ! cmp -s "$tmp/page" "$page"; then
        cp "$tmp/page" "$page"
        echo "$page: updated"
    fi
}

# Pages are independent: each is checked by a process of its own.
pages=(README.md docs/*.md docs/man/*.scd)
for i in "${!pages[@]}"; do
    (
        tmp=$work/$i
        mkdir "$tmp"
        check_page "${pages[i]}"
        echo "$n_commands" >"$tmp/count"
        exit "$((errors > 0))"
    ) 2>"$work/$i.messages" &
    processes[i]=$!
done
for i in "${!pages[@]}"; do
    if ! wait "${processes[i]}"; then
        complain "${pages[i]}: is not what the command does (tests/check_docs.sh --update writes down what it prints now):"
    fi
    cat "$work/$i.messages" >&2
    n_commands=$((n_commands + $(cat "$work/$i/count" 2>/dev/null || echo 0)))
done

# The library's example is kept in step with the headers.
if command -v "${CC:-cc}" >/dev/null; then
    for source in examples/*.c; do
        "${CC:-cc}" -std=c17 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -fsyntax-only -Iinclude "$source" ||
            complain "$source: does not compile"
    done
fi

[ "$n_commands" -gt 0 ] || complain "no command was found: are the pages where this script expects them?"
[ "$errors" -eq 0 ] || exit 1
echo "$n_commands commands print what the documentation shows"
