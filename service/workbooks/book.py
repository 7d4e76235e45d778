"""A stranger's workbook becomes plain cells; the file is only ever opened in a shut-in child.

- Before that its container is judged: kind, size, archives, macros, outside relations, password.
- The child has 10 s of CPU, 512 MB and 20 s in all, no network and none of our environment.
- What is refused is told with its place, what was read, what is allowed and what to do.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.errors import InvalidError, Problem, UnavailableError
from service.evidence.inspect import inspect_bytes
from service.evidence.kinds import MediaKind
from service.report import office
from service.workbooks import parse
from service.workbooks.parse import letters

CPU_SECONDS, MEMORY, SECONDS = 10, 512 << 20, 20.0
AT_ONCE, WAIT_SECONDS = 2, 15.0
LARGEST = 20 << 20
SAVE_ANEW = "在 Excel 或 WPS 中打开，“另存为”Excel 工作簿（*.xlsx）后重新上传"
STAMP = "_pingji"
"""Name of the hidden sheet that says which template a workbook is."""
_TOO_MUCH = {"refused": "limits"}
_slots = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as it stands in the file.

    Args:
        kind: n number, s text, b truth, e error, d date, f formula without a cached value.
        text: as in the file; a number in the digits of the file.
        shows: "%" if it is shown as percent, "d" as a date.
        place: name of the cell itself, or of the merged cell that covers it.
        covered: whether it lies under a merged cell and only repeats it.
    """

    kind: str
    text: str
    shows: str = ""
    place: str = ""
    covered: bool = False


@dataclass(frozen=True)
class Sheet:
    """One sheet: its cells by row and column, counted from 1, merged cells unfolded over what they cover."""

    name: str
    hidden: bool
    cells: dict[tuple[int, int], Cell]
    last_row: int
    last_column: int

    def cell(self, row: int, column: int) -> Cell | None:
        """Return the cell, None if it is empty."""
        return self.cells.get((row, column))

    def place(self, row: int, column: int) -> str:
        """Return ``工作表!B7``."""
        return f"{self.name}!{letters(column)}{row}"


@dataclass(frozen=True)
class Book:
    """One workbook: its sheets, what its hidden stamp says, 1900 or 1904 as the year dates count from."""

    name: str
    sheets: tuple[Sheet, ...]
    stamp: dict[str, str] = field(default_factory=dict)
    epoch: int = 1900


def read_book(name: str, content: bytes) -> Book:
    """Return the cells of a workbook handed in as `name`.

    Raises:
        InvalidError: it is refused or cannot be read; with everything that speaks against it.
        UnavailableError: too many are being read at this moment.
    """
    demand_safe(name, content)
    return _read("parse.py", name, content)


def read_sheets(name: str, content: bytes) -> Book:
    """Return the cells of a workbook or, by the end of its name, of a CSV file handed in.

    Raises:
        InvalidError: it is refused or cannot be read; with everything that speaks against it.
        UnavailableError: too many are being read at this moment.
    """
    if not name.lower().endswith(".csv"):
        return read_book(name, content)
    _demand_size(name, content)
    return _read("parse_csv.py", name, content)


def _read(program: str, name: str, content: bytes) -> Book:
    """Return what the child `program` reads in a file."""
    with in_child(program, content) as ended:
        found: dict[str, Any] = json.loads(ended.read_bytes()) if ended is not None else _TOO_MUCH
    return _book(name, found)


def read_books(files: Sequence[tuple[str, bytes]]) -> list[Book | InvalidError]:
    """Return for each file, name and content, its cells or why it is refused; one child reads them all.

    A file that the child does not survive is found by reading every one of them in a child of its own.

    Raises:
        UnavailableError: too many are being read at this moment.
    """
    made: dict[int, Book | InvalidError] = {}
    safe: list[int] = []
    for number, (name, content) in enumerate(files):
        try:
            demand_safe(name, content)
        except InvalidError as refused:
            made[number] = refused
        else:
            safe.append(number)
    plain = _all_in_child([files[number][1] for number in safe])
    for at, number in enumerate(safe):
        name, content = files[number]
        try:
            made[number] = _book(name, plain[at]) if plain is not None else read_book(name, content)
        except InvalidError as refused:
            made[number] = refused
    return [made[number] for number in range(len(files))]


