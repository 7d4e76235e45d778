"""Acts from the consultation to the signature, and corrections after it."""

from __future__ import annotations

from datetime import date

from service.cases.acts_before import approval, by_date, evidence, on_paper, paper_act
from service.cases.acts_during import ORIGIN_BEFORE, TEAM, apply, reasons
from service.cases.model_scoring import Adjustment, Deduction
from service.cases.model_stages import Disposition, Opinion
from service.cases.script import NOT_IN_SOURCE, STAND_IN, Change, Script
from service.cases.source import CaseFile
from service.workflow.actions import Action
from service.workflow.kinds import KINDS, Kind
from service.workflow.roles import Role

LATE_ORIGINS = ("second_review", "meeting", "instruction")


def consultation(script: Script, file: CaseFile, *, again: bool, leave: bool) -> None:
    """Add opinions with their dispositions and effects, later changes of points, and the closing."""
    held = any(a.action is Action.DRAFT_ISSUE for a in script.acts)
    held_section = script.case.consultation
    if again and script.returned and script.returned.back_to == "consultation":
        _reissue(script, held=held)
    if held and held_section is not None:
        _opinions(script, list(held_section.opinions), again=again)
    if not again:
        evidence(script, "consultation", roles=TEAM)
        reasons(script, file, "consultation")
        _changes(script, late=False)
    if leave:
        step = approval(script, "consultation_close")
        on = (held_section.closed_on if held_section else None) or (step.on if step else None)
        words = "" if on or not held else f"结束征求意见（{NOT_IN_SOURCE}）"
        script.add(Action.CONSULTATION_CLOSE, (Role.FO,), by=step.by if step else "", on=on, stand_in=words)


def _reissue(script: Script, *, held: bool) -> None:
    """Add the scores submitted anew and the draft sent out again, after a return to this very stage."""
    script.add(Action.SCORES_SUBMIT, (Role.EL,), stand_in="退回后重新提交评分")
    if held:
        order = script.returned
        script.add(
            Action.DRAFT_ISSUE,
            (Role.FO,),
            stand_in="再次发出征求意见稿",
            consultation=script.case.consultation,
            reason="；".join(item.reason for item in order.items) if order else "",
        )


def _opinions(script: Script, opinions: list[Opinion], *, again: bool) -> None:
    """Add the opinions of this round: those dated before the next return and not yet recorded."""
    now = [o for o in by_date(opinions) if o.code not in script.done and script.reached(o.on)]
    for item in now:
        script.done.add(item.code)
        _opinion(script, item)
    later = {o.organisation for o in opinions if o.code not in script.done} if not again else set()
    _silent_units(script, {item.organisation for item in now} | later, again=again)


def _opinion(script: Script, item: Opinion) -> None:
    organisation = next(p for p in script.cast.parties if p.code == item.organisation)
    if item.lapsed:
        script.add(Action.OPINION_LAPSE, (Role.FO,), by=item.by, on=item.on, source=item.source, opinion=item)
        return
    paper = paper_act(script, "reply")
    if "evaluated" in organisation.parts and paper is not None:
        on_paper(script, paper, Action.OPINION_RECORD, Role.DH, on=item.on, opinion=item)
    else:
        roles = (Role.DH,) if "evaluated" in organisation.parts else (Role.SD, Role.FO)
        script.add(Action.OPINION_RECORD, roles, by=item.by, on=item.on, source=item.source, opinion=item)
    if item.agrees:
        return
    answer = item.disposition or Disposition(result="partial", reason=f"处理情况{NOT_IN_SOURCE}")
    words = "" if item.disposition else f"意见 {item.code} 的处理（{NOT_IN_SOURCE}）"
    script.add(
        Action.DISPOSITION_PROPOSE,
        (Role.EL,),
        by=answer.by,
        on=answer.on or item.on,
        stand_in=words,
        opinion=item,
        disposition=answer,
    )
    confirmed = words or ("" if answer.confirmed_on else f"意见 {item.code} 处理的确认（{NOT_IN_SOURCE}）")
    script.add(
        Action.DISPOSITION_CONFIRM,
        (Role.FO,),
        by=answer.confirmed_by,
        on=answer.confirmed_on or answer.on,
        stand_in=confirmed,
        opinion=item,
        disposition=answer,
    )
    for effect in answer.points:
        target = next(d for d in script.case.deductions if d.code == effect.deduction)
        nothing = not effect.amount or float(effect.amount) == 0
        action = Action.DEDUCTION_WITHDRAW if nothing else Action.DEDUCTION_REVISE
        script.add(
            action,
            (Role.EL,),
            on=answer.confirmed_on or answer.on,
            item=target,
            effect=effect,
            opinion=item,
            disposition=answer,
        )


def _silent_units(script: Script, answered: set[str], *, again: bool) -> None:
    """Add an agreeing answer, as a stand-in, for every evaluated unit whose answer the source lacks."""
    for party in script.cast.parties:
        if "evaluated" in party.parts and party.code not in answered:
            code = f"none-{party.code}-{len(script.acts)}"
            item = Opinion(code=code, organisation=party.code, text=f"反馈内容{NOT_IN_SOURCE}", agrees=True)
            words = f"{party.name}{'再次' if again else ''}的反馈（{NOT_IN_SOURCE}）"
            script.add(Action.OPINION_RECORD, (Role.DH,), stand_in=words, opinion=item)


