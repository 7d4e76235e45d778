"""Forty broken case files: each message names place and cure, and all faults come at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.cases import reader
from service.errors import InvalidError

BASE = """\
format: pingji-case/1
case: demo
title: 示例
kind: department
year: "2024"
subject: {name: 示例项目}
framework:
  inline:
    format: pingji-framework/1
    code: demo
    name: 示例
    version: "1"
    levels: [一级指标]
    nodes:
      - {code: A, name: 过程, max: "40", rule: {kind: discretionary}}
      - {code: B, name: 产出, max: "60", rule: {kind: proportional, target: 100%}}
organisations:
  - {code: unit, name: 某中心, parts: [evaluated]}
people:
  - {code: head, duty: 负责人, roles: [DH], organisation: unit}
money:
  - {code: paid, name: 支出, amount: "10.00"}
evidence:
  - {code: E1, name: 制度, text: 目录}
results:
  A: {points: "35", reason: 缺一项制度}
  B: {value: 90%}
deductions:
  - {code: D1, node: A, amount: "5", reason: 缺一项制度, evidence: [E1]}
published:
  - {path: 总分, value: "89.00", place: 三, computed: total}
expect: {total: "89"}
"""

# name, what is replaced, by what, path in the message, words in the message or cure
BROKEN: list[tuple[str, str, str, str, str]] = [
    ("format unknown", "pingji-case/1", "pingji-case/9", "format", "pingji-case/1"),
    ("required field missing", "title: 示例\n", "", "title", "缺少必填字段"),
    ("empty text", "title: 示例", "title: ''", "title", "不能为空"),
    ("unknown field", "year:", "yaer:", "yaer", "year"),
    ("duplicate key", 'year: "2024"', 'year: "2024"\nyear: "2025"', "year", "第 5 行已写过"),
    ("alias", "{name: 示例项目}", "&s {name: 示例项目}", "", "锚点"),
    ("tag", 'year: "2024"', "year: !!int 2024", "", "类型标记"),
    ("second document", "expect:", "---\nexpect:", "", "只能有一个文档"),
    ("syntax", "subject: {name", "subject: {name: [", "", "YAML"),
    ("kind unknown", "kind: department", "kind: departement", "kind", "department"),
    ("scalar for an object", "subject: {name: 示例项目}", "subject: 示例项目", "subject", "字段"),
    ("object for a scalar", 'year: "2024"', "year: {a: b}", "year", "应是一段文字"),
    ("scalar for a list", "evidence: [E1]}", "evidence: E1}", "deductions[0].evidence", "应是列表"),
    ("list for a map", 'expect: {total: "89"}', "expect: [total]", "expect", "名称: 值"),
    (
        "weight of a sheet missing",
        "framework:\n",
        'framework:\n  sheets: [东, 西]\n  aggregate: {how: weighted, weights: {东: "1"}}\n',
        "framework.aggregate",
        "缺少分表“西”的权重",
    ),
    (
        "evidence withdrawn under a deduction",
        "text: 目录}",
        "text: 目录, voided: {reason: 交错了}}",
        "deductions[0].evidence",
        "no_evidence",
    ),
    (
        "later version of withdrawn evidence",
        "text: 目录}",
        "text: 目录, voided: {reason: 交错了}}\n  - {code: E2, name: 新制度, supersedes: E1}",
        "evidence[1].supersedes",
        "已作废",
    ),
    (
        "freeze before a return from elsewhere",
        "expect:",
        "returns: [{start: consultation, back_to: self_assessment, after_freeze: yes, items: [{reason: 误}]}]\nexpect:",
        "returns[0].after_freeze",
        "只有从定稿",
    ),
    (
        "supervisor returning from elsewhere",
        "roles: [DH], organisation: unit}",
        "roles: [DH], organisation: unit}\n  - {code: sd, duty: 审核, roles: [SD], organisation: unit}\n"
        "returns: [{start: consultation, back_to: self_assessment, by: sd, items: [{reason: 误}]}]",
        "returns[0].start",
        "组织方的人退回",
    ),
    (
        "supervisor returning straight back",
        "roles: [DH], organisation: unit}",
        "roles: [DH], organisation: unit}\n  - {code: sd, duty: 审核, roles: [SD], organisation: unit}\n"
        "returns: [{start: material_review, back_to: self_assessment, by: sd, straight_back: yes, items: [{reason: 误}]}]",
        "returns[0].straight_back",
        "再审",
    ),
    ("ruling without grades", "expect:", "ruling: {grade: 优, ground: 纪要}\nexpect:", "ruling.grade", "没有等次"),
    ("money not a number", 'amount: "10.00"', "amount: 10.00万元", "money[0].amount", "去掉单位"),
    ("money unit unknown", 'amount: "10.00"', 'amount: "10", unit: 美元', "money[0].unit", "万元"),
    ("money beyond all accounts", 'amount: "10.00"', f'amount: "{"9" * 30}"', "money[0].amount", "过大"),
    ("number with endless digits", 'amount: "10.00"', f'amount: "{"9" * 5000}"', "money[0].amount", "数太长"),
    ("code with blanks", "code: paid", "code: 实 付", "money[0].code", "不是编号"),
    ("negative deduction", 'amount: "5"', 'amount: "-5"', "deductions[0].amount", "写正数"),
    ("deduction above the maximum", 'amount: "5"', 'amount: "41"', "deductions[0].amount", "0 到 40"),
    ("deduction without amount", 'amount: "5", ', "", "deductions[0]", "awarded"),
    ("amount and awarded", 'amount: "5"', 'amount: "5", awarded: "35"', "deductions[0]", "只要写一个"),
    ("unknown node in a deduction", "node: A,", "node: Z,", "deductions[0].node", "没有编号为“Z”的指标"),
    ("unknown node in results", "  B: {value: 90%}", "  C: {value: 90%}", "results.C", "指标"),
    ("unknown result field", "{value: 90%}", "{vallue: 90%}", "results.B.vallue", "字段"),
    ("result of wrong shape", "{value: 90%}", "90%", "results.B", "结果"),
    ("unknown evidence", "evidence: [E1]", "evidence: [E9]", "deductions[0].evidence[0]", "E1"),
    ("unknown person", "reason: 缺一项制度, evidence", "by: heed, reason: 缺, evidence", "deductions[0].by", "head"),
    ("unknown organisation", "organisation: unit", "organisation: uint", "people[0].organisation", "unit"),
    ("unknown role", "roles: [DH]", "roles: [XX]", "people[0].roles[0]", "DF"),
    ("duplicate code", "expect:", "figures: []\nadjustments:\n  - {code: J1, node: B, awarded: '1', reason: x}\n"
     "  - {code: J1, node: A, awarded: '1', reason: x}\nexpect:", "adjustments[1].code", "重复"),
    ("missing evidence file", "text: 目录", "file: 没有.pdf", "evidence[0].file", "不存在"),
    ("evidence outside the folder", "text: 目录", "file: ../x.pdf", "evidence[0].file", "之外"),
    ("text and file", "text: 目录", "text: 目录, file: a.pdf", "evidence[0].file", "只能写一个"),
    ("impossible day", "expect:", "report_on: 2024-02-30\nexpect:", "report_on", "没有这一天"),
    ("not a day", "expect:", "report_on: 2024年2月\nexpect:", "report_on", "YYYY-MM-DD"),
    ("year out of range", "expect:", "report_on: 0024-02-01\nexpect:", "report_on", "年份"),
    ("dates in the wrong order", "expect:", "consultation: {issued_on: 2024-03-02, closed_on: 2024-03-01}\nexpect:",
     "consultation.closed_on", "先后不可能"),
    ("stages in the wrong order", "expect:", "self_assessment: {submitted_on: 2024-03-02}\n"
     "material_review: {passed_on: 2024-03-01}\nexpect:", "material_review.passed_on", "先后不可能"),
    ("late contradicts the dates", "expect:", "self_assessment: {due_on: 2024-03-02, submitted_on: 2024-03-01, "
     "late: yes}\nexpect:", "self_assessment.late", "日期不符"),
    ("relation unknown", "computed: total", "relation: {ratoi: [1, 2]}", "published[0].relation", "ratio"),
    ("relation with too few operands", "computed: total", "relation: {ratio: ['1']}", "published[0].relation", "2 个数"),
    ("relation names nothing", "computed: total", "relation: {sum: [甲, '1']}", "published[0].relation", "甲"),
    ("relation in a circle", "computed: total}", "relation: {sum: [乙]}}\n  - {path: 乙, value: '1', place: 三, "
     "relation: {sum: [总分]}}", "published[0].path", "绕成一圈"),
    ("path of an unknown node", "computed: total", "computed: node.Z.awarded", "published[0].computed", "Z"),
    ("expectation path unknown", 'total: "89"', 'totla: "89"', "expect.totla", "total"),
    ("two frameworks", "  inline:", "  bundled: demo\n  inline:", "framework", "三选一"),
    ("framework fault inside the case", "{kind: discretionary}", "{kind: discretion}", "framework.inline", "discretionary"),
    ("table row too short", "expect:", "tables:\n  - {id: t, columns: [甲, 乙], rows: [[一]]}\nexpect:",
     "tables[0].rows[0]", "1 格"),
    ("supersedes itself", "text: 目录", "text: 目录, supersedes: E1", "evidence", "绕成一圈"),
]  # fmt: skip


def problems_of(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "case.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidError) as caught:
        reader.load(path)
    assert all(problem.file for problem in caught.value.problems)
    assert all(problem.message and problem.line for problem in caught.value.problems)
    return [str(problem) for problem in caught.value.problems]


def test_the_base_case_is_sound(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(BASE, encoding="utf-8")
    assert reader.load(path).case.case == "demo"


def test_there_are_forty_ways_to_be_wrong() -> None:
    assert len(BROKEN) >= 40


@pytest.mark.parametrize(
    ("old", "new", "place", "words"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN]
)
def test_a_broken_case_names_place_and_cure(
    tmp_path: Path, old: str, new: str, place: str, words: str
) -> None:
    assert old in BASE
    found = problems_of(tmp_path, BASE.replace(old, new, 1))
    assert any(f"：{place}" in p and words in p for p in found), found


def test_an_unknown_bundled_framework_lists_those_there_are(tmp_path: Path) -> None:
    head, rest = BASE.split("framework:\n")
    tail = rest[rest.index("organisations:") :]
    found = problems_of(tmp_path, f"{head}framework: {{bundled: shanghai}}\n{tail}")
    assert "framework.bundled" in found[0]
    assert "shanghai-platform-2018" in found[0]


def test_every_fault_is_reported_at_once(tmp_path: Path) -> None:
    text = (
        BASE.replace("kind: department", "kind: x")
        .replace('"10.00"', "x")
        .replace("roles: [DH]", "roles: []x")
    )
    text = text.replace("roles: []x", "roles: [ZZ]").replace('amount: "5"', "amount: five")
    assert len(problems_of(tmp_path, text)) == 4


def test_reference_faults_are_reported_at_once(tmp_path: Path) -> None:
    text = (
        BASE.replace("node: A,", "node: Z,").replace("[E1]", "[E9]").replace("text: 目录", "file: 没有.pdf")
    )
    assert len(problems_of(tmp_path, text)) == 3


def test_a_missing_file_and_binary_rubbish_are_problems_not_tracebacks(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="读不到"):
        reader.load(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InvalidError, match="UTF-8"):
        reader.load(tmp_path / "bad.yaml")
