"""Grades: half-open bands from best to worst; what lies in no band is undetermined, never guessed.

Worked (10号): 90 优, 89.995 良 on the exact total, 80 良, 79.99 中, 60 中, 59.99 差.
Worked (printed 80–89 / 90–100): 89.5 is undetermined; closed by `round` it is 90 → 优, by `lower` 良.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from service.scoring.quantities import show_short
from service.scoring.rounding import round_points


class Gap(StrEnum):
    """What happens between two bands."""

    UNDETERMINED = "undetermined"
    LOWER = "lower"
    UPPER = "upper"
    ROUND = "round"


@dataclass(frozen=True, slots=True)
class GradeBand:
    """One grade from `low` (included) to `high`: None is the next better band (excluded), else included."""

    name: str
    low: Fraction
    high: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Grades:
    """Bands from best to worst, in points or (with `percent`) in percent of the full marks."""

    bands: tuple[GradeBand, ...]
    percent: bool = False
    gap: Gap = Gap.UNDETERMINED

    @property
    def names(self) -> tuple[str, ...]:
        """Return the grades from best to worst."""
        return tuple(band.name for band in self.bands)

    def find(self, figure: Fraction) -> str | None:
        """Return the grade of `figure`; None if it lies in no band and no rule closes the gap."""
        exact_band = self._holding(figure)
        if exact_band is not None:
            return exact_band
        if self.gap is Gap.ROUND:
            return self._holding(round_points(figure, places=0))
        below = next((n for n, band in enumerate(self.bands) if figure >= band.low), None)
        if below is None or self.gap is Gap.UNDETERMINED:
            return None
        if self.gap is Gap.UPPER:
            return self.bands[below - 1].name if below else None
        return self.bands[below].name

    def _holding(self, figure: Fraction) -> str | None:
        for n, band in enumerate(self.bands):
            if figure < band.low:
                continue
            if band.high is not None:
                inside = figure <= band.high
            else:
                inside = n == 0 or figure < self.bands[n - 1].low
            return band.name if inside else None
        return None

    def lowered(self, name: str, by: int) -> str:
        """Return the grade `by` steps worse, at worst the last."""
        return self.bands[min(self.names.index(name) + by, len(self.bands) - 1)].name

    def worse(self, one: str, other: str) -> str:
        """Return the worse of two grades."""
        return max(one, other, key=self.names.index)

    def explain(self, figure: Fraction) -> str:
        """Return the sentence that shows where the figure lies."""
        unit = "%" if self.percent else " 分"
        name = self.find(figure)
        if name is None:
            return f"{show_short(figure)}{unit}不在任何等次之内，等次待定"
        return f"{show_short(figure)}{unit}，等次为{name}"
