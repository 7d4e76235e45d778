"""A sample that anybody can draw again: from the same population the same seed draws the same ones.

Method: everything is ordered by SHA-256 of ``seed/key``, smallest first, and the first are taken. In
strata each gets its share of the size, rounded down; what is left goes one by one to the largest
remainders, equal ones in the order of SHA-256 of ``seed/stratum``; then each stratum is drawn as above.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

METHOD = "按 SHA-256(种子/编号) 的十六进制值从小到大排序，取前 n 项"
STRATA = (
    "每个单位按项数占比分配，先取整数部分，余下的依次给余数最大的单位（余数相同"
    "按 SHA-256(种子/单位) 从小到大）；各单位内再排序取前几项"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """One member of a population: a key that names it for ever, and the stratum it belongs to."""

    key: str
    stratum: str = ""


def order(seed: str, text: str) -> str:
    """Return by what something is ordered in a draw with this seed."""
    return hashlib.sha256(f"{seed}/{text}".encode()).hexdigest()


def drawn(population: Sequence[Unit], *, seed: str, size: int, stratified: bool) -> tuple[int, ...]:
    """Return the places in the population of those drawn, in the order drawn; of strata, one after another.

    The order of the population does not matter; keys must differ.
    """
    ranked = sorted(range(len(population)), key=lambda place: order(seed, population[place].key))
    if not stratified:
        return tuple(ranked[:size])
    strata: dict[str, list[int]] = {}
    for place in ranked:
        strata.setdefault(population[place].stratum, []).append(place)
    shares = allotted({name: len(found) for name, found in strata.items()}, seed=seed, size=size)
    return tuple(place for name in sorted(strata) for place in strata[name][: shares[name]])


def allotted(counts: Mapping[str, int], *, seed: str, size: int) -> dict[str, int]:
    """Return how many of each stratum are drawn; together `size`, or all there are."""
    whole = sum(counts.values())
    wanted = min(size, whole)
    exact = {name: Fraction(wanted * count, whole) for name, count in counts.items()}
    shares = {name: int(share) for name, share in exact.items()}
    rest = sorted(counts, key=lambda name: (shares[name] - exact[name], order(seed, name)))
    for name in rest[: wanted - sum(shares.values())]:
        shares[name] += 1
    return shares


def digest(population: Sequence[Unit]) -> str:
    """Return the SHA-256 of the keys of the population, sorted, one a line: whether it is the same one."""
    return hashlib.sha256("\n".join(sorted(unit.key for unit in population)).encode()).hexdigest()
