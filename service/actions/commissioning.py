"""下达: a case is created, issued, given its team, suspended, resumed or terminated."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from service import frameworks
from service.actions.planning import framework_row
from service.actions.secrecy import secrecy_problem
from service.actions.steps import CaseWork, Given, case_action, current_track, lacking, open_track
from service.actions.transaction import Actor, Transaction, transaction
from service.errors import InvalidError, NotPermittedError, Problem
from service.models.evaluation import Evaluation, MoneyFact, Party, Quotation, StageMode
from service.models.organisation import ConflictDeclaration, GrantState, RoleGrant
from service.queries.people import declaration_of, instance_roles, open_conflict, roles_at, roles_in
from service.scoring.framework import Framework
from service.workflow.actions import Action
from service.workflow.kinds import KINDS, Kind
from service.workflow.roles import FIRM_ROLES, TEAM_ROLES, Role
from service.workflow.stages import Stage


@dataclass(frozen=True, slots=True)
class Money:
    """One sum of money: `fen` in 分 of yuan or None when the source does not state it."""

    code: str
    name: str
    kind: str
    fen: int | None
    printed: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A figure printed by somebody else, with its relation to other figures as `body`."""

    path: str
    printed: str
    place: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CreateEvaluation:
    """What is known when a case is created; `parties` maps a part to organisation ids.

    `framework` is the indicator framework as YAML text: required for 单位自评, which has no plan that could
    adopt one, and refused for every other kind.
    """

    code: str
    title: str
    kind: Kind
    year: str
    subject_name: str
    profile: str
    parties: Mapping[str, tuple[str, ...]]
    subject_kind: str = "project"
    secrecy: str = ""
    publicity: str = ""
    policy: str = "city"
    self_due_on: date | None = None
    imported: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    money: tuple[Money, ...] = ()
    quoted: tuple[Quoted, ...] = ()
    framework: str = ""


def create_evaluation(actor: Actor, command: CreateEvaluation) -> str:
    """Return the id of the new case, in draft (拟下达); the creator is 经办 (FO) of one of its organisers.

    Raises:
        NotPermittedError: if the actor is not FO of an organiser.
        InvalidError: if what `check_creation` demands is missing.
    """
    framework = check_creation(command)
    with transaction(actor, Action.EVALUATION_CREATE, reason=command.title) as tx:
        if Role.FO not in instance_roles(tx.session, actor.person, today=tx.on):
            raise NotPermittedError(Problem("只有组织方经办（FO）可以拟下达评价"))
        desks = [roles_at(tx.session, actor.person, o, today=tx.on) for o in command.parties["organiser"]]
        if not any(Role.FO in held for held in desks):
            raise NotPermittedError(Problem("组织方须是本人担任经办的单位", path="organiser"))
        return add_case(tx, command, framework).id


def add_case(tx: Transaction, command: CreateEvaluation, framework: Framework | None) -> Evaluation:
    """Return the new case, in draft, with its parties, money and quoted figures; the caller asked the table.

    Args:
        framework: what `check_creation` returned.
    """
    case = Evaluation(
        code=command.code,
        title=command.title,
        kind=command.kind,
        year=command.year,
        subject_kind=command.subject_kind,
        subject_name=command.subject_name,
        secrecy=command.secrecy,
        publicity=command.publicity,
        policy=command.policy,
        profile=command.profile,
        self_due_on=command.self_due_on,
        imported=command.imported,
        facts=dict(command.facts),
    )
    tx.add(case)
    tx.session.flush()
    if framework is not None:
        version = framework_row(tx, framework, command.framework)
        version.locked, case.framework_id = True, version.id
    for part, organisations in command.parties.items():
        for organisation in organisations:
            tx.add(Party(evaluation_id=case.id, organisation_id=organisation, part=part))
    for sum_ in command.money:
        tx.add(money_row(case.id, sum_))
    for quoted in command.quoted:
        tx.add(_quotation_row(case.id, quoted))
    return case


