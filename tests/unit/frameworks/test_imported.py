"""Indicator tables of three real reports become drafts whose rules are proposals, and go out as the same table."""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from service import frameworks
from service.errors import InvalidError
from service.frameworks.edit import draft_problems
from service.frameworks.exported import table_bytes
from service.frameworks.imported import Imported, LeafWords, alone, confirmed, from_table, grades_in, waiting
from service.frameworks.tree import Plain, plain_nodes
from service.scoring.bench import try_edges
from service.yamltext import read
from tests import seedtables as tables
from tests.sameness import same_rule

FOLDER = Path(frameworks.__file__).parent
SMALL = (
    ("一级指标", "二级指标", "三级指标", "分值", "指标说明", "评分标准"),
    ("决策（40）", "立项（40）", "立项依据", 40, "看依据", "依据充分得40分，否则不得分"),
    ("产出（60）", "数量（60）", "完成率", 60, "完成率=完成数/计划数", "得分=完成率×分值"),
)


def plain_of(made: Imported) -> Plain:
    root: Plain = read(made.text, file="").root
    return root


def committed(name: str) -> dict[str, Plain]:
    """The leaves of a bundled framework by name."""
    root = read((FOLDER / f"{name}.yaml").read_text("utf-8"), file="").root
    return {str(node["name"]): node for node in plain_nodes(root).values()}


def measured(made: Imported, name: str) -> tuple[int, int, list[str]]:
    """How many proposals are the committed rule, of how many, and the names of the others."""
    wanted = committed(name)
    wrong = [
        leaf.name
        for leaf in made.leaves.values()
        if not same_rule(leaf.rule, wanted[leaf.name]["rule"], full=_full(wanted[leaf.name]))
    ]
    return len(made.leaves) - len(wrong), len(made.leaves), wrong


def _full(node: Plain) -> Fraction | None:
    return Fraction(node["max"]) if "max" in node else None


def s1() -> bytes:
    return tables.plain_book(tables.s1_rows(), merge=(1, 2))


def s4() -> bytes:
    return tables.plain_book(tables.s4_rows(), merge=(1, 2))


SEEDS: tuple[tuple[str, Callable[[], bytes], str, int], ...] = (
    ("S1", s1, "guangzhou-editorial-2021", 12),
    ("S3", tables.s3_book, "zhongshan-cloud-2022", 35),
    ("S4", s4, "qingdao-platform-2020", 19),
)


@pytest.mark.parametrize(("label", "book", "name", "leaves"), SEEDS, ids=[row[0] for row in SEEDS])
def test_the_tables_of_real_reports_are_read_and_most_rules_proposed_right(
    label: str, book: Callable[[], bytes], name: str, leaves: int, capsys: pytest.CaptureFixture[str]
) -> None:
    made = from_table(f"{label}.xlsx", book())
    right, of, wrong = measured(made, name)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{label}：{of} 条规则，建议与所载相同 {right} 条（{right * 100 // of}%）；不同：{'、'.join(wrong) or '无'}\n"
        )
    assert of == leaves
    assert right * 100 >= 70 * of
    wanted = committed(name)
    nodes = plain_nodes(plain_of(made))
    assert {node["name"] for node in nodes.values()} <= {*wanted, "自评工作", "负面问题"}
    assert all("rule" not in node for node in nodes.values()), "nothing is confirmed by the import"
    assert [leaf.code for leaf in waiting(plain_of(made), made.leaves)] == list(made.leaves)


def test_one_changed_parameter_is_another_rule() -> None:
    rules = {name: node for name, node in committed("zhongshan-cloud-2022").items() if "rule" in node}
    for node in rules.values():
        assert same_rule(node["rule"], node["rule"], full=_full(node))
    adjusted = rules["预算调整率"]["rule"]
    moved_edge = {**adjusted, "bands": [{**adjusted["bands"][0], "when": "<10%"}, *adjusted["bands"][1:]]}
    fewer = {**adjusted, "bands": [{**adjusted["bands"][0], "points": "2"}, *adjusted["bands"][1:]]}
    stepped = rules["项目终验合格率"]["rule"]
    assert not same_rule(moved_edge, adjusted, full=Fraction(3))
    assert not same_rule(fewer, adjusted, full=Fraction(3))
    assert not same_rule({**stepped, "step": "whole"}, stepped, full=Fraction(1))
    assert not same_rule({**stepped, "per": "0.4"}, stepped, full=Fraction(1))
    assert not same_rule({"kind": "discretionary"}, rules["立项依据充分性"]["rule"], full=Fraction(2))


