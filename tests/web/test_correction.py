"""更正 of a signed report through its pages: asked for, written, frozen, signed by another, or refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from service.actions.accounts import NewAccount, confirm_grant, create_account, propose_grant
from service.actions.commissioning import declare_conflict
from service.actions.reporting import freeze_now, stamp_now
from service.actions.workshop import workshop_of
from service.extensions import db
from service.models.report import Narrative, ReportState, ReportVersion
from service.workflow.roles import Role
from tests.builders import PASSWORD
from tests.web.conftest import ORIGIN, Site, csrf_of
from tests.web.test_report_page import HERE, section, send

WRITING = "/cases/final/writing"
OTHER = "fa2"


@pytest.fixture
def signed(site: Site) -> Site:
    """The case in 定稿, signed and stamped; a second signer is at the desk."""
    with site.app.app_context():
        people = site.world.people
        admin, bureau = people.actor(Role.SA), people.organisations["bureau"]
        people.accounts[Role.AA] = create_account(admin, NewAccount(OTHER, "另一签发人", PASSWORD, bureau))
        grant = propose_grant(admin, account=people.accounts[Role.AA], role=Role.FA, organisation=bureau)
        confirm_grant(people.actor(Role.SE), grant=grant, fresh=True)
        second = people.actor(Role.FA, account=people.accounts.pop(Role.AA))
        declare_conflict(second, site.world.cases["final"], conflict=False, statement="无利害关系")
        db.session.remove()
    send(site.as_role(Role.FR), "report.second_review", note="同意")
    assert send(site.as_role(Role.FA), "report.sign", read="1").location == HERE
    _stamp(site)
    return site


def _stamp(site: Site) -> None:
    with site.app.app_context():
        report = db.session.scalars(select(ReportVersion).order_by(ReportVersion.number.desc())).first()
        assert report is not None
        stamp_now(site.world.people.accounts[Role.FA], report.id, workshop_of(site.app.config["PINGJI"]))
        db.session.remove()


def _freeze(site: Site) -> None:
    """What the worker does after the officer pressed 冻结更正版."""
    with site.app.app_context():
        officer, workshop = site.world.people.actor(Role.FO), workshop_of(site.app.config["PINGJI"])
        freeze_now(officer, site.world.cases["final"], workshop)
        db.session.remove()


def _write(client: FlaskClient, body: str, *, path: str = WRITING, **more: Any) -> TestResponse:
    page = client.get(f"{WRITING}?part=basics.overview").text
    place = page.index(
        'name="kind" value="section"><input type="hidden" name="section" value="basics.overview"'
    )
    version = re.search(r'name="version" value="(\d+)"', page[place:])
    assert version
    form = {
        "csrf_token": csrf_of(page),
        "kind": "section",
        "section": "basics.overview",
        "part": "basics.overview",
    }
    return client.post(path, data={**form, "version": version[1], "body": body, **more}, headers=ORIGIN)


def _words(site: Site) -> str:
    with site.app.app_context():
        mine = (Narrative.evaluation_id == site.world.cases["final"], Narrative.section == "basics.overview")
        return db.session.scalar(select(Narrative.body).where(*mine)) or ""


def test_a_correction_goes_its_whole_way_through_the_pages(signed: Site) -> None:
    officer, leader, signer = signed.as_role(Role.FO), signed.as_role(Role.EL), signed.as_role(Role.FA)
    assert "正在更正" not in officer.get(HERE).text
    assert "不能改写报告" in leader.get(WRITING).text, "nothing is written before a correction is asked for"
    assert _write_anyway(leader).status_code == 409
    assert send(officer, "correction.request").status_code == 422, "no reason"
    assert send(officer, "correction.request", reason="背景误写台数").location == HERE
    page = leader.get(HERE).text
    assert "正在更正：背景误写台数" in section(page, "state") and f'href="{WRITING}"' in section(
        page, "state"
    )
    assert (
        "correction.sign" in section(signer.get(HERE).text, "acts") or "签发更正版" in signer.get(HERE).text
    )
    editing = leader.get(f"{WRITING}?part=basics.overview").text
    assert "不能改写报告" not in editing and 'name="body"' in editing
    assert _write(leader, "更换服务大厅的终端二十台。").status_code == 303
    assert _write(leader, "又改", version="0").status_code == 412, "typed upon a text no longer there"
    assert _words(signed) == "更换服务大厅的终端二十台。"
    assert send(officer, "correction.freeze").status_code == 303
    _freeze(signed)
    same = send(signer, "correction.sign", read="1") if "correction.sign" in signer.get(HERE).text else None
    assert same is None or same.status_code == 409
    assert "上一版签发人不能签发更正" in signer.get(HERE).text or same is not None
    other = signed.as_role(OTHER)
    assert send(other, "correction.sign", read="1").location == HERE
    _stamp(signed)
    after = other.get(HERE).text
    assert "正在更正" not in after
    versions = section(after, "versions")
    assert "更正：背景误写台数" in versions and versions.count("签章终稿") >= 2
    assert "核验通过" in other.get(f"{HERE}/2/check").text and "核验通过" in other.get(f"{HERE}/1/check").text
    with signed.app.app_context():
        states = [r.state for r in db.session.scalars(select(ReportVersion).order_by(ReportVersion.number))]
        assert states[-1] is ReportState.SIGNED
    assert "不能改写报告" in leader.get(WRITING).text


def _write_anyway(client: FlaskClient) -> TestResponse:
    page = client.get(WRITING).text
    form = {
        "csrf_token": csrf_of(page),
        "kind": "section",
        "section": "background",
        "body": "改",
        "version": "1",
    }
    return client.post(WRITING, data=form, headers=ORIGIN)


def test_a_refused_correction_leaves_the_report_and_its_words_as_signed(signed: Site) -> None:
    officer, leader, signer = signed.as_role(Role.FO), signed.as_role(Role.EL), signed.as_role(OTHER)
    before = _words(signed)
    send(officer, "correction.request", reason="漏页")
    _write(leader, "改了的背景。")
    _write(leader, "再改的背景。")
    send(officer, "correction.freeze")
    _freeze(signed)
    assert send(signer, "correction.reject").status_code == 422
    assert send(signer, "correction.reject", reason="漏页不影响结论").location == HERE
    assert "正在更正" not in signer.get(HERE).text
    assert _words(signed) == before, "the case says what the signed report says"
    assert send(officer, "correction.request", reason="再次提出").location == HERE
