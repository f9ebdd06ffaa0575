#!/usr/bin/env bash
# Links of README.md and docs lead somewhere; the site is built of them, and every link and anchor in it resolves.
# SPDX-License-Identifier: MIT
#
# What a part needs and is not installed is said, and the test then counts as skipped (77): `scripts/setup.sh docs`.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${SINTER:?set SINTER to the path of the command}"

need() {
    local tool missing=()
    for tool in "$@"; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "skipped: there is no ${missing[*]}; 'scripts/setup.sh docs' installs it"
    exit 77
}

need python3
python3 -c 'import html.parser' 2>/dev/null || { echo "skipped: this Python lacks its standard library"; exit 77; }
export PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The checker itself finds what is wrong.
mkdir -p "$work/wrong/docs" "$work/pages"
printf '# A\n[gone](docs/gone.md) [no place](docs/b.md#nowhere) [here](docs/b.md#b-c)\n' >"$work/wrong/README.md"
printf '# B\n\n## `b` & C\n\n## B  C\n' >"$work/wrong/docs/b.md"
printf '<p id="a"><p id="a"><a href="#b">b</a><a href="c.html">c</a><img src="https://example.org/x.png">' >"$work/pages/a.html"
python3 - "$work" <<'CHECK'
import pathlib, sys
sys.path.insert(0, "scripts/site")
import links
work = pathlib.Path(sys.argv[1])
found, n = links.check_repository(work / "wrong")
assert n == 3 and [line.split(": ")[1] for line in found] == [
    "links to 'docs/gone.md', which does not exist", "'docs/b.md' has no heading '#nowhere'",
    "'docs/b.md' has no heading '#b-c'"], found
assert len(links.check_site(work / "pages")) == 4, links.check_site(work / "pages")
CHECK
python3 scripts/site/links.py

need cmark-gfm scdoc mandoc
for source in docs/man/*.scd; do
    page=$work/$(basename "${source%.scd}")
    scripts/man_page.sh "$SINTER" "$source" >"$page"
    mandoc -Tlint -W error "$page"
done
python3 scripts/site/build.py "$SINTER" "$work/site"
