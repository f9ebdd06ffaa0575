#!/usr/bin/env python3
"""Builds the documentation as a folder of HTML pages that needs no network: guides, manual pages, the library's headers.
SPDX-License-Identifier: MIT

    scripts/site/build.py SINTER FOLDER         SINTER is the command, whose --help goes into the manual pages

docs/index.md is the first page, and its lists are the navigation, in their order: a page that it does not name is an error.
Links are written as they work in the repository (files.md#types, ../include/sinter/cost.h, man/sinter-run.1.scd); here they
lead to the page made of that file, or to a copy of it. Needs cmark-gfm, scdoc and mandoc.
"""
import html
import os
import pathlib
import re
import shutil
import subprocess
import sys

import headers
import links

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8")
    if done.returncode != 0:
        sys.exit(f"{command[0]}: {done.stderr.strip()}")
    return done.stdout


class Page:
    """A page: the file it is made of, the name it gets, and its HTML, links still as in that file."""

    def __init__(self, source, name, title, body):
        self.source, self.name, self.title, self.body = source, name, title, body


# ---- guides --------------------------------------------------------------------------------------------------------------


def mark_commands(match):
    """In a block of a terminal, what is typed stands out from what is printed; notes for the tests go."""
    lines = [line for line in match.group(2).split("\n") if not re.fullmatch(r"# exits \d+", line)]
    is_going_on, out = False, []
    for line in lines:
        is_typed = is_going_on or line.startswith("$ ")
        is_going_on = is_typed and line.endswith("\\")
        out.append(f"<kbd>{line}</kbd>" if is_typed else line)
    return match.group(1) + "\n".join(out) + "</code></pre>"


def markdown_page(path):
    body = run(["cmark-gfm", "-e", "table", "--full-info-string"], (ROOT / path).read_text(encoding="utf-8"))
    slug = links.Slugs()
    body = re.sub(r"<h([1-6])>(.*?)</h\1>",
                  lambda m: f'<h{m[1]} id="{slug.of(html.unescape(re.sub("<[^>]+>", "", m[2])))}">{m[2]}</h{m[1]}>', body,
                  flags=re.S)
    body = re.sub(r'(<pre><code class="language-console"[^>]*>)(.*?)</code></pre>', mark_commands, body, flags=re.S)
    body = re.sub(r'<pre><code class="language-\w+" data-meta="title=([^"]+)">',
                  r'<p class="file">\1</p><pre><code>', body)
    body = body.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
    title = re.sub("<[^>]+>", "", re.search(r"<h1[^>]*>(.*?)</h1>", body, re.S)[1])
    name = {"README.md": "overview.html"}.get(path, pathlib.PurePath(path).stem + ".html")
    return Page(path, name, html.unescape(title), body)


# ---- manual pages --------------------------------------------------------------------------------------------------------


def manual_page(path, sinter):
    roff = run([str(ROOT / "scripts/man_page.sh"), sinter, str(ROOT / path)])
    body = run(["mandoc", "-Thtml", "-Ofragment"], roff)
    name, section = pathlib.PurePath(path).name.split(".")[:2]
    body = re.sub(r'<table class="(head|foot)">.*?</table>', "", body, flags=re.S)
    body = re.sub(r"<(/?)h2\b", r"<\1h3", body)
    body = re.sub(r"<(/?)h1\b", r"<\1h2", body)
    # Its headings link to themselves; an option gets an anchor of its name.
    body = re.sub(r'<p class="Pp">((?:<b>-.</b>, )?<b>--([a-z-]+)</b>)', r'<p class="Pp" id="option-\2">\1', body)
    title = f"{name}({section})"
    body = f'<h1 id="{name}">{title}</h1>\n' + body
    body = re.sub(r"<b>(sinter[a-z-]*)</b>\((\d)\)", lambda m: link_of_manual(m, path), body)
    return Page(path, f"man-{name}.{section}.html", title, body)


def link_of_manual(match, path):
    """The source of the page that a manual page names, as a link from there."""
    source = f"{match[1]}.{match[2]}.scd"
    if not (ROOT / "docs/man" / source).exists():
        sys.exit(f"{path}: there is no page {match[1]}({match[2]})")
    return f'<a href="{source}"><b>{match[1]}</b>({match[2]})</a>'


# ---- links ---------------------------------------------------------------------------------------------------------------


