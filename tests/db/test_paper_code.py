"""The short code typed from a signed paper is compared with what the case holds now."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from service.actions import finalisation
from service.actions import self_assessment as own
from service.actions import site_verification as site
from service.actions.evidence import AddEvidence, add_evidence
from service.actions.paper import RegisterPaper, register_paper
from service.actions.papercode import read_code
from service.errors import ActionRefusedError
from service.evidence.store import EvidenceStore
from service.extensions import db
from service.models.evaluation import Evaluation
from service.models.evidence import Evidence
from service.models.report import PaperAct
from service.queries.content import PAPER_SCAN, content_digest, present_snapshot
from service.queries.prints import open_forms
from service.queries.prints_scored import scored_forms
from service.queries.reportdesk import short_code
from service.workflow.actions import Action
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import CaseBuilder, make_people

FRESH = {"reauth_fresh": True}


@pytest.fixture
def case(database: None) -> CaseBuilder:
    return CaseBuilder(make_people())


def stored(case: CaseBuilder) -> Evaluation:
    db.session.expire_all()
    return db.session.get_one(Evaluation, case.id)


def printed(case: CaseBuilder, key: str) -> str:
    """The short code at the foot of a form printed now."""
    forms = (*open_forms(db.session(), stored(case)), *scored_forms(db.session(), stored(case)))
    return next(form.code for form in forms if form.key == key)


def scan(case: CaseBuilder, folder: Path) -> str:
    command = AddEvidence("扫描件", "scan.txt", "签字的原件".encode(), klass=PAPER_SCAN)
    return add_evidence(case.actor(Role.FO), case.id, command, store=EvidenceStore(f"file://{folder}/store"))


def register(case: CaseBuilder, act: Action, role: Role, evidence: str, code: str, **more: Any) -> str:
    store = more.pop("store", None)
    paper = RegisterPaper(
        act=act, for_account=case.people.accounts[role], for_role=role, document_on=case.people.on,
        evidence=evidence, form_code=code, **{"document_no": "某函〔2025〕1号", **more},
    )  # fmt: skip
    return register_paper(case.actor(Role.FO), case.id, paper, given=FRESH, store=store)


def test_a_form_printed_before_the_content_changed_is_refused(case: CaseBuilder, tmp_path: Path) -> None:
    case.until(Stage.SELF_ASSESSMENT)

    def claim(points: str) -> None:
        lines = (own.ClaimLine("A1", points),)
        own.edit_self_assessment(case.actor(Role.DF), case.id, own.EditSelfAssessment(lines))

    claim("40")
    old, paper = printed(case, "self"), scan(case, tmp_path)
    claim("39")
    new = printed(case, "self")
    with pytest.raises(ActionRefusedError, match=f"短码不符：纸上是“{old}”，案卷现在是“{new}”"):
        register(case, Action.SELF_SUBMIT, Role.DH, paper, old)
    assert stored(case).stage is Stage.SELF_ASSESSMENT
    register(case, Action.SELF_SUBMIT, Role.DH, paper, new.lower().replace("-", " ").replace("a", "ａ"))
    assert stored(case).stage is Stage.MATERIAL_REVIEW
    assert db.session.query(PaperAct).one().form_code == new


def test_one_visit_record_answers_all_its_findings(case: CaseBuilder, tmp_path: Path) -> None:
    case.until(Stage.ON_SITE_VERIFICATION)
    visit = site.OpenVisit(on=case.people.on, place="大厅", method="勘查")
    number = site.open_visit(case.actor(Role.EL), case.id, visit)
    found = [
        site.record_finding(case.actor(Role.EV), case.id, site.RecordFinding(text=text, visit=number))
        for text in ("一台晚到", "没有台账")
    ]
    record, paper = printed(case, "visit"), scan(case, tmp_path)
    register(case, Action.FINDING_CONFIRM, Role.DH, paper, record, target=found[0])
    assert printed(case, "visit") != record
    other = scan(case, tmp_path)
    with pytest.raises(ActionRefusedError, match="短码不符"):
        register(case, Action.FINDING_CONFIRM, Role.DH, other, record, target=found[1])
    register(case, Action.FINDING_CONFIRM, Role.DH, paper, record, target=found[1])


def test_a_paper_signature_names_the_frozen_file(case: CaseBuilder, tmp_path: Path) -> None:
    case.until(Stage.FINALISATION).write()
    seen = content_digest(present_snapshot(db.session(), stored(case)))
    db.session.rollback()
    digest = hashlib.sha256(b"frozen").hexdigest()
    frozen = finalisation.Frozen("standard", seen, digest, digest, "pdf", 9, ((digest, 5, "pdf"),))
    finalisation.freeze_report(case.actor(Role.EL), case.id, frozen)
    old = printed(case, "approval")
    finalisation.review_second(case.actor(Role.FR), case.id, seen=seen, given={})
    paper = scan(case, tmp_path)
    for code, said in (("", "纸上写明的报告短码"), (old, short_code(digest))):
        with pytest.raises(ActionRefusedError, match=said):
            register(case, Action.REPORT_SIGN, Role.FA, paper, code, seen=digest)
    forms = scored_forms(db.session(), stored(case))
    facts = next(form.facts for form in forms if form.key == "approval")
    assert ("报告短码", short_code(digest)) in facts
    register(case, Action.REPORT_SIGN, Role.FA, paper, printed(case, "approval"), seen=digest)
    assert stored(case).stage is Stage.SIGNED


def test_a_scan_that_comes_with_the_paper_is_kept_with_it_or_not_at_all(
    case: CaseBuilder, tmp_path: Path
) -> None:
    case.until(Stage.SELF_ASSESSMENT)
    lines = (own.ClaimLine("A1", "40"),)
    own.edit_self_assessment(case.actor(Role.DF), case.id, own.EditSelfAssessment(lines))
    more = {"scan": ("报送函.txt", "签字的原件".encode()), "store": EvidenceStore(f"file://{tmp_path}/store")}
    with pytest.raises(ActionRefusedError, match="短码不符"):
        register(case, Action.SELF_SUBMIT, Role.DH, "", "0000-0000", **more)
    assert db.session.query(Evidence).count() == 0
    register(case, Action.SELF_SUBMIT, Role.DH, "", printed(case, "self"), **more)
    kept = db.session.query(Evidence).one()
    assert (kept.klass, kept.author) == (PAPER_SCAN, case.people.accounts[Role.FO])
    assert db.session.query(PaperAct).one().evidence_id == kept.id


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("7f3a-91c2", "7F3A-91C2"),
        ("７Ｆ３Ａ—９１Ｃ２", "7F3A-91C2"),
        (" 7F3A 91C2 ", "7F3A-91C2"),
        ("签字页", "签字页"),
        ("7F3A-91C", "7F3A-91C"),
        ("", ""),
    ],
)
def test_a_code_is_read_as_people_write_it(typed: str, read: str) -> None:
    assert read_code(typed) == read
