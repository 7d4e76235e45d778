"""Whatever one person comes upon is tried by all others, at every address: they learn nothing, change nothing.

- Ids are gathered by following every link as every person; who may know what is said in `neighbours`.
- What may not be read answers like something that does not exist: same status, same bytes but for the id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from service.web.access import STATIC
from service.web.forms.act import ACTS
from tests.conftest import Depth
from tests.web import neighbours
from tests.web.conftest import ORIGIN, World, csrf_of, page_rules
from tests.web.crawl import Seen, crawl
from tests.web.neighbours import CODES, EVERYBODY, READERS, SECRETS, Street, street
from tests.web.tables import Kept, business, logins_open

FEW_PAGES, PRIME = 6, 7919
NOTHING, NO_CASE = "no-such-thing", "no-such-case"
OWN_IDS = ("upload", "job")
"""Parts of an address that are ids of their own; the others are names within a case, like E01 or A1."""
CATALOGUE = {
    "people.show", "people.do", "intake.blank", "intake.form", "intake.receive", "templates.stock",
    "downloads.verifier",
}  # fmt: skip
"""Addresses that end in a name of this program."""
PLAIN = {"number": "1", "page": "1", "side": "own", "media": "xlsx"}
"""Parts of an address that are no ids, with one that may stand there."""
ENTRANCE = {"entrance.login", "entrance.enter", "entrance.prove", "entrance.leave"}
PRESSED: dict[str, tuple[dict[str, str], ...]] = {
    "planning.change_draft": ({"op": "start"}, {"op": "save"}),
    "planning.change_amend": ({"op": "start"}, {"op": "save"}),
    "particulars.run": tuple({"part": part} for part in ("details", "settings", "papers", "money")),
    "library.begin": ({"do": "begin"},),
    "commission.run": ({"do": "check"}, {"do": "create"}),
    "portfolio.select": ({"act": "remind", "due": ""},),
}
"""Buttons of pages with several, besides what others saw."""
OPEN_LIBRARY = "bundled:"
ID = re.compile(r"[A-Za-z0-9_-]{16,}")
CODE = re.compile(r"[A-Z]{1,3}\d{1,4}|([a-z]+:)?[A-Z]{1,3}\d{1,4}|(s-)?(draft|review|visit|asked|final)")
KEEPERS = frozenset({"admin", "security"})
COOKIE = "pingji"


@dataclass
class Lived:
    """The street after everybody has looked around."""

    street: Street
    clients: dict[str, FlaskClient]
    seen: dict[str, Seen]
    kept: Kept
    tokens: dict[str, str] = field(default_factory=dict)

    def rules(self) -> list[tuple[Rule, str]]:
        """Every address with its method, but for static files and the entrance."""
        return [
            (rule, method)
            for rule in page_rules(self.street.site.app)
            for method in ("GET", "POST")
            if method in (rule.methods or ()) and rule.endpoint not in STATIC | ENTRANCE
        ]

    def values(self, name: str, case: str) -> set[str]:
        """What anybody saw as `name` in addresses of a case; "" for addresses outside cases."""
        return {v for seen in self.seen.values() for n, c, v in seen.places if (n, c) == (name, case)}

    def cookie(self, login: str) -> str:
        """What a person's browser shows of his login."""
        kept = self.clients[login].get_cookie(COOKIE)
        assert kept is not None
        return str(kept.value)

    def send(self, login: str, method: str, path: str, sent: dict[str, Any] | None = None) -> TestResponse:
        """A request of a person, with his token where one is needed."""
        client = self.clients[login]
        if method == "GET":
            return client.get(path, query_string=sent, buffered=True)
        if login not in self.tokens:
            self.tokens[login] = csrf_of(client.get("/account").text)
        return client.post(
            path, data={**(sent or {}), "csrf_token": self.tokens[login]}, headers=ORIGIN, buffered=True
        )


