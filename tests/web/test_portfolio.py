"""台账统计: figures in their scope, charts that lead to lists, and acts on a frozen selection."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import ClassVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from service import clock
from service.actions.accounts import disable_account
from service.actions.case_facts import EditFacts, edit_facts
from service.actions.commissioning import Money, ask_suspension
from service.extensions import db
from service.jobs.ledger import Claim, JobLedger
from service.jobs.runner import run_job
from service.models.evaluation import Evaluation
from service.models.operational import Draft, Job, Notice
from service.queries.portfolio import portfolio
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import CaseBuilder
from tests.conftest import Depth, FrozenClock
from tests.web.conftest import ORIGIN, STRANGER, Site, csrf_of


def post(client: FlaskClient, path: str, page: str, **form: object) -> TestResponse:
    """Send a form of `page` as a browser does."""
    data = {"csrf_token": csrf_of(page), **form}
    return client.post(path, data=data, headers=ORIGIN)


def chosen(client: FlaskClient, act: str, *codes: str, **more: str) -> str:
    """The path of the selection made of these cases."""
    page = client.get("/portfolio?due=").text
    answer = post(client, "/portfolio/select", page, act=act, pick=list(codes), due="", **more)
    assert answer.status_code == 303
    assert "/portfolio/bulk/" in answer.location
    return str(answer.location)


def work(site: Site, ledger: type[JobLedger] = JobLedger) -> None:
    """Do what the worker would do now."""
    with site.app.app_context():
        table = ledger(db.engine)
        for job in table.due(at=clock.now()):
            run_job(table, job)
        db.session.remove()


def test_every_chart_has_words_and_a_table_and_its_marks_lead_on(
    visitor: Callable[[Role | str], FlaskClient],
) -> None:
    client = visitor(Role.FO)
    page = client.get("/portfolio").text
    pictures = re.findall(r"<svg class=\"chart figure\".*?</svg>", page, re.S)
    assert len(pictures) == 4
    for picture in pictures:
        assert "<title" in picture
        assert "<desc" in picture
        assert picture.count("<a href=") >= 1
    assert page.count("查看数据表") == 4
    assert "style=" not in page
    links = set(re.findall(r'<a href="(/cases\?[^"]+)"', "".join(pictures)))
    assert {"/cases?stage=consultation", "/cases?grade=%E8%89%AF"} <= links
    for link in links:
        assert client.get(link.replace("&amp;", "&")).status_code == 200


def test_late_cases_come_by_lateness_times_amount(site: Site) -> None:
    with site.app.app_context():
        people = site.world.people
        for code, fen in (("small", 10_000_000), ("large", 5_000_000_000)):
            made = CaseBuilder(people, code=code).create()
            edit = EditFacts(money=(Money("b", "预算", "budget", fen),))
            edit_facts(people.actor(Role.FO), made.id, edit, reason="立项")
            made.issue()
        today = clock.local_date(clock.now())
        found = portfolio(db.session(), people.accounts[Role.FO], year="", kind="", today=today)
    assert [case.code for case in found.late] == ["large", "small", "asked"]
    assert found.late[0].weight == 500 * found.late[1].weight
    page = site.as_role(Role.FO).get("/portfolio").text
    assert page.index("/cases/large") < page.index("/cases/small")


@pytest.mark.parametrize("who", [Role.EV, Role.DH, Role.SA, STRANGER])
def test_who_has_no_business_here_is_told_who_can_let_him_in(
    visitor: Callable[[Role | str], FlaskClient], who: Role | str
) -> None:
    answer = visitor(who).get("/portfolio")
    assert answer.status_code == 403
    assert "系统管理员" in answer.text


def test_the_auditor_reads_and_cannot_act(visitor: Callable[[Role | str], FlaskClient]) -> None:
    client = visitor(Role.AU)
    page = client.get("/portfolio?due=").text
    assert "在办项目" in page
    assert 'name="pick"' not in page
    path = chosen(client, "remind", "asked", "review")
    assert "本人不是该评价的组织方" in client.get(path).text


def test_reminding_is_previewed_confirmed_by_its_number_and_done_once_a_day(site: Site) -> None:
    client = site.as_role(Role.FO)
    path = chosen(client, "remind", "asked", "review", "visit")
    page = client.get(path).text
    assert "可办理" in page
    assert post(client, path, page, count="1").status_code == 422
    assert "读到“1”" in post(client, path, page, count="1").text
    able = re.findall(r'id="h-able">可办理<span class="unit">(\d+) 项', page)[0]
    assert able == "3"
    assert post(client, path, page, count=able).status_code == 303
    waiting = client.get(path).text
    assert "正在办理" in waiting
    assert 'http-equiv="refresh" content="2"' in waiting, "it goes on without a script"
    work(site)
    with site.app.app_context():
        people = site.world.people.accounts
        sent = db.session.scalars(select(Notice).where(Notice.kind == "reminder")).all()
        reached = {(notice.account_id, notice.evaluation_id) for notice in sent}
        assert (people[Role.DH], site.world.cases["asked"]) in reached
        assert people[Role.FO] not in {account for account, _ in reached}
        assert len(sent) == len(reached)
        assert all("分" not in notice.body and "得分" not in notice.title for notice in sent)
    assert "办成 <strong>3</strong> 项" in client.get(path).text
    assert "已经确认过" in client.get(post(client, path, page, count=able).location).text
    again = client.get(chosen(client, "remind", "asked")).text
    assert "今天已经催办过" in again
    assert "没有可以办理的项目" in again


def test_a_return_takes_what_can_be_returned_and_says_why_not_the_rest(site: Site) -> None:
    client = site.as_role(Role.FR)
    path = chosen(client, "return", "final", "asked")
    page = client.get(path).text
    assert "退回到“征求意见”" in page
    assert "本人职责在“征求意见”阶段不能退回" in page
    assert "没有填写" in post(client, path, page, count="1").text
    assert post(client, path, page, count="1", reason="补充测算依据").status_code == 303
    work(site)
    done = client.get(path).text
    assert "办成 <strong>1</strong> 项" in done
    assert "未列入：本人职责在“征求意见”阶段不能退回" in done
    jobs = client.get("/jobs").text
    job = re.search(r'href="(/jobs/[0-9a-f-]+)">批量办理', jobs)
    assert job is not None
    assert f'href="{path}"' in client.get(job[1]).text
    with site.app.app_context():
        stage = db.session.get_one(Evaluation, site.world.cases["final"]).stage
    assert stage is Stage.CONSULTATION


def test_what_changed_after_it_was_chosen_is_left_out(site: Site) -> None:
    client = site.as_role(Role.FO)
    path = chosen(client, "return", "visit")
    with site.app.app_context():
        actor = site.world.people.actor(Role.FO)
        ask_suspension(actor, site.world.cases["visit"], reason="等待批复")
    page = client.get(path).text
    assert "选择之后有变动" in page
    assert post(client, path, page, count="1", reason="x").status_code == 422


def test_a_selection_belongs_to_one_person(site: Site) -> None:
    path = chosen(site.as_role(Role.FO), "remind", "asked")
    assert site.as_role(Role.FR).get(path).status_code == 404


def test_all_that_the_filter_finds_can_be_chosen(site: Site) -> None:
    client = site.as_role(Role.FO)
    path = chosen(client, "remind", all="1")
    assert "已选定 4 项" in client.get(path).text


class Watched(JobLedger):
    """Notes after how much work progress was told, and dies once after a while as a killed worker does."""

    told: ClassVar[list[tuple[int, float]]] = []
    dies_at = 0

    def tell(self, claim: Claim, progress: str) -> bool:
        type(self).told.append((claim.attempt, time.process_time()))
        if claim.attempt == 1 and len(self.told) == self.dies_at:
            raise RuntimeError("the worker was killed")
        return super().tell(claim, progress)


def drafts(site: Site, number: int, *, lacking: int) -> None:
    """So many cases that wait to be issued, the last `lacking` of them without a day for the 自评."""
    with site.app.app_context():
        people = site.world.people
        for each in range(number):
            more = {"self_due_on": None} if each >= number - lacking else {}
            CaseBuilder(people, code=f"n{each:03d}", more=more).create()


def test_three_hundred_approvals_with_twenty_that_cannot_be_done(
    site: Site, deep: Depth, frozen_clock: FrozenClock
) -> None:
    frozen_clock.at = datetime.now(UTC)
    total, lacking, changed = (300, 12, 8) if deep else (12, 2, 2)
    drafts(site, total, lacking=lacking)
    client = site.as_role(Role.FR)
    page = client.get("/portfolio?due=draft").text
    path = str(post(client, "/portfolio/select", page, act="issue", all="1", due="draft").location)
    page = client.get(path).text
    # One more draft belongs to the world itself.
    able = int(re.findall(r'id="h-able">可办理<span class="unit">(\d+) 项', page)[0])
    assert able == total - lacking + 1
    assert page.count("自评期限") >= lacking
    assert post(client, path, page, count=str(able)).status_code == 303
    with site.app.app_context():
        for each in range(changed):
            case = db.session.scalars(select(Evaluation.id).where(Evaluation.code == f"n{each:03d}")).one()
            edit_facts(
                site.world.people.actor(Role.FO),
                case,
                EditFacts(changes={"report_on": date(2026, 12, 1)}),
                reason="落款",
            )
    Watched.told, Watched.dies_at = [], total // 2
    work(site, Watched)
    assert "已处理" in client.get(path).text, "broken off, and goes on"
    frozen_clock.advance(seconds=10)
    work(site, Watched)
    gaps = [then - now for (one, now), (other, then) in pairwise(Watched.told) if one == other]
    done = client.get(path).text
    with site.app.app_context():
        chosen = db.session.scalars(select(Draft).where(Draft.form == "bulk.done")).one().data
        results, causes = chosen["results"], chosen["causes"]
        job = db.session.scalars(select(Job).where(Job.kind == "bulk.carry_out")).one()
        issued = text("select count(*) from audit_entry where action='evaluation.issue' and outcome='done'")
        refused = text(
            "select count(*) from audit_entry where action='evaluation.issue' and outcome='refused'"
        )
        entries = db.session.execute(issued).scalar_one()
        assert db.session.execute(refused).scalar_one() == 0
        assert (job.state, job.attempts) == ("done", 2)
        assert job.result == {"done": able - changed, "refused": changed}
    explained = len(causes) + sum(1 for said in results.values() if said)
    print(f"approvals={total} done={able - changed - 1} explained={explained} progress_gap={max(gaps):.2f}s")  # noqa: T201 - the counts are the report
    assert sum(1 for said in results.values() if not said) == able - changed
    assert explained == lacking + changed
    assert entries == able - changed + 4, "each once; four more were issued when the world was made"
    assert f"办成 <strong>{able - changed}</strong> 项" in done
    assert f"重新选择未办成的 {changed} 项" in done
    assert max(gaps) < 2


def test_what_the_worker_gave_up_goes_on_where_it_stopped(site: Site) -> None:
    client = site.as_role(Role.FO)
    path = chosen(client, "remind", "asked", "review")
    post(client, path, client.get(path).text, count="2")
    with site.app.app_context():
        job = db.session.scalars(select(Job.id).where(Job.kind == "bulk.carry_out")).one()
        ledger = JobLedger(db.engine)
        claim = ledger.claim(job, worker="w", at=clock.now())
        assert claim is not None
        ledger.fail(claim, "磁盘已满", at=clock.now(), final=True)
        db.session.remove()
    page = client.get(path).text
    assert "没有办完：磁盘已满" in page
    assert post(client, path, page).status_code == 303
    work(site)
    assert "办成 <strong>2</strong> 项" in client.get(path).text


def test_who_lost_his_duty_meanwhile_does_nothing_more(site: Site) -> None:
    client = site.as_role(Role.FR)
    path = chosen(client, "return", "final")
    post(client, path, client.get(path).text, count="1", reason="补充")
    with site.app.app_context():
        people = site.world.people
        disable_account(people.actor(Role.SA), account=people.accounts[Role.FR], reason="离岗")
    work(site)
    with site.app.app_context():
        kept = db.session.scalars(select(Draft).where(Draft.form == "bulk.done")).one().data
        assert list(kept["results"].values()) == ["已签发、已终止，或不再可查阅"]
        assert db.session.get_one(Evaluation, site.world.cases["final"]).stage is Stage.FINALISATION
