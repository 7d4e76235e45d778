"""One row of a table as quotations see it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `kind` is ``body``, ``band`` (one cell over the full width) or ``total``."""

    cells: tuple[str, ...]
    kind: str = "body"