def test_a_draft_is_no_framework_until_every_proposal_was_confirmed() -> None:
    made = from_table("s3.xlsx", tables.s3_book())
    plain = plain_of(made)
    for n, leaf in enumerate(made.leaves.values()):
        if n in (0, 1, 34):
            problems = draft_problems(plain)
            assert len([one for one in problems if "缺少评分规则" in one.message]) == len(made.leaves) - n
        plain = confirmed(plain, leaf)
    assert draft_problems(plain) == ()
    assert [band["name"] for band in plain["grades"]["bands"]] == ["优", "良", "中", "差"]
    assert plain["blocks"][0]["floor"] == "-20"
    assert {one["effect"] for one in plain["events"]} == {"downgrade", "grade"}


@pytest.mark.parametrize(
    ("label", "book"), [(row[0], row[1]) for row in SEEDS], ids=[row[0] for row in SEEDS]
)
def test_a_confirmed_framework_goes_out_and_comes_in_as_the_same_table(
    label: str, book: Callable[[], bytes]
) -> None:
    made = from_table(f"{label}.xlsx", book())
    plain = plain_of(made)
    for leaf in made.leaves.values():
        plain = confirmed(plain, leaf)
    again = from_table(f"{label}.xlsx", table_bytes(plain))
    assert plain_of(again) == plain_of(made)
    assert again.remarks == ()
    assert {c: leaf.rule for c, leaf in again.leaves.items()} == {
        c: leaf.rule for c, leaf in made.leaves.items()
    }


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*-20*.yaml")), ids=lambda path: path.stem)
def test_every_bundled_framework_goes_out_as_a_table_that_can_be_read(path: Path) -> None:
    plain = read(path.read_text("utf-8"), file="").root
    made = from_table("导出.xlsx", table_bytes(plain))
    names = [node["name"] for node in plain_nodes(plain).values() if not node.get("children")]
    assert [leaf.name for leaf in made.leaves.values()] == names


def test_every_proposal_can_be_tried_at_sample_values() -> None:
    made = from_table("s3.xlsx", tables.s3_book())
    nodes = plain_nodes(plain_of(made))
    for leaf in made.leaves.values():
        trials, _ = try_edges(frameworks.parse(alone(leaf, nodes[leaf.code]["max"]), name=""), leaf.code)
        assert any(one.line.rule_points is not None and one.line.steps for one in trials), leaf.name


def test_a_leaf_is_kept_as_it_was_proposed() -> None:
    made = from_table("表.xlsx", tables.plain_book(SMALL))
    leaf = made.leaves["A101"]
    assert LeafWords.of(leaf.to_plain()) == leaf
    assert leaf.place == "指标体系!F2"


def test_a_table_without_merged_cells_and_a_csv_file_give_the_same_draft() -> None:
    rows = [list(row) for row in SMALL]
    merged = from_table("表.xlsx", tables.plain_book([*rows, ["", "", "及时率", "", "", ""]], merge=(1, 2)))
    blank = from_table("表.xlsx", tables.plain_book([*rows, ["", "", "及时率", "", "", ""]]))
    assert merged.text == blank.text
    text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows)
    whole = from_table("表.xlsx", tables.plain_book(rows))
    for coding in ("utf-8", "utf-8-sig", "gb18030"):
        made = from_table("表.csv", text.encode(coding))
        assert made.text == whole.text
        assert [leaf.rule for leaf in made.leaves.values()] == [leaf.rule for leaf in whole.leaves.values()]
    with pytest.raises(InvalidError):
        from_table("表.csv", b"\xff\xfe\x00\x00")


def test_grades_are_taken_only_where_the_sentence_states_all_of_them() -> None:
    said = grades_in("绩效等级：90（含）-100分为优；75（含）-90分为良；60（含）-75分为中；60分以下为差。")
    assert said == [
        {"name": "优", "from": "90"}, {"name": "良", "from": "75"}, {"name": "中", "from": "60"}, {"name": "差", "from": "0"},
    ]  # fmt: skip
    assert grades_in("得分分为优、良、中、差") == []
    assert grades_in("90分以上为优，80分以上为良") == []


