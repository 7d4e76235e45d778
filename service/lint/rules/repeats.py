"""Sentences that stand twice side by side, conclusions glued into other sentences, contents copied from
row to row.

Source: 财监〔2021〕4号 第十八条（内部复核）. Formulas that recur on purpose (criteria, sources) are left
alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from service.lint.document import Spot
from service.lint.finding import Finding, Severity
from service.lint.material import Material
from service.lint.shape import sentences
from service.lint.tableview import Kind

_SHORTEST, _LONG = 8, 24
_GLUED = re.compile(
    r"(?:因此|综上(?:所述)?|据此|故)，?(?:该|本|此)(?:项)?指标[^。；，]{0,6}?(?:不扣分|扣(?:除|减)?\d+(?:\.\d+)?分)(?=[\u4e00-\u9fff])"
)
_TITLE = re.compile(r"《[^》]{8,100}》|[\"“][^\"”“》]{8,100}》")
_CONTENT = re.compile("内容|任务|完成情况|工作|措施|描述")
_DENIED = re.compile(r"(?=[^，。；、：]{0,16}[不未没])[^，。；、：“”《》（）]{12,40}")
_CLAUSE, _LONGEST_SENTENCE = 12, 2000
_FIXED = re.compile("标准|依据|出处|来源|说明|备注|意见|部门|单位|方式|方法")


def check(material: Material) -> Iterator[Finding]:
    """Yield what was said or pasted twice."""
    for spot, text in material.prose:
        yield from _side_by_side(spot, text)
        for found in _GLUED.finditer(text):
            yield Finding(
                "repeat.stray",
                Severity.ERROR,
                spot,
                text[max(found.start() - 12, 0) : found.end() + 12],
                note="扣分结论插在别的句子中间",
            )
        if spot.row < 0:
            yield from _titles(spot, text)
            yield from _said_again(spot, text)
    yield from _copied(material)


def _side_by_side(spot: Spot, text: str) -> Iterator[Finding]:
    pieces = [p.strip() for p in re.split("[。；;\n]", text)]
    for one, other in pairwise(pieces):
        if one == other and len(one) >= _SHORTEST:
            yield Finding("repeat.sentence", Severity.REVIEW, spot, one[:80], note="同一句连着出现两次")


def _titles(spot: Spot, text: str) -> Iterator[Finding]:
    """One title twice in one enumeration."""
    held = [(m.start(), m[0].strip('《》"“”'), m.end()) for m in _TITLE.finditer(text)]
    for (_, one, end), (start, other, _) in pairwise(held):
        if one == other and re.fullmatch(r"[、，,和及\s]{0,3}", text[end:start]):
            yield Finding(
                "repeat.title",
                Severity.HINT,
                spot,
                text[end - len(one) - 2 : start + len(other) + 2][:120],
                note="同一材料列了两次",
            )


def _said_again(spot: Spot, text: str) -> Iterator[Finding]:
    """A whole statement twice within one sentence; names may recur, statements with 不、未、没有 seldom
    do."""
    for _, sentence in sentences(text):
        for clause in _DENIED.finditer(sentence[:_LONGEST_SENTENCE]):
            head = clause[0][:_CLAUSE]
            if sentence.find(head, clause.end()) >= 0:
                yield Finding("repeat.clause", Severity.HINT, spot, clause[0][:80], note="同一句话里说了两遍")
                break


def _copied(material: Material) -> Iterator[Finding]:
    for block, view in material.views:
        for column in range(view.table.width):
            title = view.titles[column] if view.titles else ""
            if _FIXED.search(title) or (title and not _CONTENT.search(title)):
                continue
            rows = [r for r in range(len(view.table.rows)) if view.kinds[r] is not Kind.HEAD]
            for one, other in pairwise(rows):
                a, b = view.table.rows[one][column], view.table.rows[other][column]
                if len(b.text) >= _LONG and a.text == b.text and not b.covered and "《" not in b.text:
                    yield Finding(
                        "repeat.copied",
                        Severity.REVIEW,
                        Spot(block, other, column),
                        b.text[:80],
                        note=f"与上一行“{view.raw_label(one)[:12]}”的内容完全相同",
                    )
