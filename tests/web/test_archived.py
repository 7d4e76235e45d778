"""归档包 as a page and for programs: foreseen, asked for, made by the worker, handed out to who asked."""

from __future__ import annotations

import os
import re
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from service import clock
from service.actions.archiving import archive
from service.actions.workshop import workshop_of
from service.archive.check import examine
from service.archive.package import RETENTIONS
from service.extensions import db
from service.jobs.archive import KEPT_SECONDS
from service.jobs.ledger import JobLedger
from service.jobs.runner import run_job
from service.models.audit import AuditEntry
from service.models.operational import Job
from service.models.report import ArchivePackage, ReportVersion
from service.queries.tokens import Scope
from service.workflow.roles import Role
from tests.web.conftest import ORIGIN, STRANGER, Site, csrf_of
from tests.web.test_api import Program, _fits, _reads, program
from tests.web.test_correction import signed

__all__ = ["program", "signed"]
HERE = "/cases/final/archive"
ACT = "/cases/final/do/archive.take"


def ask(client: Any, **typed: str) -> TestResponse:
    """Send the form that stands on the page."""
    form = client.get(HERE).text.partition('data-act="archive.take"')[2].partition("</form>")[0]
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    answer: TestResponse = client.post(ACT, data={**hidden, **typed}, headers=ORIGIN)
    return answer


def fetched(client: Any, path: str) -> tuple[int, bytes]:
    """Status and bytes of a file, closed again."""
    with client.get(path) as answer:
        return answer.status_code, answer.data


def work(site: Site) -> None:
    """What the worker does."""
    with site.app.app_context():
        table = JobLedger(db.engine)
        for job in table.due(at=clock.now()):
            run_job(table, job)
        db.session.remove()


def taken(site: Site) -> list[ArchivePackage]:
    with site.app.app_context():
        rows = db.session.scalars(select(ArchivePackage).order_by(ArchivePackage.id)).all()
        db.session.expunge_all()
        return list(rows)


def test_the_page_foresees_the_package_and_the_worker_makes_it(signed: Site, tmp_path: Path) -> None:
    client = signed.as_role(Role.FO)
    assert f'href="{HERE}"' in client.get("/cases/final/report").text
    page = client.get(HERE).text
    for words in ("立项性材料", "证明性材料", "结论性材料", "还没有人取过归档包", *RETENTIONS):
        assert words in page, words
    before = signed.rows()
    foretold = int(re.findall(r"共 (\d+) 个文件", page)[0])
    answer = ask(client, retention="30年")
    assert answer.status_code == 303
    assert signed.rows() == before, "to ask for it leaves nothing in the case"
    assert "等待" in client.get(answer.location).text
    work(signed)
    done = client.get(answer.location).text
    link = re.findall(r'href="(/cases/final/archive/[^"]+\.zip)"', done)[0]
    file = client.get(link)
    content = file.data
    file.close()
    (row,) = taken(signed)
    assert (file.status_code, file.mimetype) == (200, "application/zip")
    assert "attachment" in file.headers["Content-Disposition"]
    assert row.sha256 in done and (row.retention, row.size) == ("30年", len(content))
    (tmp_path / "p.zip").write_bytes(content)
    found = examine(tmp_path / "p.zip")
    assert found.ok and found.about.retention == "30年"
    assert foretold == found.files == row.files
    page = client.get(HERE).text
    assert row.sha256[:16] in page and "还没有人取过归档包" not in page
    history = signed.as_role(Role.AU).get("/cases/final/history").text
    assert "取得归档包" in history
    with signed.app.app_context():
        leaf = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "archive.take")).one()
        assert leaf.actor_id == signed.world.people.accounts[Role.FO] and row.sha256.encode() in leaf.leaf
        # The command's function, for the same newest checkpoint and retention, gives the same bytes.
        workshop = workshop_of(signed.app.config["PINGJI"])
        actor = signed.world.people.actor(Role.FO, on=None)
        archive(actor, signed.world.cases["final"], workshop, tmp_path / "c.zip", retention="30年")
        db.session.remove()
    assert (tmp_path / "c.zip").read_bytes() == content


def test_only_who_asked_takes_it_away_and_only_for_a_day(signed: Site) -> None:
    client = signed.as_role(Role.FO)
    where = ask(client, retention="10年").location
    work(signed)
    job = where.rpartition("/")[2]
    link = f"{HERE}/{job}.zip"
    assert fetched(client, link)[0] == 200
    assert signed.as_role(Role.EL).get(link).status_code == 404
    assert signed.as_role(STRANGER).get(link).status_code == 404
    assert client.get(link.replace("/final/", "/asked/")).status_code in (404, 409)
    (path,) = signed.instance.archives.glob("*.zip")
    assert path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0
    content = bytearray(path.read_bytes())
    path.write_bytes(content[:-1] + b"x")
    assert client.get(link).status_code == 500
    path.write_bytes(content)
    old = time.time() - KEPT_SECONDS - 1
    os.utime(path, (old, old))
    assert ask(client, retention="10年").status_code == 303
    work(signed)
    gone = client.get(link)
    assert gone.status_code == 409 and "只保留一天" in gone.text
    assert len(taken(signed)) == 2


@pytest.mark.parametrize(
    ("who", "status"), [(Role.EL, 200), (Role.DF, 403), (Role.FR, 403), (Role.AU, 403), (STRANGER, 404)]
)
def test_who_may_not_take_it_sees_no_page_and_no_way_there(
    signed: Site, who: Role | str, status: int
) -> None:
    client = signed.as_role(who)
    assert client.get(HERE).status_code == status
    page = client.get("/cases/final/report").text
    assert (f'href="{HERE}"' in page) is (status == 200)
    token = csrf_of(client.get("/account").text)
    sent = client.post(ACT, data={"csrf_token": token, "retention": "永久"}, headers=ORIGIN)
    assert sent.status_code == (303 if status == 200 else status)


