"""Everything a person comes upon by following links: pages, and every id that stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import parse_qsl, urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import RequestRedirect

from service.web.access import STATIC

ADDRESS = re.compile(r'\s(?:href|action|src|formaction|hx-(?:get|post)|data-[a-z-]+)="(/[^"]*)"')
CONTROL = re.compile(r"<(?:input|button|option|select)\b[^>]*>")
ATTRIBUTE = re.compile(r'\s(name|value)="([^"]*)"')
SELECT = re.compile(r'<select\b[^>]*\sname="([^"]+)"[^>]*>(.*?)</select>', re.DOTALL)
DATA = re.compile(r'\s(data-[a-z-]+)="([^"/][^"]*)"')
SECRET_FIELDS = frozenset({"csrf_token", "key", "password", "code_now", "stamp"})
VARIANTS = 3
"""How many addresses that differ only in their query are opened."""


@dataclass
class Seen:
    """What one person came upon.

    Args:
        pages: text of every page opened, by address.
        places: (parameter, case or "", value) of every address met, opened or not.
        fields: (case or "", name, value) of every control and data attribute.
        broken: address, status and page of every link that leads nowhere.
    """

    pages: dict[str, str] = field(default_factory=dict)
    places: set[tuple[str, str, str]] = field(default_factory=set)
    fields: set[tuple[str, str, str]] = field(default_factory=set)
    broken: list[tuple[str, int, str]] = field(default_factory=list)


def crawl(app: Flask, client: FlaskClient, starts: Iterable[str] = ("/",), most: int | None = None) -> Seen:
    """Open every page reachable by links from `starts`, at most `most` of them."""
    seen, waiting, variants = Seen(), [(start, "") for start in starts], dict[str, int]()
    done: set[str] = set()
    while waiting and (most is None or len(seen.pages) < most):
        address, at = waiting.pop(0)
        path = urlsplit(address).path
        if address in done or variants.get(path, 0) >= VARIANTS:
            continue
        done.add(address)
        variants[path] = variants.get(path, 0) + 1
        answer = client.get(address, buffered=True)
        if answer.status_code in (301, 302, 303):
            waiting.append((urljoin(address, answer.location), at))
        elif answer.status_code >= 400:
            seen.broken.append((address, answer.status_code, at))
        text = answer.text if answer.mimetype in ("text/html", "application/json") else ""
        seen.pages[address] = text
        for met in addresses(text, address):
            _place(app, seen, met)
            led = matched(app, met, "GET")
            if led is not None and led[0] not in STATIC:
                waiting.append((met, address))
        _fields(seen, _case(app, path), text)
    return seen


def addresses(page: str, at: str = "/") -> Iterator[str]:
    """Every address of this site in a page, without its fragment."""
    for found in ADDRESS.findall(page):
        address = unescape(found).partition("#")[0]
        if not address.startswith("//"):
            yield urljoin(at, address)


def matched(app: Flask, address: str, method: str) -> tuple[str, dict[str, object]] | None:
    """Endpoint and arguments of an address, None if nothing answers there."""
    try:
        found: tuple[str, dict[str, object]] = app.url_map.bind("localhost").match(
            urlsplit(address).path, method=method
        )
    except (HTTPException, MethodNotAllowed, RequestRedirect):
        return None
    return found


def _case(app: Flask, address: str) -> str:
    found = matched(app, address, "GET") or matched(app, address, "POST")
    return str(found[1].get("case", "")) if found else ""


def _place(app: Flask, seen: Seen, address: str) -> None:
    found = matched(app, address, "GET") or matched(app, address, "POST")
    if found is None:
        return
    case = str(found[1].get("case", ""))
    seen.places |= {(name, case, str(value)) for name, value in found[1].items() if name != "filename"}
    seen.fields |= {(case, name, value) for name, value in parse_qsl(urlsplit(address).query)}


def _fields(seen: Seen, case: str, page: str) -> None:
    for control in CONTROL.findall(page):
        told = {name: unescape(value) for name, value in ATTRIBUTE.findall(control)}
        if told.get("name") and told.get("value") and told["name"] not in SECRET_FIELDS:
            seen.fields.add((case, told["name"], told["value"]))
    for name, inside in SELECT.findall(page):
        for value in re.findall(r'<option[^>]*\svalue="([^"]+)"', inside):
            seen.fields.add((case, name, unescape(value)))
    seen.fields |= {(case, name, unescape(value)) for name, value in DATA.findall(page) if len(value) < 200}