def changed(change: Callable[[list[list[Any]]], None], *, merge: tuple[int, ...] = ()) -> bytes:
    rows = [list(row) for row in SMALL]
    change(rows)
    return tables.plain_book(rows, merge=merge)


def put(row: int, column: int, value: Any) -> Callable[[list[list[Any]]], None]:
    def change(rows: list[list[Any]]) -> None:
        rows[row][column] = value

    return change


def moved(sheet: Any) -> None:
    first = next(str(area) for area in sheet.merged_cells.ranges if area.coord.startswith("A5"))
    sheet.unmerge_cells(first)
    sheet.merge_cells("A5:A7")


REMARKS = (
    ("points missing", put(1, 3, None), "指标体系!D2", "没有分值", "空"),
    ("sum of a level", put(1, 0, "决策（50）"), "指标体系!A2", "下级合计 40", "50"),
    ("sum not 100", put(2, 3, 50), "指标体系!D2", "合计不是 100", "90"),
    ("name and column", put(1, 2, "立项依据（30）"), "指标体系!D2", "括号里是 30", "40"),
    ("doubled name", lambda rows: rows.insert(2, ["", "", "立项依据", 0, "", "达标得0分"]), "指标体系!C3", "重名", "立项依据"),
)  # fmt: skip
FAULTS = (
    ("words for points", put(1, 3, "四十"), "指标体系!D2", "不是数字", "四十"),
    ("no level above", put(1, 0, ""), "指标体系!A2", "没有上级指标", "空"),
    ("two columns of one level", put(0, 1, "三级指标"), "指标体系!C1", "有两列", "三级指标"),
    ("an error value", put(1, 5, "#REF!"), "指标体系!F2", "错误值", "#REF!"),
    ("no heading", lambda rows: rows.pop(0), "指标体系!A1", "没有找到指标表的表头", "决策"),
    (
        "words without a name",
        lambda rows: rows.append(["", "", "", 5, "", "达标得5分"]),
        "指标体系!D4",
        "没有指标名称",
        "5",
    ),
)


@pytest.mark.parametrize(
    ("name", "change", "place", "words", "value"), REMARKS, ids=[row[0] for row in REMARKS]
)
def test_what_does_not_agree_is_told_with_cell_value_rule_and_cure(
    name: str, change: Callable[[list[list[Any]]], None], place: str, words: str, value: str
) -> None:
    made = from_table("表.xlsx", changed(change))
    found = [one for one in made.remarks if one.place == place and words in one.message]
    assert found, [(one.place, one.message) for one in made.remarks]
    assert value in found[0].value
    for one in made.remarks:
        assert "!" in one.place and one.value and one.allowed and one.cure


@pytest.mark.parametrize(
    ("name", "change", "place", "words", "value"), FAULTS, ids=[row[0] for row in FAULTS]
)
def test_what_cannot_be_read_refuses_the_table_with_every_cell_named(
    name: str, change: Callable[[list[list[Any]]], None], place: str, words: str, value: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        from_table("表.xlsx", changed(change))
    found = [one for one in refused.value.problems if one.path == place and words in one.message]
    assert found, [str(one) for one in refused.value.problems]
    for one in refused.value.problems:
        assert "!" in one.path and one.value and one.allowed and one.cure


def test_full_width_digits_and_moved_merges_are_read_or_told() -> None:
    wide = from_table("表.xlsx", changed(put(1, 3, "４０．０")))
    assert plain_nodes(plain_of(wide))["A101"]["max"] == "40"
    brackets = from_table("表.xlsx", changed(put(1, 0, "决策(４０分)")))
    assert plain_nodes(plain_of(brackets))["A"]["max"] == "40"
    made = from_table("s3.xlsx", tables.s3_book(moved))
    assert len(made.leaves) == 35, "a level left blank goes on with the one above"


def test_nothing_in_an_exported_table_is_a_formula(tmp_path: Path) -> None:
    made = from_table("表.xlsx", tables.plain_book(SMALL))
    plain = plain_of(made)
    plain_nodes(plain)["A101"]["criteria"] = "=1+1"
    target = tmp_path / "out.xlsx"
    target.write_bytes(table_bytes(plain))
    sheet = load_workbook(target).active
    assert sheet is not None
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert kinds <= {"s", "n"}