def resolve(page, pages, copied):
    """Turns links between files into links between pages; a file that is no page is copied beside them."""
    folder = os.path.dirname(page.source)

    def target(match):
        attribute, value = match[1], html.unescape(match[2])
        path, _, anchor = value.partition("#")
        if re.match(r"[a-z]+:", value) or path == "":
            return match[0]
        source = os.path.normpath(os.path.join(folder, path))
        if source in pages:
            to = pages[source].name
        elif (ROOT / source).is_file():
            to = "files/" + source
            copied.add(source)
        else:
            sys.exit(f"{page.source}: links to '{value}', which does not exist")
        return f'{attribute}="{html.escape(to + ("#" + anchor if anchor else ""))}"'

    return re.sub(r'\b(href|src)="([^"]*)"', target, page.body)


# ---- the frame around each page ------------------------------------------------------------------------------------------


def read_navigation(index, pages):
    """Sections of docs/index.md with the pages that they list: [(heading, [(title, page)])]."""
    sections = []
    for match in re.finditer(r'<h2[^>]*>(.*?)</h2>|<li>\s*<a href="([^"]*)">(.*?)</a>', index.body, re.S):
        if match[1] is not None:
            sections.append((match[1], []))
            continue
        source = os.path.normpath(os.path.join(os.path.dirname(index.source), match[2]))
        if source in pages and sections:
            sections[-1][1].append((match[3], pages[source]))
    listed = {page.source for _, items in sections for _, page in items}
    missing = sorted(source for source, page in pages.items() if page is not index and source not in listed)
    if missing:
        sys.exit("docs/index.md: lists no " + ", no ".join(missing))
    return sections


def navigation_of(page, sections):
    out = []
    for heading, items in sections:
        out.append(f"<h2>{heading}</h2><ul>")
        for title, item in items:
            is_here = item is page
            out.append(f'<li><a href="{item.name}"{" aria-current=page" if is_here else ""}>{title}</a>')
            parts = re.findall(r'<h2[^>]* id="([^"]+)">(.*?)</h2>', page.body, re.S) if is_here else []
            if parts:
                out.append("<ul>" + "".join(f'<li><a href="#{anchor}">{re.sub("</?a[^>]*>", "", text)}</a>'
                                            for anchor, text in parts) + "</ul>")
        out.append("</ul>")
    return "\n".join(out)


def write(page, body, sections, folder):
    order = [item for _, items in sections for item in items]
    here = next((i for i, (_, item) in enumerate(order) if item is page), None)
    around = []
    for step, word in ((-1, "previous"), (1, "next")):
        at = (0 if step > 0 else None) if here is None else here + step
        if at is not None and 0 <= at < len(order):
            around.append(f'<a class="{word}" rel="{"prev" if step < 0 else "next"}" href="{order[at][1].name}">{order[at][0]}</a>')
    text = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{html.escape(page.title)}{"" if page.name == "index.html" else " - Sinter"}</title>
<link rel="stylesheet" href="style.css">
</head>
<body>
<a class="skip" href="#content">to the text</a>
<header><a class="home" href="index.html">Sinter</a><label for="menu">Pages</label></header>
<input type="checkbox" id="menu" aria-label="show all pages">
<nav aria-label="all pages">
{navigation_of(page, sections)}
</nav>
<main id="content">
{body}
<footer>{"".join(around)}</footer>
</main>
</body>
</html>
"""
    (folder / page.name).write_text(text, encoding="utf-8")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sinter, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    paths = ["README.md"] + sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md"))
    made = [markdown_page(path) for path in paths]
    made += [manual_page(str(p.relative_to(ROOT)), sinter) for p in sorted((ROOT / "docs/man").glob("*.scd"))]
    for path, title, body in headers.make(ROOT):
        name = "names" if path == "include/sinter" else pathlib.PurePath(path).stem
        made.append(Page(path, f"api-{name}.html", title, body))
    pages = {page.source: page for page in made}
    sections = read_navigation(pages["docs/index.md"], pages)

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(pathlib.Path(__file__).with_name("style.css"), folder)
    copied = set()
    for page in made:
        write(page, resolve(page, pages, copied), sections, folder)
    for source in copied:
        (folder / "files" / source).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, folder / "files" / source)
    errors = links.check_site(folder)
    print("\n".join(errors) if errors else f"{len(made)} pages: {folder}/index.html")
    sys.exit(bool(errors))


if __name__ == "__main__":
    main()
