"""Carry out visits, findings, scoring and the consultation through the real actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from service.actions import commissioning, consultation, evidence, scoring, site_verification
from service.cases.handlers_before import Handler, waiver
from service.cases.model_scoring import Adjustment, Deduction
from service.cases.model_stages import Disposition, Opinion
from service.cases.performance import Performance, origin_of, reason_of
from service.cases.script import NOT_IN_SOURCE, Act
from service.extensions import db
from service.queries.effects import NO_EFFECT
from service.queries.pending import pending_codes
from service.queries.vocabulary import DispositionVerdict
from service.workflow.actions import Action

REASON_KINDS = {Deduction: "deduction", Adjustment: "adjustment"}


def open_visit(play: Performance, act: Act) -> None:
    """A visit is on the list of the case."""
    item = act.payload["visit"]
    command = site_verification.OpenVisit(
        on=item.on,
        place=item.place or NOT_IN_SOURCE,
        method=item.method or NOT_IN_SOURCE,
        people=item.people,
        content=item.content,
        printed=item.on_printed,
    )
    play.codes["visit", item.code] = site_verification.open_visit(play.actor(act), play.evaluation, command)


def close_visit(play: Performance, act: Act) -> None:
    """The visit is over."""
    code = play.known("visit", act.payload["visit"].code)
    site_verification.close_visit(play.actor(act), play.evaluation, code=code)


def waive_visit(play: Performance, act: Act) -> None:
    """The visit was not made, or the stage held off site."""
    commissioning.waive_visit(play.actor(act), play.evaluation, waiver(play, act))


def record_finding(play: Performance, act: Act) -> None:
    """A finding is recorded and linked to its evidence that is already on file."""
    item = act.payload["finding"]
    visit = play.known("visit", item.visit) if item.visit else ""
    command = site_verification.RecordFinding(text=item.text, nodes=item.nodes, visit=visit)
    code = site_verification.record_finding(play.actor(act), play.evaluation, command)
    play.codes["finding", item.code] = code
    for name in item.evidence:
        if ("evidence", name) in play.codes:
            evidence.link_evidence(
                play.actor(act),
                play.evaluation,
                code=play.known("evidence", name),
                kind="finding",
                target=code,
            )


def confirm_finding(play: Performance, act: Act) -> None:
    """The unit's head agrees."""
    item = act.payload["finding"]
    site_verification.confirm_finding(
        play.actor(act), play.evaluation, code=play.known("finding", item.code),
        response=item.response or act.stand_in,
    )  # fmt: skip


def object_to_finding(play: Performance, act: Act) -> None:
    """The unit's head objects."""
    item = act.payload["finding"]
    site_verification.object_to_finding(
        play.actor(act), play.evaluation, code=play.known("finding", item.code),
        response=item.response or NOT_IN_SOURCE,
    )  # fmt: skip


def answer_objection(play: Performance, act: Act) -> None:
    """The team has answered the objection."""
    code = play.known("finding", act.payload["finding"].code)
    site_verification.answer_objection(
        play.actor(act), play.evaluation, code=code, answer=act.stand_in or NOT_IN_SOURCE
    )


def record_results(play: Performance, act: Act) -> None:
    """What was measured or judged is on file."""
    scoring.record_results(
        play.actor(act), play.evaluation, results=act.payload["results"], sheet=act.payload["sheet"]
    )


def draft_reason(play: Performance, act: Act) -> None:
    """A deduction or adjustment is drafted."""
    item = act.payload.get("item") or act.payload["deduction"]
    draft = scoring.draft_deduction if isinstance(item, Deduction) else scoring.draft_adjustment
    code = draft(play.actor(act), play.evaluation, reason_of(item))
    play.codes[REASON_KINDS[type(item)], item.code] = code


def submit_reason(play: Performance, act: Act) -> None:
    """A deduction or adjustment counts."""
    item = act.payload.get("item") or act.payload["deduction"]
    submit = scoring.submit_deduction if isinstance(item, Deduction) else scoring.submit_adjustment
    submit(play.actor(act), play.evaluation, code=play.known(REASON_KINDS[type(item)], item.code))


def _changed(play: Performance, act: Act, item: Deduction | Adjustment) -> scoring.Reason:
    """Return the command of a change: of a stated revision, or of an opinion's effect."""
    base = reason_of(item)
    if "effect" in act.payload:
        answer, opinion = act.payload["disposition"], act.payload["opinion"]
        return scoring.Reason(
            node=base.node, amount=act.payload["effect"].amount, reason=answer.effect or answer.reason,
            clause=base.clause, evidence=base.evidence, no_evidence=base.no_evidence, sheet=base.sheet,
            target=base.target, origin="异议", asked_by=opinion.organisation,
            paper=_paper(play, opinion),
        )  # fmt: skip
    change = act.payload["change"]
    origin = origin_of(change)
    return scoring.Reason(
        node=base.node, amount=base.amount if change.amount == "" else change.amount, reason=change.reason,
        clause=base.clause, evidence=base.evidence, no_evidence=base.no_evidence, sheet=base.sheet,
        target=base.target, origin=origin.kind if origin else "", asked_by=origin.asked_by if origin else "",
        paper=origin.paper if origin else "",
    )  # fmt: skip


def _paper(play: Performance, opinion: Opinion) -> str:
    """Return the paper a change of points names: the opinion by its number in the database."""
    return f"反馈意见 {play.known('opinion', opinion.code)}"


