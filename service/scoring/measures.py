"""Measures are evaluated here: names to values, formulas to exact quantities, each with printed arithmetic.

``mean(支出/预算)`` is the mean of rates, ``sum(支出)/sum(预算)`` the pooled rate: two visible formulas.
Worked: 支出 {甲: 3, 乙: 4}, 预算 {甲: 4, 乙: 4} give 87.5 % both ways only because the budgets are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from service.scoring.arithmetic import FUNCTIONS, OPERATIONS, Calendar, compare
from service.scoring.expressions import COMPARISONS, VALUE, Call, Expression, Name, Number, Operation
from service.scoring.inputs import LeafInput
from service.scoring.intervals import Interval
from service.scoring.quantities import Quantity, unit_of
from service.scoring.rounding import Place, Rounding
from service.scoring.states import NotComputableError, State, ZeroDenominatorError
from service.scoring.values import Parts, Value, read_value, show_value

_PRINTED = {
    "*": "×",
    "/": "÷",
    ">=": "≥",
    "<=": "≤",
    "==": "=",
    "!=": "≠",
    "and": "且",
    "or": "或",
    "neg": "−",
    "-": "−",
    "not": "非",
}
_RANKS = {"or": 0, "and": 1, "not": 2, "+": 4, "-": 4, "*": 5, "/": 5, "neg": 6}


@dataclass(frozen=True, slots=True)
class Declared:
    """One declared input: `unit` it must have ("" any), label, and whether a bound counts as its number."""

    name: str
    unit: str = ""
    label: str = ""
    bound_is_number: bool = False


@dataclass(frozen=True, slots=True)
class Measure:
    """One named formula; `zero` replaces it when a denominator is zero; `stated` prefers a value given."""

    name: str
    formula: Expression
    stated: bool = False
    zero: Quantity | None = None


@dataclass
class Scope:
    """What names mean at one leaf; collects the arithmetic as it is used.

    Args:
        given: the leaf's result.
        declared, measures: from the framework, by name.
        money: 分 of yuan by code.
    """

    given: LeafInput
    declared: Mapping[str, Declared] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    money: Mapping[str, int] = field(default_factory=dict)
    rounding: Rounding = field(default_factory=Rounding)
    calendar: Calendar = field(default_factory=Calendar)
    fixed: Mapping[str, Quantity] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    _known: dict[str, Value] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)

    def narrowed(self, given: LeafInput, fixed: Mapping[str, Quantity] | None = None) -> Scope:
        """Return a scope for a sub-rule's result; its arithmetic goes to the same steps."""
        return Scope(
            given,
            self.declared,
            self.measures,
            self.money,
            self.rounding,
            self.calendar,
            fixed or {},
            self.steps,
        )

    def number(self, expression: Expression, *, zero: Quantity | None = None) -> Quantity:
        """Return the quantity `expression` yields, rounded at `Place.MEASURE`.

        Raises:
            NotComputableError: a name has no value, units differ, or a denominator is zero without a rule.
        """
        found = self.value(expression, zero=zero)
        if isinstance(found, Quantity):
            return found
        if isinstance(found, Parts):
            raise NotComputableError(
                f"“{render(expression)}”分部分给出，须用 sum、mean、min 或 max 合成一个数"
            )
        raise NotComputableError(f"“{render(expression)}”是“{show_value(found)}”，不是数")

    def value(self, expression: Expression, *, zero: Quantity | None = None) -> Value:
        """Return what `expression` yields; a bare name may yield a bound, a word or a day."""
        try:
            found = self._evaluate(expression)
        except ZeroDenominatorError:
            if zero is None:
                raise
            self.steps.append(f"{render(expression)} 的分母为零，按规定取 {zero}")
            return zero
        if isinstance(expression, (Name, Number)):
            return found
        if isinstance(found, Quantity):
            found = self._rounded(found, Place.MEASURE)
        self.steps.append(f"{render(expression)} = {render(expression, self._shown)}{_equals(found)}")
        return found

    def holds(self, condition: Expression) -> bool:
        """Return whether a condition is true; the comparison is printed."""
        truth = self._truth(condition)
        self.steps.append(
            f"{render(condition)}：{render(condition, self._shown)}，{'成立' if truth else '不成立'}"
        )
        return truth

    def _truth(self, condition: Expression) -> bool:
        assert isinstance(condition, Operation)
        if condition.sign == "not":
            return not self._truth(condition.operands[0])
        if condition.sign in ("and", "or"):
            left, right = (self._truth(part) for part in condition.operands)
            return left and right if condition.sign == "and" else left or right
        assert condition.sign in COMPARISONS
        return compare(condition.sign, *(self._evaluate(part) for part in condition.operands))

    def _shown(self, name: str) -> str:
        return show_value(self._named(name))

    def _evaluate(self, expression: Expression) -> Value:
        if isinstance(expression, Number):
            return expression.value
        if isinstance(expression, Name):
            return self._named(expression.name)
        operands = [self._evaluate(part) for part in expression.operands]
        if isinstance(expression, Call):
            return FUNCTIONS[expression.function](operands, self.calendar)
        return _elementwise(OPERATIONS[expression.sign], operands)

    def _named(self, name: str) -> Value:
        if name in self.fixed:
            return self.fixed[name]
        if name not in self._known:
            self._known[name] = self._look_up(name)
        return self._known[name]

    def _look_up(self, name: str) -> Value:
        if name in self.measures:
            return self._measured(self.measures[name])
        if name.startswith("money."):
            return self._money(name.removeprefix("money."))
        written = self.given.value if name == VALUE.name else self.given.inputs.get(name, "")
        if name == VALUE.name and not written:
            written = self.given.inputs.get(name, "")
        if not written:
            raise NotComputableError(
                f"缺少“{self._label(name)}”的数" if name != VALUE.name else "没有录入实际值"
            )
        return self._checked(name, read_value(written))

    def _label(self, name: str) -> str:
        """Return what a reader calls this name: the label declared for it."""
        declared = self.declared.get(name)
        return (declared.label if declared else "") or ("实际值" if name == VALUE.name else name)

    def _money(self, code: str) -> Quantity:
        if code not in self.money:
            raise NotComputableError(f"资金事实“{code}”没有数", state=State.NOT_STATED)
        return Quantity(Fraction(self.money[code], 100), (("元", 1),), "万元")

    def _measured(self, measure: Measure) -> Value:
        if measure.name in self._open:
            raise NotComputableError(f"中间量“{measure.name}”绕回了自己")
        stated = self.given.inputs.get(measure.name, "")
        if measure.stated and stated:
            found = read_value(stated)
            self.steps.append(f"{measure.name}取所载数 {show_value(found)}")
            return self._checked(measure.name, found)
        self._open.add(measure.name)
        try:
            found = self.value(measure.formula, zero=measure.zero)
        finally:
            self._open.discard(measure.name)
        if stated:
            self.steps.append(
                f"{measure.name}所载为 {show_value(read_value(stated))}，采用算得的 {show_value(found)}"
            )
        return found

    def _checked(self, name: str, found: Value) -> Value:
        if isinstance(found, State):
            raise NotComputableError(f"“{self._label(name)}”{found.label}", state=found)
        declared = self.declared.get(name)
        if isinstance(found, Interval) and declared and declared.bound_is_number:
            found = found.low or found.high or found
        if declared and declared.unit:
            _check_unit(declared, found)
        return self._rounded(found, Place.INPUT) if isinstance(found, Quantity) else found

    def _rounded(self, found: Quantity, place: Place) -> Quantity:
        factor = found.factor if place is Place.INPUT or found.dims else Fraction(1)
        return Quantity(self.rounding.apply(found.number / factor, place) * factor, found.dims, found.unit)


