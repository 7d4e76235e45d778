"""Replay a case file through the real actions, by the right roles, into the database of this instance.

- Actor of every entry is the operator; `on_behalf` the player; `source` the digest of the file; `at`
  the clock; `on` the business date. Nothing is forged: guards judge the player.
- A case already there under its code is not touched: the new one takes the next free code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from service import clock
from service.actions.workshop import Workshop
from service.cases import handlers_after, handlers_before, handlers_during
from service.cases.acts import Planned
from service.cases.company import Credential, Operator, assemble, ensure_administrators
from service.cases.performance import Performance
from service.cases.press import Press, PressHere
from service.cases.score import comparison_plain, expectations_plain
from service.cases.script import Act
from service.cases.source import CaseFile
from service.errors import InvalidError, Problem, ServiceError
from service.extensions import db
from service.queries.catalogue import case_named, name_taken
from service.queries.figures import figures_of
from service.queries.snapshot import take_snapshot
from service.quotations.compare import Comparison, compare
from service.quotations.expectations import Expectations, hold
from service.report.snapshot import CaseSnapshot
from service.scoring.quantities import exact, show
from service.workflow.roles import Role
from service.workflow.stages import Stage

Tell = Callable[[str], None]
HANDLERS = {**handlers_before.HANDLERS, **handlers_during.HANDLERS, **handlers_after.HANDLERS}


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay left: the case in the database and what its figures say to the file.

    Args:
        code: of the case in the database; `path` of the signed file, empty if none was made.
        stand_ins: one line for everything the source does not state.
    """

    file: CaseFile
    code: str
    stage: Stage
    snapshot: CaseSnapshot
    comparison: Comparison
    expectations: Expectations
    stand_ins: tuple[str, ...]
    credentials: tuple[Credential, ...]
    path: str = ""

    @property
    def ok(self) -> bool:
        """Return whether every expectation held and every difference was declared."""
        return not (self.expectations.failed or self.comparison.undeclared)

    @property
    def signature(self) -> str:
        """Return ``pades``, ``cms`` or ``none``."""
        return "none" if not self.path else "pades" if self.path.endswith(".pdf") else "cms"

    def to_plain(self) -> dict[str, Any]:
        """Return the object printed for this case by ``pingji replay --json``."""
        sheet = self.snapshot.sheet
        total = None if sheet.total is None else show(exact(sheet.total), self.snapshot.framework.places)
        return {
            "case": self.file.case.case,
            "kind": self.file.case.kind,
            "stage": self.stage.value,
            "total": total,
            "grade": sheet.grade,
            "adjustments": [
                {"node": a.node, "rule": a.rule, "awarded": a.awarded, "reason": a.reason}
                for a in self.snapshot.adjustments
            ],
            **comparison_plain(self.comparison),
            **expectations_plain(self.expectations),
            "report": self.path or None,
            "signature": self.signature,
            "evaluation": self.code,
            "stand_ins": list(self.stand_ins),
        }


def replay(
    file: CaseFile,
    workshop: Workshop,
    *,
    operator: str | None = None,
    until: Stage | None = None,
    press: Press | None = None,
    request_id: str | None = None,
    tell: Tell = lambda _: None,
) -> Replayed:
    """Return the case replayed up to the signature, or until it reaches the stage `until`.

    Args:
        operator: account that runs the replay; None is the system administrator.
        press: who renders; None renders here.

    Raises:
        InvalidError: the instance is live, or the case cannot be played as written.
        ActionRefusedError, NotPermittedError: the process refuses an act; place and date are named.
    """
    if not workshop.demo:
        raise InvalidError(
            Problem(
                "正式实例不回放案卷",
                allowed="演示实例",
                cure="用 pingji case import 导入为只读案卷，或换一个演示实例回放",
            )
        )
    planned = Planned(file)
    code = free_code(file.case.case)
    administrators, credentials = ensure_administrators()
    play_as = Operator(operator or administrators[Role.SA], "系统管理员", file.sha256, request_id)
    company = assemble(planned.cast, code, play_as, administrators)
    how = press or PressHere(workshop)
    play = Performance(file, planned, code, play_as, company, workshop.store, how, workshop)
    stage = perform(play, planned.acts, until=until, tell=tell)
    return result_of(play, stage, (*credentials, *company.credentials), demo=True)


def free_code(code: str) -> str:
    """Return `code`, or with the first number behind it that neither a case nor its people here have.

    A replay that was interrupted may have left people without a case.
    """
    for number in range(1, 10_000):
        name = code if number == 1 else f"{code}-{number}"
        taken = name_taken(db.session(), name)
        db.session.rollback()
        if not taken:
            return name
    raise InvalidError(Problem("这个案卷已回放过太多次", value=code, cure="换一个编号"))


def perform(
    play: Performance, acts: Iterable[Act], *, until: Stage | None = None, tell: Tell = lambda _: None
) -> Stage:
    """Return the stage the case is in after `acts`, or after the one that led to `until`.

    Raises:
        ServiceError: an act is refused; day, part and act are named.
    """
    stage = Stage.SELF_ASSESSMENT
    for act in acts:
        tell(act.action.label)
        try:
            HANDLERS[act.action](play, act)
        except ServiceError as error:
            raise type(error)([_placed(problem, act) for problem in error.problems]) from error
        before, stage = stage, _stage(play)
        if stage is not before:
            play.press.finish()
        if until is not None and stage is until:
            break
    return stage


def _placed(problem: Problem, act: Act) -> Problem:
    when = f"{act.on.isoformat()} " if act.on else ""
    where = f"{when}{act.role.label} {act.action.label}"
    return Problem(
        f"{where}：{problem.message}", problem.path, problem.value, problem.allowed, problem.cure,
        problem.file, problem.line,
    )  # fmt: skip


def _stage(play: Performance) -> Stage:
    stage = case_named(db.session(), play.evaluation).stage
    db.session.rollback()
    return stage


def result_of(
    play: Performance, stage: Stage, credentials: tuple[Credential, ...], *, demo: bool
) -> Replayed:
    """Return what stands in the database now and what its figures say to the file."""
    session = db.session()
    case = case_named(session, play.evaluation)
    snapshot = take_snapshot(session, case, demo=demo, today=clock.local_date(clock.now()))
    session.rollback()
    figures = figures_of(snapshot)
    items = [item.quoted() for item in play.file.case.published]
    return Replayed(
        play.file,
        play.code,
        stage,
        snapshot,
        compare(items, figures),
        hold(play.file.case.expect, figures),
        play.planned.stand_ins,
        credentials,
        play.path,
    )
