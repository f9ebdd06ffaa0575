#!/usr/bin/env python3
"""Checks links: those of README.md and docs/*.md as they stand in the repository, and those of the pages made of them.
SPDX-License-Identifier: MIT

    scripts/site/links.py               the repository's
    scripts/site/links.py FOLDER        those of a site that was built
"""
import html.parser
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Slugs:
    """Names of headings as GitHub makes them; one that comes again gets a number."""

    def __init__(self):
        self.seen = {}

    def of(self, heading):
        slug = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        n = self.seen.get(slug, 0)
        self.seen[slug] = n + 1
        return slug if n == 0 else f"{slug}-{n}"


def prose(text):
    """The lines of a Markdown text outside of fenced blocks, with their numbers."""
    is_code = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("```"):
            is_code = not is_code
        elif not is_code:
            yield number, line


def anchors_of(path):
    slugs = Slugs()
    return {slugs.of(re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", match[1]))
            for _, line in prose(path.read_text(encoding="utf-8")) if (match := re.match(r"#+ +(.*)", line))}


def check_repository(root=ROOT):
    errors, n = [], 0
    for page in [root / "README.md", *sorted((root / "docs").glob("*.md"))]:
        for number, line in prose(page.read_text(encoding="utf-8")):
            for value in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
                if re.match(r"[a-z]+:", value):
                    continue
                n += 1
                path, _, anchor = value.partition("#")
                target = pathlib.Path(os.path.normpath(page.parent / path)) if path else page
                where = f"{page.relative_to(root)}:{number}"
                if not target.exists():
                    errors.append(f"{where}: links to '{value}', which does not exist")
                elif anchor and (target.suffix != ".md" or anchor not in anchors_of(target)):
                    errors.append(f"{where}: '{path or page.name}' has no heading '#{anchor}'")
    if n == 0:
        errors.append("no link was found: are the pages where this script expects them?")
    return errors, n


class Reader(html.parser.HTMLParser):
    """What a page names, and what it refers to."""

    def __init__(self):
        super().__init__()
        self.ids, self.twice, self.links, self.loads = set(), [], [], []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id":
                if value in self.ids:
                    self.twice.append(value)
                self.ids.add(value)
            elif name in ("href", "src"):
                (self.links if tag == "a" else self.loads).append(value)


def check_site(folder):
    errors, readers = [], {}
    for path in sorted(folder.glob("*.html")):
        readers[path.name] = reader = Reader()
        reader.feed(path.read_text(encoding="utf-8"))
    for name, reader in readers.items():
        errors += [f"{name}: two elements are called '{value}'" for value in reader.twice]
        errors += [f"{name}: loads '{value}' from elsewhere" for value in reader.loads if re.match(r"[a-z]+:|//", value)]
        for value in reader.links + reader.loads:
            if re.match(r"[a-z]+:|//", value):
                continue
            path, _, anchor = value.partition("#")
            if path and not (folder / path).is_file():
                errors.append(f"{name}: links to '{value}', which does not exist")
            elif anchor and anchor not in readers.get(path or name, Reader()).ids:
                errors.append(f"{name}: links to '{value}': there is no such place")
    if not readers:
        errors.append(f"{folder}: there are no pages")
    return errors


if __name__ == "__main__":
    if len(sys.argv) > 1:
        found, n_links = check_site(pathlib.Path(sys.argv[1])), None
    else:
        found, n_links = check_repository()
    print("\n".join(found) if found else f"{n_links or 'all'} links lead somewhere", file=sys.stderr if found else sys.stdout)
    sys.exit(bool(found))
