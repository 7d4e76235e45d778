"""Acts of material review and on-site verification, and the scoring of the team."""

from __future__ import annotations

from dataclasses import replace

from service.cases.acts_before import (
    amendments,
    approval,
    by_date,
    evidence,
    inputs,
    on_paper,
    paper_act,
    stage_note,
)
from service.cases.model_scoring import Adjustment, Deduction
from service.cases.model_stages import Finding, Supplement, Verdict
from service.cases.script import NOT_IN_SOURCE, STAND_IN, Change, Script
from service.cases.source import CaseFile
from service.workflow.actions import Action
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage

TEAM = (Role.EL, Role.EV, Role.EX)
ORIGIN_BEFORE = "team"


def material_review(script: Script, file: CaseFile, *, again: bool, leave: bool) -> None:
    """Add the department's review, verdicts, requests for correction and the passing of the stage."""
    case = script.case
    own, note = case.self_assessment, stage_note(script, "material_review")
    if script.cast.kind is Kind.UNIT_SELF:
        if leave:
            script.add(
                Action.SELF_REVIEW,
                (Role.SD, Role.FO),
                by=own.reviewed_by if own else "",
                on=own.reviewed_on if own else None,
                source=own.source if own else STAND_IN,
            )
        return
    if note and note.mode != "held":
        if not again:
            script.add(Action.STAGE_WAIVE, (Role.FO,), on=note.left_on, source=note.source, note=note)
        return
    submitted = any(a.action in (Action.SELF_SUBMIT, Action.PAPER_REGISTER) for a in script.acts)
    if submitted:
        _department(script)
    if not again:
        _reviewed(script, file)
    if leave:
        _pass(script)


def _department(script: Script) -> None:
    own = script.case.self_assessment
    if script.cast.supervised:
        words = "" if own and own.reviewed_on else f"主管部门审核自评（{NOT_IN_SOURCE}）"
        script.add(Action.SELF_REVIEW, (Role.SD,), on=own.reviewed_on if own else None, stand_in=words)


def _reviewed(script: Script, file: CaseFile) -> None:
    review = script.case.material_review
    verdicts = review.verdicts if review else ()
    if not verdicts:
        filler = Verdict(subject="自评材料", verdict="complete", note=NOT_IN_SOURCE)
        script.add(
            Action.REVIEW_VERDICT, TEAM[:2], stand_in=f"逐项审核意见（{NOT_IN_SOURCE}）", verdict=filler
        )
    _rounds(script, by_date(list(verdicts)), list(review.supplements if review else ()))
    evidence(script, "material_review", roles=TEAM)
    reasons(script, file, "material_review")


def _pass(script: Script) -> None:
    review, step = script.case.material_review, approval(script, "review_pass")
    on = (review.passed_on if review else None) or (step.on if step else None)
    words = "" if on else f"材料审核通过（{NOT_IN_SOURCE}）"
    script.add(Action.REVIEW_PROPOSE_PASS, (Role.EL,), on=on, stand_in=words)
    script.add(Action.REVIEW_PASS, (Role.FO,), by=step.by if step else "", on=on, stand_in=words)


def _rounds(script: Script, verdicts: list[Verdict], supplements: list[Supplement]) -> None:
    """Add verdicts round by round, each round followed by its request for correction."""
    for number in range(1, len(supplements) + 2):
        last = number > len(supplements)
        for item in verdicts:
            if (int(item.round or 1) == number) or (last and int(item.round or 1) > number):
                script.add(
                    Action.REVIEW_VERDICT, TEAM[:2], by=item.by, on=item.on, source=item.source, verdict=item
                )
        if not last:
            _supplement(script, supplements[number - 1])


