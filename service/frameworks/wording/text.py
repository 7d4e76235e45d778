"""The wording in one plain form: half-width, digits for Chinese numerals after 每/扣/得, clauses apart."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_CIRCLED = re.compile("[①-⑳]")
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_NUMERAL = "[零〇一二两三四五六七八九十百]+"
_COUNTED = re.compile(
    rf"(?<=[每满缺少差])({_NUMERAL})(?=个|次|处|项|起|例|天|日|家|人|件|条|份|级|档|年|月)"
    rf"|(?<=[扣减得加计])({_NUMERAL}|半)(?=分)"
    rf"|(?<=[未有缺少低])({_NUMERAL})(?=个|项|次|处|级|档)"
)
_PERCENT = re.compile(rf"百分之({_NUMERAL}|\d+(?:\.\d+)?)")
_SIGNS = {"≧": "≥", "≦": "≤", ">=": "≥", "<=": "≤", "⩾": "≥", "⩽": "≤", "﹥": ">", "﹤": "<", "〜": "~"}
_MARK = re.compile(
    r"(?:^|(?<=[\n;。,:、)]))(?:\((\d{1,2})\)(?!\d)|(\d{1,2})(?:\.|、|\)|,(?=\D))(?!\d))|(?:^|(?<=\n))(\d{1,2})\.(?=\d)"
)
_WIDE = str.maketrans({",": "，", ";": "；", ":": "：", "(": "（", ")": "）"})


@dataclass(frozen=True, slots=True)
class Clause:
    """One numbered part of the wording; number 0 for what stands before the first."""

    number: int
    text: str


def plain(text: str) -> str:
    """Return the wording in half-width signs without blanks; circled numbers become ``(1)`` on a new line."""
    text = _CIRCLED.sub(lambda found: f"\n({unicodedata.normalize('NFKC', found.group())})", text)
    text = unicodedata.normalize("NFKC", text.replace("\r", "\n"))
    text = text.replace("乘以", "×").replace("除以", "/")
    for sign, usual in _SIGNS.items():
        text = text.replace(sign, usual)
    text = re.sub(r"[^\S\n]+", "", text)
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = _PERCENT.sub(lambda found: f"{_figure(found.group(1))}%", text)
    text = _COUNTED.sub(lambda found: _figure(next(group for group in found.groups() if group)), text)
    return re.sub(r"\n+", "\n", text).strip()


def _figure(text: str) -> str:
    """Return a Chinese numeral below a thousand in digits."""
    if text == "半":
        return "0.5"
    if not all(sign in _DIGITS or sign in "十百" for sign in text):
        return text
    total, digit = 0, 0
    for sign in text:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
            continue
        total += (digit or 1) * (10 if sign == "十" else 100)
        digit = 0
    return str(total + digit)


def clauses(text: str) -> tuple[Clause, ...]:
    """Return the numbered parts of a plain wording; without numbers its lines, else the whole.

    What stands before the first number is clause 0. Only numbers that count up from 1 are marks.
    """
    marks: list[re.Match[str]] = []
    for found in _MARK.finditer(text):
        number = int(found.group(1) or found.group(2) or found.group(3))
        if number == len(marks) + 1:
            marks.append(found)
    if len(marks) < 2:
        lines = [line for line in text.split("\n") if line.strip(";。,")]
        return (
            tuple(Clause(n, line) for n, line in enumerate(lines, 1))
            if len(lines) > 1
            else (Clause(1, text),)
        )
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    parts = [
        Clause(n, text[mark.end() : end].strip())
        for n, (mark, end) in enumerate(zip(marks, ends, strict=True), 1)
    ]
    lead = text[: marks[0].start()].strip()
    return (*((Clause(0, lead),) if lead else ()), *parts)


def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a plain wording."""
    return tuple(one for one in re.split(r"[;。\n]", text) if one.strip(",:"))


def short(text: str, most: int = 40) -> str:
    """Return a sentence as a name: no marks or numbers at its ends, cut to `most` characters."""
    kept = re.sub(r"^(?:\(?\d{1,2}[.、)](?!\d))", "", text.strip(" ,;。:、\n"))
    kept = re.sub(r"^(?:否则|其中|凡|的|,|:)+", "", kept)
    kept = re.sub(r"(?:的|,|:|则|可|本项|该项|本指标|该指标|\()+$", "", kept)
    return kept[:most].translate(_WIDE)
