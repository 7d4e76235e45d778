"""A case file counts in working days with their holidays, and may record the ruling on an open grade."""

from __future__ import annotations

from fractions import Fraction

from service.cases import reader
from service.cases.score import score_case

CASE = """\
format: pingji-case/1
case: days
title: 示例
kind: department
year: "2024"
subject: {name: 示例项目}
framework:
  inline:
    format: pingji-framework/1
    code: days
    name: 示例
    version: "1"
    grades: {unit: points, bands: [{name: 优, from: "90", to: "100"}, {name: 良, from: "80", to: "89"}]}
    nodes:
      - code: A
        name: 支付及时性
        max: "100"
        rule: {kind: per_occurrence, value: "workdays(申请, 支付)", unit: 1工作日, per: "1.5"}
results:
  A: {inputs: {申请: 2024-09-29, 支付: 2024-10-09}}
"""


def test_holidays_are_no_working_days_and_worked_weekends_are() -> None:
    scored = score_case(reader.parse(CASE, name="days.yaml"))
    assert scored.sheet.total == Fraction("95.5")
    ordinary = CASE.replace("2024-09-29", "2024-11-03").replace("2024-10-09", "2024-11-13")
    assert score_case(reader.parse(ordinary, name="days.yaml")).sheet.total == 88


def test_a_total_between_two_grades_waits_for_the_ruling_and_then_names_it() -> None:
    between = CASE.replace("2024-10-09", "2024-10-14")
    waiting = score_case(reader.parse(between, name="days.yaml")).sheet
    assert (waiting.total, waiting.grade) == (Fraction("89.5"), None)
    ruled = between + "ruling: {grade: 良, ground: 会议纪要第三条}\n"
    sheet = score_case(reader.parse(ruled, name="days.yaml")).sheet
    assert sheet.grade == "良"
    assert "会议纪要第三条" in sheet.steps[-1]
