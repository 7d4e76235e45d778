"""The second half of the lives: scored, answered, signed, corrected, and every other way a case may end."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from service import clock
from service.audit.signer_client import signer_at
from service.audit.stored import anchor
from service.extensions import WRITING, db
from service.jobs.ledger import JobLedger
from service.jobs.runner import run_job
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.programs.lives import LATER, TEXT, TODAY, Lives, book

WAIVED = {"mode": "not_held", "ground": TEXT, "consent": True}


def visited(lives: Lives) -> None:
    """Findings of every outcome, evidence of every act."""
    case, team = "made", lives.by(Role.EV)
    visit = lives.act(Role.EL, case, "visit.open", {"on": TODAY, "place": "大厅", "method": "访谈"})
    codes = [
        lives.act(Role.EV, case, "finding.record", {"visit": visit, "text": f"发现{n}", "nodes": ["B1"]})
        for n in range(3)
    ]
    team.files(case, "/acts/evidence.add", {"name": "验收单"}, "验收单.txt", b"one")
    team.get(f"/cases/{case}/evidence/E01/1")
    team.files(case, "/acts/evidence.supersede", {"code": "E01", "reason": TEXT}, "更正.txt", b"two")
    lives.act(Role.EV, case, "evidence.link", {"code": "E01", "target": "node:B1"})
    for code in codes:
        team.act(case, "evidence.link", {"code": "E01", "target": f"finding:{code}"})
    lives.act(Role.EV, case, "evidence.unlink", {"code": "E01", "target": "node:B1", "reason": TEXT})
    _uploaded(lives, case)
    lives.act(Role.EV, case, "evidence.void", {"code": "E02", "reason": TEXT})
    lives.act(Role.DH, case, "finding.confirm", {"code": codes[0]})
    lives.act(Role.DH, case, "finding.object", {"code": codes[1], "response": TEXT})
    lives.act(Role.EL, case, "finding.answer", {"code": codes[1], "answer": TEXT})
    lives.act(Role.EL, case, "finding.lapse", {"code": codes[2], "reason": TEXT})
    book(lives, Role.EV, case, "issues")
    lives.act(Role.EL, case, "visit.close", {"code": visit})


def _uploaded(lives: Lives, case: str) -> None:
    machine, content = lives.by(Role.EV), b"upload"
    told = {"filename": "b.txt", "size": str(len(content)), "sha256": sha256(content).hexdigest()}
    begun = machine.send(f"/cases/{case}/uploads", told).body["id"]
    place = f"/cases/{case}/uploads/{begun}"
    piece = f"{place}?offset=0&sha256={told['sha256']}"
    machine.ask("PUT", piece, content, Content_Type="application/octet-stream")
    machine.on(case, f"/uploads/{begun}/finish", {"name": "附件"})


def scored(lives: Lives) -> None:
    """Results, deductions and adjustments of every state, some confirmed again after a return."""
    case, team = "made", lives.by(Role.EV)
    results = {"A1": {"value": "95%"}, "B1": {"points": "50", "reason": "两台晚到"}}
    team.on(case, "/results", {"results": results})
    why = {"node": "B1", "reason": "晚到", "clause": "验收", "no_evidence": "访谈"}
    adjusted = {**why, "node": "A1"}
    first = lives.act(Role.EV, case, "deduction.draft", {**why, "amount": "1"})
    first = lives.act(Role.EV, case, "deduction.revise", {**why, "code": first, "amount": "2"})
    lives.act(Role.EV, case, "deduction.submit", {"code": first})
    second = lives.act(Role.EV, case, "adjustment.draft", {**adjusted, "amount": "37"})
    second = lives.act(Role.EV, case, "adjustment.revise", {**adjusted, "code": second, "amount": "36"})
    lives.act(Role.EV, case, "adjustment.submit", {"code": second})
    lives.act(Role.EV, case, "awarded.type", {**why, "amount": "45"})
    for table in ("scores", "deductions"):
        book(lives, Role.EV, case, table)
    back = {"to_stage": Stage.MATERIAL_REVIEW.value, "items": [TEXT], "straight_back": True}
    lives.act(Role.FO, case, "stage.return", back)
    lives.act(Role.EV, case, "deduction.reconfirm", {"code": first})
    lives.act(Role.EV, case, "adjustment.reconfirm", {"code": second})
    lives.act(Role.EV, case, "deduction.withdraw", {"code": first, "reason": TEXT})
    lives.act(Role.EV, case, "adjustment.withdraw", {"code": second, "reason": TEXT})


def answered(lives: Lives) -> None:
    """A draft goes out, is answered and closed; a unit that says nothing is noted."""
    case = lives.built("asking", Stage.ON_SITE_VERIFICATION)
    visit = lives.act(Role.EL, case, "visit.open", {"on": TODAY, "place": "大厅", "method": "访谈"})
    lives.act(Role.EL, case, "visit.close", {"code": visit})
    results = {"A1": {"value": "95%"}, "B1": {"points": "50", "reason": "两台晚到"}}
    lives.by(Role.EV).on(case, "/results", {"results": results})
    lives.act(Role.EL, case, "scores.submit")
    lives.act(Role.FO, case, "draft.issue", {"due_on": LATER})
    unit = lives.home("unit")
    opinion = lives.act(
        Role.DH, case, "opinion.record", {"organisation": unit, "text": "不算晚到", "node": "B1"}
    )
    answer = {"opinion": opinion, "verdict": "rejected", "reason": TEXT, "effect": "不影响得分"}
    lives.act(Role.EL, case, "disposition.propose", answer)
    lives.act(Role.FO, case, "disposition.return", {"opinion": opinion, "reason": TEXT})
    lives.act(Role.EL, case, "disposition.propose", {**answer, "reason": "合同如此"})
    lives.act(Role.FO, case, "disposition.confirm", {"opinion": opinion})
    book(lives, Role.FO, case, "opinions")
    lives.act(Role.FO, case, "consultation.close")
    lives.act(Role.FO, "asked", "opinion.lapse", {"organisation": unit})


def signed(lives: Lives) -> None:
    """A report is written, frozen, reviewed, signed, corrected by another signer."""
    case, second = "final", lives.second_signer()
    second.act(case, "conflict.declare", {"secrecy": True, "conflict": "no"})
    pieces = [{"kind": "section", "section": "background", "body": "更换终端。"}]
    wrong = "年初预算80万元，实际支出60万元，预算执行率为65.00%。"
    pieces.append({"kind": "section", "section": "basics.overview", "body": wrong})
    lives.by(Role.EL).on(case, "/writing", {"pieces": pieces})
    found = [each["noted"]["key"] for each in lives.by(Role.EL).get(f"/cases/{case}/checks").body["lines"]]
    lives.act(Role.EL, case, "report.waive_finding", {"finding": found[0], "reason": TEXT})
    lives.act(Role.EL, case, "report.withdraw_waiver", {"finding": found[0], "reason": TEXT})
    for key in found:
        lives.act(Role.EL, case, "report.waive_finding", {"finding": key, "reason": TEXT})
    lives.act(Role.EL, case, "report.freeze")
    lives.frozen(Role.EL, case)
    _seen(lives, Role.FR, case, "report.second_review")
    _seen(lives, Role.FA, case, "report.sign")
    lives.stamped()
    reader = lives.by(Role.FA)
    reader.get(f"/cases/{case}/reports/2/frozen")
    reader.get(f"/cases/{case}/report-redline?old=1&new=2")
    lives.act(Role.FO, case, "correction.request", {"reason": TEXT})
    lives.act(Role.FA, case, "correction.reject", {"reason": TEXT})
    lives.act(Role.FO, case, "correction.request", {"reason": "附件漏页"})
    pieces = [{"kind": "section", "section": "background", "body": "补上漏页。"}]
    lives.by(Role.EL).on(case, "/writing", {"pieces": pieces})
    lives.act(Role.FO, case, "correction.freeze")
    lives.frozen(Role.FO, case)
    shown = second.get(f"/cases/{case}/acts/correction.sign").body["fields"]
    seen = next(each["value"] for each in shown if each["name"] == "seen")
    second.act(case, "correction.sign", {"seen": seen, "read": True}, proof=True)
    jobs = lives.by(Role.EL).get("/jobs").body["jobs"]
    lives.by(Role.EL).get(f"/jobs/{jobs[0]['id']}")


def audited(lives: Lives) -> None:
    """What the log tells of one case: who set a field, and the proof of an entry."""
    reader, case = lives.by(Role.AU), "final"
    tables = reader.get(f"/cases/{case}/asof").body["tables"]
    row = next(each for each in tables if each["table"] == "evaluation")["rows"][0]
    told = reader.get(f"/cases/{case}/story?table=evaluation&row={row['pk']}&field=stage").body["touches"]
    assert len(told) > 1
    with lives.site.app.app_context():
        signer = signer_at(lives.site.instance.signer)
        with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            anchor(connection, signer, at=clock.now())
    entry = reader.get(f"/cases/{case}/history").body["entries"][-1]
    reader.get(f"/cases/{case}/history/{entry['entry']}/proof")
    refused = reader.get("/audit/search?question=refused&kind=outside").body["hits"]
    reader.get(f"/audit/entries/{refused[-1]['entry']}/proof")
    reader.send("/audit/sample", {"of": "cases", "size": 2, "seed": "一"})
    reader.send(f"/cases/{case}/history/extract", {"media": "xlsx"})
    officer = lives.by(Role.FO)
    officer.get(f"/cases/{case}/archive")
    officer.get(f"/cases/{case}/acts/archive.take")
    made = officer.act(case, "archive.take", {"retention": "30年"}).body["job"]
    with lives.site.app.app_context():
        assert run_job(JobLedger(db.engine), made)
        db.session.remove()
    officer.get(f"/cases/{case}/archive/{made}.zip")


def _seen(lives: Lives, role: Role, case: str, name: str) -> None:
    """The act that names what was read before it; with it goes a note or the proof of identity."""
    seen = lives.offered(role, case, name, "seen")
    reading = name in ("report.second_review", "report.internal_review")
    more: dict[str, Any] = {"note": TEXT} if reading else {"read": True}
    lives.act(role, case, name, {"seen": seen, **more}, proof=not reading)


def by_firm(lives: Lives) -> None:
    """What a firm does before the bureau sees its report."""
    case = lives.built("firm", Stage.FINALISATION, "qualify", "write", kind=Kind.FISCAL_FIRM)
    _seen(lives, Role.IR, case, "report.internal_review")
    lives.frozen(Role.EL, case)
    _seen(lives, Role.EL, case, "report.certify")
    _seen(lives, Role.AS, case, "report.seal")


def ended(lives: Lives) -> None:
    """Suspended, resumed, ended; stages not held; an act done on paper; a 自评 returned and passed."""
    case = lives.built("ending", Stage.SELF_ASSESSMENT)
    scan = {
        "act": "self.submit", "for_role": "DH", "for_account": lives.account(Role.DH), "document_on": TODAY,
        "document_no": "某函〔2026〕1号", "proof": {"password": lives.by(Role.FO).password},
    }  # fmt: skip
    lives.act(Role.DF, case, "self.edit", {"node": "A1", "points": "40"})
    lives.act(Role.DF, case, "self.edit", {"node": "B1", "points": "58"})
    lives.by(Role.FO).files(case, "/acts/paper.register", scan, "报送函.txt", b"scan")
    lives.act(Role.FO, case, "evaluation.suspend", {"reason": TEXT})
    lives.act(Role.FR, case, "evaluation.confirm_suspension")
    lives.act(Role.FO, case, "evaluation.resume", {"reason": TEXT})
    lives.act(Role.FO, case, "evaluation.terminate", {"reason": TEXT})
    lives.act(Role.FA, case, "evaluation.confirm_termination", proof=True)
    lives.act(Role.FO, lives.built("no-self", Stage.SELF_ASSESSMENT), "stage.waive", WAIVED)
    lives.act(Role.FO, lives.built("no-visit", Stage.ON_SITE_VERIFICATION), "visit.waive", WAIVED)
    quiet = lives.built("no-answer", Stage.ON_SITE_VERIFICATION, "score")
    lives.act(Role.FO, quiet, "consultation.waive", WAIVED)
    own = lives.own("own")
    lives.act(Role.FO, own, "self.return", {"items": [TEXT]})
    lives.act(Role.DH, own, "self.submit")
    lives.act(Role.FO, own, "self.review")