def check_creation(command: CreateEvaluation) -> Framework | None:
    """Return the framework of a 单位自评, None for every other kind.

    Raises:
        InvalidError: naming everything that is missing, or every fault of the framework.
    """
    problems = [
        Problem(f"缺少{label}", path=name)
        for name, label in (
            ("code", "编号"),
            ("title", "名称"),
            ("subject_name", "评价对象"),
            ("year", "年度"),
        )
        if not getattr(command, name).strip()
    ]
    if not command.parties.get("evaluated"):
        problems.append(Problem("缺少被评价单位", path="parties.evaluated"))
    if not command.parties.get("organiser"):
        problems.append(Problem("缺少组织方", path="parties.organiser"))
    if command.kind is Kind.UNIT_SELF and not command.framework:
        problems.append(Problem("缺少指标体系", path="framework", cure="单位自评没有方案，创建时给出"))
    if command.kind is not Kind.UNIT_SELF and command.framework:
        problems.append(Problem("指标体系由方案确定", path="framework", cure="下达后在方案中起草"))
    classified = secrecy_problem(command.secrecy)
    if classified is not None:
        problems.append(classified)
    if problems:
        raise InvalidError(problems)
    return frameworks.parse(command.framework, name="framework") if command.framework else None


def money_row(case_id: str, money: Money) -> MoneyFact:
    """Return the row of one sum of money."""
    return MoneyFact(
        evaluation_id=case_id,
        code=money.code,
        name=money.name,
        kind=money.kind,
        fen=money.fen,
        printed=money.printed,
        source=money.source,
    )


def _quotation_row(case_id: str, quoted: Quoted) -> Quotation:
    return Quotation(
        evaluation_id=case_id,
        path=quoted.path,
        printed=quoted.printed,
        place=quoted.place,
        body=dict(quoted.body),
    )


def issue_evaluation(actor: Actor, evaluation: str, *, reason: str = "", expected: int | None = None) -> None:
    """The case is active in 自评 and its first stage passage is open.

    Args:
        expected: version of the case the person has seen; not compared if None.

    Raises:
        StaleError: the case has changed since.
    """
    with case_action(actor, Action.EVALUATION_ISSUE, evaluation=evaluation, reason=reason) as work:
        if expected is not None:
            work.tx.expect(work.case, expected)
        open_track(work, Stage.SELF_ASSESSMENT)


def assign_member(
    actor: Actor, evaluation: str, *, account: str, roles: tuple[Role, ...], reason: str = ""
) -> None:
    """The account holds each of `roles` in this case.

    Raises:
        InvalidError: if a role is not one of the team's (EV, EX, EL, IR, AS).
        ActionRefusedError: if the person declared a conflict or would hold duties that exclude each other.
    """
    wrong = [Problem("不是评价组的角色", value=role.value) for role in roles if role not in _TEAM]
    if wrong:
        raise InvalidError(wrong)

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        held = roles_in(session, account, case, today=date.max)
        conflict = open_conflict(session, case.id, account)
        foreign = [role.label for role in roles if role not in KINDS[case.kind].roles]
        return {
            "target_missing": tuple(f"{case.kind.label}没有{label}" for label in foreign),
            "target_roles": held | frozenset(roles),
            "target_conflicts": ("本人申报了利害关系",) if conflict else (),
            "target_is_actor": account == actor.person,
        }

    with case_action(actor, Action.TEAM_ASSIGN, evaluation=evaluation, reason=reason, given=target) as work:
        for role in roles:
            work.tx.add(_grant(work, account, role))


_TEAM = TEAM_ROLES | FIRM_ROLES


def _grant(work: CaseWork, account: str, role: Role) -> RoleGrant:
    return RoleGrant(
        account_id=account,
        role=role,
        evaluation_id=work.case.id,
        state=GrantState.CONFIRMED,
        proposed_by=work.person,
        confirmed_by=work.person,
    )


def declare_conflict(actor: Actor, evaluation: str, *, conflict: bool, statement: str) -> None:
    """The person has declared whether he has an interest in the case; a later declaration replaces it."""
    given = lacking(利害关系说明=statement if conflict else "无")
    with case_action(actor, Action.CONFLICT_DECLARE, evaluation=evaluation, given=given) as work:
        row = declaration_of(work.session, work.case.id, work.person)
        if row is None:
            row = ConflictDeclaration(evaluation_id=work.case.id, account_id=work.person)
            work.tx.add(row)
        row.conflict, row.statement = conflict, statement
        row.overridden_by, row.override_reason = None, ""


