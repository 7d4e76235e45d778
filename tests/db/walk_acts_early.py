"""Acts up to the site visit as a chance clerk does them: arguments mostly sensible, sometimes wrong."""

from __future__ import annotations

from datetime import timedelta

from service.actions import commissioning, material_review, planning, self_assessment
from service.actions import evidence as evidences
from service.actions import site_verification as site
from service.models.evaluation import StageMode
from service.models.fieldwork import Verdict
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from tests.builders import FRAMEWORK
from tests.db.walk_turn import Turn, present_points

TEAM = (Role.EL, Role.EV, Role.EX, Role.IR, Role.AS)
OTHER = FRAMEWORK.replace("更新完成情况", "设备更新完成情况")
LOST = FRAMEWORK.replace("code: B1", "code: B9")


def assign(turn: Turn) -> None:
    wanted = turn.random.choice(("el", "ev", "ev", "ir", "as", "ex", "ev2", "two", "two"))
    fitting = {"el": (Role.EL,), "ev": (Role.EV,), "ir": (Role.IR,), "as": (Role.AS,), "ex": (Role.EX,)}
    roles = fitting.get(wanted, tuple(turn.random.sample(TEAM, turn.random.randint(1, 2))))
    held = {row.account_id for row in turn.look.rows("role_grant")}
    if wanted in fitting and turn.walk.office.accounts[wanted] in held:
        wanted = turn.random.choice(("ev2", "two", "fo"))
    account = turn.walk.office.accounts[wanted]
    commissioning.assign_member(
        turn.actor, turn.case, account=account, roles=roles, reason=turn.words("补充")
    )


def declare(turn: Turn) -> None:
    conflict = turn.random.random() < 0.03
    commissioning.declare_conflict(turn.actor, turn.case, conflict=conflict, statement="如实申报")


def override(turn: Turn) -> None:
    rows = turn.look.rows("conflict_declaration")
    hits = [row.account_id for row in rows if row.conflict] or [turn.walk.office.accounts["ev"]]
    account = turn.random.choice(hits)
    commissioning.override_conflict(turn.actor, turn.case, account=account, reason=turn.words("远亲"))


def draft_plan(turn: Turn) -> None:
    text = turn.random.choice((FRAMEWORK, FRAMEWORK, OTHER))
    planning.draft_plan(turn.actor, turn.case, planning.DraftPlan(text, {"目的": "看到位"}))


def amend_plan(turn: Turn) -> None:
    text = LOST if turn.rarely() else turn.random.choice((FRAMEWORK, OTHER))
    command = planning.DraftPlan(text, {}, turn.words("写全"), turn.words("不影响分值"))
    planning.amend_plan(turn.actor, turn.case, command)


def edit_self(turn: Turn) -> None:
    lines = (
        self_assessment.ClaimLine("A1", "40", target="100%", actual="100%"),
        self_assessment.ClaimLine("B1", turn.random.choice(("60", "58", "55.5"))),
    )
    chosen, total = turn.random.choice((lines, lines[1:])), "98"
    points = present_points(turn.case)
    if turn.look.kind is Kind.UNIT_SELF and points and not turn.rarely():
        chosen = tuple(self_assessment.ClaimLine(code, points[code], actual="100%") for code in ("A1", "B1"))
        total = points[""]
    command = self_assessment.EditSelfAssessment(chosen, claimed_total=total)
    self_assessment.edit_self_assessment(turn.actor, turn.case, command)


def return_self(turn: Turn) -> None:
    items = (turn.words("数字不实"),) if not turn.rarely() else ()
    self_assessment.return_self_assessment(turn.actor, turn.case, items=items)


def waiver(turn: Turn) -> commissioning.Waiver:
    mode = turn.random.choice((StageMode.NOT_HELD, StageMode.OFF_SITE))
    return commissioning.Waiver(mode, turn.words("线上核对"), consent=not turn.rarely())


def add_evidence(turn: Turn) -> None:
    links = [("node", "A1")]
    links += [("deduction", row.code) for row in turn.look.rows("deduction")[:2]]
    links += [("finding", row.code) for row in turn.look.rows("finding")[-2:]]
    command = evidences.AddEvidence(
        name="验收单",
        filename="记录.txt",
        content=f"第{turn.random.randrange(10**6)}号".encode(),
        links=tuple(turn.random.sample(links, 1)),
    )
    evidences.add_evidence(turn.actor, turn.case, command, store=turn.walk.store)


