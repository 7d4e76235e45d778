"""The history views: the case as it stood, two moments compared, the story of one field."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient

from service import clock
from service.actions import scoring
from service.audit.history import asof
from service.extensions import db
from service.models.evaluation import Evaluation
from service.queries.asof import moments
from service.queries.restored import restored
from service.queries.snapshot import take_snapshot
from service.report.snapshot import CaseSnapshot
from service.workflow.roles import Role
from tests.builders import CaseBuilder
from tests.web.conftest import Site

Visitor = Callable[[Role | str], FlaskClient]
TOTAL = "88.00/100.00"
STEPS = ("create", "issue", "submit", "pass_review", "score", "consult", "write")


def taken(case: Evaluation) -> CaseSnapshot:
    return take_snapshot(db.session(), case, demo=True, today=clock.local_date(clock.now()))


def test_the_whole_case_comes_back_as_it_was_after_every_step(site: Site) -> None:
    """The same snapshot, sheet and all, that was taken at the moment itself."""
    with site.app.app_context():
        builder = CaseBuilder(site.world.people, code="then")
        known: list[tuple[int, CaseSnapshot]] = []
        for step in STEPS:
            getattr(builder, step)()
            case = db.session().get_one(Evaluation, builder.id)
            known.append((moments(db.session(), case)[-1].index, taken(case)))
        assert known[0][1] != known[-1][1]
        for index, snapshot in known:
            state = asof(db.session(), builder.id, index=index)
            with restored(db.session(), state) as (then, row):
                today = clock.local_date(clock.now())
                found = take_snapshot(then, row, demo=True, today=today)
            assert found == snapshot, index
        assert taken(db.session().get_one(Evaluation, builder.id)) == known[-1][1]


def test_a_moment_is_shown_with_its_scores_and_rows_and_nothing_to_press(visitor: Visitor) -> None:
    page = visitor(Role.AU).get("/cases/final/asof").text
    assert "历史视图" in page
    assert "当时的评分表" in page
    assert TOTAL in re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", page))
    early = visitor(Role.AU).get("/cases/final/asof?at=0")
    assert early.status_code == 422
    assert "那时还没有这个案卷" in early.text
    assert "冻结报告" in visitor(Role.AU).get("/cases/final/asof?at=&on=2025-01-06").text
    first = re.findall(r'<option value="(\d+)"', page)[-1]
    draft = visitor(Role.AU).get(f"/cases/final/asof?at={first}").text
    assert "当时的评分表" not in draft
    assert "新建评价" in draft
    assert not re.findall(r'<form[^>]*method="post"[^>]*action="(?!/logout|/leave)[^"]*/cases/', draft)


@pytest.mark.parametrize(("at", "said"), [("昨天", "看不懂这个时刻"), ("1999-01-01", "那时还没有这个案卷")])
def test_a_moment_nobody_can_mean_is_told_with_what_is_allowed(visitor: Visitor, at: str, said: str) -> None:
    answer = visitor(Role.AU).get("/cases/final/asof", query_string={"at": at})
    assert answer.status_code == 422
    assert said in answer.text


def test_two_moments_are_compared_by_points_and_fields(visitor: Visitor) -> None:
    page = visitor(Role.AU).get("/cases/final/compare").text
    assert TOTAL.split("/")[0] in page.partition("→")[2][:40]
    assert "新增" in page
    newest = re.findall(r'<option value="(\d+)" selected', page)[-1]
    same = visitor(Role.AU).get(f"/cases/final/compare?old={newest}&new={newest}").text
    assert "两个时刻的内容相同" in same


def test_who_changed_points_why_and_at_whose_request_is_told(site: Site) -> None:
    people = site.world.people
    with site.app.app_context():
        case = site.world.cases["asked"]
        reason = scoring.Reason(
            node="B1", amount="1.5", reason="晚一个月", clause="方案三", no_evidence="口述",
            origin="复核", asked_by="组织方复核", paper="复核意见单",
        )  # fmt: skip
        made = scoring.draft_deduction(people.actor(Role.EL), case, reason)
    page = site.as_role(Role.AU).get("/cases/asked/asof").text
    links = [unescape(each) for each in re.findall(r'href="([^"]*/story\?[^"]*)"', page)]
    (link,) = [each for each in links if "table=deduction" in each and "field=amount" in each]
    told = site.as_role(Role.AU).get(link).text
    for words in (made, "起草扣分", "应谁的要求", "组织方复核", "凭何文件", "复核意见单"):
        assert words in told


def test_points_are_kept_from_who_may_not_see_them_yet(visitor: Visitor) -> None:
    organiser = visitor(Role.FO)
    page = organiser.get("/cases/visit/asof").text
    assert "历史视图" in page
    assert "当时的评分表" not in page
    assert "table=deduction" not in page
    assert "扣分数额" not in organiser.get("/cases/visit/compare").text
    team = visitor(Role.EL).get("/cases/visit/asof").text
    link = next(unescape(x) for x in re.findall(r'href="([^"]*/story\?[^"]*)"', team) if "deduction" in x)
    assert visitor(Role.EL).get(link).status_code == 200
    assert organiser.get(link).status_code == 404
    assert visitor(Role.DF).get("/cases/visit/asof").status_code == 403
