"""The form of the rule table: rows as written, and the single rules they stand for.

- A `Row` is what a person writes: one act, several kinds, stages or statuses at once.
- A `Rule` is one cell of the full table: one kind, stage, status and act.
- What no rule names is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from service.workflow.actions import Action
from service.workflow.guards import Guard
from service.workflow.kinds import KINDS, Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage, Status


class Move(Enum):
    """What a row does to the stage."""

    STAY = "stay"
    FORWARD = "forward"
    RETURN = "return"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return MOVE_LABELS[self]


MOVE_LABELS: dict[Move, str] = {Move.STAY: "不变", Move.FORWARD: "进入下一阶段", Move.RETURN: "退回前序阶段"}

ALL_KINDS = frozenset(Kind)
TEAM_KINDS = ALL_KINDS - {Kind.UNIT_SELF}
FIRM_KINDS = frozenset({Kind.DEPARTMENT, Kind.SIMPLIFIED, Kind.FISCAL_FIRM})
UNIT_SELF = frozenset({Kind.UNIT_SELF})
ACTIVE = frozenset({Status.ACTIVE})
DRAFT = frozenset({Status.DRAFT})
CASE_OUTSIDERS = frozenset({Role.SE})  # approves exports of a case without taking part in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the process as written by hand.

    Args:
        action: the act.
        stages: where it may happen; empty for acts outside any case.
        roles: who may do it; parts a kind does not have fall away.
        clause: the ground: article, or page of the design.
        guards: conditions, all of which are reported when they fail.
        kinds, statuses: for which cases.
        move: whether the stage changes.
        status: the status the act leads to, None if it stays.
    """

    action: Action
    stages: tuple[Stage, ...]
    roles: frozenset[Role]
    clause: str
    guards: tuple[Guard, ...] = ()
    kinds: frozenset[Kind] = ALL_KINDS
    statuses: frozenset[Status] = ACTIVE
    move: Move = Move.STAY
    status: Status | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One act in one kind, stage and status; `kind`, `stage` and `at` are None outside a case.

    Args:
        at: the status in which it may happen.
        next_stage: the stage it leads to, None if it stays or the facts name it (a return).
        next_status: the status it leads to, None if it stays.
    """

    action: Action
    kind: Kind | None
    stage: Stage | None
    at: Status | None
    roles: frozenset[Role]
    move: Move
    next_stage: Stage | None
    next_status: Status | None
    guards: tuple[Guard, ...]
    clause: str


def expand(row: Row) -> Iterator[Rule]:
    """Yield the single rules of `row`, in the order of kinds, stages and statuses."""
    if not row.stages:
        yield _rule(row, None, None, None)
        return
    for kind in (kind for kind in Kind if kind in row.kinds):
        for stage in (stage for stage in row.stages if stage in KINDS[kind].stages):
            for status in (status for status in Status if status in row.statuses):
                rule = _rule(row, kind, stage, status)
                if rule.roles:
                    yield rule


def _rule(row: Row, kind: Kind | None, stage: Stage | None, at: Status | None) -> Rule:
    spec = KINDS[kind] if kind else None
    onward = spec.following(stage) if spec and stage and row.move is Move.FORWARD else None
    return Rule(
        action=row.action,
        kind=kind,
        stage=stage,
        at=at,
        roles=row.roles & (spec.roles | CASE_OUTSIDERS) if spec else row.roles,
        move=row.move,
        next_stage=onward,
        next_status=row.status,
        guards=row.guards,
        clause=row.clause,
    )
