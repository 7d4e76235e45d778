"""S3 line by line: every score as printed, the rule's figure beside each adjusted one, every difference declared.

The tables below were copied by hand from the published report, not from the case file.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from service.cases import reader
from service.cases.score import Scored, score_file
from service.scoring.quantities import exact_text

CASE = Path(reader.__file__).parent / "examples" / "s3-zhongshan-cloud-2022.yaml"
# name, points, awarded as printed in the appendix, rate as printed in the text (None: none printed)
LINES = [
    ("A101", "立项依据充分性", "2", "2", "100"),
    ("A102", "立项程序规范性", "2", "2", "100"),
    ("A201", "绩效指标明确性", "4", "2.5", "62.50"),
    ("A301", "预算编制科学合理性", "8", "4.5", "56.25"),
    ("B101", "预算执行率", "2", "2", "100"),
    ("B102", "预算调整率", "3", "1.5", "50.00"),
    ("B103", "资金使用合规性", "5", "4.5", "90.00"),
    ("B201", "管理制度健全性", "4", "3", "75.00"),
    ("B202", "制度执行有效性", "4", "3", "75.00"),
    ("B203", "实施规范性", "8", "6.5", "81.25"),
    ("B204", "项目监管有效性", "4", "2", "50.00"),
    ("C101", "平台硬件达标率", "1", "1", "100"),
    ("C102", "驻场人员到位率", "1", "1", "100"),
    ("C103", "驻场人员资质达标率", "1", "1", "100"),
    ("C104", "记录保存完备率", "1", "1", "100"),
    ("C105", "服务水平协议（SLA）考核", "1", "1", "100"),
    ("C201", "项目终验合格率", "1", "0.5", "50.00"),
    ("C202", "服务内容实现率", "1", "1", "100"),
    ("C203", "项目资源可用率", "1", "1", "100"),
    ("C204", "项目正常运行率", "1", "1", "100"),
    ("C205", "信息安全等级保护要求", "1", "1", "100"),
    ("C206", "第一资源池云资源利用率", "2", "0", "0"),
    ("C207", "主机闲置资源回收率", "3", "3", "100"),
    ("C301", "完成及时性", "2", "2", "100.00"),
    ("C302", "系统故障响应或维护及时性", "3", "2", "66.67"),
    ("D101", "政务数据统筹管理机制", "5", "4.5", "90.00"),
    ("D102", "第一资源池云服务单价下降", "2", "2", "100.00"),
    ("D103", "云资源和云存储资源使用率", "10", "8", "80.00"),
    ("D104", "政务数据支撑应用能力", "3", "2", "66.67"),
    ("D201", "机房电力续航", "1", "1", "100.00"),
    ("D202", "项目备份服务", "2", "2", "100.00"),
    ("D203", "政务数据共享交换便利性", "5", "5", "100.00"),
    ("D301", "目标用户使用体验满意率", "6", "4.5", None),  # printed 70.00%, is 75.00%
    ("N1", "自评工作质量", "0", "-1", None),
    ("N2", "负面问题发生情况", "0", "0", None),
]
LEVELS = {"A": ("16", "11"), "B": ("30", "22.5"), "C": ("20", "16.5"), "D": ("34", "29")}
ADJUSTMENTS = [  # what the rule of the appendix gives, and what the report awards
    ("A201", "3", "2.5"),
    ("A301", "5", "4.5"),
    ("B102", "0", "1.5"),
    ("C201", None, "0.5"),
    ("D101", "4", "4.5"),
    ("D301", "6", "4.5"),
]
TOTALS_ONLY = ("B203", "B204")  # only the sum of what was taken off is stated, not under which rule
DIFFERENCES = [
    ("预算（其中项之和）", "4643", "合计不符"),
    ("服务费（两云之和）", "6376.0", "四舍五入"),
    ("滚动（两云欠款之和）", "2723.0", "四舍五入"),
    ("过程段落编号", "2 后为 5", "编号不连续"),
    ("终验扣分句", "1", "文字差错"),
    ("D301得分率", "75.00%", "计算不符"),
    ("效益二级指标数与列名", "1", "计数不符"),
    ("回收单位比例", "递减", "计算不符"),
    ("软件预算原因数", "2", "计数不符"),
    ("附件负向得分合计", "-1", "合计不符"),
    ("附件正向得分合计", "79", "来源未载"),
    ("附件总计", "78", "来源未载"),
    ("附件终验扣分二", "0.5", "前后不一"),
    ("附件调查部门数", "85", "前后不一"),
    ("附件调查系统数", "174", "前后不一"),
    ("附件回收单位比例", "递减", "计算不符"),
    ("附件一票否决后果", "差", "文字差错"),
]


@pytest.fixture(scope="module")
def scored() -> Scored:
    return score_file(CASE)


def test_the_framework_has_the_shape_of_the_appendix(scored: Scored) -> None:
    framework = scored.file.framework
    tree = [node for node in framework.walk() if not node.block]
    assert [sum(node.level == level for node in tree) for level in (1, 2, 3)] == [4, 11, 33]
    assert [leaf.code for leaf in framework.leaves] == [code for code, *_ in LINES]
    assert framework.max == 100
    assert [block.floor for block in framework.blocks] == [-20]
    grades = framework.grades
    assert grades is not None
    assert [exact_text(band.low) for band in grades.bands] == ["90", "80", "60", "0"]


@pytest.mark.parametrize(("code", "name", "full", "awarded", "rate"), LINES)
def test_a_leaf_is_awarded_as_printed(
    scored: Scored, code: str, name: str, full: str, awarded: str, rate: str | None
) -> None:
    line = scored.sheet.line(code)
    assert (line.name, line.max, line.awarded) == (name, Fraction(full), Fraction(awarded))
    if rate is not None:
        assert line.rate is not None
        assert round(line.rate * 100, 2) == Fraction(rate)


def test_the_satisfaction_rate_of_points_is_75_and_not_70_percent(scored: Scored) -> None:
    assert scored.sheet.line("D301").rate == Fraction(3, 4)


def test_levels_total_and_grade_are_those_of_the_report(scored: Scored) -> None:
    sheet = scored.sheet
    for code, (full, awarded) in LEVELS.items():
        line = sheet.line(code)
        assert (line.max, line.awarded) == (Fraction(full), Fraction(awarded))
    assert [block.awarded for block in sheet.blocks] == [-1]
    assert (sheet.total, sheet.grade) == (Fraction(78), "中")


def test_the_ledger_identity_holds_on_every_line(scored: Scored) -> None:
    for line in scored.sheet.lines:
        parts = (line.max, line.deductions, line.bonuses, line.adjustment)
        full, deducted, bonus, adjusted = (part for part in parts if part is not None)
        assert line.awarded == full - deducted + bonus + adjusted, line.code


def test_exactly_these_scores_do_not_follow_from_their_rule(scored: Scored) -> None:
    sheet = scored.sheet
    listed = scored.to_plain()["adjustments"]
    assert [(a["node"], a["rule"], a["awarded"]) for a in listed] == ADJUSTMENTS
    assert all(a["reason"] for a in listed)
    adjusted = {node for node, _, _ in ADJUSTMENTS}
    for code, _, _, awarded, _ in LINES:
        if code not in adjusted and code not in TOTALS_ONLY:
            assert sheet.line(code).rule_points == Fraction(awarded), code


@pytest.mark.parametrize(
    ("code", "words"), [("B102", "36.83"), ("C206", "58.6"), ("D103", "57.63"), ("D301", "96.97")]
)
def test_the_measured_figure_behind_a_rule_stands_in_the_steps(scored: Scored, code: str, words: str) -> None:
    assert words in "".join(scored.sheet.line(code).steps)


def test_every_lost_point_has_a_reason(scored: Scored) -> None:
    case = scored.file.case
    explained = {d.node for d in case.deductions} | {a.node for a in case.adjustments}
    lost = {code for code, _, full, awarded, _ in LINES if Fraction(awarded) < Fraction(full)}
    assert lost == explained
    assert all(d.evidence or d.no_evidence for d in case.deductions)
    assert all(a.evidence or a.no_evidence for a in case.adjustments)


def test_the_late_self_assessment_and_the_supplements_cost_one_point(scored: Scored) -> None:
    case = scored.file.case
    assert case.self_assessment is not None
    assert case.self_assessment.late
    assert case.material_review is not None
    assert case.material_review.supplements == ()
    assert [d.amount for d in case.deductions if d.node == "N1"] == [None, None]
    assert scored.sheet.line("N1").awarded == -1


def test_every_difference_of_the_report_is_held_and_declared(scored: Scored) -> None:
    found = scored.comparison
    assert [(d.path, d.computed, d.kind) for d in found.differ] == DIFFERENCES
    assert all(d.cause for d in found.differ)
    assert found.undeclared == ()
    assert found.needless == ()
    assert scored.expectations.failed == ()
    assert scored.ok


def test_every_printed_score_and_rate_is_among_the_quotations(scored: Scored) -> None:
    quoted = {item.path for item in scored.file.case.published}
    assert len(quoted) >= 400
    for code, *_ in LINES[:33]:
        wanted = {f"{code}分值", f"{code}得分", f"{code}得分率", f"附件{code}权重", f"附件{code}得分"}
        assert wanted <= quoted
