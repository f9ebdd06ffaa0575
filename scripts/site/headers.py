"""Makes a page of each public header: it is its own manual, so the page is the header, with sections, anchors and links.
SPDX-License-Identifier: MIT

A header begins with a comment (a line with its purpose, the licence, the text) and goes on in sections, `/* ---- name ---- */`.
In a section a comment stands above the declarations that it is about, up to the next blank line. Checked on the way: every
name with `sinter_` or `SINTER_` in a comment exists, and every function has a comment above it or behind it.
"""
import html
import pathlib
import re
import sys

SECTION = re.compile(r"/\* -{4,} (.*?) -{4,} \*/")
NAME = re.compile(r"\b(?:sinter|SINTER)_\w*[A-Za-z0-9]\b")
TOKEN = re.compile(r"(?P<comment>/\*.*?\*/)|(?P<text>\"(?:[^\"\\]|\\.)*\")|(?P<name>[A-Za-z_]\w*)|(?P<other>.)", re.S)


def without_comments(code):
    """The same length, so that places stay."""
    return re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]), code, flags=re.S)


def definitions(text):
    """Where a header defines a public name: {name: offset}. A tag that is only declared counts where nothing defines it."""
    code, found = without_comments(text), {}

    def add(name, at):
        found.setdefault(name, at)

    for match in re.finditer(r"\b(?:struct|enum) (sinter_\w+)\s*\{", code):
        add(match[1], match.start(1))
    for match in re.finditer(r"\benum(?: \w+)?\s*\{([^}]*)\}", code):
        for item in re.finditer(r"(?:^|,)\s*(SINTER_\w+)", match[1]):
            add(item[1], match.start(1) + item.start(1))
    for match in re.finditer(r"^#\s*define (SINTER_\w+)\b(?! *\n)", code, re.M):
        add(match[1], match.start(1))
    found.pop("SINTER_API", None) # how names are exported: nothing to look up
    for match in re.finditer(r"^(?:SINTER_API|static inline)\b[^;{(]*?\b(sinter_\w+)\(", code, re.M):
        add(match[1], match.start(1))
    for match in re.finditer(r"\btypedef\b[^;]*?\b(sinter_\w+);", code):
        add(match[1], match.start(1))
    for match in re.finditer(r"^struct (sinter_\w+);", code, re.M):
        add(match[1], match.start(1))
    return found


class Names:
    """All public names and the header that each is defined in."""

    def __init__(self, texts):
        self.home, self.places = {}, {}
        for path, text in texts.items():
            self.places[path] = definitions(text)
        for path, found in self.places.items():
            for name, at in found.items():
                is_declared = re.match(r"\w+;", texts[path][at:]) and "struct " + name in texts[path]
                if name not in self.home or not is_declared:
                    self.home[name] = path

    def link(self, name, here, shown=None):
        if name not in self.home:
            return None
        path = "" if self.home[name] == here else pathlib.PurePath(self.home[name]).name
        return f'<a href="{path}#{name}">{html.escape(shown or name)}</a>'


