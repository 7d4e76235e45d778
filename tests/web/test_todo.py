"""待办: what waits for whom, in how many queries, and the notices."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from service import clock
from service.actions.notices import Reminder, remind
from service.extensions import db
from service.queries.todo import days_left, todo_of
from service.workflow.actions import Action
from service.workflow.court import Count, Standing, waiting
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage, Status
from tests.builders import CaseBuilder
from tests.statements import counted
from tests.web.conftest import ORIGIN, STRANGER, Site, csrf_of

TODAY = date(2025, 1, 6)


def acts(**known: object) -> set[Action]:
    """The acts a department evaluation with these facts waits for."""
    made = {"kind": Kind.DEPARTMENT, "status": Status.ACTIVE, "plan": "approved", **known}
    return {matter.action for matter in waiting(Standing(**made))}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"stage": Stage.SELF_ASSESSMENT}, {Action.SELF_EDIT, Action.SELF_SUBMIT}),
        ({"stage": Stage.SELF_ASSESSMENT, "status": Status.DRAFT}, {Action.EVALUATION_ISSUE}),
        (
            {"stage": Stage.SELF_ASSESSMENT, "status": Status.DRAFT, "lacking": ("密级",)},
            {Action.EVALUATION_EDIT},
        ),
        ({"stage": Stage.MATERIAL_REVIEW, "pass_proposed": True}, {Action.REVIEW_PASS}),
        (
            {"stage": Stage.MATERIAL_REVIEW, "plan": "submitted", "supplements": {"sent": Count(2)}},
            {Action.REVIEW_VERDICT, Action.PLAN_APPROVE, Action.SUPPLEMENT_ANSWER},
        ),
        ({"stage": Stage.ON_SITE_VERIFICATION, "scores_submitted": True}, {Action.DRAFT_ISSUE}),
        (
            {"stage": Stage.CONSULTATION, "replied": True, "unanswered": 1, "proposed": 2},
            {Action.DISPOSITION_PROPOSE, Action.DISPOSITION_CONFIRM},
        ),
        ({"stage": Stage.CONSULTATION, "replied": True}, {Action.CONSULTATION_CLOSE}),
        ({"stage": Stage.FINALISATION, "frozen": True}, {Action.REPORT_SECOND_REVIEW}),
        (
            {"stage": Stage.FINALISATION, "frozen": True, "approved": {Action.REPORT_SECOND_REVIEW}},
            {Action.REPORT_SIGN},
        ),
        (
            {"stage": Stage.FINALISATION, "frozen": True, "kind": Kind.FISCAL_FIRM, "firm": True},
            {
                Action.REPORT_INTERNAL_REVIEW,
                Action.REPORT_CERTIFY,
                Action.REPORT_SEAL,
                Action.REPORT_SECOND_REVIEW,
            },
        ),
        ({"stage": Stage.SIGNED}, set()),
        ({"stage": Stage.SIGNED, "correction": True, "frozen": True}, {Action.CORRECTION_SIGN}),
        (
            {"stage": Stage.FINALISATION, "status": Status.SUSPENDED, "termination": True},
            {Action.EVALUATION_RESUME, Action.EVALUATION_CONFIRM_TERMINATION},
        ),
    ],
)
def test_the_court_a_case_lies_in(known: dict[str, object], expected: set[Action]) -> None:
    assert acts(**known) == expected


def test_days_left_are_working_days() -> None:
    friday = date(2025, 1, 10)
    assert days_left(friday, TODAY) == 4
    assert days_left(TODAY, TODAY) == 0
    assert days_left(friday, friday + timedelta(days=1)) == -1
    assert days_left(friday, friday + timedelta(days=5)) == -3


def group(page: str, name: str) -> str:
    """The section of one group."""
    return page.partition(f'id="g-{name}"')[2].partition("</section>")[0]


@pytest.mark.parametrize(
    ("role", "mine", "others"),
    [
        (Role.FR, "组织方复核", "审核材料"),
        (Role.EL, "审核材料", "组织方复核"),
        (Role.FO, "", "审核材料"),
    ],
)
def test_everybody_sees_his_own_and_what_he_waits_for(
    visitor: Callable[[Role | str], FlaskClient], role: Role, mine: str, others: str
) -> None:
    client = visitor(role)
    assert client.get("/").location == "/todo"
    page = client.get("/todo").text
    assert mine in group(page, "mine")
    assert others in group(page, "others")
    assert "逾期" in group(page, "urgent")  # the self-assessment of 2025 was never handed in on time


def test_the_unit_is_not_told_of_the_teams_own_work(visitor: Callable[[Role | str], FlaskClient]) -> None:
    page = visitor(Role.DH).get("/todo").text
    assert "反馈意见" in page
    assert "起草的扣分" not in page
    assert "draft" not in re.findall(r"/cases/(\w+)", page)


@pytest.mark.parametrize("who", [STRANGER, Role.SA])
def test_who_takes_part_in_nothing_sees_nothing(
    visitor: Callable[[Role | str], FlaskClient], who: Role | str
) -> None:
    page = visitor(who).get("/todo").text
    assert "没有在办的评价" in page
    assert "/cases/" not in page


def test_the_number_of_queries_does_not_grow(site: Site) -> None:
    account = site.world.people.accounts[Role.FR]
    with site.app.app_context():
        with counted() as few:
            before = todo_of(db.session(), account, today=TODAY)
        for number in range(4):
            CaseBuilder(site.world.people, code=f"more-{number}").until(Stage.MATERIAL_REVIEW)
        db.session.remove()
        with counted() as many:
            after = todo_of(db.session(), account, today=TODAY)
    assert after.cases == before.cases + 4
    assert len(many) == len(few) <= 15


def test_a_notice_is_sent_once_a_day_and_read_by_its_own_person(site: Site) -> None:
    account, case = site.world.people.accounts[Role.DH], site.world.cases["asked"]
    reminder = Reminder(account, case, "催办：反馈意见", "请尽快办理。", "/cases/asked/opinions")
    with site.app.app_context():
        now = clock.now()
        assert remind((reminder,), on=TODAY, at=now) == {reminder}
        assert remind((reminder,), on=TODAY, at=now) == frozenset()
        assert remind((reminder,), on=TODAY + timedelta(days=1), at=now) == {reminder}
        db.session.remove()
    other = site.as_role(Role.FO)
    assert "催办：反馈意见" not in other.get("/todo").text
    client = site.as_role(Role.DH)
    page = client.get("/todo").text
    assert page.count('class="notice unread"') == 2
    notice = re.findall(r'name="notice" value="([^"]+)"', page)[0]
    form = {"csrf_token": csrf_of(other.get("/todo").text), "notice": notice}
    assert other.post("/todo/notices/read", data=form, headers=ORIGIN).status_code == 303
    assert client.get("/todo").text.count('class="notice unread"') == 2
    form["csrf_token"] = csrf_of(page)
    client.post("/todo/notices/read", data=form, headers=ORIGIN)
    assert client.get("/todo").text.count('class="notice unread"') == 1
    client.post("/todo/notices/read", data={"csrf_token": form["csrf_token"]}, headers=ORIGIN)
    assert client.get("/todo").text.count('class="notice unread"') == 0


def test_jobs_are_listed_for_who_started_them(site: Site) -> None:
    client = site.as_role(Role.EL)
    assert "没有后台任务" in client.get("/jobs").text
    page = client.get("/cases/final/do/report.freeze").text
    key = page.partition('name="key" value="')[2].partition('"')[0]
    form = {"csrf_token": csrf_of(page), "key": key}
    answer = client.post("/cases/final/do/report.freeze", data=form, headers=ORIGIN)
    assert answer.status_code == 303
    page = client.get("/jobs").text
    assert "冻结报告" in page
    assert answer.location in page
    assert answer.location not in site.as_role(Role.FO).get("/jobs").text
