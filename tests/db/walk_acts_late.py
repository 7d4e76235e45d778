"""Acts from scoring to correction as a chance clerk does them: arguments mostly sensible, sometimes wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from service.actions import consultation, correction, deadline, finalisation, returns, scoring
from service.actions.paper import RegisterPaper, register_paper
from service.actions.papercode import REPORT_ACTS
from service.models.consultation import DispositionVerdict
from service.queries.reportdesk import short_code
from service.report.noted import Noted, keyed
from service.workflow.actions import Action as A
from service.workflow.machine import PAPER_ACTS, permits
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.db.walk_turn import Turn

ORIGINS = ("异议", "复核", "会商纪要", "批示", "事实更正")
PAPER_ROLE = {A.REPORT_CERTIFY: Role.EL, A.REPORT_SEAL: Role.AS, A.REPORT_SIGN: Role.FA}


def origin_of(turn: Turn) -> scoring.Origin | None:
    late = bool(turn.look.case.facts.get("scores_ever_submitted"))
    if late is turn.rarely():
        return None
    return scoring.Origin(turn.random.choice(ORIGINS), turn.words("复核人"), turn.words("复核意见"))


def results(turn: Turn) -> None:
    rate = turn.random.choice(("95%", "100%", "101%", "50%", "2145/5823"))
    points = turn.random.choice(("60", "50", "47.5", "0", "61"))
    results: dict[str, dict[str, Any]] = {"A1": {"value": rate}, "B1": {"points": points, "reason": "晚到"}}
    if turn.rarely():
        results = turn.random.choice(({"Z9": {"value": "1"}}, {"A1": {"wert": "1"}}, {"A1": {"value": "多"}}))
    elif turn.random.random() < 0.3:
        del results[turn.random.choice(("A1", "B1"))]
    scoring.record_results(turn.actor, turn.case, results=results, origin=origin_of(turn))


def reason_of(turn: Turn, amounts: Iterable[str | None]) -> scoring.Reason:
    origin = origin_of(turn)
    return scoring.Reason(
        node="Z9" if turn.rarely() else turn.random.choice(("A1", "B1", "B1", "B")),
        amount="-1" if turn.random.random() < 0.03 else turn.random.choice(tuple(amounts)),
        reason=turn.words("两台晚到"),
        clause=turn.words("验收"),
        evidence=(turn.code("evidence"),)
        if turn.look.rows("evidence") and turn.random.random() < 0.3
        else (),
        no_evidence=turn.words("访谈得知"),
        origin=origin.kind if origin else "",
        asked_by=origin.asked_by if origin else "",
        paper=origin.paper if origin else "",
        bonus=turn.random.random() < 0.03,
    )


def draft_deduction(turn: Turn) -> None:
    reason = reason_of(turn, ("10", "2.5", "0", "1/3", "70"))
    if turn.random.random() < 0.15:
        scoring.type_awarded(turn.actor, turn.case, reason)
    else:
        scoring.draft_deduction(turn.actor, turn.case, reason)


def revise_deduction(turn: Turn) -> None:
    code = turn.code("deduction", "draft", "submitted", "pending")
    scoring.revise_deduction(turn.actor, turn.case, code=code, command=reason_of(turn, ("3", "12", None)))


def withdraw_deduction(turn: Turn) -> None:
    code = turn.code("deduction", "draft", "pending")
    scoring.withdraw_deduction(
        turn.actor, turn.case, code=code, reason=turn.words("重核"), origin=origin_of(turn)
    )


def draft_adjustment(turn: Turn) -> None:
    scoring.draft_adjustment(turn.actor, turn.case, reason_of(turn, ("38", "45", "59.5", None)))


def revise_adjustment(turn: Turn) -> None:
    code = turn.code("adjustment", "draft", "submitted", "pending")
    scoring.revise_adjustment(turn.actor, turn.case, code=code, command=reason_of(turn, ("39", "44")))


def withdraw_adjustment(turn: Turn) -> None:
    code = turn.code("adjustment", "draft", "pending")
    scoring.withdraw_adjustment(
        turn.actor, turn.case, code=code, reason=turn.words("重核"), origin=origin_of(turn)
    )


def issue_draft(turn: Turn) -> None:
    due = turn.walk.on + timedelta(days=turn.random.choice((10, 10, 0, 3)))
    consultation.issue_draft(turn.actor, turn.case, due_on=due, reason=turn.words("请提意见"))


def addressee(turn: Turn) -> str:
    return turn.walk.office.organisations["unit" if not turn.rarely() else "department"]


def opinion(turn: Turn) -> None:
    agrees = turn.random.random() < 0.6
    command = consultation.RecordOpinion(addressee(turn), "" if agrees else "不算晚到", agrees, node="B1")
    consultation.record_opinion(turn.actor, turn.case, command)


def lapse_opinion(turn: Turn) -> None:
    consultation.lapse_opinion(turn.actor, turn.case, organisation=addressee(turn))


def open_opinion(turn: Turn, *, answered: bool) -> str:
    found = turn.look.dispositions()
    rows = [row for row in turn.look.rows("opinion") if not row.agrees and not row.lapsed]
    fitting = [
        row.code
        for row in rows
        if (row.id in found) is answered and not (answered and found[row.id].confirmed_by)
    ]
    return turn.random.choice(fitting) if fitting and not turn.rarely() else turn.code("opinion")


def dispose(turn: Turn) -> None:
    command = consultation.ProposeDisposition(
        open_opinion(turn, answered=False),
        turn.random.choice(list(DispositionVerdict)),
        turn.words("合同如此"),
        "不影响得分",
    )
    consultation.propose_disposition(turn.actor, turn.case, command)


def return_disposition(turn: Turn) -> None:
    opinion = turn.code("opinion")
    consultation.return_disposition(turn.actor, turn.case, opinion=opinion, reason=turn.words("再核"))


def confirm_disposition(turn: Turn) -> None:
    consultation.confirm_disposition(turn.actor, turn.case, opinion=open_opinion(turn, answered=True))


def words(turn: Turn) -> tuple[finalisation.Words, ...]:
    body = turn.random.choice(("更换终端。", "更换服务大厅的终端。", "更换大厅终端二十台。"))
    return (finalisation.Words("section", "background", body),)


def frozen(turn: Turn) -> finalisation.Frozen:
    """Return what a rendering would hand over, without the rendering; rarely with something found on it."""
    content = f"报告{turn.random.randrange(10**9)}".encode()
    blob = turn.walk.store.put(content)
    wrong = Noted("", "sum.total", "合计", "error", "表3", "合计不符")
    return finalisation.Frozen(
        profile="standard",
        snapshot_sha256=turn.digest(),
        docx_sha256=hashlib.sha256(content + b"docx").hexdigest(),
        frozen_sha256=blob.sha256,
        media="docx",
        pages=0,
        files=((blob.sha256, blob.size, "docx"),),
        findings=keyed([wrong]) if turn.rarely() else (),
    )


def freeze(turn: Turn) -> None:
    finalisation.freeze_report(turn.actor, turn.case, frozen(turn))


def freeze_correction(turn: Turn) -> None:
    correction.freeze_correction(turn.actor, turn.case, frozen(turn))


def finish(turn: Turn) -> None:
    report = turn.look.report()
    blob = turn.walk.store.put(f"终稿{turn.random.randrange(10**9)}".encode())
    key = report.id if report is not None else "X99"
    finalisation.finish_report(turn.actor, turn.case, report=key, final=(blob.sha256, blob.size, "docx"))


def return_stage(turn: Turn) -> None:
    earlier = [stage for stage in Stage if stage.before(turn.look.stage)] or [Stage.SIGNED]
    if turn.look.stage is Stage.FINALISATION and turn.random.random() < 0.7:
        earlier = [Stage.CONSULTATION]
    to_stage = turn.random.choice(list(Stage) if turn.rarely() else earlier)
    items = () if turn.rarely() else (turn.words("与验收单不一致"), "补说明")
    command = returns.ReturnStage(to_stage, items, straight_back=turn.random.random() < 0.5)
    returns.return_stage(turn.actor, turn.case, command)


def paper(turn: Turn) -> None:
    look = turn.look
    here = [
        act
        for act in sorted(PAPER_ACTS, key=str)
        if permits(look.kind, look.stage, look.status, act, frozenset({PAPER_ROLE.get(act, Role.DH)}))
    ]
    act = turn.random.choice([A.REVIEW_PASS] if turn.rarely() or not here else here)
    role = PAPER_ROLE.get(act, Role.DH)
    holders = [login for login in turn.walk.office.accounts if role in turn.walk.roles(login, turn.look)]
    login = turn.random.choice(holders or ["stranger"]) if not turn.rarely() else "stranger"
    target = {A.SUPPLEMENT_CONFIRM: ("supplement", "answered")}.get(act, ("finding", "recorded"))
    command = RegisterPaper(
        act=act,
        for_account=turn.walk.office.accounts[login],
        for_role=role,
        document_on=turn.walk.on,
        evidence=turn.code("evidence"),
        document_no=turn.words("某函〔2025〕1号"),
        target=turn.code(*target),
        text=turn.words("不同意"),
        organisation=turn.walk.office.organisations["unit"],
        agrees=turn.random.random() < 0.5,
        seen=turn.seen(),
        form_code=short_code(turn.seen()) if act in REPORT_ACTS else "",
    )
    register_paper(turn.actor, turn.case, command)


def ask_time(turn: Turn) -> None:
    until = turn.walk.on + timedelta(days=turn.random.randint(0, 40))
    what = turn.random.choice(("self", "consultation", turn.code("supplement")))
    deadline.request_extension(turn.actor, turn.case, what=what, until=until, reason=turn.words("资料未齐"))


def refuse_time(turn: Turn) -> None:
    code = f"YQ{turn.random.randint(1, 2)}"
    deadline.refuse_extension(turn.actor, turn.case, code=code, reason=turn.words("时间足够"))


def extend(turn: Turn) -> None:
    due = turn.walk.on + timedelta(days=turn.random.randint(0, 9))
    deadline.extend_deadline(turn.actor, turn.case, due_on=due, reason=turn.words("通知要求"))
