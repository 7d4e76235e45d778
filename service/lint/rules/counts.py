"""Stated numbers of things against the things listed: 3个二级指标, 三个方面, 共23个子项目, 19个…4个….

Source: 财监〔2021〕4号 第六条（数据真实、结论可核）. No tolerance. A list that ends with 等 may be
shorter than its number, never longer; where 和 may belong to a name, both ways of counting are allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from service.lint.document import Spot
from service.lint.finding import Finding, Severity
from service.lint.marks import stem
from service.lint.material import Material
from service.lint.numbers import ORDER, whole
from service.lint.shape import sentences
from service.lint.sheets import Sheet
from service.lint.tableview import SERIAL

_NUMBER = r"(\d{1,4}|[一二两三四五六七八九十]{1,3})"
_LISTED = re.compile(
    r"(?:包括|包含|分为|细分为|细化为|涵盖|涉及|设置了?|设有|设立了?|分解为|(?<![\u4e00-\u9fff])[对由])([^。；：！？，,]{2,160}?)(等|共|共计|这)?"
    + _NUMBER
    + r"(?:个|项|类|大类)(?!月|百分|工作日|小时)([\u4e00-\u9fff]{2,8})"
)
_BRACKET = re.compile(_NUMBER + r"(?:个|项|类|家|种)([\u4e00-\u9fff]{2,8})[（(]([^（）()]{4,300})[）)]")
_SIDES = re.compile(
    r"(?:以下|如下|下列)?"
    + _NUMBER
    + r"(?:个|大|点|方面)(?:方面|问题|原因|环节|不足|建议|特点|层面|维度|步骤|阶段)?"
    + r"(?:的?(?:问题|原因|不足|建议|内容|工作))?[：:，,]\s?(?:主要)?一是"
)
_SPLIT = re.compile(
    r"([^。；]{0,24}?)(\d{1,5})(个|项|家|户|名|份|条|人|件|套|处)([\u4e00-\u9fff]{2,8})中[，,]([^。；]{6,200})"
)
_PART = re.compile(r"(\d{1,5})(个|项|家|户|名|份|条|人|件|套|处)")
_LEVELS = re.compile(r"(\d{1,3})个([二三])级指标")
_WHOLE = re.compile(r"(?:共计|共有|共|合计|总计)(\d{1,4})(?:个|项)([\u4e00-\u9fff]{2,6})")


def check(material: Material) -> Iterator[Finding]:
    """Yield numbers that differ from what is listed."""
    for spot, text in material.prose:
        for _, sentence in sentences(text):
            yield from _lists(spot, sentence)
            yield from _brackets(spot, sentence)
            yield from _partition(spot, sentence)
        yield from _ordered(spot, text)
    yield from _levels(material)
    yield from _rows(material)


def _lists(spot: Spot, sentence: str) -> Iterator[Finding]:
    for found in _LISTED.finditer(sentence):
        stated = whole(found[3])
        listed = re.split(r"(?:包括|包含|分为|细分为|细化为|涵盖|涉及|设置了?|设有|分解为)", found[1])[-1]
        if stated is None or re.search(r"\d|[、，,和及与“\"]$", listed) or (stated == 1 and len(listed) > 20):
            continue
        least, most = _sizes(listed)
        low = stated if found[2] != "等" else 1
        if (
            re.search('[、“"]|和|及|与', listed) is None
            and found[2] != "等"
            and not re.search("指标", found[4])
        ):
            continue
        if not (least <= stated <= most) and not (found[2] == "等" and low <= most <= stated):
            yield _finding("count.listed", spot, found[0], stated, most)


def _sizes(listed: str) -> tuple[int, int]:
    quoted = re.findall(r"“[^”]+”|\"[^\"]+\"|《[^》]+》", listed)
    if len(quoted) > 1 or (quoted and len("".join(quoted)) > len(listed) * 0.7):
        return len(quoted), len(quoted)
    bare = re.sub(r"[（(][^（）()]*[）)]", "", listed)
    commas = [p for p in re.split("[、，,]", bare) if p]
    joined = sum(len(re.findall(".(?:以及|和|及|与).", p)) for p in commas)
    # Only the last 和 need be an “and”; every other may stand inside a name.
    return len(commas), len(commas) + joined


def _brackets(spot: Spot, sentence: str) -> Iterator[Finding]:
    for found in _BRACKET.finditer(sentence):
        stated, inside = whole(found[1]), found[3]
        if (
            stated is None
            or stated < 2
            or "、" not in inside
            or re.search("[\\d；：:，,。]|其中|如|例|不含|含|详见|见", inside)
        ):
            continue
        least, most = _sizes(inside)
        if not least <= stated <= most and not (re.search("等", inside) and most <= stated):
            yield _finding("count.bracket", spot, found[0], stated, most)


def _ordered(spot: Spot, text: str) -> Iterator[Finding]:
    """三个方面：一是…二是… within one paragraph."""
    for found in _SIDES.finditer(text):
        stated = whole(found[1])
        rest = text[found.end() - 2 :]
        listed = 0
        while listed < len(ORDER) and f"{ORDER[listed]}是" in rest:
            listed += 1
        if stated is not None and listed and listed != stated:
            yield _finding("count.ordered", spot, text[found.start() : found.end() + 10], stated, listed)


def _partition(spot: Spot, sentence: str) -> Iterator[Finding]:
    """23个子项目中，19个…，4个…: the parts make the whole unless something else is told of it."""
    for found in _SPLIT.finditer(sentence):
        total, unit, rest = int(found[2]), found[3], found[5]
        rest = re.sub(r"[（(][^（）()]*[）)]", "", rest)
        parts = [int(m[1]) for m in _PART.finditer(rest) if m[2] == unit]
        if len(parts) < 2 or re.search("其中|占|%|等|平均|以上|同时|分别有|涉及", rest):
            continue
        if sum(parts) != total:
            yield _finding(
                "count.parts",
                spot,
                found[0][:100],
                total,
                sum(parts),
                " + ".join(map(str, parts)) + f" = {sum(parts)}",
            )


def _levels(material: Material) -> Iterator[Finding]:
    """How many indicators of a level a group of the score sheet has."""
    trees = [s for s in material.sheets if s.lines and len(s.lines[0].groups) >= 2]
    if len(trees) != 1:
        return
    for block, paragraph in material.document.paragraphs():
        for _, sentence in sentences(paragraph.text):
            name = re.match(
                r"(?:[^，。；]{0,4}[、.．）)])?([^，。；包]{2,14}?)(?:管理)?(?:指标)?(?:分析)?(?:共)?(?:包括|包含|分为|下设|设|有)",
                sentence,
            )
            if not name:
                continue
            for found in _LEVELS.finditer(sentence):
                real = _count(trees[0], stem(name[1]), 2 if found[2] == "二" else 3)
                if real and real != int(found[1]):
                    yield _finding(
                        "count.levels", Spot(block), sentence[:80], int(found[1]), real, "按评分表"
                    )


def _count(sheet: Sheet, group: str, level: int) -> int:
    lines = [x for x in sheet.lines if x.groups and stem(x.groups[0]) == group]
    # A cell merged over both columns of groups is one level: the line below it is of the second.
    deep = [x for x in lines if x.groups[1] != x.groups[0]]
    if level == 2:
        return len({x.groups[1] for x in deep}) + len(lines) - len(deep)
    return len(deep)


def _rows(material: Material) -> Iterator[Finding]:
    """共23个子项目 against the rows of the tables that list 子项目."""
    for block, paragraph in material.document.paragraphs():
        for found in _WHOLE.finditer(paragraph.text):
            for _, view in material.views:
                noun = found[2]
                if not any(
                    t in (noun, noun + "名称") or (t.endswith("名称") and t[:-2] and noun.startswith(t[:-2]))
                    for t in view.titles
                ):
                    continue
                serials = [int(s) for r in view.body if (s := view.serial(r)).isdigit()]
                if (
                    SERIAL.search(view.titles[0])
                    and len(serials) > 2
                    and serials == list(range(1, len(serials) + 1))
                    and len(serials) != int(found[1])
                ):
                    yield _finding(
                        "count.rows",
                        Spot(block),
                        found[0],
                        int(found[1]),
                        len(serials),
                        f"见{view.caption or '表'}",
                    )


def _finding(rule: str, spot: Spot, quote: str, stated: int, listed: int, formula: str = "") -> Finding:
    return Finding(
        rule, Severity.ERROR, spot, quote[-120:], str(listed), str(stated), formula or f"列出{listed}个"
    )
