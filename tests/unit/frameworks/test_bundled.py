"""The bundled frameworks: read, round trip, obey their own schema; the two national rule sets differ."""

from __future__ import annotations

from fractions import Fraction

import jsonschema
import pytest

from service import frameworks
from service.scoring.facts import ScoringFacts
from service.scoring.framework import Framework
from service.scoring.inputs import LeafInput
from service.scoring.sheet import score

SCHEMA = frameworks.json_schema()


@pytest.mark.parametrize("code", frameworks.bundled())
def test_it_is_named_like_its_file_and_survives_a_round_trip(code: str) -> None:
    framework = frameworks.load(code)
    assert framework.code == code
    assert frameworks.parse(frameworks.dump(framework), name=code) == framework


@pytest.mark.parametrize("code", frameworks.bundled())
def test_it_satisfies_the_generated_json_schema(code: str) -> None:
    jsonschema.validate(frameworks.load(code).plain, SCHEMA)


def test_the_json_schema_is_itself_valid_and_refuses_unknown_fields() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    plain = {**frameworks.load("rules-10").plain, "colour": "red"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(plain, SCHEMA)


@pytest.mark.parametrize("code", ["national-10", "national-10-points"])
def test_the_national_framework_has_4_10_17(code: str) -> None:
    framework = frameworks.load(code)
    levels = [node.level for node in framework.walk()]
    assert [levels.count(level) for level in (1, 2, 3)] == [4, 10, 17]


def test_the_national_template_has_no_points_and_gives_no_total() -> None:
    framework = frameworks.load("national-10")
    assert framework.template and all(node.max is None for node in framework.walk())
    sheet = score(framework, ScoringFacts())
    assert sheet.total is None and sheet.note


def test_the_usable_national_framework_gives_output_and_outcome_at_least_60_percent() -> None:
    framework = frameworks.load("national-10-points")
    assert framework.max == 100
    assert framework.node("C").max + framework.node("D").max >= 60  # type: ignore[operator]


HALF = {
    "E": {"inputs": {"执行": "50万元", "预算": "100万元", "项目完成": "0"}},
    "P1": {"inputs": {"完成": "50台", "目标": "100台"}},
    "P2": {"inputs": {"完成": "50%", "目标": "100%"}},
    "P3": {"inputs": {"完成": "50%", "目标": "100%"}},
    "P4": {"inputs": {"完成": "200万元", "目标": "100万元"}},
}


def _points(framework: Framework) -> dict[str, Fraction | None]:
    facts = ScoringFacts(inputs={code: LeafInput.from_plain(plain) for code, plain in HALF.items()})
    sheet = score(framework, facts)
    return {code: sheet.line(code).awarded for code in HALF}


def test_half_done_gives_half_the_points_under_10_and_none_under_101() -> None:
    assert _points(frameworks.load("rules-10")) == {
        "E": 5,
        "P1": Fraction(15, 2),
        "P2": Fraction(15, 2),
        "P3": 5,
        "P4": 5,
    }
    assert set(_points(frameworks.load("rules-101")).values()) == {0}


@pytest.mark.parametrize(
    ("done", "spent", "points"),
    [
        ("1", "95", 10),
        ("1", "100", 10),
        ("0", "99.99", 7),
        ("0", "80", 7),
        ("0", "79.99", 5),
        ("0", "60", 5),
        ("0", "59.99", 0),
        ("0", "100", None),
        ("1", "101", None),
    ],
)
def test_execution_under_101_follows_its_printed_bands(done: str, spent: str, points: int | None) -> None:
    given = LeafInput.from_plain({"inputs": {"执行": f"{spent}万元", "预算": "100万元", "项目完成": done}})
    line = score(frameworks.load("rules-101"), ScoringFacts(inputs={"E": given})).line("E")
    assert line.awarded == points


@pytest.mark.parametrize(
    "level",
    [
        ("a", "12", True),
        ("a", "11.99", False),
        ("b", "12", False),
        ("b", "9", True),
        ("c", "9", False),
        ("c", "0", True),
    ],
)
def test_the_qualitative_tiers_include_their_lower_edge_only(level: tuple[str, str, bool]) -> None:
    code, points, allowed = level
    given = LeafInput.from_plain({"level": code, "points": points})
    line = score(frameworks.load("rules-10"), ScoringFacts(inputs={"B1": given})).line("B1")
    assert line.scored is allowed
