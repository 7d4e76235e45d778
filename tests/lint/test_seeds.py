"""The checker on the five published reports, against the list written by hand before it existed."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from service.lint.document import Document
from service.lint.engine import check
from service.lint.finding import ARITHMETIC, Finding
from service.lint.reading import read_report
from tests.lint.labelled import SEEDS, Label, labels, meets
from tests.lint.mutations import figures, mutated

Checked = Mapping[str, tuple[Document, tuple[Finding, ...]]]


@pytest.fixture(scope="module")
def checked(seeds: Path) -> Checked:
    made = {}
    for seed in SEEDS:
        (path,) = seeds.glob(f"{seed}_*.txt")
        document = read_report(path.name, path.read_bytes())
        made[seed] = (document, check(document))
    return made


def _found(checked: Checked) -> dict[Label, bool]:
    return {
        label: any(meets(label, finding, checked[label.seed][0]) for finding in checked[label.seed][1])
        for label in labels()
    }


def _strays(checked: Checked) -> list[tuple[str, Finding]]:
    return [
        (seed, finding)
        for seed, (document, findings) in checked.items()
        for finding in findings
        if not any(label.seed == seed and meets(label, finding, document) for label in labels())
    ]


def test_every_arithmetic_finding_is_on_the_list(checked: Checked) -> None:
    assert [(s, f) for s, f in _strays(checked) if f.family in ARITHMETIC] == []


def report(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")


def test_most_of_the_list_is_found_and_little_else(checked: Checked) -> None:
    found = _found(checked)
    by_family: dict[str, list[bool]] = defaultdict(list)
    for label, hit in found.items():
        by_family[label.family].append(hit)
    strays = _strays(checked)
    total = sum(len(findings) for _, findings in checked.values())
    wrong = Counter(finding.family.value for _, finding in strays)
    for name, hits in sorted(by_family.items()):
        report(f"{name:12} 找出 {sum(hits)}/{len(hits)}，多报 {wrong[name]}")
    arithmetic = [hit for label, hit in found.items() if label.arithmetic]
    report(
        f"算术 {sum(arithmetic)}/{len(arithmetic)}；全部 {sum(found.values())}/{len(found)}；发现 {total} 处，多报 {len(strays)} 处"
    )
    report("没有找出：", "、".join(label.id for label, hit in found.items() if not hit))
    assert sum(arithmetic) >= 0.8 * len(arithmetic)
    assert sum(found.values()) >= 0.7 * len(found)
    assert len(strays) <= 0.1 * total


def test_wrong_figures_in_foreign_text_are_mostly_found(checked: Checked, deep) -> None:
    """Any figure with 分, % or 万元, also those nothing else in the report leads to; the share is printed."""
    tally: dict[str, list[bool]] = defaultdict(list)
    known = {seed: set(findings) for seed, (_, findings) in checked.items()}
    for number in deep.numbers(24, 300):
        random = Random(number)
        seed = random.choice(SEEDS)
        document = checked[seed][0]
        site = random.choice([site for site in figures(document) if document.context(site.spot)] or [None])
        if site is None:
            continue
        changed, _, _ = mutated(document, site, random)
        tally[site.kind].append(any(finding not in known[seed] for finding in check(changed)))
    for kind, hits in sorted(tally.items()):
        report(f"{kind:6} 改错 {len(hits)} 次，找出 {sum(hits)}")
    hits = [hit for each in tally.values() for hit in each]
    report(f"合计 改错 {len(hits)} 次，找出 {sum(hits)}")
    assert sum(hits) >= len(hits) / 3
