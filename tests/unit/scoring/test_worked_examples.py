"""Every rule kind at its edges, from ``examples/*.yaml``: each with source and arithmetic."""

from __future__ import annotations

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
        assert line.status in (Status.NOT_COMPUTABLE, Status.NO_INPUT, Status.NOT_SCORED)
