"""Rules over the prose of our own report: unbound figures, stated counts, repeated sentences, brackets.

A figure in prose is in order when it is bound, or when the same figure stands in recorded data
(reasons, findings, evidence, tables, money as printed, framework texts), or when it is part of a
date, a document number, a title in 《》 or a numbering mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from service.report.facts import Facts
from service.report.figures import FORMATS, cn
from service.report.sheetcheck import ERROR, HINT, REVIEW, Finding
from service.report.snapshot import CaseSnapshot

NUMBER = re.compile(r"(?<![A-Za-z0-9.])-?\d[\d,]*(?:\.\d+)?%?")
IGNORED = re.compile(
    r"《[^》]*》|〔\d{4}〕\s*\d*\s*号?|[〔\[(（]\d{4}[〕\])）]|\d{4}\s*年(?:度)?|\d{1,2}\s*月(?:份)?|\d{1,2}\s*日"
    r"|（含）-|^\s*[（(]?\d+[）)、.．]\s*|[图表]\s*\d+\s*[-－]?\s*\d*|第\s*\d+\s*[条款项章稿]|附件\s*\d*|\d+\s*[*×]\s*\d+|[A-Za-z]+\d+"
)
WEIGHTY = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:%|\s*(?:分|万元|元|亿元|个百分点))")
COUNTED = re.compile(r"以下([一二两三四五六七八九十])个方面|([一二两三四五六七八九十])个方面[：:]")
ORDER = "一二三四五六七八九十"
HOLES = re.compile(r"[Xx×]月[Xx×]日|[Xx]{2,}|不少于\*|待定|TODO")
PAIRS = (("《", "》"), ("（", "）"), ("“", "”"), ("〔", "〕"))
LEFTOVER = ("{{", "}}", "{%", "%}", "[[", "]]", "None", "Undefined")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of the finished document: style id, full text, text outside bound figures."""

    style: str
    text: str
    unbound: str
    in_table: bool


def check_text(paragraphs: Sequence[Paragraph], snapshot: CaseSnapshot) -> tuple[Finding, ...]:
    """Return what the rules of this module find, in document order."""
    known = _known(snapshot)
    found: list[Finding] = []
    for number, paragraph in enumerate(paragraphs, 1):
        here = _of_paragraph(paragraph, known, f"第{number}段")
        found += [replace(finding, context=paragraph.text) for finding in here]
    found += _numbering(paragraphs)
    return tuple(found)


def _of_paragraph(paragraph: Paragraph, known: frozenset[str], place: str) -> Iterator[Finding]:
    if not paragraph.in_table:
        yield from _unbound(paragraph, known, place)
        yield from _repeated(paragraph, place)
        yield from _counted(paragraph, place)
    yield from _brackets(paragraph, place)
    yield from (Finding(REVIEW, "hole", place, m[0]) for m in HOLES.finditer(paragraph.text))


def leftovers(text: str, *, part: str, own: str) -> Iterator[Finding]:
    """Return template remains in the text of one part; what stands in the data itself is a hint."""
    for word in LEFTOVER:
        pattern = rf"(?<![A-Za-z]){word}(?![A-Za-z])" if word.isalpha() else re.escape(word)
        if re.search(pattern, text):
            yield Finding(HINT if word in own else ERROR, "leftover", part, word)


def _known(snapshot: CaseSnapshot) -> frozenset[str]:
    """Return every number that stands in recorded data or is a figure of the sheet."""
    plain = snapshot.to_plain()
    for prose in ("narrative", "notes", "problems", "suggestions"):
        plain.pop(prose)
    words = {_bare(n) for text in texts(plain) for n in NUMBER.findall(text)}
    facts = Facts(snapshot)
    for line in snapshot.sheet.lines:
        for name, forms in (
            ("max", ("num", "score")),
            ("awarded", ("num", "score")),
            ("rate", ("pct", "rate")),
        ):
            value = facts.get(f"node.{line.code}.{name}").number
            words |= {_bare(FORMATS[f](value)) for f in forms} if value is not None else set()
    for money in snapshot.money:
        if money.fen is not None:
            number = facts.get(f"money.{money.code}").number
            words |= (
                {_bare(FORMATS[f](number)) for f in ("wan", "wan2", "yuan2s")}
                if number is not None
                else set()
            )
    return frozenset(words)


def texts(tree: Any) -> Iterator[str]:
    """Return every text of a plain tree, in order."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, Mapping):
        for value in tree.values():
            yield from texts(value)
    elif isinstance(tree, (list, tuple)):
        for value in tree:
            yield from texts(value)


def _bare(number: str) -> str:
    text = number.replace(",", "")
    if "." in text:
        sign = "%" if text.endswith("%") else ""
        text = text.rstrip("%").rstrip("0").rstrip(".") + sign
    return text


def _unbound(paragraph: Paragraph, known: frozenset[str], place: str) -> Iterator[Finding]:
    text = IGNORED.sub("　", paragraph.unbound)
    for match in WEIGHTY.finditer(text):
        number = NUMBER.search(match[0])
        if number and _bare(number[0]) not in known:
            yield Finding(REVIEW, "unbound", place, match[0], "已记录或已绑定的数字", match[0])


def _repeated(paragraph: Paragraph, place: str) -> Iterator[Finding]:
    sentences = [s.strip() for s in re.split("[。；]", paragraph.text) if len(s.strip()) >= 8]
    for sentence in sorted({s for s in sentences if sentences.count(s) > 1}):
        yield Finding(REVIEW, "repeated", place, sentence[:60])


def _counted(paragraph: Paragraph, place: str) -> Iterator[Finding]:
    for match in COUNTED.finditer(paragraph.text):
        word = (match[1] or match[2]).replace("两", "二")
        stated = ORDER.index(word) + 1
        rest = paragraph.text[match.end() :]
        listed = 0
        while listed < len(ORDER) and f"{cn(listed + 1)}是" in rest:
            listed += 1
        if listed and listed != stated:
            yield Finding(ERROR, "count", place, match[0], str(stated), str(listed))


def _brackets(paragraph: Paragraph, place: str) -> Iterator[Finding]:
    for opening, closing in PAIRS:
        if paragraph.text.count(opening) != paragraph.text.count(closing):
            yield Finding(REVIEW, "bracket", place, f"{opening}{closing}不成对：{paragraph.text[:40]}")


def _numbering(paragraphs: Sequence[Paragraph]) -> Iterator[Finding]:
    """Return headings whose literal numbers jump: 一、 then 三、, （一） then （三）, 1. then 3.

    Run-in paragraphs count as third level, because they take the same numbers.
    """
    marks = {
        "Heading1": r"^([一二三四五六七八九十]+)、",
        "Heading2": r"^（([一二三四五六七八九十]+)）",
        "Heading3": r"^(\d+)[.、．](?!\d)",
    }
    counts = dict.fromkeys(marks, 0)
    for number, paragraph in enumerate(paragraphs, 1):
        style = "Heading3" if paragraph.style == "a3body" and not paragraph.in_table else paragraph.style
        pattern = marks.get(style)
        found = re.match(pattern, paragraph.text) if pattern else None
        if not found:
            continue
        counts[style] += 1
        for deeper in marks:
            if deeper > style:
                counts[deeper] = 0
        want = counts[style]
        shown = str(want) if style == "Heading3" else cn(want)
        if found[1] != shown:
            place, text = f"第{number}段", paragraph.text
            yield Finding(ERROR, "numbering", place, text[:30], shown, found[1], context=text)
            counts[style] = int(found[1]) if found[1].isdigit() else want
