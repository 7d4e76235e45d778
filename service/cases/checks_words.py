"""Check that the report's words can be printed: profile, tokens, tables and pictures. Pure.

The report is built once from the checked case, so that whatever would stop it at the freeze is said
before the first step is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from service.cases.fields import closest
from service.cases.preview import preview
from service.cases.source import CaseFile
from service.errors import InvalidError, Problem
from service.report import model, profile
from service.report.resolve import TOKEN
from service.report.snapshot import CaseSnapshot
from service.yamltext import Place

WORDS = ("narrative", "notes", "problems", "suggestions", "tables", "figures", "corrections", "title")
KEYS = "total.项、node.编号.项、block.编号.项、sheet.分表.项、money.编号、count.清单、case.项、org.身份"
ALIGNS = ("left", "center", "right")


def check_words(file: CaseFile) -> list[Problem]:
    """Return everything that keeps the report of a case without other problems from being made."""
    code = file.case.profile or "standard"
    if code not in profile.bundled():
        known = profile.bundled()
        cure = closest(code, known) or "从允许的样式中选；没有特别要求的写 standard"
        return [file.document.problem(("profile",), "没有这种报告样式", allowed="、".join(known), cure=cure)]
    beforehand = [*_layout(file), *_open_tokens(file)]
    if beforehand:
        return beforehand
    snapshot = preview(file).snapshot
    problems: list[Problem] = []
    for told in (snapshot, *_corrected(file, snapshot)):
        try:
            model.build(told, profile.load(code))
        except InvalidError as error:
            problems += [_placed(file, told, problem) for problem in error.problems]
    return list(dict.fromkeys(problems))


def _corrected(file: CaseFile, snapshot: CaseSnapshot) -> Iterator[CaseSnapshot]:
    for correction in file.case.corrections:
        yield replace(snapshot, narrative={**snapshot.narrative, **correction.narrative})


def _layout(file: CaseFile) -> Iterator[Problem]:
    """Yield every width that is no millimetre figure and every unknown alignment."""
    for index, table in enumerate(file.case.tables):
        for number, width in enumerate(table.widths):
            if not (width.isascii() and width.isdigit() and 0 < int(width) <= 400):
                place: Place = ("tables", index, "widths", number)
                yield file.document.problem(
                    place, "不是列宽", allowed="1 到 400 的整数（毫米）", cure="改列宽"
                )
        for number, word in enumerate(table.align):
            if word not in ALIGNS:
                place = ("tables", index, "align", number)
                yield file.document.problem(
                    place, "没有这种对齐", allowed="left、center、right", cure="改对齐方式"
                )
        for name, given in (("widths", table.widths), ("align", table.align)):
            if given and len(given) != len(table.columns):
                width_place: Place = ("tables", index, name)
                yield file.document.problem(
                    width_place,
                    f"有 {len(given)} 个，表有 {len(table.columns)} 列",
                    allowed=f"{len(table.columns)} 个",
                    cure="每列写一个，或删去整个字段",
                )


def _open_tokens(file: CaseFile) -> Iterator[Problem]:
    """Yield every ``[[`` that begins no whole token."""
    for place in file.document.lines:
        text = file.document.value(place) if place and place[0] in WORDS else None
        rest = TOKEN.sub("", text or "")
        if "[[" in rest:
            yield replace(
                file.document.problem(
                    place,
                    "无法识别的引用",
                    allowed="[[键]]、[[键|格式]]、[[table:编号]]",
                    cure="补上 ]]，或删去 [[",
                ),
                value=rest[rest.index("[[") :][:40],
            )


def _placed(file: CaseFile, snapshot: CaseSnapshot, problem: Problem) -> Problem:
    """Return the problem with the line of the text that holds what was read."""
    needle = problem.value or ""
    place = next(
        (
            place
            for place in file.document.lines
            if place and place[0] in WORDS and needle and needle in (file.document.value(place) or "")
        ),
        None,
    )
    known = [f"money.{one.code}" for one in snapshot.money]
    known += [f"node.{one.code}.{item}" for one in snapshot.framework.nodes for item in ("awarded", "rate")]
    missing = problem.message == "没有这个数据项"
    thing = needle.startswith(("[[table:", "[[image:", "[[chart:"))
    return Problem(
        "没有这张表、图，或这个指标画不出图" if thing else problem.message,
        path=problem.path,
        value=needle + ("]]" if thing else ""),
        allowed=problem.allowed if not (missing or thing) else KEYS if missing else _things(snapshot),
        cure=(closest(needle, known) if missing else "") or problem.cure or "对照手册第十一节改写",
        file=file.document.file,
        line=file.document.line(place) if place else None,
    )


def _things(snapshot: CaseSnapshot) -> str:
    tables = [f"table:{table.id}" for table in snapshot.tables]
    images = [f"image:{image.id}" for image in snapshot.images]
    return "、".join([*tables, *images, "chart:有下级且已评分的指标编号"])