def override_conflict(actor: Actor, evaluation: str, *, account: str, reason: str) -> None:
    """A declared interest is held harmless by another person, with a reason."""

    def target(session: Session, case: Evaluation) -> dict[str, Any]:
        return {
            "target_open": open_conflict(session, case.id, account),
            "target_mine": account == actor.person,
        }

    with case_action(
        actor, Action.CONFLICT_OVERRIDE, evaluation=evaluation, reason=reason, given=target
    ) as work:
        row = declaration_of(work.session, work.case.id, account)
        if row is not None:
            row.overridden_by, row.override_reason = work.person, reason


def ask_suspension(actor: Actor, evaluation: str, *, reason: str) -> None:
    """The request for 中止 is on file; another person has to confirm it."""
    with case_action(actor, Action.EVALUATION_SUSPEND, evaluation=evaluation, reason=reason) as work:
        work.case.suspend_asked_by = work.person


def confirm_suspension(actor: Actor, evaluation: str, *, reason: str = "") -> None:
    """The case is suspended in the stage it is in."""
    with case_action(actor, Action.EVALUATION_CONFIRM_SUSPENSION, evaluation=evaluation, reason=reason):
        pass


def resume_evaluation(actor: Actor, evaluation: str, *, reason: str) -> None:
    """A suspended case is active again in the stage it was in."""
    with case_action(actor, Action.EVALUATION_RESUME, evaluation=evaluation, reason=reason) as work:
        work.case.suspend_asked_by = None


def ask_termination(actor: Actor, evaluation: str, *, reason: str) -> None:
    """The request for 终止 is on file; the signing authority has to confirm it."""
    with case_action(actor, Action.EVALUATION_TERMINATE, evaluation=evaluation, reason=reason) as work:
        work.case.terminate_asked_by = work.person


def confirm_termination(actor: Actor, evaluation: str, *, given: Given, reason: str = "") -> None:
    """The case is over for ever, without a signed report; `given` tells how fresh the log-in is."""
    action = Action.EVALUATION_CONFIRM_TERMINATION
    with case_action(actor, action, evaluation=evaluation, reason=reason, given=given):
        pass


@dataclass(frozen=True, slots=True)
class Waiver:
    """How a stage was held instead, on what ground, and whether the client's consent is on file."""

    mode: StageMode
    ground: str
    consent: bool = False


def waive_stage(actor: Actor, evaluation: str, command: Waiver) -> None:
    """The present stage is recorded as not held, with its ground, and left; nothing is invented for it."""
    with _waiving(actor, Action.STAGE_WAIVE, evaluation, command) as work:
        mark_track(work, command)


def waive_visit(actor: Actor, evaluation: str, command: Waiver) -> None:
    """现场核查 is recorded as not held or held off site; the stage is left by the usual act."""
    with _waiving(actor, Action.VISIT_WAIVE, evaluation, command) as work:
        mark_track(work, command)


def waive_consultation(actor: Actor, evaluation: str, command: Waiver) -> None:
    """征求意见 is entered as not held, with its ground; its remaining conditions still apply."""
    with _waiving(actor, Action.CONSULTATION_WAIVE, evaluation, command) as work:
        how = {"mode": command.mode.value, "ground": command.ground}
        waived = {**work.case.facts.get("waived", {}), Stage.CONSULTATION.value: how}
        work.case.facts = {**work.case.facts, "waived": waived}


def _waiving(
    actor: Actor, action: Action, evaluation: str, command: Waiver
) -> AbstractContextManager[CaseWork]:
    given = {"consent_recorded": command.consent}
    return case_action(actor, action, evaluation=evaluation, reason=command.ground, given=given)


def mark_track(work: CaseWork, command: Waiver) -> None:
    """The open passage says how it was held and why."""
    track = current_track(work.session, work.case)
    if track is not None:
        track.mode, track.ground = command.mode, command.ground
