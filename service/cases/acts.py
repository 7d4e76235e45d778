"""Turn a case into the ordered acts of a replay. Pure: nothing is written, nobody is asked.

- Inside a stage acts stand in the order of their dates, undated ones where they are written.
- What the process needs and the case does not hold becomes an act with `stand_in` words.
- A return walks the way again: acts that give content are not repeated, acts that move the case are.
"""

from __future__ import annotations

from datetime import date

from service.cases.acts_after import consultation, corrections, finalisation, frozen_before_return
from service.cases.acts_before import opening, self_assessment
from service.cases.acts_during import material_review, on_site, reconfirm
from service.cases.facts import not_stated_of
from service.cases.model_stages import Return
from service.cases.script import NOT_IN_SOURCE, Act, Cast, Script
from service.cases.source import CaseFile
from service.workflow.actions import Action
from service.workflow.certifier import PAPERS
from service.workflow.kinds import KINDS, Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage

__all__ = ["Act", "Cast", "Planned", "planned_acts"]

_STAGES = {
    Stage.SELF_ASSESSMENT: self_assessment,
    Stage.MATERIAL_REVIEW: material_review,
    Stage.ON_SITE_VERIFICATION: on_site,
    Stage.CONSULTATION: consultation,
    Stage.FINALISATION: finalisation,
}
_RETURNERS = {
    Stage.MATERIAL_REVIEW: (Role.EL, Role.FO),
    Stage.ON_SITE_VERIFICATION: (Role.EL, Role.FO),
    Stage.CONSULTATION: (Role.FO,),
    Stage.FINALISATION: (Role.FO, Role.FR, Role.FA),
}
_UNIT_RETURNERS = {
    Stage.MATERIAL_REVIEW: (Role.SD, Role.FO),
    Stage.FINALISATION: (Role.SD, Role.FA),
}


class Planned:
    """What a replay does: the cast, the acts in order, and everything that stands in."""

    def __init__(self, file: CaseFile) -> None:
        script = Script(file.case)
        opening(script)
        _walk(script, file)
        corrections(script)
        _standstills(script)
        self.cast = script.cast
        self.not_stated = not_stated_of(file.case)
        self.papers_not_stated = self.cast.certifies and not any(p.papers for p in file.case.people)
        self.acts: tuple[Act, ...] = script.dated()

    @property
    def stand_ins(self) -> tuple[str, ...]:
        """Return one line for each stand-in: organisations, people, acts, missing dates; no line twice."""
        lines = [*self.cast.stand_ins, *(f"步骤：{act.stand_in}" for act in self.acts if act.stand_in)]
        if any(not act.dated for act in self.acts):
            lines.append("日期：来源未载日期的步骤沿用前一步的业务日期")
        if self.not_stated:
            lines.append(f"下达资料：{'、'.join(self.not_stated)}（{NOT_IN_SOURCE}）")
        if self.papers_not_stated:
            lines.append(f"{PAPERS}（{NOT_IN_SOURCE}）")
        if any(act.action is Action.VISIT_OPEN for act in self.acts):
            lines.append(f"核查名单：参加核查的评价组成员{NOT_IN_SOURCE}，按评价组全体登记")
        return tuple(dict.fromkeys(lines))


def planned_acts(file: CaseFile) -> Planned:
    """Return the cast and acts of a replay of this case."""
    return Planned(file)


def _walk(script: Script, file: CaseFile) -> None:
    stages = [stage for stage in KINDS[script.cast.kind].stages if stage in _STAGES]
    waiting = list(file.case.returns)
    visited: set[Stage] = set()
    index = 0
    while index < len(stages):
        stage = stages[index]
        order = next((r for r in waiting if Stage(r.start) is stage), None)
        if order is not None and _by_supervisor(script, order):
            waiting.remove(order)
            _return(script, order)
            script.returned, index = order, stages.index(Stage(order.back_to))
            continue
        again = stage in visited
        visited.add(stage)
        script.repeating, script.horizon = again, _horizon(waiting)
        if again:
            reconfirm(script, stage)
        _STAGES[stage](script, file, again=again, leave=order is None)
        if order is None:
            index += 1
            continue
        waiting.remove(order)
        _return(script, order)
        script.returned, script.horizon = order, _horizon(waiting)
        index = stages.index(Stage(order.back_to))
        if order.straight_back:
            script.repeating = True
            reconfirm(script, stages[index])
            _STAGES[stages[index]](script, file, again=True, leave=True)
            index = stages.index(stage)


def _horizon(waiting: list[Return]) -> date | None:
    """Return the day of the earliest return still to come, None if none is dated."""
    return min((order.on for order in waiting if order.on), default=None)


def _by_supervisor(script: Script, order: Return) -> bool:
    """Say whether the 主管部门 sends a self-assessment back, before the team begins to review it."""
    reviewers = {p.code for p in script.cast.players if Role.SD in p.roles}
    team = script.cast.kind is not Kind.UNIT_SELF
    return team and order.start == Stage.MATERIAL_REVIEW.value and order.by in reviewers


def _return(script: Script, order: Return) -> None:
    start, unit = Stage(order.start), script.cast.kind is Kind.UNIT_SELF
    own = _by_supervisor(script, order)
    action = Action.SELF_RETURN if own or (unit and start is Stage.MATERIAL_REVIEW) else Action.STAGE_RETURN
    returners = _UNIT_RETURNERS[start] if unit else _RETURNERS[start]
    if order.after_freeze:
        frozen_before_return(script, order.on)
    script.add(
        action,
        (Role.SD,) if own else returners,
        by=order.by,
        on=order.on,
        source=order.source,
        order=order,
    )


STANDSTILLS: dict[str, tuple[Action, Action | None, tuple[Role, ...]]] = {
    "suspend": (Action.EVALUATION_SUSPEND, Action.EVALUATION_CONFIRM_SUSPENSION, (Role.FR, Role.FA)),
    "resume": (Action.EVALUATION_RESUME, None, ()),
    "terminate": (Action.EVALUATION_TERMINATE, Action.EVALUATION_CONFIRM_TERMINATION, (Role.FA,)),
}


def _standstills(script: Script) -> None:
    """Put suspensions before the first later act (undated ones before the scores); 终止 ends the case."""
    for item in script.case.standstills:
        rest, script.acts = script.acts, []
        ask, confirm, confirmers = STANDSTILLS[item.act]
        script.add(ask, (Role.FO,), by=item.by, on=item.on, source=item.source, reason=item.reason)
        if confirm is not None:
            asker = script.acts[-1].by
            others = [role for role in confirmers if script.cast.who("", (role,))[0] != asker]
            script.add(confirm, others or confirmers, on=item.on, source=item.source, reason=item.reason)
        later = (i for i, a in enumerate(rest) if item.on and a.on and a.on > item.on)
        scores = (i for i, a in enumerate(rest) if a.action is Action.SCORES_SUBMIT)
        place = next(later, next(scores, len(rest)))
        after = [] if item.act == "terminate" else rest[place:]
        script.acts = [*rest[:place], *script.acts, *after]