def revise_reason(play: Performance, act: Act) -> None:
    """A deduction or adjustment is replaced by another one, which counts."""
    item = act.payload["item"]
    kind = REASON_KINDS[type(item)]
    if isinstance(item, Deduction):
        revise, submit = scoring.revise_deduction, scoring.submit_deduction
    else:
        revise, submit = scoring.revise_adjustment, scoring.submit_adjustment
    code = revise(
        play.actor(act), play.evaluation, code=play.known(kind, item.code), command=_changed(play, act, item)
    )
    play.codes[kind, item.code] = code
    if code in pending_codes(db.session(), play.evaluation).drafts:
        submit(play.actor(act), play.evaluation, code=code)


def withdraw_reason(play: Performance, act: Act) -> None:
    """A deduction or adjustment no longer counts."""
    item = act.payload["item"]
    withdraw = scoring.withdraw_deduction if isinstance(item, Deduction) else scoring.withdraw_adjustment
    if "effect" in act.payload:
        opinion, answer = act.payload["opinion"], act.payload["disposition"]
        origin: scoring.Origin | None = scoring.Origin("异议", opinion.organisation, _paper(play, opinion))
        reason = answer.effect or answer.reason
    else:
        origin, reason = origin_of(act.payload["change"]), act.payload["change"].reason
    code = play.known(REASON_KINDS[type(item)], item.code)
    withdraw(play.actor(act), play.evaluation, code=code, reason=reason, origin=origin)


def reconfirm(play: Performance, act: Act) -> None:
    """Everything a return left waiting counts again."""
    waiting = pending_codes(db.session(), play.evaluation)
    for code in waiting.deductions:
        scoring.reconfirm_deduction(play.actor(act), play.evaluation, code=code)
    for code in waiting.adjustments:
        scoring.reconfirm_adjustment(play.actor(act), play.evaluation, code=code)


def issue_draft(play: Performance, act: Act) -> None:
    """The draft is out for opinions."""
    item = act.payload["consultation"]
    again = act.payload.get("reason", "")
    start = play.on(act)
    play.due_on = (
        play.window("consultation", start) if again else item.due_on or play.window("consultation", start)
    )
    consultation.issue_draft(play.actor(act), play.evaluation, due_on=play.due_on, reason=again)


def waive_consultation(play: Performance, act: Act) -> None:
    """There was no consultation, on a recorded ground."""
    commissioning.waive_consultation(play.actor(act), play.evaluation, waiver(play, act))


def record_opinion(play: Performance, act: Act) -> None:
    """An opinion is on file."""
    item = act.payload["opinion"]
    command = consultation.RecordOpinion(
        organisation=play.company.organisations[item.organisation],
        text=item.text or ("无意见" if item.agrees else NOT_IN_SOURCE),
        agrees=item.agrees,
        node=item.node,
        place=item.place,
    )
    play.codes["opinion", item.code] = consultation.record_opinion(play.actor(act), play.evaluation, command)


def lapse_opinion(play: Performance, act: Act) -> None:
    """That no opinion came in time is on file; the earliest day for it is the one after the window."""
    item, actor = act.payload["opinion"], play.actor(act)
    first = (play.due_on or play.on(act)) + timedelta(days=1)
    late = replace(actor, on=max(first, play.on(act)))
    consultation.lapse_opinion(
        late, play.evaluation, organisation=play.company.organisations[item.organisation]
    )


def propose_disposition(play: Performance, act: Act) -> None:
    """The team's answer to an opinion is proposed."""
    item, opinion = act.payload["disposition"], act.payload["opinion"]
    command = consultation.ProposeDisposition(
        play.known("opinion", opinion.code), DispositionVerdict(item.result), item.reason, _effect(item)
    )
    consultation.propose_disposition(play.actor(act), play.evaluation, command)


def _effect(item: Disposition) -> str:
    """Return the effect as stated; an adopted opinion without a change of points is said to have none."""
    if item.result == "rejected" or item.points or item.effect.startswith(NO_EFFECT):
        return item.effect
    return f"{NO_EFFECT}（案例没有列出改动的扣分）{item.effect}"


def confirm_disposition(play: Performance, act: Act) -> None:
    """The organising side stands behind the answer."""
    code = play.known("opinion", act.payload["opinion"].code)
    consultation.confirm_disposition(play.actor(act), play.evaluation, opinion=code)


HANDLERS: Mapping[Action, Handler] = {
    Action.VISIT_OPEN: open_visit,
    Action.VISIT_CLOSE: close_visit,
    Action.VISIT_WAIVE: waive_visit,
    Action.FINDING_RECORD: record_finding,
    Action.FINDING_CONFIRM: confirm_finding,
    Action.FINDING_OBJECT: object_to_finding,
    Action.FINDING_ANSWER: answer_objection,
    Action.SCORE_INPUT: record_results,
    Action.DEDUCTION_DRAFT: draft_reason,
    Action.ADJUSTMENT_DRAFT: draft_reason,
    Action.DEDUCTION_SUBMIT: submit_reason,
    Action.ADJUSTMENT_SUBMIT: submit_reason,
    Action.DEDUCTION_REVISE: revise_reason,
    Action.ADJUSTMENT_REVISE: revise_reason,
    Action.DEDUCTION_WITHDRAW: withdraw_reason,
    Action.ADJUSTMENT_WITHDRAW: withdraw_reason,
    Action.DEDUCTION_RECONFIRM: reconfirm,
    Action.SCORES_SUBMIT: lambda p, a: scoring.submit_scores(p.actor(a), p.evaluation),
    Action.DRAFT_ISSUE: issue_draft,
    Action.CONSULTATION_WAIVE: waive_consultation,
    Action.OPINION_RECORD: record_opinion,
    Action.OPINION_LAPSE: lapse_opinion,
    Action.DISPOSITION_PROPOSE: propose_disposition,
    Action.DISPOSITION_CONFIRM: confirm_disposition,
    Action.CONSULTATION_CLOSE: lambda p, a: consultation.close_consultation(p.actor(a), p.evaluation),
}