def _supplement(script: Script, item: Supplement) -> None:
    script.add(
        Action.SUPPLEMENT_REQUEST, (Role.EL,), by=item.by, on=item.on, source=item.source, supplement=item
    )
    answered = item.answered_on is not None or bool(item.answer)
    words = "" if answered else f"补正 {item.code} 的答复（{NOT_IN_SOURCE}）"
    script.add(
        Action.SUPPLEMENT_ANSWER,
        (Role.DF,),
        by=item.answered_by,
        on=item.answered_on,
        stand_in=words,
        supplement=item,
    )
    paper, on = paper_act(script, "supplement"), item.confirmed_on or item.answered_on
    if paper is not None:
        on_paper(script, paper, Action.SUPPLEMENT_CONFIRM, Role.DH, on=on, supplement=item)
    else:
        words = "" if item.confirmed_on else f"补正 {item.code} 的单位确认（{NOT_IN_SOURCE}）"
        script.add(Action.SUPPLEMENT_CONFIRM, (Role.DH,), on=on, stand_in=words, supplement=item)
    script.add(
        Action.SUPPLEMENT_CLOSE,
        (Role.EL,),
        on=item.confirmed_on or item.answered_on,
        stand_in=f"补正 {item.code} 办结（{NOT_IN_SOURCE}）",
        supplement=item,
    )


def on_site(script: Script, file: CaseFile, *, again: bool, leave: bool) -> None:
    """Add visits and findings or the waiver, the team's scoring, and the submission of the scores."""
    if not again:
        amendments(script)
        _visits(script)
        evidence(script, "on_site_verification", roles=TEAM)
        inputs(script, file, TEAM[:1])
        reasons(script, file, "self_assessment", "on_site_verification")
        script.add(Action.REPORT_WRITE, (Role.EL,), stand_in=script.lacking_words)
    if leave:
        step = approval(script, "scores_submit")
        script.add(
            Action.SCORES_SUBMIT,
            (Role.EL,),
            by=step.by if step else "",
            on=step.on if step else None,
            stand_in="" if step else f"提交评分（{NOT_IN_SOURCE}）",
        )
        _draft(script)


def _visits(script: Script) -> None:
    site, note = script.case.on_site, stage_note(script, "on_site_verification")
    findings = list(site.findings) if site else []
    visits = by_date(list(site.visits)) if site else []
    for visit in visits:
        script.add(Action.VISIT_OPEN, (Role.EL,), by=visit.by, on=visit.on, source=visit.source, visit=visit)
        for finding in by_date([f for f in findings if f.visit == visit.code]):
            _record(script, finding)
        script.add(Action.VISIT_CLOSE, (Role.EL,), on=visit.on, visit=visit)
    if not visits:
        words = "" if note and note.mode != "held" else f"现场核查（{NOT_IN_SOURCE}）"
        source = note.source if note else ""
        script.add(Action.VISIT_WAIVE, (Role.FO,), source=source, stand_in=words, note=note)
    for finding in by_date([f for f in findings if not f.visit]):
        _record(script, finding)


def _draft(script: Script) -> None:
    consultation, note = script.case.consultation, stage_note(script, "consultation")
    step = approval(script, "draft_issue")
    if consultation is None or (note and note.mode == "not_held"):
        words = (
            ""
            if note and note.mode == "not_held" and note.source != STAND_IN
            else f"征求意见（{NOT_IN_SOURCE}）"
        )
        script.add(
            Action.CONSULTATION_WAIVE,
            (Role.FO,),
            by=step.by if step else "",
            on=step.on if step else None,
            stand_in=words,
            note=note,
        )
        return
    on = consultation.issued_on or (step.on if step else None)
    script.add(
        Action.DRAFT_ISSUE,
        (Role.FO,),
        by=step.by if step else "",
        on=on,
        source=consultation.source,
        consultation=consultation,
    )


