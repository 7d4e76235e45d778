"""Brackets in pairs, no placeholder left, deviating punctuation and decimals. Pure form, no arithmetic.

Source: GB/T 15834-2011 标点符号用法（括号、书名号）, GB/T 9704-2012.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from service.lint.document import Paragraph, Spot
from service.lint.finding import Finding, Severity
from service.lint.marks import mark_of
from service.lint.material import Material
from service.lint.tableview import Kind

_PAIRS = {
    "（": "）",
    "(": "）",
    "《": "》",
    "〔": "〕",
    "“": "”",
    "【": "】",
    "「": "」",
    "[": "]",
    "［": "］",
}
_CLOSING = {
    "）": "）",
    ")": "）",
    "》": "》",
    "〕": "〕",
    "”": "”",
    "】": "】",
    "」": "」",
    "]": "]",
    "］": "］",
}
_LIST = re.compile(r"(?:^|(?<=[\n；;。，,：:、\s]))(?:[\da-zA-Z]{1,3}|[一二三四五六七八九十]{1,2})[）)]")
_INTERVAL = re.compile(r"[\[［(（]\s?\d+(?:\.\d+)?%?\s?[,，-]\s?\d+(?:\.\d+)?%?\s?[)）\]］]")
_HOLES = re.compile(
    r"[Xx×＊*]{1,4}[年月日](?:[Xx×＊*]{1,4}[月日])?[^。；，]{0,4}(?:[Xx×]{2,})?|(?<![A-Za-z0-9])[Xx×]{2,8}(?![A-Za-z0-9])|某某|(?:不少于|不低于|不超过|大于|小于|达到|[≥≤＞＜])[*＊](?!\d)|"
    r"_{3,}|＿{2,}|【\s{0,4}】|〔\s{0,4}〕|\{\{|\}\}|TODO|待补充|待填写?|待完善|此处(?:填写|插入|补充)|请(?:在此)?填写|（略）{2}|[？?]{3,}|#(?:REF|DIV/0|VALUE|N/A|NAME)[!?]?"
)
_STOP = re.compile(r"(?<=[\u4e00-\u9fff]{2})\.(?=[\u4e00-\u9fff])")
_RATE = re.compile(r"得分率(?:为|是|：|:)?(\d+(?:\.(\d+))?)%")
_MOST_HOLES = 5


def check(material: Material) -> Iterator[Finding]:
    """Yield what stands there in the wrong form."""
    yield from _brackets(material)
    for spot, text in material.prose:
        for found in list(_HOLES.finditer(text))[:_MOST_HOLES]:
            severity = (
                Severity.ERROR
                if re.match("不|大于|小于|达到|[≥≤＞＜_＿【〔{T#]", found[0])
                else Severity.REVIEW
            )
            yield Finding(
                "placeholder.left",
                severity,
                spot,
                text[max(found.start() - 12, 0) : found.end() + 8],
                note="像是没有填写的占位",
            )
        for found in _STOP.finditer(text):
            yield Finding(
                "format.stop",
                Severity.HINT,
                spot,
                text[max(found.start() - 6, 0) : found.end() + 6],
                "。",
                ".",
                note="中文句子用了半角点",
            )
    yield from _heads(material)
    yield from _rates(material)
    yield from _decimals(material)


def unpaired(text: str) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Return closing signs without an opening one, and opening signs never closed, each with its place."""
    # Marks of a list and intervals keep their length but are no brackets.
    plain = _INTERVAL.sub(lambda m: "0" * len(m[0]), _LIST.sub(lambda m: "0" * len(m[0]), text))
    stack: list[tuple[int, str]] = []
    stray: list[tuple[int, str]] = []
    for position, sign in enumerate(plain):
        if sign in _PAIRS:
            stack.append((position, sign))
        elif sign in _CLOSING:
            wanted = _CLOSING[sign]
            at = next(
                (
                    n
                    for n in range(len(stack) - 1, max(len(stack) - 12, -1), -1)
                    if _PAIRS[stack[n][1]] == wanted
                ),
                None,
            )
            if at is None:
                stray.append((position, sign))
            else:
                stack.pop(at)
    return stray, stack


def _brackets(material: Material) -> Iterator[Finding]:
    held = [(spot, text, *unpaired(text)) for spot, text in material.prose]
    for number, (spot, text, stray, left) in enumerate(held):
        near = [
            h
            for h in (*held[max(number - 12, 0) : number], *held[number + 1 : number + 13])
            if h[0].block in (spot.block - 1, spot.block, spot.block + 1)
        ]
        for position, sign in [*stray, *left]:
            if _cut(sign, near, opening=(position, sign) in left):
                continue
            opening = (position, sign) in left
            note = f"“{sign}”有前没有后" if opening else f"“{sign}”有后没有前"
            quote = text[position : position + 40] if opening else text[max(position - 40, 0) : position + 1]
            yield Finding("bracket.unpaired", Severity.REVIEW, spot, quote, note=note)


def _cut(
    sign: str, near: list[tuple[Spot, str, list[tuple[int, str]], list[tuple[int, str]]]], *, opening: bool
) -> bool:
    """Return whether the other half stands in a neighbour: a page or cell was cut there."""
    if opening:
        return any(_CLOSING[s] == _PAIRS[sign] for _, _, stray, _ in near for _, s in stray)
    return any(_PAIRS[s] == _CLOSING[sign] for _, _, _, left in near for _, s in left)


def _heads(material: Material) -> Iterator[Finding]:
    found = [
        (n, b.text, m.sign)
        for n, b in enumerate(material.document.blocks)
        if isinstance(b, Paragraph) and len(b.text) < 40 and (m := mark_of(b.text)) and m.form == "cn"
    ]
    signs = Counter(sign for _, _, sign in found)
    if len(signs) > 1:
        usual = signs.most_common(1)[0][0]
        for block, text, sign in found:
            if sign != usual:
                yield Finding(
                    "format.heading",
                    Severity.HINT,
                    Spot(block),
                    text,
                    usual,
                    sign,
                    note="与其余同级标题的标点不同",
                )


def _rates(material: Material) -> Iterator[Finding]:
    found = [
        (spot, m[0], len(m[2] or ""), m[1]) for spot, text in material.prose for m in _RATE.finditer(text)
    ]
    whole = [f for f in found if f[2] == 0]
    full = [f for f in found if f[3].startswith("100") and f[2] > 0]
    if len(whole) > 0 and full:
        yield Finding(
            "format.rates",
            Severity.HINT,
            whole[0][0],
            whole[0][1],
            full[0][1],
            whole[0][1],
            note="同一报告里得分率的小数位数不一",
        )


def _decimals(material: Material) -> Iterator[Finding]:
    for block, view in material.views:
        for column in view.additive:
            held = [
                (r, n)
                for r in range(view.heads, len(view.kinds))
                if (n := view.grid[r][column]) is not None and view.kinds[r] is not Kind.NOTE
            ]
            places = Counter(n.places for _, n in held)
            if len(held) < 4 or len(places) != 2 or min(places.values()) > 1 or max(places) < 2:
                continue
            usual = places.most_common(1)[0][0]
            for row, number in held:
                if number.places != usual:
                    yield Finding(
                        "format.decimals",
                        Severity.HINT,
                        Spot(block, row, column),
                        f"{view.raw_label(row)} {number.text}",
                        f"{usual}位小数",
                        f"{number.places}位小数",
                        note="与同列其余各格的小数位数不同",
                    )
