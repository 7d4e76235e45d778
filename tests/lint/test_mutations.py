"""A wrong figure put into our own reports is found, every time; the reports as they are give no false alarm."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping
from random import Random

from service.lint.document import Document
from service.lint.engine import check
from service.lint.finding import ARITHMETIC, Severity
from tests.lint.mutations import mutated, sites


def test_our_own_reports_add_up(ours: Mapping[str, Document]) -> None:
    found = {
        name: [f for f in check(document) if f.family in ARITHMETIC and f.severity is not Severity.HINT]
        for name, document in ours.items()
    }
    assert len(ours) == 5
    assert found == {name: [] for name in ours}


def test_every_wrong_figure_is_found(ours: Mapping[str, Document], deep) -> None:
    known = {name: set(check(document)) for name, document in ours.items()}
    places = [(name, site) for name in sorted(ours) for site in sites(ours[name])]
    by_kind = defaultdict(list)
    for name, site in places:
        by_kind[site.kind].append((name, site))
    tally: dict[str, list[bool]] = defaultdict(list)
    missed = []
    kinds = sorted(by_kind)
    for number in deep.numbers(36, 500):
        random = Random(number)
        kind = kinds[number % len(kinds)]
        name, site = random.choice(by_kind[kind])
        changed, old, new = mutated(ours[name], site, random)
        fresh = [f for f in check(changed) if f not in known[name] and f.family in ARITHMETIC]
        tally[kind].append(bool(fresh))
        if not fresh:
            missed.append((number, name, kind, ours[name].place(site.spot), old, new))
    for kind in kinds:
        sys.stdout.write(
            f"{kind:8} 有 {len(by_kind[kind])} 处可改，改错 {len(tally[kind])} 次，找出 {sum(tally[kind])}\n"
        )
    assert set(kinds) == {"rate", "score", "sum", "amount", "count", "grade"}
    assert missed == []
