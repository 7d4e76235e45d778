"""Whether a proposed rule is the rule a committed framework has: kind and every parameter.

What a person words freely does not count: codes, names, texts, clause and note, and how the measured figure is
called or put together (`value`, the names in `when`). Points, edges, units, steps, floors, weights, limits do.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

FREE = frozenset({"code", "name", "text", "clause", "note", "value"})


def same_rule(proposed: Any, wanted: Any, *, full: Fraction | None) -> bool:
    """Whether two plain rules for `full` marks are of one kind with the same parameters."""
    return canonical(proposed, full) == canonical(wanted, full)


def canonical(held: Any, full: Fraction | None) -> Any:
    """A plain rule without what is worded freely, points in 分, bands by their edges."""
    if isinstance(held, dict):
        inner = Fraction(str(held["max"])) if "rule" in held and "max" in held else full
        kept = {key: _value(key, part, inner) for key, part in held.items() if key not in FREE}
        if "event" in kept:
            kept["event"] = True
        if kept.get("gaps") == "refused":
            del kept["gaps"]
        return kept
    if isinstance(held, list):
        rows = [canonical(one, full) for one in held]
        return sorted(rows, key=repr) if rows and "when" in rows[0] else rows
    return held


def _value(key: str, part: Any, full: Fraction | None) -> Any:
    if key in ("points", "per", "loss_cap") and isinstance(part, str):
        return [_points(end, full) for end in part.split("..")]
    if key in ("met", "when") and isinstance(part, str):
        return sorted(re.findall(r"[<>=]+|\d+(?:\.\d+)?%?|[\[\](),]", part.replace(" ", "")))
    if key == "target":
        return str(part)
    if key == "fatal":
        return part in (True, "yes", "是")
    return canonical(part, full) if isinstance(part, dict | list) else str(part)


def _points(text: str, full: Fraction | None) -> Any:
    open_end = text.startswith("<")
    plain = text.removeprefix("<")
    if plain.endswith("%") and full is not None:
        return (open_end, full * Fraction(plain[:-1]) / 100)
    return (open_end, Fraction(plain) if not plain.endswith("%") else plain)
