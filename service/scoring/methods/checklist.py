"""要点: elements with equal or unequal shares, each met, unmet or met in part.

Formula: points = Σ P_i × m_i, m_i ∈ [0, 1]; a gate that is not met at all gives 0 for the leaf.
Dropped elements: P_i' = P_i × P / (P − Σ dropped).
Worked (national A201, 4 分, four equal elements): met, met, 50 %, unmet → 2.5; without goal 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from service.scoring.methods.base import (
    ONE,
    ZERO,
    Context,
    ElementResult,
    Fault,
    Rule,
    RuleResult,
    treated_share,
    unknown,
)
from service.scoring.methods.levels import doubled
from service.scoring.methods.proportional import percent
from service.scoring.points import Points
from service.scoring.quantities import exact, is_exact, read_quantity, show_short
from service.scoring.states import NotComputableError, State, Treat


@dataclass(frozen=True, slots=True)
class Element:
    """One element; `points` None means an equal share; `whole` refuses partial loss."""

    code: str
    name: str = ""
    points: Points | None = None
    whole: bool = False
    gate: bool = False


@dataclass(frozen=True)
class Checklist(Rule):
    """See the module."""

    kind = "checklist"
    uses = frozenset({"elements"})
    elements: tuple[Element, ...]

    def evaluate(self, context: Context) -> RuleResult:
        """Return the sum over the elements."""
        unknown(context.given.elements, [element.code for element in self.elements], "要点")
        shares = [self._share(element, context) for element in self.elements]
        fulls = self._fulls(context.full, [share is None for share in shares])
        results, steps = [], []
        for element, share, full in zip(self.elements, shares, fulls, strict=True):
            if share is None:
                steps.append(f"{element.name or element.code}：不适用，分值分摊到其他要点")
                continue
            points = context.element_points(full * share)
            results.append(ElementResult(element.code, element.name or element.code, full, points))
            name = element.name or element.code
            steps.append(f"{name}：{show_short(full)} × {percent(share)} = {show_short(points)} 分")
            if element.gate and not share:
                return RuleResult(ZERO, (*steps, "前提要点不满足，整项 0 分"))
        total = sum((result.points for result in results), ZERO)
        if len(results) > 1:
            steps.append(
                "得分 = "
                + " + ".join(show_short(result.points) for result in results)
                + f" = {show_short(total)} 分"
            )
        return RuleResult(total, tuple(steps), tuple(results))

    def _fulls(self, full: Fraction, dropped: list[bool]) -> list[Fraction]:
        own = [
            element.points.limits(full)[0] if element.points else full / len(self.elements)
            for element in self.elements
        ]
        kept = sum((points for points, gone in zip(own, dropped, strict=True) if not gone), ZERO)
        if not kept and full:
            raise NotComputableError("没有适用的要点")
        scale = full / kept if kept and any(dropped) else ONE
        return [points * scale for points in own]

    def _share(self, element: Element, context: Context) -> Fraction | None:
        written = context.given.elements.get(element.code)
        if written is None or written == "":
            raise NotComputableError(f"要点“{element.name or element.code}”没有结论")
        if isinstance(written, Mapping):
            share = self._pointed(element, written, context.full)
        elif written in ("met", "unmet"):
            share = ONE if written == "met" else ZERO
        elif written in set(State):
            return self._missing(State(written), context)
        else:
            found = read_quantity(written)
            if found is None or found.unit not in ("%", "") or not 0 <= found.number <= 1:
                raise NotComputableError(
                    f"要点“{element.name or element.code}”应写 met、unmet、0–100% 或缺失状态"
                )
            share = found.number
        if element.whole and share not in (ZERO, ONE):
            raise NotComputableError(f"要点“{element.name or element.code}”只能全得或不得")
        return share

    @staticmethod
    def _missing(state: State, context: Context) -> Fraction | None:
        treatment = context.missing.get(state)
        if treatment is not None and treatment.treat is Treat.DROPPED:
            return None
        return treated_share(context.missing, state)

    def _pointed(self, element: Element, written: Mapping[str, str], full: Fraction) -> Fraction:
        own = element.points.limits(full)[0] if element.points else full / len(self.elements)
        text = written.get("points", "")
        if set(written) != {"points"} or not is_exact(text):
            raise NotComputableError(f"要点“{element.name or element.code}”应写成 {{points: 分数}}")
        points = exact(text)
        if not 0 <= points <= own:
            raise NotComputableError(
                f"要点“{element.name or element.code}”的分数应在 0 与 {show_short(own)} 之间"
            )
        return points / own if own else ZERO

    def faults(self, full: Fraction | None) -> Iterable[Fault]:
        """Return doubled codes and shares that do not make up the full marks."""
        if not self.elements:
            yield Fault(("elements",), "至少要一个要点", cure="写上各要点")
        yield from doubled([element.code for element in self.elements], "elements")
        stated = [element.points for element in self.elements if element.points]
        if stated and len(stated) != len(self.elements):
            yield Fault(("elements",), "有的要点写了分值，有的没写", cure="全部写，或全部不写（平分）")
        elif stated and (full is not None or all(points.share for points in stated)):
            whole = full if full is not None else ONE
            total = sum((points.limits(whole)[0] for points in stated), ZERO)
            if total != whole:
                yield Fault(
                    ("elements",),
                    f"各要点合计 {show_short(total)}，不等于满分 {show_short(whole)}",
                    f"合计 {show_short(whole)}",
                    "改要点分值",
                )
