"""Carry out the words, approvals and signature of a report, paper acts, returns and corrections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.actions import (
    commissioning,
    correction,
    evidence,
    finalisation,
    paper,
    returns,
    self_assessment,
    waiving,
)
from service.actions.finalisation import Words
from service.actions.papercode import REPORT_ACTS
from service.cases.handlers_before import Handler
from service.cases.model import Case
from service.cases.model_report import Item, Waiver
from service.cases.model_stages import Return
from service.cases.performance import Performance
from service.cases.script import NOT_IN_SOURCE, Act
from service.cases.words import free_table, picture
from service.queries.content import PAPER_SCAN
from service.queries.reportdesk import short_code
from service.report import plain
from service.report.noted import Noted
from service.workflow.actions import Action
from service.workflow.stages import Stage

FRESH: Mapping[str, Any] = {"reauth_fresh": True}
"""In a demonstration nobody types a password: the operator's log-in stands for the player's."""


def report_words(case: Case) -> tuple[Words, ...]:
    """Return every piece of the report's text in the order of the case file."""
    told = case.narrative or {"basics.overview": f"报告正文{NOT_IN_SOURCE}。"}
    words = [Words("section", section, text) for section, text in told.items()]
    words += [Words("note", node, text) for node, text in case.notes.items()]
    for kind, items in (("problem", case.problems), ("suggestion", case.suggestions)):
        words += [_item(kind, number, item) for number, item in enumerate(items, 1)]
    for number, table in enumerate(case.tables):
        words.append(Words("table", table.id, position=number, data=plain.dump(free_table(table))))
    for number, figure in enumerate(case.figures):
        words.append(Words("image", figure.id, position=number, data=plain.dump(picture(figure))))
    return tuple(words)


def _item(kind: str, number: int, item: Item) -> Words:
    parts = [{"title": p.title, "body": p.body, "nodes": list(p.nodes)} for p in item.parts]
    data = {"title": item.title, "nodes": list(item.nodes), "parts": parts}
    return Words(kind, f"{number:02d}", item.body, number, data)


def write(play: Performance, act: Act) -> None:
    """The words of the report stand."""
    finalisation.write_report(play.actor(act), play.evaluation, words=report_words(play.file.case))


def waive(play: Performance, act: Act) -> None:
    """The finding the case file names is signed off, if the report has it and nobody did before."""
    item = act.payload["waiver"]
    actor = play.actor(act)
    found = waiving.look(play.evaluation, play.workshop, actor)
    named = [each for each in found.findings if _named(each, item) and not each.fixed]
    key = next((each.key for each in waiving.open_among(play.evaluation, named)), None)
    if key is not None:
        waiving.waive_finding(actor, play.evaluation, play.workshop, finding=key, reason=item.reason)


def _named(found: Noted, item: Waiver) -> bool:
    pairs = ((found.text, item.text), (found.expected, item.expected), (found.actual, item.actual))
    return found.rule == item.rule and all(
        not told or "".join(told.split()) == "".join(said.split()) for said, told in pairs
    )


def freeze(play: Performance, act: Act) -> None:
    """The report is rendered and frozen."""
    play.frozen = play.press.freeze(play.actor(act), play.evaluation)


def review_internally(play: Performance, act: Act) -> None:
    """The firm's reviewer approved the content."""
    note = act.payload["opinion"] or act.stand_in
    finalisation.review_internally(play.actor(act), play.evaluation, seen=play.content(), given={}, note=note)


def review_second(play: Performance, act: Act) -> None:
    """The organising side's reviewer approved the content."""
    note = act.payload["opinion"] or act.stand_in
    finalisation.review_second(play.actor(act), play.evaluation, seen=play.content(), given={}, note=note)


def certify(play: Performance, act: Act) -> None:
    """The lead evaluator stands for the frozen file."""
    finalisation.certify_report(play.actor(act), play.evaluation, seen=play.seen(), given=FRESH)


def seal(play: Performance, act: Act) -> None:
    """The firm's seal is given to the frozen file."""
    finalisation.seal_report(play.actor(act), play.evaluation, seen=play.seen(), given=FRESH)


def sign(play: Performance, act: Act) -> None:
    """The report is 签发 and its signed file made."""
    finalisation.sign_report(play.actor(act), play.evaluation, seen=play.seen(), given=FRESH)
    stamp(play)


def stamp(play: Performance) -> None:
    """The signed file lies among the reports."""
    assert play.frozen is not None
    play.path = play.press.stamp(play.operator.account, play.frozen.id)


