"""报告模板 in the browser and for programs: looked at, decided on by another, tried out, chosen by a case."""

from __future__ import annotations

import hashlib
import io
import re
import secrets
from pathlib import Path
from typing import Any

from docx import Document
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service import clock
from service.actions.tokens import IssueToken, issue_token
from service.extensions import db
from service.jobs.ledger import JobLedger
from service.jobs.runner import run_job
from service.queries.tokens import Scope
from service.report import builder, package, profile
from service.workflow.roles import Role
from tests.db.test_templates import styled
from tests.web.conftest import HOSTILE, ORIGIN, STRANGER, Site, csrf_of
from tests.web.test_api import Program
from tests.web.test_wordtrip import _edited, _write

NAME = "重点评价版式"


def press(client: FlaskClient, path: str, *, at: str = "", **data: Any) -> TestResponse:
    """Fetch a page and press one of its buttons."""
    page = client.get(at or path).text
    form = {"csrf_token": csrf_of(page), "key": secrets.token_hex(8), **data}
    return client.post(path, data=form, headers=ORIGIN)


def hand_in(
    site: Site, client: FlaskClient, content: bytes, name: str = NAME, file: str = "版式.docx"
) -> TestResponse:
    home = site.world.people.organisations["bureau"]
    given = {
        "organisation": home,
        "name": name,
        "note": f"首版{HOSTILE[0]}",
        "file": (io.BytesIO(content), file),
    }
    return press(client, "/templates", **given)


def hostile() -> bytes:
    parts = package.read(builder.path(profile.load("standard")).read_bytes())
    old, new = b"{{ cover.heading }}", b"{{ ''.__class__ }}"
    parts["word/document.xml"] = parts["word/document.xml"].replace(old, new)
    return package.write(parts)


def run_jobs(site: Site) -> None:
    with site.app.app_context():
        ledger = JobLedger(db.engine)
        for job in ledger.due(at=clock.now()):
            run_job(ledger, job)
        db.session.remove()


def test_a_template_is_looked_at_approved_tried_out_and_chosen(site: Site) -> None:
    clerk, reviewer, leader = (site.as_role(role) for role in (Role.FO, Role.FR, Role.EL))
    before = site.rows()
    refused = hand_in(site, clerk, hostile())
    assert refused.status_code == 422 and "错误：" in refused.text.partition("</title>")[0]
    assert "没有这个字段" in refused.text and "正文第" in refused.text and "__class__" in refused.text
    assert NAME in refused.text, "what was typed is there again"
    assert site.rows() == before
    done = hand_in(site, clerk, styled())
    assert done.status_code == 303, done.text
    here = done.headers["Location"]
    page = clerk.get(here).text
    assert "提出人不能批准自己提出的模板" in page and 'value="approve"' not in page and HOSTILE[0] not in page
    assert clerk.get(f"{here}/file.docx", buffered=True).data == styled()
    assert press(clerk, here, do="approve").status_code in (403, 409)
    assert press(reviewer, here, do="return").status_code == 422
    assert "批准报告模板" in reviewer.get("/todo").text
    assert press(reviewer, here, do="approve").status_code == 303
    assert NAME in leader.get("/templates").text
    assert NAME not in site.as_role(Role.DF).get("/templates").text
    assert site.as_role(Role.DF).get(here).status_code == 404
    _tried(site, leader, here)
    ref = here.rpartition("/")[2]
    chosen = press(leader, "/cases/final/do/report.choose_template", version=ref)
    assert chosen.status_code == 303, chosen.text
    assert f"{NAME}（第 1 版）" in leader.get("/cases/final/writing").text
    assert "冻结后内容有变动" in leader.get("/cases/final/report").text
    history = site.as_role(Role.AU).get("/cases/final/history").text
    assert "选用报告模板" in history and NAME in history


def _tried(site: Site, client: FlaskClient, here: str) -> None:
    """Both sides of a trial are there as Word files, marked, and nobody else's."""
    assert press(client, f"{here}/preview", at=here, case="none").status_code == 404
    before = site.rows()
    ordered = press(client, f"{here}/preview", at=here, case="final")
    assert ordered.status_code == 303, ordered.text
    run_jobs(site)
    assert site.rows() == before, "a trial is nobody's history"
    where = ordered.headers["Location"]
    page = client.get(where).text
    assert "本模板" in page and "自带版式" in page and "自查没有发现错误" in page
    own, stock = (client.get(f"{where}/{side}.docx", buffered=True).data for side in ("own", "stock"))
    for content in (own, stock):
        heads = {p.text for s in Document(io.BytesIO(content)).sections for p in s.header.paragraphs}
        assert any("模板试排" in head for head in heads)
    assert [p.text for p in Document(io.BytesIO(own)).paragraphs] == [
        p.text for p in Document(io.BytesIO(stock)).paragraphs
    ]
    assert site.as_role(Role.FO).get(where).status_code == 404
    assert client.get(f"{where}/other.docx").status_code == 404


