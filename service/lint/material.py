"""What every rule may look at, read once from a document. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from service.lint.document import Document, Spot
from service.lint.sheets import Sheet, sheet_of
from service.lint.stated import Stated, stated_points
from service.lint.tableview import View


@dataclass(frozen=True)
class Material:
    """A document with its tables understood, its score sheets, and the points its sentences state."""

    document: Document

    @cached_property
    def views(self) -> tuple[tuple[int, View], ...]:
        """Every table with the number of its block."""
        return tuple((n, View(t, t.name)) for n, t in self.document.tables())

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        """Every table of points."""
        return tuple(s for n, v in self.views if (s := sheet_of(n, v)) is not None)

    @cached_property
    def stated(self) -> tuple[Stated, ...]:
        """Points stated in sentences, in reading order."""
        return stated_points(self.document)

    @cached_property
    def prose(self) -> tuple[tuple[Spot, str], ...]:
        """Every text of some length: paragraphs, and cells that hold sentences."""
        return tuple(self._prose())

    def _prose(self) -> list[tuple[Spot, str]]:
        found: list[tuple[Spot, str]] = []
        for number, block in enumerate(self.document.blocks):
            if hasattr(block, "text"):
                found.append((Spot(number), block.text))
                continue
            for r, row in enumerate(block.rows):
                found += [(Spot(number, r, c), x.text) for c, x in enumerate(row) if x.text and not x.covered]
        return found