def _all_in_child(contents: Sequence[bytes]) -> list[dict[str, Any]] | None:
    """Return what one child read of them all, None if it did not end well."""
    if not contents:
        return []
    with _slot(), tempfile.TemporaryDirectory(prefix="pingji-book-") as folder:
        work = Path(folder)
        paths = [(work / f"{n}.xlsx", work / f"{n}.json") for n in range(len(contents))]
        for content, (source, _) in zip(contents, paths, strict=True):
            source.write_bytes(content)
        if not _run("parse.py", work, [path for pair in paths for path in pair]):
            return None
        return [json.loads(target.read_bytes()) for _, target in paths]


def _book(name: str, found: Mapping[str, Any]) -> Book:
    if "refused" in found:
        raise InvalidError(_refusal(name, found["refused"], found.get("value", "")))
    sheets = tuple(_sheet(plain) for plain in found["sheets"])
    stamp = next((_stamp(sheet) for sheet in sheets if sheet.name == STAMP), {})
    shown = tuple(sheet for sheet in sheets if sheet.name != STAMP)
    return Book(name, shown, stamp, found["epoch"])


def demand_safe(name: str, content: bytes) -> None:
    """Accept only a new Excel workbook without macros, outside relations and password.

    Raises:
        InvalidError: with everything that speaks against it and what to do.
    """
    _demand_size(name, content)
    try:
        kind = inspect_bytes(name, content)
    except InvalidError as refused:
        raise InvalidError([_with_cure(name, each) for each in refused.problems]) from refused
    if kind is not MediaKind.XLSX:
        raise InvalidError(
            Problem(
                "这里只收新版 Excel 工作簿", path=name, value=kind.value, allowed="*.xlsx", cure=SAVE_ANEW
            )
        )


def _demand_size(name: str, content: bytes) -> None:
    if len(content) > LARGEST:
        size = f"{len(content) / (1 << 20):.1f} MB"
        cure = "删去图片和无关的工作表后重新上传"
        raise InvalidError(
            Problem("工作簿过大", path=name, value=size, allowed=f"不超过 {LARGEST >> 20} MB", cure=cure)
        )


def _with_cure(name: str, problem: Problem) -> Problem:
    allowed = problem.allowed or "不含宏、口令和外部引用的 Excel 工作簿（*.xlsx）"
    value = name if problem.value is None else problem.value
    return Problem(problem.message, problem.path or name, value, allowed, problem.cure or SAVE_ANEW)


@contextmanager
def in_child(
    program: str | Path,
    content: bytes,
    *,
    cpu: int = CPU_SECONDS,
    memory: int = MEMORY,
    seconds: float = SECONDS,
    **more: bytes,
) -> Iterator[Path | None]:
    """Yield what the child made of `content`, None if it did not end well; nothing of it stays.

    Args:
        program: a path, or the name of a file beside this one; its arguments are source, target and
            the paths of `more`.
        cpu, memory, seconds: what the child may use: CPU seconds, bytes, seconds in all.
    """
    with _slot(), tempfile.TemporaryDirectory(prefix="pingji-book-") as folder:
        work = Path(folder)
        source, target = work / "source.xlsx", work / "target"
        source.write_bytes(content)
        for name, given in more.items():
            (work / name).write_bytes(given)
        paths = [source, target, *(work / name for name in more)]
        good = _run(program, work, paths, cpu=cpu, memory=memory, seconds=seconds)
        yield target if good and target.exists() else None


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(timeout=WAIT_SECONDS):
        raise UnavailableError("正在读取的文件过多，请稍后再试")
    try:
        yield
    finally:
        _slots.release()


