#!/usr/bin/env bash
# Makes a manual page of its source in docs/man: what the command says of itself is asked from the command.
# SPDX-License-Identifier: MIT
#
#     scripts/man_page.sh SINTER docs/man/sinter-run.1.scd > sinter-run.1      roff, by scdoc
#     scripts/man_page.sh SINTER docs/man/sinter-run.1.scd --source            what scdoc is given
#
# In a source a line `@WHAT@` stands for a part of `sinter COMMAND --help`, the command being the one that the page is about:
# `description`, `options`, `names` (models, accelerators, strategies) and `exit`. A block ```console is one that
# tests/check_docs.sh runs; its lines `# exits N` are for the test alone.
set -euo pipefail

sinter=$1
source=$2
page=${source##*/}
command=${page%%.*}
command=${command#sinter}
[[ $page == *.1.scd ]] || command= # a page about a file
help=$(ARGP_HELP_FMT=rmargin=4000 LC_ALL=C "$sinter" ${command:+"${command#-}"} --help)

expand() {
    HELP=$help awk '
        function plain(s) { gsub(/[\\_*]/, "\\\\&", s); return s }

        # "  -o, --output=FILE   Write to FILE": the option in bold, its argument underlined, the text below.
        function option(line,    name, argument, text, short) {
            short = match(line, /^ +-[^-], /) ? substr(line, RLENGTH - 3, 2) : ""
            match(line, /--[a-z-]+/)
            name = substr(line, RSTART, RLENGTH)
            text = substr(line, RSTART + RLENGTH)
            argument = ""
            if (match(text, /^\[?=[^ ]+/)) {
                argument = substr(text, 1, RLENGTH)
                text = substr(text, RLENGTH + 1)
            }
            sub(/^ +/, "", text)
            if (argument ~ /^\[/)
                argument = "\\[=_" plain(substr(argument, 3, length(argument) - 3)) "_]"
            else if (argument != "")
                argument = "=_" plain(substr(argument, 2)) "_"
            printf "%s*%s*%s\n\t%s\n\n", short == "" ? "" : "*" short "*, ", name, argument, plain(text)
        }

        function options(    i) {
            for (i = 1; i <= n && help[i] !~ /^Mandatory/; i++) { # behind that line are examples
                if (help[i] ~ /^ [A-Z].*:$/) printf "## %s\n\n", substr(help[i], 2, length(help[i]) - 2)
                if (help[i] ~ /^ +(-[^-], )?--[a-z]/) option(help[i])
            }
        }

        function description(    i) {
            for (i = 2; i <= n && help[i] != ""; i++) print plain(help[i])
        }

        # "Models: a, b,": a paragraph each; strategies, which have a text, as a list.
        function names(    i, is_in) {
            for (i = 1; i <= n; i++) {
                if (help[i] ~ /^(Models|Cascades|Accelerators|Strategies):/) {
                    printf "\n*%s*", substr(help[i], 1, index(help[i], ":"))
                    printf "%s\n", plain(substr(help[i], index(help[i], ":") + 1))
                    is_in = 1
                } else if (help[i] == "")
                    is_in = 0
                else if (is_in && help[i] ~ /^  [^ ]/) {
                    match(help[i], /^  [^ ]+/)
                    printf "\n*%s*\n", plain(substr(help[i], 3, RLENGTH - 2))
                    printf "\t%s\n", plain(trim(substr(help[i], RLENGTH + 1)))
                } else if (is_in)
                    printf "%s%s\n", help[i] ~ /^     / ? "\t" : "", plain(trim(help[i]))
            }
        }
        function trim(s) { gsub(/^ +| +$/, "", s); return s }

        # "Exit status: 0 ok, 1 infeasible."
        function statuses(    i, line, k, parts, m) {
            for (i = 1; i <= n; i++)
                if (help[i] ~ /^Exit status: /)
                    line = substr(help[i], 14)
            sub(/\.$/, "", line)
            gsub(/, [0-9] /, "\n&", line)
            gsub(/\n, /, "\n", line)
            m = split(line, parts, "\n")
            for (k = 1; k <= m; k++) printf "*%s*\n\t%s\n\n", substr(parts[k], 1, 1), plain(substr(parts[k], 3))
        }

        BEGIN { n = split(ENVIRON["HELP"], help, "\n") }
        $0 == "@options@" { options(); next }
        $0 == "@description@" { description(); next }
        $0 == "@names@" { names(); next }
        $0 == "@exit@" { statuses(); next }
        /^@.*@$/ { print FILENAME ":" NR ": there is no " $0 > "/dev/stderr"; exit 1 }
        /^```/ { is_console = $0 ~ /^```console/; print "```"; next }
        is_console && /^# exits [0-9]+$/ { next }
        { print }' "$source"
}

if [ "${3:-}" = --source ]; then
    expand
    exit
fi
# The date of the page is that of its last change, not of the build.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git -C "$(dirname "$source")" log -1 --format=%ct -- . 2>/dev/null || true)
    [ -n "$SOURCE_DATE_EPOCH" ] || SOURCE_DATE_EPOCH=$(date +%s)
fi
export SOURCE_DATE_EPOCH
expand | scdoc
