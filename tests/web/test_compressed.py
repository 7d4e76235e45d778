"""What every page needs travels packed, and nothing that speaks of a case does."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from service.workflow.roles import Role
from tests.web.conftest import Site

PACKED = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.mark.parametrize(
    "path", ["/static/pingji.css", "/bootstrap/static/css/bootstrap.min.css", "/parts/htmx.js"]
)
def test_a_file_is_packed_for_whoever_can_unpack_it(shared: Site, path: str) -> None:
    client = shared.client()
    plain, packed = client.get(path), client.get(path, headers=PACKED)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
    assert gzip.decompress(packed.data) == plain.data
    assert "Accept-Encoding" in plain.headers["Vary"] and "Accept-Encoding" in packed.headers["Vary"]
    for answer in (plain, packed):
        answer.close()


def test_a_packed_file_is_not_sent_twice(shared: Site) -> None:
    client = shared.client()
    first = client.get("/static/pingji.css", headers=PACKED)
    again = client.get("/static/pingji.css", headers={**PACKED, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    for answer in (first, again):
        answer.close()


def test_who_refuses_it_gets_the_file_as_it_is(shared: Site) -> None:
    answer = shared.client().get("/static/pingji.css", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in answer.headers
    answer.close()


def test_a_page_of_a_case_is_never_packed(visitor: Callable[[Role | str], FlaskClient]) -> None:
    for path in ("/cases/visit/scores", "/cases/visit", "/cases/visit/scores.json", "/cases"):
        answer = visitor(Role.EL).get(path, headers=PACKED)
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer.headers, path
