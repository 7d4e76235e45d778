"""The reference cases give the published results, and every difference in them is declared."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.cases import reader
from service.cases.score import Scored, score_case, score_file

FOLDER = Path(reader.__file__).parent / "examples"
TABLE = {  # case: total, grade, agreeing, declared differences (path, computed, kind)
    "s0-guangzhou-office-2023": ("98.38", "优", 19, [
        ("支付率", "94.36%", "截位"), ("支付率（再次）", "94.36%", "截位")]),
    "s1-guangzhou-editorial-2021": (None, None, 4, [
        ("计划表序号", "5 后为 7；52 后为 58；67 重复", "编号不连续"), ("计划表末号", "69", "计数不符"),
        ("年度总结期限", "递减", "顺序不符"), ("承建单位总结时间", "递减", "顺序不符")]),
    "s2-shanghai-platform-2018": ("87.97", "良", 23, [("表1第3项编号", "2 后为 4", "编号不连续")]),
    "s4-qingdao-platform-2020": (None, None, 13, [
        ("支出一", "1087.81", "合计不符"), ("总支出（按子项目）", "4495.11", "合计不符"), ("云终端", "1640", "前后不一"),
        ("云存储采购", "772", "前后不一"), ("防病毒部署终端", "30000", "前后不一")]),
}  # fmt: skip


def scored(name: str) -> Scored:
    return score_file(FOLDER / f"{name}.yaml")


@pytest.mark.parametrize("name", TABLE)
def test_a_reference_case_gives_the_published_result(name: str) -> None:
    total, grade, agreeing, differing = TABLE[name]
    result = scored(name)
    plain = result.to_plain()
    assert (plain["total"], plain["grade"]) == (total, grade)
    assert len(result.comparison.agree) == agreeing
    assert [(d.path, d.computed, d.kind) for d in result.comparison.differ] == differing
    assert result.comparison.undeclared == ()
    assert result.comparison.needless == ()
    assert result.expectations.failed == ()
    assert result.ok


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda p: p.stem)
def test_every_bundled_example_is_sound(path: Path) -> None:
    result = score_file(path)
    assert result.ok, result.to_plain()
    assert result.expectations.held >= 4
    assert result.file.case.published


def test_what_the_sources_do_not_state_stays_without_a_figure() -> None:
    assert scored("s1-guangzhou-editorial-2021").sheet.total is None
    assert scored("s0-guangzhou-office-2023").sheet.line("R203").awarded is None
    assert all(line.awarded is None for line in scored("s4-qingdao-platform-2020").sheet.lines)


def test_an_undeclared_difference_or_a_failed_expectation_is_not_ok() -> None:
    text = (FOLDER / "s0-guangzhou-office-2023.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("value: 12 次", "value: 12 次, relation: {sum: ['5', '6']}"),
        ("grade: 优", "grade: 良"),
    ):
        assert old in text
        assert not score_case(reader.parse(text.replace(old, new), name="c.yaml", folder=FOLDER)).ok


def test_a_stated_rule_figure_is_checked() -> None:
    framework = (
        "  inline: {format: pingji-framework/1, code: x, name: x, version: '1', nodes: [{code: A, name: x, "
        "max: '10', rule: {kind: proportional, target: 100%}}]}\n"
    )
    case = (
        "format: pingji-case/1\ncase: x\ntitle: x\nkind: department\nyear: '2020'\nsubject: {name: x}\n"
        f"framework:\n{framework}results: {{A: {{value: 90%}}}}\n"
        "adjustments: [{code: J1, node: A, rule: '8', awarded: '9.5', reason: x}]\n"
    )
    found = score_case(reader.parse(case, name="c.yaml")).findings
    assert len(found) == 1
    assert "9" in found[0].message
    assert score_case(reader.parse(case.replace("rule: '8'", "rule: '9'"), name="c.yaml")).ok
