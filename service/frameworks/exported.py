"""A framework as the kind of table offices use: levels merged downwards, points behind names, wording.

What goes out comes in again by `imported` as the same tree with the same points and words. A leaf without
words of its own carries its rule in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from service.frameworks.rulewords import rule_words
from service.frameworks.tree import Plain, rows_of
from service.scoring.methods import LABELS
from service.scoring.quantities import exact, exact_text, is_exact
from service.workbooks.write import put

_LINE = Side(style="thin", color="9AA5B1")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_HEAD = PatternFill("solid", fgColor="DCE6F1")
_TOP = Alignment(vertical="top", wrap_text=True)
_MIDDLE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_USUAL = tuple(f"{sign}级指标" for sign in "一二三四五六七八九")
FIELDS = (
    ("max", "分值", 8),
    ("explanation", "指标说明", 34),
    ("criteria", "评分标准", 56),
    ("target", "指标值", 14),
    ("source", "指标出处", 22),
    ("evidence", "佐证材料", 22),
)
"""Field, heading and width of the columns behind the levels; one nobody fills is left out."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One leaf: the names of its levels and its fields."""

    path: tuple[str, ...]
    values: Mapping[str, str]


def table_bytes(plain: Plain) -> bytes:
    """Return a framework as an .xlsx of one sheet in the usual form of an indicator table."""
    rows = [*_rows(rows_of(plain, "nodes"), ()), *_block_rows(plain)]
    deep = max((len(row.path) for row in rows), default=1)
    shown = [
        field
        for field in FIELDS
        if field[0] in ("max", "criteria") or any(row.values.get(field[0]) for row in rows)
    ]
    each = _each(plain, rows)
    if each or not any(row.values.get("max") for row in rows):
        shown = [field for field in shown if field[0] != "max"]
    if each:
        shown = [
            (name, f"{title}（每个指标按{each}分计）" if name == "criteria" else title, width)
            for name, title, width in shown
        ]
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "指标体系"
    wide = deep + len(shown)
    _across(sheet, 1, wide, str(plain.get("name", "")), Font(bold=True, size=14))
    for number, (title, width) in enumerate(
        [*((name, 16) for name in _USUAL[:deep]), *((t, w) for _, t, w in shown)], 1
    ):
        cell = put(sheet, 2, number, title)
        cell.fill, cell.border, cell.alignment, cell.font = _HEAD, _BOX, _MIDDLE, Font(bold=True)
        sheet.column_dimensions[get_column_letter(number)].width = width
    for number, row in enumerate(rows, 3):
        for at in range(1, wide + 1):
            text = (
                row.path[at - 1]
                if at <= len(row.path)
                else "—"
                if at <= deep
                else row.values.get(shown[at - deep - 1][0], "")
            )
            cell = put(sheet, number, at, text, number_=at > deep and shown[at - deep - 1][0] == "max")
            cell.border, cell.alignment = _BOX, _TOP
    _merge(sheet, [row.path for row in rows], deep)
    _foot(sheet, plain, len(rows) + 3, wide)
    _page(sheet)
    output = BytesIO()
    book.save(output)
    return output.getvalue()


def _each(plain: Plain, rows: list[_Row]) -> str:
    """Return the full marks every leaf has where there is no total, "" otherwise."""
    found = {row.values.get("max", "") for row in rows}
    return found.pop() if plain.get("total") == "none" and len(found) == 1 else ""


def _page(sheet: Worksheet) -> None:
    sheet.freeze_panes = "A3"
    sheet.print_title_rows = "2:2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _across(sheet: Worksheet, row: int, wide: int, text: str, font: Font) -> None:
    cell = put(sheet, row, 1, text)
    cell.font, cell.alignment = font, _TOP
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=wide)


def _rows(nodes: list[Plain], above: tuple[str, ...]) -> Iterator[_Row]:
    for node in nodes:
        children = rows_of(node)
        name = str(node.get("name", ""))
        if children:
            full = str(node.get("max", ""))
            yield from _rows(children, (*above, f"{name}（{full}）" if full else name))
        else:
            yield _Row((*above, name), _values(node, str(node.get("max", ""))))


def _block_rows(plain: Plain) -> Iterator[_Row]:
    """Yield the leaves of blocks: how far each goes down as points below zero, how far up as points."""
    for block in rows_of(plain, "blocks"):
        name = str(block.get("name", ""))
        up = block.get("kind") == "bonus"
        title = f"{name}（加分）" if up and "加分" not in name else name
        yield from _rows(rows_of(block), (title,))


def _values(node: Plain, full: str) -> dict[str, str]:
    rule = node.get("rule")
    standard = node.get("standard")
    words = str(node.get("criteria", ""))
    if not words and isinstance(rule, dict) and rule.get("kind") in LABELS and rule["kind"] != "not_stated":
        words = "；".join(rule_words(rule))
    return {
        "max": _limit(rule) if isinstance(rule, dict) and full in ("", "0") else full,
        "explanation": str(node.get("explanation", "")),
        "criteria": words,
        "target": str(node.get("target", "")),
        "source": str(standard.get("source", "")) if isinstance(standard, dict) else "",
        "evidence": "；".join(str(one) for one in node.get("evidence", [])),
    }


def _limit(rule: Mapping[str, Any]) -> str:
    """Return how far a leaf without marks of its own moves: the floor of 倒扣, the cap of 加分."""
    found = str(rule.get("floor" if rule.get("kind") == "reverse" else "cap", ""))
    return found if is_exact(found) else ""


def _merge(sheet: Worksheet, paths: list[tuple[str, ...]], deep: int) -> None:
    """Merge the cells of every level but the last over the rows that share it."""
    for level in range(deep - 1):
        first = 0
        for n in range(1, len(paths) + 1):
            if (
                n < len(paths)
                and len(paths[n]) > level + 1
                and paths[n][: level + 1] == paths[first][: level + 1]
            ):
                continue
            if n - first > 1:
                sheet.merge_cells(
                    start_row=first + 3, end_row=n + 2, start_column=level + 1, end_column=level + 1
                )
            first = n


def _foot(sheet: Worksheet, plain: Plain, row: int, wide: int) -> None:
    """Write the sum and, where grades are stated in points, the sentence that states them."""
    tops = [str(node.get("max", "")) for node in rows_of(plain, "nodes")]
    if tops and all(is_exact(top) for top in tops):
        total = exact_text(sum((exact(top) for top in tops), exact("0")))
        _across(sheet, row, wide, f"合计（{total}）", Font(bold=True))
        row += 1
    grades = plain.get("grades")
    if isinstance(grades, dict) and grades.get("unit", "points") == "points":
        _across(sheet, row, wide, f"绩效等级：{grade_words(grades)}。", Font(size=10))


def grade_words(grades: Mapping[str, Any]) -> str:
    """Return grade bands as a sentence states them, best first."""
    words, above = [], ""
    for band in grades.get("bands", []):
        low = str(band.get("from", ""))
        span = f"{low}（含）-{above}分" if above else f"{low}分（含）以上"
        words.append(f"{span if low != '0' else f'{above}分以下'}为{band.get('name', '')}")
        above = low
    return "；".join(words)


def file_name(name: str) -> str:
    """Return a name for the file."""
    return re.sub(r"[\\/:*?\"<>|\s]+", "", name)[:60] or "指标体系"
