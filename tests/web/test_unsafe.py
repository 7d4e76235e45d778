"""What changes anything is sent by a page of this site with a token of this login, or nothing happens."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from flask.testing import FlaskClient
from sqlalchemy import create_engine, select
from sqlalchemy.pool import NullPool
from werkzeug.routing import Rule

from service.models.base import Base
from service.web.access import Doing, declared
from service.workflow.kinds import Kind
from service.workflow.machine import permits
from service.workflow.roles import Role
from tests.conftest import Depth
from tests.web.conftest import ORIGIN, Site, csrf_of, page_rules
from tests.web.test_access import STAGES, TEAM, VALUES

Visitor = Callable[[Role | str], FlaskClient]
SAFE = {"GET", "HEAD", "OPTIONS"}
WORKING = (Role.EL, Role.EV, Role.FO, Role.FR, Role.FA, Role.DF, Role.DH)
OUTSIDE = {
    "people": Role.SA,
    "system": Role.SA,
    "library": Role.FO,
    "commission": Role.FO,
    "portfolio": Role.FO,
    "auditsample": Role.AU,
    "intake": Role.FO,
    "intakelist": Role.FO,
}
FEW = 7
SEEN_AT = {"login_session", "login_attempt", "security_event"}
"""When somebody was last here is noted whatever he asks for."""


def unsafe(site: Site) -> list[tuple[Rule, str]]:
    """Every address with every method that may change something."""
    return [
        (rule, method) for rule in page_rules(site.app) for method in sorted((rule.methods or set()) - SAFE)
    ]


def holder(site: Site, rule: Rule) -> tuple[Role, str]:
    """Somebody who would be let in, and the case where."""
    need = declared(site.app, rule.endpoint)
    if not isinstance(need, Doing):
        return OUTSIDE.get(rule.endpoint.partition(".")[0], Role.EL), "visit"
    for code, (stage, status) in STAGES.items():
        for role in WORKING if code != "draft" else [r for r in WORKING if r not in TEAM]:
            if permits(Kind.DEPARTMENT, stage, status, need.action, frozenset({role})):
                return role, code
    return Role.FO, "final"


def everything(site: Site) -> dict[str, str]:
    """A digest of every table but for when logins were last seen."""
    engine = create_engine(f"sqlite:///{site.instance.database}", poolclass=NullPool)
    found = {}
    with engine.connect() as connection:
        for name, table in Base.metadata.tables.items():
            if name not in SEEN_AT:
                rows = sorted(repr(tuple(row)) for row in connection.execute(select(table)))
                found[name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    engine.dispose()
    return found


def forged(own: str, others: str, visitors: str) -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    """Name, fields and headers of requests no page of this login sends."""
    yield "no token", {}, ORIGIN
    yield "empty token", {"csrf_token": ""}, ORIGIN
    yield "made up", {"csrf_token": "forged"}, ORIGIN
    yield "cut short", {"csrf_token": own[:-1]}, ORIGIN
    yield "another person's", {"csrf_token": others}, ORIGIN
    yield "a visitor's", {"csrf_token": visitors}, ORIGIN
    good = {"csrf_token": own}
    yield "no origin", good, {}
    for origin in ("http://evil.example", "null", "http://localhost.evil.example", "http://localhost:81",
                   "http://127.0.0.1", "http://user@localhost", "file://"):  # fmt: skip
        yield origin, good, {"Origin": origin}
    for fetched in ("cross-site", "same-site", "none"):
        yield fetched, good, {"Sec-Fetch-Site": fetched}
        yield f"{fetched} with our origin", good, {**ORIGIN, "Sec-Fetch-Site": fetched}


def test_no_unsafe_request_is_taken_without_its_token_and_its_origin(
    shared: Site, visitor: Visitor, deep: Depth
) -> None:
    visitors = csrf_of(shared.client().get("/login").text)
    clients = {role: visitor(role) for role in {*WORKING, Role.SA, Role.AU}}
    tokens = {role: csrf_of(client.get("/account").text) for role, client in clients.items()}
    every = unsafe(shared)
    numbers = deep.numbers(len(every), len(every))
    routes, sent, taken, let_in = every[numbers.start : numbers.stop], 0, list[tuple[str, ...]](), 0
    before = everything(shared)
    for turn, (rule, method) in enumerate(routes):
        role, code = holder(shared, rule)
        given = {name: {"offset": 0, **VALUES, "case": code}.get(name, "x") for name in rule.arguments}
        path = rule.build(given)[1]  # type: ignore[index]
        other = tokens[Role.AU if role is not Role.AU else Role.EL]
        kinds = list(forged(tokens[role], other, visitors))
        for name, data, headers in kinds if deep else (kinds[turn % len(kinds)], kinds[-turn % len(kinds)]):
            answer = clients[role].open(path, method=method, data=data, headers=headers)
            sent += 1
            if answer.status_code != 400:
                taken.append((method, path, name, answer.status))
        if not deep and turn % FEW:
            continue
        let_in += clients[role].get(path).status_code in (200, 405)
    print(f"routes={len(routes)} requests={sent} taken={len(taken)}")  # noqa: T201 - the count is the report
    assert taken == []
    assert everything(shared) == before
    assert {method for _, method in every} == {"POST"}
    assert let_in > len(routes) * 3 // 4 // (1 if deep else FEW)


def test_methods_no_page_uses_change_nothing(shared: Site, visitor: Visitor, deep: Depth) -> None:
    client = visitor(Role.EL)
    token = csrf_of(client.get("/account").text)
    before = everything(shared)
    rules = page_rules(shared.app)
    numbers = deep.numbers(len(rules), len(rules))
    for rule in rules[numbers.start : numbers.stop : 1 if deep else FEW]:
        path = rule.build({name: {**VALUES, "case": "visit"}.get(name, 1) for name in rule.arguments})[1]  # type: ignore[index]
        for method in ("PUT", "PATCH", "DELETE"):
            answer = client.open(path, method=method, data={"csrf_token": token}, headers=ORIGIN)
            assert answer.status_code == 405, (method, path)
        for method in ("HEAD", "OPTIONS"):
            assert client.open(path, method=method, buffered=True).status_code < 500, (method, path)
    assert everything(shared) == before
