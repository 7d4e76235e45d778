"""Case files go through the real actions: by the right people, with the right dates, back out again."""

from __future__ import annotations

from dataclasses import replace as replace_fields
from fractions import Fraction
from pathlib import Path

import orjson
import pytest
from flask import Flask
from sqlalchemy import text

from service.actions.workshop import Workshop, workshop_of
from service.cases import reader
from service.cases.acts import planned_acts
from service.cases.export import export_case
from service.cases.replay import Replayed, replay
from service.cases.score import score_case
from service.errors import ActionRefusedError, InvalidError
from service.extensions import db
from service.instance import Instance
from service.queries.catalogue import case_named
from service.settings import Settings
from service.setup import prepare
from service.workflow.stages import Stage

FULL = Path(__file__).parent / "cases" / "full.yaml"
EXAMPLES = Path(reader.__file__).parent / "examples"
SMALL = """\
format: pingji-case/1
case: small
title: 示例
kind: KIND
year: "2024"
subject: {name: 示例项目}
framework:
  inline:
    format: pingji-framework/1
    code: small
    name: 示例
    version: "1"
    grades: {unit: points, bands: [{name: 合格, from: "60"}, {name: 不合格, from: "0"}]}
    nodes:
      - {code: A, name: 过程, max: "40", rule: {kind: not_stated}}
      - {code: B, name: 产出, max: "60", rule: {kind: proportional, target: 100%}}
results: {B: {value: 90%}}
deductions: [{code: D1, node: A, amount: "5", reason: 缺一项制度}]
narrative: {basics.overview: 概况。}
expect: {total: "89", grade: 合格}
"""


@pytest.fixture
def workshop(app: Flask, instance: Instance, settings: Settings) -> Workshop:
    """The tools of a fresh demo instance with its tables."""
    prepare(instance)
    return workshop_of(settings)


def play(source: Path | str, workshop: Workshop, until: Stage = Stage.FINALISATION) -> Replayed:
    file = reader.load(source) if isinstance(source, Path) else reader.parse(source, name="small.yaml")
    return replay(file, workshop, until=until)


def leaves() -> list[dict[str, object]]:
    rows = db.session.execute(text("SELECT leaf FROM audit_entry ORDER BY leaf_index")).scalars().all()
    db.session.rollback()
    return [orjson.loads(bytes(row)) for row in rows]


def test_a_case_with_returns_objections_and_effects_reaches_the_same_points(workshop: Workshop) -> None:
    result = play(FULL, workshop)
    scored = score_case(reader.load(FULL))
    assert result.stage is Stage.FINALISATION
    assert scored.ok
    planned = planned_acts(reader.load(FULL))
    assert {a.action.value for a in planned.acts} >= {
        "stage.return", "supplement.close", "finding.object", "finding.answer", "deduction.revise",
        "evidence.supersede", "paper.register", "plan.amend", "evaluation.suspend", "evaluation.resume",
        "deduction.reconfirm", "disposition.confirm", "self.review",
    }  # fmt: skip


def test_every_entry_names_operator_player_source_and_business_date(workshop: Workshop) -> None:
    file = reader.load(FULL)
    play(FULL, workshop, Stage.MATERIAL_REVIEW)
    case = [leaf for leaf in leaves() if leaf["evaluation"]]
    operators = {leaf["actor"]["id"] for leaf in case}  # type: ignore[index]
    assert len(operators) == 1
    assert all(leaf["actor"]["on_behalf"] not in (None, *operators) for leaf in case)  # type: ignore[index]
    assert {leaf["source"] for leaf in case} == {file.sha256}
    days = [str(leaf["on"]) for leaf in case]
    assert days[0] == "2025-01-06"
    assert all("2025-01-06" <= day <= "2025-04-02" for day in days)
    assert {str(leaf["at"])[:4] for leaf in case} != {"2025"}


@pytest.mark.parametrize("kind", ["unit_self", "department", "simplified", "fiscal", "fiscal_firm"])
def test_every_kind_replays_from_the_shortest_file(workshop: Workshop, kind: str) -> None:
    result = play(SMALL.replace("KIND", kind), workshop)
    assert result.stage is Stage.FINALISATION
    assert result.to_plain()["expectations"] == {"held": 2, "failed": []}
    assert any(line.startswith("人员：") for line in result.stand_ins)
    assert any(line.startswith("步骤：") for line in result.stand_ins)


