"""What is missing or leads nowhere: empty totals, remarks, a total and a grade, tables and annexes
referred to, one rule with two titles.

Source: 财预〔2020〕10号 附3（综合评价情况及结论、评分表）, requirement of reasons for low execution in
第二十六条.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

from service.lint.document import Paragraph, Spot
from service.lint.finding import Finding, Severity
from service.lint.material import Material
from service.lint.numbers import is_blank
from service.lint.tableview import REMARK, Kind, View
from service.report.figures import num

_POINTS = re.compile(r"(?:得分|总分|评分)(?:为|是|：|:)?\s?\d+(?:\.\d+)?分")
_GRADE = re.compile(r"(?:等级|评级|等次)[^。；]{0,6}[“\"]?(?:优|良|中|差|合格)")
_REFERENCE = re.compile(r"(?:见|如|详见|参见)[（(]?(?P<kind>附?[表图])\s?(?P<n>\d{1,2}(?:[-－—–.]\d{1,2})?)")
_CAPTION = re.compile(r"^\s?(?P<kind>附?[表图])\s?(?P<n>\d{1,2}(?:[-－—–.]\d{1,2})?)")
_ANNEX = re.compile(r"附件\s?(\d{1,2}|[一二三四五六七八九十])")
_ABOVE = re.compile(r"上述((?:总体|阶段性|年度|绩效|具体)(?:绩效)?目标|附?表格?|公式|指标体系|评分表)")
_RULE = re.compile(
    r"《([^《》]{6,120})》\s?[（(]([\u4e00-\u9fff]{1,8}[〔\[(（]\s?\d{4}\s?[〕\])）]\s?\d{1,4}号)[）)]"
)
_SPENT, _PLANNED = re.compile("支出|执行|支付|使用"), re.compile("预算|批复|安排|计划")
_UNSPENT = Fraction(1, 5)
_LEAST_TEXT = 3000


def check(material: Material) -> Iterator[Finding]:
    """Yield what is not there."""
    yield from _conclusion(material)
    for block, view in material.views:
        yield from _empty_totals(block, view)
        yield from _remarks(block, view)
    yield from _references(material)
    yield from _two_titles(material)


def _conclusion(material: Material) -> Iterator[Finding]:
    texts = [t for _, t in material.prose]
    length = sum(map(len, texts))
    evaluation = any("绩效评价" in t for t in texts[:12])
    if not evaluation or length < _LEAST_TEXT:
        return
    scored = any(_POINTS.search(t) for t in texts) or any(s.score_column is not None for s in material.sheets)
    graded = any(_GRADE.search(t) for t in texts)
    if not scored and not graded:
        yield Finding(
            "missing.conclusion",
            Severity.REVIEW,
            Spot(-1),
            "（全文）",
            "综合得分和等级",
            "没有",
            note="评价报告应有综合评价结论和评分表",
        )


def _empty_totals(block: int, view: View) -> Iterator[Finding]:
    if not view.additive:
        return
    for row, kind in enumerate(view.kinds):
        if (
            kind in (Kind.TOTAL, Kind.SUBTOTAL)
            and row >= view.heads
            and all(n is None for n in view.grid[row])
        ):
            yield Finding(
                "blank.total",
                Severity.REVIEW,
                Spot(block, row, 0),
                view.raw_label(row),
                "合计数",
                "空",
                note="合计行没有填数",
            )


def _remarks(block: int, view: View) -> Iterator[Finding]:
    """Where other rows explain why money was not spent, a row with much unspent must too."""
    remark = view.column(REMARK)
    spent = [c for c in view.additive if _SPENT.search(view.titles[c])]
    planned = [c for c in view.additive if _PLANNED.search(view.titles[c])]
    if remark is None or len(spent) != 1 or len(planned) != 1:
        return
    low = []
    for row in view.body:
        plan, paid = view.grid[row][planned[0]], view.grid[row][spent[0]]
        if (
            plan is not None
            and paid is not None
            and plan.value > 0
            and plan.value - paid.value > plan.value * _UNSPENT
        ):
            low.append((row, plan, paid, is_blank(view.table.rows[row][remark].text)))
    if not any(not blank for *_, blank in low):
        return
    for row, plan, paid, blank in low:
        if blank:
            yield Finding(
                "blank.remark",
                Severity.REVIEW,
                Spot(block, row, remark),
                f"{view.raw_label(row)} {plan.text} {paid.text}",
                "说明原因",
                "空",
                f"{num(paid.value)} ÷ {num(plan.value)} = {num(paid.value / plan.value * 100, 2)}%",
                note="支出明显低于预算，其余此类各行都有说明",
            )


def _references(material: Material) -> Iterator[Finding]:
    captions: set[str] = set()
    annexes = False
    for held in material.document.blocks:
        text = held.text if isinstance(held, Paragraph) else held.name
        if caption := _CAPTION.match(text):
            captions.add(_key(caption["kind"], caption["n"]))
        annexes = annexes or bool(re.match(r"附\s?件", text))
    before: list[str] = []
    for block, held in enumerate(material.document.blocks):
        if isinstance(held, Paragraph):
            yield from _tables_named(Spot(block), held.text, captions)
            yield from _above(Spot(block), held.text, before)
            if not annexes:
                yield from _annexes_named(Spot(block), held.text)
            before.append(held.text)
        else:
            before.append("".join(c.text for row in held.rows for c in row))


def _tables_named(spot: Spot, text: str, captions: set[str]) -> Iterator[Finding]:
    for found in _REFERENCE.finditer(text):
        if captions and _key(found["kind"], found["n"]) not in captions:
            name = f"{found['kind']}{found['n']}"
            note = "文中没有这张表或图"
            yield Finding("reference.missing", Severity.REVIEW, spot, found[0], name, "没有", note=note)


def _annexes_named(spot: Spot, text: str) -> Iterator[Finding]:
    found = _ANNEX.search(text)
    if found and not text.startswith("附件"):
        quote = text[max(found.start() - 20, 0) : found.end() + 2]
        yield Finding("reference.annex", Severity.HINT, spot, quote, found[0], "没有", note="文后没有附件")


def _above(spot: Spot, text: str, before: list[str]) -> Iterator[Finding]:
    for found in _ABOVE.finditer(text):
        if not any(found[1][-4:] in t for t in (*before, text[: found.start()])):
            quote = text[max(found.start() - 10, 0) : found.end() + 10]
            note = "前文没有所指的内容"
            yield Finding("reference.above", Severity.REVIEW, spot, quote, found[1], "没有", note=note)


def _key(kind: str, number: str) -> str:
    return kind[-1] + re.sub("[－—–.]", "-", number)


def _two_titles(material: Material) -> Iterator[Finding]:
    """One document number belongs to one title."""
    held: dict[str, list[tuple[Spot, str]]] = defaultdict(list)
    for spot, text in material.prose:
        for found in _RULE.finditer(text):
            held[re.sub(r"\s", "", re.sub(r"[\[(（]", "〔", re.sub(r"[\])）]", "〕", found[2])))].append(
                (spot, re.sub(r"[\s、，]", "", found[1]))
            )
    for number, titles in held.items():
        names = [t for _, t in titles]
        if len(set(names)) == 2:
            usual = max(dict.fromkeys(names), key=names.count)
            spot, other = next((s, t) for s, t in titles if t != usual)
            yield Finding(
                "fact.title",
                Severity.REVIEW,
                spot,
                f"《{other}》（{number}）"[:120],
                usual[:80],
                other[:80],
                note="同一文号两个标题",
            )
