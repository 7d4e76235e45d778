"""Points as a rule writes them: fixed, a share of the full marks, or a range in which the expert chooses."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from service.scoring.quantities import exact, is_exact, read_quantity, show_short


@dataclass(frozen=True, slots=True)
class Points:
    """Points of a band, level or element.

    Args:
        low, high: equal for fixed points; both ends belong to a range.
        share: whether they are shares of the full marks (1 = all) instead of 分.
        open_high: whether the upper end of a range is excluded, written ``60%..<80%``.
    Worked: ``80%`` of a 5-point leaf is 4; ``0..1`` is anything from 0 to 1.
    """

    low: Fraction
    high: Fraction
    share: bool = False
    open_high: bool = False

    @property
    def fixed(self) -> bool:
        """Return whether there is nothing to choose."""
        return self.low == self.high

    def limits(self, full: Fraction) -> tuple[Fraction, Fraction]:
        """Return lowest and highest points in 分 for a leaf of `full` points."""
        scale = full if self.share else Fraction(1)
        return self.low * scale, self.high * scale

    def __str__(self) -> str:
        low, high = (
            show_short(end * 100) + "%" if self.share else show_short(end) for end in (self.low, self.high)
        )
        return low if self.fixed else f"{low}–{high}{'（不含）' if self.open_high else ''}"


NO_POINTS = Points(Fraction(0), Fraction(0))
ALL_POINTS = Points(Fraction(1), Fraction(1), share=True)


def read_points(text: str) -> Points | None:
    """Return the points a text writes (``2.5``, ``80%``, ``0..1``, ``60%..80%``); None if it writes none."""
    first, dots, second = text.strip().partition("..")
    open_high = second.startswith("<")
    ends = [_end(first), _end(second.removeprefix("<") if dots else first)]
    if None in ends:
        return None
    (low, share), (high, also) = (end for end in ends if end is not None)
    if share != also or low > high or (open_high and low == high):
        return None
    return Points(low, high, share, open_high)


def _end(text: str) -> tuple[Fraction, bool] | None:
    text = text.strip()
    if is_exact(text):
        return exact(text), False
    found = read_quantity(text)
    return (found.number, True) if found and found.unit == "%" else None
