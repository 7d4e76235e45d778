"""Values as a case writes them: number, day, bound, range, word, missing state, or one per part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from service.scoring.intervals import Interval, read_interval
from service.scoring.quantities import Quantity, read_day, read_quantity
from service.scoring.states import State


@dataclass(frozen=True, slots=True)
class Word:
    """Text that is no number; kept as printed."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Parts:
    """One value per sub-unit or year, in the order written."""

    values: tuple[tuple[str, Value], ...]

    def __str__(self) -> str:
        return "〔" + "，".join(f"{name} {value}" for name, value in self.values) + "〕"


Value: TypeAlias = Quantity | date | Interval | Word | State | Parts


def read_value(written: str | Mapping[str, str]) -> Value:
    """Return the typed value of what is written; anything unknown is a `Word`, never an error."""
    if isinstance(written, Mapping):
        return Parts(tuple((name, read_value(text)) for name, text in written.items()))
    text = written.strip()
    if text in set(State):
        return State(text)
    plain = read_quantity(text) or read_day(text)
    if plain is not None:
        return plain
    low, dots, high = text.partition("..")
    bound = read_interval(f"[{low},{high}]") if dots else read_interval(text)
    return bound if bound is not None else Word(text)


def show_value(value: Value) -> str:
    """Return the value as a derivation prints it."""
    return value.label if isinstance(value, State) else str(value)
