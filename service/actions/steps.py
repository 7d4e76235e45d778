"""The frame every act on a case runs in: lock, facts, rule table, change, stage.

- The evaluation's row is locked before any fact is read, so two acts on one case cannot both
  pass the same guard.
- Roles are read from the database after the lock; what a session remembers is not trusted.
- Strangers get `NotFoundError`: they may not learn that the case exists.
- The stage moves only here, to the stage the rule table names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.actions.transaction import Actor, Transaction, transaction
from service.errors import ActionRefusedError, NotFoundError, Problem
from service.models.evaluation import Evaluation, ReturnOrder, StageMode, StageTrack
from service.queries.facts import gather
from service.queries.people import roles_in
from service.queries.sheet import current_sheet
from service.workflow.actions import Action
from service.workflow.exclusive import clashes
from service.workflow.facts import Facts, Policy
from service.workflow.machine import Step, plan
from service.workflow.roles import Role
from service.workflow.stages import Stage

Read = Callable[[Session, Evaluation], Mapping[str, Any]]
Given = Mapping[str, Any] | Read


@dataclass(frozen=True, slots=True)
class CaseWork:
    """One act in progress: its transaction, the locked case, who acts as what, and the step taken."""

    tx: Transaction
    case: Evaluation
    actor: Actor
    roles: frozenset[Role]
    facts: Facts
    step: Step
    person: str
    """Id of the account whose act this is: the one played in a replay, or acted for on paper."""
    gate: bool = True
    """Whether a stage reached asks for a checkpoint; who reaches thousands asks for one at the end."""

    @property
    def session(self) -> Session:
        """Return the open session of the transaction."""
        return self.tx.session


@contextmanager
def case_action(
    actor: Actor,
    action: Action,
    *,
    evaluation: str,
    reason: str = "",
    given: Given | None = None,
    acted_for: str | None = None,
    gate: bool = True,
) -> Iterator[CaseWork]:
    """Run one act on a case; commit it with its entry and move the stage if the table says so.

    Args:
        evaluation: id of the case.
        given: facts of the target and facts only the caller knows, by `Facts` field name; a function
            of session and locked case if they must be read after the lock. What is left out refuses.
        acted_for: account whose act on paper the actor registers; facts and authorship are his.
        gate: whether a stage reached asks for a checkpoint of its own.

    Raises:
        NotFoundError: if the case does not exist or the actor has no role in it.
        NotPermittedError: if no row of the table gives this role this act.
        ActionRefusedError: if the case was imported, or guards fail; names everything missing.
    """
    with transaction(actor, action, evaluation=evaluation, reason=reason) as tx:
        case = tx.evaluation
        roles = roles_in(tx.session, actor.person, case, today=tx.on) if case else frozenset()
        if case is None or not roles:
            raise NotFoundError(Problem("没有这个评价，或您不参与它"))
        tx.demand_writable()
        person = acted_for or actor.person
        known: dict[str, Any] = {"reason_given": bool(reason.strip())}
        known |= given(tx.session, case) if callable(given) else given or {}
        _demand_separate_duties(case, roles)
        facts = gather(tx.session, case, person=person, action=action, today=tx.on, given=known)
        step = plan(case.kind, case.stage, case.status, action, roles, facts)
        work = CaseWork(
            tx=tx, case=case, actor=actor, roles=roles, facts=facts, step=step, person=person, gate=gate
        )
        yield work
        if step.next_status is not None:
            case.status = step.next_status
        if step.next_stage is not None and step.next_stage is not case.stage:
            enter_stage(work, step.next_stage)


def _demand_separate_duties(case: Evaluation, roles: frozenset[Role]) -> None:
    """A duty granted outside any case was not held against the profile of this one."""
    found = clashes(Policy(case.policy), roles)
    if found:
        cure = "请系统管理员收回其中一项授权，或由另一人办理"
        raise ActionRefusedError([Problem(words, cure=cure) for words in found])


def enter_stage(work: CaseWork, stage: Stage) -> None:
    """Close the passage through the present stage and open one through `stage`."""
    session, case = work.session, work.case
    session.flush()
    track = note_total(work)
    if track is not None:
        track.left_on = work.tx.on
    case.stage = stage
    open_track(work, stage)
    _settle_returns(work, stage)
    if work.gate:
        work.tx.job("audit.checkpoint")


def note_total(work: CaseWork) -> StageTrack | None:
    """Return the present passage, which now shows the total it ends with; the first note stands."""
    track = current_track(work.session, work.case)
    if track is not None and track.total is None:
        sheet = current_sheet(work.session, work.case)
        track.total = sheet.total_text if sheet else None
    return track


def _settle_returns(work: CaseWork, stage: Stage) -> None:
    """Mark the returns as resolved whose stage is reached again."""
    for order in work.session.scalars(
        select(ReturnOrder).where(
            ReturnOrder.evaluation_id == work.case.id, ReturnOrder.resolved_on.is_(None)
        )
    ):
        if not stage.before(order.from_stage):
            order.resolved_on = work.tx.on


def open_track(work: CaseWork, stage: Stage) -> StageTrack:
    """Return the new, numbered passage through `stage`, entered today."""
    rounds = work.session.scalar(
        select(func.count()).where(StageTrack.evaluation_id == work.case.id, StageTrack.stage == stage)
    )
    waived = work.case.facts.get("waived", {}).get(stage.value, {})
    track = StageTrack(
        evaluation_id=work.case.id,
        stage=stage,
        round=(rounds or 0) + 1,
        entered_on=work.tx.on,
        mode=StageMode(waived.get("mode", StageMode.HELD)),
        ground=waived.get("ground", ""),
    )
    work.tx.add(track)
    return track


def current_track(session: Session, case: Evaluation) -> StageTrack | None:
    """Return the open passage through the present stage, None before 下达."""
    query = (
        select(StageTrack)
        .where(
            StageTrack.evaluation_id == case.id, StageTrack.stage == case.stage, StageTrack.left_on.is_(None)
        )
        .order_by(StageTrack.round.desc())
    )
    return session.scalars(query).first()


def next_number(session: Session, model: Any, evaluation: str) -> int:
    """Return one more than the rows of `model` in this case; codes are never reused."""
    count = session.scalar(select(func.count()).select_from(model).where(model.evaluation_id == evaluation))
    return int(count or 0) + 1


def lacking(**parts: str) -> dict[str, tuple[str, ...]]:
    """Return as a fact of the target which of these parts, named in words, are empty."""
    return {"target_missing": tuple(name for name, text in parts.items() if not text.strip())}


def one(session: Session, model: Any, *, evaluation: str, code: str, what: str) -> Any:
    """Return the row of `model` with this code inside this case.

    Raises:
        NotFoundError: if the case has no such row, even if another case has.
    """
    row = session.scalar(select(model).where(model.evaluation_id == evaluation, model.code == code))
    if row is None:
        raise NotFoundError(Problem(f"本评价中没有这个{what}", value=code))
    return row