def _record(script: Script, item: Finding) -> None:
    script.add(Action.FINDING_RECORD, (Role.EV,), by=item.by, on=item.on, source=item.source, finding=item)
    on = item.confirmed_on or item.on
    paper = paper_act(script, "confirm")
    if item.confirmation == "objected":
        if paper is not None:
            on_paper(script, paper, Action.FINDING_OBJECT, Role.DH, on=on, finding=item)
        else:
            script.add(Action.FINDING_OBJECT, (Role.DH,), on=on, finding=item)
        words = f"核查异议 {item.code} 的答复（{NOT_IN_SOURCE}）"
        script.add(Action.FINDING_ANSWER, (Role.EL,), on=on, stand_in=words, finding=item)
        return
    words = "" if item.confirmation == "confirmed" else f"核查发现 {item.code} 的双方确认（{NOT_IN_SOURCE}）"
    if paper is not None and not words:
        on_paper(script, paper, Action.FINDING_CONFIRM, Role.DH, on=on, finding=item)
        return
    script.add(Action.FINDING_CONFIRM, (Role.DH,), on=on, stand_in=words, finding=item)


def reasons(script: Script, file: CaseFile, *stages: str) -> None:
    """Add the deductions and adjustments of these stages: drafted, submitted, taken back if so stated."""
    items: list[Deduction | Adjustment] = [d for d in script.case.deductions if d.stage in stages]
    items += [a for a in script.case.adjustments if a.stage in stages]
    for item in by_date(items):
        reason(script, file, item)


def reason(script: Script, file: CaseFile, item: Deduction | Adjustment, **more: str) -> None:
    """Add one deduction or adjustment; what the team itself took back is taken back at once."""
    deduction = isinstance(item, Deduction)
    draft, submit, withdraw, revise = (
        (Action.DEDUCTION_DRAFT, Action.DEDUCTION_SUBMIT, Action.DEDUCTION_WITHDRAW, Action.DEDUCTION_REVISE)
        if deduction
        else (
            Action.ADJUSTMENT_DRAFT,
            Action.ADJUSTMENT_SUBMIT,
            Action.ADJUSTMENT_WITHDRAW,
            Action.ADJUSTMENT_REVISE,
        )
    )
    source = item.source if item.source != STAND_IN else STAND_IN
    script.add(draft, TEAM, by=item.by, on=item.on, source=source, item=amounted(item, file), **more)
    script.add(submit, TEAM, by=item.by, on=item.on, source=source, item=item)
    for change in item.revisions:
        if change.origin == ORIGIN_BEFORE:
            script.add(revise, TEAM, by=change.by, on=change.on, item=item, change=change)
    if item.withdrawn and item.withdrawn.origin == ORIGIN_BEFORE:
        taken = item.withdrawn
        script.add(withdraw, TEAM, by=taken.by, on=taken.on, item=item, change=taken)


def amounted(item: Deduction | Adjustment, file: CaseFile) -> Deduction | Adjustment:
    """Return the deduction with its amount, where the case gives the awarded points instead."""
    if not isinstance(item, Deduction) or item.awarded is None:
        return item
    limit = file.framework.by_code[item.node].max
    return replace(item, amount=file.subtract(limit, item.awarded), awarded=None)


def apply(script: Script, change: Change) -> None:
    """Add a change of points, or keep it for the time after the next return if it is dated later."""
    if not script.reached(change.change.on):
        script.deferred.append(change)
        return
    how = change.change
    script.add(change.action, (Role.EL,), by=how.by, on=how.on, item=change.item, change=how)


def reconfirm(script: Script, stage: Stage) -> None:
    """Add what a return changed, then the confirmation of everything it left waiting."""
    if script.cast.kind is Kind.UNIT_SELF:
        return
    if stage in (Stage.MATERIAL_REVIEW, Stage.ON_SITE_VERIFICATION, Stage.CONSULTATION):
        waiting, script.deferred = script.deferred, []
        for change in waiting:
            apply(script, change)
        script.add(Action.DEDUCTION_RECONFIRM, (Role.EL,), stand_in="退回后重新确认扣分与调整")
