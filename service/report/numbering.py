"""Literal numbers of headings and items, by the marks of a profile: 一、（一）1.（1）①.

Numbers are written into the text, not left to the word processor: its own counters run on across
repeated parts and vanish when text is taken out of the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from service.report.figures import circled, cn


class Numberer:
    """Counters of one document; a mark of level n restarts all deeper ones.

    `marks` maps level names h1..h5 to patterns with ``{cn}``, ``{n}`` or ``{o}`` (①).
    """

    LEVELS: ClassVar[tuple[str, ...]] = ("h1", "h2", "h3", "h4", "h5")

    def __init__(self, marks: Mapping[str, str]) -> None:
        self._marks = marks
        self._counts = [0] * len(self.LEVELS)
        self._captions: dict[str, int] = {}

    def next(self, level: int) -> str:
        """Return the mark of the next heading or item of `level` (1..5)."""
        self._counts[level - 1] += 1
        for deeper in range(level, len(self._counts)):
            self._counts[deeper] = 0
        number = self._counts[level - 1]
        pattern = self._marks.get(self.LEVELS[level - 1], "")
        names = {"n": str(number), "cn": cn(number) if "{cn}" in pattern else "", "o": circled(number)}
        return pattern.format(**names)

    def restart(self, level: int) -> None:
        """Make the next mark of `level` and deeper the first one."""
        for place in range(level - 1, len(self._counts)):
            self._counts[place] = 0

    def save(self) -> tuple[int, ...]:
        """Return the counters, for `restore`."""
        return tuple(self._counts)

    def restore(self, counts: tuple[int, ...]) -> None:
        """Put the counters back, as if the headings since `save` had not been written."""
        self._counts = list(counts)

    def caption(self, kind: str, pattern: str, *, peek: bool = False) -> str:
        """Return the next caption label of `kind` (table, figure); ``{h}`` chapter, ``{n}`` number."""
        chapter = self._counts[0]
        key = f"{kind}{chapter}" if "{h}" in pattern else kind
        number = self._captions.get(key, 0) + 1
        if not peek:
            self._captions[key] = number
        return pattern.format(h=chapter, n=number)
