"""An indicator table from an office becomes a framework draft whose rules are proposals waiting for a person.

- The draft holds tree, points and wording; no leaf has a rule. It gets one by `confirmed` alone, or by
  somebody editing the draft: what was only proposed is in no framework.
- Codes are given by position (A, A1, A101; blocks N, P): they stay whatever is changed later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from service.errors import InvalidError, Problem
from service.frameworks.tree import Plain, plain_nodes
from service.frameworks.wording.base import Proposal, Wording
from service.frameworks.wording.intervals import stretch
from service.frameworks.wording.propose import propose
from service.frameworks.wording.text import plain as plain_text
from service.scoring.quantities import exact, exact_text
from service.workbooks.book import read_sheets
from service.workbooks.outline import Line, Name, Outline, read_outline
from service.workbooks.outline_checks import points_of, remarks_of
from service.workbooks.values import Fault
from service.yamltext import write

_BELOW = re.compile(r"逆向|负向|倒扣|减分|扣分(?:项|指标)")
_ABOVE = re.compile(r"加分")
_GRADE = re.compile(
    r"(?P<words>[^,;。:]*?\d[^;。:优良中差]*?分?[^,;。:\d]{0,4})(?:为|是|评为|:|的为)[“\"]?(?P<name>优秀|良好|中等|合格|不合格|较差|优|良|中|差)"
)
_LETTERS = "ABCDEFGHIJKLMOQRSTUVWXYZ"
EXTRA = ("inputs", "measures", "missing", "modifiers")


@dataclass(frozen=True, slots=True)
class LeafWords:
    """One leaf of the table with what was proposed for it.

    Args:
        place: cell of its standard; `source` the standard as written.
        rule: plain rule, None where the wording gives none.
    """

    code: str
    name: str
    place: str
    source: str
    explanation: str
    rule: Plain | None
    why: tuple[str, ...]
    grade: str
    node: Plain
    events: tuple[Plain, ...]
    left: tuple[str, ...]

    def to_plain(self) -> Plain:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> LeafWords:
        """Return what `to_plain` wrote."""
        return cls(**{**kept, **{name: tuple(kept[name]) for name in ("why", "events", "left")}})


@dataclass(frozen=True, slots=True)
class Imported:
    """A draft as YAML text, its leaves with their proposals by code, and what does not agree in the table."""

    text: str
    leaves: Mapping[str, LeafWords]
    remarks: tuple[Fault, ...]
    sheet: str


def from_table(name: str, content: bytes) -> Imported:
    """Return the draft an indicator table (.xlsx, .csv) makes.

    Raises:
        InvalidError: the file is refused, or cells cannot be read; every one is named.
        UnavailableError: too many files are being read at this moment.
    """
    outline = read_outline(read_sheets(name, content))
    if outline.faults:
        raise InvalidError([fault.problem for fault in outline.faults])
    return drafted(outline, re.sub(r"\.\w{1,5}$", "", name))


def drafted(outline: Outline, title: str) -> Imported:
    """Return the draft of a table that was read."""
    grades = grades_in(outline.grades)
    names = tuple(str(band["name"]) for band in grades)
    tree = _Tree(outline)
    leaves: dict[str, LeafWords] = {}
    for line in outline.lines:
        node, kind = tree.hang(line)
        wording = _wording(line, outline, kind=kind, grades=names)
        leaves[node["code"]] = _leaf(node, line, wording, propose(wording))
    return Imported(
        write(_framework(outline, title, tree, grades)), leaves, tuple(remarks_of(outline)), outline.sheet
    )


def _wording(line: Line, outline: Outline, *, kind: str | None, grades: tuple[str, ...]) -> Wording:
    points = points_of(line) if line.points else exact(outline.each) if outline.each else None
    return Wording(
        name=line.leaf.text,
        criteria=line.values.get("criteria", ""),
        explanation=line.values.get("explanation", ""),
        max=abs(points) if points is not None else None,
        target=line.values.get("target", ""),
        below=kind == "negative",
        above=kind == "bonus",
        grades=grades,
    )


def _leaf(node: Plain, line: Line, wording: Wording, found: Proposal) -> LeafWords:
    return LeafWords(
        code=node["code"],
        name=wording.name,
        place=line.place("criteria"),
        source=wording.criteria,
        explanation=wording.explanation,
        rule=found.rule,
        why=found.why,
        grade=found.grade.value,
        node=found.node,
        events=found.events,
        left=found.left,
    )


def _framework(outline: Outline, title: str, tree: _Tree, grades: list[Plain]) -> Plain:
    made: Plain = {
        "format": "pingji-framework/1",
        "code": "imported",
        "name": title.strip()[:120] or "导入的指标体系",
        "version": "1",
        "levels": [_level(name) for name in outline.levels],
        "rounding": {
            "places": "2",
            "mode": "half_up",
            "at": ["total"],
            "rate_places": "2",
            "grade_on": "exact",
        },
    }
    if outline.each or not outline.has_points:
        made["total"] = "none"
        made["rounding"] = {"places": "2", "mode": "half_up", "at": ["leaf"], "rate_places": "2"}
    if grades and "total" not in made:
        made["grades"] = {"unit": "points", "bands": grades}
    made["nodes"] = tree.nodes
    if tree.blocks:
        made["blocks"] = tree.blocks
    return made


def _level(name: str) -> str:
    return re.sub(r"\s+", "", name)[:20]


class _Tree:
    """The nodes and blocks of a draft while its lines are hung one by one."""

    def __init__(self, outline: Outline) -> None:
        self.nodes: list[Plain] = []
        self.blocks: list[Plain] = []
        self._outline = outline
        self._at: dict[str, Plain] = {}

    def hang(self, line: Line) -> tuple[Plain, str | None]:
        """Return the leaf made for a line, and the kind of block it stands in, None in the tree."""
        kind = _block_kind(line)
        if kind is None:
            return self._leaf(line, self._parent(line.path[:-1], self.nodes, "")), None
        block = self._block(kind, line)
        leaf = self._leaf(line, self._parent(line.path[1:-1], block["children"], block["code"]), block=True)
        self._widen(block, line)
        return leaf, kind

    def _parent(self, path: tuple[Name, ...], rows: list[Plain], code: str) -> tuple[list[Plain], str]:
        """Return the list a leaf is put into and the code above it; levels not there yet are made."""
        for name in path:
            node = self._at.get(name.place)
            if node is None or node not in rows:
                node = self._again(rows, name) or self._level(rows, name, code)
                self._at[name.place] = node
            rows, code = node["children"], node["code"]
        return rows, code

    def _level(self, rows: list[Plain], name: Name, above: str) -> Plain:
        """Return the node made for a level, with the points behind its name; in a block it has none."""
        full = {} if above.startswith(("N", "P")) or not name.points else {"max": name.points}
        node: Plain = {"code": _code(above, len(rows)), "name": name.text, **full, "children": []}
        rows.append(node)
        return node

    def _again(self, rows: list[Plain], name: Name) -> Plain | None:
        """Return the last node of a list where the next row only repeats its name."""
        return rows[-1] if rows and rows[-1]["name"] == name.text and "children" in rows[-1] else None

    def _leaf(self, line: Line, under: tuple[list[Plain], str], *, block: bool = False) -> Plain:
        rows, above = under
        points = line.points or self._outline.each
        node: Plain = {"code": _code(above, len(rows)), "name": line.leaf.text}
        if block or points:
            node["max"] = "0" if block else points
        for name in ("explanation", "criteria", "target", "unit"):
            if line.values.get(name):
                node[name] = line.values[name]
        if line.values.get("source") and line.values.get("target"):
            node["standard"] = {"text": line.values["target"], "source": line.values["source"]}
        if line.values.get("evidence"):
            node["evidence"] = [
                one.strip() for one in re.split(r"[;；\n]", line.values["evidence"]) if one.strip()
            ]
        rows.append(node)
        return node

    def _block(self, kind: str, line: Line) -> Plain:
        code = "N" if kind == "negative" else "P"
        block = next((one for one in self.blocks if one["code"] == code), None)
        if block is None:
            limit = {"floor": "0"} if kind == "negative" else {"cap": "0"}
            block = {"code": code, "name": line.path[0].text, "kind": kind, **limit, "children": []}
            self.blocks.append(block)
        return block

    def _widen(self, block: Plain, line: Line) -> None:
        """The limit of a block is what its leaves can move together."""
        key = "floor" if block["kind"] == "negative" else "cap"
        moved = abs(points_of(line) or Fraction(0))
        block[key] = exact_text(exact(block[key]) + (-moved if key == "floor" else moved))


def _block_kind(line: Line) -> str | None:
    points = points_of(line)
    if len(line.path) < 2:
        return "negative" if points is not None and points < 0 else None
    if (points is not None and points < 0) or _BELOW.search(line.path[0].text):
        return "negative"
    return "bonus" if _ABOVE.search(line.path[0].text) else None


def _code(above: str, position: int) -> str:
    """Return a code by position: A, A1, A101, A10101; below a block N1, N101."""
    if not above:
        return _LETTERS[position] if position < len(_LETTERS) else f"Z{position + 1}"
    return f"{above}{position + 1}" if len(above) == 1 else f"{above}{position + 1:02d}"


def grades_in(text: str) -> list[Plain]:
    """Return the grade bands a sentence states (90（含）-100分为优), best first; empty if they leave gaps."""
    found: list[tuple[Fraction, str]] = []
    for match in _GRADE.finditer(plain_text(text)):
        one = stretch(match["words"])
        if one is None:
            return []
        found.append((one.low.number if one.low is not None else Fraction(0), match["name"]))
    starts = [start for start, _ in found]
    if len(found) < 2 or len(set(starts)) < len(starts) or min(starts) != 0:
        return []
    return [{"name": name, "from": exact_text(start)} for start, name in sorted(found, reverse=True)]


def confirmed(text_plain: Plain, leaf: LeafWords) -> Plain:
    """Return the draft with the proposed rule at its leaf, with the inputs, caps and events it speaks of.

    Raises:
        InvalidError: there is no rule to confirm, or the leaf is gone.
    """
    node = plain_nodes(text_plain).get(leaf.code)
    if leaf.rule is None or node is None:
        words = "这一项没有建议规则，请按原文填写" if node is not None else "草稿里已经没有这个指标"
        raise InvalidError(
            Problem(words, path=leaf.code, value=leaf.name, cure="在“评分规则”里选定种类后填写")
        )
    changed = deepcopy(text_plain)
    target = plain_nodes(changed)[leaf.code]
    target |= {
        "rule": deepcopy(leaf.rule),
        **{name: deepcopy(leaf.node[name]) for name in EXTRA if name in leaf.node},
    }
    known = {str(one.get("code")) for one in changed.get("events", [])}
    new = [dict(one) for one in leaf.events if one["code"] not in known]
    if new:
        changed["events"] = [*changed.get("events", []), *new]
    return changed


def alone(leaf: LeafWords, full: str | None) -> str:
    """Return a framework of this one leaf with its proposed rule, as text, to try the arithmetic on."""
    node: Plain = {"code": leaf.code, "name": leaf.name, **({"max": full} if full else {})}
    node |= {"rule": leaf.rule, **{name: leaf.node[name] for name in EXTRA if name in leaf.node}}
    apart = leaf.rule is not None and leaf.rule["kind"] in ("reverse", "bonus")
    made: Plain = {"format": "pingji-framework/1", "code": "trial", "name": leaf.name, "version": "1"}
    if not full:
        made["total"] = "none"
    if apart:
        other = {"code": f"{leaf.code}-0", "name": "其余", "max": "100", "rule": {"kind": "discretionary"}}
        limits = {"kind": "mixed", "floor": "-100", "cap": "100"}
        block = {"code": f"{leaf.code}-b", "name": "加减分", **limits, "children": [{**node, "max": "0"}]}
        made |= {"nodes": [other], "blocks": [block]}
    else:
        made["nodes"] = [node]
    if leaf.events:
        bands = [{"name": "好", "from": "60"}, {"name": "差", "from": "0"}]
        made |= {"events": [_known(one) for one in leaf.events], "grades": {"unit": "points", "bands": bands}}
    return write(made)


def _known(event: Mapping[str, Any]) -> Plain:
    """Return an event as a trial framework can hold it: its grade is the lowest there."""
    return {**event, **({"grade": "差"} if "grade" in event else {})}


def waiting(text_plain: Mapping[str, Any], leaves: Mapping[str, LeafWords]) -> Iterator[LeafWords]:
    """Yield the leaves of the table that have no rule yet, in the order of the draft."""
    for code, node in plain_nodes(text_plain).items():
        if code in leaves and "rule" not in node and "share_of" not in node and not node.get("children"):
            yield leaves[code]
