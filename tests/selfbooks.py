"""自评表 as units send them, many at once, made from a seed together with what is true of each.

The truth is computed here in whole cents and plain arithmetic, without anything that the service computes.
"""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from service.queries.intakes import Item

UNITS = ("某中心", "某局")
SHEET = "自评表"
FIRST = 12
"""Row of the first line below the headings."""


@dataclass
class Line:
    """One line as it will be written; money of points in cents of a 分."""

    level1: str
    level2: str
    name: str
    target: str
    actual: str
    max: int
    points: int | None
    reason: str = ""
    ratio: Fraction | None = None
    """Actual by target, or target by actual where less is better; None where it is judged."""

    @property
    def rule(self) -> int | None:
        """Points its rule gives, in cents, half up."""
        return None if self.ratio is None else half_up(min(Fraction(1), self.ratio) * self.max)


@dataclass
class Form:
    """One 自评表 before it is written; money in 元."""

    code: str
    title: str
    unit: str
    year: str = "2025"
    lines: list[Line] = field(default_factory=list)
    budget: int = 1_200_000
    paid: int = 1_200_000
    parts: tuple[int, int] = (0, 0)
    rate: str = ""
    execution: int = 1000
    total: int | None = None
    """What is printed as total in cents; None for the sum."""

    @property
    def summed(self) -> int:
        """The sum of what is claimed, in cents."""
        return self.execution + sum(line.points or 0 for line in self.lines)

    @property
    def stated(self) -> int:
        """The total printed."""
        return self.summed if self.total is None else self.total


@dataclass(frozen=True)
class Truth:
    """What is true of one file: its number and either that it is kept out or what is found, with cells.

    Args:
        out: word of why it is kept out, "" if it is taken in.
    """

    path: str
    code: str
    out: str
    found: frozenset[tuple[str, str]] = frozenset()


def half_up(value: Fraction) -> int:
    """The nearest whole number, halves up."""
    return int(value + Fraction(1, 2))


def cents(value: int) -> int | float:
    """As a person types points."""
    return value // 100 if value % 100 == 0 else value / 100


