"""Hold a case's `expect:` against our figures: half-up at the places written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.quotations.lookup import Figures, look_up
from service.quotations.printed import agrees, read_printed, spell

NO_FIGURE = ("none", "无", "来源未载", "not_stated")


@dataclass(frozen=True, slots=True)
class Failed:
    """An expectation that does not hold; `actual` is None when there is no figure."""

    path: str
    expected: str
    actual: str | None


@dataclass(frozen=True, slots=True)
class Expectations:
    """How many held, and which did not, in file order."""

    held: int
    failed: tuple[Failed, ...]


def hold(expected: Mapping[str, str], figures: Figures) -> Expectations:
    """Return which expectations hold; never raises."""
    failed = [f for path, text in expected.items() if (f := _fault(path, text, figures)) is not None]
    return Expectations(len(expected) - len(failed), tuple(failed))


def _fault(path: str, expected: str, figures: Figures) -> Failed | None:
    found = look_up(figures, path)
    if found.missing:
        nothing = expected.strip() in NO_FIGURE and not found.missing.startswith(
            ("没有路径", "没有指标", "没有表", "表 ")
        )
        return None if nothing else Failed(path, expected, None)
    figure = read_printed(expected)
    if figure is not None and len(found.numbers) == 1:
        number = found.numbers[0]
        return None if agrees(figure, number) else Failed(path, expected, spell(number, figure))
    actual = "、".join(found.texts) or "、".join(str(n) for n in found.numbers)
    return None if "".join(actual.split()) == "".join(expected.split()) else Failed(path, expected, actual)