def _changes(script: Script, *, late: bool) -> None:
    """Add the changes of submitted deductions and adjustments that name where they come from."""
    reasons_: list[Deduction | Adjustment] = [*script.case.deductions, *script.case.adjustments]
    for item in reasons_:
        deduction = isinstance(item, Deduction)
        revise = Action.DEDUCTION_REVISE if deduction else Action.ADJUSTMENT_REVISE
        withdraw = Action.DEDUCTION_WITHDRAW if deduction else Action.ADJUSTMENT_WITHDRAW
        for change in by_date(list(item.revisions)):
            if change.origin != ORIGIN_BEFORE and (change.origin in LATE_ORIGINS) is late:
                apply(script, Change(revise, item, change))
        taken = item.withdrawn
        if taken and taken.origin != ORIGIN_BEFORE and (taken.origin in LATE_ORIGINS) is late:
            apply(script, Change(withdraw, item, taken))


def finalisation(script: Script, file: CaseFile, *, again: bool, leave: bool) -> None:
    """Add the words of the report, late changes, reviews, freeze, seal and signature."""
    kind = script.cast.kind
    if kind is Kind.UNIT_SELF:
        if leave:
            _waivers(script, (Role.FO, Role.SD))
            script.add(Action.REPORT_FREEZE, (Role.FO, Role.SD), stand_in=f"冻结报告（{NOT_IN_SOURCE}）")
            _sign(script, (Role.SD, Role.FA))
        return
    if not again:
        evidence(script, "finalisation", roles=TEAM)
        reasons(script, file, "finalisation")
        _changes(script, late=True)
    if not leave:
        return
    if script.cast.firm:
        _step(script, "internal_review", Action.REPORT_INTERNAL_REVIEW, (Role.IR,))
    _waivers(script, (Role.EL, Role.FO))
    script.add(Action.REPORT_FREEZE, (Role.EL, Role.FO), stand_in=f"冻结报告（{NOT_IN_SOURCE}）")
    if KINDS[kind].certifies:
        _paper_or_step(script, "certify", Action.REPORT_CERTIFY, (Role.EL,))
    if script.cast.firm:
        _paper_or_step(script, "seal", Action.REPORT_SEAL, (Role.AS,))
    _step(script, "second_review", Action.REPORT_SECOND_REVIEW, (Role.FR,))
    _sign(script, (Role.FA,))


def frozen_before_return(script: Script, on: date | None) -> None:
    """Add the freeze that a return undoes, with the firm's review it needs; both are done anew later."""
    words = f"（退回之前，{NOT_IN_SOURCE}）"
    if script.cast.firm:
        action = Action.REPORT_INTERNAL_REVIEW
        script.add(action, (Role.IR,), on=on, stand_in=action.label + words, opinion="")
    roles = (Role.FO, Role.SD) if script.cast.kind is Kind.UNIT_SELF else (Role.EL, Role.FO)
    _waivers(script, roles)
    script.add(Action.REPORT_FREEZE, roles, on=on, stand_in=f"{Action.REPORT_FREEZE.label}{words}")


def _waivers(script: Script, roles: tuple[Role, ...]) -> None:
    """Add what is signed off of the findings on the report; the replay passes over what is not found then."""
    for item in script.case.waivers:
        script.add(
            Action.REPORT_WAIVE_FINDING, roles, by=item.by, on=item.on, source=item.source, waiver=item
        )


def _sign(script: Script, roles: tuple[Role, ...]) -> None:
    _paper_or_step(script, "sign", Action.REPORT_SIGN, roles)


def _step(script: Script, name: str, action: Action, roles: tuple[Role, ...]) -> None:
    step = approval(script, name)
    words = "" if step and step.source != STAND_IN else f"{action.label}（{NOT_IN_SOURCE}）"
    script.add(
        action,
        roles,
        by=step.by if step else "",
        on=step.on if step else None,
        stand_in=words,
        opinion=step.opinion if step else "",
    )


def _paper_or_step(script: Script, name: str, action: Action, roles: tuple[Role, ...]) -> None:
    step = approval(script, name)
    paper = next((p for p in script.case.paper if step and p.code == step.paper), None) or paper_act(
        script, name
    )
    if paper is None:
        _step(script, name, action, roles)
        return
    by = step.by if step else ""
    role = script.cast.who(paper.on_behalf or by, roles)[1]
    on_paper(script, paper, action, role, by=by, on=step.on if step else None)


def corrections(script: Script) -> None:
    """Add every correction after the signature: asked, edited, frozen, signed by another signer."""
    for item in script.case.corrections:
        signer = item.signed_by or script.cast.add(Role.FA)
        script.add(
            Action.CORRECTION_REQUEST, (Role.FO,), by=item.by, on=item.on, source=item.source, correction=item
        )
        if item.narrative:
            script.add(Action.CORRECTION_EDIT, (Role.EL, Role.FO), on=item.on, correction=item)
        _waivers(script, (Role.FO,))
        script.add(Action.CORRECTION_FREEZE, (Role.FO,), on=item.on, correction=item)
        script.add(Action.CORRECTION_SIGN, (Role.FA,), by=signer, on=item.signed_on, correction=item)
