"""Acts up to the submitted self-assessment: create, team, 下达, plan, evidence, claims."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from service.cases.facts import claims_of, scoring_facts
from service.cases.model_stages import Approval, PaperAct, StageNote
from service.cases.script import NOT_IN_SOURCE, STAND_IN, Script
from service.cases.source import CaseFile
from service.scoring.leaf import outcome
from service.scoring.methods.not_stated import NotStated
from service.workflow.actions import Action
from service.workflow.kinds import Kind
from service.workflow.roles import Role

T = TypeVar("T")
TEAM = (Role.EL, Role.EV, Role.EX, Role.IR, Role.AS)


def opening(script: Script) -> None:
    """Add creation, team, declarations and 下达."""
    case = script.case
    script.add(Action.EVALUATION_CREATE, (Role.FO,), on=case.issued_on)
    if script.cast.kind is not Kind.UNIT_SELF:
        members = [p for p in script.cast.players if p.roles & frozenset(TEAM)]
        for player in members:
            roles = tuple(role for role in TEAM if role in player.roles)
            script.add(Action.TEAM_ASSIGN, (Role.FO,), on=case.issued_on, player=player.code, duties=roles)
    for person in (p for p in case.people if p.papers):
        script.add(
            Action.EVALUATION_EDIT, (Role.FO,), on=case.issued_on, player=person.code, papers=person.papers
        )
    missing = "" if case.issued_on else f"下达评价（{NOT_IN_SOURCE}）"
    script.add(Action.EVALUATION_ISSUE, (Role.FA, Role.FR), on=case.issued_on, stand_in=missing)
    if script.cast.kind is not Kind.UNIT_SELF:
        for player in members:
            script.add(
                Action.CONFLICT_DECLARE,
                tuple(role for role in TEAM if role in player.roles),
                by=player.code,
                on=case.issued_on,
                stand_in=f"申报回避：{player.duty}（{NOT_IN_SOURCE}）",
            )
        _plan(script)


def _plan(script: Script) -> None:
    plan = script.case.plan
    step = approval(script, "plan")
    source = plan.source if plan else STAND_IN
    on, by = (plan.on, plan.by) if plan else (None, "")
    script.add(Action.PLAN_DRAFT, (Role.EL,), by=by, on=on, source=source, items=plan.items if plan else {})
    script.add(Action.PLAN_SUBMIT, (Role.EL,), by=by, on=on, source=source)
    approved_on = (plan.approved_on if plan else None) or (step.on if step else None)
    stated = bool(plan and (plan.approved_on or plan.panel_opinion)) or step is not None
    script.add(
        Action.PLAN_APPROVE,
        (Role.FR, Role.FA),
        by=(plan.approved_by if plan else "") or (step.by if step else ""),
        on=approved_on,
        stand_in="" if stated else f"审定评价方案（{NOT_IN_SOURCE}）",
        opinion=(plan.panel_opinion if plan else "") or (step.opinion if step else "") or NOT_IN_SOURCE,
    )


def amendments(script: Script) -> None:
    """Add the amendments of the approved plan."""
    plan = script.case.plan
    for item in plan.amendments if plan else ():
        script.add(Action.PLAN_AMEND, (Role.EL,), by=item.by, on=item.on, source=item.source, amendment=item)
        script.add(
            Action.PLAN_APPROVE_AMENDMENT,
            (Role.FR, Role.FA),
            on=item.approved_on or item.on,
            source=item.source,
        )


def self_assessment(script: Script, file: CaseFile, *, again: bool, leave: bool) -> None:
    """Add evidence, claims and submission, or the record that there was none."""
    case = script.case
    note, own = stage_note(script, "self_assessment"), case.self_assessment
    unit = script.cast.kind is Kind.UNIT_SELF
    if note and note.mode != "held" and not unit:
        if not again:
            script.add(Action.STAGE_WAIVE, (Role.FO,), on=note.left_on, source=note.source, note=note)
        return
    source = own.source if own else STAND_IN
    on = (own.on if own else None) or (note.entered_on if note else None)
    if not again:
        evidence(script, "self_assessment", roles=(Role.DF,))
    resubmitted = script.returned.resubmitted_on if script.returned else None
    words = "" if own else f"填报自评（{NOT_IN_SOURCE}）"
    script.add(
        Action.SELF_EDIT,
        (Role.DF,),
        by=own.by if own else "",
        on=resubmitted if again else on,
        source=source,
        stand_in=words,
        own=own,
    )
    if unit and not again:
        inputs(script, file, (Role.DF,))
        for item in case.deductions:
            script.add(Action.DEDUCTION_DRAFT, (Role.DF,), on=item.on, source=item.source, deduction=item)
            script.add(Action.DEDUCTION_SUBMIT, (Role.DF,), on=item.on, source=item.source, deduction=item)
        script.add(Action.REPORT_WRITE, (Role.DF,), stand_in=script.lacking_words)
    if leave:
        _submit(script, resubmitted if again else None)


def _submit(script: Script, again_on: date | None) -> None:
    own = script.case.self_assessment
    paper = paper_act(script, "submit")
    on = again_on or (own.submitted_on if own else None)
    if paper is not None and again_on is None:
        on_paper(script, paper, Action.SELF_SUBMIT, Role.DH, on=on)
        return
    words = "" if own and own.source != STAND_IN else f"报送自评（{NOT_IN_SOURCE}）"
    script.add(Action.SELF_SUBMIT, (Role.DH,), by=own.submitted_by if own else "", on=on, stand_in=words)


def evidence(script: Script, stage: str, *, roles: tuple[Role, ...]) -> None:
    """Add the evidence obtained in `stage`, where later versions supersede, then what was withdrawn."""
    for item in by_date([e for e in script.case.evidence if e.stage == stage]):
        listed = not item.text and not item.file
        words = f"佐证 {item.code} 只登记清单，原件{NOT_IN_SOURCE}" if listed else ""
        action = Action.EVIDENCE_SUPERSEDE if item.supersedes else Action.EVIDENCE_ADD
        script.add(action, roles, by=item.by, on=item.on, source=item.source, stand_in=words, evidence=item)
    _voided(script, stage, roles)


def _voided(script: Script, stage: str, roles: tuple[Role, ...]) -> None:
    """Add what its own side withdrew in `stage`."""
    for item in script.case.evidence:
        if item.voided is None or (item.voided.stage or item.stage) != stage:
            continue
        side = (Role.DF, Role.DH) if item.stage == "self_assessment" else roles
        by, on = item.voided.by or item.by, item.voided.on
        script.add(Action.EVIDENCE_VOID, side, by=by, on=on, source=item.source, evidence=item)


def inputs(script: Script, file: CaseFile, roles: tuple[Role, ...]) -> None:
    """Add the results of every sheet; a leaf whose rule needs one and has none is recorded as not stated."""
    case = script.case
    claimed = claims_of(case) if script.cast.kind is Kind.UNIT_SELF else {}
    main = {"": case.results} if case.results or not case.framework.sheets else {}
    for sheet, results in (main | dict(case.sheet_results)).items():
        if results:
            script.add(Action.SCORE_INPUT, roles, results=results, sheet=sheet)
        gaps = [
            code for code in _wanted(file, sheet) if code not in results and (sheet or code not in claimed)
        ]
        if gaps:
            where = f"{sheet} " if sheet else ""
            script.add(
                Action.SCORE_INPUT,
                roles,
                stand_in=f"评分依据{NOT_IN_SOURCE}：{where}{'、'.join(gaps)}",
                results={code: {"state": "not_stated"} for code in gaps},
                sheet=sheet,
            )


def _wanted(file: CaseFile, sheet: str) -> list[str]:
    """Return the codes of leaves whose rule needs a result; one that reads the accounts alone needs none."""
    facts = scoring_facts(file, sheet)
    return [
        leaf.code
        for leaf in file.framework.leaves
        if leaf.rule is not None
        and not isinstance(leaf.rule, NotStated)
        and outcome(leaf, file.framework, facts).points is None
    ]


def by_date(items: list[T]) -> list[T]:
    """Return items in the order of their dates; an undated one stays behind the one before it."""
    keyed: list[tuple[date, int, T]] = []
    last = date.min
    for index, item in enumerate(items):
        last = getattr(item, "on", None) or last
        keyed.append((last, index, item))
    return [item for _, _, item in sorted(keyed, key=lambda k: k[:2])]


def stage_note(script: Script, stage: str) -> StageNote | None:
    """Return what the case says of how a stage was held."""
    return next((note for note in script.case.stages if note.stage == stage), None)


def approval(script: Script, step: str) -> Approval | None:
    """Return what the case says of an approval step."""
    return next((item for item in script.case.approvals if item.step == step), None)


def paper_act(script: Script, act: str) -> PaperAct | None:
    """Return the registered paper of an act."""
    return next((item for item in script.case.paper if item.act == act), None)


def on_paper(
    script: Script,
    paper: PaperAct,
    behind: Action,
    role: Role,
    *,
    by: str = "",
    on: date | None = None,
    **payload: Any,
) -> None:
    """Add the registration of an act done on paper: by whom the paper or the act names, in `role`."""
    script.add(
        Action.PAPER_REGISTER,
        (Role.FO,),
        by=paper.registered_by,
        on=paper.registered_on or paper.on or on,
        source=paper.source,
        paper=paper,
        behind=behind,
        role=role,
        signer=script.cast.who(paper.on_behalf or by, (role,))[0],
        **payload,
    )
