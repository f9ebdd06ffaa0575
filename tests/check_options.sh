#!/usr/bin/env bash
# Every option that --help lists stands in docs/cli.md, and every option in docs, README.md and docs/man is one of --help.
# SPDX-License-Identifier: MIT
set -euo pipefail
cd "$(dirname "$0")/.."
: "${SINTER:?set SINTER to the path of the command}"
export LC_ALL=C

commands=(run compare verify explore show reproduce)
errors=0
complain() {
    echo "$1" >&2
    errors=$((errors + 1))
}
long_options() { grep -ohE '(^|[^-[:alnum:]])--[a-z][a-z-]*[a-z]' "$@" | sed 's/.*--/--/' | sort -u; }

# Those above the line that ends the list of --help; examples stand below it.
listed_options() {
    "$SINTER" "$1" --help | sed '/^Mandatory/,$d' | grep -oE '^ +(-[^-], )?--[a-z-]+' | sed 's/.*--/--/'
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for command in "${commands[@]}"; do
    listed_options "$command"
done | sort -u >"$work/known"
[ "$(wc -l <"$work/known")" -gt 20 ] || complain "--help lists hardly any options: has its form changed?"

# In the tables of docs/cli.md an option begins a row: | `-m`, `--model MODEL` | or | `--axis FIELD=VALUES` |
grep -E '^\| `-' docs/cli.md | cut -d'|' -f2 | long_options - >"$work/listed"
for option in $(comm -23 "$work/known" "$work/listed"); do
    case $option in
        --help | --usage | --version) grep -q -e "\`$option\`" docs/cli.md || complain "docs/cli.md: does not mention $option" ;;
        *) complain "docs/cli.md: no table has a row for $option, which --help lists" ;;
    esac
done

# Those of other programs: mpirun's, ctest's, cmake's, git's and our own scripts'.
others=' --allow-run-as-root --oversubscribe --enable-recovery --hostfile --update --cflags --libs '
for page in README.md docs/*.md docs/man/*.scd; do
    for option in $(long_options "$page" | comm -23 - "$work/known"); do
        [[ $others == *" $option "* ]] || complain "$page: $option is no option of any command"
    done
done

# The manual pages say of each option just what --help says: none is left out on the way.
for command in "${commands[@]}"; do
    listed_options "$command" | sort >"$work/help"
    scripts/man_page.sh "$SINTER" "docs/man/sinter-$command.1.scd" --source |
        grep -oE '^(\*-.\*, )?\*--[a-z-]+\*' | sed 's/.*\*--/--/; s/\*$//' | sort >"$work/page"
    cmp -s "$work/help" "$work/page" || complain "docs/man/sinter-$command.1.scd: its options are not those of --help"
done

[ "$errors" -eq 0 ] || exit 1
echo "$(wc -l <"$work/known") options are documented as they are"