@pytest.fixture(scope="module")
def lived(
    long_logins: None, world: World, tmp_path_factory: pytest.TempPathFactory, deep: Depth
) -> Iterator[Lived]:
    folder = tmp_path_factory.mktemp("street")
    with street(world, folder / "instance") as running:
        for login in EVERYBODY[::4]:
            # Who is logged in twice sees the other login, with a button to end it.
            running.site.as_role(login)
        clients = {login: running.site.as_role(login) for login in EVERYBODY}
        owned = _owned(clients)
        kept = Kept(running.site, folder)
        seen = {
            login: crawl(running.site.app, client, most=None if deep else FEW_PAGES)
            for login, client in clients.items()
        }
        for login, places in owned.items():
            seen[login].places |= places
        yield Lived(running, clients, seen, kept)


def _owned(clients: dict[str, FlaskClient]) -> dict[str, set[tuple[str, str, str]]]:
    """Some people have begun work that has an id of its own."""
    neighbours.drafted(clients["fo2"])
    return {
        "ev": {("upload", "visit", neighbours.begun(clients["ev"], "visit"))},
        "ev2": {("upload", "s-visit", neighbours.begun(clients["ev2"], "s-visit"))},
        "el": {("job", "final", job := neighbours.ordered(clients["el"], "final")), ("job", "", job)},
        "el2": {("job", "s-final", job := neighbours.ordered(clients["el2"], "s-final")), ("job", "", job)},
        "fo": {("key", "", neighbours.picked(clients["fo"], "visit"))},
        "fo2": {("key", "", neighbours.picked(clients["fo2"], "s-visit")), ("target", "", "new")},
    }


def leaks(login: str, answer: TestResponse) -> list[str]:
    """Every word in an answer that the person may not read."""
    body = answer.text if answer.mimetype in ("text/html", "application/json", "image/svg+xml") else ""
    told = body + unquote(str(answer.headers), errors="replace")
    return [word for word, readers in SECRETS.items() if login not in readers and word in told]


def links(login: str, page: str) -> list[str]:
    """Every case a page leads to that the person may not know of."""
    led = {code: re.search(f'="{code}["/?]', page) for code in CODES}
    return [code for code, readers in CODES.items() if login not in readers and led[code]]


def test_who_looks_around_comes_upon_nothing_of_others_and_no_way_leads_nowhere(lived: Lived) -> None:
    pages, found = 0, []
    for login, seen in lived.seen.items():
        for address, text in seen.pages.items():
            pages += 1
            words = [word for word, readers in SECRETS.items() if login not in readers and word in text]
            found += [(login, address, word) for word in words + links(login, text)]
        found += [(login, *where) for where in seen.broken]
    print(f"users={len(lived.seen)} pages={pages} leaks={len(found)}")  # noqa: T201 - the count is the report
    assert found == []
    assert pages > 100


@dataclass(frozen=True)
class Try:
    """One address tried by one person, and the address of something missing it must be told apart from."""

    login: str
    method: str
    rule: Rule
    arguments: tuple[tuple[str, str], ...]
    missing: tuple[tuple[str, str], ...]


def foreign_cases(lived: Lived) -> Iterator[Try]:
    """Every address of every case, with everything anybody saw in it, by everybody who may not read it."""
    for rule, method in lived.rules():
        if "case" not in rule.arguments:
            continue
        names = sorted(rule.arguments - {"case"})
        for code, key in lived.street.cases.items():
            known = [sorted(lived.values(name, code)) or ["1"] for name in names]
            for values, told in product(product(*known), (code, key)):
                inside = dict(zip(names, values, strict=True))
                for login in sorted(set(EVERYBODY) - READERS[code]):
                    yield _try(login, method, rule, {**inside, "case": told}, {**inside, "case": NO_CASE})


def foreign_parts(lived: Lived) -> Iterator[Try]:
    """Ids of what belongs to a case or person, tried by everybody else in the cases he may read."""
    for rule, method in lived.rules():
        for name in sorted(rule.arguments.intersection(OWN_IDS)):
            if "case" not in rule.arguments:
                continue
            rest = dict.fromkeys(rule.arguments - {"case", name}, "1")
            for owner, seen in lived.seen.items():
                for value in sorted({v for n, c, v in seen.places if n == name and c}):
                    for login, code in product(sorted(set(EVERYBODY) - {owner}), lived.street.cases):
                        if login in READERS[code]:
                            inside = {**rest, "case": code}
                            yield _try(
                                login, method, rule, {**inside, name: value}, {**inside, name: NOTHING}
                            )


