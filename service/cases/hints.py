"""What a scored case does not fail for but its writer should see: leaves without points, unprinted words."""

from __future__ import annotations

from collections.abc import Iterator

from service.cases.preview import Preview
from service.cases.source import CaseFile
from service.errors import Problem
from service.report import profile
from service.report.profile import Section
from service.scoring.lines import Status
from service.scoring.sheet import ScoreSheet
from service.yamltext import Place

_UNSCORED = (Status.NO_INPUT, Status.NOT_COMPUTABLE, Status.NOT_SCORED)


def hints(file: CaseFile, seen: Preview) -> tuple[Problem, ...]:
    """Return why leaves kept the total from being computed, and every section the profile does not print."""
    if seen.sheet.total is not None or file.case.expect.get("total") == "none":
        return (*_laid_out(file), *_unprinted(file))
    found = [] if seen.sheets else list(_unscored(file, seen.sheet, ("results",)))
    for name, sheet in seen.sheets.items():
        found += _unscored(file, sheet, ("sheet_results", name))
    return (*found, *_laid_out(file), *_unprinted(file))


def _unscored(file: CaseFile, sheet: ScoreSheet, place: Place) -> Iterator[Problem]:
    for line in sheet.lines:
        node = file.framework.by_code.get(line.code)
        if node is None or not node.leaf or line.awarded is not None or line.status not in _UNSCORED:
            continue
        yield file.document.problem(
            (*place, line.code),
            f"{line.name}没有得分：{line.note or line.status.label}",
            cure="补结果，或写扣分；来源没有总分的写 expect: {total: none}",
        )


def _laid_out(file: CaseFile) -> Iterator[Problem]:
    """Yield that a template of somebody's own is not at hand here: replays print with the profile's own."""
    own = file.case.layout
    if own is not None:
        yield file.document.problem(
            ("layout",),
            f"报告原来用“{own.name}”排印，回放用样式自带的版式",
            cure="要用原来的版式，在正式实例里上传并批准这个模板后选用",
        )


def _unprinted(file: CaseFile) -> Iterator[Problem]:
    layout = profile.load(file.case.profile or "standard")
    told = ["abstract"] if layout.abstract else []
    for section in (*layout.sections, *layout.appendices):
        told += _told(section)
    places: list[tuple[Place, str]] = [(("narrative", name), name) for name in file.case.narrative]
    places += [(("tables", n, "section"), t.section) for n, t in enumerate(file.case.tables) if t.section]
    places += [(("figures", n, "section"), f.section) for n, f in enumerate(file.case.figures) if f.section]
    for place, name in places:
        if name not in told:
            yield file.document.problem(
                place, f"样式 {layout.code} 不印这一节", allowed="、".join(told) or "无", cure="改节编号"
            )


def _told(section: Section) -> list[str]:
    own = [section.id] if any(content.kind == "narrative" for content in section.content) else []
    return own + [name for part in section.parts for name in _told(part)]
