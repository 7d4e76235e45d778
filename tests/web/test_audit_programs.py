"""Samples and extracts for programs: the files of the pages, each taking once in the log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from service.audit.canonical import decode_strict
from service.queries.tokens import Scope
from service.workflow.roles import Role
from tests.web.conftest import Site
from tests.web.test_api import Program, program
from tests.web.test_audit_takings import changed, entries, sent, sheet

__all__ = ["changed", "program"]
Programs = Callable[..., Program]
SAMPLE, EXTRACT = "/audit/sample", "/cases/asked/history/extract"
DRAW = {"of": "cases", "size": 3, "seed": "2025-抽一"}


def rows_of(content: bytes) -> list[list[str]]:
    """The list itself, without the notes above it."""
    return [row for row in sheet(content) if row[0].isdigit()]


def test_a_program_draws_what_the_page_draws(site: Site, program: Programs) -> None:
    page = sent(
        site.as_role(Role.AU), "/audit/sample", question="refused", of="cases", size="3", seed="2025-抽一"
    )
    auditor = program(Role.AU)
    first = auditor.post(SAMPLE, DRAW, Idempotency_Key="a")
    assert (first.status_code, first.mimetype) == (
        200,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    assert rows_of(first.data) == rows_of(page.data) != []
    layers = auditor.post(SAMPLE, {"question": "refused", "size": 9, "stratified": True})
    same = sent(
        site.as_role(Role.AU), "/audit/sample", question="refused", of="answers", size="9", stratified="1"
    )
    assert [row[1:-1] for row in rows_of(layers.data)] == [row[1:-1] for row in rows_of(same.data)] != []
    made = entries(site, "audit.sample")
    assert len(made) == 4 and {each.actor_id for each in made} == {site.world.people.accounts[Role.AU]}


def test_a_drawing_sent_again_is_one_drawing(site: Site, program: Programs) -> None:
    auditor = program(Role.AU)
    body = {"of": "cases", "size": 2}
    first = auditor.post(SAMPLE, body, Idempotency_Key="a")
    again = auditor.post(SAMPLE, body, Idempotency_Key="a")
    assert again.data == first.data, "the same random seed, the same moment, the same bytes"
    (made,) = entries(site, "audit.sample")
    assert made.entry_id in "\n".join(row[0] for row in sheet(first.data)[:7])
    other = auditor.post(SAMPLE, {"of": "cases", "size": 3}, Idempotency_Key="a")
    assert (other.status_code, other.json["code"]) == (422, "invalid")
    fresh = auditor.post(SAMPLE, body, Idempotency_Key="b")
    assert fresh.status_code == 200 and len(entries(site, "audit.sample")) == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "没有填写"),
        ({"size": 0}, "抽取数量不对"),
        ({"size": 501}, "抽取数量不对"),
        ({"size": "3"}, "类型不对"),
        ({"size": True}, "类型不对"),
        ({"size": 3, "of": "all"}, "没有这种总体"),
        ({"size": 3, "question": "guess"}, "没有这个问题"),
        ({"size": 3, "more": "x"}, "没有这一项"),
        ({"size": 3, "seed": "种" * 61}, "种子过长"),
    ],
)
def test_a_drawing_nobody_can_mean_is_told(
    site: Site, program: Programs, body: dict[str, Any], said: str
) -> None:
    answer = program(Role.AU).post(SAMPLE, body)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert said in answer.text
    assert entries(site, "audit.sample") == []


def test_who_may_not_draw_or_take_is_refused(site: Site, program: Programs) -> None:
    for role in (Role.EL, Role.DF, Role.SA):
        assert program(role).post(SAMPLE, DRAW).status_code == 403, role
    for scopes in ((Scope.READ,), (Scope.ACT,)):
        assert program(Role.AU, scopes).post(SAMPLE, DRAW).status_code == 403, scopes
        assert program(Role.AU, scopes).post(EXTRACT, {"media": "docx"}).status_code == 403, scopes
    assert program(Role.AU, (Scope.HISTORY,)).post(SAMPLE, DRAW).status_code == 200
    assert program(Role.DF).post(EXTRACT, {"media": "docx"}).status_code == 403
    stranger = program(Role.SA)
    assert stranger.post(EXTRACT, {"media": "docx"}).json["code"] == "not_found"
    assert entries(site, "history.extract") == []


@pytest.mark.parametrize("media", ["docx", "xlsx"])
def test_a_program_takes_the_extract_of_the_page(changed: Site, program: Programs, media: str) -> None:
    auditor = program(Role.AU)
    first = auditor.post(EXTRACT, {"media": media}, Idempotency_Key="a")
    assert first.status_code == 200
    (made,) = entries(changed, "history.extract")
    assert decode_strict(bytes(made.leaf))["files"][0]["sha256"] == hashlib.sha256(first.data).hexdigest()
    again = auditor.post(EXTRACT, {"media": media}, Idempotency_Key="a")
    assert again.data == first.data, "the range and the moment of the first taking"
    assert len(entries(changed, "history.extract")) == 1
    other = auditor.post(EXTRACT, {"media": media, "old": "1"}, Idempotency_Key="a")
    assert (other.status_code, other.json["code"]) == (422, "invalid")
    # The page of the same range tells the same rows; the moment of the taking alone may differ.
    newest = made.leaf_index - 1
    ranged = {"media": media, "old": "", "new": str(newest)}
    one = auditor.post(EXTRACT, ranged)
    page = sent(changed.as_role(Role.AU), "/cases/asked/history/extract", **ranged)
    assert len(one.data) > 1000 and one.headers["Content-Disposition"] == page.headers["Content-Disposition"]
    if media == "xlsx":
        assert [row for row in sheet(one.data) if row[0].isdigit()] == [
            row for row in sheet(page.data) if row[0].isdigit()
        ]
    assert len(entries(changed, "history.extract")) == 3


def test_an_extract_nobody_can_mean_is_told(changed: Site, program: Programs) -> None:
    auditor = program(Role.AU)
    for body, said in (
        ({}, "没有填写"),
        ({"media": "pdf"}, "没有这种格式"),
        ({"media": "docx", "old": "昨天"}, "看不懂这个时刻"),
        ({"media": "docx", "old": 3}, "类型不对"),
    ):
        answer = auditor.post(EXTRACT, body)
        assert (answer.status_code, answer.json["code"]) == (422, "invalid"), body
        assert said in answer.text
    assert entries(changed, "history.extract") == []
