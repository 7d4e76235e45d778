"""The forms of rules: complete against the schemas, and every rule survives the way through its form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import frameworks
from service.errors import InvalidError, Problem
from service.frameworks.form import FormField, rule_form, rule_forms
from service.frameworks.form_values import rule_of, rule_problems, rule_values
from service.frameworks.form_words import CHOICES, FIELDS
from service.frameworks.tree import plain_nodes
from service.scoring.methods import KINDS
from service.yamltext import read

SCHEMA: dict[str, Any] = frameworks.json_schema()["$defs"]
PAGE = frameworks.FOLDER / "FORMAT.md"


def every_field(fields: tuple[FormField, ...]) -> Iterator[FormField]:
    for field in fields:
        yield field
        yield from every_field(field.fields)


def documented() -> list[dict[str, Any]]:
    """Every rule printed on the format page as an example."""
    blocks = re.findall(r"```yaml\n# 规则[^\n]*\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)
    return [read(block, file="FORMAT.md").root for block in blocks]  # type: ignore[misc]


def test_there_is_one_form_per_kind_with_the_fields_of_the_json_schema() -> None:
    assert [form.kind for form in rule_forms()] == list(KINDS)
    defined = {
        form["properties"]["kind"]["const"]: form
        for form in SCHEMA.values()
        if "const" in form.get("properties", {}).get("kind", {})
    }
    assert set(defined) == set(KINDS)
    for form in rule_forms():
        shape = defined[form.kind]
        assert {field.name for field in form.fields} == set(shape["properties"]) - {"kind"}
        required = {field.name for field in form.fields if field.required}
        assert required == set(shape["required"]) - {"kind"}


def test_every_field_has_a_label_and_every_choice_its_words() -> None:
    for form in rule_forms():
        assert form.label and form.help
        for field in every_field(form.fields):
            assert field.label
            assert bool(field.choices) is (field.type == "choice")
            assert all(label for _, label in field.choices)
            assert bool(field.fields) is (field.type in ("group", "list"))


def test_no_words_are_left_over() -> None:
    shared = [key for key in FIELDS if "." not in key]
    used = {field.name for form in rule_forms() for field in every_field(form.fields)}
    assert set(shared) <= used
    assert {key.partition(".")[2] or key for key in FIELDS} <= used
    assert {key.partition(".")[2] or key for key in CHOICES} <= used


@pytest.mark.parametrize("code", frameworks.bundled())
def test_every_rule_of_the_bundled_frameworks_survives_its_form(code: str) -> None:
    framework = frameworks.load(code)
    rules = [node["rule"] for node in plain_nodes(framework.plain).values() if "rule" in node]
    assert len(rules) == len([leaf for leaf in framework.leaves if leaf.rule is not None])
    for rule in rules:
        values = rule_values(rule)
        assert all(isinstance(text, str) for text in values.values())
        assert rule_of(values) == rule
        assert rule_of(dict(reversed(values.items()))) == rule


def test_every_rule_of_the_format_page_survives_its_form_and_all_kinds_are_there() -> None:
    rules = documented()
    assert {rule["kind"] for rule in rules} == set(KINDS)
    for rule in rules:
        assert rule_of(rule_values(rule)) == rule
        assert rule_problems(rule) == ()


@given(st.data())
def test_any_filled_form_is_read_or_refused_and_what_is_read_survives(data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(documented()))
    values = rule_values(rule)
    for name in data.draw(st.lists(st.sampled_from(sorted(values)), max_size=3)):
        values[name] = data.draw(st.sampled_from(["", "  ", "5", "bands", ">=1", "none"]))
    refused: tuple[Problem, ...] = ()
    try:
        read_back = rule_of(values)
    except InvalidError as error:
        refused, read_back = error.problems, rule
    assert all(problem.path and problem.cure for problem in refused)
    assert rule_of(rule_values(read_back)) == read_back
    for problem in rule_problems(read_back, Fraction(5)):
        assert problem.message


def test_empty_fields_and_rows_are_not_written_and_rows_close_up() -> None:
    values = {
        "kind": "bands", "value": "", "note": " ", "bands.0.when": "", "bands.0.points": "",
        "bands.2.when": ">=1", "bands.2.points": "5", "bands.10.when": "<1", "bands.10.points": "0",
    }  # fmt: skip
    rule = rule_of(values)
    assert rule == {
        "kind": "bands",
        "bands": [{"when": ">=1", "points": "5"}, {"when": "<1", "points": "0"}],
    }
    assert rule_problems(rule, Fraction(5)) == ()


@pytest.mark.parametrize(
    ("values", "paths"),
    [
        ({}, ["kind"]),
        ({"kind": "band"}, ["kind"]),
        ({"kind": "levels", "colour": "red", "levels": "x"}, ["colour", "levels"]),
        ({"kind": "levels", "levels.x.code": "a", "levels.5000.code": "a"}, ["levels.x", "levels.5000"]),
        ({"kind": "levels", "levels.0": "a"}, ["levels.0"]),
        ({"kind": "survey", "score.kind": "guess"}, ["score.kind"]),
        ({"kind": "discretionary", "from": "1", "from.low": "2"}, ["from.low"]),
        ({"kind": "discretionary", "a." * 3000 + "b": "1"}, [("a." * 100)]),
    ],
)
def test_what_no_form_has_is_refused_by_name(values: dict[str, str], paths: list[str]) -> None:
    with pytest.raises(InvalidError) as caught:
        rule_of(values)
    assert sorted(problem.path for problem in caught.value.problems) == sorted(paths)


def test_a_rule_a_form_cannot_hold_is_refused_not_cut() -> None:
    for rule in (
        {"kind": "levels", "levels": []},
        {"kind": "levels", "note": ""},
        {"kind": "levels", "x": "1"},
    ):
        with pytest.raises(InvalidError):
            rule_values(rule)


def test_problems_stand_at_the_name_of_the_field() -> None:
    rule = {"kind": "bands", "bands": [{"when": ">=1", "points": "7"}, {"when": "x", "points": "0"}]}
    assert [problem.path for problem in rule_problems(rule, Fraction(5))] == ["bands.1.when"]
    rule["bands"][1]["when"] = "<1"  # type: ignore[index]
    (found,) = rule_problems(rule, Fraction(5))
    assert (found.path, found.value) == ("bands.0.points", "7")
    assert [one.path for one in rule_problems({"kind": "linear"})] == ["from", "to"]


def test_a_form_says_what_may_stand_in_place_of_a_number() -> None:
    cap = next(field for field in rule_form("bonus").fields if field.name == "cap")
    assert (cap.type, cap.required, cap.words) == ("number", True, ("none",))