def test_stock_templates_are_there_to_begin_from(site: Site) -> None:
    client = site.as_role(Role.FO)
    found = re.findall(r'href="(/templates/stock/[^"]+)"', client.get("/templates").text)
    assert len(found) == len(profile.bundled())
    assert client.get(found[0], buffered=True).data.startswith(b"PK")
    assert client.get("/templates/stock/none.docx").status_code == 404
    assert site.as_role(STRANGER).get("/templates").status_code == 200
    assert press(site.as_role(Role.DF), "/templates").status_code == 403


def bearing(site: Site, role: Role) -> Program:
    with site.app.app_context():
        actor = site.world.people.actor(role, on=None)
        until = clock.local_date(clock.now()).replace(day=28)
        token = issue_token(
            actor, IssueToken("模板", tuple(Scope), max(until, clock.local_date(clock.now()))), fresh=True
        )
    return Program(site, token)


def test_programs_do_the_same_with_templates_and_word_files(site: Site, tmp_path: Path) -> None:
    clerk, reviewer, leader = (bearing(site, role) for role in (Role.FO, Role.FR, Role.EL))
    _templates(site, clerk, reviewer)
    _words(site, leader)
    for media, lead in (("docx", b"PK"), ("xlsx", b"PK")):
        assert leader.get(f"/cases/final/opinions/table.{media}").data.startswith(lead)
    key = {"If_Match": clerk.state("final"), "Idempotency_Key": "einmal"}
    before = site.rows()
    hide = {"words": ["张某"], "parties": ["被评价单位"], "amounts": ["*"]}
    first = clerk.post("/cases/final/reports/1/public", hide, **key)
    again = clerk.post("/cases/final/reports/1/public", hide, **key)
    assert first.status_code == again.status_code == 200, first.json
    assert hashlib.sha256(first.data).digest() == hashlib.sha256(again.data).digest()
    assert site.rows()["audit_entry"] == before["audit_entry"] + 1
    unknown = clerk.post("/cases/final/reports/1/public", {"nodes": ["none"]}, If_Match=clerk.state("final"))
    assert (unknown.status_code, unknown.json["problems"][0]["path"]) == (422, "nodes")


def _templates(site: Site, clerk: Program, reviewer: Program) -> None:
    home = site.world.people.organisations["bureau"]

    def send(content: bytes) -> TestResponse:
        data = {"organisation": home, "name": NAME, "note": "首版", "file": (io.BytesIO(content), "a.docx")}
        headers = {"Authorization": f"Bearer {clerk.token}"}
        return clerk.client.post("/api/v1/templates", data=data, headers=headers)

    refused = send(hostile())
    assert refused.status_code == 422
    assert {each["message"] for each in refused.json["problems"]} == {"没有这个字段"}
    assert send(styled()).status_code == 200
    (line,) = clerk.get("/templates").json["lines"]
    assert (line["name"], line["number"], line["state"], line["mine"]) == (NAME, 1, "草拟", True)
    ref = line["ref"]
    assert clerk.get(f"/templates/{ref}/file").data == styled()
    assert clerk.post(f"/templates/{ref}/approve").status_code in (403, 409)
    assert reviewer.post(f"/templates/{ref}/approve").status_code == 200
    assert clerk.get(f"/templates/{ref}").json["state"] == "已批准"
    job = clerk.post(f"/templates/{ref}/preview", {"case": "final"})
    assert job.status_code == 202 and clerk.get(f"/jobs/{job.json['job']}").status_code == 200
    assert clerk.act("final", "report.choose_template", {"version": ref}).status_code == 200
    assert clerk.get("/cases/final/snapshot").json["template"]["number"] == 1
    assert clerk.act("final", "report.choose_template", {"version": "stock"}).status_code == 200


def _words(site: Site, leader: Program) -> None:
    _write(site, "basics.overview", "原来的话。")
    made = leader.post("/cases/final/working-copies")
    assert made.status_code == 200, made.json
    here = f"/cases/final/working-copies/{made.json['id']}"
    assert leader.get("/cases/final/working-copies").json["copies"][0]["id"] == made.json["id"]
    changed = _edited(leader.get(here).data, add="程序带回的一段。")
    headers = {"Authorization": f"Bearer {leader.token}"}
    back = leader.client.post(
        "/api/v1/cases/final/working-copies/returned",
        data={"file": (io.BytesIO(changed), "改好的.docx")},
        headers=headers,
    )
    assert back.status_code == 200, back.json
    takes = [place["number"] for place in back.json["places"] if place["takes"]]
    assert len(takes) == 1
    path = f"/cases/final/working-copies/returned/{back.json['sha256']}"
    assert leader.get(path).json["places"] == back.json["places"]
    missing = leader.post(path, {"take": []}, If_Match=leader.state("final"))
    assert missing.status_code == 422
    assert leader.post(path, {"take": takes}, If_Match=leader.state("final")).status_code == 200
    assert "程序带回的一段。" in leader.get("/cases/final/snapshot").json["narrative"]["basics.overview"]
