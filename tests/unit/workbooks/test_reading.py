"""A stranger's workbook is read as people mean it, or refused with place, value, rule and cure."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from service.errors import InvalidError
from service.workbooks.annotate import annotated
from service.workbooks.book import Cell, read_book
from service.workbooks.compare import Standing, State, compare
from service.workbooks.kinds import Value, from_plain
from service.workbooks.official import DEDUCTIONS, FUNDS, KINDS, SELF
from service.workbooks.table import Table, identify, read_table
from service.workbooks.values import read_value
from service.workbooks.write import Block, csv_bytes, disarmed, workbook_bytes
from tests.unit.workbooks.books import HEAD, ROWS, TOTAL, part_of, saved, sheet_of, usual, with_part

STANDING = (
    Standing("A1", "A1 预算执行率", {"name": "预算执行率", "target": "100%"}, most={"points": "40"}),
    Standing("B1", "B1 更新完成情况", {"name": "更新完成情况", "target": "320台", "actual": "320台", "points": "60"},
             most={"points": "60"}),
)  # fmt: skip


def table_of(content: bytes, kind: Any = SELF) -> Table:
    return read_table(read_book("自评表.xlsx", content), kind)


def told(content: bytes, name: str = "自评表.xlsx") -> Any:
    with pytest.raises(InvalidError) as refused:
        read_book(name, content)
    for problem in refused.value.problems:
        assert problem.path
        assert problem.value is not None
        assert problem.allowed
        assert problem.cure
    return refused.value.problems[0]


def test_columns_are_found_wherever_they_stand() -> None:
    shuffled = (6, 3, 8, 4, 2, 7, 5, 0, 1)
    content = sheet_of([["说明", "随便"], [], *([row[i] for i in shuffled] for row in (HEAD, *ROWS, TOTAL))])
    table = table_of(content)
    assert not table.faults
    assert [row.value("actual") for row in table.rows][:2] == ["94.35%", "320台"]
    assert table.total is not None
    assert table.total.value("points") == "97.74"


def test_a_heading_may_be_two_rows_high_and_merged() -> None:
    def merge(sheet: Any) -> None:
        sheet.merge_cells("D1:E1")
        for letter in "ABCFGHI":
            sheet.merge_cells(f"{letter}1:{letter}2")

    first = ["一级指标", "二级指标", "三级指标", "绩效", None, "分值", "得 分", "未完成原因分析", "编码"]
    second = [None, None, None, "年度\n目标值", "实际完成值（％）", None, None, None, None]
    table = table_of(sheet_of([first, second, *ROWS], then=merge))
    assert not table.faults
    assert [row.value("code") for row in table.rows] == ["A1", "B1"]
    assert table.rows[0].value("target") == "100%"


def test_merged_labels_are_unfolded_and_merged_figures_are_asked_about() -> None:
    def merge(sheet: Any) -> None:
        sheet["A3"] = sheet["G3"] = None
        sheet.merge_cells("A2:A3")
        sheet.merge_cells("G2:G3")

    table = table_of(usual(then=merge))
    assert [row.value("level1") for row in table.rows][:2] == ["过程", "过程"]
    assert [fault.place for fault in table.faults] == ["自评表!G3"]
    assert "G2" in table.faults[0].cure


@pytest.mark.parametrize(
    ("written", "format_", "read"),
    [
        ("94.35 %", "General", "94.35%"),
        ("９４.３５％", "General", "94.35%"),
        (0.9435, "0.00%", "94.35%"),
        (0.94350000000000001, "0%", "94.35%"),
        ("1,234.50", "General", "1234.50"),
        (0.1 + 0.2, "General", "0.3"),
        ("≥９５％", "General", "≥９５％"),
        (45657, "yyyy-mm-dd", "2024-12-31"),
        (1e15, "General", "1000000000000000"),
    ],
)
def test_one_value_in_many_forms(written: Any, format_: str, read: str) -> None:
    def then(sheet: Any) -> None:
        sheet["E2"] = written
        sheet["E2"].number_format = format_

    table = table_of(usual(then=then))
    found = table.rows[0].cells["actual"]
    assert found.fault is None
    assert found.value == read or written == 1e15


def test_a_formula_without_a_cached_value_is_told_as_such() -> None:
    def then(sheet: Any) -> None:
        sheet["G2"] = "=40*0.9"

    (fault,) = table_of(usual(then=then)).faults
    assert (fault.place, fault.value) == ("自评表!G2", "=40*0.9")
    assert "另存一次" in fault.cure
    cached = (
        part_of(usual(then=then), "xl/worksheets/sheet1.xml")
        .replace(b"<v></v>", b"<v>36</v>")
        .replace(b"<v />", b"<v>36</v>")
        .replace(b"<v/>", b"<v>36</v>")
    )
    table = table_of(with_part(usual(then=then), "xl/worksheets/sheet1.xml", cached))
    assert not table.faults
    assert table.rows[0].value("points") == "36"


def test_every_fault_is_told_in_one_pass() -> None:
    def then(sheet: Any) -> None:
        sheet["G2"] = "三十分"
        sheet["G3"] = 61
        sheet["I3"] = "B9"
        sheet["H2"] = "长" * 2001

    found = compare(table_of(usual(then=then)), STANDING, total="", most_total="100")
    assert [fault.place for fault in found.faults] == ["自评表!G2", "自评表!H2", "自评表!I3"]
    for fault in found.faults:
        assert fault.value
        assert fault.allowed
        assert fault.example
        assert fault.cure
    assert not found.ready


def test_cells_are_new_changed_or_the_same() -> None:
    found = compare(table_of(usual()), STANDING, total="90", most_total="100")
    assert not found.faults
    states = {(cell.place, cell.state) for cell in found.cells}
    assert ("自评表!D2", State.SAME) in states
    assert ("自评表!E2", State.NEW) in states
    assert ("自评表!G3", State.SAME) in states
    assert ("自评表!G4", State.CHANGED) in states
    assert found.count == 4


def test_points_beyond_full_marks_and_locked_rows_are_faults() -> None:
    locked = [Standing(row.key, row.label, row.values, "已经报送，不能修改", row.most) for row in STANDING]
    found = compare(table_of(usual()), locked)
    assert {fault.message for fault in found.faults} == {"已经报送，不能修改"}
    high = compare(table_of(usual(then=lambda s: s.__setitem__("G2", 41))), STANDING)
    assert [(fault.place, fault.allowed) for fault in high.faults] == [("自评表!G2", "0 至 40 分")]


def test_a_row_is_known_by_its_name_where_it_has_no_code() -> None:
    table = table_of(sheet_of([row[:8] for row in (HEAD, *ROWS)]))
    assert [row.key for row in compare(table, STANDING).rows] == ["A1", "B1"]


def test_the_same_row_twice_is_a_fault() -> None:
    found = compare(table_of(sheet_of([HEAD, ROWS[0], ROWS[0]])), STANDING)
    assert [fault.place for fault in found.faults] == ["自评表!I3"]


def test_the_wrong_workbook_is_named() -> None:
    taken = workbook_bytes("扣分清单", [Block(DEDUCTIONS, [{"code": "D001"}])], {"kind": "deductions"})
    book = read_book("扣分.xlsx", taken)
    (fault,) = read_table(book, SELF).faults
    assert "《扣分清单》" in fault.message
    assert "自评表" in fault.cure
    assert identify(read_book("a.xlsx", usual())) == SELF


def test_money_is_read_in_the_unit_of_its_heading() -> None:
    head = [
        "项目资金（万元）",
        "年初预算数（元）",
        "全年预算数",
        "全年执行数（亿元）",
        "分值",
        "执行率",
        "得分",
    ]
    table = table_of(sheet_of([head, ["年度资金总额", 1234567.89, "120.5万元", 0.5, 10, 0.97, 9.7]]), FUNDS)
    assert not table.faults
    row = table.rows[0]
    assert [row.value(name) for name in ("initial", "adjusted", "paid")] == ["123.456789", "120.5", "5000"]
    assert row.value("rate") == "97%"


def test_a_local_table_is_data() -> None:
    local = SELF.variant("local", "某市自评表", actual=("完成数",), points=("自评打分",))
    head = [{"实际完成值": "完成数", "得分": "自评打分"}.get(text, text) for text in HEAD]
    assert not table_of(sheet_of([head, *ROWS]), local).faults
    plain = {
        "name": "x",
        "label": "某表",
        "columns": [{"name": "code", "header": "编号", "value": "code"}],
        "key": ["code"],
    }
    assert from_plain(plain).columns[0].value is Value.CODE


def test_what_is_written_comes_back_the_same_and_is_never_a_formula() -> None:
    words = [
        "=1+1",
        "+86",
        "-x",
        "@sum",
        "\t制表",
        "_x0041_",
        "多\n行",
        "＝cmd|' /C calc'!A0",
        "0012",
        "'引号",
        " 空 ",
    ]
    rows = [
        {"code": f"N{i}", "name": text, "deviation": text, "points": "0.1"} for i, text in enumerate(words)
    ]
    content = workbook_bytes("表", [Block(SELF, rows)], {"kind": "self"})
    book = load_workbook(BytesIO(content))
    assert all(cell.data_type != "f" for row in book["自评表"].iter_rows() for cell in row)
    table = table_of(content)
    assert [row.value("deviation") for row in table.rows] == [text.strip() for text in words]
    assert {row.value("points") for row in table.rows} == {"0.1"}
    lines = csv_bytes(Block(SELF, rows)).decode("utf-8-sig")
    assert "\r\n=" not in lines
    assert disarmed("-1.5") == "-1.5"
    assert disarmed(" =1") == "' =1"


def test_hostile_workbooks_are_refused_with_advice() -> None:
    entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    assert "类型声明" in told(with_part(usual(), "xl/sharedStrings.xml", entity)).message
    assert "宏" in told(with_part(usual(), "xl/vbaProject.bin", b"x")).message
    assert "数据连接" in told(with_part(usual(), "xl/externalLinks/externalLink1.xml", b"<x/>")).message
    dde = saved(_formula("cmd|'/C calc'!A0"))
    assert told(dde).path == "自评表!A1"
    assert "损坏" in told(with_part(usual(), "xl/worksheets/sheet1.xml", b"<a><b></a>")).message
    assert told(usual()[:300]).cure
    assert told(b"").cure
    assert told(usual(), "自评表.xls").cure
    assert "列" in told(usual(then=lambda s: s.cell(1, 101, "x"))).message
    assert "行" in told(usual(then=lambda s: s.cell(5001, 1, "x"))).message


def _formula(text: str) -> Workbook:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "自评表"
    sheet["A1"] = f"={text}"
    return book


def test_too_many_sheets_and_too_large_merges_are_refused() -> None:
    book = Workbook()
    for number in range(20):
        book.create_sheet(f"表{number}")
    assert "工作表过多" in told(saved(book)).message

    def merge(sheet: Any) -> None:
        sheet["CV5000"] = "x"
        for top in range(1, 400, 2):
            sheet.merged_cells.add(f"A{top}:CV{top + 4000}")

    assert "过多" in told(usual(then=merge)).message


def test_the_annotated_copy_is_the_persons_own_workbook() -> None:
    def then(sheet: Any) -> None:
        sheet["G2"] = "三十分"
        sheet["K9"] = "自己的备注"

    content = usual(then=then)
    found = compare(table_of(content), STANDING)
    book = load_workbook(BytesIO(annotated(content, found)))
    sheet = book["自评表"]
    assert sheet["K9"].value == "自己的备注"
    assert sheet["G2"].fill.fgColor.rgb.endswith("F8CBAD")
    assert "不是数字" in sheet["G2"].comment.text
    assert book.sheetnames[0] == "导入结果"
    assert book["导入结果"]["A2"].value == "自评表!G2"


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_column_explains_what_it_takes(kind: Any) -> None:
    for column in kind.columns:
        read = read_value(column, Cell("e", "#DIV/0!"), "表!A1")
        assert read.fault is not None
        assert read.fault.allowed
        assert read.fault.example
        assert read.fault.cure
    names = {column.header for column in kind.columns}
    assert len(names) == len(kind.columns)
