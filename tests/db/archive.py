"""A signed case with everything that may be tampered with: rows, log, evidence, and a real signed PDF."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from service.actions import consultation, deadline, finalisation, scoring
from service.actions import site_verification as site
from service.actions.evidence import AddEvidence, add_evidence, supersede_evidence
from service.actions.reporting import freeze_now, stamp_now
from service.actions.workshop import Workshop
from service.audit.signer import Signer
from service.audit.stored import anchor
from service.evidence.store import EvidenceStore
from service.extensions import WRITING, db
from service.models.consultation import DispositionVerdict
from service.models.evaluation import Evaluation
from service.queries.content import content_digest, present_snapshot
from service.report.keys import DemoKeys
from service.report.pdf import Converter
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import CaseBuilder, make_people
from tests.cluster import Cluster
from tests.db.conftest import ORIGIN
from tests.db.office import opened

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
FRESH = {"reauth_fresh": True}


@dataclass(frozen=True)
class Archive:
    """One finished instance: database to copy from, store, keys, signer and the signed file."""

    name: str
    template: str
    cluster: Cluster | None
    workshop: Workshop
    report: bytes

    @property
    def store(self) -> EvidenceStore:
        """The evidence store."""
        return self.workshop.store

    @contextmanager
    def copy(self, folder: Path) -> Iterator[str]:
        """Give a copy of the database, gone afterwards; its application context is pushed."""
        if self.cluster is None:
            file = folder / "copy.db"
            shutil.copy(self.template, file)
            with opened(f"sqlite:///{file}"):
                yield f"sqlite:///{file}"
            for each in folder.glob("copy.db*"):
                each.unlink()
            return
        name = self.cluster.create(self.template)
        with opened(self.cluster.url(name)):
            yield self.cluster.url(name)
        self.cluster.drop(name)


def workshop_in(folder: Path) -> Workshop:
    """Return the tools of an instance in `folder`."""
    root = Path(__file__).resolve().parents[2]
    fonts = Path(os.environ.get("PINGJI_FONTS") or root / ".fonts")
    (folder / "reports").mkdir(parents=True)
    return Workshop(
        store=EvidenceStore(f"file://{folder}/store"),
        converter=Converter(soffice=os.environ.get("PINGJI_SOFFICE") or "soffice", fonts=fonts),
        keys=DemoKeys(folder / "keys"),
        signer_dir=folder / "signer",
        reports=folder / "reports",
        checks=folder / "checks",
        fonts=fonts,
        demo=True,
    )


def fill(workshop: Workshop) -> bytes:
    """Carry a case to the signature in the present database and return the signed file."""
    signer = Signer.create(workshop.signer_dir, ORIGIN)
    case = CaseBuilder(make_people(), kind=Kind.FISCAL_FIRM)
    case.until(Stage.MATERIAL_REVIEW)
    _evidence(case, workshop.store)
    _anchor(signer)
    case.qualify().pass_review()
    _site(case)
    _opinions(case)
    _anchor(signer)
    content = _signed(case, workshop)
    _anchor(signer)
    return content


def _anchor(signer: Signer) -> None:
    with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        anchor(connection, signer, at=AT)


def _evidence(case: CaseBuilder, store: EvidenceStore) -> None:
    ev, team = case.actor(Role.EV), case.actor(Role.EL)
    for number in range(4):
        text = f"第{number}号验收单。" * (number * 40 + 1)
        command = AddEvidence(f"验收单{number}", f"{number}.txt", text.encode(), links=(("node", "B1"),))
        code = add_evidence(ev, case.id, command, store=store)
    supersede_evidence(
        ev, case.id, code=code, filename="更正.txt", content="更正件".encode(), reason="扫描不清", store=store
    )
    deadline.extend_deadline(
        case.actor(Role.FO), case.id, due_on=case.people.on + timedelta(days=39), reason="通知要求"
    )
    words = (finalisation.Words("section", "background", "更换服务大厅的终端。"),)
    finalisation.write_report(team, case.id, words=words)


def _site(case: CaseBuilder) -> None:
    team = case.actor(Role.EL)
    visit = site.open_visit(team, case.id, site.OpenVisit(on=case.people.on, place="大厅", method="清点"))
    found = site.RecordFinding("两台晚到", ("B1",), visit)
    finding = site.record_finding(case.actor(Role.EV), case.id, found)
    site.close_visit(team, case.id, code=visit)
    site.object_to_finding(case.actor(Role.DH), case.id, code=finding, response="合同如此")
    site.answer_objection(case.actor(Role.EL), case.id, code=finding, answer="以验收为准")
    reason = scoring.Reason("B1", "10", "两台晚到", clause="验收", evidence=("E01",))
    code = scoring.draft_deduction(case.actor(Role.EV), case.id, reason)
    scoring.submit_deduction(case.actor(Role.EV), case.id, code=code)
    raised = scoring.Reason("A1", "39", "年末调剂", clause="执行率", no_evidence="访谈得知")
    adjusted = scoring.draft_adjustment(case.actor(Role.EL), case.id, raised)
    scoring.submit_adjustment(case.actor(Role.EL), case.id, code=adjusted)
    case.score()


def _opinions(case: CaseBuilder) -> None:
    case._issue_draft()
    unit = case.people.organisations["unit"]
    opinion = consultation.record_opinion(
        case.actor(Role.DH), case.id, consultation.RecordOpinion(unit, "不算晚到", node="B1")
    )
    answer = consultation.ProposeDisposition(
        opinion, DispositionVerdict.REJECTED, "合同日期如此", "不影响得分"
    )
    consultation.propose_disposition(case.actor(Role.EL), case.id, answer)
    consultation.confirm_disposition(case.actor(Role.FO), case.id, opinion=opinion)
    consultation.close_consultation(case.actor(Role.FO), case.id)


def _signed(case: CaseBuilder, workshop: Workshop) -> bytes:
    row = db.session.scalars(select(Evaluation)).one()
    digest = content_digest(present_snapshot(db.session(), row))
    db.session.rollback()
    finalisation.review_internally(case.actor(Role.IR), case.id, seen=digest, given={})
    frozen = freeze_now(case.actor(Role.EL), case.id, workshop)
    finalisation.certify_report(case.actor(Role.EL), case.id, seen=frozen.sha256, given=FRESH)
    finalisation.seal_report(case.actor(Role.AS), case.id, seen=frozen.sha256, given=FRESH)
    finalisation.review_second(case.actor(Role.FR), case.id, seen=digest, given={})
    finalisation.sign_report(case.actor(Role.FA), case.id, seen=frozen.sha256, given=FRESH)
    return Path(stamp_now(case.people.accounts[Role.FA], frozen.id, workshop)).read_bytes()