def _check_unit(declared: Declared, found: Value) -> None:
    for one in [part for _, part in found.values] if isinstance(found, Parts) else [found]:
        if not isinstance(one, Quantity):
            continue
        dims, factor = unit_of(declared.unit)
        bare_ratio = not dims and factor != 1 and not one.unit
        if one.dims != dims or bare_ratio:
            name = declared.label or declared.name
            raise NotComputableError(f"“{name}”的单位应是{declared.unit}，读到“{one}”")


def _elementwise(function: Callable[..., Value], operands: list[Value]) -> Value:
    parts = [operand for operand in operands if isinstance(operand, Parts)]
    if not parts:
        return function(*operands)
    names = [name for name, _ in parts[0].values]
    if any({name for name, _ in other.values} != set(names) for other in parts):
        raise NotComputableError("各输入量的部分不一致，不能逐项运算")
    tables = [dict(operand.values) if isinstance(operand, Parts) else operand for operand in operands]
    return Parts(
        tuple(
            (name, function(*(table[name] if isinstance(table, dict) else table for table in tables)))
            for name in names
        )
    )


def render(expression: Expression, shown: Callable[[str], str] | None = None, around: int = -1) -> str:
    """Return the expression in Chinese signs; with `shown`, each name replaced by its value."""
    if isinstance(expression, Number):
        return str(expression.value)
    if isinstance(expression, Name):
        name = "实际值" if expression == VALUE else expression.name
        return shown(expression.name) if shown else name
    if isinstance(expression, Call):
        inside = "，".join(render(part, shown) for part in expression.operands)
        return f"{expression.function}({inside})"
    sign, rank = _PRINTED.get(expression.sign, expression.sign), _RANKS.get(expression.sign, 3)
    if len(expression.operands) == 1:
        text = sign + render(expression.operands[0], shown, rank)
    else:
        left, right = expression.operands
        text = f"{render(left, shown, rank - 1)} {sign} {render(right, shown, rank)}"
    return f"({text})" if rank <= around else text


def _equals(found: Value) -> str:
    text = show_value(found)
    return f" ≈ {text[1:]}" if text.startswith("≈") else f" = {text}"
