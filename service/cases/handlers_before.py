"""Carry out the acts up to the material review through the real actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from service import frameworks
from service.actions import case_facts, commissioning, evidence, material_review, planning, self_assessment
from service.cases.facts import claims_of, rulings_of
from service.cases.joint import aggregate_of
from service.cases.model_stages import Evidence
from service.cases.performance import Performance
from service.cases.script import NOT_IN_SOURCE, Act
from service.cases.words import money_facts
from service.queries.issuing import NOT_STATED
from service.queries.vocabulary import StageMode, Verdict
from service.workflow.actions import Action
from service.workflow.certifier import PAPERS, Papers
from service.workflow.kinds import Kind

Handler = Callable[[Performance, Act], None]
EVIDENCE_KINDS = {"formal": "正式资料", "working": "工作资料", "voucher": "原始凭证", "statement": "说明材料",
                  "not_stated": ""}  # fmt: skip
PART_NAMES = {"assessor": "评价单位"}


def create(play: Performance, act: Act) -> None:
    """The case stands in draft."""
    play.evaluation = commissioning.create_evaluation(play.actor(act), creation(play))


def creation(play: Performance) -> commissioning.CreateEvaluation:
    """Return the case as it is created, with everything the file says beforehand."""
    case, cast = play.file.case, play.planned.cast
    parties: dict[str, tuple[str, ...]] = {}
    for party in cast.parties:
        for part in party.parts:
            if part != "supervisor" or cast.supervised:
                name = PART_NAMES.get(part, part)
                parties[name] = (*parties.get(name, ()), play.company.organisations[party.code])
    own, settings = case.self_assessment, case.settings
    facts = {
        "firm": cast.firm,
        "stand_ins": list(play.planned.stand_ins),
        "events": [event.code for event in case.events if event.happened],
        "rulings": rulings_of(case),
        "report_on": case.report_on.isoformat() if case.report_on else None,
        "sheets": list(case.framework.sheets),
        "aggregate": aggregate_of(case),
        "case_file": play.operator.source,
        NOT_STATED: play.planned.not_stated + ([PAPERS] if play.planned.papers_not_stated else []),
    }
    if settings and settings.supplement_rounds:
        facts["round_limit"] = int(settings.supplement_rounds)
    return commissioning.CreateEvaluation(
        code=play.code,
        title=case.title,
        kind=Kind(case.kind),
        year=case.year,
        subject_name=case.subject.name,
        subject_kind=case.subject.kind,
        profile=case.profile,
        parties=parties,
        secrecy=case.secrecy,
        publicity=case.publicity,
        policy=settings.policy if settings else "city",
        self_due_on=own.due_on if own else None,
        facts=facts,
        money=tuple(
            commissioning.Money(m.code, m.name, m.kind, m.fen, m.printed, m.source) for m in money_facts(case)
        ),
        quoted=tuple(
            commissioning.Quoted(q.path, q.value, q.place, q.to_plain())
            for q in (item.quoted() for item in case.published)
        ),
        framework=frameworks.dump(play.file.framework) if Kind(case.kind) is Kind.UNIT_SELF else "",
    )


def assign(play: Performance, act: Act) -> None:
    """A member of the team has his parts."""
    account = play.company.accounts[act.payload["player"]]
    commissioning.assign_member(
        play.actor(act), play.evaluation, account=account, roles=act.payload["duties"]
    )


def register_papers(play: Performance, act: Act) -> None:
    """The papers of a 主评人 are on file."""
    told = act.payload["papers"]
    papers = Papers(
        told.qualification,
        int(told.years or 0),
        int(told.evaluating_years or 0),
        told.clean_record,
        told.valid_until,
    )
    command = case_facts.EditFacts(papers={play.company.accounts[act.payload["player"]]: papers})
    case_facts.edit_facts(play.actor(act), play.evaluation, command, reason=f"登记{PAPERS}")


def declare(play: Performance, act: Act) -> None:
    """A member has declared no interest."""
    statement = f"申报内容{NOT_IN_SOURCE}，程序性登记"
    commissioning.declare_conflict(play.actor(act), play.evaluation, conflict=False, statement=statement)


def draft_plan(play: Performance, act: Act) -> None:
    """The plan with the framework is drafted."""
    items = dict(act.payload["items"]) or {"说明": f"方案内容{NOT_IN_SOURCE}"}
    command = planning.DraftPlan(framework=frameworks.dump(play.file.framework), body=items)
    planning.draft_plan(play.actor(act), play.evaluation, command)


def amend_plan(play: Performance, act: Act) -> None:
    """A numbered amendment waits for approval."""
    item = act.payload["amendment"]
    command = planning.DraftPlan(
        framework=frameworks.dump(play.file.framework),
        body=item.items,
        reason=item.reason,
        effect=item.effect,
    )
    planning.amend_plan(play.actor(act), play.evaluation, command)


def edit_self(play: Performance, act: Act) -> None:
    """The unit's lines, total and words stand in the draft."""
    own = act.payload["own"]
    points = claims_of(play.file.case)
    codes = [*(own.lines if own else ()), *(c for c in points if not own or c not in own.lines)]
    lines = tuple(
        self_assessment.ClaimLine(
            node=code,
            points=points.get(code),
            target=own.lines[code].target if code in own.lines else "",
            actual=own.lines[code].actual if code in own.lines else "",
            deviation=own.lines[code].deviation if code in own.lines else "",
        )
        for code in codes
    )
    body = dict(own.texts) if own and own.texts else {"说明": f"自评文字{NOT_IN_SOURCE}"}
    total = own.total or None if own else None
    command = self_assessment.EditSelfAssessment(lines, total, own.grade if own else "", body)
    self_assessment.edit_self_assessment(play.actor(act), play.evaluation, command)


