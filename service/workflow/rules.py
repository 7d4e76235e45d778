"""The rule table: every act the process knows, by kind, stage and status.

- `ROWS` is what people wrote; `RULES` is the same, one cell each; `find` looks one up.
- At most one rule exists for a kind, stage, status and act; loading fails otherwise.
- What has no rule is refused: there is no default row.
"""

from __future__ import annotations

from service.workflow.actions import Action
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.rows import assessment, closing, instance, scoring, start
from service.workflow.rule import Row, Rule, expand
from service.workflow.stages import Stage, Status

Cell = tuple[Kind | None, Stage | None, Status | None, Action]

ROWS: tuple[Row, ...] = (
    *instance.INSTANCE_ROWS,
    *start.CASE_ROWS,
    *start.TEAM_ROWS,
    *start.PLAN_ROWS,
    *assessment.SELF_ROWS,
    *assessment.EVIDENCE_ROWS,
    *assessment.REVIEW_ROWS,
    *assessment.VISIT_ROWS,
    *scoring.SCORING_ROWS,
    *closing.CONSULTATION_ROWS,
    *closing.REPORT_ROWS,
    *closing.RETURN_ROWS,
    *closing.CORRECTION_ROWS,
    *instance.READ_ROWS,
)

RULES: tuple[Rule, ...] = tuple(rule for row in ROWS for rule in expand(row))


def _index(rules: tuple[Rule, ...]) -> dict[Cell, Rule]:
    """Return the rules by cell.

    Raises:
        ValueError: if two rules claim the same cell.
    """
    table: dict[Cell, Rule] = {}
    for rule in rules:
        cell = (rule.kind, rule.stage, rule.at, rule.action)
        if cell in table:
            raise ValueError(f"规则重复：{cell}")
        table[cell] = rule
    return table


_TABLE: dict[Cell, Rule] = _index(RULES)

_BY_ACT: dict[tuple[Kind | None, Action], list[Rule]] = {}
for _rule in RULES:
    _BY_ACT.setdefault((_rule.kind, _rule.action), []).append(_rule)

CASE_LESS_ACTIONS: frozenset[Action] = frozenset(rule.action for rule in RULES if rule.kind is None)


def find(kind: Kind | None, stage: Stage | None, status: Status | None, action: Action) -> Rule | None:
    """Return the rule for one cell, None if there is none; acts outside a case ignore the rest."""
    if action in CASE_LESS_ACTIONS:
        return _TABLE.get((None, None, None, action))
    return _TABLE.get((kind, stage, status, action))


def places(kind: Kind | None, action: Action, roles: frozenset[Role]) -> tuple[Rule, ...]:
    """Return the rules by which somebody with `roles` could do `action` in a case of `kind` at all."""
    return tuple(rule for rule in _BY_ACT.get((kind, action), ()) if rule.roles & roles)
