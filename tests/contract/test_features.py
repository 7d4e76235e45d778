"""No style, script or page uses what Chromium learned after version 90: the browsers of the offices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.newer import OLDEST

SERVICE = Path(__file__).parents[2] / "service"
STYLES = sorted((SERVICE / "static").glob("*.css"))
SCRIPTS = sorted((SERVICE / "static").glob("*.js"))
PAGES = sorted((SERVICE / "templates" / "web").glob("*.html"))
LIST = {
    what: int(since)
    for what, _, since in (
        line.rpartition(" ") for line in Path(__file__).with_name("newer.txt").read_text("utf-8").splitlines()
    )
}
WHOLE = ("property", "selector", "at-rule")
"""Kinds of which every name is listed, so that an unknown one is wrong as well."""
EXCUSED = {
    "selector -webkit-details-marker": "another engine's own name; Chromium lets it through unread",
    "at-rule bottom-right": "page numbers of our own on paper; older browsers print theirs",
    "member isError": "a word of htmx",
}
SYNTAX = {
    "class static block": r"\bstatic\s*\{",
    "#private in object": r"#\w+\s+in\b",
    "regular expression with v": r"/[dgimsuy]*v[dgimsuy]*(?=[.;,)\s])(?<=[)\]\w*+?}]/v)",
    "import with": r"""\bimport\b[^;\n]*\bwith\s*\{""",
    "import assert": r"""\bimport\b[^;\n]*\bassert\s*\{""",
    "error cause": r"\bnew \w*Error\([^)]*\{\s*cause\b",
    "using": r"\b(?:await\s+)?using\s+\w+\s*=",
}
"""What the list, which has names only, cannot tell of scripts."""


def newer(text: str, kind: str) -> list[str]:
    """What a text of this kind (css, js, html) uses that is newer or unknown."""
    told = {"css": used_in_style, "js": used_in_script, "html": used_in_page}[kind]
    return sorted({what for what in told(text) if is_newer(what)})


def is_newer(what: str) -> bool:
    """Whether the list puts it after the oldest browser, or does not know it where it knows all."""
    if what in EXCUSED:
        return False
    if what.startswith("syntax "):
        return True
    return LIST.get(what, OLDEST + 1 if what.partition(" ")[0] in WHOLE else 0) > OLDEST


def blocks(text: str) -> Iterator[tuple[str, str, int]]:
    """Head, declarations and depth of every block of a style sheet."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r'"[^"\n]*"|\'[^\'\n]*\'', '""', text)
    open_blocks: list[list[str]] = [["", ""]]
    word = ""
    for letter in text:
        if letter == "{":
            open_blocks.append([word.strip(), ""])
            word = ""
        elif letter in ";}":
            open_blocks[-1][1] += word + ";"
            word = ""
            if letter == "}":
                head, inside = open_blocks.pop()
                yield head, inside, len(open_blocks)
        else:
            word += letter
    yield "", open_blocks[0][1] + word, 0


def used_in_style(text: str) -> Iterator[str]:
    """Every named thing a style sheet uses."""
    heads: list[tuple[str, int]] = []
    for head, inside, depth in blocks(text):
        heads.append((head, depth))
        yield from _head(head)
        for declaration in inside.split(";"):
            yield from _declaration(declaration.strip())
        if inside.strip("; \n") and not head.startswith("@") and "&" in head:
            yield "selector nesting"
    yield from _nested(text)


def _head(head: str) -> Iterator[str]:
    if head.startswith("@"):
        name = re.match(r"@(-?[a-z-]+)", head)
        assert name, head
        yield f"at-rule {name[1]}"
        if name[1] == "media":
            yield from (f"media {word}" for word in re.findall(r"\(\s*([a-z0-9-]+)", head))
            if re.search(r"[<>]", head):
                yield "syntax media range"
        yield from (f"function {word}" for word in re.findall(r"(-?[a-z][a-z0-9-]*)\(", head))
        return
    if re.fullmatch(r"(from|to|[\d.]+%)(\s*,\s*(from|to|[\d.]+%))*", head):
        return
    yield from (f"selector {word}" for word in re.findall(r"::?(-?[a-z][a-z0-9-]*)", head))


def _declaration(text: str) -> Iterator[str]:
    if text.startswith("@"):
        yield from _head(text)
        return
    name, colon, value = text.partition(":")
    name = name.strip()
    if not colon:
        return
    if not name.startswith("--"):
        yield f"property {name}"
        yield from (f"value {name} {word}" for word in re.findall(r"(?<![\w-])-?[a-z][a-z0-9-]*", value))
    yield from (f"function {word}" for word in re.findall(r"(?<![\w-])(-?[a-z][a-z0-9-]*)\(", value))
    yield from (f"unit {word}" for word in re.findall(r"(?<![\w#-])[\d.]+([a-zA-Z]+)", value))


def _nested(text: str) -> Iterator[str]:
    """A style rule inside a style rule, whether it says ``&`` or not."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    around: list[str] = []
    word = ""
    for letter in text:
        if letter == "{":
            if around and not around[-1].startswith("@") and not around[0].startswith("@keyframes"):
                yield "selector nesting"
            around.append(word.strip())
            word = ""
        elif letter in ";}":
            word = ""
            if letter == "}" and around:
                around.pop()
        else:
            word += letter


def used_in_script(text: str) -> Iterator[str]:
    """Every name a script says of the browser or of the language."""
    plain = re.sub(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", "", text, flags=re.S)
    for what, pattern in SYNTAX.items():
        if re.search(pattern, plain):
            yield f"syntax {what}"
    plain = re.sub(r'"[^"\n]*"|\'[^\'\n]*\'', '""', plain)
    yield from (f"member {word}" for word in re.findall(r"\.([A-Za-z]\w*)", plain))
    yield from (f"owned {word}" for word in re.findall(r"\b([A-Za-z]\w*\.[A-Za-z]\w*)", plain))
    yield from (f"name {word}" for word in re.findall(r"(?<![\w.])([A-Za-z]\w*)", plain))


def used_in_page(text: str) -> Iterator[str]:
    """Every element and attribute of a template."""
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.S)
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", text, flags=re.S)
    for element, inside in re.findall(r"<([a-z][a-z0-9-]*)((?:\"[^\"]*\"|'[^']*'|[^>\"'])*)>", text):
        yield f"element {element}"
        for name in re.findall(r"(?<![\w-])([a-z][a-z-]*)", re.sub(r"\"[^\"]*\"|'[^']*'", " ", inside)):
            yield f"attribute {element} {name}"
            yield f"attribute * {name}"
        for name, value in re.findall(r"([a-z-]+)=\"([a-z-]+)\"", inside):
            if (element, name, value) == ("script", "type", "importmap"):
                yield "syntax import map"


@pytest.mark.parametrize("path", [*STYLES, *SCRIPTS, *PAGES], ids=lambda path: path.name)
def test_nothing_newer_than_chromium_90_is_used(path: Path) -> None:
    assert newer(path.read_text("utf-8"), path.suffix.removeprefix(".")) == []


def samples() -> Iterator[tuple[str, str, str]]:
    """For every newer thing of the list: its kind of text, and a text that uses it."""
    for what, since in LIST.items():
        kind, *names = what.split(" ")
        if since <= OLDEST:
            continue
        text = {
            "property": "a { %s: initial; }",
            "value": "a { %s: %s; }",
            "selector": "a:%s { color: red; }",
            "at-rule": "@%s x { a { color: red; } }",
            "media": "@media (%s: none) { a { color: red; } }",
            "function": "a { width: %s(1px); }",
            "unit": "a { width: 3%s; }",
            "element": "<%s>",
            "attribute": "<%s %s>",
            "name": "const made = %s;",
            "member": "made.%s();",
            "owned": "%s();",
        }[kind]
        names = ["p", names[1]] if names[0] == "*" else names
        yield what, kind, text % tuple(names)


def test_every_newer_thing_of_the_list_is_noticed() -> None:
    suffix = {"element": "html", "attribute": "html", "name": "js", "member": "js", "owned": "js"}
    tried = [(what, newer(text, suffix.get(kind, "css"))) for what, kind, text in samples()]
    assert len(tried) > 2000
    assert {what for what, told in tried if what not in told} == EXCUSED.keys() & LIST.keys()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("css", "a:has(b) { color: red; }"),
        ("css", "@container (width > 3px) { a { color: red; } }"),
        ("css", "@layer base { a { color: red; } }"),
        ("css", "@media (400px <= width) { a { color: red; } }"),
        ("css", "a { b { color: red; } }"),
        ("css", "a { &:hover { color: red; } }"),
        ("css", "a { width: 10dvh; color: color-mix(in srgb, red, blue); }"),
        ("css", "a { grid-template-rows: subgrid; }"),
        ("css", "a { something-nobody-knows: 1; }"),
        ("css", "a:nobody-knows { color: red; }"),
        ("js", "structuredClone(x);"),
        ("js", "list.at(-1);"),
        ("js", "Object.hasOwn(a, b);"),
        ("js", "AbortSignal.timeout(3);"),
        ("js", "crypto.randomUUID();"),
        ("js", "class A { static { run(); } }"),
        ("js", "#x in thing;"),
        ("js", "x.match(/[a]/v);"),
        ("js", "new Error(text, { cause: error });"),
        ("html", "<div inert>"),
        ("html", '<button popovertarget="x">'),
        ("html", '<script type="importmap">'),
    ],
)
def test_what_is_newer_is_noticed(kind: str, text: str) -> None:
    assert newer(text, kind)


def test_what_chromium_90_knows_is_let_through() -> None:
    style = "a:is(b):focus-visible::before { gap: min(1px, 2vw); aspect-ratio: 1; inset: 0; } @media (max-width: 3px) { a { color: red; } }"
    assert newer(style, "css") == []
    assert newer('"a".replaceAll("a", "b")?.length ?? await import("x"); list.replaceChildren();', "js") == []
    assert newer('<dialog open><input inputmode="decimal" required>', "html") == []