def _run(
    program: str | Path,
    work: Path,
    paths: Sequence[Path],
    *,
    cpu: int = CPU_SECONDS,
    memory: int = MEMORY,
    seconds: float = SECONDS,
) -> bool:
    """Return whether the child ended well."""
    script = program if isinstance(program, Path) else Path(__file__).with_name(program)
    command = [*_limits(cpu, memory), sys.executable, "-I", str(script), *map(str, paths)]
    try:
        return office.run(command, cwd=work, environ={"PATH": os.defpath}, seconds=seconds).code == 0
    except UnavailableError:
        return False


def _limits(cpu: int, memory: int) -> tuple[str, ...]:
    limits = shutil.which("prlimit")
    return (limits, f"--cpu={cpu}", f"--as={memory}") if limits else ()


_REFUSED = {
    "broken": ("工作簿损坏，读不出来", "完整的 Excel 工作簿（*.xlsx）"),
    "limits": ("工作簿过于复杂，在限定的时间和内存内读不完", f"{CPU_SECONDS} 秒、{MEMORY >> 20} MB 内读完"),
    "entities": ("工作簿里有文档类型声明", "Excel 或 WPS 保存的工作簿"),
    "encoding": ("工作簿的编码不是 UTF-8", "Excel 或 WPS 保存的工作簿"),
    "foreign": ("工作簿含数据连接、外部链接或嵌入对象", "只有单元格的工作簿"),
    "dde": ("单元格的公式调用外部程序（DDE）", "普通公式或数值"),
    "sheets": ("工作表过多", f"不超过 {parse.MAX_SHEETS} 张"),
    "rows": ("内容超出了行数上限", f"不超过 {parse.MAX_ROWS} 行"),
    "columns": ("内容超出了列数上限", f"不超过 {parse.MAX_COLUMNS} 列"),
    "cells": ("有内容的单元格过多", f"不超过 {parse.MAX_CELLS} 个"),
}
_CURES = {
    "foreign": "断开链接、删去连接和嵌入对象后另存再上传",
    "dde": "删去这个公式，改为填写数值",
    "sheets": "删去与本表无关的工作表",
    "rows": "删去表格以外的内容，或分成几个文件",
    "columns": "删去表格以外的内容",
    "cells": "删去表格以外的内容，或分成几个文件",
}


def _refusal(name: str, code: str, value: str) -> Problem:
    message, allowed = _REFUSED[code]
    path = value if "!" in value else name
    return Problem(message, path=path, value=value or name, allowed=allowed, cure=_CURES.get(code, SAVE_ANEW))


def _sheet(plain: dict[str, Any]) -> Sheet:
    cells = {
        (row, column): Cell(kind, text, shows, f"{letters(column)}{row}")
        for row, column, kind, text, shows in plain["cells"]
    }
    own = dict(cells)
    last_row = max((row for row, _ in own), default=0)
    last_column = max((column for _, column in own), default=0)
    room = parse.MAX_CELLS
    for top, left, bottom, right in plain["merged"]:
        anchor = own.get((top, left))
        area = (top, left, min(bottom, last_row), min(right, parse.MAX_COLUMNS))
        room -= max(area[2] - top + 1, 0) * max(area[3] - left + 1, 0)
        if room < 0:
            raise InvalidError(_refusal(plain["name"], "cells", ""))
        if anchor is not None:
            _unfold(cells, anchor, area)
    return Sheet(plain["name"], plain["state"] != "visible", cells, last_row, last_column)


def _unfold(cells: dict[tuple[int, int], Cell], anchor: Cell, area: tuple[int, int, int, int]) -> None:
    """Every cell under a merged one repeats it; the file holds nothing there."""
    top, left, bottom, right = area
    shadow = Cell(anchor.kind, anchor.text, anchor.shows, anchor.place, covered=True)
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            if (row, column) != (top, left):
                cells[row, column] = shadow


def _stamp(sheet: Sheet) -> dict[str, str]:
    found = {}
    for row in range(1, min(sheet.last_row, 40) + 1):
        name, value = sheet.cell(row, 1), sheet.cell(row, 2)
        if name is not None and value is not None:
            found[name.text] = value.text
    return found