def foreign_others(lived: Lived) -> Iterator[Try]:
    """Ids outside cases: jobs, selections, frameworks and drafts of others."""
    for rule, method in lived.rules():
        if "case" in rule.arguments or not rule.arguments or rule.endpoint in CATALOGUE:
            continue
        (name,) = rule.arguments - PLAIN.keys()
        rest = {other: PLAIN[other] for other in rule.arguments - {name}}
        for owner, seen in lived.seen.items():
            for value in sorted({v for n, c, v in seen.places if n == name and not c}):
                for login in sorted(set(EVERYBODY) - {owner}):
                    if not _may(login, rule.endpoint, name, value):
                        yield _try(login, method, rule, {**rest, name: value}, {**rest, name: NOTHING})


def _may(login: str, endpoint: str, name: str, value: str) -> bool:
    """Whether this is not one's own alone: the library has owners by organisation, the system its keeper."""
    if name == "ref":
        return value.startswith(OPEN_LIBRARY) or login in SECRETS["堤防密体系"] - {"au"}
    return endpoint == "system.retry" and login == "admin"


def _try(login: str, method: str, rule: Rule, inside: dict[str, str], missing: dict[str, str]) -> Try:
    return Try(login, method, rule, tuple(sorted(inside.items())), tuple(sorted(missing.items())))