def good(rng: random.Random, number: int, seed: int) -> Form:
    """A form in which nothing is wrong."""
    form = Form(f"P{seed:02d}-{number:05d}", f"第{number}号更新项目", rng.choice(UNITS))
    form.budget = rng.randrange(100, 9000) * 1000
    form.paid = form.budget * rng.randrange(970, 1001) // 1000
    form.parts = (form.budget, form.paid)
    form.execution = half_up(Fraction(form.paid, form.budget) * 1000)
    wanted = rng.randrange(10, 400)
    got = wanted - rng.randrange(1, max(2, wanted // 20))
    share = rng.choice((90, 95, 98))
    days = rng.randrange(2, 6)
    form.lines = [
        _more("产出指标", "数量指标", "更新终端", f"≥{wanted}台", f"{got}台", 2500, Fraction(got, wanted)),
        _more("产出指标", "质量指标", "验收合格率", f"≥{share}%", f"{share}%", 1500, Fraction(1)),
        _more("产出指标", "时效指标", "平均响应", f"≤{days}天", f"{days}天", 1000, Fraction(1)),
        Line("效益指标", "社会效益", "群众办事便利", "明显改善", "基本改善", 1500, 1450, "窗口尚有排队"),
        _more("效益指标", "可持续影响", "系统可用率", f"≥{share}%", f"{share + 1}%", 1500, Fraction(share + 1, share)),
        _more("满意度指标", "服务对象", "满意率", "≥90%", f"{rng.randrange(90, 100)}%", 1000, Fraction(1)),
    ]  # fmt: skip
    return form


def _more(level1: str, level2: str, name: str, target: str, actual: str, full: int, ratio: Fraction) -> Line:
    line = Line(level1, level2, name, target, actual, full, None, ratio=ratio)
    line.points = line.rule
    line.reason = "" if line.points == full else "供货推迟，次年一月补齐"
    return line


def cell(column: str, number: int) -> str:
    """The place of a cell of a line, counted from 0."""
    return f"{SHEET}!{column}{FIRST + number}"


Fault = tuple[str, str]
Spoil = Callable[[Form, random.Random], list[Fault]]


def _total(form: Form) -> str:
    return cell("G", len(form.lines))


def weights(form: Form, rng: random.Random) -> list[Fault]:
    """One line is worth five more than it may."""
    line = form.lines[1]
    line.max += 500
    line.points = line.rule
    return [("weight_total", cell("F", len(form.lines))), ("weight_level", cell("F", 0))]


def other_levels(form: Form, rng: random.Random) -> list[Fault]:
    """Ten go from the effect to the output: the sum is right, the levels are not."""
    for at, more in ((1, 1000), (4, -1000)):
        form.lines[at].max += more
        form.lines[at].points = form.lines[at].rule
    return [("weight_level", cell("F", 0)), ("weight_level", cell("F", 3))]


def wrong_sum(form: Form, rng: random.Random) -> list[Fault]:
    """The total is not the sum."""
    form.total = form.summed + rng.randrange(1, 300)
    return [("sum", _total(form))]


def above_rule(form: Form, rng: random.Random) -> list[Fault]:
    """More is claimed than the rule gives."""
    line = form.lines[0]
    line.actual, line.ratio = _part(line.target, Fraction(3, 5))
    assert line.rule is not None
    line.points = line.rule + rng.randrange(10, 700)
    return [("above_rule", cell("G", 0))]


def below_rule(form: Form, rng: random.Random) -> list[Fault]:
    """Less is claimed than the rule gives."""
    line = form.lines[0]
    assert line.points is not None
    line.points -= rng.randrange(6, 90)
    return [("below_rule", cell("G", 0))]


def rounding(form: Form, rng: random.Random) -> list[Fault]:
    """A cent or two more than the rule."""
    line = form.lines[4]
    line.actual, line.ratio = "63%", Fraction(63, int(line.target[1:-1]))
    assert line.rule is not None
    line.points, line.reason = line.rule + rng.randrange(1, 6), "设备老化"
    return [("rounding", cell("G", 4))]


def out_of_range(form: Form, rng: random.Random) -> list[Fault]:
    """More than full marks, or less than nothing."""
    form.lines[3].points = rng.choice((1501, 1600, -100))
    return [("out_of_range", cell("G", 3))]


def over_cap(form: Form, rng: random.Random) -> list[Fault]:
    """The execution is low, the total is above its cap, and completion far ahead."""
    form.paid = form.budget * rng.randrange(700, 780) // 1000
    form.parts = (form.budget, form.paid)
    form.execution = half_up(Fraction(form.paid, form.budget) * 1000)
    return [("cap", _total(form)), ("ahead", f"{SHEET}!H6")]


def ahead(form: Form, rng: random.Random) -> list[Fault]:
    """Completion is ahead of execution, which is not so low that it caps."""
    form.paid = form.budget * rng.randrange(850, 900) // 1000
    form.parts = (form.budget, form.paid)
    form.execution = half_up(Fraction(form.paid, form.budget) * 1000)
    return [("ahead", f"{SHEET}!H6")]


def no_reason(form: Form, rng: random.Random) -> list[Fault]:
    """Points were lost and nobody says why."""
    form.lines[3].reason = ""
    return [("no_reason", cell("H", 3))]


def far_over(form: Form, rng: random.Random) -> list[Fault]:
    """The target was passed by far and nobody says why."""
    form.lines[1].target, form.lines[1].actual = "≥60%", "96%"
    form.lines[1].ratio = Fraction(96, 60)
    return [("no_reason", cell("H", 1))]


def no_actual(form: Form, rng: random.Random) -> list[Fault]:
    """Nothing is said of what was achieved; without it the line is judged."""
    form.lines[2].actual, form.lines[2].ratio = "", None
    return [("no_actual", cell("E", 2))]


def no_points(form: Form, rng: random.Random) -> list[Fault]:
    """Nothing is claimed in one line."""
    form.lines[5].points = None
    return [("no_points", cell("G", 5))]


def wrong_rate(form: Form, rng: random.Random) -> list[Fault]:
    """The rate printed is not that of the money."""
    form.rate = "99.99%" if form.paid != form.budget else "98.00%"
    return [("rate", f"{SHEET}!H6")]


def wrong_parts(form: Form, rng: random.Random) -> list[Fault]:
    """The parts of the money do not make the whole."""
    form.parts = (form.budget - 1000, form.paid)
    return [("money_sum", f"{SHEET}!D6"), ("money_sum", f"{SHEET}!E6")]


def overspent(form: Form, rng: random.Random) -> list[Fault]:
    """More was spent than there was."""
    form.paid = form.budget + 1000
    form.parts = (form.budget, form.paid)
    form.execution = 1000
    return [("overspent", f"{SHEET}!F6")]


def full_marks(form: Form, rng: random.Random) -> list[Fault]:
    """Full marks in every line, and everything spent."""
    form.paid, form.execution = form.budget, 1000
    form.parts = (form.budget, form.paid)
    for line in form.lines:
        line.points, line.reason = line.max, ""
        if line.ratio is not None and line.ratio < 1:
            line.actual, line.ratio = line.target.lstrip("≥"), Fraction(1)
    return [("full_marks", _total(form))]


def other_year(form: Form, rng: random.Random) -> list[Fault]:
    """It is of another year."""
    form.year = "2024"
    return [("year", f"{SHEET}!I4")]


def _part(target: str, share: Fraction) -> tuple[str, Fraction]:
    wanted = int(target.strip("≥台"))
    got = max(1, int(wanted * share))
    return f"{got}台", Fraction(got, wanted)


SPOILS: tuple[Spoil, ...] = (
    weights, other_levels, wrong_sum, above_rule, below_rule, rounding, out_of_range, over_cap, ahead, no_reason,
    far_over, no_actual, no_points, wrong_rate, wrong_parts, overspent, full_marks, other_year,
)  # fmt: skip


def written(form: Form) -> bytes:
    """The workbook, laid out as 财预〔2020〕10号 附件1."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = SHEET
    sheet["A1"] = "项目支出绩效自评表"
    sheet.merge_cells("A1:I1")
    head = {"A3": "项目名称", "B3": form.title, "F3": "项目编号", "G3": form.code, "A4": "主管部门", "B4": "某主管局",
            "F4": "实施单位", "G4": form.unit, "H4": "年度", "I4": form.year}  # fmt: skip
    sheet["A5"] = "项目资金（万元）"
    for letter, words in zip(
        "DEFGHI", ("年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分"), strict=True
    ):
        head[f"{letter}5"] = words
    for place, text in head.items():
        sheet[place] = text
        sheet[place].data_type = "s"
    sheet.merge_cells("A5:A9")
    money = (
        (form.budget, form.budget, form.paid),
        (form.parts[0], form.parts[0], form.parts[1]),
        (0, 0, 0),
        (0, 0, 0),
    )
    names = ("年度资金总额：", "其中：当年财政拨款", "上年结转资金", "其他资金")
    for row, (name, sums) in enumerate(zip(names, money, strict=True), 6):
        sheet[f"B{row}"] = name
        for letter, sum_ in zip("DEF", sums, strict=True):
            sheet[f"{letter}{row}"] = sum_ / 10_000
    sheet["G6"], sheet["I6"] = 10, cents(form.execution)
    sheet["H6"] = form.rate or _rate(form)
    headings = (
        "一级指标",
        "二级指标",
        "三级指标",
        "年度指标值",
        "实际完成值",
        "分值",
        "得分",
        "偏差原因分析及改进措施",
    )
    for letter, words in zip("ABCDEFGH", headings, strict=True):
        sheet[f"{letter}{FIRST - 1}"] = words
    for number, line in enumerate(form.lines):
        _write(sheet, FIRST + number, line)
    sheet.merge_cells(f"A{FIRST}:A{FIRST + 2}")
    last = FIRST + len(form.lines)
    sheet[f"A{last}"], sheet[f"F{last}"] = "总分", cents(1000 + sum(line.max for line in form.lines))
    sheet[f"G{last}"] = cents(form.stated)
    output = BytesIO()
    book.save(output)
    return output.getvalue()


def _rate(form: Form) -> str:
    hundredths = half_up(Fraction(form.paid, form.budget) * 10_000)
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


def _write(sheet: Worksheet, row: int, line: Line) -> None:
    values: dict[str, Any] = {
        "A": line.level1, "B": line.level2, "C": line.name, "D": line.target, "E": line.actual,
        "F": cents(line.max), "G": None if line.points is None else cents(line.points), "H": line.reason,
    }  # fmt: skip
    for letter, value in values.items():
        if value not in (None, ""):
            sheet[f"{letter}{row}"] = value


def batch(seed: int, count: int) -> Iterator[tuple[str, bytes, Truth]]:
    """`count` files of a seed: half of them good, the rest each of the violations, broken, twice or unlisted."""
    rng = random.Random(seed)
    number = 0
    kinds = [
        *range(len(SPOILS)),
        "broken",
        "cut",
        "entity",
        "text",
        "twice",
        "same",
        "unlisted",
        "unknown",
        "no code",
    ]
    while number < count:
        number += 1
        form = good(rng, number, seed)
        path = f"{form.unit}/{form.title}.xlsx"
        kind = kinds[number // 2 % len(kinds)] if number % 2 == 0 else None
        if isinstance(kind, int):
            faults = SPOILS[kind](form, rng)
            content = written(form)
            yield path, content, Truth(path, form.code, "", frozenset(faults))
        elif kind is None:
            yield path, written(form), Truth(path, form.code, "")
        else:
            for each in _odd(kind, form, path, rng):
                yield each
                number += each[0] != path


def _odd(kind: str | int, form: Form, path: str, rng: random.Random) -> Iterator[tuple[str, bytes, Truth]]:
    """Files that are kept out, with the word that tells why."""
    content = written(form)
    damaged = {
        "broken": (rng.randbytes(3000), "文件内容与扩展名不符"),
        "cut": (content[: len(content) // 2], "ZIP 目录缺失或损坏"),
        "entity": (_entity(content), "文档类型声明"),
    }
    if kind in damaged:
        bad, words = damaged[str(kind)]
        yield path, bad, Truth(path, "", words)
    elif kind == "text":
        form.lines[1].points = None
        yield path, _with_text(form), Truth(path, form.code, "不是数字")
    elif kind == "no code":
        form.code = ""
        yield path, written(form), Truth(path, "", "没有找到“项目编号”")
    elif kind == "unlisted":
        form.code = f"X{form.code}"
        yield path, written(form), Truth(path, form.code, "不在清单内")
    elif kind == "unknown":
        form.unit = "没有的单位"
        yield path, written(form), Truth(path, form.code, "没有这个单位")
    else:
        again = f"另报/{form.title}.xlsx"
        words = "不同的自评表" if kind == "twice" else ""
        yield path, content, Truth(path, form.code, words)
        if kind == "twice":
            form.title += "（改）"
            content = written(form)
        yield again, content, Truth(again, form.code, words or "完全相同")


def _entity(content: bytes) -> bytes:
    output = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/workbook.xml":
                part = b'<!DOCTYPE w [<!ENTITY a "b">]>' + part
            new.writestr(name, part)
    return output.getvalue()


def _with_text(form: Form) -> bytes:
    book = written(form)
    output, place = BytesIO(), cell("G", 1).partition("!")[2]
    from_file = _loaded(book)
    from_file[SHEET][place] = "优秀"
    from_file.save(output)
    return output.getvalue()


def _loaded(content: bytes) -> Workbook:
    return load_workbook(BytesIO(content))


class _OldName(zipfile.ZipInfo):
    """An entry whose name is written as Chinese Windows does, without saying so."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("gb18030"), self.flag_bits


def zipped(files: list[tuple[str, bytes]], *, gbk: bool = False) -> bytes:
    """The archive of these files; with `gbk` their names are written as old Chinese systems do."""
    output = BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as made:
        for path, content in files:
            entry = (_OldName if gbk else zipfile.ZipInfo)(path, (2026, 1, 5, 9, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(entry, content)
    return output.getvalue()


def differences(items: Iterable[Item], truths: list[Truth]) -> list[tuple[str, object, object]]:
    """Where what came of the files is not what is true of them."""
    by_path = {item.path: item for item in items}
    wrong: list[tuple[str, object, object]] = []
    for truth in truths:
        item = by_path[truth.path]
        told = " ".join(said.message for said in item.problems)
        found = frozenset((finding.check.value, finding.place) for finding in item.findings)
        if truth.out:
            right = (
                item.state == "refused" and truth.out in told and (not truth.code or item.code == truth.code)
            )
        else:
            right = item.state == "done" and found == truth.found and item.case == truth.code
        if not right:
            wrong.append((truth.path, truth.out or sorted(truth.found), (item.state, told, sorted(found))))
    return wrong