class Header:
    def __init__(self, path, text, names):
        self.path, self.text, self.names = path, text, names
        self.errors, self.out, self.anchors = [], [], set()

    def complain(self, at, message):
        self.errors.append(f"{self.path}:{self.text.count(chr(10), 0, at) + 1}: {message}")

    # ---- comments

    def words(self, text, at):
        """A line of prose: names and pages become links, `code` is code."""
        out = []
        for piece in re.split(r"(`[^`]*`|\bdocs/\w+\.md\b|\b[a-z]+\.h\b)", text):
            if piece.startswith("docs/"):
                out.append(f'<a href="../../{piece}">{piece}</a>')
                continue
            if f"include/sinter/{piece}" in self.names.places:
                out.append(f'<a href="{piece}">{piece}</a>')
                continue
            is_code = len(piece) > 1 and piece.startswith("`")
            last, parts = 0, []
            piece = piece.strip("`") if is_code else piece
            for match in NAME.finditer(piece):
                is_family = piece[match.end():match.end() + 1] == "_" # sinter_experiment_..., SINTER_OP_<NAME>
                link = self.names.link(match[0], self.path)
                if link is None and not is_family:
                    self.complain(at, f"the comment names '{match[0]}', which does not exist")
                parts += [html.escape(piece[last:match.start()]), link or match[0]]
                last = match.end()
            text_of = "".join(parts) + html.escape(piece[last:])
            out.append(f"<code>{text_of}</code>" if is_code else text_of)
        return "".join(out)

    def prose(self, comment, at):
        """Paragraphs; lines that are set in stay as they are."""
        lines = re.sub(r"^/\*+ ?|\s*\*/$", "", comment).split("\n")
        lines = [re.sub(r"^\s*\* ?", "", line).rstrip() for line in lines]
        lines = [line for line in lines if not line.startswith("SPDX-")]
        out, paragraph, block = [], [], []

        def flush():
            if paragraph:
                out.append("<p>" + self.words(" ".join(paragraph), at) + "</p>")
            if block:
                while block and not block[-1]:
                    block.pop()
                indent = min(len(line) - len(line.lstrip()) for line in block if line)
                out.append("<pre><code>" + "\n".join(self.code(line[indent:], None) for line in block) + "</code></pre>")
            paragraph.clear()
            block.clear()

        for line in lines:
            if line.startswith("  ") or (block and not line):
                if paragraph:
                    flush()
                block.append(line)
            elif line:
                if block:
                    flush()
                paragraph.append(line)
            else:
                flush()
        flush()
        return "\n".join(out)

    # ---- code

    def code(self, code, offset):
        """Declarations with links; at `offset` in the header (None: an example, which defines nothing)."""
        out = []
        for match in TOKEN.finditer(code):
            piece = match[0]
            if match["comment"]:
                inner = self.words(piece, offset or 0) if offset is not None else html.escape(piece)
                out.append(f"<i>{inner}</i>")
            elif match["text"] and piece.strip('"').replace("sinter/", "include/sinter/") in self.names.places:
                out.append(f'"<a href="{piece.strip(chr(34))[7:]}">{piece.strip(chr(34))}</a>"')
            elif match["name"]:
                place = self.names.places[self.path].get(piece)
                if offset is not None and place == offset + match.start() and self.names.home[piece] == self.path:
                    out.append(f'<a class="here" id="{piece}" href="#{piece}">{piece}</a>')
                    self.anchors.add(piece)
                else:
                    out.append(self.names.link(piece, self.path) or piece)
            else:
                out.append(html.escape(piece))
        return "".join(out)

    def declarations(self, code, at, has_comment):
        """SINTER_API says how names are exported, nothing about what they are: it goes, and what is below it moves left."""
        pieces, last = [], 0
        for match in re.finditer(r"\bSINTER_API |$", code):
            piece = self.code(code[last:match.start()], at + last)
            if last > 0:
                first, end, rest = piece.partition(";\n")
                piece = first.replace("\n" + len("SINTER_API ") * " ", "\n") + end + rest
            pieces.append(piece)
            last = match.end()
        if not has_comment and "/*" not in code and re.search(r"\bsinter_\w+\(", code):
            self.complain(at, "these functions have no comment")
        self.out.append("<pre class=\"declared\"><code>" + "".join(pieces).strip("\n") + "</code></pre>")

    def make(self):
        """The page's title and HTML."""
        name = pathlib.PurePath(self.path).name
        first = re.match(r"/\*.*?\*/", self.text, re.S)
        purpose, _, rest = first[0][3:].partition("\n")
        purpose = purpose.partition(": ")[2]
        self.out.append(f'<h1 id="{name}">{name}</h1>\n<p class="lead">{self.words(purpose, 0)}</p>')
        self.out.append(self.prose("/*" + rest, 0))
        body = self.text[first.end():]
        guard = re.search(r"#ifndef SINTER_\w+_H\n#define SINTER_\w+_H\n", body)
        begin, end = first.end() + guard.end(), self.text.rindex("#endif")
        at, has_comment = begin, False
        for chunk in re.split(r"(\n[ \t]*\n)", self.text[begin:end]):
            self.chunk(chunk, at)
            at += len(chunk)
        return name, "\n".join(self.out)

    def chunk(self, chunk, at):
        """What stands between two blank lines: comments and what is below each."""
        for match in re.finditer(r"(?P<comment>^/\*.*?\*/[ ]*\n?)|(?P<code>(?:(?!^/\*).)+)", chunk, re.M | re.S):
            piece, place = match[0], at + match.start()
            section = SECTION.match(piece)
            if section:
                slug = re.sub(r"\W+", "-", section[1].lower()).strip("-")
                self.out.append(f'<h2 id="section-{slug}">{html.escape(section[1])}</h2>')
            elif match["comment"]:
                self.out.append(self.prose(piece.strip(), place))
                self.has_comment = True
            elif piece.strip():
                self.declarations(piece, place, bool(match.start() and getattr(self, "has_comment", False)))
        self.has_comment = False


def index(names):
    """All public names, by alphabet."""
    items = "".join(f"<li>{names.link(name, None)} <small>{pathlib.PurePath(names.home[name]).name}</small></li>"
                    for name in sorted(names.home, key=str.lower))
    return f'<h1 id="names">All names</h1>\n<p>{len(names.home)} functions, types and constants.</p>\n<ul class="names">{items}</ul>'


def make(root):
    """(path, title, HTML) of each header, and of the list of all names under the path of their folder."""
    texts = {str(p.relative_to(root)): p.read_text(encoding="utf-8") for p in sorted((root / "include/sinter").glob("*.h"))}
    names = Names(texts)
    made, errors = [], []
    for path, text in texts.items():
        header = Header(path, text, names)
        title, body = header.make()
        made.append((path, title, body))
        errors += header.errors
        errors += [f"{path}: '{name}' is defined, and got no anchor" for name, home in names.home.items()
                   if home == path and name not in header.anchors]
    if errors:
        sys.exit("\n".join(errors))
    return made + [("include/sinter", "All names", index(names).replace('href="', 'href="sinter/'))]
