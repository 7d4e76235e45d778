"""The acts planned from a case are ones the rule table permits, in order, with every stand-in named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from service.cases import reader
from service.cases.acts import Planned, planned_acts
from service.errors import InvalidError
from service.workflow.actions import Action
from service.workflow.kinds import KINDS, Kind
from service.workflow.machine import permits
from service.workflow.rule import Move
from service.workflow.rules import find
from service.workflow.stages import Stage, Status

FOLDER = Path(reader.__file__).parent / "examples"
FULL = Path(__file__).parents[2] / "db" / "cases" / "full.yaml"
FILES = [*sorted(FOLDER.glob("*.yaml")), FULL]
SMALL = """\
format: pingji-case/1
case: small
title: 示例
kind: department
year: "2024"
subject: {name: 示例项目}
framework:
  inline: {format: pingji-framework/1, code: small, name: 示例, version: "1", nodes: [{code: A, name: 甲, max: "10", rule: {kind: not_stated}}]}
deductions: [{code: D1, node: A, amount: "1", reason: 缺}]
"""


def planned(more: str = "") -> Planned:
    return planned_acts(reader.parse(SMALL + more, name="small.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_act_is_one_the_table_permits_at_its_place(path: Path) -> None:
    file = reader.load(path)
    kind, stage, status = Kind(file.case.kind), Stage.SELF_ASSESSMENT, Status.DRAFT
    for act in planned_acts(file).acts:
        assert permits(kind, stage, status, act.action, frozenset({act.role})), (act.action, stage, act.role)
        rule = find(kind, stage, status, act.payload.get("behind", act.action))
        assert rule is not None
        status = rule.next_status or status
        if rule.move is Move.FORWARD:
            stage = KINDS[kind].following(stage) or stage
        elif act.action is Action.STAGE_RETURN:
            stage = Stage(act.payload["order"].back_to)
    assert stage is Stage.SIGNED


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_dates_of_acts_are_filled_and_the_gap_is_declared(path: Path) -> None:
    plan = planned_acts(reader.load(path))
    assert all(act.on for act in plan.acts) or not any(act.on for act in plan.acts)
    assert any("日期" in line for line in plan.stand_ins) is any(not act.dated for act in plan.acts)
    assert len(set(plan.stand_ins)) == len(plan.stand_ins)


def test_without_any_date_no_date_is_made_up() -> None:
    assert {act.on for act in planned().acts} == {None}


def test_an_undated_act_takes_the_latest_date_before_it() -> None:
    plan = planned("issued_on: 2025-01-06\nplan: {on: 2025-01-10, approved_on: 2025-01-16}\n")
    days = {act.action: act.on for act in plan.acts}
    assert days[Action.EVALUATION_CREATE] == date(2025, 1, 6)
    assert days[Action.PLAN_SUBMIT] == date(2025, 1, 10)
    assert days[Action.REPORT_SIGN] == date(2025, 1, 16)


def test_what_the_source_names_is_no_stand_in() -> None:
    stated = planned(
        "organisations: [{code: u, name: 某单位, parts: [evaluated]}]\n"
        "people: [{code: h, duty: 负责人, roles: [DH], organisation: u}]\nissued_on: 2025-01-06\n"
        "approvals: [{step: sign, on: 2025-02-01}]\n"
    ).stand_ins
    assert not any("单位：" in line or "负责人" in line or "下达评价" in line for line in stated)
    assert not any("签发报告" in line for line in stated)
    bare = planned().stand_ins
    assert any("被评价单位（来源未载）" in line for line in bare)
    assert any("下达评价" in line for line in bare)
    assert any("签发报告" in line for line in bare)


def test_a_person_without_the_role_is_refused() -> None:
    with pytest.raises(InvalidError, match="没有办这件事的角色"):
        planned(
            "organisations: [{code: u, name: 某单位, parts: [evaluated]}]\n"
            "people: [{code: h, duty: 负责人, roles: [DH], organisation: u}]\nplan: {by: h}\n"
        )


def test_a_termination_ends_the_case() -> None:
    acts = planned("standstills: [{act: terminate, reason: 项目取消}]\n").acts
    assert acts[-1].action is Action.EVALUATION_CONFIRM_TERMINATION
    assert not any(act.action is Action.REPORT_SIGN for act in acts)


def test_deductions_inside_a_stage_stand_in_the_order_of_their_dates() -> None:
    source = SMALL.replace("deductions: [", (
        "deductions: [{code: D2, node: A, amount: '1', reason: 晚, on: 2025-02-02}, "
        "{code: D3, node: A, amount: '1', reason: 早, on: 2025-02-01}, "
    ))  # fmt: skip
    acts = planned_acts(reader.parse(source, name="x")).acts
    drafted = [act.payload["item"].code for act in acts if act.action is Action.DEDUCTION_DRAFT]
    assert drafted == ["D3", "D1", "D2"]