def test_an_exported_case_replays_to_the_same_sheet(workshop: Workshop, tmp_path: Path) -> None:
    first = play(FULL, workshop)
    copy = tmp_path / "copy.yaml"
    copy.write_text(export_case(db.session(), case_named(db.session(), first.code)), encoding="utf-8")
    db.session.rollback()
    again = play(copy, workshop)
    assert again.code == "full-2"
    assert again.expectations.failed == ()
    assert again.snapshot.sheet.total == first.snapshot.sheet.total
    points = [(line.code, line.rule_points, line.awarded) for line in first.snapshot.sheet.lines]
    assert [(line.code, line.rule_points, line.awarded) for line in again.snapshot.sheet.lines] == points


def test_a_reference_case_says_the_same_with_and_without_database(workshop: Workshop) -> None:
    path = EXAMPLES / "s2-shanghai-platform-2018.yaml"
    replayed, scored = play(path, workshop).to_plain(), score_case(reader.load(path)).to_plain()
    for member in ("total", "grade", "adjustments", "published", "expectations"):
        assert replayed[member] == scored[member]


def test_an_act_of_the_wrong_person_is_refused_with_its_place(workshop: Workshop) -> None:
    people = (
        "organisations: [{code: u, name: 某单位, parts: [evaluated]}]\n"
        "people: [{code: head, duty: 负责人, roles: [DH], organisation: u}]\n"
    )
    source = SMALL.replace("KIND", "department").replace(
        "reason: 缺一项制度}", "reason: 缺一项制度, by: head}"
    )
    with pytest.raises(InvalidError, match="没有办这件事的角色"):
        play(source + people, workshop)


def test_a_refused_act_names_day_role_and_act(workshop: Workshop) -> None:
    source = SMALL.replace("KIND", "department") + (
        "stages: [{stage: material_review, mode: not_held, ground: x}]\nissued_on: 2025-01-06\n"
    )
    with pytest.raises(ActionRefusedError, match="2025-01-06 组织方经办 "):
        play(source, workshop)


def test_a_live_instance_plays_nothing(workshop: Workshop) -> None:
    with pytest.raises(InvalidError, match="正式实例"):
        play(FULL, replace_fields(workshop, demo=False))


def test_a_case_scored_in_several_sheets_is_joined_as_declared_and_exported_so(workshop: Workshop) -> None:
    several = (
        SMALL.replace("KIND", "fiscal")
        .replace("framework:\n", "framework:\n  sheets: [东厅, 西厅]\n  aggregate: {how: mean}\n")
        .replace(
            "results: {B: {value: 90%}}", "sheet_results: {东厅: {B: {value: 90%}}, 西厅: {B: {value: 50%}}}"
        )
        .replace(
            'deductions: [{code: D1, node: A, amount: "5", reason: 缺一项制度}]',
            'deductions:\n  - {code: D1, node: A, sheet: 东厅, amount: "5", reason: 缺一项制度}\n'
            '  - {code: D2, node: A, sheet: 西厅, amount: "0", reason: 无失分}',
        )
        .replace('total: "89"', 'total: "79.50"')
    )
    result = play(several, workshop)
    assert result.ok, result.to_plain()["expectations"]
    assert [(s.name, s.total) for s in result.snapshot.sheets] == [("东厅", "89"), ("西厅", "70")]
    assert result.snapshot.deductions[0].sheet == "东厅"
    again = score_case(reader.parse(export_case(db.session(), case_named(db.session(), "small")), name="x"))
    db.session.rollback()
    assert (again.ok, again.sheet.total, again.sheets["西厅"].total) == (True, result_total(result), 70)


def result_total(result: Replayed) -> object:
    return Fraction(str(result.snapshot.sheet.total))


def test_a_case_without_any_words_is_replayed_and_says_so(workshop: Workshop) -> None:
    silent = SMALL.replace("KIND", "department").replace("narrative: {basics.overview: 概况。}\n", "")
    result = play(silent, workshop, Stage.SIGNED)
    assert (result.stage, result.ok) == (Stage.SIGNED, True)
    assert "步骤：报告正文（来源未载）" in result.stand_ins
    assert result.snapshot.narrative == {"basics.overview": "报告正文来源未载。"}
