"""A score sheet as JSON-able mappings: numbers as exact text, absent figures as None."""

from __future__ import annotations

from dataclasses import fields
from enum import Enum
from fractions import Fraction
from typing import Any

from service.scoring.quantities import exact_text

FORMAT = "pingji-sheet/1"
_LEFT_OUT = frozenset({"rounding"})


def plain_sheet(sheet: Any) -> dict[str, Any]:
    """Return the canonical plain form of a score sheet."""
    return {"format": FORMAT, **plain_of(sheet)}


def plain_of(value: Any) -> Any:
    """Return text, mappings and lists for a frozen value."""
    if value is None or (isinstance(value, (bool, int, str)) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Fraction):
        return exact_text(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, (tuple, list)):
        return [plain_of(part) for part in value]
    return {
        member.name: plain_of(getattr(value, member.name))
        for member in fields(value)
        if member.name not in _LEFT_OUT
    }
