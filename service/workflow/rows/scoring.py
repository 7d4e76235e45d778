"""Rows of scoring: inputs, deductions, adjustments, and the team's submission."""

from __future__ import annotations

from service.workflow import guards as g
from service.workflow.actions import Action
from service.workflow.guards import Guard
from service.workflow.roles import Role
from service.workflow.rule import TEAM_KINDS, UNIT_SELF, Row
from service.workflow.stages import Stage

_EARLY = (Stage.MATERIAL_REVIEW, Stage.ON_SITE_VERIFICATION)
_LATE = (Stage.CONSULTATION, Stage.FINALISATION)
_TEAM = frozenset({Role.EV, Role.EX, Role.EL})
_EL = frozenset({Role.EL})


def _act(action: Action, *guards: Guard) -> tuple[Row, Row]:
    """Return the rows of one scoring act: the team in 2 and 3, the lead with an origin in 4 and 5."""
    guards = (g.CONFLICT_CLEARED, g.PLAN_LOCKED, g.ORIGIN, *guards)
    return (
        Row(
            action=action,
            kinds=TEAM_KINDS,
            stages=_EARLY,
            roles=_TEAM,
            guards=guards,
            clause="评价员、专家办理本人事项，组长办理全部；提交后修改写明来源",
        ),
        Row(
            action=action,
            kinds=TEAM_KINDS,
            stages=_LATE,
            roles=_EL,
            guards=guards,
            clause="征求意见后的修改只凭意见处理、复核、会商、批示或事实更正",
        ),
    )


def _own_score(action: Action, *guards: Guard) -> Row:
    """Return the row by which a unit scores itself in 单位自评."""
    return Row(
        action=action,
        kinds=UNIT_SELF,
        stages=(Stage.SELF_ASSESSMENT,),
        roles=frozenset({Role.DF}),
        guards=guards,
        clause="财预〔2020〕10号第11、16条：未完成的说明原因并扣分",
    )


SCORING_ROWS: tuple[Row, ...] = (
    *_act(Action.SCORE_INPUT, g.TARGET_COMPLETE),
    *_act(Action.DEDUCTION_DRAFT),
    *_act(Action.DEDUCTION_SUBMIT, g.OWN_OR_LEAD, g.TARGET_COMPLETE),
    *_act(Action.DEDUCTION_REVISE, g.OWN_OR_LEAD),
    *_act(Action.DEDUCTION_WITHDRAW, g.OWN_OR_LEAD, g.REASON),
    *_act(Action.ADJUSTMENT_DRAFT),
    *_act(Action.ADJUSTMENT_SUBMIT, g.OWN_OR_LEAD, g.TARGET_COMPLETE),
    *_act(Action.ADJUSTMENT_REVISE, g.OWN_OR_LEAD),
    *_act(Action.ADJUSTMENT_WITHDRAW, g.OWN_OR_LEAD, g.REASON),
    Row(
        action=Action.DEDUCTION_RECONFIRM,
        kinds=TEAM_KINDS,
        stages=_EARLY + _LATE,
        roles=_TEAM,
        guards=(g.CONFLICT_CLEARED, g.OWN_OR_LEAD, g.TARGET_OPEN),
        clause="退回后待确认的事项须逐项确认或撤销",
    ),
    Row(
        action=Action.SCORES_SUBMIT,
        kinds=TEAM_KINDS,
        stages=(Stage.ON_SITE_VERIFICATION, *_LATE),
        roles=_EL,
        guards=(g.CONFLICT_CLEARED, g.PLAN_LOCKED, g.LEDGER_COMPLETE, g.RECONFIRMED),
        clause="组长提交评分；退回后重新提交",
    ),
    _own_score(Action.SCORE_INPUT, g.TARGET_COMPLETE),
    _own_score(Action.DEDUCTION_DRAFT),
    _own_score(Action.DEDUCTION_SUBMIT, g.TARGET_COMPLETE),
    _own_score(Action.DEDUCTION_REVISE),
    _own_score(Action.DEDUCTION_WITHDRAW, g.REASON),
)
