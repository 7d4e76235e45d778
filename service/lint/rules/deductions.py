"""Full marks less what the text takes away are the points awarded (扣分 = 分值 − 得分).

Source: 财预〔2020〕10号 第十八条 with the house rule that a score is full marks minus its reasons. A
conclusion of an indicator (因此，该指标扣1.5分) is compared with what the same indicator lost; no
tolerance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from service.lint.document import Spot
from service.lint.finding import Finding, Severity
from service.lint.marks import DEPTH, mark_of
from service.lint.material import Material
from service.lint.numbers import exact
from service.lint.shape import sentences
from service.lint.stated import Stated
from service.report.figures import num

_TAKEN = re.compile(
    r"(?:因此|综上(?:所述)?|故|据此|为此|共|合计|共计|该指标|本指标|该项|此项|本项|该项指标)[^。；;]{0,24}?"
    r"(?:不(?:予)?扣分|扣(?:除|减|掉|罚)?(?:了)?(?:共计)?(\d+(?:\.\d+)?)分)(?!值)"
)
_NOT_TAKEN = re.compile(r"每|以上的|以下的|得\d|酌情扣分|扣完为止|视(?:具体)?情")
_RULES = re.compile(r"扣完为止|每(?:发现|出现|下降|少|缺|低|减少|有)")
_UNSTATED = re.compile(
    r"(?:酌情|适当|相应)(?:予以)?扣(?:减|除)(?:考核|相应|部分)?分(?:数|值)?(?!\d)|(?:故|因此|据此)[^。；]{0,12}(?:酌情|适当)扣分"
)
_MOST_APART = 12


def check(material: Material) -> Iterator[Finding]:
    """Yield deductions that do not add up to what was lost, and losses without a figure."""
    by_block: dict[int, Stated] = {}
    for stated in material.stated:
        by_block[stated.spot.block] = stated
    current: Stated | None = None
    held: list[tuple[Spot, str, Fraction]] = []
    since = depth = 0
    for block, paragraph in material.document.paragraphs():
        since += 1
        mark = mark_of(paragraph.text)
        if block in by_block or since > _MOST_APART or (mark and DEPTH[mark.form] <= depth):
            yield from _judged(current, held)
            current, held = by_block.get(block), []
            since, depth = 0, DEPTH[mark.form] if mark else DEPTH["circle"]
        if current is not None:
            held += [(Spot(block), quote, amount) for quote, amount in taken(paragraph.text)]
    yield from _judged(current, held)
    yield from _in_sheets(material)
    yield from _without_figure(material)


def taken(text: str) -> list[tuple[str, Fraction]]:
    """Return the conclusions of a text that take points away, each with how many."""
    found = []
    for _, sentence in sentences(text):
        if _RULES.search(sentence):
            continue
        found += [(m[0], exact(m[1]) if m[1] else Fraction(0)) for m in _TAKEN.finditer(sentence)]
    return found


def _judged(stated: Stated | None, held: Sequence[tuple[Spot, str, Fraction]]) -> Iterator[Finding]:
    if stated is None or stated.max is None or stated.score is None or not held or stated.max.value < 0:
        return
    yield from _compared(stated.max.value, stated.score.value, held, stated.name)


def _compared(
    top: Fraction, got: Fraction, held: Sequence[tuple[Spot, str, Fraction]], name: str
) -> Iterator[Finding]:
    lost = top - got
    amounts = [amount for _, _, amount in held]
    if len(set(amounts)) > 1 and sum(amounts) != lost:
        wrong = next(h for h in reversed(held) if h[2] != lost)
        yield _finding("ledger.several", wrong, lost, top, got, f"{name}有{len(held)}处扣分，数额不一")
    elif sum(amounts) != lost and lost not in amounts:
        yield _finding("ledger.lost", held[-1], lost, top, got, name)


def _finding(
    rule: str, wrong: tuple[Spot, str, Fraction], lost: Fraction, top: Fraction, got: Fraction, note: str
) -> Finding:
    spot, quote, amount = wrong
    formula = f"{num(top)} − {num(got)} = {num(lost)}"
    return Finding(
        rule, Severity.ERROR, spot, quote, f"扣{num(lost)}分", f"扣{num(amount)}分", formula, note=note
    )


def _in_sheets(material: Material) -> Iterator[Finding]:
    for sheet in material.sheets:
        for line in sheet.lines:
            if line.max is None or line.score is None or line.max.value < 0:
                continue
            column = sheet.view.table.width - 1
            held = [(Spot(sheet.block, line.row, column), q, a) for q, a in taken(line.opinion)]
            if held:
                yield from _compared(line.max.value, line.score.value, held, line.name)


def _without_figure(material: Material) -> Iterator[Finding]:
    """A point was lost, but the sentence does not say how many (扣分无数额)."""
    for block, paragraph in material.document.paragraphs():
        for _, sentence in sentences(paragraph.text):
            found = _UNSTATED.search(sentence)
            if found and not re.search(r"扣(?:除|减)?\d|计[-−]?\d|否则|每|扣完为止", sentence):
                yield Finding(
                    "unstated.deduction",
                    Severity.REVIEW,
                    Spot(block),
                    sentence[-60:],
                    "扣分数额",
                    "没有数额",
                )
