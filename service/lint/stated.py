"""Points a sentence states of an indicator: full marks, awarded points, rate. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from service.lint.document import Document, Spot
from service.lint.marks import mark_of, plain_name
from service.lint.numbers import DIGITS, Number, decimals, exact
from service.lint.shape import sentences

_IS = r"(?:合计|共计|总计|均)?(?:为|是|共|计|达到?|：|:|\()?"
_TOKEN = re.compile(
    rf"(?P<rate>(?:得分率|得分比率|得分比例|得分占比){_IS}(?P<r>-?{DIGITS})%)"
    rf"|(?P<score>(?<!应)(?:得分|评价分值|评定分值|实得分?|评分|(?<=[，,；;、（(。])得){_IS}(?P<s>-?{DIGITS})分(?!值|钟))"
    rf"|(?P<max>(?<!价)(?:分值|满分值?|标准分值?|权重分值?|权重|应得分|总分值|设定分值?|满分){_IS}(?P<m>-?{DIGITS})分(?!钟))"
)
_BRACKET = re.compile(r"^[（(]")
_HEDGED = re.compile(r"(?:约|近|超过?|逾|不低于|不少于|达到?以上|≥|>|＞)$")
_NAME = re.compile(r"[^，。；：、,;:！？（()）\n]{2,40}$")
_THIS = re.compile(r"^(?:该|本|此)?(?:三级|二级|一级)?(?:项|指标|项指标)?$")


@dataclass(frozen=True, slots=True)
class Stated:
    """What one sentence states of one indicator; `quote` is that part of the sentence."""

    spot: Spot
    name: str
    max: Number | None
    score: Number | None
    rate: Number | None
    quote: str
    hedged: bool = False


def stated_points(document: Document) -> tuple[Stated, ...]:
    """Return every statement of full marks with awarded points or rate, in reading order."""
    found: list[Stated] = []
    for block, paragraph in document.paragraphs():
        for start, sentence in sentences(paragraph.text):
            found += _in_sentence(Spot(block), paragraph.text, start, sentence)
    return tuple(found)


def _number(text: str, start: int, end: int, unit: str) -> Number:
    return Number(
        exact(text.lstrip("-")) * (-1 if text.startswith("-") else 1), decimals(text), unit, start, end, text
    )


def _in_sentence(spot: Spot, text: str, offset: int, sentence: str) -> Iterator[Stated]:
    held: dict[str, Number] = {}
    first = last = 0
    hedged = False
    for token in _TOKEN.finditer(sentence):
        kind = str(token.lastgroup)
        kind = next(k for k in ("rate", "score", "max") if token[k])
        aside = "rate" in held and not (len(held) == 1 and _BRACKET.search(sentence[last : token.start()]))
        if kind in held or (kind == "max" and aside):
            yield from _made(spot, text, offset, sentence, held, first, last, hedged=hedged)
            held, hedged = {}, False
        if not held:
            first = token.start()
        held[kind] = _number(token[kind[0]], token.start(), token.end(), "%" if kind == "rate" else "分")
        hedged = hedged or bool(_HEDGED.search(sentence[: token.start()]))
        last = token.end()
    yield from _made(spot, text, offset, sentence, held, first, last, hedged=hedged)


def _made(
    spot: Spot,
    text: str,
    offset: int,
    sentence: str,
    held: dict[str, Number],
    first: int,
    last: int,
    *,
    hedged: bool,
) -> Iterator[Stated]:
    if len(held) < 2:
        return
    name = _name_before(text, offset, sentence[:first])
    yield Stated(
        spot, name, held.get("max"), held.get("score"), held.get("rate"), sentence[first:last], hedged=hedged
    )


def _name_before(text: str, offset: int, before: str) -> str:
    found = _NAME.search(before.rstrip("（("))
    own = found[0] if found else ""
    own = re.sub(r"(?:的|项目得|评价|实际|综合|最终|其中)$", "", own)
    if own and not _THIS.fullmatch(own):
        return plain_name(own)
    head = text[: offset + len(before)]
    mark = mark_of(head)
    start = mark.end if mark else 0
    return plain_name(re.split(r"[。：:.，]", head[start:], maxsplit=1)[0])
