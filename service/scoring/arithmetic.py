"""Arithmetic on quantities and days: operations, functions, comparison. Exact; kinds are checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from service.scoring.quantities import Dims, Quantity, UnitError, same_kind
from service.scoring.states import NotComputableError, ZeroDenominatorError
from service.scoring.values import Parts, Value, show_value

_DAY_SECONDS = 86_400
MAX_DAYS = 40_000


@dataclass(frozen=True, slots=True)
class Calendar:
    """节假日 that are no working days and 调休 weekend days that are."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        """Return whether people work on `day`."""
        return day in self.workdays or (day.weekday() < 5 and day not in self.holidays)


def _quantity(value: Value) -> Quantity:
    if isinstance(value, Quantity):
        return value
    raise NotComputableError(f"“{show_value(value)}”不是数，不能参与运算")


def _aligned(left: Value, right: Value) -> tuple[Quantity, Quantity, Quantity]:
    """Return both and the one whose kind the result has."""
    one, other = _quantity(left), _quantity(right)
    try:
        same_kind(one, other)
    except UnitError as error:
        raise NotComputableError(str(error)) from None
    return one, other, one if one.dims or one.unit else other


def add(left: Value, right: Value) -> Quantity:
    """Return the sum of two quantities of one kind."""
    one, other, kind = _aligned(left, right)
    return Quantity(one.number + other.number, kind.dims, kind.unit)


def subtract(left: Value, right: Value) -> Quantity:
    """Return the difference of two quantities, or of two days in calendar days."""
    if isinstance(left, date) and isinstance(right, date):
        return _calendar_days(right, left)
    one, other, kind = _aligned(left, right)
    return Quantity(one.number - other.number, kind.dims, kind.unit)


def multiply(left: Value, right: Value) -> Quantity:
    """Return the product; kinds multiply."""
    one, other = _quantity(left), _quantity(right)
    dims = _combined(one.dims, other.dims, 1)
    unit = one.unit if not dims and one.unit == other.unit else _unit(dims, one, other)
    return Quantity(one.number * other.number, dims, unit)


def divide(left: Value, right: Value) -> Quantity:
    """Return the quotient; like kinds give a ratio.

    Raises:
        ZeroDenominatorError: the divisor is zero.
    """
    one, other = _quantity(left), _quantity(right)
    if not other.number:
        raise ZeroDenominatorError("分母为零")
    dims = _combined(one.dims, other.dims, -1)
    return Quantity(one.number / other.number, dims, _unit(dims, one, other) if dims else "%")


def _unit(dims: Dims, one: Quantity, other: Quantity) -> str:
    """Return the unit a product is shown in: that of the operand of its kind, else its base unit."""
    for operand in (one, other):
        if dims and operand.dims == dims:
            return operand.unit
    return dims[0][0] if len(dims) == 1 and dims[0][1] == 1 else ""


def _combined(left: Dims, right: Dims, sign: int) -> Dims:
    powers = dict(left)
    for base, power in right:
        powers[base] = powers.get(base, 0) + sign * power
    return tuple(sorted((base, power) for base, power in powers.items() if power))


def negate(value: Value) -> Quantity:
    """Return the quantity with the other sign."""
    one = _quantity(value)
    return Quantity(-one.number, one.dims, one.unit)


def compare(sign: str, left: Value, right: Value) -> bool:
    """Return whether the comparison holds, for two quantities of one kind or two days.

    Raises:
        NotComputableError: the two cannot be compared.
    """
    if isinstance(left, date) and isinstance(right, date):
        low, high = Fraction(left.toordinal()), Fraction(right.toordinal())
    else:
        one, other, _ = _aligned(left, right)
        low, high = one.number, other.number
    return {
        ">=": low >= high,
        "<=": low <= high,
        ">": low > high,
        "<": low < high,
        "==": low == high,
        "!=": low != high,
    }[sign]


def _calendar_days(first: date, last: date) -> Quantity:
    return Quantity(Fraction((last - first).days * _DAY_SECONDS), (("秒", 1),), "天")


def _days(operands: Sequence[Value], calendar: Calendar) -> Quantity:
    return _calendar_days(*_two_days(operands))


def _two_days(operands: Sequence[Value]) -> tuple[date, date]:
    first, last = operands
    if isinstance(first, date) and isinstance(last, date):
        return first, last
    raise NotComputableError("days、workdays 要两个日期")


def _workdays(operands: Sequence[Value], calendar: Calendar) -> Quantity:
    """Working days after the first day up to and including the last; negative if the last comes first."""
    first, last = _two_days(operands)
    sign, low, high = (1, first, last) if first <= last else (-1, last, first)
    span = (high - low).days
    if span > MAX_DAYS:
        raise NotComputableError("两个日期相隔过久")
    count = sum(calendar.works(low + timedelta(days=n)) for n in range(1, span + 1))
    return Quantity(Fraction(sign * count), (("工作日", 1),), "工作日")


def _flat(operands: Sequence[Value]) -> list[Quantity]:
    found: list[Quantity] = []
    for operand in operands:
        found.extend(
            _flat([part for _, part in operand.values])
            if isinstance(operand, Parts)
            else [_quantity(operand)]
        )
    if not found:
        raise NotComputableError("没有可合成的数")
    return found


def _sum(operands: Sequence[Value], calendar: Calendar) -> Quantity:
    first, *rest = _flat(operands)
    for one in rest:
        first = add(first, one)
    return first


def _mean(operands: Sequence[Value], calendar: Calendar) -> Quantity:
    total = _sum(operands, calendar)
    return Quantity(total.number / len(_flat(operands)), total.dims, total.unit)


def _extreme(take: Callable[..., Any]) -> Callable[[Sequence[Value], Calendar], Quantity]:
    def pick(operands: Sequence[Value], calendar: Calendar) -> Quantity:
        _sum(operands, calendar)
        found: Quantity = take(_flat(operands), key=lambda one: one.number)
        return found

    return pick


def _abs(operands: Sequence[Value], calendar: Calendar) -> Value:
    operand = operands[0]
    if isinstance(operand, Parts):
        return Parts(tuple((name, _abs([part], calendar)) for name, part in operand.values))
    one = _quantity(operand)
    return Quantity(abs(one.number), one.dims, one.unit)


def _rank(best_high: bool) -> Callable[[Sequence[Value], Calendar], Quantity]:
    def rank(operands: Sequence[Value], calendar: Calendar) -> Quantity:
        own, peers = _quantity(operands[0]), _flat(operands[1:])
        ahead = sum(compare(">" if best_high else "<", peer, own) for peer in peers)
        return Quantity(Fraction(ahead + 1), (), "")

    return rank


OPERATIONS: Mapping[str, Callable[..., Value]] = MappingProxyType(
    {"+": add, "-": subtract, "*": multiply, "/": divide, "neg": negate}
)
FUNCTIONS: Mapping[str, Callable[[Sequence[Value], Calendar], Value]] = MappingProxyType(
    {
        "sum": _sum,
        "mean": _mean,
        "min": _extreme(min),
        "max": _extreme(max),
        "abs": _abs,
        "days": _days,
        "workdays": _workdays,
        "rank": _rank(True),
        "rank_low": _rank(False),
    }
)
