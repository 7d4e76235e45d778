"""Ragged rows become a full grid: a short row is moved so that its numbers stand under numbers. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from service.lint.document import Cell
from service.lint.numbers import cell_number

_LEAST_ROWS = 3


def grid_of(rows: Sequence[Sequence[str]]) -> tuple[tuple[Cell, ...], ...]:
    """Return `rows` with as many cells each as the fullest row.

    A row shorter than most, as merged cells leave it in a text, is pushed to the right by as many places
    as let the most of its numbers stand in columns of numbers; without numbers it stays at the left.
    """
    cells = [list(row) for row in rows]
    while cells and _idle(cells):
        width = max(map(len, cells))
        cells = [row[:-1] if len(row) == width else row for row in cells]
    width = max(map(len, cells), default=0)
    usual = Counter(map(len, cells)).most_common(1)[0][0] if cells else 0
    numeric = _numeric([row for row in cells if len(row) == usual], usual)
    return tuple(tuple(map(Cell, _aligned(row, usual, numeric, width))) for row in cells)


def _idle(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the last column of the fullest rows holds nothing."""
    width = max(map(len, rows))
    return width > 1 and all(len(row) < width or not row[-1].strip() for row in rows)


def _numeric(rows: Sequence[Sequence[str]], usual: int) -> frozenset[int]:
    if len(rows) < _LEAST_ROWS:
        return frozenset()
    found = Counter(c for row in rows for c, text in enumerate(row) if cell_number(text) is not None)
    return frozenset(c for c in range(usual) if found[c] * 2 > len(rows))


def _aligned(row: list[str], usual: int, numeric: frozenset[int], width: int) -> list[str]:
    missing = usual - len(row)
    shift = 0
    if missing > 0 and numeric:
        held = [c for c, text in enumerate(row) if cell_number(text) is not None]
        fits = [sum(c + s in numeric for c in held) for s in range(missing + 1)]
        shift = fits.index(max(fits)) if held else 0
        if held and max(fits) < len(held) and re.search("计", row[0]):
            shift = 0
    padded = row[:1] + [""] * shift + row[1:] if shift and "计" in row[0] else [""] * shift + row
    return padded + [""] * (width - len(padded))