def supersede(turn: Turn) -> None:
    content = f"更正{turn.random.randrange(10**6)}".encode()
    evidences.supersede_evidence(
        turn.actor, turn.case, code=turn.code("evidence"), filename="更正.txt", content=content,
        reason=turn.words("扫描不清"), store=turn.walk.store,
    )  # fmt: skip


def link(turn: Turn) -> None:
    found = (("node", "B1"), ("deduction", turn.code("deduction")), ("finding", turn.code("finding")))
    kind, target = turn.random.choice(found)
    evidences.link_evidence(turn.actor, turn.case, code=turn.code("evidence"), kind=kind, target=target)


def unlink(turn: Turn) -> None:
    found = (("node", "B1"), ("finding", turn.code("finding")))
    kind, target = turn.random.choice(found)
    evidences.unlink_evidence(
        turn.actor, turn.case, code=turn.code("evidence"), kind=kind, target=target, reason=turn.words("无关")
    )


def void(turn: Turn) -> None:
    code = turn.code("evidence")
    evidences.void_evidence(turn.actor, turn.case, code=code, reason=turn.words("重复"))


def verdict(turn: Turn) -> None:
    subject = turn.random.choice(("自评表", "验收单", "支付凭证"))
    command = material_review.GiveVerdict(subject, turn.random.choice(list(Verdict)), note=turn.words("见附"))
    material_review.give_verdict(turn.actor, turn.case, command)


def request(turn: Turn) -> material_review.RequestSupplement:
    due = turn.walk.on + timedelta(days=turn.random.randint(-2, 8))
    nodes = turn.random.choice(((), ("B1",), ("A1", "B1")))
    return material_review.RequestSupplement(("补验收单",), due, mandatory=not turn.rarely(), nodes=nodes)


def ask_supplement(turn: Turn) -> None:
    drafts = [row.code for row in turn.look.rows("supplement") if row.state == "draft"]
    if drafts and turn.random.random() < 0.6:
        material_review.send_letter(turn.actor, turn.case, codes=(turn.random.choice(drafts),))
    elif turn.rarely():
        material_review.send_letter(turn.actor, turn.case, codes=(turn.code("supplement", "closed"),))
    else:
        material_review.request_supplement(turn.actor, turn.case, request(turn))


def answer_supplement(turn: Turn) -> None:
    code = turn.code("supplement", "sent")
    material_review.answer_supplement(turn.actor, turn.case, code=code, answer=turn.words("已补"))


def confirm_supplement(turn: Turn) -> None:
    code = turn.code("supplement", "answered")
    material_review.confirm_supplement(turn.actor, turn.case, code=code)


def close_supplement(turn: Turn) -> None:
    code = turn.code("supplement", "confirmed", "answered", "sent")
    material_review.close_supplement(turn.actor, turn.case, code=code, reason=turn.words("已补"))


def open_visit(turn: Turn) -> None:
    site.open_visit(turn.actor, turn.case, site.OpenVisit(turn.walk.on, turn.words("大厅"), "访谈"))


def close_visit(turn: Turn) -> None:
    opened = [row.code for row in turn.look.rows("visit") if not row.closed]
    code = turn.random.choice(opened) if opened else turn.code("visit")
    site.close_visit(turn.actor, turn.case, code=code)


def record_finding(turn: Turn) -> None:
    visit = "" if turn.random.random() < 0.5 else turn.code("visit")
    site.record_finding(turn.actor, turn.case, site.RecordFinding("两台晚到", ("B1",), visit))


def confirm_finding(turn: Turn) -> None:
    site.confirm_finding(turn.actor, turn.case, code=turn.code("finding", "recorded"), response="属实")


def object_to(turn: Turn) -> None:
    code = turn.code("finding", "recorded")
    site.object_to_finding(turn.actor, turn.case, code=code, response=turn.words("合同如此"))


def answer_objection(turn: Turn) -> None:
    code = turn.code("finding", "objected")
    site.answer_objection(turn.actor, turn.case, code=code, answer=turn.words("仍按合同"))


def lapse_finding(turn: Turn) -> None:
    code = turn.code("finding", "recorded")
    site.lapse_finding(turn.actor, turn.case, code=code, reason=turn.words("拒不确认"))
