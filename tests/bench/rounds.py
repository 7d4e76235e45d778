"""Interleaved rounds: what is compared runs in turn, and only ratios of one run are quoted.

- One round runs every contender once, each round beginning with another one, so that whatever else the
  machine does falls on all of them. A contender too quick for the clock is repeated within its turn.
- A ratio is the contender against the baseline of the same round; shown are median (min–max).
- Absolute times are medians, for information. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

LEAST = 5
TURN_SECONDS = 0.05
_NAME, _RATIO = 40, 26

Contenders = Mapping[str, Callable[[], object]]


@dataclass(frozen=True, slots=True)
class Options:
    """How much is done: `quick` proves only that everything runs."""

    quick: bool
    rounds: int

    def count(self, full: int, quick: int) -> int:
        """Return the count that fits."""
        return quick if self.quick else full


def options(about: str, *, rounds: int = LEAST) -> Options:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="极小的数量，只看能否跑通")
    parser.add_argument("--rounds", type=int, metavar="N", help=f"轮数，默认 {rounds}")
    given = parser.parse_args()
    return Options(given.quick, given.rounds or (1 if given.quick else rounds))


def heading(title: str, baseline: str, *notes: str) -> None:
    """Print what is compared with what."""
    print(f"\n{title}\n  基准：{baseline}")
    for note in notes:
        print(f"  说明：{note}")


def interleave(contenders: Contenders, *, rounds: int, warm: bool = True) -> dict[str, list[float]]:
    """Return seconds per call of every contender, one value per round.

    Args:
        warm: run each once before, which also tells how often it is repeated; a single round never is.
    """
    loops = {name: _loops(run) if warm and rounds > 1 else 1 for name, run in contenders.items()}
    names = list(contenders)
    found: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            found[name].append(_timed(contenders[name], loops[name]))
    return found


def _loops(run: Callable[[], object]) -> int:
    """Run once, to warm up, and return how many calls make one turn."""
    return max(1, int(TURN_SECONDS / max(_timed(run, 1), 1e-7)))


def _timed(run: Callable[[], object], loops: int) -> float:
    gc.collect()
    begun = time.perf_counter()
    for _ in range(loops):
        run()
    return (time.perf_counter() - begun) / loops


def show(times: Mapping[str, Sequence[float]], *, baseline: str) -> None:
    """Print one line per contender: how many times the time of the baseline, and the time itself."""
    for name, own in times.items():
        line(name, ratio(own, times[baseline]), f"{span(statistics.median(own))}")


def line(name: str, told: str, absolute: str) -> None:
    """Print one aligned line."""
    print(f"  {_padded(name, _NAME)}{_padded(told, _RATIO)}{absolute}", flush=True)


def ratio(own: Sequence[float], base: Sequence[float], *, unit: str = "倍") -> str:
    """Return median (min–max) of the ratios of each round."""
    ratios = [a / b for a, b in zip(own, base, strict=True)]
    return f"{_short(statistics.median(ratios))} {unit}（{_short(min(ratios))}–{_short(max(ratios))}）"


def span(seconds: float) -> str:
    """Return a length of time in the unit that fits."""
    if seconds < 1e-3:
        return f"{_short(seconds * 1e6)} 微秒"
    return f"{_short(seconds * 1e3)} 毫秒" if seconds < 1 else f"{seconds:.2f} 秒"


def _short(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _padded(text: str, width: int) -> str:
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text)
    return text + " " * max(1, width - len(text) - wide)
