"""The self-check is silent on our own reports and finds every planted fault."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from service.report import charts, package, profile, render, selfcheck
from service.report.blocks import Chart
from service.report.sheetcheck import check_figures
from service.report.snapshot import CaseSnapshot, Item

S3 = "zhongshan-fiscal-2022"
MAIN = "word/document.xml"


def rendered(snapshot: CaseSnapshot, tmp_path: Path) -> bytes:
    out = tmp_path / "x.docx"
    render.render(snapshot, profile.load(snapshot.profile), out)
    return out.read_bytes()


def rules(snapshot: CaseSnapshot, content: bytes) -> set[tuple[str, str]]:
    found = selfcheck.check(content, snapshot)
    return {(f.severity, f.rule) for f in found}


def with_part(content: bytes, name: str, old: str, new: str) -> bytes:
    parts = package.read(content)
    assert old in parts[name].decode(), old
    parts[name] = parts[name].decode().replace(old, new, 1).encode()
    return package.write(parts)


def with_line(snapshot: CaseSnapshot, code: str, **changes: str) -> CaseSnapshot:
    lines = tuple(replace(x, **changes) if x.code == code else x for x in snapshot.sheet.lines)
    return replace(snapshot, sheet=replace(snapshot.sheet, lines=lines))


@pytest.mark.parametrize("code", profile.bundled())
def test_our_own_reports_give_no_finding_at_all(makers, tmp_path: Path, code: str) -> None:
    snapshot = makers[code]()
    assert selfcheck.check(rendered(snapshot, tmp_path), snapshot) == ()


def test_a_changed_figure_is_found(s3, tmp_path: Path) -> None:
    content = with_part(rendered(s3, tmp_path), MAIN, ">62.50%<", ">70.00%<")
    found = selfcheck.errors(selfcheck.check(content, s3))
    assert [(f.rule, f.expected, f.actual) for f in found] == [("figure", "62.50%", "70.00%")]


@pytest.mark.parametrize(
    ("name", "old", "new", "rule"),
    [
        (MAIN, "f:node.A101.awarded", "f:node.A999.awarded", "figure"),
        (MAIN, "2.项目过程情况", "3.项目过程情况", "numbering"),
        (MAIN, "二、绩效评价指标分析", "三、绩效评价指标分析", "contents"),
        (MAIN, "三、存在的问题及原因分析</w:t></w:r></w:p>", "三、存在的问题</w:t></w:r></w:p>", "heading"),
        (MAIN, "为检验项目资金", "{{ x }}为检验项目资金", "leftover"),
        (MAIN, "为检验项目资金", "None为检验项目资金", "leftover"),
        ("word/charts/chart101.xml", "<c:v>0.625</c:v>", "<c:v>0.7</c:v>", "chart"),
    ],
)
def test_planted_faults_in_the_document_are_errors(
    s3, tmp_path: Path, name: str, old: str, new: str, rule: str
) -> None:
    assert ("error", rule) in rules(s3, with_part(rendered(s3, tmp_path), name, old, new))


@pytest.mark.parametrize(
    ("code", "changes", "rule"),
    [
        ("A101", {"rate": "1/2"}, "rate"),
        ("A201", {"awarded": "3"}, "sum"),
        ("B", {"awarded": "23", "rate": "23/30"}, "total"),
        ("A101", {"deductions": "1"}, "ledger"),
        ("C1", {"max": "6", "rate": "5/6"}, "sum"),
    ],
)
def test_planted_faults_in_the_sheet_are_errors(
    s3, tmp_path: Path, code: str, changes: dict[str, str], rule: str
) -> None:
    spoiled = with_line(s3, code, **changes)
    assert ("error", rule) in rules(spoiled, rendered(spoiled, tmp_path))


def test_a_declared_defect_of_the_framework_is_only_a_hint(s3, tmp_path: Path) -> None:
    spoiled = with_line(s3, "C1", max="6", rate="5/6")
    spoiled = replace(spoiled, framework=replace(spoiled.framework, defects=("C1 分值与下级不符",)))
    found = rules(spoiled, rendered(spoiled, tmp_path))
    assert ("hint", "sum") in found
    assert ("error", "sum") not in found


def test_a_grade_outside_its_band_wants_a_ground(s3, tmp_path: Path) -> None:
    spoiled = replace(s3, sheet=replace(s3.sheet, grade="良"))
    assert ("review", "grade") in rules(spoiled, rendered(spoiled, tmp_path))


@pytest.mark.parametrize(
    ("text", "rule", "severity"),
    [
        ("运维完成率达到12.5%。", "unbound", "review"),
        ("主要有以下三个方面：一是甲；二是乙。", "count", "error"),
        ("因此，该指标酌情扣1.5分。因此，该指标酌情扣1.5分。", "repeated", "review"),
        ("依据《管理办法执行。", "bracket", "review"),
        ("巡检单写明X月X日出现问题。", "hole", "review"),
    ],
)
def test_faults_of_prose_are_found(s3, tmp_path: Path, text: str, rule: str, severity: str) -> None:
    spoiled = replace(s3, problems=(*s3.problems, Item("其他", text)))
    assert (severity, rule) in rules(spoiled, rendered(spoiled, tmp_path))


def test_dates_titles_and_document_numbers_are_no_figures(s3, tmp_path: Path) -> None:
    text = (
        "依据《云平台2021年版》（市府〔2019〕102号），2022年12月31日前完成第6条所列事项，提供7*24小时服务。"
    )
    fine = replace(s3, narrative={**s3.narrative, "lead": text})
    assert rules(fine, rendered(fine, tmp_path)) == set()


def test_every_single_changed_control_is_found(s3, tmp_path: Path) -> None:
    parts = package.read(rendered(s3, tmp_path))
    xml = parts[MAIN].decode()
    pattern = r"<w:sdtContent><w:r>(?:<w:rPr>.*?</w:rPr>)?<w:t[^>]*>([^<]+)</w:t>"
    texts = list(re.finditer(pattern, xml))
    assert len(texts) > 300
    spoiled = xml
    for match in reversed(texts):
        spoiled = spoiled[: match.start(1)] + match[1] + "1" + spoiled[match.end(1) :]
    parts[MAIN] = spoiled.encode()
    found = [f for f in selfcheck.check(package.write(parts), s3) if f.rule == "figure"]
    assert len(found) == len(texts)


def test_a_total_that_an_event_capped_adds_up_with_what_was_taken(s3: CaseSnapshot) -> None:
    capped = replace(s3, sheet=replace(s3.sheet, total="70", rate=None))
    assert "total" in {f.rule for f in check_figures(capped)}
    told = replace(capped, sheet=replace(capped.sheet, lowered="8"))
    assert "total" not in {f.rule for f in check_figures(told)}


def test_a_workbook_reads_back_as_its_chart_whatever_the_figure() -> None:
    values = tuple(Fraction(n, 2000) for n in range(2001))
    chart = Chart("A", tuple(map(str, range(2001))), values, ())
    assert selfcheck.workbook_figures(charts.workbook(chart)) == [charts.cached(value) for value in values]