def part_of(every: list[Any], deep: Depth, few: int) -> list[Any]:
    """All of them in this part of a deep run; else some from everywhere."""
    if deep:
        numbers = deep.numbers(0, len(every))
        return every[numbers.start : numbers.stop]
    return every[:: max(1, len(every) // few)]


def one_per_route(every: list[Try], deep: Depth) -> list[Try]:
    """All of them in this part of a deep run; else one of every route, each with another person and case."""
    if deep:
        return part_of(every, deep, 0)
    routes: dict[tuple[str, str], list[Try]] = {}
    for one in every:
        routes.setdefault((one.method, one.rule.rule), []).append(one)
    return [tries[turn * PRIME % len(tries)] for turn, tries in enumerate(routes.values())]


def test_what_may_not_be_read_answers_like_what_does_not_exist(lived: Lived, deep: Depth) -> None:
    every = [*foreign_cases(lived), *foreign_parts(lived), *foreign_others(lived)]
    before = business(lived.street.site)
    blank: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    wrong, tried = [], one_per_route(every, deep)
    for one in tried:
        answer = lived.send(one.login, one.method, built(one.rule, one.arguments))
        ask = (one.login, one.method, one.rule.rule, one.missing)
        if ask not in blank:
            missing = lived.send(one.login, one.method, built(one.rule, one.missing))
            blank[ask] = told(missing, one.missing)
        if told(answer, one.arguments) != blank[ask] or leaks(one.login, answer) or answer.status_code < 400:
            wrong.append((one.login, one.method, built(one.rule, one.arguments), answer.status_code))
    ids = {pair for one in every for pair in set(one.arguments) - set(one.missing)}
    routes = {(one.method, one.rule.rule) for one in every}
    print(f"ids={len(ids)} routes={len(routes)} users={len(EVERYBODY)} tries={len(tried)}/{len(every)}"  # noqa: T201
          f" leaks={len(wrong)}")  # fmt: skip
    assert wrong == []
    assert len(routes) > 200
    assert business(lived.street.site) == before


def built(rule: Rule, arguments: tuple[tuple[str, str], ...]) -> str:
    """The address of a route with these arguments."""
    given = {name: int(value) if name in ("number", "offset", "page") else value for name, value in arguments}
    found = rule.build(given)
    assert found is not None
    return found[1]


def told(answer: TestResponse, arguments: tuple[tuple[str, str], ...]) -> tuple[Any, ...]:
    """Status, headers and body, but for the token and what was asked for."""
    body, location = answer.text.replace(csrf_of(answer.text) or "\0", ""), unquote(answer.location or "")
    for _, value in sorted(arguments, key=lambda pair: -len(pair[1])):
        if len(value) > 3:
            body, location = body.replace(value, "·"), location.replace(value, "·")
    left = {
        name: value
        for name, value in answer.headers
        if name not in ("Content-Length", "Location", "Set-Cookie")
    }
    return answer.status_code, body, location, left


def pools_for(lived: Lived, login: str) -> dict[str, list[str]]:
    """Ids by field that others saw and this person did not, from what he may not read."""
    mine = {(name, value) for _, name, value in lived.seen[login].fields}
    others = [seen for other, seen in lived.seen.items() if other != login]
    pools: dict[str, set[str]] = {}
    for case, name, value in set[tuple[str, str, str]]().union(*(seen.fields for seen in others)):
        known = (name, value) in mine or login in READERS.get(case, ())
        if not known and (ID.fullmatch(value) or (case and CODE.fullmatch(value))):
            pools.setdefault(name, set()).add(value)
    return {name: sorted(values) for name, values in sorted(pools.items())}


def wanted_by(rule: Rule, pools: dict[str, list[str]]) -> dict[str, list[str]]:
    """The fields a form takes; a page that is no single form takes what comes."""
    if not rule.endpoint.startswith("doing."):
        return pools
    taken = ACTS[rule.rule.rpartition("/")[2]].form().fields
    return {name: values for name, values in pools.items() if name in taken}


def fields_tried(lived: Lived) -> Iterator[tuple[str, str, str, str, dict[str, str]]]:
    """Person, method, address, case and fields: what others saw in controls, sent wherever one may work."""
    pools = {login: pools_for(lived, login) for login in EVERYBODY}
    for login, (rule, method) in product(EVERYBODY, lived.rules()):
        wanted = wanted_by(rule, pools[login])
        if set(rule.arguments) - {"case"} or not wanted:
            continue
        in_case = "case" in rule.arguments
        for code in [c for c in READERS if login in READERS[c]] if in_case else [""]:
            path = built(rule, (("case", code),) if code else ())
            if method == "GET":
                yield login, method, path, code, {name: values[0] for name, values in wanted.items()}
                continue
            own = not in_case or rule.endpoint.startswith("doing.") or rule.endpoint in PRESSED
            rounds = max(map(len, wanted.values())) if own else 1
            for turn, pressed in product(range(rounds), PRESSED.get(rule.endpoint, ({},))):
                sent = {name: values[turn % len(values)] for name, values in wanted.items()}
                yield login, method, path, code, {**sent, **pressed}


def test_ids_of_others_in_fields_tell_nothing_and_change_nothing_of_theirs(lived: Lived, deep: Depth) -> None:
    every = list(fields_tried(lived))
    wrong, done, tried = [], 0, part_of(every, deep, few=80)
    before, open_before = business(lived.street.site), logins_open(lived.street.site)
    for login, method, path, code, sent in tried:
        mine, came_with = lived.street.cases.get(code, ""), lived.cookie(login)
        answer = lived.send(login, method, path, sent)
        if answer.status_code >= 500 or leaks(login, answer):
            wrong.append((login, method, path, answer.status_code, leaks(login, answer), sent))
        if method == "POST" and answer.status_code < 400 and business(lived.street.site) != before:
            done += 1
            others = business(lived.street.site, but=mine)
            lived.kept.restore()
            if mine and others != business(lived.street.site, but=mine):
                wrong.append((login, method, path, answer.status_code, "changed", sent))
        if ended := set(open_before.items()) - set(logins_open(lived.street.site).items()):
            # Whoever keeps accounts or proofs of identity ends logins by right; nobody else does but his own.
            if {who for _, who in ended} != {login} and login not in KEEPERS:
                wrong.append((login, method, path, answer.status_code, "ended", sorted(ended)))
            # Who proves himself another way gets a new token; with the old database he has the old one again.
            lived.kept.restore()
            lived.clients[login].set_cookie(COOKIE, came_with)
    carried = sum(len(sent) for *_, sent in tried)
    print(f"requests={len(tried)}/{len(every)} ids_carried={carried} own_acts_done={done} wrong={len(wrong)}")  # noqa: T201
    assert wrong == []
    assert business(lived.street.site) == before
    assert len(tried) > 40


def test_in_the_end_everybody_is_still_logged_in(lived: Lived) -> None:
    assert {
        login: client.get("/account").status_code for login, client in lived.clients.items()
    } == dict.fromkeys(EVERYBODY, 200)