def waiver(play: Performance, act: Act) -> commissioning.Waiver:
    """Return how the stage was held instead; consent is recorded with the waiver where a firm works."""
    note = act.payload["note"]
    mode = StageMode(note.mode) if note and note.mode != "held" else StageMode.NOT_HELD
    ground = (note.ground if note else "") or NOT_IN_SOURCE
    return commissioning.Waiver(mode, ground, consent=play.planned.cast.firm)


def waive_stage(play: Performance, act: Act) -> None:
    """The stage is recorded as not held and left."""
    commissioning.waive_stage(play.actor(act), play.evaluation, waiver(play, act))


def add_evidence(play: Performance, act: Act) -> None:
    """The evidence is in the store and on file, linked to its nodes."""
    item: Evidence = act.payload["evidence"]
    name, content = _content(play, item)
    links = tuple(("node", node) for node in item.nodes)
    play.codes["evidence", item.code] = evidence.add_evidence(
        play.actor(act),
        play.evaluation,
        evidence.AddEvidence(
            name=item.name,
            filename=name,
            content=content,
            klass=EVIDENCE_KINDS[item.kind],
            source=item.obtained or item.source,
            proves=item.proves,
            period=item.period,
            code=item.code,
            stand_in=bool(act.stand_in),
            links=links,
        ),
        store=play.store,
    )


def supersede_evidence(play: Performance, act: Act) -> None:
    """A further version of an earlier piece is on file."""
    item: Evidence = act.payload["evidence"]
    name, content = _content(play, item)
    evidence.supersede_evidence(
        play.actor(act), play.evaluation, code=item.supersedes, filename=name, content=content,
        reason=item.proves or item.name, store=play.store,
    )  # fmt: skip
    play.codes["evidence", item.code] = item.supersedes


def void_evidence(play: Performance, act: Act) -> None:
    """The piece no longer counts; it stays on file with the reason."""
    item: Evidence = act.payload["evidence"]
    reason = item.voided.reason if item.voided else ""
    code = play.known("evidence", item.code)
    evidence.void_evidence(play.actor(act), play.evaluation, code=code, reason=reason)


