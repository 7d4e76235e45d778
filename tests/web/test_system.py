"""How the service stands, for administrators: each part with its state and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

from flask.testing import FlaskClient

from service import clock
from service.backup.make import backup
from service.extensions import db
from service.jobs.ledger import MAX_ATTEMPTS, JobLedger
from service.queries.systemstate import JobsState
from service.web.health import BAD, GOOD, WARN, _grade, _queue, span
from service.workflow.roles import Role
from tests.web.conftest import HOSTILE, ORIGIN, Site, csrf_of

Visitor = Callable[[Role | str], FlaskClient]


def parts(page: str) -> dict[str, tuple[str, str]]:
    """State and words of every part by name."""
    found = {}
    for part in page.split('<section class="state ')[1:]:
        name = re.search(r"<h2>([^<]+)<", part)
        assert name is not None
        text = part.partition("</section>")[0].partition("<p>")[2]
        found[name[1]] = (part.partition('"')[0], " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split()))
    return found


def test_only_administrators_look_and_nothing_of_a_case_is_said(visitor: Visitor) -> None:
    for role in (Role.FO, Role.EL, Role.AU, Role.DF):
        assert visitor(role).get("/system").status_code == 403
    for role in (Role.SA, Role.SE):
        page = visitor(role).get("/system").text
        assert set(parts(page)) == {
            "后台进程", "任务排队", "停放的任务", "磁盘空间", "时钟", "备份", "留痕封存", "PDF 转换", "版本",
        }  # fmt: skip
        assert "窗口设备更新" not in page
        assert 'href="/system"' in page


def test_the_worker_the_backup_and_the_log_are_told_from_what_is_there(site: Site) -> None:
    system = site.as_role(Role.SA)
    before = parts(system.get("/system").text)
    assert before["后台进程"][0] == BAD
    assert "重新启动" in before["后台进程"][1]
    assert before["备份"] == (WARN, before["备份"][1])
    waiting = re.search(r"待封存 (\d+) 条", before["留痕封存"][1])
    assert waiting is not None
    assert int(waiting[1]) == site.rows()["audit_entry"]
    site.instance.heartbeat.touch()
    with site.app.app_context():
        target = site.instance.path.parent / "b.pingji"
        backup(site.app.config["PINGJI"], db.engine, target, at=clock.now(), tell=lambda _: None)
    after = parts(system.get("/system").text)
    assert after["后台进程"][0] == GOOD
    assert after["备份"][0] == GOOD
    assert f"含留痕 {site.rows()['audit_entry']} 条" in after["备份"][1]


def test_a_parked_job_is_shown_and_queued_again_by_the_system_administrator(site: Site) -> None:
    with site.app.app_context():
        ledger, now = JobLedger(db.engine), clock.now()
        job = ledger.enqueue("report.freeze", {}, at=now)
        for attempt in range(MAX_ATTEMPTS):
            claim = ledger.claim(job, worker="w", at=now + timedelta(minutes=attempt))
            assert claim is not None
            ledger.fail(claim, HOSTILE[0], at=now, final=False)
    system, security = site.as_role(Role.SA), site.as_role(Role.SE)
    page = system.get("/system").text
    assert parts(page)["停放的任务"][0] == WARN
    assert HOSTILE[0] in unescape(page)
    assert "<script>alert" not in page
    assert "重新排队</button>" not in security.get("/system").text
    address = f"/system/jobs/{job}/retry"
    data = {"csrf_token": csrf_of(security.get("/system").text)}
    assert security.post(address, data=data, headers=ORIGIN).status_code == 403
    data = {"csrf_token": csrf_of(page)}
    assert system.post(address, data=data, headers=ORIGIN).status_code == 303
    assert system.post(address, data=data, headers=ORIGIN).status_code == 404, "no longer parked"
    with site.app.app_context():
        status = JobLedger(db.engine).status(job)
        assert (status.state.value, status.attempts) == ("queued", 0)


def test_the_longer_something_waits_the_worse_it_is() -> None:
    now = clock.now()
    for minutes, state in ((0, GOOD), (2, WARN), (10, BAD)):
        jobs = JobsState(1, 0, 0, 0, now - timedelta(minutes=minutes), ())
        assert _queue(jobs, now).state == state
    assert _grade(timedelta(hours=26), timedelta(hours=26), timedelta(days=7)) == WARN
    assert [span(timedelta(seconds=s)) for s in (5, 120, 7200, 200_000)] == [
        "5 秒",
        "2 分钟",
        "2 小时",
        "2 天",
    ]
