"""Numbering marks before a text: 一、 （一） 1. （1） ① A101 1.2.3, and the names that stand behind
them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from service.lint.numbers import whole

_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("chapter", re.compile(r"第([一二三四五六七八九十]{1,3})[章节部分]{1,2}")),
    ("cn", re.compile(r"([一二三四五六七八九十]{1,3})([、.．])")),
    ("cn-bracket", re.compile(r"[（(]([一二三四五六七八九十]{1,3})[）)]")),
    ("point", re.compile(r"(\d{1,3})([.．、])(?!\d)")),
    ("bracket", re.compile(r"[（(](\d{1,3})[）)]")),
    ("half", re.compile(r"(\d{1,2})[）)]")),
    ("circle", re.compile(r"([①-⑳])")),
)
DEPTH = {name: number for number, (name, _) in enumerate(_FORMS, 1)}
_CODE = re.compile(r"([A-Z])(\d{0,6})(?=[\u4e00-\u9fff、.．\s])")
_DOTTED = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,4}(?=[\u4e00-\u9fff、.．\s]|$)")
_TAIL = re.compile(r"[（(]\s?-?[\d.]{1,6}\s?[分%]?\s?[）)]$")
_SUFFIX = re.compile(r"(?:[一二三]级)?(?:指标|情况|类|维度|方面)+$")


@dataclass(frozen=True, slots=True)
class Mark:
    """One numbering mark: its form, its number, the sign behind it, and where the text behind begins."""

    form: str
    number: int
    sign: str
    end: int


def mark_of(text: str) -> Mark | None:
    """Return the mark `text` begins with."""
    for form, pattern in _FORMS:
        found = pattern.match(text)
        if found:
            shown = found[1]
            number = ord(shown) - ord("①") + 1 if form == "circle" else whole(shown)
            if number is not None:
                return Mark(form, number, found[2] if pattern.groups > 1 else "", found.end())
    return None


def depth_of(label: str, serial: str = "") -> int:
    """Return how deep a row stands by its mark, code or serial number; 99 where nothing tells."""
    code = _CODE.match(label)
    if code:
        return 20 + len(code[2])
    dotted = _DOTTED.match(label) or _DOTTED.match(serial)
    if dotted:
        return 40 + dotted[0].count(".")
    mark = mark_of(label) or mark_of(serial)
    if mark:
        return DEPTH[mark.form]
    if re.fullmatch(r"\d{1,4}", serial):
        return DEPTH["point"]
    return 99


def plain_name(text: str) -> str:
    """Return a name without mark, code and points: （8）满意率 and 满意率（6） are both 满意率."""
    name = re.sub(r"\s", "", text)
    mark = mark_of(name)
    if mark:
        name = name[mark.end :]
    name = _CODE.sub("", name)
    name = _DOTTED.sub("", name).lstrip("、.．")
    return _TAIL.sub("", name).strip('“”"：:，。、.')


def stem(name: str) -> str:
    """Return what is particular in the name of an indicator: 项目决策类指标 and 决策 are both 决策."""
    bare = _SUFFIX.sub("", plain_name(name)).removeprefix("项目")
    return _SUFFIX.sub("", bare) or bare
