"""The world of the page tests with more in it: cases of other kinds and states, so that every page has one."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import timedelta

from service.actions import commissioning, consultation, finalisation, site_verification, templates
from service.actions.workshop import workshop_of
from service.evidence.store import EvidenceStore
from service.extensions import db
from service.jobs.ledger import JobLedger
from service.jobs.runner import run_job
from service.models.evaluation import Evaluation
from service.queries.content import content_digest, present_snapshot
from service.report import builder, package, profile
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import DESK_ROLES, FRAMEWORK, CaseBuilder, People
from tests.selfbooks import batch, zipped
from tests.web.conftest import HOSTILE, ORIGIN, Site, csrf_of
from tests.web.test_intake import confirm, upload, work

FRESH = {"reauth_fresh": True}
DIGEST = "ab" * 32


def fuller(site: Site) -> Site:
    """The same site, its copy of the world enlarged by real acts."""
    people = site.world.people
    with site.app.app_context():
        made = {
            "firm": _firm(people),
            "own": _own(people),
            "signed": _signed(people),
            "halted": _halted(people),
        }
        _findings(people, site.world.cases["visit"])
        _opinion(people, site.world.cases["asked"])
        _templates(people, workshop_of(site.app.config["PINGJI"]).store)
        db.session.remove()
    return Site(site.app, site.instance, replace(site.world, cases={**site.world.cases, **made}))


def begun(site: Site) -> tuple[str, ...]:
    """Addresses no link leads to before something was begun there: by FO a draft and a selection, by EL a copy."""
    clerk, leader = site.as_role(Role.FO), site.as_role(Role.EL)
    file = (io.BytesIO(FRAMEWORK.encode()), "体系.yaml")
    data = {"csrf_token": csrf_of(clerk.get("/library").text), "do": "upload", "file": file}
    draft = clerk.post("/library", data=data, headers=ORIGIN)
    page = clerk.get("/portfolio?due=").text
    data = {"csrf_token": csrf_of(page), "act": "remind", "pick": "visit", "due": ""}
    bulk = clerk.post("/portfolio/select", data=data, headers=ORIGIN)
    token = csrf_of(leader.get("/cases/final/writing").text)
    copy = leader.post("/cases/final/writing-copy", data={"csrf_token": token}, headers=ORIGIN)
    assert {draft.status_code, bulk.status_code, copy.status_code} == {303}
    return draft.location, bulk.location, copy.location, *word_files(site), *_taken_in(site)


def _taken_in(site: Site) -> tuple[str, ...]:
    """Addresses of an archive of 自评表 that FO took in, of its worst and best form, and of a sample."""
    clerk = site.as_role(Role.FO)
    content = zipped([(path, content) for path, content, _ in batch(7, 12)])
    answer = upload(clerk, "self", "自评表.zip", content)
    assert answer.status_code == 303, answer.text
    here = str(answer.location)
    confirm(clerk, here)
    work(site)
    page = clerk.get(here).text
    # Ranked: the first has most against it, the last least.
    items = list(dict.fromkeys(re.findall(rf'href="({re.escape(here)}/items/[0-9]+)"', page)))
    drawn = clerk.post(f"{here}/sample", data={"csrf_token": csrf_of(page), "size": "3"}, headers=ORIGIN)
    assert drawn.status_code == 303, drawn.text
    return here, items[0], items[-1], drawn.location


def word_files(site: Site) -> tuple[str, str]:
    """Addresses of a working copy that came back and of a template's trial, both EL's, the trial over."""
    leader, here = site.as_role(Role.EL), "/cases/final/writing-trip"
    data = {"csrf_token": csrf_of(leader.get(here).text)}
    assert leader.post(here, data=data, headers=ORIGIN).status_code == 303
    taken = re.findall(rf'href="({here}/[^"]+)"', leader.get(here).text)[0]
    file = (io.BytesIO(leader.get(taken, buffered=True).data), "改好的.docx")
    data = {"csrf_token": csrf_of(leader.get(here).text), "file": file}
    back = leader.post("/cases/final/writing-back", data=data, headers=ORIGIN)
    version = re.findall(r'href="(/templates/[^"/]+)"', leader.get("/templates").text)[0]
    data = {"csrf_token": csrf_of(leader.get(version).text), "case": "final"}
    tried = leader.post(f"{version}/preview", data=data, headers=ORIGIN)
    assert {back.status_code, tried.status_code} == {303}
    with site.app.app_context():
        run_job(JobLedger(db.engine), tried.location.rpartition("/")[2])
        db.session.remove()
    return back.location, tried.location


def _declared(people: People, case: CaseBuilder) -> str:
    for role in DESK_ROLES:
        commissioning.declare_conflict(people.actor(role), case.id, conflict=False, statement="无利害关系")
    return case.id


def _firm(people: People) -> str:
    case = CaseBuilder(people, kind=Kind.FISCAL_FIRM, code="firm").until(Stage.FINALISATION).qualify().write()
    finalisation.review_internally(people.actor(Role.IR), case.id, seen=_present(case), given={})
    return _declared(people, case)


def _own(people: People) -> str:
    homes = people.organisations
    command = commissioning.CreateEvaluation(
        code="own", title="窗口设备更新单位自评", kind=Kind.UNIT_SELF, year="2024", subject_name="窗口设备更新",
        profile="standard", parties={"evaluated": (homes["unit"],), "organiser": (homes["bureau"],)},
        secrecy="公开", publicity="主动公开", self_due_on=people.on + timedelta(days=30), framework=FRAMEWORK,
    )  # fmt: skip
    case = commissioning.create_evaluation(people.actor(Role.FO), command)
    commissioning.issue_evaluation(people.actor(Role.FR), case)
    return case


def _present(case: CaseBuilder) -> str:
    db.session.expire_all()
    row = db.session.get_one(Evaluation, case.id)
    digest = content_digest(present_snapshot(db.session(), row))
    db.session.rollback()
    return digest


def _signed(people: People) -> str:
    case = CaseBuilder(people, code="signed").until(Stage.FINALISATION).write()
    _declared(people, case)
    frozen = finalisation.Frozen("standard", _present(case), DIGEST, DIGEST, "pdf", 9, ((DIGEST, 5, "pdf"),))
    finalisation.freeze_report(people.actor(Role.EL), case.id, frozen)
    finalisation.review_second(people.actor(Role.FR), case.id, seen=_present(case), given={})
    finalisation.sign_report(people.actor(Role.FA), case.id, seen=DIGEST, given=FRESH)
    return case.id


def _halted(people: People) -> str:
    case = CaseBuilder(people, code="halted").until(Stage.MATERIAL_REVIEW)
    _declared(people, case)
    commissioning.ask_suspension(people.actor(Role.FO), case.id, reason="项目停建待定")
    commissioning.confirm_suspension(people.actor(Role.FA), case.id)
    return case.id


def _findings(people: People, case: str) -> None:
    leader, member = people.actor(Role.EL), people.actor(Role.EV)
    visit = site_verification.open_visit(
        leader, case, site_verification.OpenVisit(on=people.on, place="大厅", method="清点")
    )
    for text in ("两台设备晚到", HOSTILE[0]):
        site_verification.record_finding(member, case, site_verification.RecordFinding(text, ("B1",), visit))


def _templates(people: People, store: EvidenceStore) -> None:
    """Two versions of a template: one approved, one that waits."""
    content = builder.path(profile.load("standard")).read_bytes()
    other = package.write({**package.read(content), "word/theme/theme9.xml": b"<a/>"})
    made = []
    for each in (content, other):
        command = templates.ProposeTemplate(
            people.organisations["bureau"], "重点评价版式", "版式.docx", each, note=f"供重点评价{HOSTILE[0]}"
        )
        made.append(templates.propose_template(people.actor(Role.FO), command, store))
    templates.approve_template(people.actor(Role.FR), made[0])


def _opinion(people: People, case: str) -> None:
    for text in ("B1 的扣分依据有误，两台设备已补到。", HOSTILE[4]):
        said = consultation.RecordOpinion(people.organisations["unit"], text, node="B1")
        consultation.record_opinion(people.actor(Role.DH), case, said)
