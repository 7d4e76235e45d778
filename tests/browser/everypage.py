"""Every page a person may open: what following links reaches, and every other address of the route table."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import NamedTuple
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement, document_fromstring

from service.workflow.roles import Role
from tests.web.conftest import Site, log_in, page_rules

LINK = re.compile(r'href="(/[^"#]*)')
SPECIAL = {Role.SA: "admin", Role.SE: "security"}
# What differs from one opening of a page to the next, and the name of the reader: no other shape, size or
# colour follows from them.
PASSING = re.compile(
    r'(?<=name="csrf_token" value=")[^"]*|(?<=name="key" value=")[^"]*|(?<=data-key=")[^"]*'
    r'|(?<=title="个人设置">)[^<]*|(?<=class="who-org">)[^<]*'
)
SPOKEN = frozenset({
    "class", "role", "type", "scope", "tabindex", "lang", "open", "hidden", "checked", "selected", "disabled",
    "aria-current", "aria-live", "aria-expanded", "aria-pressed", "aria-hidden", "aria-invalid", "colspan",
    "style",
})  # fmt: skip
"""Attributes whose values decide how an element looks or is read out; of others it matters that they are there."""
Kind = tuple[str, str]
"""Endpoint and case, without the case for the form of an act: of each one page is kept."""


class Looks(NamedTuple):
    """Digests of what stands around the main part of a page, of the main part, and of how its parts are built."""

    around: str
    main: str
    shapes: frozenset[str]


def everybody(site: Site) -> list[str]:
    """The login names of all roles of the world."""
    return [SPECIAL.get(role, role.value.lower()) for role in site.world.people.accounts]


def found(site: Site, login: str) -> dict[str, Looks]:
    """The pages this person may open: one of every route for every case, of acts one form each; those reached by links first.

    Beside each address how the page looks: what looks alike is alike whoever reads it.
    """
    client = site.client()
    assert log_in(client, login).status_code == 303, f"没有 {login} 这个账户"
    waiting, seen, kept = ["/"], set[Kind | str](), dict[str, Looks]()
    addresses = list(plain_addresses(site, [c for c in site.world.cases if _page(client, f"/cases/{c}")]))
    while waiting or addresses:
        path = (waiting or addresses).pop(0)
        kind = kind_of(site.app, path)
        if kind is None or kind in seen or path in seen:
            continue
        page = _page(client, path)
        if page is None:
            # What is refused for one case may be open for another.
            seen.add(path)
            continue
        seen.add(kind)
        if page[0]:
            kept[path] = looks(page[1])
        waiting += [unescape(link) for link in LINK.findall(page[1])]
    return kept


def shapes(page: str) -> frozenset[str]:
    """How the parts of a page are built: elements, classes, what programs read of them, where words stand.

    A part is what stands directly in the main part, and all around it. Of siblings that are built alike one
    counts, so two parts of one shape differ in words and numbers alone.
    """
    tree = document_fromstring(page)
    main = tree.find(".//main")
    parts = [] if main is None else [_shape(part) for part in main]
    if main is not None:
        main.clear()
    return frozenset(hashlib.sha256(part.encode()).hexdigest() for part in (*parts, _shape(tree)))


def _shape(element: HtmlElement) -> str:
    if not isinstance(element.tag, str):
        return ""
    told = " ".join(
        f"{k}={v}" if k in SPOKEN else k for k, v in sorted(element.attrib.items()) if k != "value"
    )
    inside = dict.fromkeys(_shape(child) + ("…" if (child.tail or "").strip() else "") for child in element)
    return f"<{element.tag} {told}>{'…' if (element.text or '').strip() else ''}{''.join(inside)}</>"


def new_shapes(pages: Mapping[str, Mapping[str, Looks]]) -> list[tuple[str, str]]:
    """Of the pages by login and address those with a part built like none before."""
    seen, kept = set[str](), list[tuple[str, str]]()
    # Long pages first: they bring most parts at once.
    ways = [(login, path, look.shapes) for login, opened in pages.items() for path, look in opened.items()]
    for login, path, parts in sorted(ways, key=lambda way: -len(way[2])):
        if not seen.issuperset(parts):
            kept.append((login, path))
        seen.update(parts)
    return kept


def looks(page: str) -> Looks:
    """How a page looks, apart from what passes; around the main part also apart from which tab is shown."""
    before, main, rest = PASSING.sub("", page).partition("<main")
    around = re.sub(r"<title>.*?</title>", "", before.replace(' aria-current="page"', ""), flags=re.S)
    digests = (hashlib.sha256(part.encode()).hexdigest() for part in (around, main + rest))
    return Looks(*digests, shapes(page))


def new_looks(pages: Mapping[str, Mapping[str, Looks]]) -> list[tuple[str, str]]:
    """Of the pages by login and address those that show a part no page before showed."""
    seen, kept = set[str](), list[tuple[str, str]]()
    for login, opened in pages.items():
        for path, look in opened.items():
            parts = {look.around, look.main}
            if not seen.issuperset(parts):
                kept.append((login, path))
            seen.update(parts)
    return kept


def plain_addresses(site: Site, cases: Sequence[str]) -> Iterator[str]:
    """Addresses of the routes that need no more than a case, for these cases."""
    for rule in page_rules(site.app):
        if "GET" not in (rule.methods or ()) or rule.arguments - {"case"}:
            continue
        for case in cases if rule.arguments else ("",):
            built = rule.build({"case": case} if case else {})
            assert built is not None
            yield built[1]


def kind_of(app: Flask, path: str) -> Kind | None:
    """Route and case of an address; None for what is no page of this site."""
    urls = app.url_map.bind("localhost")
    if not urls.test(urlsplit(path).path, "GET"):
        return None
    endpoint, values = urls.match(urlsplit(path).path, "GET")
    if endpoint.endswith("static"):
        return None
    # The forms of acts are all made by one function: one case will do for each.
    return endpoint, "" if endpoint.startswith("doing.") else str(values.get("case", ""))


def _page(client: FlaskClient, path: str) -> tuple[bool, str] | None:
    """Whether an address is a whole page, and its text; None for a file or a refusal."""
    answer = client.get(path)
    assert answer.status_code < 500, f"{path}：{answer.status_code}"
    told: tuple[bool, str] | None = None
    if answer.status_code == 200 and answer.mimetype == "text/html":
        text = answer.get_data(as_text=True)
        told = "<html" in text, text
    if answer.status_code in (302, 303):
        told = False, f'href="{answer.headers["Location"]}"'
    answer.close()
    return told
