"""Every act through its page: shown to whom may do it, done once, refused in words, never by a foreign page."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from html import unescape

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.web.forms.act import ACTS, Act, acts_of
from service.workflow.actions import Action
from service.workflow.kinds import Kind
from service.workflow.machine import permits
from service.workflow.roles import Role
from tests.builders import PASSWORD
from tests.conftest import Depth, FrozenClock
from tests.web.conftest import ORIGIN, Site, csrf_of
from tests.web.test_access import STAGES, TEAM

Visitor = Callable[[Role | str], FlaskClient]
DEDUCTION = {
    "node": "B1",
    "amount": "2.5",
    "reason": "设备未到位",
    "clause": "方案三",
    "no_evidence": "口头说明",
}
READS = {Action.EVALUATION_READ, Action.SCORES_READ, Action.HISTORY_READ}
PAGES_OF_THEIR_OWN = {
    # A new case, its facts, the plan and the framework, the grid and the report are worked on in rows and
    # sections; each has a page of its own instead of one form.
    Action.EVALUATION_CREATE,
    Action.SELF_REGISTER,
    Action.EVALUATION_EDIT,
    Action.PLAN_DRAFT,
    Action.PLAN_AMEND,
    Action.SCORE_INPUT,
    Action.REPORT_WRITE,
    Action.CORRECTION_EDIT,
    Action.PUBLIC_TAKE,
    # Files handed out, and what the service does by itself after 签发.
    Action.EXPORT_BULK,
    Action.HISTORY_EXTRACT,
    Action.EVIDENCE_OPEN,
    Action.EXPORT_APPROVE,
    Action.REPORT_FINISH,
}
FORMATS = re.compile(r"\b(pdf|jpg|png|docx|xlsx|txt|zip|Word|Excel)\b")


def held(code: str, role: Role) -> frozenset[Role]:
    """What `role` is on a case of the world: members of the team are assigned after 下达."""
    return frozenset() if code == "draft" and role in TEAM else frozenset({role})


def permitted(code: str, act: Act) -> Iterator[Role]:
    """Who may do `act` in the stage the case `code` is in, of the people of the world."""
    stage, status = STAGES[code]
    for role in Role:
        if role in (Role.SD, Role.EX, Role.AA, Role.IR, Role.AS):
            continue
        if permits(Kind.DEPARTMENT, stage, status, act.action, held(code, role)):
            yield role


def send(client: FlaskClient, path: str, data: dict[str, str], **headers: str) -> TestResponse:
    """Fetch the form and send it with what was typed."""
    page = client.get(path).text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    return client.post(path.partition("?")[0], data={**hidden, **data}, headers=ORIGIN | headers)


def shown_problems(page: str) -> set[str]:
    """The fields a page calls wrong."""
    return set(re.findall(r'id="w-([^"]+)"', page))


@pytest.mark.parametrize("code", STAGES)
def test_every_form_is_shown_to_who_may_do_it_and_showing_it_changes_nothing(
    shared: Site, visitor: Visitor, code: str, deep: Depth
) -> None:
    opened = 0
    offered = {act: list(permitted(code, act)) for act in ACTS.values()}
    for role in {role for roles in offered.values() for role in roles}:
        visitor(role)
    before = shared.rows()
    for act, roles in offered.items():
        for role in roles if deep else roles[:1]:
            answer = visitor(role).get(f"/cases/{code}/do/{act.path}?back=/cases/{code}")
            assert answer.status_code == 200, (act.path, role)
            assert f'action="/cases/{code}/do/{act.path}"' in answer.text
            assert act.label in answer.text
            for name, field in act.form().fields.items():
                if field.required:
                    assert f'name="{name}"' in answer.text or field.metadata["label"] in answer.text
            opened += 1
    assert opened >= (3 if code == "draft" else 12)
    assert shared.rows() == before


@pytest.mark.parametrize("code", ["visit", "final"])
def test_no_act_is_done_for_a_page_from_elsewhere_or_without_its_token(
    shared: Site, visitor: Visitor, code: str
) -> None:
    pairs = [(act, role) for act in ACTS.values() for role in list(permitted(code, act))[:1]]
    tokens = {role: csrf_of(visitor(role).get("/cases").text) for _, role in pairs}
    before = shared.rows()
    for act, role in pairs:
        path, client = f"/cases/{code}/do/{act.path}", visitor(role)
        token = {"csrf_token": tokens[role]}
        for data, headers in (
            ({}, ORIGIN),
            ({"csrf_token": "forged"}, ORIGIN),
            (token, {"Origin": "http://evil.example"}),
            (token, {}),
        ):
            assert client.post(path, data=data, headers=headers).status_code == 400, act.path
    assert shared.rows() == before
    assert len(pairs) > 10


def test_who_may_not_do_an_act_cannot_send_its_form(shared: Site, visitor: Visitor) -> None:
    client = visitor(Role.AU)
    token = csrf_of(client.get("/cases").text)
    statuses = {
        client.post(f"/cases/visit/do/{name}", data={"csrf_token": token}, headers=ORIGIN).status_code
        for name in ACTS
    }
    assert statuses == {403}


def test_a_form_is_done_and_its_receipt_shown(site: Site) -> None:
    client = site.as_role(Role.EV)
    answer = send(client, "/cases/visit/do/deduction.draft?back=/cases/visit/scores", DEDUCTION)
    assert (answer.status_code, answer.location) == (303, "/cases/visit/scores")
    page = client.get(answer.location).text
    assert "已记下，提交后计分" in page
    assert "设备未到位" in page


def test_whoever_acts_gets_the_receipt_of_his_entry_in_the_head_of_the_answer(site: Site) -> None:
    client = site.as_role(Role.EV)
    assert "Pingji-Receipt" not in client.get("/cases/visit/scores").headers
    answer = send(client, "/cases/visit/do/deduction.draft?back=/cases/visit/scores", DEDUCTION)
    with closing(sqlite3.connect(site.instance.database)) as connection:
        rows = connection.execute(
            "SELECT entry_id, leaf_index, leaf_hash, action FROM audit_entry"
        ).fetchall()
    entry, index, digest, action = rows[-1]
    assert action == "deduction.draft"
    assert answer.headers.getlist("Pingji-Receipt") == [f"{entry} {index} {digest.hex()}"]


def test_the_same_form_sent_twice_is_done_once(site: Site) -> None:
    client = site.as_role(Role.EV)
    page = client.get("/cases/visit/do/deduction.draft").text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    before = site.rows()["deduction"]
    answers = [
        client.post("/cases/visit/do/deduction.draft", data=hidden | DEDUCTION, headers=ORIGIN) for _ in "12"
    ]
    assert [answer.status_code for answer in answers] == [303, 303]
    after = site.rows()["deduction"]
    assert after > before
    assert "没有再做一次" in client.get("/cases/visit").text
    other = client.post(
        "/cases/visit/do/deduction.draft", data=hidden | DEDUCTION | {"amount": "3"}, headers=ORIGIN
    )
    assert other.status_code == 422
    assert 'value="3"' in other.text
    assert site.rows()["deduction"] == after


def test_background_work_asked_for_twice_by_one_form_is_one_job(site: Site) -> None:
    client = site.as_role(Role.EL)
    page = client.get("/cases/final/do/report.freeze").text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    jobs = {
        client.post("/cases/final/do/report.freeze", data=hidden, headers=ORIGIN).location for _ in range(3)
    }
    assert len(jobs) == 1
    path = jobs.pop()
    assert path.startswith("/jobs/")
    assert client.get(path).status_code == 200
    assert send(client, "/cases/final/do/report.freeze", {}).location != path


def test_wrong_input_comes_back_as_typed_with_every_problem_at_its_field(site: Site) -> None:
    client = site.as_role(Role.EV)
    before = site.rows()
    typed = {"node": "B1", "amount": "两分半", "reason": "  ", "clause": 'x"><b>', "origin": "随便"}
    answer = send(client, "/cases/visit/do/deduction.draft", typed)
    assert answer.status_code == 422
    assert shown_problems(answer.text) >= {"amount", "reason"}
    assert 'value="两分半"' in answer.text
    assert 'x"><b>' in unescape(answer.text)
    assert "<b>" not in answer.text
    assert '<option value="B1" selected>' in answer.text
    assert re.search(r'class="problem-box" role="alert"', answer.text)
    assert {k: v for k, v in site.rows().items() if k != "audit_entry"} == {
        k: v for k, v in before.items() if k != "audit_entry"
    }


@pytest.mark.parametrize("sent", [{"state": "confirmed"}, {"evaluation_id": "x"}, {"bonus": "yes"}])
def test_what_the_form_does_not_offer_is_refused(site: Site, sent: dict[str, str]) -> None:
    client = site.as_role(Role.EV)
    before = site.rows()
    answer = send(client, "/cases/visit/do/deduction.draft", DEDUCTION | sent)
    assert answer.status_code == 422
    assert "没有这一项" in answer.text or "应为勾选" in answer.text
    assert site.rows() == before


@pytest.mark.parametrize(
    "back", ["https://evil.example", "//evil.example", "javascript:alert(9)", "/\\evil.example", "\t//evil"]
)
def test_the_way_back_never_leads_off_the_site(site: Site, back: str) -> None:
    client = site.as_role(Role.EV)
    page = client.get("/cases/visit/do/deduction.draft", query_string={"back": back}).text
    assert "evil" not in page
    assert "alert(9)" not in page
    wrong = send(client, "/cases/visit/do/deduction.draft", {"back": back})
    assert wrong.status_code == 422
    assert "evil" not in wrong.text
    assert "alert(9)" not in wrong.text
    answer = send(client, "/cases/visit/do/deduction.draft", DEDUCTION | {"back": back})
    assert (answer.status_code, answer.location) == (303, "/todo")


@pytest.fixture
def now(frozen_clock: FrozenClock) -> FrozenClock:
    """A clock that stands still after the world was made."""
    frozen_clock.at = datetime.now(UTC)
    return frozen_clock


def test_after_five_minutes_an_act_asks_for_the_password_and_refuses_a_wrong_one(
    site: Site, now: FrozenClock
) -> None:
    proposer = site.as_role(Role.FO)
    asked = send(proposer, "/cases/review/do/evaluation.terminate", {"reason": "项目取消"})
    assert asked.status_code == 303
    path = "/cases/review/do/evaluation.confirm_termination"
    client = site.as_role(Role.FA)
    now.advance(minutes=4, seconds=59)
    assert 'name="password"' not in client.get(path).text
    now.advance(seconds=1)
    assert 'name="password"' in client.get(path).text
    before = site.rows()["evaluation"]
    for sent, status in (({}, 409), ({"password": "wrong password"}, 403)):
        refused = send(client, path, {"reason": "同意终止", **sent})
        assert refused.status_code == status
        assert "同意终止" in refused.text
        assert 'name="password"' in refused.text
        assert "wrong password" not in refused.text
        assert site.rows()["evaluation"] == before
    done = send(client, path, {"reason": "同意终止", "password": PASSWORD})
    assert done.status_code == 303
    assert site.rows()["evaluation"] > before
    assert "终止" in client.get("/cases/review").text


def test_a_fresh_login_is_proof_enough_for_five_minutes(site: Site, now: FrozenClock) -> None:
    send(site.as_role(Role.FO), "/cases/review/do/evaluation.terminate", {"reason": "项目取消"})
    client = site.as_role(Role.FA)
    now.advance(minutes=4, seconds=59)
    done = send(client, "/cases/review/do/evaluation.confirm_termination", {"reason": "同意"})
    assert done.status_code == 303


def test_every_act_speaks_chinese() -> None:
    for act in ACTS.values():
        said = [act.label, act.consequence]
        for field in act.form().fields.values():
            shown = field.metadata
            said += [shown["label"], shown.get("help", ""), *dict(shown.get("options", {})).values()]
        for text in said:
            assert not re.search("[A-Za-z]{2,}", FORMATS.sub("", text)), (act.path, text)
        assert re.search("[\u4e00-\u9fff]", act.label)


def test_whatever_may_be_done_on_a_case_has_a_page() -> None:
    instance = {
        action
        for action in Action
        if action.value.partition(".")[0]
        in (
            "audit",
            "framework",
            "template",
            "account",
            "grant",
            "duties",
            "security_log",
            "system",
            "case",
            "key",
        )
    }
    without = {action for action in Action if not acts_of(action)}
    assert without == READS | PAGES_OF_THEIR_OWN | instance
