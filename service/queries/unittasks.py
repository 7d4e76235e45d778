"""The task list of one 自评 and what still stands in its way, from the page alone; no query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.queries.required import LACKING, Required
from service.queries.selfparts import PROBLEMS, REPORT, fund_remarks, survey_remarks
from service.queries.unitpage import UnitPage

TODO, DOING, DONE, WRONG = "未开始", "进行中", "已完成", "有问题"
FUNDS, TABLE, SURVEY, EVIDENCE = "资金与子项目", "绩效目标与指标完成", "满意度调查", "佐证材料"
FINISHABLE = {"funds": FUNDS, "survey": SURVEY, "problems": PROBLEMS, "report": REPORT}
"""Tasks the person himself declares finished: what is enough is his to say."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task: `page` is the page it is done on, `note` what a glance should tell."""

    page: str
    label: str
    state: str
    note: str


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing missing or odd; a `blocking` one stops 报送."""

    page: str
    where: str
    text: str
    blocking: bool = False
    place: str = ""


def tasks_of(page: UnitPage, required: Sequence[Required] = ()) -> tuple[Task, ...]:
    """Return the tasks in the order of the form; `required` is the material asked for."""
    return (
        _table(page),
        _declared(page, "funds", FUNDS, bool(page.subprojects), _sub_note(page), fund_remarks_of(page)),
        _declared(page, "survey", SURVEY, page.survey.filled, "", survey_remarks(page.survey)),
        _declared(page, "problems", PROBLEMS, bool(page.texts[PROBLEMS]), "", [], page_name="texts"),
        _declared(page, "report", REPORT, bool(page.texts[REPORT]), "", [], page_name="texts"),
        _material(page, required),
        _sending(page),
    )


def fund_remarks_of(page: UnitPage) -> list[str]:
    """Return what a reader of the sub-projects would ask about."""
    return fund_remarks(page.subprojects, page.feet)


def _table(page: UnitPage) -> Task:
    filled = sum(row.filled for row in page.rows)
    flaws = sum(bool(row.flaws) for row in page.rows)
    note = f"{filled}/{len(page.rows)} 行"
    if flaws:
        return Task("table", TABLE, WRONG, f"{note}，{flaws} 行需要补充")
    complete = bool(page.rows) and filled == len(page.rows)
    return Task("table", TABLE, DONE if complete else DOING if filled else TODO, note)


def _declared(
    page: UnitPage,
    name: str,
    label: str,
    begun: bool,
    note: str,
    remarks: list[str],
    page_name: str = "",
) -> Task:
    if remarks:
        return Task(page_name or name, label, WRONG, remarks[0])
    state = DONE if name in page.finished else DOING if begun else TODO
    return Task(page_name or name, label, state, note or ("本人已确认写完" if state == DONE else ""))


def _material(page: UnitPage, required: Sequence[Required]) -> Task:
    lacking = sum(one.state == LACKING for one in required)
    note = f"{page.evidence} 件" + (f"，资料清单缺 {lacking} 项" if lacking else "")
    state = DONE if required and not lacking else DOING if page.evidence else TODO
    return Task("evidence", EVIDENCE, state, note)


def _sub_note(page: UnitPage) -> str:
    return f"{len(page.subprojects)} 个子项目" if page.subprojects else ""


def _sending(page: UnitPage) -> Task:
    sent = page.state in ("submitted", "reviewed")
    state = DONE if sent else WRONG if page.state == "returned" else TODO
    return Task("check", "核对与报送", state, page.label if page.state != "none" else "")


def gaps_of(page: UnitPage, refused: tuple[str, ...]) -> tuple[Gap, ...]:
    """Return every gap, the blocking ones first; `refused` is what the rules say against 报送 now."""
    return (
        *(Gap("check", "报送条件", text, blocking=True) for text in refused),
        *_line_gaps(page),
        *_part_gaps(page),
    )


def _line_gaps(page: UnitPage) -> Iterator[Gap]:
    for row in page.rows:
        where = f"{row.code} {row.name}"
        if not row.filled:
            wanted = (("实际完成值", row.actual), ("自评分", row.points))
            lacking = "、".join(word for word, given in wanted if not given)
            yield Gap("table", where, f"没有填写{lacking}", place=row.code)
        for flaw in row.flaws:
            yield Gap("table", where, flaw, place=row.code)
        if row.filled and not row.evidence:
            yield Gap("evidence", where, "没有佐证材料", place=row.code)


def _part_gaps(page: UnitPage) -> Iterator[Gap]:
    if page.unequal:
        yield Gap("table", "自评总分", f"填写 {page.total} 分，各行合计 {page.summed} 分，不一致")
    for text in fund_remarks_of(page):
        yield Gap("funds", FUNDS, text)
    for text in survey_remarks(page.survey):
        yield Gap("survey", SURVEY, text)
    if not page.survey.filled:
        yield Gap("survey", SURVEY, "没有填写；没有满意度指标的可以不填")
    for title in (PROBLEMS, REPORT):
        if not page.texts[title]:
            yield Gap("texts", title, "没有填写")
