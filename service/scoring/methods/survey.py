"""问卷: weighted answer levels, one or several respondent groups, then a rule on the rate.

Formula: s_g = Σ w_l × n_l / Σ n_l; s = Σ v_g × s_g / Σ v_g; points = score(s).
Worked (S3 weights 100/80/60/0): ten of each of the first three, none of the last → 80 %;
6 分 from 60 to 90 % → 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from service.scoring.expressions import Expression
from service.scoring.methods.base import ONE, VALUE, Context, Fault, Rule, RuleResult, unknown
from service.scoring.methods.proportional import percent
from service.scoring.quantities import Quantity, read_quantity, show_short
from service.scoring.rounding import Place
from service.scoring.states import NotComputableError


@dataclass(frozen=True, slots=True)
class Weighted:
    """An answer level or respondent group with its weight."""

    name: str
    weight: Fraction


@dataclass(frozen=True)
class Survey(Rule):
    """See the module; thresholds only warn."""

    kind = "survey"
    uses = frozenset({"survey", "record", "value"})
    levels: tuple[Weighted, ...]
    score: Rule
    groups: tuple[Weighted, ...] = ()
    min_valid: Fraction | None = None
    min_response: Fraction | None = None

    def evaluate(self, context: Context) -> RuleResult:
        """Return what `score` gives for the satisfaction rate."""
        steps: list[str] = []
        rate = self._rate(context, steps)
        rounded = context.scope.rounding.apply(rate, Place.MEASURE)
        fixed = {VALUE.name: Quantity(rounded, (), "%")}
        inner = Context(
            context.full, context.given, context.scope.narrowed(context.given, fixed), context.missing
        )
        result = self.score.evaluate(inner)
        return RuleResult(
            result.points,
            (*steps, *result.steps),
            result.elements,
            result.events,
            (*result.warnings, *self._warnings(context)),
        )

    def _rate(self, context: Context, steps: list[str]) -> Fraction:
        answers = context.given.survey
        if not answers:
            rate = context.scope.number(VALUE)
            if rate.dims or not 0 <= rate.number <= 1:
                raise NotComputableError(f"满意率应在 0% 与 100% 之间，读到 {rate}")
            steps.append(f"满意率所载为 {rate}")
            return rate.number
        if not self.groups:
            return self._group("满意率", answers, steps)
        unknown(answers, [group.name for group in self.groups], "这类人")
        total = Fraction(0)
        for group in self.groups:
            part = answers.get(group.name)
            if not isinstance(part, Mapping):
                raise NotComputableError(f"缺少“{group.name}”的份数")
            total += group.weight * self._group(f"{group.name}满意率", part, steps)
        mean = total / sum((group.weight for group in self.groups), Fraction(0))
        steps.append(f"按权重平均，满意率 = {percent(mean)}")
        return mean

    def _group(self, title: str, answers: Mapping[str, object], steps: list[str]) -> Fraction:
        unknown(answers, [level.name for level in self.levels], "答案档")
        counts = [(level, _valid(answers.get(level.name), level.name)) for level in self.levels]
        valid = sum((count for _, count in counts), Fraction(0))
        if not valid:
            raise NotComputableError("没有有效问卷")
        rate = sum((level.weight * count for level, count in counts), Fraction(0)) / valid
        top = " + ".join(f"{percent(level.weight)} × {show_short(count)}" for level, count in counts)
        steps.append(f"{title} = ({top}) ÷ {show_short(valid)} = {percent(rate)}")
        return rate

    def _warnings(self, context: Context) -> Iterable[str]:
        record = context.given.record
        valid, sent = (
            _figure(record, "valid") or _figure(record, "returned"),
            (_figure(record, "sent") or _figure(record, "population")),
        )
        if self.min_valid is not None and valid is not None and valid < self.min_valid:
            yield f"有效问卷 {show_short(valid)} 份，少于 {show_short(self.min_valid)} 份，代表性不足"
        if self.min_response is not None and valid is not None and sent and valid / sent < self.min_response:
            yield f"回收率 {percent(valid / sent)}，低于 {percent(self.min_response)}，代表性不足"

    def worst(self, full: Fraction) -> Fraction:
        """Return what the rule on the rate gives at worst."""
        return self.score.worst(full)

    def coded(self, code: str, full: Fraction) -> Fraction | None:
        """Return the points of a band of the rule on the rate."""
        return self.score.coded(code, full)

    def expressions(self) -> Iterable[Expression]:
        """Return what the rule on the rate reads."""
        return self.score.expressions()

    def accepts(self) -> frozenset[str]:
        """Return answers, record and whatever the rule on the rate uses."""
        return self.uses | self.score.accepts()

    def faults(self, full: Fraction | None) -> Iterable[Fault]:
        """Return weights outside 0–100 %, doubled names, and faults of the rule on the rate."""
        for place, rows, top in (("levels", self.levels, ONE), ("groups", self.groups, None)):
            names = [row.name for row in rows]
            for n, row in enumerate(rows):
                if row.weight < 0 or (top is not None and row.weight > top):
                    yield Fault((place, n, "weight"), "权重超出范围", "0% 到 100%", "改权重")
                if row.name in names[:n]:
                    yield Fault((place, n, "name"), f"“{row.name}”重复", cure="合并或改名")
        if not self.levels:
            yield Fault(("levels",), "至少要一个答案档", cure="写上各档与权重")
        if self.groups and not sum(group.weight for group in self.groups):
            yield Fault(("groups",), "各类人的权重之和为零", cure="写权重")
        for fault in self.score.faults(full):
            yield Fault(("score", *fault.place), fault.message, fault.allowed, fault.cure)


def _valid(written: object, name: str) -> Fraction:
    found = read_quantity(written) if isinstance(written, str) else None
    if found is None or found.number < 0:
        raise NotComputableError(f"“{name}”的份数没有写或不是数")
    return found.number


def _figure(record: Mapping[str, str], name: str) -> Fraction | None:
    found = read_quantity(record.get(name, ""))
    return found.number if found else None
