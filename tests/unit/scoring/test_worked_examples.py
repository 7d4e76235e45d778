"""Every rule kind at its edges, from ``examples/*.yaml``: each with source and arithmetic."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service import yamltext
from service.scoring.framework import Framework
from service.scoring.lines import Status
from service.scoring.methods import KINDS, LABELS
from service.scoring.quantities import exact
from service.scoring.sheet import ScoreSheet

RAW = re.compile(r"（[a-z_]")
FOLDER = Path(__file__).parent / "examples"


def _read(path: Path) -> Any:
    return yamltext.read_file(path).root


CASES = [
    pytest.param(case, id=f"{path.stem}-{case['name']}")
    for path in sorted(FOLDER.glob("*.yaml"))
    for case in _read(path)["cases"]
]


def test_every_rule_kind_has_its_examples_and_a_label() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(KINDS) == set(LABELS)
    assert all(_read(path)["kind"] == path.stem for path in FOLDER.glob("*.yaml"))


def test_every_rule_module_states_formula_and_worked_example() -> None:
    for kind in KINDS.values():
        module = __import__(kind.__module__, fromlist=["x"])
        assert "Formula" in module.__doc__ and "Worked" in module.__doc__, kind.kind


@pytest.mark.parametrize("case", CASES)
def test_worked_example(
    case: dict[str, Any], one_leaf: Callable[..., Framework], scored: Callable[..., ScoreSheet]
) -> None:
    framework = one_leaf(case["max"], case["rule"])
    line = scored(framework, {"X": case["result"]}).line("X")
    if "points" in case:
        assert line.awarded == exact(case["points"]), (line.note, line.steps)
        assert line.steps and case["arithmetic"]
        assert line.awarded == line.max - line.deductions + line.bonuses + line.adjustment
    else:
        assert line.awarded is None and case["refused"] in line.note
        assert not RAW.search(line.note), "a note names fields as pages label them, not as case files do"
        assert line.status in (Status.NOT_COMPUTABLE, Status.NO_INPUT, Status.NOT_SCORED)


def test_an_input_without_a_value_is_named_by_its_label(
    one_leaf: Callable[..., Framework], scored: Callable[..., ScoreSheet]
) -> None:
    rule = {"kind": "proportional", "value": "paid / planned", "target": "100%"}
    inputs = {"paid": {"label": "实际支出", "unit": "万元"}, "planned": {"label": "全年预算"}}
    sheet = scored(one_leaf("10", rule, inputs=inputs), {"X": {"inputs": {"paid": "9 个"}}})
    assert sheet.line("X").note == "“实际支出”的单位应是万元，读到“9个”"
    sheet = scored(one_leaf("10", rule, inputs=inputs), {"X": {"inputs": {"paid": "9 万元"}}})
    assert sheet.line("X").note == "缺少“全年预算”的数"