def _content(play: Performance, item: Evidence) -> tuple[str, bytes]:
    if item.file:
        path = play.file.beside(item.file)
        assert path is not None
        return path.name, path.read_bytes()
    if item.text:
        return f"{item.code}.txt", item.text.encode()
    card = (f"佐证登记卡（原件{NOT_IN_SOURCE}）", f"编号：{item.code}", f"名称：{item.name}",
            f"获取来源：{item.obtained or NOT_IN_SOURCE}", f"证明：{item.proves or NOT_IN_SOURCE}",
            f"在来源文件中的位置：{item.source or NOT_IN_SOURCE}")  # fmt: skip
    return f"{item.code}.txt", "\n".join(card).encode()


def verdict(play: Performance, act: Act) -> None:
    """One document has its verdict."""
    item = act.payload["verdict"]
    command = material_review.GiveVerdict(item.subject, Verdict(item.verdict), item.note, item.node)
    material_review.give_verdict(play.actor(act), play.evaluation, command)


def request_supplement(play: Performance, act: Act) -> None:
    """A request for correction is with the unit."""
    item = act.payload["supplement"]
    due = item.due_on or play.window("supplement", play.on(act))
    command = material_review.RequestSupplement(item.items, due, item.mandatory)
    play.codes["supplement", item.code] = material_review.request_supplement(
        play.actor(act), play.evaluation, command
    )


def answer_supplement(play: Performance, act: Act) -> None:
    """The request has its answer."""
    item = act.payload["supplement"]
    code = play.known("supplement", item.code)
    answer = item.answer or NOT_IN_SOURCE
    material_review.answer_supplement(play.actor(act), play.evaluation, code=code, answer=answer)


def confirm_supplement(play: Performance, act: Act) -> None:
    """The unit's head stands behind the answer."""
    code = play.known("supplement", act.payload["supplement"].code)
    material_review.confirm_supplement(play.actor(act), play.evaluation, code=code)


def close_supplement(play: Performance, act: Act) -> None:
    """The request is closed."""
    code = play.known("supplement", act.payload["supplement"].code)
    material_review.close_supplement(play.actor(act), play.evaluation, code=code, reason="已补正")


HANDLERS: Mapping[Action, Handler] = {
    Action.EVALUATION_CREATE: create,
    Action.TEAM_ASSIGN: assign,
    Action.CONFLICT_DECLARE: declare,
    Action.EVALUATION_EDIT: register_papers,
    Action.EVALUATION_ISSUE: lambda p, a: commissioning.issue_evaluation(p.actor(a), p.evaluation),
    Action.PLAN_DRAFT: draft_plan,
    Action.PLAN_SUBMIT: lambda p, a: planning.submit_plan(p.actor(a), p.evaluation),
    Action.PLAN_APPROVE: lambda p, a: planning.approve_plan(
        p.actor(a), p.evaluation, panel_opinion=a.payload["opinion"]
    ),
    Action.PLAN_AMEND: amend_plan,
    Action.PLAN_APPROVE_AMENDMENT: lambda p, a: planning.approve_amendment(
        p.actor(a), p.evaluation, panel_opinion=NOT_IN_SOURCE
    ),
    Action.SELF_EDIT: edit_self,
    Action.SELF_SUBMIT: lambda p, a: self_assessment.submit_self_assessment(p.actor(a), p.evaluation),
    Action.SELF_REVIEW: lambda p, a: self_assessment.review_self_assessment(
        p.actor(a), p.evaluation, opinion=a.stand_in
    ),
    Action.STAGE_WAIVE: waive_stage,
    Action.EVIDENCE_ADD: add_evidence,
    Action.EVIDENCE_SUPERSEDE: supersede_evidence,
    Action.EVIDENCE_VOID: void_evidence,
    Action.REVIEW_VERDICT: verdict,
    Action.SUPPLEMENT_REQUEST: request_supplement,
    Action.SUPPLEMENT_ANSWER: answer_supplement,
    Action.SUPPLEMENT_CONFIRM: confirm_supplement,
    Action.SUPPLEMENT_CLOSE: close_supplement,
    Action.REVIEW_PROPOSE_PASS: lambda p, a: material_review.propose_pass(p.actor(a), p.evaluation),
    Action.REVIEW_PASS: lambda p, a: material_review.pass_review(p.actor(a), p.evaluation),
}