def test_before_the_signature_there_is_none(site: Site) -> None:
    client = site.as_role(Role.FO)
    answer = client.get(HERE)
    assert answer.status_code == 409 and "已签发" in answer.text
    assert HERE not in client.get("/cases/final/report").text


def test_what_stands_in_the_way_is_told_and_the_job_is_refused_too(signed: Site) -> None:
    with signed.app.app_context():
        store = workshop_of(signed.app.config["PINGJI"]).store
        lost = signed.world.cases["final"]
        digest = db.session.scalar(select(ArchivePackage.sha256).where(ArchivePackage.evaluation_id == lost))
        assert digest is None
        row = db.session.scalars(select(ReportVersion).where(ReportVersion.evaluation_id == lost)).first()
        assert row is not None and store.local is not None
        path = store.local / row.docx_sha256[:2] / row.docx_sha256[2:4] / row.docx_sha256
        db.session.remove()
    path.rename(path.with_suffix(".away"))
    client = signed.as_role(Role.FO)
    page = client.get(HERE).text
    assert "现在还不能取得" in page and "评价报告 Word 稿：证据库里没有它的内容" in page
    token = csrf_of(client.get("/account").text)
    sent = client.post(ACT, data={"csrf_token": token, "key": "k", "retention": "永久"}, headers=ORIGIN)
    work(signed)
    assert "没有完成" in client.get(sent.location).text
    assert taken(signed) == [] and list(signed.instance.archives.glob("*.zip")) == []
    refused = client.post(ACT, data={"csrf_token": token, "key": "k2", "retention": "一百年"}, headers=ORIGIN)
    assert refused.status_code == 422 and "应为：永久、30年" in refused.text


def test_an_attempt_that_died_after_its_commit_is_found_again(signed: Site) -> None:
    client = signed.as_role(Role.FO)
    where = ask(client, retention="永久").location
    work(signed)
    link = f"{HERE}/{where.rpartition('/')[2]}.zip"
    first = fetched(client, link)
    with signed.app.app_context():
        row = db.session.get_one(Job, where.rpartition("/")[2])
        kept = row.result
        table = JobLedger(db.engine)
        again = Job.__table__.update().where(Job.id == row.id)
        with table._writing.begin() as connection:
            connection.execute(again.values(state="queued", result=None, due_at=clock.now()))
        assert run_job(table, row.id), table.status(row.id).error
        db.session.expire_all()
        assert db.session.get_one(Job, row.id).result == kept
        db.session.remove()
    assert fetched(client, link) == first
    assert len(taken(signed)) == 1 and len(list(signed.instance.archives.glob("*.zip"))) == 1


def test_a_program_asks_follows_and_takes_it_away(signed: Site, program: Callable[..., Program]) -> None:
    officer = program(Role.FO)
    told = officer.get("/cases/final/archive").json
    document = signed.client().get("/api/v1/openapi.json").json
    _fits(document, _reads(document)["/api/v1/cases/{case}/archive"], told, "archive")
    assert [each["name"] for each in told["groups"]] == ["立项性材料", "证明性材料", "结论性材料"]
    assert (told["missing"], told["taken"]) == ([], [])
    assert sum(len(each["files"]) for each in told["groups"]) + told["entries"] + 3 == told["files"]
    state, body = officer.state("final"), {"retention": "永久"}
    path = "/cases/final/acts/archive.take"
    assert officer.post(path, body).json["code"] == "version_missing"
    assert officer.post(path, body, If_Match='"0"').status_code == 412
    assert officer.post(path, {"retention": "一年"}, If_Match=state).status_code == 422
    asked = officer.post(path, body, If_Match=state, Idempotency_Key="a")
    assert asked.status_code == 202 and asked.json["kind"] == "archive.take"
    job = asked.json["job"]
    assert officer.get(f"/cases/final/archive/{job}.zip").json["code"] == "not_found"
    work(signed)
    assert officer.get(f"/jobs/{job}").json["state"] == "done"
    with officer.get(f"/cases/final/archive/{job}.zip") as file:
        assert file.status_code == 200
        with zipfile.ZipFile(BytesIO(file.data)) as held:
            assert "manifest.json" in held.namelist()
    again = officer.post(path, body, If_Match=state, Idempotency_Key="a")
    assert (again.status_code, again.json) == (202, asked.json), "the first answer, though the case moved on"
    other = officer.post(path, {"retention": "10年"}, If_Match=state, Idempotency_Key="a")
    assert (other.status_code, other.json["code"]) == (422, "invalid")
    assert officer.post(path, body, If_Match=state, Idempotency_Key="b").status_code == 412
    assert len(taken(signed)) == 1
    assert officer.get("/cases/final/archive").json["taken"][0]["retention"] == "永久"
    reader = program(Role.FO, (Scope.READ,))
    assert reader.get("/cases/final/archive").status_code == 200
    assert reader.get(f"/cases/final/archive/{job}.zip").status_code == 403, "it holds the log"
    assert program(Role.EL).get(f"/cases/final/archive/{job}.zip").status_code == 404
    assert program(Role.DF).get("/cases/final/archive").status_code == 403
    assert program(Role.EL).get("/cases/asked/archive").json["code"] == "action_refused"
