"""One leaf: its rule's figure, treatments of missing values, modifiers; then its line through the ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from service.scoring.facts import ScoringFacts
from service.scoring.framework import Framework, Node
from service.scoring.inputs import REMARKS, LeafInput
from service.scoring.ledger import NO_FIGURE, Limits, Reasons, settle
from service.scoring.lines import ZERO, SheetLine, Status
from service.scoring.measures import Scope
from service.scoring.methods.base import ONE, Context, RuleResult
from service.scoring.modifiers import modify
from service.scoring.quantities import exact, show_short
from service.scoring.rounding import Place
from service.scoring.states import NOT_SCORED, NotComputableError, State, Treat, Treatment

_RATED_KINDS = frozenset({"all_or_nothing", "proportional", "lower_better", "checklist"})
_FREE = REMARKS | {"apply", "state", "awarded"}


_NOTHING = RuleResult(ZERO)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a leaf's rule gave at its own full marks; `points` None with the reason in `note`."""

    points: Fraction | None
    steps: tuple[str, ...] = ()
    result: RuleResult = _NOTHING
    status: Status = Status.SCORED
    note: str = ""
    treatment: Treatment | None = None


def outcome(node: Node, framework: Framework, facts: ScoringFacts) -> Outcome:
    """Return what the rule of `node` gives; never raises for want of data."""
    if node.rule is None:
        return Outcome(None, status=Status.SHARED, note=f"与 {node.share_of} 合并计分")
    given = facts.inputs.get(node.code, LeafInput())
    full = ONE if node.max is None else node.max
    scope = Scope(given, node.declared, node.measures, facts.money, framework.rounding, facts.calendar)
    context = Context(full, given, scope, framework.treatments(node))
    try:
        result = _evaluated(node, context)
        points, changes = modify(result.points, node.modifiers, context)
    except NotComputableError as error:
        if error.state is not None:
            return _treated(node, context, error.state, error.reason)
        status = Status.NOT_COMPUTABLE if given.decided else Status.NO_INPUT
        return Outcome(None, tuple(scope.steps), status=status, note=error.reason)
    return Outcome(points, (*scope.steps, *result.steps, *changes), result)


def _evaluated(node: Node, context: Context) -> RuleResult:
    assert node.rule is not None
    given = context.given
    if given.state is not None:
        raise NotComputableError(given.state.label, state=given.state)
    useless = sorted(given.used - _FREE - node.rule.accepts())
    if useless:
        raise NotComputableError(f"结果里的 {'、'.join(useless)} 在这种规则下用不上")
    return node.rule.evaluate(context)


def _treated(node: Node, context: Context, state: State, reason: str) -> Outcome:
    treatment = context.missing.get(state, NOT_SCORED)
    ground = treatment.ground or context.given.ground
    step = f"{reason}：{treatment.treat.label}" + (f"（{ground}）" if ground else "")
    kept = tuple(context.scope.steps)
    assert node.rule is not None
    points: Fraction | None
    if treatment.treat in (Treat.WORST, Treat.UNMET):
        points = node.rule.worst(context.full)
    elif treatment.treat is Treat.ZERO:
        points = ZERO
    elif treatment.treat is Treat.MET:
        points = context.full
    elif treatment.treat is Treat.LEVEL:
        points = node.rule.coded(treatment.level, context.full)
    else:
        status = {Treat.DROPPED: Status.DROPPED, Treat.MOVED: Status.MOVED}.get(
            treatment.treat, Status.NOT_SCORED
        )
        return Outcome(None, kept, status=status, note=step, treatment=treatment)
    if points is None:
        return Outcome(None, kept, status=Status.NOT_COMPUTABLE, note=step)
    return Outcome(points, (*kept, f"{step}，得 {show_short(points)} 分"))


def line_of(
    node: Node, found: Outcome, framework: Framework, facts: ScoringFacts, full: Fraction | None
) -> SheetLine:
    """Return the line of a leaf whose full marks are `full` after dropping and moving."""
    base = SheetLine(
        node.code,
        node.name,
        node.level,
        node.parent,
        node.block,
        max=full,
        printed_max=node.printed_max,
        claimed=facts.claims.get(node.code),
        steps=found.steps,
        status=found.status,
        note=found.note,
        warnings=found.result.warnings,
        elements=found.result.elements,
        events=found.result.events,
    )
    if not base.counts:
        return replace(base, max=None if found.status is Status.SHARED else ZERO)
    if full is None:
        return _without_points(base, node, found)
    scaled, base = _scaled(base, node, found, full, framework)
    try:
        return _settled(base, node, scaled, facts)
    except NotComputableError as error:
        return _unsettled(base, found, facts, error.reason)


def _without_points(base: SheetLine, node: Node, found: Outcome) -> SheetLine:
    rated = node.rule is not None and node.rule.kind in _RATED_KINDS and found.points is not None
    rate = found.points if rated and found.points is not None and 0 <= found.points <= 1 else None
    # The rule was evaluated on one point only to say whether the target is met.
    steps = base.steps if rate is None else (*base.steps, "本指标未设分值，只判断达成情况")
    if found.points is None and found.status is not Status.SCORED:
        return base
    return replace(base, rate=rate, steps=steps, status=Status.NO_POINTS, note="未设分值", elements=())


