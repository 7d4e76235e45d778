"""The only importer of `transitions`: facts and a wish go in, a step or a refusal comes out.

- A machine is built once per rule and keeps nothing; every question is put on a throwaway cursor, which
  no row of the database sees.
- `auto_transitions` is off, so no event jumps to a stage; nothing is queued, no exception is
  swallowed, no callback has a side effect.
- Only `Stage` and `Status` members are accepted; text has to be parsed by the caller.
- A refusal carries every reason: wrong stage, wrong state, exclusive duties, all guards.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import cast

from transitions import EventData, Machine

from service.errors import ActionRefusedError, NotPermittedError
from service.workflow.actions import Action
from service.workflow.exclusive import exclusive
from service.workflow.facts import Facts
from service.workflow.kinds import KINDS, Kind
from service.workflow.roles import Role
from service.workflow.rule import Move, Rule
from service.workflow.rules import CASE_LESS_ACTIONS, RULES, find, places
from service.workflow.stages import Stage, Status

PAPER_ACTS: frozenset[Action] = frozenset(
    {
        Action.SELF_SUBMIT,
        Action.SUPPLEMENT_CONFIRM,
        Action.FINDING_CONFIRM,
        Action.FINDING_OBJECT,
        Action.OPINION_RECORD,
        Action.REPORT_CERTIFY,
        Action.REPORT_SEAL,
        Action.REPORT_SIGN,
    }
)


NEVER_STRAIGHT_BACK: frozenset[Action] = frozenset(
    {Action.STAGE_WAIVE, Action.CONSULTATION_WAIVE, Action.REPORT_SIGN}
)


@dataclass(frozen=True, slots=True)
class Step:
    """What an allowed act does to the case.

    Args:
        next_stage: the stage it leads to, None if the stage stays.
        clause: the ground, as the row states it.
        next_status: the status it leads to, None if the status stays.
        action: the act itself; behind a 线下登记, the act registered.
    """

    next_stage: Stage | None
    clause: str
    next_status: Status | None
    action: Action


@dataclass(eq=False)
class Cursor:
    """A throwaway place holder: where the case stands, and why it may not move."""

    stage: Stage
    reasons: list[str] = field(default_factory=list)


def permits(
    kind: Kind | None, stage: Stage | None, status: Status | None, action: Action, roles: frozenset[Role]
) -> bool:
    """Return whether the table has a row for somebody with `roles`; facts are not asked."""
    rule = find(kind, stage, status, action)
    return rule is not None and bool(rule.roles & roles)


def allowed_actions(kind: Kind, stage: Stage, status: Status, roles: frozenset[Role]) -> tuple[Action, ...]:
    """Return the acts in a case the table has a row for, in the order of `Action`."""
    return tuple(
        action
        for action in Action
        if action not in CASE_LESS_ACTIONS and permits(kind, stage, status, action, roles)
    )


def plan(
    kind: Kind | None,
    stage: Stage | None,
    status: Status | None,
    action: Action,
    roles: frozenset[Role],
    facts: Facts,
) -> Step:
    """Return the step `action` takes, judged by the table and `facts`.

    For an act outside any case, `kind`, `stage` and `status` are None. For `paper.register` the
    act behind the paper is judged too, as done by `facts.paper_for`, and its step is returned.

    Raises:
        NotPermittedError: no row of the table lets these roles do this anywhere in such a case.
        ActionRefusedError: a row exists, but not here and now; every reason is named.
        TypeError: `kind`, `stage`, `status` or `action` is not a member of its enum.
    """
    _check_types(kind, stage, status, action)
    rule = find(kind, stage, status, action)
    if rule is None or not rule.roles & roles:
        raise _no_row(kind, stage, status, action, roles)
    known = replace(facts, kind=kind, stage=stage, status=status, acting_roles=rule.roles & roles)
    reasons = list(exclusive(known.policy, known.actor_earlier_acts, action, kind=kind))
    step: Step | None = None
    if action is Action.PAPER_REGISTER:
        reasons += _failing(rule, known)
        step = _behind_paper(known, reasons)
    elif rule.stage is None:
        reasons += _failing(rule, known)
    else:
        step = _ask_machine(rule, rule.stage, known, reasons)
    if reasons:
        raise ActionRefusedError(dict.fromkeys(reasons))
    return step or Step(None, rule.clause, rule.next_status, action)


def _check_types(kind: object, stage: object, status: object, action: object) -> None:
    for value, enum in ((kind, Kind), (stage, Stage), (status, Status)):
        if value is not None and not isinstance(value, enum):
            raise TypeError(f"须为{enum.__name__}的成员，读到{value!r}")
    if not isinstance(action, Action):
        raise TypeError(f"须为Action的成员，读到{action!r}")


def _no_row(
    kind: Kind | None, stage: Stage | None, status: Status | None, action: Action, roles: frozenset[Role]
) -> ActionRefusedError | NotPermittedError:
    elsewhere = places(kind, action, roles)
    if not elsewhere or stage is None or status is None:
        return NotPermittedError(f"本人职责不能办理“{action.label}”")
    reasons: list[str] = []
    statuses = {rule.at for rule in elsewhere if rule.at}
    if status not in statuses:
        names = "、".join(member.label for member in Status if member in statuses)
        reasons.append(f"评价现为“{status.label}”，“{action.label}”只能在“{names}”时办理")
    stages = {rule.stage for rule in elsewhere if rule.stage}
    if stage not in stages or not reasons:
        names = "、".join(member.label for member in Stage if member in stages)
        reasons.append(f"评价现处“{stage.label}”，“{action.label}”只能在以下阶段办理：{names}")
    return ActionRefusedError(reasons)


def _failing(rule: Rule, facts: Facts) -> list[str]:
    """Return every reason of every guard of `rule`; a row without guards fails nothing."""
    return [reason for guard in rule.guards for reason in guard.check(facts)]


def _behind_paper(facts: Facts, reasons: list[str]) -> Step | None:
    """Return the step of the act a paper stands for; add why not to `reasons`."""
    if facts.paper_act not in PAPER_ACTS or facts.paper_for is None:
        names = "、".join(action.label for action in Action if action in PAPER_ACTS)
        reasons.append(f"线下登记须指明事项和办理人；可登记：{names}")
        return None
    try:
        return plan(
            facts.kind,
            facts.stage,
            facts.status,
            facts.paper_act,
            frozenset({facts.paper_for}),
            replace(facts, via_paper=True),
        )
    except (ActionRefusedError, NotPermittedError) as refusal:
        reasons += [str(problem) for problem in refusal.problems]
        return None


def destinations(rule: Rule) -> tuple[Stage, ...]:
    """Return every stage the rule may lead to: itself, the next ones held, or the earlier ones.

    A forward move normally goes to the next stage held. After a return that goes straight back it
    may lead to any later stage already reached, up to 定稿; never to 已签发 except by signing. A draft
    that shows fewer points than the unit last saw goes to 征求意见 all the same.
    """
    if rule.kind is None or rule.stage is None:
        return ()
    if rule.move is Move.STAY:
        return (rule.stage,)
    spec = KINDS[rule.kind]
    if rule.move is Move.RETURN:
        return spec.earlier(rule.stage)
    nearest = tuple(stage for stage in (rule.next_stage,) if stage)
    if rule.action in NEVER_STRAIGHT_BACK:
        return nearest
    onward = tuple(s for s in spec.stages if rule.stage.before(s) and s is not Stage.SIGNED)
    return onward or nearest


def _wanted(rule: Rule, facts: Facts) -> Stage | None:
    """Return the one destination these facts ask for, None if they ask for none that is declared."""
    if rule.move is Move.STAY:
        return rule.stage
    if rule.move is Move.RETURN:
        if rule.action is Action.STAGE_RETURN:
            return facts.return_to
        return Stage.SELF_ASSESSMENT
    back = facts.straight_back_to
    if back is None or back not in destinations(rule):
        return rule.next_stage
    if rule.action is Action.DRAFT_ISSUE and facts.lowered_after_consultation:
        return rule.next_stage
    reached = facts.furthest_stage is not None and not facts.furthest_stage.before(back)
    return back if reached else None


@cache
def _machine(*rules: Rule) -> Machine:
    """Return a machine over `rules`; every edge has its condition. It keeps no case, so one serves all."""
    machine = Machine(
        model=None,
        states=Stage,
        initial=None,
        model_attribute="stage",
        auto_transitions=False,
        send_event=True,
    )
    for rule in rules:
        for goal in destinations(rule):
            gate = _Gate(rule, goal)
            machine.add_transition(rule.action.value, source=rule.stage or goal, dest=goal, conditions=gate)
    return machine


@dataclass(frozen=True, slots=True)
class _Gate:
    """Opens when the facts want this edge and no guard of its rule fails; tells the cursor why not."""

    rule: Rule
    goal: Stage

    def __call__(self, event: EventData) -> bool:
        facts: Facts = event.kwargs["facts"]
        if _wanted(self.rule, facts) is not self.goal:
            return False
        failing = _failing(self.rule, facts)
        cast(Cursor, event.model).reasons.extend(failing)
        return not failing


def _ask_machine(rule: Rule, stage: Stage, facts: Facts, reasons: list[str]) -> Step | None:
    """Return the step if an edge of `rule` opens for `facts`; add why not to `reasons`."""
    cursor = Cursor(stage)
    if not _machine(rule).events[rule.action.value].trigger(cursor, facts=facts):
        reasons += cursor.reasons or _failing(rule, facts) or ["没有到该阶段的流转"]
        return None
    goal = cursor.stage if cursor.stage is not stage else None
    return Step(goal, rule.clause, rule.next_status, rule.action)


def edges(kind: Kind) -> tuple[tuple[Stage, Action, Stage], ...]:
    """Return every (stage, act, stage) edge of a kind that changes the stage, in table order."""
    return tuple(
        dict.fromkeys(
            (rule.stage, rule.action, goal)
            for rule in RULES
            if rule.kind is kind and rule.stage is not None
            for goal in destinations(rule)
            if goal is not rule.stage
        )
    )


def describe() -> tuple[dict[str, str], ...]:
    """Return the whole table in Chinese, one mapping per rule, for documentation and pages.

    Keys: 类型, 阶段, 状态, 操作, 职责, 条件, 流转, 依据.
    """
    return tuple(_described(rule) for rule in RULES)


def _described(rule: Rule) -> dict[str, str]:
    if rule.move is Move.FORWARD and rule.next_stage:
        flow = rule.next_stage.label
    else:
        flow = rule.next_status.label if rule.next_status else rule.move.label
    return {
        "类型": rule.kind.label if rule.kind else "—",
        "阶段": rule.stage.label if rule.stage else "—",
        "状态": rule.at.label if rule.at else "—",
        "操作": rule.action.label,
        "职责": "、".join(role.label for role in Role if role in rule.roles),
        "条件": "；".join(guard.name for guard in rule.guards),
        "流转": flow,
        "依据": rule.clause,
    }
