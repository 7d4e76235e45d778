"""Properties that hold for every sheet: the ledger identity, independence of order, edges of bands, exactness."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from service.scoring.facts import AdjustmentFact, BonusFact, DeductionFact, ScoringFacts
from service.scoring.framework import Framework
from service.scoring.inputs import LeafInput
from service.scoring.quantities import exact, exact_text
from service.scoring.sheet import ScoreSheet, score

Build = Callable[..., Framework]
LEAVES = ("A1", "A2", "A3", "B1", "B2")
NODES: list[Any] = [
    {
        "code": "A",
        "name": "甲",
        "max": "30",
        "children": [
            {
                "code": "A1",
                "name": "一",
                "max": "10",
                "missing": {"not_applicable": "dropped"},
                "rule": {"kind": "proportional"},
            },
            {
                "code": "A2",
                "name": "二",
                "max": "12",
                "missing": {"not_given": "worst"},
                "rule": {"kind": "discretionary"},
            },
            {
                "code": "A3",
                "name": "三",
                "max": "8",
                "missing": {"not_due": {"treat": "moved", "to": "B1"}},
                "rule": {"kind": "per_occurrence", "per": "0.7"},
            },
        ],
    },
    {
        "code": "B",
        "name": "乙",
        "max": "70",
        "children": [
            {
                "code": "B1",
                "name": "四",
                "max": "40",
                "rule": {"kind": "checklist", "elements": [{"code": "x"}, {"code": "y"}, {"code": "z"}]},
            },
            {"code": "B2", "name": "五", "max": "30", "rule": {"kind": "not_stated"}},
        ],
    },
]
BLOCKS: list[Any] = [
    {
        "code": "N",
        "name": "减",
        "kind": "negative",
        "floor": "-5",
        "children": [{"code": "N1", "name": "减一", "rule": {"kind": "reverse", "floor": "-10"}}],
    },
    {
        "code": "P",
        "name": "加",
        "kind": "bonus",
        "cap": "3",
        "children": [{"code": "P1", "name": "加一", "rule": {"kind": "bonus", "per": "1", "cap": "none"}}],
    },
]

hundredths = st.integers(0, 1200).map(lambda n: exact_text(Fraction(n, 100)))
percents = st.integers(0, 150).map(lambda n: f"{n}%")
EACH: dict[str, Any] = {
    "A1": st.one_of(percents.map(lambda p: {"value": p}), st.just({"state": "not_applicable"})),
    "A2": st.one_of(st.integers(0, 12).map(lambda n: {"points": str(n)}), st.just({"state": "not_given"})),
    "A3": st.one_of(st.integers(0, 14).map(lambda n: {"count": str(n)}), st.just({"state": "not_due"})),
    "B1": st.lists(st.sampled_from(["met", "unmet", "33%"]), min_size=3, max_size=3).map(
        lambda marks: {"elements": dict(zip("xyz", marks, strict=True))}
    ),
    "B2": st.integers(0, 30).map(lambda n: {"awarded": str(n)}),
    "B": st.integers(0, 70).map(lambda n: {"awarded": str(n)}),
    "N1": st.integers(-10, 0).map(lambda n: {"points": str(n)}),
    "P1": st.integers(0, 5).map(lambda n: {"count": str(n)}),
}
LEAST = {code: EACH[code] for code in (*LEAVES, "N1", "P1")}
results = st.one_of(
    st.fixed_dictionaries(LEAST, optional={"B": EACH["B"]}), st.fixed_dictionaries({}, optional=EACH)
)
places = st.sampled_from([*LEAVES, "A", "B", "N1", ""])


@st.composite
def facts(draw: st.DrawFn) -> ScoringFacts:
    rows = draw(st.lists(st.tuples(places, st.one_of(st.none(), hundredths)), max_size=6))
    gains = draw(st.lists(st.tuples(places, hundredths), max_size=2))
    moves = draw(
        st.lists(st.tuples(st.sampled_from([*LEAVES, "A", "B", "N1", "", "B1/x"]), hundredths), max_size=2)
    )
    return ScoringFacts(
        inputs={code: LeafInput.from_plain(plain) for code, plain in draw(results).items()},
        deductions=tuple(
            DeductionFact(f"D{n}", node, "", amount, "缺陷") for n, (node, amount) in enumerate(rows)
        ),
        bonuses=tuple(BonusFact(f"G{n}", node, "", amount, "成绩") for n, (node, amount) in enumerate(gains)),
        adjustments=tuple(
            AdjustmentFact(f"T{n}", node, "leaf", awarded, "裁量") for n, (node, awarded) in enumerate(moves)
        ),
    )


@lru_cache
def _framework(framework: Build, *at: str) -> Framework:
    return framework(
        NODES,
        blocks=BLOCKS,
        rounding={"places": "1", "at": list(at)},
        grades={
            "bands": [
                {"name": "优", "from": "90"},
                {"name": "良", "from": "80"},
                {"name": "差", "from": "-99"},
            ]
        },
    )


def _identity(sheet: ScoreSheet) -> None:
    for line in sheet.lines:
        if line.awarded is None:
            assert line.note or line.status in ("no_points", "shared")
            continue
        assert line.max is not None and line.deductions is not None
        assert line.bonuses is not None and line.adjustment is not None
        assert line.awarded == line.max - line.deductions + line.bonuses + line.adjustment, line
    if sheet.total is None:
        assert sheet.note
        return
    assert sheet.max is not None and sheet.deductions is not None
    assert sheet.bonuses is not None and sheet.adjustment is not None
    assert sheet.total == sheet.max - sheet.deductions + sheet.bonuses + sheet.adjustment


@settings(max_examples=300, deadline=None)
@given(
    facts(),
    st.lists(st.sampled_from(["input", "measure", "element", "leaf", "level", "total"]), unique=True).map(
        sorted
    ),
)
def test_the_ledger_identity_holds_on_every_scored_line_and_the_total(
    framework: Build, given_facts: ScoringFacts, at: list[str]
) -> None:
    _identity(score(_framework(framework, *at), given_facts))


@settings(max_examples=150, deadline=None)
@given(facts(), st.randoms(use_true_random=False))
def test_the_order_of_entry_never_matters(
    framework: Build, given_facts: ScoringFacts, dice: random.Random
) -> None:
    def shuffled(rows: Any) -> Any:
        rows = list(rows)
        dice.shuffle(rows)
        return rows

    mixed = ScoringFacts(
        inputs=dict(shuffled(given_facts.inputs.items())),
        deductions=tuple(shuffled(given_facts.deductions)),
        bonuses=tuple(shuffled(given_facts.bonuses)),
        adjustments=tuple(shuffled(given_facts.adjustments)),
    )
    plain = _framework(framework, "total")
    assert score(plain, mixed).to_plain() == score(plain, given_facts).to_plain()


@settings(max_examples=100, deadline=None)
@given(facts())
def test_points_stay_within_their_limits_and_entries_make_up_the_deductions(
    framework: Build, given_facts: ScoringFacts
) -> None:
    sheet = score(_framework(framework), given_facts)
    for line in sheet.lines:
        if line.leaf and line.awarded is not None and not line.block:
            assert line.max is not None and 0 <= line.awarded <= line.max
            taken = sum(e.effective or 0 for e in line.entries if e.kind in ("rule", "deduction"))
            assert taken == line.deductions
    for block in sheet.blocks:
        if block.awarded is not None:
            assert block.floor is None or block.awarded >= block.floor
            assert block.cap is None or block.awarded <= block.cap


def _no_float(value: Any) -> None:
    assert not isinstance(value, (float, int)) or isinstance(value, bool)
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _no_float(part)


@settings(max_examples=50, deadline=None)
@given(facts())
def test_the_plain_sheet_is_json_with_numbers_as_text(framework: Build, given_facts: ScoringFacts) -> None:
    plain = score(_framework(framework, "total"), given_facts).to_plain()
    json.dumps(plain, ensure_ascii=False)
    for line in plain["lines"]:
        for name in ("max", "awarded", "deductions", "bonuses", "adjustment", "rule_points", "rate"):
            assert line[name] is None or exact(line[name]) is not None
            _no_float(line[name])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=6, unique=True), st.booleans())
def test_every_edge_of_every_band_belongs_to_exactly_one_band(
    framework: Build, edges: list[int], closed_right: bool
) -> None:
    edges.sort()
    left, right = ("(", "]") if closed_right else ("[", ")")
    first, last = ("<=", ">") if closed_right else ("<", ">=")
    rows = [
        f"{first}{edges[0]}%",
        *(f"{left}{a}%, {b}%{right}" for a, b in itertools.pairwise(edges)),
        f"{last}{edges[-1]}%",
    ]
    bands = [{"when": row, "points": str(n)} for n, row in enumerate(rows)]
    plain = framework([{"code": "X", "name": "项", "max": "9", "rule": {"kind": "bands", "bands": bands}}])
    for n, edge in enumerate(edges):
        for nudge, at_edge in (
            (Fraction(-1, 10**6), n),
            (Fraction(0), n if closed_right else n + 1),
            (Fraction(1, 10**6), n + 1),
        ):
            value = exact_text(edge + nudge) + "%"
            inputs = {"X": LeafInput.from_plain({"value": value})}
            assert score(plain, ScoringFacts(inputs=inputs)).line("X").awarded == at_edge


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000))
def test_every_total_has_exactly_one_grade_and_the_edge_belongs_to_the_better(
    framework: Build, cents: int
) -> None:
    bands = [
        {"name": "优", "from": "90"},
        {"name": "良", "from": "80"},
        {"name": "中", "from": "60"},
        {"name": "差", "from": "0"},
    ]
    plain = framework(
        [{"code": "X", "name": "项", "max": "100", "rule": {"kind": "discretionary"}}],
        grades={"bands": bands},
    )
    inputs = {"X": LeafInput.from_plain({"points": exact_text(Fraction(cents, 100))})}
    expected = "优" if cents >= 9000 else "良" if cents >= 8000 else "中" if cents >= 6000 else "差"
    assert score(plain, ScoringFacts(inputs=inputs)).grade == expected