def _scaled(
    base: SheetLine, node: Node, found: Outcome, full: Fraction, framework: Framework
) -> tuple[Fraction | None, SheetLine]:
    """Return the rule's figure on the new full marks, rounded as the framework says."""
    points = found.points
    if points is None:
        return None, base
    steps = list(base.steps)
    if node.max and full != node.max:
        factor = full / node.max
        points *= factor
        steps.append(
            f"分值由 {show_short(node.max)} 变为 {show_short(full)}，规则得分 × {show_short(factor)} = "
            f"{show_short(points)} 分"
        )
    step = node.rounding or framework.rounding.step(Place.LEAF)
    if step is not None:
        rounded = step.apply(points)
        if rounded != points:
            steps.append(f"{step}：{show_short(points)} → {show_short(rounded)} 分")
        points = rounded
    return points, replace(base, steps=tuple(steps))


def _limits(node: Node, full: Fraction) -> Limits:
    if node.block:
        floor = node.rule.worst(full) if node.rule is not None and node.rule.kind == "reverse" else None
        return Limits(floor, None)
    worst = node.rule.worst(full) if node.rule is not None else ZERO
    return Limits(min(ZERO, worst), full)


def _settled(base: SheetLine, node: Node, points: Fraction | None, facts: ScoringFacts) -> SheetLine:
    assert base.max is not None
    reasons = Reasons(
        facts.deductions_at(node.code), facts.bonuses_at(node.code), facts.adjustments_at(node.code)
    )
    typed = facts.inputs.get(node.code, LeafInput()).awarded
    notes, steps = [base.note] if base.note else [], list(base.steps)
    figure, delta = points, ZERO
    if points is None and typed:
        figure = _typed(exact(typed), base.max, _limits(node, base.max), steps)
    elif points is not None and typed and exact(typed) != points:
        notes.append(f"直接给的 {typed} 分与规则得分 {show_short(points)} 分不一致，未采用，须用裁量调整")
    if points is not None:
        delta = _element_delta(base, points, facts, steps)
    ledger = settle(base.max, figure, reasons, _limits(node, base.max), by_rule=points is not None)
    adjustment = ledger.adjustment if reasons.adjustments else ledger.adjustment + delta
    awarded = base.max - ledger.deductions + ledger.bonuses + adjustment
    if ledger.beyond and points is not None:
        notes.append("扣分超过规则，应改写为裁量调整")
    return replace(
        base,
        rule_points=points,
        deductions=ledger.deductions,
        bonuses=ledger.bonuses,
        adjustment=adjustment,
        awarded=awarded,
        rate=awarded / base.max if base.max else None,
        entries=ledger.entries,
        steps=(*steps, *ledger.steps),
        status=Status.SCORED,
        note="；".join(notes),
    )


def _typed(awarded: Fraction, full: Fraction, limits: Limits, steps: list[str]) -> Fraction:
    if (limits.low is not None and awarded < limits.low) or (
        limits.high is not None and awarded > limits.high
    ):
        raise NotComputableError(f"直接给的 {show_short(awarded)} 分超出范围（满分 {show_short(full)} 分）")
    steps.append(f"直接给 {show_short(awarded)} 分，与满分 {show_short(full)} 分之差记为扣分")
    return awarded


def _element_delta(base: SheetLine, points: Fraction, facts: ScoringFacts, steps: list[str]) -> Fraction:
    """Return what element adjustments change; only where the elements add up to the rule's figure."""
    adjustments = facts.element_adjustments_at(base.code)
    if not adjustments:
        return ZERO
    known = {element.code: element for element in base.elements}
    if sum((element.points for element in base.elements), ZERO) != points:
        raise NotComputableError("本行得分不是各要点之和，不能按要点调整")
    delta, seen = ZERO, set[str]()
    for one in adjustments:
        code = one.place[1]
        if code not in known or code in seen:
            raise NotComputableError(f"裁量调整 {one.id} 所指的要点“{code}”不存在或已调整")
        if not 0 <= exact(one.awarded) <= known[code].max:
            raise NotComputableError(f"裁量调整 {one.id} 给 {one.awarded} 分，超出要点分值")
        seen.add(code)
        delta += exact(one.awarded) - known[code].points
        steps.append(
            f"裁量调整 {one.id}，要点 {known[code].name}："
            f"{show_short(known[code].points)} → {one.awarded} 分，"
            f"理由：{one.reason}"
        )
    return delta


def _unsettled(base: SheetLine, found: Outcome, facts: ScoringFacts, reason: str) -> SheetLine:
    claim = facts.claims.get(base.code)
    if facts.claims_stand and claim is not None and base.max is not None and found.status is Status.NO_INPUT:
        awarded = exact(claim)
        return replace(
            base,
            deductions=base.max - awarded,
            bonuses=ZERO,
            adjustment=ZERO,
            awarded=awarded,
            rate=awarded / base.max if base.max else None,
            status=Status.CLAIMED,
            note="暂按自评得分",
        )
    status = found.status if found.status is not Status.SCORED else Status.NOT_COMPUTABLE
    note = base.note if base.note and reason == NO_FIGURE else "；".join(filter(None, (base.note, reason)))
    return replace(base, rule_points=found.points, status=status, note=note)