def register(play: Performance, act: Act) -> None:
    """An act done on paper has taken effect, with its scan among the evidence."""
    item, behind = act.payload["paper"], act.payload["behind"]
    key = ("evidence", f"paper-{item.code}")
    if key not in play.codes:
        play.codes[key] = _scan(play, act)
    finding, opinion = act.payload.get("finding"), act.payload.get("opinion")
    request = act.payload.get("supplement")
    target = play.known("finding", finding.code) if finding else ""
    target = play.known("supplement", request.code) if request else target
    text = (finding.response if finding else opinion.text if opinion else item.text) or item.text
    command = paper.RegisterPaper(
        act=behind,
        for_account=play.company.accounts[act.payload["signer"]],
        for_role=act.payload["role"],
        document_on=item.on or play.on(act),
        evidence=play.codes[key],
        document_no=item.number or NOT_IN_SOURCE,
        target=target,
        text=text,
        organisation=play.company.organisations[opinion.organisation] if opinion else "",
        agrees=bool(opinion and opinion.agrees),
        form_code=short_code(play.seen()) if behind in REPORT_ACTS else "",
        seen=play.seen(),
    )
    code = paper.register_paper(play.actor(act), play.evaluation, command)
    if opinion:
        play.codes["opinion", opinion.code] = play.newest_opinion()
    if behind is Action.REPORT_SIGN:
        stamp(play)
    play.codes["paper", item.code] = code


def _scan(play: Performance, act: Act) -> str:
    item = act.payload["paper"]
    name, content = f"paper-{item.code}.txt", (item.text or f"纸质件（原件{NOT_IN_SOURCE}）").encode()
    if item.file:
        path = play.file.beside(item.file)
        assert path is not None
        name, content = path.name, path.read_bytes()
    command = evidence.AddEvidence(
        name=f"线下登记 {item.code} {item.number}".strip(),
        filename=name,
        content=content,
        klass=PAPER_SCAN,
        source=item.source,
        stand_in=not item.file,
    )
    return evidence.add_evidence(play.actor(act), play.evaluation, command, store=play.store)


def return_stage(play: Performance, act: Act) -> None:
    """The case is back at an earlier stage."""
    order = act.payload["order"]
    command = returns.ReturnStage(Stage(order.back_to), _items(order), order.straight_back)
    returns.return_stage(play.actor(act), play.evaluation, command)
    play.frozen = None


def return_self(play: Performance, act: Act) -> None:
    """The self-assessment is back with the unit."""
    self_assessment.return_self_assessment(
        play.actor(act), play.evaluation, items=_items(act.payload["order"])
    )


def _items(order: Return) -> tuple[str, ...]:
    return tuple(f"{item.node}：{item.reason}" if item.node else item.reason for item in order.items)


def correct(play: Performance, act: Act) -> None:
    """The words of the coming version stand."""
    item = act.payload["correction"]
    words = tuple(Words("section", section, text) for section, text in item.narrative.items())
    correction.edit_correction(play.actor(act), play.evaluation, words=words)


def sign_correction(play: Performance, act: Act) -> None:
    """The further version is in force and its signed file made."""
    correction.sign_correction(play.actor(act), play.evaluation, seen=play.seen(), given=FRESH)
    stamp(play)


HANDLERS: Mapping[Action, Handler] = {
    Action.REPORT_WRITE: write,
    Action.REPORT_WAIVE_FINDING: waive,
    Action.REPORT_FREEZE: freeze,
    Action.REPORT_INTERNAL_REVIEW: review_internally,
    Action.REPORT_SECOND_REVIEW: review_second,
    Action.REPORT_CERTIFY: certify,
    Action.REPORT_SEAL: seal,
    Action.REPORT_SIGN: sign,
    Action.PAPER_REGISTER: register,
    Action.STAGE_RETURN: return_stage,
    Action.SELF_RETURN: return_self,
    Action.EVALUATION_SUSPEND: lambda p, a: commissioning.ask_suspension(
        p.actor(a), p.evaluation, reason=a.payload["reason"]
    ),
    Action.EVALUATION_CONFIRM_SUSPENSION: lambda p, a: commissioning.confirm_suspension(
        p.actor(a), p.evaluation, reason=a.payload["reason"]
    ),
    Action.EVALUATION_RESUME: lambda p, a: commissioning.resume_evaluation(
        p.actor(a), p.evaluation, reason=a.payload["reason"]
    ),
    Action.EVALUATION_TERMINATE: lambda p, a: commissioning.ask_termination(
        p.actor(a), p.evaluation, reason=a.payload["reason"]
    ),
    Action.EVALUATION_CONFIRM_TERMINATION: lambda p, a: commissioning.confirm_termination(
        p.actor(a), p.evaluation, given=FRESH, reason=a.payload["reason"]
    ),
    Action.CORRECTION_REQUEST: lambda p, a: correction.request_correction(
        p.actor(a), p.evaluation, reason=a.payload["correction"].reason
    ),
    Action.CORRECTION_EDIT: correct,
    Action.CORRECTION_FREEZE: freeze,
    Action.CORRECTION_SIGN: sign_correction,
}
